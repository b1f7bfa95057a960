"""The README's programs run, and print what it says they print."""

import doctest
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FILE = Path(__file__).resolve().parents[2] / "README.md"
README = FILE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
PROGRAMS, SOURCES = PYTHON[0::2], PYTHON[1::2]
SESSIONS = [text for language, text in BLOCKS if language == "pycon"]


@pytest.fixture
def namespace(tmp_path: Path) -> dict[str, Any]:
    """What the programs define, run from files as a user would."""
    found: dict[str, Any] = {}
    for name, program in zip(("moons.py", "train.py"), PROGRAMS, strict=True):
        (tmp_path / name).write_text(program, encoding="utf-8")
        own = runpy.run_path(str(tmp_path / name))
        found |= {f"loss_of_{name[:-3]}": own["loss"], **found, **own}
    return {**found, "loss": found["loss_of_moons"]}


def emitted(namespace: dict[str, Any]) -> list[str]:
    loops = namespace["loss"].compiled(np.zeros((100, 2)), np.ones(100))
    return [loops.source, namespace["f"].source]


def test_the_functions_shown_are_the_functions_emitted(
    namespace: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """The texts in the README are, to the byte, what its programs compile to."""
    sources = emitted(namespace)
    if request.config.getoption("--refresh-golden"):
        text = README
        for shown, source in zip(SOURCES, sources, strict=True):
            text = text.replace(shown, source)
        FILE.write_text(text, encoding="utf-8")
        pytest.skip("the functions in the README were written anew; read them")
    assert sources == SOURCES


def test_the_sessions_print_what_they_say(namespace: dict[str, Any]) -> None:
    """The sessions, read on from the ten lines, are doctests that pass."""
    test = doctest.DocTestParser().get_doctest("".join(SESSIONS), namespace, "README", None, None)
    printed: list[str] = []
    results = doctest.DocTestRunner().run(test, out=printed.append)
    assert results.failed == 0, "".join(printed)
    assert results.attempted > 20
