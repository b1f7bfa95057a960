"""float64 itself as an algebra: what a reference gives when it runs as it is written.

>>> from symgrad.checker.functions import F
>>> F.exp(Doubles().variable(1000.0)).x, F.softplus(Doubles().variable(1000.0)).x
(inf, 1000.0)
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from symgrad.checker.functions import Real


class Doubles:
    """Makes the numbers."""

    def __init__(self) -> None:
        self.one = Double(1.0)

    def variable(self, value: float) -> Double:
        return Double(float(value))


class Double(Real):
    """A float that never raises."""

    __slots__ = ("x",)

    def __init__(self, x: float) -> None:
        self.x = x

    def rational(self, q: Fraction) -> Double:
        return Double(float(q))

    def plus(self, o: Double) -> Double:
        return Double(self.x + o.x)

    def times(self, o: Double) -> Double:
        return Double(self.x * o.x)

    def inverse(self) -> Double:
        with np.errstate(all="ignore"):
            return Double(float(np.divide(1.0, self.x)))

    def sign(self) -> int:
        return (self.x > 0) - (self.x < 0)

    def literal(self) -> float:
        return self.x

    def middle(self) -> float:
        return self.x

    def apply(self, name: str, *xs: Double) -> Double:
        function = math.erf if name == "erf" else getattr(np, name)
        with np.errstate(all="ignore"):
            return Double(float(function(*(x.x for x in xs))))
