"""Intervals: values lie in them; what rests has slope 0 where it is 0."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.ir.function import emit, parameter
from symgrad.ir.types import Type
from symgrad.ops import OPS
from symgrad.ops.intervals import Interval, Intervals

ENDS = [(-np.inf, np.inf), (0.0, np.inf), (0.5, 2.0), (-2.0, -0.5), (-1.0, 1.0), (-3.0, 0.0)]
DECLARED = [op for op in OPS.values() if op.interval is not None and op.kind == "elementwise"]
ATTRIBUTES: dict[str, dict[str, Any]] = {"continued": {"found": True}}


@pytest.mark.parametrize("op", DECLARED, ids=lambda op: op.name)
def test_values_lie_in_their_interval(op: Any) -> None:
    """For operands from intervals of all kinds, at many samples and at the ends."""
    rng = np.random.default_rng(0)
    for ends in itertools.product(ENDS, repeat=op.arity):
        xs = [parameter(f"x{i}", Type("f64")) for i in range(op.arity)]
        y = emit(op, xs, ATTRIBUTES.get(op.name, {}))
        intervals = Intervals()
        intervals.known.update({x: Interval(*e) for x, e in zip(xs, ends, strict=True)})
        low, high = intervals.of(y)
        spans = [(max(a, -9.0), min(b, 9.0)) for a, b in ends]
        samples = [np.r_[a, b, rng.uniform(a, b, 40)] for a, b in spans]
        with np.errstate(all="ignore"):
            values = op.evaluate(*samples, **ATTRIBUTES.get(op.name, {}))
        known = values[np.isfinite(values)]
        slack = 1e-12 * np.abs(known)
        assert (known + slack >= low).all(), (ends, low)
        assert (known - slack <= high).all(), (ends, high)


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        (lambda x, w: x * x, 0.0, np.inf),
        (lambda x, w: (w * x) * x * w, 0.0, np.inf),
        (lambda x, w: 1e-8 + sg.var(x), 1e-8, np.inf),
        (lambda x, w: sg.exp(-x) * 2.0, 0.0, np.inf),
        (lambda x, w: x @ x, 0.0, np.inf),
        (lambda x, w: sg.einsum("i,i->", x, x), 0.0, np.inf),
        (lambda x, w: x @ w, -np.inf, np.inf),
        (lambda x, w: sg.where(x > 0.0, x, 2.0), np.nextafter(0.0, 1.0), np.inf),
        (lambda x, w: sg.where(x < 1.0, 3.0, x), 1.0, np.inf),
        (lambda x, w: sg.clip(x, -0.5, 0.25), -0.5, 0.25),
        (lambda x, w: sg.outer(x, x), -np.inf, np.inf),
    ],
)
def test_formulas(formula: Any, low: float, high: float) -> None:
    """Squares are found, also when other factors stand between; choices narrow their branches."""
    x, w = sg.param("x", np.ones(3)), sg.param("w", np.ones(3))
    assert Intervals().of(formula(x, w).instr) == (low, high)
