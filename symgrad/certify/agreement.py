"""In how many digits two numbers agree, one of them a ball, and which literals a float rounds.

>>> from symgrad.checker.balls import Balls
>>> one = Balls().one
>>> round(agreed(one * 1000, 1001.0, 0.0), 1), agreed(one, math.nan, 0.0), agreed(one, 1, 0.0)
(3.0, -inf, inf)
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import ALIKE
from symgrad.checker.balls import Ball


def as_rounded(one: Ball, x: float) -> Ball:
    """A literal, with all that a float may stand for."""
    y = one.rational(Fraction(x))
    return y.around(2.0**-52) if is_rounded(x) else y


def is_rounded(literal: Any) -> bool:
    """True if a float may stand for a number beside it: 0.1, which is none, but not 0.5 or 3.

    >>> [is_rounded(v) for v in (0.1, 0.5, 3.0, 1 / 3)]
    [True, False, False, True]
    """
    return isinstance(literal, float) and Fraction(repr(literal)) != Fraction(literal)


def is_real(x: Any) -> bool:
    """True if a value is a finite real number."""
    if isinstance(x, Ball):
        return bool(x.balls.arithmetic.finite(x.x))
    return isinstance(x, int | float | Fraction | np.number | np.bool_) and math.isfinite(x)


def finite_float(x: Any) -> float:
    return float(x.middle() if isinstance(x, Ball) else x)


def agreed(right: Ball, got: Any, scale: float, least: float = 0.0) -> float:
    """In how many digits two numbers agree, beside the larger of them and a scale; nan where they
    may be equal, and the balls show too few digits of them; what is below the least is 0."""
    if not is_real(got):
        return -math.inf
    got = right.lift(got)
    gap = right.minus(got)
    if gap.is_zero() or gap.size() < least:
        return math.inf
    tops = [x for x in (right, got) if not x.vanishes()]
    if scale:
        size = max(scale, *(x.size() for x in (right, got)))
        share = gap.size() / size if math.isfinite(size) else math.inf
    elif tops:
        share = (gap * max(tops, key=Ball.size).inverse()).size()
    else:
        return math.nan if gap.size() else math.inf
    digits = -math.log10(share) if share else math.inf
    return digits if not gap.vanishes() or digits >= ALIKE or scale else math.nan
