"""Where a text is tried: ordinary points, large and huge ones, and those where comparisons tie.

>>> rng = random.Random(0)
>>> sorted({among(0.5)(rng) for _ in range(99)})
[-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]
"""

from __future__ import annotations

import random
from typing import Any

from symgrad.checker.claim import Claim, Draw


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


def drawn(claim: Claim, n: int, seed: str, draw: Draw) -> dict[str, Any]:
    """Arguments at random; their integers are 0 and 1 where functions may not live elsewhere, and
    those beside the text's numbers where floats are."""
    known = dict.fromkeys((zero, level, dense, small, huge), SMALL) | dict.fromkeys(
        OTHERS, range(2)
    )
    whole = (known | {large: range(-200, 1000)}).get(draw, ())
    return claim.point(n, random.Random(seed), draw, whole)
