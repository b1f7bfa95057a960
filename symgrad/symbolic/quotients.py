"""Numbers that a user's Python made of the number of examples, such as ``1.0 / len(xs)``.

A trace holds their float64; emitted text for any N computes them anew, exactly where it runs in
exact arithmetic.  A literal is read as such a quotient or product where it is one in float64, of
a factor of few digits.

>>> print(meant(1e-4 / 7, 7), meant(0.1 * 7, 7), meant(1.0 / 7**0.5, 7), meant(0.1, 7))
0.0001/7 0.1*7 1.0/sqrt(7) None
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from symgrad.checker.real_functions import F

DIGITS = 12  # that a factor may have
LONG = 14  # characters that a literal has at least which is no factor itself


class Reading(NamedTuple):
    """factor/size or factor*size, or that of the root of the size."""

    factor: float
    kind: str
    size: int
    root: bool

    def value(self, one: Any) -> Any:
        """The number, in the algebra of ``one``."""
        size = one.lift(self.size)
        size = F.sqrt(size) if self.root else size
        factor = one.lift(Fraction(self.factor))
        return factor * size if self.kind == "product" else factor / size

    def __str__(self) -> str:
        sign = "*" if self.kind == "product" else "/"
        return f"{self.factor!r}{sign}{f'sqrt({self.size})' if self.root else self.size}"


def meant(x: float, n: int) -> Reading | None:
    """The meaning of a literal with ``n`` examples, or None for itself: the reading whose factor
    has the fewest digits."""
    if not is_long(x):
        return None
    found = sorted(_candidates(x, n), key=lambda pair: pair[0])
    return found[0][1] if found else None


def is_long(x: float) -> bool:
    """True if a literal has so many digits that it may be a number that was computed."""
    return math.isfinite(x) and len(repr(abs(x))) >= LONG


def _candidates(x: float, n: int) -> Iterator[tuple[int, Reading]]:
    """All readings, with the digits of their factors."""
    for size in dict.fromkeys((n, n - 1, n + 1, n * n)):
        for root in (False, True) if size > 1 else ():
            d = math.sqrt(size) if root else float(size)
            for digits, factor in _short(x * d):
                if x in (factor / d, factor * (1.0 / d)):
                    yield digits, Reading(factor, "quotient", size, root)
            for digits, factor in _short(x / d):
                if factor * d == x:
                    yield digits, Reading(factor, "product", size, root)


def readings(literals: Iterable[float], n: int) -> Mapping[float, Reading]:
    """Those of the literals that are made of n."""
    found = {x: meant(x, n) for x in dict.fromkeys(literals)}
    return {x: reading for x, reading in found.items() if reading is not None}


def _short(y: float) -> Iterator[tuple[int, float]]:
    """The number of the fewest digits next to y, and how many."""
    for digits in range(1, DIGITS + 1):
        factor = float(f"{y:.{digits}g}")
        if math.isfinite(y) and abs(factor - y) <= 4 * math.ulp(y):
            yield digits, factor
            return
