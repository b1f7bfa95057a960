"""At the ends of the range, values and slopes are right, or named here with the reason."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from campaign import many

import symgrad as sg
from symgrad.ir.op import Op
from symgrad.ops import OPS

sys.path.insert(0, str(Path(__file__).parent))
import extremes

# (op, which derivative) -> why some digits, or all, are lost there.
KNOWN = {
    ("sigmoid", "d00"): "a difference of two sigmoids, beside 0",
    ("sigmoid_rest", "d00"): "the same",
    ("sigmoid_slope", "d"): "the same",
    ("silu", "d00"): "the same",
    ("tanh", "d"): "1 - y*y has no digit left where y is 1; accurate=True has all",
    ("arctan", "d00"): "beyond 1e77 the square of 1 + x*x overflows; the slope is below 1e-230",
    ("arctan2", "d"): "quotients of subnormal numbers, and differences that are 0 where a = b",
    ("power", "d"): "n x**(n-1) where that power overflows and n is as small",
    ("divide", "d11"): "0/b/b where 1/b overflows",
    ("hypot", "d"): "subnormal operands have few digits themselves",
}


def is_known(found: extremes.Off) -> bool:
    return any(found.op == op and found.order.startswith(order) for op, order in KNOWN)


@pytest.mark.parametrize("op", extremes.ops(), ids=lambda op: op.name)
def test_values_and_slopes_are_right_at_the_ends_of_the_range(op: Op) -> None:
    """Both orders; in the other target, in float32 and on a larger grid in a campaign."""
    for dtype, target in extremes.WAYS[: many(1, 3)]:
        wrong = [o for o in extremes.off(op, dtype, target, many(40, 1_000)) if not is_known(o)]
        assert not wrong, "\n".join(map(str, wrong))


LARGEST = sys.float_info.max
ENDS = [
    (sg.sinh, (710.4758600739439,)),
    (sg.sinh, (-710.4758600739439,)),
    (sg.cosh, (710.4758600739439,)),
    (sg.power, (LARGEST, 1.0)),
    (sg.power, (1.34e154, 2.0)),
    (sg.power, (5.6e-309, -1.0)),
    (sg.power, (2.0**-511, -2.0)),
    (sg.power, (1.0001, 7097800.0)),
]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(("function", "at"), ENDS)
def test_what_is_in_the_range_does_not_overflow(target: str, function: Any, at: Any) -> None:
    """The last numbers before infinity, in both targets; beyond them there is inf."""
    xs = [sg.param(f"x{i}", v) for i, v in enumerate(at)]
    with np.errstate(all="ignore"):
        value, _ = sg.compile(function(*xs), target=target)()
    op = {sg.sinh: "sinh", sg.cosh: "cosh", sg.power: "power"}[function]
    exact = extremes.evaluated(extremes.exact(OPS[op])["value"], at)
    assert value == pytest.approx(float(exact), rel=1e-11)


def test_the_accurate_slope_of_a_known_power_chooses_nothing() -> None:
    """Where n - 1 is exact, n x**(n-1) has all its digits; for a small n it may overflow alone."""
    w = sg.param("w", np.ones(3))
    for n in (2, 3, -1, 2.5):
        f = sg.compile(sg.sum(w**n), [w], accurate=True, stabilize=False)
        assert "where" not in f.source
        assert f(np.full(3, 1.5))[1].w[0] == pytest.approx(n * 1.5 ** (n - 1), rel=1e-15)
    small = sg.compile(sg.sum(w ** -(2.0**-9)), [w], accurate=True, stabilize=False)
    with np.errstate(all="ignore"):
        assert small(np.full(3, 1e-308))[1].w[0] == pytest.approx(-7.80356e305, rel=1e-5)


def test_the_accurate_slope_of_a_power_reaches_the_end_of_the_range() -> None:
    """2x at 1e154, whose square times 2 is none."""
    x, n = sg.param("x", 1e154), sg.param("n", 2.0)
    with np.errstate(all="ignore"):
        assert sg.compile(x**n, [x], accurate=True)()[1].x == 2e154
