"""The oracles of exp and log share their answers, so that their identities hold here, too.

>>> from symgrad.checker.prime_field import Field
>>> from symgrad.checker.real_functions import F
>>> f = Field("seed", 2**127 - 1, "")
>>> x, y = f.variable(0.3), f.variable(0.8)
>>> F.exp(x + y) == F.exp(x) * F.exp(y), F.exp(x / 2) ** 2 == F.exp(x)
(True, True)
>>> F.exp(-2 * x) * F.exp(x) ** 2 == 1
True
>>> F.log(F.exp(x) + F.exp(y)) == y + F.log(1 + F.exp(x - y))
True
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

MANY = 1000  # exponentials among which relations are looked for
MULTIPLES = (-1, 2, -2, 3, -3, 4, -4)  # of an argument that are related to it at once
FEW = 100  # exponentials whose quotients are kept
LOGS = 12  # of a product of two, likewise
PAIRS = 400_000  # of a logarithm and an exponential, likewise


@lru_cache(2**12)
def inverse(x: int, p: int) -> int:
    return pow(x, -1, p)


class Powers(dict[int, tuple[int, int, int]]):
    """The exponentials asked for so far: argument -> (value, its root or 0, degree).

    exp(u + v), exp(u - v) and exp(u/2) are what they have to be where exp(u) and exp(v) are known;
    of few arguments exp(u + v - w), too.

    many   among how many relations are looked for
    gaps   u - v -> exp(u - v), for all pairs of few arguments
    logs   the same of logarithms, whose exponentials are known before anybody asks
    """

    def __init__(self, many: int) -> None:
        super().__init__({0: (1, 1, 0)})
        self.many = many
        self.gaps: dict[int, tuple[int, int]] = {}
        self.logs: dict[int, tuple[int, int, int]] = {}

    def of(self, x: Any, field: Any) -> tuple[int, int, int]:
        w = x.r
        if w not in self:
            found = (
                self.multiple(w, field.p)
                or self.logs.get(w)
                or self.by_terms(x, field.p)
                or (len(self) <= self.many and self.related(w, field.p))
                or self.fresh(w, field)
            )
            if len(self) <= min(FEW, self.many):
                self.pair(w, found, field.p)
            self[w] = found
        return self[w]

    def pair(self, w: int, found: tuple[int, int, int], p: int) -> None:
        turned = pow(found[0], -1, p)
        for u, (value, _, degree) in self.items():
            gap, both = value * turned % p, degree + found[2]
            self.gaps[(u - w) % p] = gap, both
            self.gaps[(w - u) % p] = found[0] * inverse(value, p) % p, both

    def by_terms(self, x: Any, p: int) -> tuple[int, int, int] | None:
        """From those of two whose sum it was made as, however many there are."""
        value, degree = 1, 0
        for term in x.terms or ():
            found = self.get(term.r) or self.logs.get(term.r) or self.by_terms(term, p)
            if found is None and (turned := self.get(-term.r % p) or self.logs.get(-term.r % p)):
                found = inverse(turned[0], p), 0, turned[2]
            if found is None:
                return None
            value, degree = value * found[0] % p, degree + found[2]
        return (value, 0, degree) if x.terms else None

    def multiple(self, w: int, p: int) -> tuple[int, int, int] | None:
        """From an exponential of a half or a small multiple, however many there are."""
        _, root, degree = self.get(2 * w % p, (0, 0, 0))
        if root:
            return root, 0, degree
        for k in MULTIPLES:
            if found := self.get(w * inverse(k % p, p) % p):
                return pow(found[0], k, p), 0, abs(k) * found[2]
        return None

    def related(self, w: int, p: int) -> tuple[int, int, int] | None:
        for u, (value, _, degree) in self.items():
            if found := self.get((w - u) % p) or self.logs.get((w - u) % p):
                return value * found[0] % p, 0, degree + found[2]
            if found := self.get((u - w) % p) or self.logs.get((u - w) % p):
                return value * pow(found[0], -1, p) % p, 0, degree + found[2]
            if gap := self.gaps.get((w - u) % p):
                return value * gap[0] % p, 0, degree + gap[1]
        return None

    def fresh(self, w: int, field: Any) -> tuple[int, int, int]:
        root = field.oracle("exp", w)
        return root * root % field.p, root, 2


class Logarithms:
    """The logarithms asked for so far: log(y e**u) is log(y) + u where e**u is known, log(1/y) is
    -log(y), and log(y z) is log(y) + log(z).

    reduced   y/e**u -> (log y, u), for the logarithms and exponentials that were paired
    inverses  (e**-u, u), in the order in which they were asked for
    """

    def __init__(self, zero: Any) -> None:
        self.known: dict[int, tuple[Any, int]] = {}
        self.reduced: dict[int, tuple[Any, Any]] = {}
        self.constants: dict[int, Any] = {}
        self.inverses: list[tuple[int, Any]] = [(1, zero)]

    def related(self, y: int, field: Any) -> Any:
        """log(y) from another one, or None."""
        p, new = field.p, list(field.exponents.items())[len(self.inverses) - 1 :]
        if not field.powers.many or len(self.known) * (len(self.inverses) + len(new)) > PAIRS:
            return None
        self.inverses += [(pow(value, -1, p), u) for value, u in new]
        for other, (log, done) in self.known.items():
            for inverse, u in self.inverses[done:]:
                self.reduced.setdefault(other * inverse % p, (log, u))
            self.known[other] = log, len(self.inverses)
        for factor, more in self.factors(p):
            for turned, sign in ((y, 1), (pow(y, -1, p), -1)):
                for inverse, u in self.inverses:
                    if found := self.reduced.get(turned * factor * inverse % p):
                        return sign * (found[0] - found[1] + u - more)
        return None

    def half(self, y: int, p: int) -> Any:
        """log(y), for y above 0, where that of y*y or of 1/(y*y) is known, or None."""
        for square, sign in ((y * y % p, 1), (pow(y * y, -1, p), -1)):
            if square > 1 and square in self.known:
                return sign * self.known[square][0] / 2
        return None

    def factors(self, p: int) -> Iterator[tuple[int, Any]]:
        """Factors of a logarithm, with their own logarithms: 1, and few known ones."""
        yield self.inverses[0]
        logs = {y: log for y, (log, _) in [*self.known.items()][:LOGS]}
        for other, log in {**self.constants, **logs}.items():
            yield other, log
            yield inverse(other, p), -log

    def keep(self, y: int, log: Any, constant: bool) -> None:
        self.known[y] = log, 0
        if constant and len(self.constants) < LOGS:
            self.constants[y] = log
