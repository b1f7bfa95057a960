"""Slopes at the kink of abs, for references that hold second derivatives.

abs(x) has slope 0 at 0, and so has its sign.  A second derivative has the sign squared, which
counts as 1: f(|x|) with f'(0) = 0 has the second derivative f''(0) at 0.  So that slopes tell, the
slope of abs at 0 is e times that of x, where e stands for the sign: e * e is 1, and what is left
of e in the end is 0.  Arrays settle it where elements are mixed, as the reverse sweep does.

>>> e = object()
>>> once = Split(0.0, {e: (3.0, True)})
>>> twice = once.turned(e, True)
>>> once.plain, twice.plain
(0.0, 3.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symgrad.checker.balls import Dual
from symgrad.checker.cells import Cells
from symgrad.checker.real_functions import F
from symgrad.errors import UnsupportedError


class Split:
    """A slope: the plain part, and for each sign its factor and whether it is a number's sign."""

    def __init__(self, plain: Any, parts: Mapping[Any, tuple[Any, bool]]) -> None:
        self.plain, self.parts = plain, parts

    def __add__(self, other: Any) -> Split:
        other = other if isinstance(other, Split) else Split(other, {})
        parts = dict(self.parts)
        for key, (factor, lone) in other.parts.items():
            parts[key] = (parts[key][0] + factor if key in parts else factor, lone)
        return Split(self.plain + other.plain, parts)

    def __mul__(self, factor: Any) -> Split:
        parts = {key: (factor * part, lone) for key, (part, lone) in self.parts.items()}
        return Split(factor * self.plain, parts)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Split:
        return self * -1

    def turned(self, key: Any, lone: bool) -> Split:
        """Times a sign; signs of others are 0 with it."""
        plain = self.parts[key][0] if key in self.parts else 0 * self.plain
        return Split(plain, {key: (self.plain, lone)})


class Side(Dual):
    """The sign of what is 0: a value of 0 that turns the slopes it is multiplied with."""

    __slots__ = ("key", "lone")

    def __init__(self, x: Dual, lone: bool) -> None:
        zero = x.value.lift(0)
        super().__init__(zero, zero)
        self.key, self.lone = id(x), lone

    def __mul__(self, other: Any) -> Any:
        other = Dual.lift(self, other)
        if other is NotImplemented or isinstance(other, Side):
            return other if other is NotImplemented else Dual(self.value, self.slope)
        slope = other.slope if isinstance(other.slope, Split) else Split(other.slope, {})
        return Dual(self.value, slope.turned(self.key, self.lone))

    __rmul__ = __mul__


def side(x: Any, lone: bool) -> Any:
    """The sign as the slope of abs."""
    if not isinstance(x, Dual):
        return F.sign(_off_kinks(x))
    sign = (x > 0) - (x < 0)
    return x.lift(sign) if sign else Side(x, lone)


def magnitude(x: Any, lone: bool) -> Any:
    """abs(x), with e times the slope of x at 0."""
    if not isinstance(x, Dual):
        return F.absolute(_off_kinks(x))
    sign = (x > 0) - (x < 0)
    return x * sign if sign else Dual(x.value, Split(0 * x.slope, {id(x): (x.slope, lone)}))


def _off_kinks(x: Any) -> Any:
    """The same.  Raises UnsupportedError for whole arrays that hold a 0, whose sign is not split
    there."""
    if isinstance(x, Cells) and x.value.is_zero().any():
        raise UnsupportedError("a kink of abs in whole arrays")
    return x


def settled(x: Any, lone: bool) -> Any:
    """Without the signs of elements of arrays; of numbers too, where ``lone``."""
    if not isinstance(x, Dual):
        return x
    slope = x.slope
    if isinstance(slope, Split):
        kept = {} if lone else {k: part for k, part in slope.parts.items() if part[1]}
        slope = Split(slope.plain, kept) if kept else slope.plain
    return Dual(x.value, slope)


def all_settled(results: Any) -> Any:
    """The results, nested as they are, without any sign; whole arrays have none."""
    if isinstance(results, Cells):
        return results
    if isinstance(results, tuple):
        return tuple(map(all_settled, results))
    if isinstance(results, np.ndarray):
        return np.frompyfunc(lambda x: settled(x, True), 1, 1)(results)
    return settled(results, True)
