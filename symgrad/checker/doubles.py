"""Floats themselves as an algebra: what a reference gives when it runs as it is written.

>>> from symgrad.checker.real_functions import F
>>> doubles = Doubles()
>>> x = doubles.variable(1000.0)
>>> F.softplus(x).x, doubles.tame, F.exp(x).x, doubles.tame
(1000.0, True, inf, False)
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.checker.real_functions import Real

LARGE = 1e290


class Doubles:
    """Makes the numbers.

    real   their type
    tame   whether all of them were finite so far
    far    whether some nearly overflowed or underflowed, or did; a division by 0 alone does not
    """

    def __init__(self, real: Any = float) -> None:
        self.tame, self.far, self.real, self.undefined = True, False, real, False
        self.one = Double(self, 1.0)

    def variable(self, value: float) -> Double:
        return Double(self, value)


class Double(Real):
    """A float that never raises."""

    __slots__ = ("doubles", "x")

    def __init__(self, doubles: Doubles, x: float) -> None:
        self.doubles = doubles
        self.x: float = doubles.real(x)
        doubles.tame &= math.isfinite(x)

    def rational(self, q: Fraction) -> Double:
        return Double(self.doubles, float(q))

    def plus(self, o: Double) -> Double:
        return self.made(self.x + o.x, o, 0.0)

    def times(self, o: Double) -> Double:
        return self.made(self.x * o.x, o)

    def made(self, x: float, other: Double, least: float = 1.0 / LARGE) -> Double:
        plain = all(0.0 < abs(o.x) < math.inf for o in (self, other))
        self.doubles.far |= plain and not least <= abs(x) <= LARGE
        return Double(self.doubles, x)

    def inverse(self) -> Double:
        with np.errstate(all="ignore"):
            return Double(self.doubles, float(np.divide(1.0, self.x)))

    def sign(self) -> float:
        return self.x if self.x != self.x else int(self.x > 0) - int(self.x < 0)  # nan is nowhere

    def is_nan(self) -> bool:
        return self.x != self.x

    def is_zero(self) -> bool:
        return self.x == 0.0

    def literal(self) -> float:
        return self.x

    def middle(self) -> float:
        return self.x

    def apply(self, name: str, *xs: Double) -> Double:
        function = getattr(math if name in ("erf", "erfc") else np, name)
        with np.errstate(all="ignore"):
            least = 1.0 / LARGE if name in ("exp", "power") else 0.0
            return self.made(float(function(*(x.x for x in xs))), xs[-1], least)
