"""Exact numbers that SymPy would write out though no machine can hold them.

SymPy multiplies rationals, and takes their powers, to the last digit: twenty squarings of a float64
make 50 million bits.  The size of a result is estimated from its operands, before it is made.

>>> x = sp.Symbol("x")
>>> bits(sp.Rational(3, 8) * x + 1), power_bits(6 * x**2, sp.Integer(100))
(3, 300)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import sympy as sp

from symgrad.errors import LimitError

MOST = 14_000  # bits of a numerator or denominator; Python writes 4,300 digits, which are 14,284


def check(name: str, operands: Sequence[Any], known: dict[Any, int]) -> None:
    """Raises LimitError where an op would make a number of more than ``MOST`` bits.

    known  the bits of expressions that were seen before
    """
    total = sum(bits(x, known) for x in operands if isinstance(x, sp.Basic))
    _refuse_beyond(total)
    if name in ("power", "power_slope"):
        _refuse_beyond(power_bits(*operands))
    if name == "exp2":
        _refuse_beyond(power_bits(sp.Integer(2), operands[0]))


def bits(root: Any, known: dict[Any, int] | None = None) -> int:
    """The bits of the longest rational in an expression."""
    known = {} if known is None else known
    return folded(root, lambda part, below: max([_own_bits(part), *below]), known)


def folded(root: Any, value: Callable[[Any, list[int]], int], known: dict[Any, int]) -> int:
    """A number of an expression, made of each part and the numbers of its arguments, once."""
    stack = [root]
    while stack:
        part = stack[-1]
        missing = [a for a in part.args if a not in known]
        if missing:
            stack += missing
        else:
            known[part] = value(part, [known[a] for a in part.args])
            stack.pop()
    return known[root]


def _own_bits(x: Any) -> int:
    return int(max(abs(x.p), x.q) - 1).bit_length() if x.is_Rational else 0


def power_bits(base: Any, exponent: Any) -> int:
    """The bits of the number that a power has as its factor, at most."""
    whole = sum(abs(t) for t in sp.Add.make_args(exponent) if t.is_Rational)
    numbers = [x for x in sp.Mul.make_args(base) if not x.free_symbols]
    return int(sum(bits(x) for x in numbers) * whole) if whole > 1 else 0


class Bounded:
    """SymPy's names for the meanings of ops, with functions that refuse to write out too much."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sp, name)

    @staticmethod
    def exp(x: Any) -> Any:
        """The exponential; of n*log(c) it is the number c**n."""
        for term in sp.Add.make_args(x):
            factor, rest = term.as_coeff_Mul()
            if isinstance(rest, sp.log) and rest.args[0].is_number:
                _refuse_beyond(int(abs(factor) * bits(rest.args[0])))
        return sp.exp(x)

    @staticmethod
    def floor(x: Any) -> Any:
        _refuse_whole_part(x)
        return sp.floor(x)

    @staticmethod
    def ceiling(x: Any) -> Any:
        _refuse_whole_part(x)
        return sp.ceiling(x)


def _refuse_whole_part(x: Any) -> None:
    """SymPy computes the whole part of a number, and of a number that is added, in all digits."""
    for term in sp.Add.make_args(sp.sympify(x)):
        if term.is_number and term.is_finite:
            _refuse_beyond(int(mpmath.mag(abs(sp.N(term, 15))._to_mpmath(53))))


def _refuse_beyond(size: int) -> None:
    if size > MOST:
        raise LimitError(
            f"SymPy would write out an exact number of up to {size:.1e} bits, and {MOST:,} is the "
            "limit here; pass evaluate=False, which leaves the operations as they stand"
        )


__all__ = ["MOST", "Bounded", "bits", "check", "folded", "power_bits"]
