"""The derivatives that are chosen at kinks, beside the one-sided ones, which are computed.

The table has the points of the stated conventions.  The chosen one is what the compiler's own rule
gives there; the slopes on both sides are quotients of differences of exact numbers.  A choice holds
where it is the stated one and lies between them, or where both are infinite and so is it.

>>> [row] = kinks_of(("relu",))
>>> row["point"], row["chosen"], row["left"], row["right"], row["holds"]
("relu'(0)", 0.0, 0.0, 1.0, True)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from symgrad.checker.balls import Balls, precision
from symgrad.errors import SymgradError
from symgrad.ops import FloatAlgebra
from symgrad.ops.table import OPS
from symgrad.symbolic.reference import scalar_text

STEP = 2.0**-80
INFINITE = 2.0**20  # a quotient of differences beyond it has no limit
DIGITS = 1e-9


class Kink(NamedTuple):
    """A point of an op, which operand moves, the derivative that is stated, and its name."""

    op: str
    point: tuple[float, ...]
    operand: int
    stated: float
    shown: str


TABLE = (
    Kink("relu", (0.0,), 0, 0.0, "relu'(0)"),
    Kink("absolute", (0.0,), 0, 0.0, "abs'(0)"),
    Kink("sign", (0.0,), 0, 0.0, "sign'(0)"),
    Kink("maximum", (1.0, 1.0), 0, 0.5, "d maximum(x, y)/dx at x = y"),
    Kink("maximum", (1.0, 1.0), 1, 0.5, "d maximum(x, y)/dy at x = y"),
    Kink("minimum", (1.0, 1.0), 0, 0.5, "d minimum(x, y)/dx at x = y"),
    Kink("minimum", (1.0, 1.0), 1, 0.5, "d minimum(x, y)/dy at x = y"),
    Kink("max", (1.0, 1.0), 0, 0.5, "d max/dx_i at a tie of two"),
    Kink("min", (1.0, 1.0), 0, 0.5, "d min/dx_i at a tie of two"),
    Kink("clip", (-1.0, -1.0, 1.0), 0, 1.0, "clip' at the lower edge"),
    Kink("clip", (1.0, -1.0, 1.0), 0, 1.0, "clip' at the upper edge"),
    Kink("sqrt", (0.0,), 0, math.inf, "sqrt'(0)"),
    Kink("hypot", (0.0, 0.0), 0, 0.0, "d hypot(x, y)/dx at (0, 0)"),
    Kink("hypot", (0.0, 0.0), 1, 0.0, "d hypot(x, y)/dy at (0, 0)"),
    Kink("power", (0.0, 2.0), 0, 0.0, "d x**y/dx at (0, 2)"),
    Kink("power", (0.0, 2.0), 1, 0.0, "d x**y/dy at (0, 2)"),
    Kink("xlogy", (0.0, 2.0), 1, 0.0, "d xlogy(x, y)/dy at x = 0"),
    Kink("xlog1py", (0.0, 2.0), 1, 0.0, "d xlog1py(x, y)/dy at x = 0"),
)
_PAIRWISE = {"max": "maximum", "min": "minimum"}  # a reduction, of two


def kinks_of(ops: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """A row for each point of the table whose op occurs."""
    present = set(ops)
    return tuple([judged(kink) for kink in TABLE if kink.op in present])


@cache
def judged(kink: Kink) -> Mapping[str, Any]:
    """The chosen slope, the slopes to the left and to the right (None outside the domain), and
    whether the choice holds."""
    chosen = _chosen(kink)
    left, right = (_slope(kink, step) for step in (-STEP, STEP))
    shown = chosen if math.isfinite(chosen) else str(chosen)
    return {
        "point": kink.shown,
        "chosen": shown,
        "left": _plain(left),
        "right": _plain(right),
        "holds": chosen == kink.stated and _between(chosen, left, right),
    }


def _chosen(kink: Kink) -> float:
    """The slope by the compiler's rule at the point."""
    op, algebra = OPS[_PAIRWISE.get(kink.op, kink.op)], FloatAlgebra()
    assert op.partials is not None
    y = getattr(algebra, op.name)(*kink.point)
    return float(op.partials(algebra, y, *kink.point)[kink.operand] or 0.0)


def _slope(kink: Kink, step: float) -> float | None:
    """The quotient of differences with 256 bits; None outside the domain."""
    text = scalar_text()
    function = text.functions[f"{_PAIRWISE.get(kink.op, kink.op)}_"]
    with precision(256):
        b = Balls()
        text.space.one = b.one
        at = [b.variable(v) for v in kink.point]
        moved = [
            b.variable(v) + (step if i == kink.operand else 0) for i, v in enumerate(kink.point)
        ]
        try:
            quotient = (function(*moved) - function(*at)) / b.variable(step)
            return float(b.one.lift(quotient).middle())
        except SymgradError:
            return None


def _between(chosen: float, left: float | None, right: float | None) -> bool:
    sides = [s for s in (left, right) if s is not None]
    if not sides:
        return True  # no neighbour to ask: a convention alone
    if math.isinf(chosen):
        return all(abs(s) > INFINITE and (s > 0) == (chosen > 0) for s in sides)
    if all(abs(s) > INFINITE for s in sides):
        return chosen == 0.0  # a step of height 1, whose slope is taken as 0
    return min(sides) - DIGITS <= chosen <= max(sides) + DIGITS


def _plain(slope: float | None) -> float | None:
    """A slope for people; one without a limit is left out."""
    if slope is None or abs(slope) > INFINITE:
        return None
    return round(slope, 12) + 0.0
