"""Arrays of balls of as many bits as ``Balls`` have: one call does an array, as NumPy does objects.

Ties are exact, as among numbers one by one, and they cost a fifth; they need python-flint.  An odd
text, such as one whose function leaves its domain, is left to numbers one by one.

>>> from symgrad.checker.balls import precision
>>> from symgrad.checker.real_functions import F
>>> a = BallArrays()
>>> x = a.variables(np.array([[0.5, 2.0], [1.0, -1.0]]))
>>> with precision(256):
...     same = a.equal(F.exp(x) * F.exp(-x), a.lift(np.ones((2, 2))))
>>> bool(np.all(x / 4 * 4 == x)), same, a.digits > 70
(True, True, True)
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from symgrad.checker.balls import LARGEST, SMALLEST, Balls, Close
from symgrad.checker.cell_algebra import Algebra
from symgrad.checker.cells import bare
from symgrad.checker.comparisons import Watch
from symgrad.checker.exact_number import Untold
from symgrad.checker.real_functions import ENCLOSED, FUNCTIONS, RULES
from symgrad.errors import DomainError

CELLS = np.dtype([("x", "O")])
CALL, SHARE = 40, 5  # what a call costs, in balls one by one; how many of its elements cost one


def available() -> bool:
    """True if there is a library whose balls NumPy adds and multiplies as objects, fast."""
    return bool(Balls().arithmetic.native)


def held(x: Any) -> Any:
    found = np.empty(np.shape(x), CELLS)
    found["x"] = x
    return found


class BallArrays(Algebra):
    """Arithmetic of such arrays; unit and digits are what they are of Balls.

    made    how many of those take as long
    """

    rules, cells = RULES, CELLS

    def __init__(self, unit: float = 0.0, filename: str = "") -> None:
        self.unit, self.digits, self.made = unit, math.inf, 0
        self.watch, self.balls = Watch(filename), Balls(unit)
        known = self.balls.arithmetic
        self.zero, self.dead = known.double(0.0), held(known.double(math.nan))
        self.doubles = np.frompyfunc(known.double, 1, 1)
        self.fractions = np.frompyfunc(lambda v: self.balls.variable(v).x, 1, 1)
        self.upper = np.frompyfunc(known.bound, 1, 1)
        self.middles = np.frompyfunc(lambda x: float(known.middle(x)), 1, 1)
        self.finite = np.frompyfunc(known.finite, 1, 1)
        self.widened = np.frompyfunc(lambda x, r: x + (known.about(r) - 1), 2, 1)
        super().__init__(FUNCTIONS)

    def bound(self, x: Any) -> Any:
        return np.asarray(self.upper(x["x"]), float)

    def spread(self, x: Any) -> Any:
        """How far they reach from floats."""
        return self.bound(held(x["x"] - self.doubles(self.near(x))))

    def near(self, x: Any) -> Any:
        return np.asarray(self.middles(x["x"]), float)

    def is_dead(self, x: Any) -> Any:
        return ~np.asarray(self.finite(x["x"]), bool)

    def is_zero(self, x: Any) -> Any:
        return np.asarray(x["x"] == self.zero, bool)

    def constant(self, x: Any) -> Any:
        return held(self.balls.one.lift(x).x)

    def floats(self, x: Any) -> Any:
        return held(self.doubles(x))

    def variables(self, values: Any) -> Any:
        """Floats or fractions, exactly."""
        values = np.asarray(values)
        kept = self.doubles(values) if values.dtype.kind == "f" else self.fractions(values)
        return self.seen(held(kept))

    def plus(self, x: Any, y: Any) -> Any:
        """Of duals, part by part: objects cannot be looked at side by side."""
        if not (x.dual and y.dual):
            return super().plus(x, y)
        parts = zip((x.value, x.slope), (y.value, y.slope), strict=True)
        return self.paired(*(self.sum(bare(a), bare(b)) for a, b in parts))

    def minus(self, x: Any) -> Any:
        if not x.dual:
            return super().minus(x)
        return self.paired(*(self.negative(bare(a)) for a in (x.value, x.slope)))

    def by(self, x: Any, y: Any) -> Any:
        if not (x.dual or y.dual):
            return super().by(x, y)
        x, y = (x, y) if x.dual else (y, x)
        a, b = bare(x.value), bare(y.value)
        slope = self.share(bare(x.slope), b)
        slope = self.sum(slope, self.share(a, bare(y.slope))) if y.dual else slope
        return self.paired(self.times(a, b), slope)

    def made_of(self, x: Any, terms: int = 1) -> Any:
        self.made += CALL + np.size(x) * terms // SHARE
        return held(x)

    def rounded(self, x: Any, roundings: int = 1) -> Any:
        """With what floats make of it besides."""
        unit = self.unit * roundings
        return self.made_of(x * self.balls.arithmetic.about(unit) if unit else x)

    def sum(self, x: Any, y: Any) -> Any:
        return self.rounded(x["x"] + y["x"])

    def times(self, x: Any, y: Any) -> Any:
        return self.rounded(x["x"] * y["x"])

    def inverse(self, x: Any) -> Any:
        """Dead where a ball holds 0."""
        return self.rounded(1 / x["x"])

    def negative(self, x: Any) -> Any:
        return self.made_of(-x["x"])

    def product(self, x: Any, y: Any) -> Any:
        terms = x.shape[-1]
        if not terms:
            return np.full((np.zeros(x.shape) @ np.zeros(y.shape)).shape, bare(self.lift(0)))
        if self.unit:
            pairs = self.times(x[..., :, None, :], np.swapaxes(y, -1, -2)[..., None, :, :])
            return bare(self.total(self.seen(np.moveaxis(pairs, -1, 0))))
        return self.made_of(x["x"] @ y["x"], 2 * terms)

    def total(self, x: Any) -> Any:
        """One after the other, each sum rounded."""
        if x.dual:
            return self.paired(self.total(x.value), self.total(x.slope))
        if not len(x):
            return self.seen(np.full(x.shape[1:], bare(self.lift(0))))
        terms = bare(x)["x"]
        if not self.unit or len(x) == 1:
            return self.seen(self.made_of(np.add.reduce(terms, axis=0), len(x)))
        sums = np.add.accumulate(terms, axis=0)
        lost = self.bound(held(sums[1:])).sum(axis=0) * (self.unit * (1 + 2.0**-20) ** len(x))
        return self.seen(self.made_of(self.widened(sums[-1], lost), 2 * len(x)))

    def sides(self, x: Any, y: Any, mask: Any) -> Any:
        a, b = (np.broadcast_to(bare(z)["x"], mask.shape) for z in (x, y))
        gap = np.asarray(a - b, object)
        above, below = (np.asarray(z, bool) for z in (gap > self.zero, gap < self.zero))
        neither = mask & ~(above | below)
        for at in map(tuple, np.argwhere(neither)) if neither.any() else ():
            if a[at] is b[at] or gap[at] == self.zero:
                gap[at] = self.zero
                continue
            if not self.finite(gap[at]):
                raise Untold("a comparison of what has no value")
            if self.unit or not self.balls.arithmetic.alike(a[at], b[at]):
                raise Close("a comparison is too close to call")
            gap[at] = self.zero  # made alike; their radius would hide the tie
        return self.told(np.array((1 * above - 1 * below) * mask), held(gap), mask)

    def primitive(self, name: str, *xs: Any) -> Any:
        known = self.balls.arithmetic
        if name in ENCLOSED and name not in known.native:
            return bare(ENCLOSED[name](*xs))
        own = partial(self.answer, partial(known.function, name.replace("arctan2", "atan2")))
        if name == "exp" and np.any(self.bound(bare(xs[0])) > LARGEST):
            raise DomainError("exp is beyond the range of balls")
        found = np.frompyfunc(own, len(xs), 1)(*(bare(x)["x"] for x in xs))
        return self.rounded(found, 8)  # a libm is within 8 units

    def answer(self, function: Any, *xs: Any) -> Any:
        try:
            return function(*xs)
        except (ArithmeticError, ValueError):
            return self.balls.arithmetic.double(math.nan)

    def equal(self, x: Any, y: Any) -> bool:
        if x.shape != y.shape:
            return False
        gap = bare(x)["x"] - bare(y)["x"]
        far, whole = self.bound(held(gap)), np.maximum(self.bound(bare(y)), 1.0)
        if not np.isfinite(far + whole).all():
            raise DomainError("a value is not finite, as a float")
        worst = float((far / whole).max(initial=0.0, where=far >= SMALLEST))
        self.digits = min(self.digits, -math.log10(worst) if worst else math.inf)
        apart = np.asarray((gap > self.zero) | (gap < self.zero), bool)
        return not np.any(apart & (far >= SMALLEST))
