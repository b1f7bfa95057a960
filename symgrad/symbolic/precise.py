"""The ops' meanings computed with many digits: the reference that float64 is measured against.

>>> import symgrad.ops
>>> with digits(30):
...     print(PRECISE.log(1 + PRECISE.exp(mpmath.mpf(1000))))
...     print(ulps(1.0, mpmath.mpf(1) + mpmath.mpf(2) ** -53))
1000.0
0.5
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mpmath
import sympy as sp

from symgrad.symbolic.sympy_algebra import SympyAlgebra

LARGEST = 4096  # binary digits before the point, of an argument of exp, sin and the like


def _bounded(function: Any) -> Any:
    """The function of what is not so large that mpmath would compute for ever."""

    def bounded(x: Any) -> Any:
        if mpmath.isfinite(x) and x != 0 and mpmath.mag(x) > LARGEST:
            raise OverflowError(f"an argument of more than {LARGEST} binary digits")
        return function(x)

    return staticmethod(bounded)


class Numbers:
    """SymPy's names, as far as meanings use them, on mpmath's numbers."""

    true, false = True, False
    pi = mpmath.pi
    log, sqrt = staticmethod(mpmath.log), staticmethod(mpmath.sqrt)
    atan2 = staticmethod(mpmath.atan2)
    asin, acos, atan = map(staticmethod, (mpmath.asin, mpmath.acos, mpmath.atan))
    asinh, acosh, atanh = map(staticmethod, (mpmath.asinh, mpmath.acosh, mpmath.atanh))
    exp, sinh, cosh, tanh = map(_bounded, (mpmath.exp, mpmath.sinh, mpmath.cosh, mpmath.tanh))
    sin, cos, tan = map(_bounded, (mpmath.sin, mpmath.cos, mpmath.tan))
    erf, erfc = map(_bounded, (mpmath.erf, mpmath.erfc))
    Abs = staticmethod(abs)
    floor, ceiling = staticmethod(mpmath.floor), staticmethod(mpmath.ceil)

    @staticmethod
    def Rational(p: Any, q: Any = 1) -> Any:
        return mpmath.mpf(p) / q

    @staticmethod
    def Piecewise(*pairs: Any) -> Any:
        """The value of the first pair whose condition holds."""
        return next((value for value, condition in pairs if condition), mpmath.nan)

    Gt = staticmethod(lambda a, b: a > b)
    Ge = staticmethod(lambda a, b: a >= b)
    Lt = staticmethod(lambda a, b: a < b)
    Le = staticmethod(lambda a, b: a <= b)
    Eq = staticmethod(lambda a, b: a == b)
    Ne = staticmethod(lambda a, b: a != b)
    And = staticmethod(lambda a, b: a and b)
    Or = staticmethod(lambda a, b: a or b)
    Xor = staticmethod(lambda a, b: bool(a) != bool(b))
    Not = staticmethod(lambda a: not a)


class PreciseAlgebra(SympyAlgebra):
    """Computes at the digits of the context.  A value outside an op's domain is nan."""

    def __init__(self) -> None:
        super().__init__(Numbers())

    def exactly(self, x: Any) -> Any:
        """A number of SymPy's, to all digits of the context."""
        return mpmath.mpf(sp.N(x, mpmath.mp.dps)._to_mpmath(mpmath.mp.prec))

    def number(self, x: Any) -> Any:
        return mpmath.mpf(x) if isinstance(x, int | float) and not isinstance(x, bool) else x


PRECISE = PreciseAlgebra()


@contextmanager
def digits(count: int) -> Iterator[None]:
    """mpmath's working precision, for a while."""
    with mpmath.workdps(count):
        yield


def ulps(got: float, exact: Any) -> float:
    """How many units in the last place of float64 a result is from the exact one; inf for nan."""
    if math.isnan(got) or math.isinf(got):
        top = mpmath.mpf(2) ** 1024
        overflows = exact >= top if got > 0 else exact <= -top
        return 0.0 if math.isinf(got) and overflows else math.inf
    if exact == 0:
        return 0.0 if got == 0 else abs(got) / 5e-324
    _, exponent = mpmath.frexp(exact)
    unit = mpmath.mpf(2) ** max(int(exponent) - 53, -1074)
    return float(abs(mpmath.mpf(got) - exact) / unit)
