"""Helpers of the ``python`` target mean their ops on all numbers, not on floats alone."""

from __future__ import annotations

import pytest

import symgrad as sg
from symgrad.codegen import TARGETS
from symgrad.ops import OPS, on_floats

HELPERS = TARGETS["python"].helpers
NAMES = [
    name
    for name, op in OPS.items()
    if getattr(on_floats(op), "__name__", "") in HELPERS
    and hasattr(sg, name)
    and op.arity in (1, 2)
    and not op.attributes
]


@pytest.mark.parametrize("name", NAMES)
def test_a_helper_is_its_op_on_either_side_of_what_it_compares(name: str) -> None:
    """Beside a bound beyond which all floats are whole there are numbers that are not."""
    x = sg.param("x", 0.7)
    y = getattr(sg, name)(*(x, 0.5 * x + 0.1)[: OPS[name].arity])
    certificate = sg.compile(x * y, [x], target="python").verify()
    assert certificate.verdict == "verified", certificate
