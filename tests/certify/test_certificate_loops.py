"""``verify()`` looks at other examples than a loop's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parents[1] / "codegen" / "programs.py"


def demo() -> Any:
    """micrograd's demo loss as a loop over its examples."""
    spec = importlib.util.spec_from_file_location("golden_programs", PROGRAMS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PROGRAMS["demo"]()


def test_a_loop_is_verified_for_other_numbers_of_examples() -> None:
    c = demo().verify()
    assert c.verified
    assert "identity at N = 1, 2, 7, 13" in str(c)


@pytest.mark.parametrize(("old", "new"), [("N < 1", "N <= 1"), ("*yi", "/yi")])
def test_a_loop_that_is_right_for_its_own_examples_alone_is_refuted(old: str, new: str) -> None:
    """Its labels are 1 and -1, and there are six: neither change shows there."""
    f = demo()
    assert old in f.source
    f.source = f.source.replace(old, new)
    assert f.verify().refuted
