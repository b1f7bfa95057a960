"""Evaluation with many digits, arrays included: the reference that float64 is measured against.

The meanings of the ops are computed, not the forms that float64 needs.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N]) {
...   %0 = exp %x : f64[N]
...   %1 = sum %0 {axis = (0,), keepdims = false} : f64[]
...   %2 = log %1 : f64[]
...   return %2
... }''', symgrad.ops.OPS)
>>> with digits(30):
...     print(evaluated(f, [np.array([mpmath.mpf(1000), mpmath.mpf(0)], dtype=object)])[0])
...     print(ulps(1.0, mpmath.mpf(1) + mpmath.mpf(2) ** -53))
1000.0
0.5
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symgrad.ir import dims
from symgrad.ir.function import Function, Instr, as_given
from symgrad.ir.run import attributes_of, run
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

    def decided(self, result: Any) -> Any:
        """Truths, as they are."""
        return result

    def computed(self, x: Instr, size: int) -> None:
        """Told of each instruction that has been computed, and of how many elements it has."""

    def literal(self, x: float) -> Any:
        """A literal of the IR."""
        return mpmath.mpf(x)

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


__all__ = ["digits", "evaluated", "lifted"]


def lifted(array: Any, algebra: PreciseAlgebra = PRECISE) -> Any:
    """A float array with its elements as mpmath's numbers; integers and bools as they are."""
    array = np.asarray(array)
    if array.dtype.kind != "f":
        return array
    out = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        out[place] = algebra.literal(float(array[place]))
    return out


def evaluated(
    function: Function, arguments: Sequence[Any], algebra: PreciseAlgebra = PRECISE
) -> list[Any]:
    """The results, as arrays of mpmath's numbers, at the digits of the context."""
    sizes: dict[str, int] = {}
    for p, a in zip(function.parameters, arguments, strict=True):
        for dim, n in zip(p.type.shape, np.shape(a), strict=True):
            if isinstance(dim, str) and dims.is_name(dim):
                sizes[dim] = n

    def apply(x: Instr, operands: list[Any]) -> Any:
        value = _computed(x, operands, sizes, algebra)
        algebra.computed(x, np.size(value))
        return value

    return run(function, apply, arguments)


def _computed(x: Instr, operands: list[Any], sizes: dict[str, int], algebra: Any) -> Any:
    if x.is_constant:
        value = as_given(x["value"], x.type).reshape(x.type.shape)
        return lifted(value, algebra) if x.type.is_float else value
    attributes = attributes_of(x, sizes)
    if x.op.name == "cast":
        return _cast(operands[0], x)
    if x.op.name == "size":
        return lifted(np.asarray(float(attributes["dim"])))
    if x.op.name == "mean":
        total = np.sum(operands[0], **attributes)
        count = math.prod(np.shape(operands[0])[i] for i in attributes["axis"])
        result: Any = total / mpmath.mpf(count)
    elif x.op.name == "logsumexp" or x.op.meaning is not None:
        # A scalar is an array too, so that elementwise ops give arrays of numbers throughout.
        arrays = [np.asarray(o) for o in operands]
        result = getattr(algebra, x.op.name)(*arrays, **attributes)
    else:
        result = algebra.decided(x.op.evaluate(*operands, **attributes))
    out = np.empty(np.shape(result), dtype=object if x.type.is_float else x.type.numpy)
    out[...] = result
    return out


def _cast(value: Any, x: Instr) -> Any:
    plain = np.asarray(value)
    if x.type.is_float:
        return lifted(plain.astype(float)) if plain.dtype != object else plain
    return plain.astype(x.type.numpy)
