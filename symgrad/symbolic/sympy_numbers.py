"""Numbers on their way between SymPy and float64, exact where that is asked for.

>>> import sympy as sp
>>> to_float(sp.sqrt(2) / 2), to_float(sp.oo)
(0.7071067811865476, inf)
>>> literal(0.5, exact=False), literal(0.5, exact=True), literal(3.0, exact=False)
(0.500000000000000, 1/2, 3)
"""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

from symgrad.errors import DomainError, DTypeError, UnsupportedError

_SHOWN = 40  # characters of a constant
_DIGITS = 30  # enough to round a float64 right, short of a tie that no formula produces


def to_float(number: Any) -> float:
    """A SymPy number, or an expression of numbers alone, as the nearest float64.

    Raises DomainError where it is not real, DTypeError where it overflows.
    """
    if number is sp.S.NaN:
        return math.nan
    if number in (sp.S.Infinity, sp.S.NegativeInfinity):
        return math.inf if number is sp.S.Infinity else -math.inf
    if number is sp.S.ComplexInfinity:
        raise DomainError("zoo, SymPy's complex infinity, has no sign; a real number is expected")
    value = number if number.is_Rational else sp.N(number, _DIGITS)
    if value.is_Rational:
        result = _quotient(int(value.p), int(value.q))
    elif value.is_Float:
        result = float(value)
    elif value.has(sp.I):
        raise DomainError(f"{number} is not real; symgrad computes with real numbers")
    else:
        raise UnsupportedError(f"SymPy cannot evaluate {number} to a number; evaluate it first")
    if math.isinf(result):
        raise DTypeError(f"the constant {shortened(number)} overflows float64")
    return result


def shortened(number: Any) -> str:
    """The constant, or how it begins.

    >>> shortened(sp.Integer(10)**400)
    '1000000000000000000000000000000000000000 ...'
    """
    text = str(number)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def _quotient(p: int, q: int) -> float:
    try:
        return p / q  # correctly rounded for integers of any size
    except OverflowError:
        return math.inf


def literal(value: bool | int | float, exact: bool) -> Any:
    """A literal as SymPy has it: whole numbers as integers; others as floats, or the exact
    rational that a float64 is."""
    if isinstance(value, bool):
        return sp.true if value else sp.false
    if math.isnan(value):
        return sp.S.NaN
    if math.isinf(value):
        return sp.S.Infinity if value > 0 else sp.S.NegativeInfinity
    if value == int(value) and abs(value) < 2**53:
        return sp.Integer(int(value))
    return sp.Rational(*value.as_integer_ratio()) if exact else sp.Float(value)
