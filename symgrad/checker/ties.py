r"""Either side of each comparison, and its tie, where a result depends on it.

A point is drawn where the text compares, one of its arguments is moved until the two numbers are
equal, and text and reference are run there and beside it: where the text compares with 1.01 and
the reference with 1, they differ between the two alone.  Small numbers of few bits make most ties
exact; where none is, it is closed in on by regula falsi, to as many bits as the balls have.

>>> text = "def f(x):\n    return (x * x if x * x < {} else 4.0), (2 * x if x * x < {} else 0.0,)\n"
>>> claim = Claim(text.format(2.5, 2.5), lambda x: x * x if x * x < 2 else 4 * x / x,
...               {"x": "f64[]"}, ("x",))
>>> from symgrad.checker.balls import precision
>>> search = Ties(claim, (1,), 0)
>>> with precision(256):
...     trial = search.look({"x": np.array(1.0)})
...     print(str(search.fault())[:36])
refuted in the value at x = 1.581138
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from symgrad.checker import samples
from symgrad.checker.balls import Close
from symgrad.checker.claim import Claim, Trial
from symgrad.checker.comparisons import SIDES, Enough, Place, Watch
from symgrad.checker.exact_number import ExactNumber, Untold
from symgrad.checker.exact_text import explained
from symgrad.checker.failures import floats_of, tried
from symgrad.checker.results import Refuted
from symgrad.checker.rounding import at_point, started
from symgrad.errors import DomainError, SymgradError, UnsupportedError

MANY = 400_000  # balls, after which no more ties are looked for
ATTEMPTS = 4  # at a tie of one comparison, each at another point
RARE = 12  # where it came out one way alone
POLES = 2  # attempts at a pole
IDLE = 3  # of them that taught nothing, after which it is left
ASKED = 3  # points of each size at which it is asked whether results depend on a side
PIVOTS = 8  # arguments of a point that are tried
SECANTS = 12
STEPS = 60
GRID = 2**200  # parts of the way between two points
NEAR = 2**100  # parts of the grid that are near enough
BESIDE = Fraction(1, 2**100)  # of 1, or of a larger argument
COARSE = Fraction(1, 2**60)  # of whole arrays, whose balls have fewer bits
WIDE = Fraction(1, 2**20)  # around a tie that no float meets
Point = Mapping[str, Any]


class Ties:
    """The comparisons of a claim as its points showed them, and the search for more.

    known   all of them
    fixed   at how many points a difference stayed, whatever argument moved
    points  how many were judged here
    made    how many balls that took
    wide    at how many points the balls were too wide to show anything
    ended   whether its budget ended the search
    """

    def __init__(self, claim: Claim, sizes: Sequence[int], seed: int) -> None:
        self.claim, self.seed, self.rng = claim, seed, random.Random(seed)
        self.sizes = sorted(sizes, key=lambda n: (n < 2, n))
        self.known, self.asked = Watch(""), Counter[tuple[Place, int, int]]()
        self.judged: list[tuple[Point, Watch]] = []
        self.fixed = Counter[Place]()
        self.points = self.made = self.wide = 0
        self.ended = False
        self.step, self.near = (COARSE, 2**140) if claim.coarse else (BESIDE, NEAR)

    @property
    def budget(self) -> int:
        """How many balls may be made."""
        return self.claim.budget or (MANY // 4 if self.claim.coarse else MANY)

    def learn(self, trial: Trial, sought: Place | None = None) -> None:
        """On which sides of the comparisons at a judged point its results depend."""
        here, before = trial.algebra.watch, trial.algebra.made
        size = _size(trial.point)
        for place, sides in here.sides.items():
            for side in sides if place.line else ():
                if self.known.sides[place].get(side) or not (side or place.jumps()):
                    continue
                asked = place != sought and self.asked[place, side, size] == ASKED
                if not asked and self.made + trial.algebra.made - before < self.budget:
                    self.asked[place, side, size] += 1
                    others = (other for other in SIDES if other != side)
                    sides[side] = any(trial.depends(place, side, other) for other in others)
        self.made += trial.algebra.made - before
        self.known.add(here)
        self.judged.append((trial.point, here))

    def passes_by(self, error: SymgradError, tame: bool = True) -> None:
        """Leaves a point that shows nothing, unless numbers one by one may be asked of it."""
        untold = isinstance(error, Untold) or (self.claim.whole == "balls" and tame)
        if untold and self.claim.numbers_too(max(self.sizes)):
            raise SymgradError(f"arrays do not tell: {error}") from error
        self.wide += untold

    def look(self, at: Point, sought: Place | None = None) -> Refuted | Trial | None:
        """A point beside a tie where the text is not the reference; nothing where there is none."""
        try:
            trial = at_point(self.claim, at, self.seed)
            if component := trial.differs(*tried(trial, True)):
                return Refuted(
                    component, floats_of(self.claim, at), "the exact values differ, by a tie"
                )
        except (DomainError, UnsupportedError) as error:
            self.passes_by(error)
            return None
        self.made += trial.algebra.made
        self.points += 1
        self.learn(trial, sought)
        return trial

    def fault(self) -> Refuted | None:
        """A point where the text is not the reference, by a comparison that is not settled yet, or
        by a pole."""
        idle = Counter[Place]()
        places = [p for p in self.known.gaps if p.line]
        for k, place in product(range(RARE), places):  # each once before any is tried again
            compares = place in self.known.sides
            known = not compares or len(self.known.ways(place)) > 1
            if self.known.is_settled(place) or IDLE in (idle[place], self.fixed[place]):
                continue
            if k >= (ATTEMPTS if known else RARE) or (k >= POLES and not compares):
                continue
            if self.made > self.budget:
                self.ended = True
                break
            before = {0: True} | self.known.sides.get(place, {})
            with suppress(DomainError, UnsupportedError):
                for beside in self.ways(place, k):
                    if found := self.at_tie(place, *beside):
                        return found
                    idle[place] += before == {0: True} | self.known.sides.get(place, {})
        return None

    def never_ran(self) -> tuple[int, ...]:
        """The lines of the text that no point reached."""
        parts = self.claim.program.parts(self.claim.name) - self.known.ran
        return tuple(sorted({line for line, _ in parts}))

    def ways(self, place: Place, k: int) -> Iterator[tuple[list[Point], int | None]]:
        """Points beside a tie, and which comparison of those at the place it is."""
        if k % ATTEMPTS == 1 and place in self.known.sides:
            yield from ((way.beside(), None) for way in self.between(place))
            return
        at, gaps = self.start(place, k)
        pivot = self.pivot(place, at, gaps)
        if pivot is not None:
            yield pivot.beside(), pivot.which

    def at_tie(self, place: Place, beside: list[Point], which: int | None) -> Refuted | None:
        """True if text and reference differ at such points: the tie, and a point on either side,
        but for a side that is to the text what the tie is."""
        alike = 0
        for at in beside:
            side = 0 if at is beside[0] else self.side(place, at, which)
            if side and side == alike:
                continue
            found = self.look(at, place)
            if isinstance(found, Refuted):
                return found
            if found is None or which is None or place not in self.known.sides:
                continue
            if place.jumps() and 0 in found.algebra.watch.sides.get(place, ()):
                same = [s for s in (1, -1) if not found.depends(place, 0, s, which)]
                alike = same[0] if len(same) == 1 else 0
        return None

    def side(self, place: Place, at: Point, which: int | None) -> int:
        """On which side a difference is, where it is known which difference, and where it is."""
        with suppress(DomainError, UnsupportedError):
            gaps = self.gaps(place, at) if which is not None else []
            return int(np.sign(middle(gaps[which]))) if which is not None and gaps[which:] else 0
        return 0

    def start(self, place: Place, k: int) -> tuple[Point, list[Any]]:
        """A point of numbers of few bits at which the text compares at the place."""
        n = self.sizes[k % len(self.sizes)]
        name = f"{self.seed}, {place.line}, {place.inner}, {k}"  # of no version of Python
        drawn = samples.drawn(self.claim, n, name, samples.dyadic)
        known = [at for at, watch in self.judged if place in watch.sides]
        for at in (drawn, *map(_rounded, self.rng.sample(known, min(2, len(known))))):
            with suppress(DomainError, UnsupportedError):
                if gaps := self.gaps(place, at):
                    return at, gaps
        raise DomainError("no point passes the comparison")

    def gaps(self, place: Place, at: Point, count: int = 0) -> list[Any]:
        """The differences at a place, in order: the first ones, or all of them."""
        balls, known = started(self.claim, at)
        balls.watch.every, balls.watch.enough = True, (place, count)
        with explained("the text"), suppress(Enough):
            self.claim.program.run(balls.one, *known.values(), name=self.claim.name)
        self.made += balls.made
        return list(balls.watch.gaps[place])

    def pivot(self, place: Place, at: Point, gaps: list[Any]) -> Pivot | None:
        """An argument that a difference at the place depends on: where it may be, affinely with a
        slope that divides exactly; otherwise the first."""
        names = [k for k, v in at.items() if v.size and v.dtype.kind in "fiO"]
        names = [k for k in names if k not in self.claim.given and k not in self.claim.below]
        other: Pivot | None = None
        if not names or not self.moves(place, at, gaps, names):
            return None
        asked = set[tuple[str, int]]()
        first = [k for k in names if k in self.claim.wrt]  # gradients depend on these
        for k in range(PIVOTS):
            name = self.rng.choice((first if 2 * k < PIVOTS else ()) or names)
            index = self.rng.randrange(at[name].size)
            if (name, index) in asked:
                continue
            asked.add((name, index))
            pivot = Pivot(self, place, at, name, index)
            moved = self.gaps(place, pivot.point(pivot.start + 1), len(gaps))
            changed = _changed(gaps, moved)
            if changed and len(gaps) == len(moved):
                pivot.which = i = self.rng.choice(changed)
                with suppress(DomainError, UnsupportedError):
                    ends = middle(gaps[i]) + middle(pivot.gap(pivot.start + 2))
                    slope = math.frexp(middle(moved[i]) - middle(gaps[i]))[0]
                    if ends == 2.0 * middle(moved[i]) and abs(slope) == 0.5:
                        return pivot
                other = other or pivot
        return other

    def moves(self, place: Place, at: Point, gaps: list[Any], names: list[str]) -> bool:
        """True if a difference at the place is another one where all arguments are others."""
        moved = {k: _shifted(at[k], self.rng) for k in names}
        with suppress(DomainError, UnsupportedError):
            other = self.gaps(place, {**at, **moved}, len(gaps))
            if len(other) == len(gaps) and not _changed(gaps, other):
                self.fixed[place] += 1
                return False
        return True

    def between(self, place: Place) -> Iterator[_Way]:
        """From one judged point to another, on the other side of the tie."""
        known = [
            (at, middle(watch.gaps[place][0]))
            for at, watch in self.judged
            if watch.gaps.get(place) and watch.gaps[place][0] is not None
        ]
        pairs = [(b, a) for b in known if b[1] < 0.0 for a in known if a[1] > 0.0]
        pairs = [(b, a) for b, a in pairs if all(v.shape == a[0][k].shape for k, v in b[0].items())]
        if pairs:
            below, above = min(pairs, key=lambda pair: pair[1][1] - pair[0][1])
            yield _Way(self, below[0], above[0], place, 0)


class Pivot:
    """One number of the arguments, which is moved until a difference at a place is 0."""

    def __init__(self, search: Ties, place: Place, at: Point, name: str, index: int) -> None:
        self.search, self.place, self.at, self.name, self.index = search, place, at, name, index
        self.start, self.which = _exact(at[name].flat[index]), 0
        self.whole = at[name].dtype.kind == "i"

    def point(self, value: Fraction) -> dict[str, Any]:
        moved = self.at[self.name].astype(np.int64 if self.whole else object)
        moved.flat[self.index] = int(value) if self.whole else value
        return {**self.at, self.name: moved}

    def gap(self, value: Fraction) -> Any:
        found = self.search.gaps(self.place, self.point(value), self.which + 1)
        if len(found) <= self.which or not math.isfinite(middle(found[self.which])):
            raise DomainError("the way there does not pass the comparison")
        return found[self.which]

    def beside(self) -> list[Point]:
        """The tie, and points on either side; what lies beside it where no number meets it."""
        a, b = self.start, self.start + 1
        at_a, at_b = (middle(self.gap(v)) for v in (a, b))
        for _ in range(SECANTS):
            if at_a == at_b:
                break
            exact = b - Fraction(at_b) * (b - a) / (Fraction(at_b) - Fraction(at_a))
            new = Fraction(math.floor(exact)) if self.whole else Fraction(float(exact))
            if self.whole or self.ties(new):
                step = 1 if self.whole else self.search.step * max(1, abs(math.floor(new)))
                return [self.point(new + d * step) for d in (0, 1, -1, 2)[: 4 if self.whole else 3]]
            if abs(new - b) <= self.search.step:
                break
            if abs(new - b) < WIDE and self.ties(short := Fraction(round(new / WIDE)) * WIDE):
                return [self.point(short + d * self.search.step) for d in (0, 1, -1)]
            a, at_a, b, at_b = b, at_b, new, middle(self.gap(new))
        ends = [self.point(b - WIDE), self.point(b + WIDE)]
        ends = ends if middle(self.gap(b - WIDE)) < 0 else ends[::-1]
        return _Way(self.search, ends[0], ends[1], self.place, self.which).beside()

    def ties(self, value: Fraction) -> bool:
        gap = self.gap(value)
        return bool(gap.bound() == 0.0 if isinstance(gap, ExactNumber) else gap == 0)


class _Way:
    """The straight way from one point to another, in parts of the grid."""

    def __init__(self, search: Ties, low: Point, high: Point, place: Place, which: int) -> None:
        self.search, self.low, self.high = search, low, high
        self.place, self.which = place, which

    def beside(self) -> list[Point]:
        """Points on both sides of the tie, and what may be the tie itself."""
        return [*map(self.point, self.closed_in())]

    def point(self, part: int) -> dict[str, Any]:
        """The point at that part of the way; integers stay."""
        t, given = Fraction(part, GRID), self.search.claim.given
        between = np.frompyfunc(lambda a, b: (1 - t) * _exact(a) + t * _exact(b), 2, 1)
        return {
            k: np.asarray(between(v, self.high[k]), object)
            if v.dtype.kind in "fO" and k not in given
            else v
            for k, v in self.low.items()
        }

    def gap(self, part: int) -> float:
        """By how much the two numbers differ."""
        found = self.search.gaps(self.place, self.point(part), self.which + 1)
        if len(found) <= self.which or not math.isfinite(gap := middle(found[self.which])):
            raise DomainError("the way there does not pass the comparison")
        return gap

    def closed_in(self) -> tuple[int, ...]:
        """The parts of the way on either side of the tie, no nearer than is told apart."""
        a, b, near = 0, GRID, self.search.near
        at_a, at_b = self.gap(a), self.gap(b)
        if not at_a < 0.0 < at_b:
            raise DomainError("integers decide it")
        side = 0
        for _ in range(STEPS):
            share = Fraction(-at_a) / (Fraction(at_b) - Fraction(at_a))
            middle = min(max(a + round((b - a) * share), a + 1), b - 1)
            try:
                gap = self.gap(middle)
            except Close:
                return middle - near, middle + near
            if gap == 0.0:
                return middle - near, middle, middle + near
            if gap < 0.0:
                at_b *= 0.5 if side < 0 else 1.0  # so that no end stays for ever
                a, at_a, side = middle, gap, -1
            else:
                at_a *= 0.5 if side > 0 else 1.0
                b, at_b, side = middle, gap, 1
            if b - a < near:
                break
        return min(a, b - near), max(b, a + near)


def _size(at: Point) -> int:
    return sum(v.size for v in at.values())


def middle(gap: Any) -> float:
    return float(gap.middle() if hasattr(gap, "middle") else gap)


def _changed(before: list[Any], after: list[Any]) -> list[int]:
    """The places of the differences that changed."""
    pairs = enumerate(zip(before, after, strict=False))
    return [i for i, (a, b) in pairs if middle(a) != middle(b)]


def _shifted(x: Any, rng: random.Random) -> Any:
    """An argument, each of its numbers moved."""
    whole = x.dtype.kind == "i"
    moves = [rng.randint(1, 9) if whole else rng.uniform(-4.0, 4.0) for _ in range(x.size)]
    return x + np.array(moves, x.dtype).reshape(x.shape)


def _exact(x: Any) -> Fraction:
    return x if isinstance(x, Fraction) else Fraction(float(x))


def _rounded(at: Point) -> dict[str, Any]:
    """The point with its floats to a few bits."""

    def few(x: Any) -> float:
        mantissa, exponent = math.frexp(x)
        return math.ldexp(round(mantissa * 64), exponent - 6)

    return {
        k: np.asarray(np.vectorize(few, [float])(v)) if v.dtype.kind in "fO" and v.size else v
        for k, v in at.items()
    }
