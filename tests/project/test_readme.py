"""The README's programs run, and print what it says they print."""

import doctest
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / "README.md"
README = FILE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PROGRAM, SOURCE = [text for language, text in BLOCKS if language == "python"]
SESSIONS = [text for language, text in BLOCKS if language == "pycon"]


@pytest.fixture
def namespace(tmp_path: Path) -> dict[str, Any]:
    """What the ten lines define, run from a file as a user would."""
    (tmp_path / "train.py").write_text(PROGRAM, encoding="utf-8")
    return runpy.run_path(str(tmp_path / "train.py"))


def test_the_function_shown_is_the_function_emitted(
    namespace: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """The text in the README is, to the byte, what the ten lines compile to."""
    if request.config.getoption("--refresh-golden"):
        FILE.write_text(README.replace(SOURCE, namespace["f"].source), encoding="utf-8")
        pytest.skip("the function in the README was written anew; read it")
    assert namespace["f"].source == SOURCE


def test_the_sessions_print_what_they_say(namespace: dict[str, Any]) -> None:
    """The sessions, read on from the ten lines, are doctests that pass."""
    test = doctest.DocTestParser().get_doctest("".join(SESSIONS), namespace, "README", None, None)
    printed: list[str] = []
    results = doctest.DocTestRunner().run(test, out=printed.append)
    assert results.failed == 0, "".join(printed)
    assert results.attempted > 20
