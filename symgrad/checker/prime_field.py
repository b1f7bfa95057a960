"""Elements of a prime field, with oracles.

A random residue mod p stands for each argument, and a transcendental function is a random oracle
keyed by its argument.  Rational functions that agree there are equal, but for a chance below
degree/p (Schwartz and Zippel).  The float beside a residue decides comparisons and nothing else.

>>> from symgrad.checker.real_functions import F
>>> one = Field("seed", 2**127 - 1, "").one
>>> F.exp(-3 * one) * F.exp(3 * one) == 1, F.sin(one) ** 2 + F.cos(one) ** 2 == 1
(True, True)
>>> x, n = Field("seed", 2**127 - 1, "").variable(0.3), 0.7
>>> F.power(x, n - 1.0) * x == F.power(x, n - 1 + x.lift(1))
True
"""

from __future__ import annotations

import hashlib
import math
import random
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from symgrad.checker.comparisons import Watch
from symgrad.checker.exact_number import Nowhere, Undefined
from symgrad.checker.oracles import MANY, Logarithms, Powers
from symgrad.checker.real_functions import ENCLOSED, MADE, Real

Logarithm = tuple["FieldElement", "FieldElement"]
DEPTH = 16  # of sums, of whose terms exponentials are made


class Field:
    """The integers mod p, and the oracles of one trial.

    left   whether some function left its domain, as the float beside a number says, or as a residue
           that has no root: then a difference decides nothing
    """

    left = False

    def __init__(self, seed: str, p: int, filename: str, related: int = MANY) -> None:
        self.p, self.seed, self.random = p, seed, random.Random(seed)
        self.watch = Watch(filename)
        self.degree, self.calls, self.one = 1, 0, FieldElement(self, 1, 1.0, 0, 0)
        self.literals: dict[Any, Any] = {}
        self.undefined: dict[int, Nowhere] = {}
        self.exponents: dict[int, FieldElement] = {}
        self.powers = Powers(related)
        self.logs = Logarithms(0 * self.one)
        self.roots: dict[int, FieldElement] = {}
        self.squares: dict[int, FieldElement] = {}

    def variable(self, shadow: float) -> FieldElement:
        return FieldElement(self, self.random.randrange(self.p), shadow, 1, 0)

    def oracle(self, name: str, *keys: int) -> int:
        """A random residue for each argument, the same for the same argument."""
        text = repr((self.seed, name, keys)).encode()
        size = self.p.bit_length() // 8 + 17  # so that the residues are even
        return int.from_bytes(hashlib.shake_128(text).digest(size), "big") % self.p

    def equal(self, a: FieldElement, b: FieldElement) -> bool:
        gap = a - b
        self.degree = max(self.degree, gap.n + gap.d)
        return not gap.r

    def bits(self) -> float:
        """-log2 of the chance that two arguments collide, or that the sample is a root."""
        return math.log2(self.p) - math.log2((self.calls**2 + 2) * self.degree)


@cache
def _residue(q: Fraction, p: int) -> int:
    return q.numerator * pow(q.denominator, -1, p) % p


