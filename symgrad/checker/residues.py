"""Arrays of residues modulo several primes at once, and what exact algebra they stand for.

A cell is a number modulo each of some primes below 2**31, so that products fit an int64, and
matrices are multiplied by floats, in halves.  By the Chinese remainders it is a number modulo their
product, as ``field`` knows it one by one; the oracles are asked there.  Two functions that differ
are taken for one only where they agree modulo every prime: the chances multiply.

>>> from symgrad.checker.real_functions import F
>>> a = Residues("seed", "", related=RELATED)
>>> x = a.variables(np.array([[0.5, 2.0], [1.0, -1.0]]))
>>> bool(np.all(F.exp(x) * F.exp(x.T) == F.exp(x + x.T))), a.bits() > 100
(True, True)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgrad.checker.cell_algebra import FEW, Algebra
from symgrad.checker.cells import bare
from symgrad.checker.exact_number import Untold
from symgrad.checker.prime_field import Field, FieldElement
from symgrad.checker.real_functions import ENCLOSED, FUNCTIONS, MADE, NAMED, RULES
from symgrad.errors import DomainError, UnsupportedError

# The largest that are 7 mod 8, so that 2 has a root.
SMALL: tuple[int, ...] = (2147483647, 2147483543, 2147483423, 2147483399, 2147482951, 2147482943)
SMALL += (2147482663, 2147482591, 2147482583, 2147482367, 2147482343, 2147482327)
RELATED = 300  # exponentials among which relations are looked for


class Residues(Algebra):
    """The integers modulo some primes, and the oracles of one trial.

    A cell has the residues r, the float s that decides comparisons, and two bounds of degrees, of
    which the lesser counts.  One is n above and d below the line.  For the other, let D be the
    product of all that was ever divided by, of degree ``divisors``: r times D**e is a polynomial,
    of degree t + e*divisors at most.  A cell is dead where t is nan.
    """

    rules = RULES
    left = False

    def __init__(
        self, seed: str, filename: str, primes: tuple[int, ...] = SMALL[:4], related: int = 0
    ) -> None:
        self.primes, count = np.array(primes), len(primes)
        self.p = math.prod(primes)
        self.bases = [self.p // q * pow(self.p // q, -1, q) for q in primes]
        self.field = Field(seed, self.p, filename, related)
        self.watch = self.field.watch
        self.random = np.random.default_rng([*seed.encode()])
        self.cells = np.dtype([("r", "i8", (count,)), *((k, "f8") for k in "sndte")])
        self.dead = np.array(((0,) * count, *[np.nan] * 5), self.cells)
        self.asked: dict[Any, Any] = {}
        self.roots: dict[bytes, Any] = {}
        self.signs, self.divisors, self.degree = 0, 0.0, 1.0
        self.largest = [0.0] * 4
        super().__init__(FUNCTIONS)

    def bits(self) -> float:
        """-log2 of the chance that two arguments collide, or that the sample is a root."""
        chances = math.log2(self.field.calls**2 + self.signs + 2)
        each = math.log2(self.primes[-1]) - math.log2(self.degree)
        return len(self.primes) * each - chances

    def grown(self, x: Any) -> None:
        """Keeps the degree of what an oracle is asked of, or what is compared with 0."""
        now = (x[k].max(initial=0) for k in "ndte")
        self.largest = n, d, t, e = [*map(max, self.largest, now)]
        self.degree = max(self.degree, 1.000001 * min(n + d, t + e * self.divisors))

    def cell(self, x: FieldElement) -> tuple[Any, ...]:
        self.divisors += x.d
        r = tuple([x.r % q for q in self.primes.tolist()])
        return r, x.s, x.n, x.d, x.n, float(x.d > 0)

    def element(self, x: Any) -> FieldElement:
        degrees: Any = float(x["n"]), float(x["d"])
        r = sum(int(r) * base for r, base in zip(x["r"].tolist(), self.bases, strict=True))
        return FieldElement(self.field, r % self.p, float(x["s"]), *degrees)

    def constant(self, x: Any) -> Any:
        return np.array(self.cell(self.field.one.lift(x)), self.cells)

    def floats(self, x: Any) -> Any:
        """Their mantissas, which are whole, times powers of 2; a few mean irrational numbers."""
        mantissa, exponent = np.frexp(x)
        special = ~np.isfinite(x) | np.isin(np.abs(mantissa), [*NAMED])
        if len(others := np.unique(x[special])) > FEW:
            raise UnsupportedError("many irrational numbers")
        if len(others):
            found = self.floats(np.where(special, 0.0, x))
            for v in others:
                found[(x == v) | (np.isnan(x) & np.isnan(v))] = bare(self.lift(v))
            return found
        values, places = np.unique(exponent, return_inverse=True)
        powers = [[pow(2, int(k) - 53, q) for q in self.primes.tolist()] for k in values]
        whole = (mantissa * 2.0**53).astype(int)[..., None] % self.primes
        return self.made(whole * np.array(powers)[places.reshape(x.shape)], x, 0, 0, 0, 0)

    def is_dead(self, x: Any) -> Any:
        return np.isnan(x["t"])

    def is_zero(self, x: Any) -> Any:
        return ~x["r"].any(axis=-1) & ~np.isnan(x["t"])

    def variables(self, values: Any) -> Any:
        found = np.empty(np.shape(values), self.cells)
        found["r"] = self.random.integers(0, 2**62, found["r"].shape) % self.primes
        for k, v in zip("sndte", (values, 1, 0, 1, 0), strict=True):
            found[k] = v
        return self.seen(found)

    def near(self, x: Any) -> Any:
        return bare(x)["s"]

    def made(self, r: Any, s: Any, *degrees: Any) -> Any:
        found = np.empty(np.shape(s), self.cells)
        found["r"], found["s"] = r % self.primes, s
        found["n"], found["d"], found["t"], found["e"] = degrees
        return found

    def sum(self, x: Any, y: Any) -> Any:
        fraction = np.maximum(x["n"] + y["d"], y["n"] + x["d"]), x["d"] + y["d"]
        power = [np.maximum(x[k], y[k]) for k in "te"]
        return self.made(x["r"] + y["r"], x["s"] + y["s"], *fraction, *power)

    def times(self, x: Any, y: Any) -> Any:
        n, d, t, e = (x[k] + y[k] for k in "ndte")
        r = x["r"] * y["r"]
        same = np.argwhere(np.all(x["r"] == y["r"], axis=-1)) if self.roots else ()
        roots = np.broadcast_to(y["r"], r.shape)
        for i in map(tuple, same):
            r[i] = self.roots.get(roots[i].tobytes(), r[i])
        return self.made(r, x["s"] * y["s"], n, d, t, e)

    def negative(self, x: Any) -> Any:
        return self.made(-x["r"], -x["s"], *(x[k] for k in "ndte"))

    def inverse(self, x: Any) -> Any:
        """Dead where a residue is 0."""
        r = self.inverses(np.where(x["r"] == 0, 1, x["r"]).reshape(-1, len(self.primes)))
        r = r.reshape(x["r"].shape)
        below = np.minimum(x["d"], x["e"] * self.divisors)
        above = np.minimum(x["n"], x["t"] + x["e"] * self.divisors)
        found = self.made(r, 1 / x["s"], x["d"], x["n"], below, above > 0)
        found[np.any(x["r"] == 0, axis=-1) | np.isnan(x["t"])] = self.dead
        self.divisors += float(np.nansum(above))
        return found

    def inverses(self, r: Any) -> Any:
        """One is inverted: 1/a is b/(ab), and 1/b is a/(ab)."""
        if len(r) < 2:
            pairs = zip(r.flat, self.primes.tolist(), strict=False)
            return np.array([pow(int(k), -1, q) for k, q in pairs], int).reshape(r.shape)
        a, b = r[: len(r) // 2], r[len(r) // 2 : len(r) // 2 * 2]
        inverse = self.inverses(np.concatenate([a * b % self.primes, r[2 * len(a) :]]))
        both = inverse[: len(a)]
        parts = [both * b % self.primes, both * a % self.primes, inverse[len(a) :]]
        return np.concatenate(parts)

    def product(self, x: Any, y: Any) -> Any:
        """By floats, which hold sums of 2**21 products of 15 and 16 bits."""
        rank = max(x.ndim, y.ndim)
        shapes = [(1,) * (rank - z.ndim) + z["r"].shape for z in (x, y)]
        pairs = [z["r"].reshape(shape) for z, shape in zip((x, y), shapes, strict=True)]
        a, b = (np.ascontiguousarray(np.moveaxis(r, -1, 0)) for r in pairs)
        (a1, a0), (b1, b0) = (((z >> 16).astype(float), (z & 0xFFFF).astype(float)) for z in (a, b))
        p = self.primes.reshape(-1, *[1] * rank)
        high, low = (a1 @ b1).astype(int) % p, (a0 @ b0).astype(int)
        cross = (a1 @ b0 + a0 @ b1).astype(int) % p
        r = high * ((1 << 32) % p) % p + (cross << 16) + low
        n, d, t, e = (x[k].max(initial=0) + y[k].max(initial=0) for k in "ndte")
        terms = x.shape[-1]
        fraction = n + max(terms - 1, 0) * d, terms * d
        return self.made(np.moveaxis(r, 0, -1), x["s"] @ y["s"], *fraction, t, e)

    def sides(self, x: Any, y: Any, mask: Any) -> Any:
        gap = np.broadcast_to(bare(x - y), mask.shape)
        if np.isnan(gap["t"][mask]).any():
            raise Untold("a comparison of what has no value")
        self.grown(gap[mask])
        self.signs += int(mask.sum())
        sides = np.array(np.sign(gap["s"]))
        unknown = np.any(gap["r"] != 0, axis=-1) & ~(np.abs(sides) == 1)
        sides[np.all(gap["r"] == 0, axis=-1) | ~mask] = 0
        for i in map(tuple, np.argwhere(unknown & mask)):
            sides[i] = self.element(gap[i]).side()
        return self.told(sides.astype(int), gap, mask)

    def primitive(self, name: str, *xs: Any) -> Any:
        if name in MADE and name != "tanh":
            return bare(ENCLOSED[name](*xs))
        return self.once(self.answer, name, *np.broadcast_arrays(*map(bare, xs)))

    def answer(self, name: str, *arrays: Any) -> Any:
        if name in MADE:
            return bare(ENCLOSED[name](*map(self.seen, arrays)))
        for x in arrays:
            self.grown(x[~np.isnan(x["t"])])
        found, size = [], f"V{8 * len(self.primes)}"
        keys = [np.ascontiguousarray(x["r"]).reshape(-1).view(size).tolist() for x in arrays]
        for i, key in enumerate(zip(*keys, strict=True)):
            if (name, key) not in self.asked:
                parts = [x.reshape(-1)[i] for x in arrays]
                dead = any(math.isnan(x["t"]) for x in parts)
                answer = self.dead.item() if dead else self.cell(self.of_one(name, parts))
                self.asked[name, key] = answer
            found.append(self.asked[name, key])
        values = np.array(found, self.cells).reshape(arrays[0].shape)
        if name == "sqrt":  # squared, it is what it is the root of, also where there is none
            flat = [x["r"].reshape(-1, len(self.primes)) for x in (values, *arrays)]
            self.roots |= {root.tobytes(): of for root, of in zip(*flat, strict=True)}
        return values

    def of_one(self, name: str, parts: Any) -> FieldElement:
        first, *rest = map(self.element, parts)
        return first.apply(name, first, *rest)

    def equal(self, x: Any, y: Any) -> bool:
        gap = bare(x - y)
        if np.isnan(gap["t"]).any():
            raise DomainError("a result has no value")
        self.grown(gap)
        return x.shape == y.shape and not gap["r"].any()
