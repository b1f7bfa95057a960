"""The other way of a comparison that came out one way alone: it is sought far out and near 0.

Lines lead through the drawn points, along one element or along all, to huge and to tiny numbers of
both signs.  Where the comparison turns between two of them, the turn is closed in on by halves.

>>> closed_in(lambda t: t > 3.0, 1.0, 9.0, 0.5)
(3.0, 5.196152422706632)
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import Point
from symgrad.certify.gradient_points import elements_of
from symgrad.checker.comparisons import Place, Watch

_POWERS = (-300, -200, -150, -100, -70, -50, -30, *range(-20, 21), 30, 50, 70, 100, 150, 200, 300)
VALUES = (*(-(10.0**k) for k in reversed(_POWERS)), 0.0, *(10.0**k for k in _POWERS))
HALVES = 100
ELEMENTS = 6  # each of which has a line of its own
BASES = 2  # points with lines through them

Line = Callable[[float], Point]
Seen = Callable[[Point], Watch]


def beyond(
    known: Watch, seen: Seen, base: Sequence[Point], names: Sequence[str], width: float
) -> Iterator[tuple[Place, Point]]:
    """Points on both sides of comparisons of which one way alone is known.

    known   is asked anew at each line
    seen    what a point shows
    width   of a number, how near the sides are to one another
    """
    for line in (line for point in base[:BASES] for line in _lines(point, names)):
        lone = {p: known.ways(p) for p in known.sides if p.line and len(known.ways(p)) < 2}
        if not lone:
            return
        shown = [(t, seen(line(t))) for t in VALUES]
        for place, ways in lone.items():

            def turns(watch: Watch, place: Place = place, ways: set[Any] = ways) -> bool:
                return not watch.ways(place) <= ways

            for (s, a), (t, b) in pairwise(shown):
                if turns(a) != turns(b):
                    ends = (s, t) if turns(b) else (t, s)
                    near = closed_in(lambda t: turns(seen(line(t))), *ends, width)  # noqa: B023
                    for at in (near[1], near[0], ends[1]):
                        yield place, line(at)


def _lines(base: Point, names: Sequence[str]) -> Iterator[Line]:
    """Through a point, by the value of one element; the last one, of all elements."""
    for name, k in elements_of(base, names)[:ELEMENTS]:

        def line(t: float, name: str = name, k: int = k) -> Point:
            value = np.array(base[name], float)
            value.flat[k] = t
            return {**base, name: value}

        yield line
    rng = random.Random(len(base))
    parts = {n: np.vectorize(lambda _: rng.uniform(0.5, 1.0), [float])(base[n]) for n in names}
    yield lambda t: {**base, **{n: np.asarray(t * part) for n, part in parts.items()}}


def closed_in(
    turns: Callable[[float], bool], before: float, after: float, width: float
) -> tuple[float, float]:
    """Two numbers next to one another, of which the second turns."""
    for _ in range(HALVES):
        if abs(after - before) <= width * max(abs(before), abs(after)):
            break
        middle = _between(before, after)
        if turns(middle):
            after = middle
        else:
            before = middle
    return before, after


def _between(a: float, b: float) -> float:
    """Their mean: the geometric one where they are of one sign, and far apart."""
    if a * b > 0.0 or (a and b and (a > 0.0) == (b > 0.0)):
        low, high = sorted((abs(a), abs(b)))
        if high > 2.0 * low:
            return math.copysign(math.sqrt(low) * math.sqrt(high), a)
    return a + (b - a) / 2.0
