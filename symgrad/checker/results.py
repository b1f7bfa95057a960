"""The results of checks.  Nothing undecided prints as verified.

>>> print(Skipped("no sample"))
not decided: no sample
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# Mersenne's, which are 7 mod 8, so that 2 has a root: a larger one for a larger degree.
PRIMES = tuple(2**k - 1 for k in (127, 521, 1279, 4423))


DOUBLE = 106  # bits of two floats
ENOUGH = (8, 13)  # digits to which such balls, or finer ones, must agree: fewer decide nothing


def shown(n: int) -> str:
    """A number, by a power of two where it is long.

    >>> shown(12), shown(PRIMES[1]), shown(10**30)
    ('12', '2**521 - 1', '< 2^100')
    """
    k = n.bit_length()
    return str(n) if k < 64 else f"2**{k} - 1" if n + 1 == 2**k else f"< 2^{k}"


@dataclass(frozen=True)
class Identity:
    """Equal as functions, at these sizes, but for a chance of 2**-bits.

    prime    modulo which, or the product of several
    """

    prime: int
    sizes: tuple[int, ...]
    trials: int
    degree: int
    bits: int
    seed: int
    one_sided: tuple[int, ...]
    several: int = 1

    @property
    def modulus(self) -> str:
        return shown(self.prime) if self.several < 2 else f"{self.several} primes near 2**31"

    def __str__(self) -> str:
        at = f" at N = {', '.join(map(str, self.sizes))}" if self.sizes else ""
        text = f"identity{at} mod {self.modulus} in {self.trials} trials: "
        text += f"degree {shown(self.degree)}, error <= 2^-{self.bits}, seed {self.seed}"
        lines = ", ".join(map(str, self.one_sided))
        return text + (f"; comparisons went one way alone in line {lines}" if lines else "")


@dataclass(frozen=True)
class Agrees:
    """The exact values agree to so many digits at points; float64 is off by error at most.

    compared   how many comparisons ran; the lines are those in which one of them
    one_sided  came out one way alone
    idle       had numbers on a side where no result depended on it
    untied     met no tie
    loose      met a tie on which no result depended
    unrun      the lines of parts of the text that never ran
    wide       points that showed nothing, as the balls were too wide there
    budget     how many balls ended the search for ties; 0 where it came to its end
    """

    bits: int
    digits: int
    points: int
    error: float
    bound: float
    one_sided: tuple[int, ...] = ()
    idle: tuple[int, ...] = ()
    untied: tuple[int, ...] = ()
    loose: tuple[int, ...] = ()
    unrun: tuple[int, ...] = ()
    compared: int = 0
    wide: int = 0
    budget: int = 0

    def is_enough(self) -> bool:
        return self.digits >= ENOUGH[self.bits > DOUBLE]

    def __str__(self) -> str:
        return (
            f"agrees to {self.digits} digits of {self.bits} bits at {self.points} points; floats "
            f"are off by {self.error:.1e}, at most {self.bound:.1e}, of the largest component"
        )


@dataclass(frozen=True)
class Refuted:
    """Wrong at a point, in a component."""

    component: str
    point: Mapping[str, Any]
    reason: str

    def __str__(self) -> str:
        shown = [f"{k} = {np.asarray(v).tolist()!r}" for k, v in self.point.items()]
        at = ", ".join(s if len(s) < 60 else s[:56] + " ..." for s in shown)
        return f"refuted in {self.component}{' at ' if at else ''}{at}: {self.reason}"


@dataclass(frozen=True)
class Skipped:
    """Not decided, for a reason."""

    reason: str

    def __str__(self) -> str:
        return f"not decided: {self.reason}"


Result = Identity | Agrees | Refuted | Skipped