class FieldElement(Real):
    """A residue r, the float s that decides comparisons, r's degrees above and below the line.

    log    (u, a) for a number known to be u + log(a), whose exponential is a exp(u)
    terms  the two that it is the sum of, where those are sums of few themselves
    depth  how deep sums stand in it
    """

    __slots__ = ("d", "depth", "field", "log", "n", "r", "s", "terms")

    def __init__(
        self, field: Field, r: int, s: float, n: int, d: int, log: Logarithm | None = None
    ) -> None:
        self.field, self.r, self.s, self.n, self.d, self.log = field, r, s, n, d, log
        self.terms: Logarithm | None = None
        self.depth = 0

    def literals(self) -> dict[Any, Any]:
        return self.field.literals

    def undefined(self) -> dict[int, Nowhere]:
        return self.field.undefined

    def rational(self, q: Fraction) -> FieldElement:
        return FieldElement(self.field, _residue(q, self.field.p), float(q), 0, 0)

    def plus(self, o: FieldElement) -> FieldElement:
        log = None
        if self.log or o.log:
            (u, a), (v, b) = self.parts(), o.parts()
            log = (u.plus(v), a.times(b))
        n, r = max(self.n + o.d, o.n + self.d), (self.r + o.r) % self.field.p
        found = FieldElement(self.field, r, self.s + o.s, n, self.d + o.d, log)
        depth = 1 + max(self.depth, o.depth)
        if depth <= DEPTH:
            found.terms, found.depth = (self, o), depth
        return found

    def times(self, o: FieldElement) -> FieldElement:
        if o.log:
            self, o = o, self
        log = None
        if self.log and not o.n and not o.d and abs(o.s) < 5.0:
            (u, a), whole = self.log, math.floor(o.s)
            power = math.prod([a] * abs(whole), start=self.field.one)
            rest = self.plus(-u).without_log().times(o.plus(o.lift(-whole)))
            log = (u.times(o).plus(rest), power.inverse() if whole < 0 else power)
        r = self.r * o.r % self.field.p
        if self.r == o.r:
            of = self.field.roots.get(self.r)
            r = of.r if of else r  # also where a residue has no root
            self.field.squares[r] = self
        return FieldElement(self.field, r, self.s * o.s, self.n + o.n, self.d + o.d, log)

    def without_log(self) -> FieldElement:
        return FieldElement(self.field, self.r, self.s, self.n, self.d)

    def parts(self) -> Logarithm:
        return self.log or (self, self.field.one)

    def inverse(self) -> FieldElement:
        if not self.r:
            raise Undefined("division by zero")
        s = 1.0 / self.s if self.s else math.nan
        return FieldElement(self.field, pow(self.r, -1, self.field.p), s, self.d, self.n)

    def side(self) -> int:
        f, s = self.field, self.s
        f.calls += 1
        if s != s or s == 0.0:  # the float cannot tell: an odd oracle does
            s = 0.5 - (f.oracle("sign", min(self.r, f.p - self.r)) + (self.r > f.p // 2)) % 2
        return 0 if not self.r else 1 if s > 0 else -1

    def sign(self) -> int:
        return self.field.watch.went(self.side(), self)

    @property
    def watch(self) -> Any:
        return self.field.watch

    def is_zero(self) -> bool:
        return not self.r

    def literal(self) -> float | None:
        plain = not self.n and not self.d and math.isfinite(self.s)
        return self.s if plain and _residue(Fraction(self.s), self.field.p) == self.r else None

    def middle(self) -> float:
        return self.s

    def apply(self, name: str, x: FieldElement, *rest: FieldElement) -> FieldElement:
        if name in MADE:
            return ENCLOSED[name](x, *rest)  # type: ignore[no-any-return]
        f, args = self.field, (x, *rest)
        f.calls += 1
        f.degree = max(f.degree, *(a.n + a.d for a in args))
        if name == "log":
            return self.logarithm()
        if name == "sqrt" and x.r in f.squares:
            root = f.squares[x.r]
            return root if root.sign() >= 0 else -root
        s = float((math.erf if name == "erf" else getattr(np, name))(*(a.s for a in args)))
        f.left |= s != s
        if name != "exp":
            y = FieldElement(f, x.asked(name, *rest), s, 2, 2)
            if name == "sqrt":
                f.roots[y.r] = x
            return y
        u, a = x.parts()
        r, _, degree = f.powers.of(u, f)
        y = FieldElement(f, r, s, degree, degree).times(a)
        y.s = s
        f.exponents[y.r] = x
        return y

    def logarithm(self) -> FieldElement:
        """The oracle's answer; it knows exponentials, what they multiply, roots and squares."""
        f, y, one = self.field, self.r, self.field.one
        if y == 0:
            raise Undefined("the logarithm of 0")
        if y == 1:
            return one.plus(-one)
        if y in f.exponents:
            return f.exponents[y]
        if y in f.logs.known:
            return f.logs.known[y][0]  # type: ignore[no-any-return]
        if y > 1 and y in f.squares:  # 0 and 1 are their own
            root = f.squares[y]
            log = (root if root.sign() >= 0 else -root).logarithm()
            return log.plus(log)
        log = f.roots[y].logarithm() / 2 if y in f.roots else None
        log = f.logs.half(y, f.p) if log is None and self.s > 0.0 else log
        log = f.logs.related(y, f) if log is None else log
        if log is None:
            log = FieldElement(f, f.oracle("log", y), float(np.log(self.s)), 2, 2)
            f.left |= log.s != log.s
        log = FieldElement(f, log.r, log.s, log.n, log.d, (0 * one, self))
        constant = not self.n and not self.d
        f.logs.keep(y, log, constant)
        f.powers.logs[log.r] = y, 0, self.n + self.d
        if constant:
            f.exponents[y] = log  # of a constant, which is the exponential of its logarithm
        return log

    def asked(x: FieldElement, name: str, *rest: FieldElement) -> int:
        """The oracle's answer; it knows parity, the circle, and the roots of constants."""
        p, oracle = x.field.p, x.field.oracle
        low, side = min(x.r, p - x.r), (x.r != 0) * (-1 if x.r > p // 2 else 1)
        if name in ("sin", "cos"):
            t = oracle("circle", low) * side
            return (2 * t if name == "sin" else 1 - t * t) * pow(1 + t * t, -1, p) % p
        if name in ("arctan", "arcsin", "arcsinh", "erf"):
            return oracle(name, low) * side % p
        if name == "sqrt":
            root = pow(x.r, (p + 1) // 4, p)
            if (root * root - x.r) % p == 0:
                return root
            x.field.left = True  # half of the residues have no root
        return oracle(name, x.r, *(a.r for a in rest))
