"""The examples in the docstrings are true."""

import doctest
import importlib
from pathlib import Path

import pytest

import symgrad.ops  # noqa: F401  (fills the table that the examples read)

ROOT = Path(__file__).resolve().parents[2]


def modules() -> list[str]:
    found = []
    for folder, package in ((ROOT / "symgrad", "symgrad"), (ROOT / "codegen", "symgrad.codegen")):
        for path in sorted(folder.rglob("*.py")):
            parts = [package, *path.relative_to(folder).with_suffix("").parts]
            name = ".".join(parts).removesuffix(".__init__")
            if ">>>" in path.read_text(encoding="utf-8") and not name.endswith("__main__"):
                found.append(name)
    return found


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_are_true(name: str) -> None:
    """Each module's docstrings are doctests that pass."""
    printed: list[str] = []
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(test, out=printed.append)
    assert runner.failures == 0, "".join(printed)
