r"""Either side of the ties that no sample met: where a text compares with 1.01 and the reference
with 1, they differ between the two alone.

Between a point on one side of a comparison and a point on the other, the tie is closed in on by
regula falsi, to as many bits as the balls have; fractions are exact however near it is.  The way
there first keeps off zeros and equal numbers, at which a gradient may vanish on both sides.

>>> text = "def f(x):\n    return (x * x if x * x < {} else 4.0), (2 * x if x * x < {} else 0.0,)\n"
>>> claim = Claim(text.format(2.5, 2.5), lambda x: x * x if x * x < 2 else 4 * x / x,
...               {"x": "f64[]"}, ("x",))
>>> at = []
>>> from symgrad.checker.algebras import precision
>>> with precision(256):
...     for x in (1.0, 2.0):
...         trial = Trial(claim, Balls(0.0, claim.program.filename), {"x": np.array(x)}, "0")
...         _ = trial.run()
...         at.append(Point(trial.point, 77.0, trial.algebra.watch, ()))
...     print(str(differs_near_a_tie(claim, at, 0))[:45])
refuted in the value at x = 1.581138830084189
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.checker.algebras import Balls, Close
from symgrad.checker.claim import Claim, Trial, arguments, explained
from symgrad.checker.draws import small
from symgrad.checker.results import Refuted
from symgrad.checker.rounding import Point
from symgrad.checker.watch import Place, Watch
from symgrad.errors import DomainError, UnsupportedError

STEPS = 60
MANY = 2_000_000  # balls, after which no more ties are looked for
GRID = 2**200  # parts of the way between two points
NEAR = 2**100  # parts of the grid that are near enough


def differs_near_a_tie(claim: Claim, judged: Sequence[Point], seed: int) -> Refuted | None:
    """A point beside a tie where the text is not the reference."""
    watch = Watch("")
    for p in judged:
        watch.add(p.watch)
    made = 0
    for place in {place[:2]: place for place in watch.crossed()}.values():
        for way in _ways(claim, judged, place, random.Random(seed)):
            if made > MANY:
                return None
            beside = way.beside()
            for point in beside:
                balls = Balls(0.0, claim.program.filename)
                with suppress(DomainError, UnsupportedError):
                    trial = Trial(claim, balls, point, str(seed))
                    if component := trial.differs(*trial.run()):
                        reason = "the exact values differ, by a tie"
                        return Refuted(component, _floats(point), reason)
                made += balls.made
            made += way.made
            if beside:
                break
    return None


def _ways(
    claim: Claim, judged: Sequence[Point], place: Place, rng: random.Random
) -> Iterator[_Way]:
    """Between the points nearest to the tie, if they lie on both sides: near them, and from one to
    the other."""
    known = [(p.at, p.watch.gaps[place].middle()) for p in judged if place in p.watch.gaps]
    below = max((k for k in known if k[1] < 0.0), key=lambda k: k[1], default=None)
    above = min((k for k in known if k[1] > 0.0), key=lambda k: k[1], default=None)
    if below and above:
        beside = [{k: _shifted(v, rng) for k, v in at.items()} for at in (below[0], above[0])]
        yield _Way(claim, beside[0], beside[1], place)
        yield _Way(claim, below[0], above[0], place)


def _shifted(v: Any, rng: random.Random) -> Any:
    """An array with its floats a little elsewhere."""
    if v.dtype.kind != "f":
        return v
    return np.array([x + small(rng) for x in v.flat], v.dtype).reshape(v.shape)


class _Way:
    """The straight way from one point to another, in parts of the grid.

    made   how many balls looking at it took
    """

    def __init__(
        self, claim: Claim, low: Mapping[str, Any], high: Mapping[str, Any], place: Place
    ) -> None:
        self.claim, self.low, self.high, self.place, self.made = claim, low, high, place, 0

    def beside(self) -> list[dict[str, Any]]:
        """Points on both sides of the tie, and what may be the tie itself; none if it is lost."""
        try:
            return [*map(self.point, self.closed_in())]
        except (DomainError, UnsupportedError):
            return []

    def point(self, part: int) -> dict[str, Any]:
        """Where so much of the way is gone; integers stay."""
        t = Fraction(part, GRID)
        between = np.frompyfunc(lambda a, b: (1 - t) * Fraction(a) + t * Fraction(b), 2, 1)
        return {
            k: np.asarray(between(v.astype(float), self.high[k].astype(float)), object)
            if v.dtype.kind == "f" and k not in self.claim.given
            else v
            for k, v in self.low.items()
        }

    def gap(self, part: int) -> float:
        """By how much the first two numbers that are compared at the place differ."""
        balls = Balls(0.0, self.claim.program.filename)
        at = arguments(self.claim, balls, self.point(part))
        with explained("the text"):
            self.claim.program.run(balls.one, *at.values(), name=self.claim.name)
        self.made += balls.made
        if self.place not in balls.watch.gaps:
            raise DomainError("the way there does not pass the comparison")
        gap = float(balls.watch.gaps[self.place].middle())
        if not math.isfinite(gap):
            raise DomainError("so far from the tie that floats do not reach")
        return gap

    def closed_in(self) -> tuple[int, ...]:
        """The parts of the way on either side of the tie."""
        a, b = 0, GRID
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
                return middle - NEAR, middle + NEAR
            if gap == 0.0:
                return middle - NEAR, middle, middle + NEAR
            if gap < 0.0:
                at_b *= 0.5 if side < 0 else 1.0  # so that no end stays for ever
                a, at_a, side = middle, gap, -1
            else:
                at_a *= 0.5 if side > 0 else 1.0
                b, at_b, side = middle, gap, 1
            if b - a < NEAR:
                break
        return a, b


def _floats(point: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.astype(float) if v.dtype == object else v for k, v in point.items()}
