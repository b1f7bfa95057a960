"""Sample points for a text: ordinary points, large and huge ones, and those where comparisons tie.

>>> rng = random.Random(0)
>>> sorted({among(0.5)(rng) for _ in range(99)})
[-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]
"""

from __future__ import annotations

import math
import random
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Any

from symgrad.checker.claim import Claim, Draw, Trial
from symgrad.checker.doubles import Doubles
from symgrad.errors import DomainError, SymgradError

TRIES = 24  # sets of intervals in which a point is looked for
SPANS = 6  # intervals of a set
SCALES = (0.01, 0.1, 1.0, 3.0, 10.0)


def ordinary(rng: random.Random) -> float:
    return rng.uniform(-1.5, 1.5)


def large(rng: random.Random) -> float:
    return rng.uniform(-30.0, 30.0)


def small(rng: random.Random) -> float:
    return rng.uniform(-1e-3, 1e-3)


def among(*numbers: float) -> Draw:
    """Zeros, and such numbers, their halves and doubles, of either sign."""
    known = [x for k in numbers or (1.0,) for x in (k, k / 2, 2 * k)]
    return lambda rng: rng.choice((0.0, rng.choice(known), -rng.choice(known)))


def near(*numbers: float) -> Draw:
    """Either side of such numbers."""
    exact = among(*numbers)
    return lambda rng: exact(rng) * rng.uniform(0.9, 1.1)


def huge(rng: random.Random) -> float:
    return rng.choice((-1.0, 1.0)) * rng.uniform(700.0, 1400.0)  # exp overflows, or is 0


def dense(rng: random.Random) -> float:
    return rng.choice((-1.0, -0.5, 0.0, 1.0))


def dyadic(rng: random.Random) -> float:
    """Of few bits, so that products and most quotients are exact."""
    return rng.choice((-1.0, 1.0)) * rng.choice((0.25, 0.5, 0.5, 1.0, 1.0, 2.0, 1.5, 3.0))


def sparse(rng: random.Random) -> float:
    return rng.choice((-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0))


def zero(rng: random.Random) -> float:
    return 0.0


def level(rng: random.Random) -> float:
    return 0.75  # all alike


def inside(rng: random.Random) -> float:
    return rng.uniform(0.05, 0.95)


def above(rng: random.Random) -> float:
    return rng.uniform(1.1, 3.0)


def beyond(k: float) -> Draw:
    """All on one side of k, and of 0."""
    return lambda rng: rng.uniform(k, 2.0 * k)


LATTICE: tuple[Draw, ...] = (dense, sparse)  # where comparisons meet ties
SMALL = range(-3, 9)  # integers
OTHERS: tuple[Draw, ...] = (inside, above, ordinary, sparse)  # where functions may live
FAR = tuple(beyond(k) for k in (10.0, -10.0, 100.0, -100.0, 1e3, -1e3))  # where others may


def sought(rng: random.Random) -> float:
    """Asks for a point that is looked for, wherever the reference may live."""
    return rng.random()


def looked_for(claim: Claim, n: int, seed: str) -> dict[str, Any]:
    """A point at which the reference and its derivative are finite in floats.

    Each argument has an interval of its own, at 0 or between two of the text's numbers.
    Raises DomainError where none is found.
    """
    rng = random.Random(seed)
    ends = sorted({0.0, *claim.literals, *(-x for x in claim.literals)})
    spans = [span for s in SCALES for span in ((0.0, s), (-s, 0.0), (-s, s))]
    spans += [(a, b) for a, b in pairwise(ends)] + [(ends[-1], 2 * ends[-1] + 1.0)] * 2
    for _ in range(TRIES):
        points = [claim.point(n, rng, partial(_within, *rng.choice(spans))) for _ in range(SPANS)]
        for _ in range(SPANS):
            point = {k: rng.choice(points)[k] for k in claim.types}
            with suppress(SymgradError):
                want = Trial(claim, Doubles(claim.real), point, seed).want
                if math.isfinite(want.value.x) and math.isfinite(want.slope.x):
                    return point
    raise DomainError("no point was found at which the reference is finite")


def _within(low: float, high: float, rng: random.Random) -> float:
    return rng.uniform(low, high)


def drawn(claim: Claim, n: int, seed: str, draw: Draw) -> dict[str, Any]:
    """Arguments at random; their integers are 0 and 1 where functions may not live elsewhere, and
    those beside the text's numbers where floats are."""
    if draw is sought:
        return looked_for(claim, n, seed)
    known = dict.fromkeys((zero, level, dense, small, huge), SMALL) | dict.fromkeys(
        OTHERS, range(2)
    )
    whole = (known | {large: range(-200, 1000)}).get(draw, ())
    return claim.point(n, random.Random(seed), draw, whole)
