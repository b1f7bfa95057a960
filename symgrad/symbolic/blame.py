"""Finds the term of a claimed derivative that is at fault.

A claim is taken apart into the terms of its sum.  If one of them, times a constant, would make the
claim right, that term is at fault, and the constant says how: -1 is a wrong sign, 2 a forgotten
factor.  The constants are found at points, to many digits, so nothing is simplified.

>>> x, y = sp.symbols("x y")
>>> points = [{x: 0.3, y: 0.7}, {x: 1.1, y: -0.4}, {x: -0.6, y: 0.9}]
>>> print(blamed(2 * x * y + sp.cos(x), 2 * x * y - sp.cos(x), points))
the term cos(x) should be -cos(x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp

from symgrad.symbolic.from_sympy import read
from symgrad.symbolic.precise import PRECISE, digits

_DIGITS = 60
_SHOWN = 30  # digits of a factor that is next to 1
_LONG = 10**6
_CLOSE = mpmath.mpf(10) ** -40


def blamed(claimed: Any, right: Any, points: Sequence[Mapping[Any, Any]]) -> str:
    """The fault of a claim, in words; "" if no single term is at fault."""
    with digits(_DIGITS):
        wanted = [_at(right, p) for p in points]
        got = [_at(claimed, p) for p in points]
        if not all(map(mpmath.isfinite, got)):
            return ""
        whole = _constant([w / g for w, g in zip(wanted, got, strict=True)], got)
        if whole is not None:
            return _off(whole, "claim", claimed)
        for form in (claimed, sp.expand(claimed)):
            for term in sp.Add.make_args(form):
                factor = _repair(term, got, wanted, points)
                if factor == 0:
                    return f"the term {shown(term)} should not be there"
                if factor is not None:
                    return _off(factor, "term", term)
        return _missing(claimed, right, got, wanted, points)


def _repair(term: Any, got: list[Any], wanted: list[Any], points: Sequence[Any]) -> Any:
    """The constant by which a term has to be multiplied to make the claim right."""
    values = [_at(term, p) for p in points]
    if any(v == 0 for v in values):
        return None
    return _constant([(w - g + v) / v for w, g, v in zip(wanted, got, values, strict=True)], values)


def _missing(
    claimed: Any, right: Any, got: list[Any], wanted: list[Any], points: Sequence[Any]
) -> str:
    """A term of the right derivative that the claim lacks."""
    for term in sp.Add.make_args(sp.expand(right)):
        values = [_at(term, p) for p in points]
        if all(
            mpmath.almosteq(w - g, v, _CLOSE, _CLOSE)
            for w, g, v in zip(wanted, got, values, strict=True)
        ):
            return f"the term {shown(term)} is missing"
    return ""


def _off(factor: Any, part: str, wrong: Any) -> str:
    """The words for a part that a factor would mend."""
    name = "the claim" if part == "claim" else f"the term {shown(wrong)}"
    if not factor.is_Rational:
        times = sp.Float(1 / factor, 12)
        times = sp.Float(1 / factor, _SHOWN) if times == 1 else times
        return f"{name} is {times} times what it should be"
    if part == "claim":
        return f"{name} is off by a factor: it should be {shown(factor * wrong)}"
    return f"{name} should be {shown(factor * wrong)}"


def shown(expression: Any) -> str:
    """An expression as text; the long fractions that floats are as floats."""
    long = {r: sp.Float(r, 15) for r in expression.atoms(sp.Rational) if r.q > _LONG}
    return str(expression.xreplace(long))


def _constant(ratios: list[Any], values: list[Any]) -> Any:
    """The one rational number of small terms that all ratios are; None if there is none."""
    first = ratios[0]
    if not all(mpmath.isfinite(r) and mpmath.almosteq(r, first, _CLOSE, _CLOSE) for r in ratios):
        return None
    near = Fraction(float(first)).limit_denominator(1000)
    exact = sp.Rational(near.numerator, near.denominator)
    close = mpmath.almosteq(first, mpmath.mpf(near.numerator) / near.denominator, _CLOSE, _CLOSE)
    return exact if close else sp.Float(str(first), _SHOWN)


def _at(expression: Any, point: Mapping[Any, Any]) -> Any:
    """The value at a point, to the digits of the context."""
    bound = {s: mpmath.mpf(v) for s, v in point.items()}
    return mpmath.mpf(read(expression, PRECISE, bound.__getitem__))
