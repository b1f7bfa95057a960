"""Whether a rewritten expression is worse on floats than the one that it stands for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath

FEW = [0.0, 1e-200, 0.5, -3.0, 1e200, -1e200]
TINY, CLOSE = 1e-300, 1e-6


def as_float(exact: Any) -> float:
    """A number of many digits; nan for a complex one, which is outside the domain."""
    return math.nan if isinstance(exact, mpmath.mpc) else float(exact)


def is_worse(left: float, right: float, exactly: Callable[[], float | None]) -> bool:
    """True if the right side has an inf, a 0, a nan or a number that is neither the left side's nor
    right.  The sign of an inf does not count: at a pole it is that of a zero."""
    if close(left, right) or not (math.isfinite(left) or math.isfinite(right)):
        return False
    exact = exactly()
    if exact is None:
        return True
    return not (close(right, exact) or math.isinf(exact))


def close(a: float, b: float) -> bool:
    """True for one float, but for its last ten digits."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= CLOSE * max(abs(a), abs(b)) + TINY
