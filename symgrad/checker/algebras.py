"""The algebras: field elements with oracles, balls, and duals of either.

*Elements*: a random residue mod p stands for each argument, and a transcendental function is a
random oracle keyed by its argument.  Rational functions that agree there are equal, but for a
chance below degree/p (Schwartz and Zippel).  The float beside a residue decides comparisons and
nothing else.  *Balls* enclose the exact value, or all that rounding may make of it.  *Duals*
differentiate forwards, by RULES.

>>> from symgrad.checker.functions import F
>>> x = Dual(Balls().variable(0.5), Balls().variable(1.0))
>>> round((F.tanh(x) ** 2).slope.middle(), 14)
0.72686198138359
>>> one = Field("seed", 2**127 - 1, "").one
>>> F.exp(-3 * one) * F.exp(3 * one) == 1, F.sin(one) ** 2 + F.cos(one) ** 2 == 1
(True, True)
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from symgrad.checker.functions import ENCLOSED, MEANINGS, RULES, Real, call
from symgrad.checker.oracles import Logarithms, Powers
from symgrad.checker.watch import Watch
from symgrad.errors import DomainError, UnsupportedError

SMALLEST = 2.0**-1074  # above 0 that a float64 can hold: less is no difference to it
WHOLE = 2**20  # a residue below it is a whole number, not by chance one
Logarithm = tuple["Element", "Element"]


class Field:
    """The integers mod p, and the oracles of one trial."""

    def __init__(self, seed: str, p: int, filename: str) -> None:
        self.p, self.seed, self.random = p, seed, random.Random(seed)
        self.watch = Watch(filename)
        self.degree, self.calls, self.one = 1, 0, Element(self, 1, 1.0, 0, 0)
        self.literals: dict[Any, Any] = {}
        self.exponents: dict[int, Element] = {}
        self.powers = Powers()
        self.logs = Logarithms(0 * self.one)
        self.roots: dict[int, Element] = {}
        self.squares: dict[int, Element] = {}

    def variable(self, shadow: float) -> Element:
        return Element(self, self.random.randrange(self.p), shadow, 1, 0)

    def oracle(self, name: str, *keys: int) -> int:
        """A random residue for each argument, the same for the same argument."""
        text = repr((self.seed, name, keys)).encode()
        size = self.p.bit_length() // 8 + 17  # so that the residues are even
        return int.from_bytes(hashlib.shake_128(text).digest(size), "big") % self.p

    def equal(self, a: Element, b: Element) -> bool:
        gap = a - b
        self.degree = max(self.degree, gap.n + gap.d)
        return not gap.r

    def bits(self) -> float:
        """-log2 of the chance that two arguments collide, or that the sample is a root."""
        return math.log2(self.p) - math.log2((self.calls**2 + 2) * self.degree)


@cache
def _residue(q: Fraction, p: int) -> int:
    return q.numerator * pow(q.denominator, -1, p) % p


class Element(Real):
    """A residue r, the float s that decides comparisons, r's degrees above and below the line.

    log   (u, a) for a number known to be u + log(a), whose exponential is a exp(u)
    """

    __slots__ = ("d", "field", "log", "n", "r", "s")

    def __init__(
        self, field: Field, r: int, s: float, n: int, d: int, log: Logarithm | None = None
    ) -> None:
        self.field, self.r, self.s, self.n, self.d, self.log = field, r, s, n, d, log

    def literals(self) -> dict[Any, Any]:
        return self.field.literals

    def rational(self, q: Fraction) -> Element:
        return Element(self.field, _residue(q, self.field.p), float(q), 0, 0)

    def plus(self, o: Element) -> Element:
        log = None
        if self.log or o.log:
            (u, a), (v, b) = self.parts(), o.parts()
            log = (u.plus(v), a.times(b))
        n, r = max(self.n + o.d, o.n + self.d), (self.r + o.r) % self.field.p
        return Element(self.field, r, self.s + o.s, n, self.d + o.d, log)

    def times(self, o: Element) -> Element:
        if o.log:
            self, o = o, self
        log, k = None, o.literal() if self.log else None
        if self.log and k is not None and k in range(-4, 5):
            u, a = self.log
            power = math.prod([a] * abs(int(k)), start=self.field.one)
            log = (u.times(o), power.inverse() if k < 0 else power)
        r = self.r * o.r % self.field.p
        if self.r == o.r:
            self.field.squares[r] = self
        return Element(self.field, r, self.s * o.s, self.n + o.n, self.d + o.d, log)

    def parts(self) -> Logarithm:
        return self.log or (self, self.field.one)

    def inverse(self) -> Element:
        if not self.r:
            raise DomainError("division by zero")
        s = 1.0 / self.s if self.s else math.nan
        return Element(self.field, pow(self.r, -1, self.field.p), s, self.d, self.n)

    def sign(self) -> int:
        f, s = self.field, self.s
        f.calls += 1
        if s != s or s == 0.0:  # the float cannot tell: an odd oracle does
            s = 0.5 - (f.oracle("sign", min(self.r, f.p - self.r)) + (self.r > f.p // 2)) % 2
        side = 0 if not self.r else 1 if s > 0 else -1
        f.watch.went(side)
        return side

    def met(self, outcome: Any) -> None:
        self.field.watch.met(outcome)

    def literal(self) -> float | None:
        plain = not self.n and not self.d and math.isfinite(self.s)
        return self.s if plain and _residue(Fraction(self.s), self.field.p) == self.r else None

    def middle(self) -> float:
        return self.s

    def apply(self, name: str, x: Element, *rest: Element) -> Element:
        f, args = self.field, (x, *rest)
        f.calls += 1
        f.degree = max(f.degree, *(a.n + a.d for a in args))
        if name == "log":
            return self.logarithm()
        if name == "sqrt" and x.r in f.squares:
            root = f.squares[x.r]
            return root if root.sign() >= 0 else -root
        s = float((math.erf if name == "erf" else getattr(np, name))(*(a.s for a in args)))
        if name != "exp":
            y = Element(f, x.asked(name, *rest), s, 2, 2)
            if name == "sqrt":
                f.roots[y.r] = x
            return y
        u, a = x.parts()
        r, _, degree = f.powers.of(u.r, f)
        y = Element(f, r, s, degree, degree).times(a)
        y.s = s
        f.exponents[y.r] = x
        return y

    def logarithm(self) -> Element:
        """The oracle's answer; it knows exponentials, what they multiply, and roots."""
        f, y, one = self.field, self.r, self.field.one
        if y in f.exponents:
            return f.exponents[y]
        if y in f.logs.known:
            return f.logs.known[y][0]  # type: ignore[no-any-return]
        log = f.roots[y].logarithm() / 2 if y in f.roots else f.logs.related(y, f)
        if log is None:
            log = Element(f, f.oracle("log", y), float(np.log(self.s)), 2, 2)
        log = Element(f, log.r, log.s, log.n, log.d, (0 * one, self))
        f.logs.keep(y, log)
        return log

    def asked(x: Element, name: str, *rest: Element) -> int:
        """The oracle's answer; it knows parity, the circle, and the roots of constants."""
        p, oracle = x.field.p, x.field.oracle
        low, side = min(x.r, p - x.r), -1 if x.r > p // 2 else 1
        if name in ("sin", "cos"):
            t = oracle("circle", low) * side
            return (2 * t if name == "sin" else 1 - t * t) * pow(1 + t * t, -1, p) % p
        if name in ("arctan", "arcsin", "arcsinh", "erf"):
            return oracle(name, low) * side % p
        if name == "sqrt" and (x.r < WHOLE or (not x.n and not x.d)):
            root = pow(x.r, (p + 1) // 4, p)
            return root if (root * root - x.r) % p == 0 else oracle(name, x.r)
        return oracle(name, x.r, *(a.r for a in rest))


class Balls:
    """Arithmetic of enclosures: python-flint's where it is installed, mpmath's otherwise.

    unit      0, or the unit roundoff: then a ball holds the exact value and every rounded one
    digits    the decimal digits to which all that was found equal agrees, of it or else of 1
    made      how many balls there were
    """

    def __init__(self, unit: float = 0.0, filename: str = "") -> None:
        self.unit, self.digits, self.made = unit, math.inf, 0
        self.watch = Watch(filename)
        self.literals: dict[Any, Any] = {}
        self.arithmetic = _arithmetic()
        self.one = Ball(self, self.arithmetic.exact(Fraction(1)), 0)

    def variable(self, value: float) -> Ball:
        return Ball(self, self.arithmetic.double(float(value)), 0)

    def equal(self, a: Ball, b: Ball) -> bool:
        gap, size = (a - b).size(), max(b.size(), 1.0)
        if gap < SMALLEST:
            return True
        if not math.isfinite(gap + size):
            raise DomainError("a value is not finite, as a float")
        self.digits = min(self.digits, -math.log10(gap / size) if gap / size else math.inf)
        return bool((a - b).vanishes())


class Ball(Real):
    """All numbers in x, or around it as far as some roundings take them."""

    __slots__ = ("balls", "x")

    def __init__(self, balls: Balls, x: Any, roundings: int = 1) -> None:
        self.balls = balls
        balls.made += 1
        self.x = x * balls.arithmetic.about(roundings * balls.unit) if balls.unit else x

    def literals(self) -> dict[Any, Any]:
        return self.balls.literals

    def rational(self, q: Fraction) -> Ball:
        return Ball(self.balls, self.balls.arithmetic.exact(q), int(float(q) != q))

    def plus(self, o: Ball) -> Ball:
        return Ball(self.balls, self.x + o.x)

    def times(self, o: Ball) -> Ball:
        return Ball(self.balls, self.x * o.x)

    def inverse(self) -> Ball:
        if self.vanishes():
            raise DomainError("division by zero, as far as the ball tells")
        return Ball(self.balls, 1 / self.x)

    def order(self, other: Any) -> Any:
        if isinstance(other, Ball) and self.balls.arithmetic.alike(self.x, other.x):
            self.balls.watch.went(0)  # made alike; their radius would hide the tie
            return 0
        return super().order(other)

    def sign(self) -> int:
        if self.vanishes() and self.size() != 0.0:
            raise DomainError("a comparison is too close to call")
        side = 1 if self.x > 0 else -1 if self.x < 0 else 0
        self.balls.watch.went(side)
        return side

    def met(self, outcome: Any) -> None:
        self.balls.watch.met(outcome)

    def vanishes(self) -> bool:
        return not (self.x > 0 or self.x < 0)

    def size(self) -> float:
        return float(self.balls.arithmetic.bound(self.x))

    def spread(self) -> float:
        """The radius."""
        middle = self.balls.arithmetic.exact(Fraction(self.middle()))
        return float(self.balls.arithmetic.bound(self.x - middle))

    def literal(self) -> float | None:
        s, exact = self.middle(), self.balls.arithmetic.exact
        return s if math.isfinite(s) and self.x == exact(Fraction(s)) else None

    def middle(self) -> float:
        return float(self.balls.arithmetic.middle(self.x))

    def apply(self, name: str, *xs: Ball) -> Ball:
        if name in ENCLOSED:
            return ENCLOSED[name](*xs)  # type: ignore[no-any-return]
        function = partial(self.balls.arithmetic.function, name.replace("arctan2", "atan2"))
        try:
            y = function(*(x.x for x in xs))
        except (ArithmeticError, ValueError) as error:
            raise DomainError(f"{name}: {error}") from error
        except Exception as error:
            raise UnsupportedError(f"{name} of a ball needs python-flint: {error!r}") from error
        if not math.isfinite(self.balls.arithmetic.bound(y - y)):
            raise DomainError(f"{name} leaves its domain")
        return Ball(self.balls, y, 8)  # a libm is within 8 units


class Dual(Real):
    """A value and its derivative in the direction of the trial."""

    __slots__ = ("slope", "value")
    dual = True

    def __init__(self, value: Any, slope: Any) -> None:
        self.value, self.slope = value, slope

    def lift(self, x: Any) -> Any:
        if type(x) is Dual:
            return x
        value = self.value.lift(x)
        return value if value is NotImplemented else Dual(value, value.lift(0))

    def plus(self, o: Dual) -> Dual:
        return Dual(self.value.plus(o.value), self.slope.plus(o.slope))

    def times(self, o: Dual) -> Dual:
        slope = self.value.times(o.slope).plus(self.slope.times(o.value))
        return Dual(self.value.times(o.value), slope)

    def inverse(self) -> Dual:
        y = self.value.inverse()
        return Dual(y, -(y * y * self.slope))

    def apply(self, name: str, *xs: Dual) -> Dual:
        values = [x.value for x in xs]
        y = self.value.lift(MEANINGS.get(name, partial(call, name))(*values))
        slope = self.value.lift(0)
        for d, x in zip(RULES[name](y, *values), xs, strict=True):
            if not callable(d) or x.slope.literal() != 0.0:
                slope = slope + (d() if callable(d) else d) * x.slope
        return Dual(y, slope)

    def order(self, other: Any) -> Any:
        return self.value.order(other.value if isinstance(other, Dual) else other)

    def literal(self) -> Any:
        return self.value.literal() if self.slope.literal() == 0.0 else None

    def middle(self) -> float:
        return float(self.value.middle())


def _arithmetic() -> Any:
    """The few functions of either library that a ball needs."""
    try:
        flint = import_module("flint")
    except ImportError:
        iv = import_module("mpmath").iv
        return SimpleNamespace(
            context=iv,
            double=iv.mpf,
            exact=lambda q: iv.mpf(q.numerator) / q.denominator,
            about=lambda r: 1 + iv.mpf([-r, r]),
            function=lambda name, *xs: getattr(iv, name)(*xs),
            bound=lambda x: float(abs(x).b),
            middle=lambda x: float(x.mid),
            alike=lambda x, y: x.a == y.a and x.b == y.b,
        )
    return SimpleNamespace(
        context=flint.ctx,
        double=flint.arb,
        exact=lambda q: flint.arb(flint.fmpq(q.numerator, q.denominator)),
        about=lambda r: flint.arb(1, r),
        function=lambda name, *xs: getattr(flint.arb, name)(*xs),
        bound=lambda x: float(x.abs_upper()),
        middle=lambda x: float(x.mid()),
        alike=lambda x, y: x.mid() == y.mid() and x.rad() == y.rad(),
    )


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Balls of so many bits, for a while."""
    context = _arithmetic().context
    before, context.prec = context.prec, bits
    try:
        yield
    finally:
        context.prec = before
