"""Arrays of balls: a midpoint of two floats, and a radius that is rounded outwards.

Sums and products of floats are exact as two floats (Knuth; Dekker), so that what is dropped is
known, and whole numbers and halves stay exact.  Quotients and roots are guessed, and what is left
over bounds how far off they are.  Matrices are cut into slices whose products are exact in floats
(Ozaki, Ogita, Oishi, Rump: Error-free transformations of matrix multiplication, 2012).  Functions
are those of ``algebras``, one by one.

>>> from symgrad.checker.balls import precision
>>> from symgrad.checker.real_functions import F
>>> a = Enclosures()
>>> x = a.variables(np.array([[0.5, 2.0], [1.0, -1.0]]))
>>> with precision(256):
...     same = a.equal(F.exp(x) * F.exp(-x), a.lift(np.ones((2, 2))))
>>> bool(np.all(x / 4 * 4 == x)), same, a.digits > 28
(True, True, True)
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.checker.balls import SMALLEST, Balls, Close
from symgrad.checker.cell_algebra import Algebra
from symgrad.checker.cells import bare
from symgrad.checker.comparisons import Watch
from symgrad.checker.exact_number import Untold
from symgrad.checker.real_functions import ENCLOSED, FUNCTIONS, RULES
from symgrad.errors import DomainError

U = 2.0**-53
UP = 1 + 2.0**-48  # more than a dozen roundings take away
TINY = 2.0**-1060  # more than some numbers lose that are too small for floats
CELLS = np.dtype([("hi", "f8"), ("lo", "f8"), ("rad", "f8")])
SLICES = 5  # of a matrix, of about 20 bits each
FEW = 20_000  # products of numbers that are added one by one


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    p, c, d = a * b, 134217729.0 * a, 134217729.0 * b
    a1, b1 = c - (c - a), d - (d - b)
    a0, b0 = a - a1, b - b1
    return p, a0 * b0 - (((p - a1 * b1) - a0 * b1) - a1 * b0)


def ball(hi: Any, lo: Any, rad: Any) -> Any:
    found = np.empty(np.shape(hi), CELLS)
    found["hi"], found["lo"], found["rad"] = hi, lo, rad
    return found


def size(x: Any) -> Any:
    """A bound of the numbers in a ball."""
    return (np.abs(x["hi"]) + np.abs(x["lo"]) + x["rad"]) * UP


def plus(x: Any, y: Any) -> Any:
    """Exact where both are floats whose sum two floats hold."""
    xl, yl = x["lo"], y["lo"]
    s, e = two_sum(x["hi"], y["hi"])
    low = e + (xl + yl)
    hi, lo = two_sum(s, low)
    parts = np.abs(xl) + np.abs(yl)
    lost = 4 * U * (parts + np.abs(low) * (parts > 0))
    return ball(hi, lo, (x["rad"] + y["rad"] + lost) * UP)


def negative(x: Any) -> Any:
    return ball(-x["hi"], -x["lo"], x["rad"])


def times(x: Any, y: Any) -> Any:
    """Exact where both are floats, and their product is not too small for two."""
    (xh, xl, xr), (yh, yl, yr) = ((z["hi"], z["lo"], z["rad"]) for z in (x, y))
    p, e = two_product(xh, yh)
    a, b, c = xh * yl, xl * yh, xl * yl
    cross = np.abs(a) + np.abs(b) + np.abs(c)
    low = e + (a + b + c)
    hi, lo = two_sum(p, low)
    small = (np.abs(p) < 2.0**-900) & (xh != 0) & (yh != 0)
    rad = size(x) * yr + size(y) * xr
    inexact = (xl != 0) | (yl != 0) | (xr > 0) | (yr > 0)
    lost = 8 * U * (cross + np.abs(low) * inexact) + TINY * (inexact | small)
    return ball(hi, lo, (rad + lost) * UP)


def inverse(x: Any) -> Any:
    """Dead where a ball holds 0."""
    one, guess = ball(1.0, 0.0, 0.0), ball(1 / x["hi"], 0.0, 0.0)
    y = plus(guess, times(guess, plus(one, negative(times(ball(x["hi"], x["lo"], 0.0), guess)))))
    least = (np.abs(x["hi"]) - np.abs(x["lo"]) - x["rad"]) / UP
    y["rad"] = 0.0
    left = size(plus(one, negative(times(x, y))))
    y["rad"] = np.where(least > 0, left / least * UP, np.nan)
    return y


def root(x: Any) -> Any:
    """Dead where a ball holds 0, or less, and is not 0."""
    start = np.sqrt(x["hi"])
    guess, half = ball(start, 0.0, 0.0), ball(0.5 / start, 0.0, 0.0)
    y = plus(guess, times(half, plus(ball(x["hi"], x["lo"], 0.0), negative(times(guess, guess)))))
    y["rad"] = 0.0
    left = size(plus(x, negative(times(y, y))))
    y["rad"] = np.where(x["hi"] - np.abs(x["lo"]) > x["rad"], left / y["hi"] * UP, np.nan)
    y[(x["hi"] == 0) & (x["rad"] == 0)] = 0
    return y


def sliced(x: Any, bits: int, axis: int) -> tuple[list[Any], Any]:
    """The midpoints as sums of floats of so many bits, in units common along an axis; and the
    largest part that is left over."""
    hi, lo, slices = x["hi"], x["lo"], []
    exponent = np.frexp(np.max(np.abs(hi), axis=axis, keepdims=True, initial=0.0))[1]
    for k in range(SLICES):
        shift = 0.75 * np.exp2(exponent + 53.0 - bits * (k + 1))
        cut = (hi + shift) - shift
        slices.append(cut)
        hi, lo = two_sum(hi - cut, lo)
    left = np.max(np.abs(hi) + np.abs(lo), axis=axis, keepdims=True, initial=0.0)
    return slices, left * UP


def product(x: Any, y: Any) -> Any:
    """Term by term where there are few, else by slices."""
    if x.size * y.shape[-1] <= FEW:
        terms = times(x[..., :, None, :], np.swapaxes(y, -1, -2)[..., None, :, :])
        return added(np.moveaxis(terms, -1, 0))
    return product_of_slices(x, y)


def added(x: Any) -> Any:
    """Along the first axis, by halves."""
    if not len(x):
        return ball(np.zeros(x.shape[1:]), 0.0, 0.0)
    while len(x) > 1:
        half = len(x) // 2
        y = plus(x[:half], x[half : 2 * half])
        x = np.concatenate([y, x[-1:]]) if len(x) % 2 else y
    return x[0]


def product_of_slices(x: Any, y: Any) -> Any:
    terms = x.shape[-1]
    bits = (50 - max(terms, 1).bit_length()) // 2
    (a, a_left), (b, b_left) = sliced(x, bits, -1), sliced(y, bits, -2)
    tops = [np.max(np.abs(s), axis=-1, keepdims=True, initial=0.0) for s in a] + [a_left]
    sides = [np.max(np.abs(s), axis=-2, keepdims=True, initial=0.0) for s in b] + [b_left]
    rad = np.abs(x["hi"]) @ y["rad"] + x["rad"] @ size(y) + np.abs(x["lo"]) @ y["rad"]
    z = ball(np.zeros(rad.shape), 0.0, (rad * (1 + 4 * terms * U) + TINY * (rad > 0)) * UP)
    for level in range(SLICES):
        part = sum(a[i] @ b[level - i] for i in range(level + 1))
        z = plus(z, ball(part, 0.0, 0.0))
    dropped = [(i, j) for i in range(SLICES + 1) for j in range(SLICES + 1)]
    lost = sum(tops[i] * sides[j] for i, j in dropped if i + j >= SLICES or SLICES in (i, j))
    small = (tops[0] * sides[0] < 2.0**-700) & (tops[0] * sides[0] > 0)
    z["rad"] = (z["rad"] + terms * lost * UP + TINY * small) * UP
    return z


class Enclosures(Algebra):
    """Arithmetic of such arrays.

    unit    0, or the unit roundoff: then a ball holds the exact value and every rounded one
    digits  the decimal digits to which all that was found equal agrees, of it or else of 1
    made    how many balls there were
    """

    rules, cells, dead = RULES, CELLS, np.array((np.nan, np.nan, np.nan), CELLS)

    def __init__(self, unit: float = 0.0, filename: str = "") -> None:
        self.unit, self.digits, self.made = unit, math.inf, 0
        self.watch, self.balls = Watch(filename), Balls(unit)
        super().__init__(FUNCTIONS)

    bound = staticmethod(size)

    def spread(self, x: Any) -> Any:
        return x["rad"]

    def is_dead(self, x: Any) -> Any:
        return np.isnan(size(x))

    def is_finite(self, x: Any) -> Any:
        return np.isfinite(size(x))

    def is_zero(self, x: Any) -> Any:
        return size(x) == 0.0

    def constant(self, x: Any) -> Any:
        return np.array(self.cell(self.balls.one.lift(x).x), CELLS)

    def floats(self, x: Any) -> Any:
        return ball(x, 0.0, 0.0)

    def variables(self, values: Any) -> Any:
        """Floats, or fractions to as many bits as there are."""
        values = np.asarray(values)
        hi = values.astype(float)
        lo, rad = np.zeros(hi.shape), np.zeros(hi.shape)
        if values.dtype.kind == "O":
            gaps = [Fraction(q) - Fraction(h) for q, h in zip(values.flat, hi.flat, strict=True)]
            lo = np.array([*map(float, gaps)]).reshape(hi.shape)
            left = [abs(float(g - Fraction(float(g)))) for g in gaps]
            rad = np.array(left).reshape(hi.shape) * UP
        return self.seen(ball(hi, lo, rad))

    def near(self, x: Any) -> Any:
        return x["hi"]

    def rounded(self, x: Any, error: Any = size) -> Any:
        """With what floats make of it besides: one rounding, or what there is an error of."""
        self.made += 50 + x.size // 10
        if self.unit:
            x["rad"] = (x["rad"] + self.unit * error(x)) * UP
        return x

    def sum(self, x: Any, y: Any) -> Any:
        return self.rounded(plus(x, y))

    def times(self, x: Any, y: Any) -> Any:
        return self.rounded(times(x, y))

    def inverse(self, x: Any) -> Any:
        return self.rounded(inverse(x))

    def negative(self, x: Any) -> Any:
        return negative(x)

    def product(self, x: Any, y: Any) -> Any:
        count = x.shape[-1] + 1
        return self.rounded(product(x, y), lambda z: count * (size(x) @ size(y)) * UP)

    def total(self, x: Any) -> Any:
        """In whatever order floats are added."""
        if x.dual:
            return self.paired(self.total(x.value), self.total(x.slope))
        count, x = max(len(x) - 1, 0), bare(x)
        z = np.array(added(x))
        return self.seen(self.rounded(z, lambda z: count * size(x).sum(axis=0) * UP))

    def sides(self, x: Any, y: Any, mask: Any) -> Any:
        gap = np.broadcast_to(plus(bare(x), negative(bare(y))), mask.shape)
        if not np.isfinite(size(gap)[mask]).all():
            raise Untold("what has no value is compared, or what is not finite")
        side = np.array(np.sign(gap["hi"]), int)
        known = np.abs(gap["hi"]) > (np.abs(gap["lo"]) + gap["rad"]) * UP
        alike = bare(x) == bare(y)  # made alike; their radius would hide the tie
        side[alike | (size(gap) == 0) | ~mask] = 0
        if not np.all(known | alike | (size(gap) == 0) | ~mask):
            raise Close("a comparison is too close to call")
        return self.told(side, gap, mask)

    def primitive(self, name: str, *xs: Any) -> Any:
        if name in ENCLOSED and name != "tanh":
            return bare(ENCLOSED[name](*xs))
        z = self.once(self.answer, name, *np.broadcast_arrays(*map(bare, xs)))
        return self.rounded(z, lambda z: 8 * size(z))  # a libm is within 8 units

    def answer(self, name: str, *arrays: Any) -> Any:
        if name == "sqrt":
            return root(arrays[0])
        rows = zip(*(x.reshape(-1).tolist() for x in arrays), strict=True)
        z = np.array([self.asked(name, row) for row in rows], CELLS).reshape(arrays[0].shape)
        self.made += 2 * z.size
        return z

    def asked(self, name: str, row: Any) -> Any:
        known = self.balls.arithmetic
        if not all(map(math.isfinite, sum(row, ()))):
            return self.dead.item()
        xs = [known.double(hi) + known.double(lo) + (known.about(r) - 1) for hi, lo, r in row]
        try:
            y = known.function(name.replace("arctan2", "atan2"), *xs)
        except (ArithmeticError, ValueError):
            return self.dead.item()
        return self.cell(y) if known.defined(y) else self.dead.item()

    def cell(self, x: Any) -> tuple[float, float, float]:
        known = self.balls.arithmetic
        hi = float(known.middle(x))
        if not math.isfinite(hi):
            return self.dead.item()  # type: ignore[no-any-return]
        rest = x - known.double(hi)
        lo = float(known.middle(rest))
        return hi, lo, float(known.bound(rest - known.double(lo))) * UP

    def equal(self, x: Any, y: Any) -> bool:
        if x.shape != y.shape:
            return False
        gap = plus(bare(x), negative(bare(y)))
        far, whole = size(gap), np.maximum(size(bare(y)), 1.0)
        if not np.isfinite(far + whole).all():
            raise DomainError("a value is not finite, as a float")
        worst = float((far / whole).max(initial=0.0, where=far >= SMALLEST))
        self.digits = min(self.digits, -math.log10(worst) if worst else math.inf)
        apart = np.abs(gap["hi"]) > (np.abs(gap["lo"]) + gap["rad"]) * UP
        return not np.any(apart & (far >= SMALLEST))
