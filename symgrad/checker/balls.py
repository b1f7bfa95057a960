"""Balls, and the duals of any algebra.

*Balls* enclose the exact value, or all that rounding may make of it.  *Duals* differentiate
forwards, by RULES.

>>> from symgrad.checker.real_functions import F
>>> x = Dual(Balls().variable(0.5), Balls().variable(1.0))
>>> round((F.tanh(x) ** 2).slope.middle(), 14)
0.72686198138359
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from symgrad.checker.comparisons import Watch
from symgrad.checker.exact_number import RUN, ExactNumber, Nowhere, Undefined
from symgrad.checker.real_functions import ENCLOSED, MEANINGS, RULES, TORN, Real, call
from symgrad.errors import DomainError, UnsupportedError

SMALLEST = 2.0**-1074  # above 0 that a float64 can hold: less is no difference to it
LARGEST = 2.0**64  # whose exponential a ball holds
UNIT = 2.0**-53  # the unit roundoff of a float64


class Close(DomainError):
    """On which side of 0 a ball lies cannot be told."""


class Balls:
    """Arithmetic of enclosures: python-flint's where it is installed, mpmath's otherwise.

    unit      0, or the unit roundoff: then a ball holds the exact value and every rounded one
    digits    the decimal digits to which all that was found equal agrees, of it or else of 1
    made      how many balls there were
    literal   how a float of a text is read, from a ball and the float; by default as it is written,
              or as the irrational number that it stands for
    """

    def __init__(
        self,
        unit: float = 0.0,
        filename: str = "",
        literal: Callable[[Ball, float], Ball] | None = None,
    ) -> None:
        self.unit, self.digits, self.made, self.literal = unit, math.inf, 0, literal
        self.watch = Watch(filename)
        self.literals: dict[Any, Any] = {}
        self.undefined: dict[int, Nowhere] = {}
        self.arithmetic = _arithmetic()
        self.one = Ball(self, self.arithmetic.exact(Fraction(1)), 0)

    def variable(self, value: float | Fraction) -> Ball:
        exact, double = self.arithmetic.exact, self.arithmetic.double
        return Ball(self, exact(value) if type(value) is Fraction else double(float(value)), 0)

    def anywhere(self) -> Ball:
        """All numbers from -1 to 1."""
        return Ball(self, self.arithmetic.about(1.0) - 1, 0)

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

    def undefined(self) -> dict[int, Nowhere]:
        return self.balls.undefined

    def rational(self, q: Fraction) -> Ball:
        real: Any = np.float32 if self.balls.unit > UNIT and abs(q) < 2**127 else float
        return Ball(self.balls, self.balls.arithmetic.exact(q), int(float(real(q)) != q))

    def exactly(self, x: Any) -> Any:
        read = self.balls.literal
        return read(self, x) if read and isinstance(x, float) else super().exactly(x)

    def plus(self, o: Ball) -> Ball:
        return Ball(self.balls, self.x + o.x)

    def minus(self, o: Ball) -> Ball:
        return self.balls.variable(0.0) if o is self else Ball(self.balls, self.x - o.x)

    def times(self, o: Ball) -> Ball:
        return Ball(self.balls, self.x * o.x)

    def __neg__(self) -> Ball:
        return Ball(self.balls, -self.x, 0)

    def inverse(self) -> Ball:
        self.watch.divided(self)
        if self.vanishes():
            kind = Undefined if self.is_zero() else DomainError
            raise kind("division by zero, as far as the ball tells")
        return Ball(self.balls, 1 / self.x)

    def order(self, other: Any) -> Any:
        if not isinstance(other, Ball):
            return super().order(other)
        gap = self.minus(other)
        tie = gap.vanishes() and not self.balls.unit
        if tie and self.balls.arithmetic.alike(self.x, other.x):
            # Made alike; their radius would hide the tie.
            return self.watch.went(0, self.balls.variable(0.0))
        return gap.sign()

    def sign(self) -> int:
        side = 1 if self.x > 0 else -1 if self.x < 0 else 0
        if not side and not self.is_zero():
            raise Close("a comparison is too close to call")
        return int(self.watch.went(side, self))

    @property
    def watch(self) -> Any:
        return self.balls.watch

    def magnitude(self) -> Ball:
        return Ball(self.balls, abs(self.x), 0)

    def around(self, share: float) -> Ball:
        """It, and all that is off by no more than a share of it."""
        return Ball(self.balls, self.x * self.balls.arithmetic.about(share), 0)

    def vanishes(self) -> bool:
        return not (self.x > 0 or self.x < 0)

    def is_zero(self) -> bool:
        """Exactly; its size as a float is 0 below 1e-323, too."""
        return bool(self.x == 0)

    def is_one(self) -> bool:
        return bool(self.x == 1)

    def size(self) -> float:
        return float(self.balls.arithmetic.bound(self.x))

    bound = size

    def spread(self) -> float:
        """The radius."""
        if not math.isfinite(self.middle()):
            return math.inf
        middle = self.balls.arithmetic.exact(Fraction(self.middle()))
        return float(self.balls.arithmetic.bound(self.x - middle))

    def literal(self) -> float | None:
        s, exact = self.middle(), self.balls.arithmetic.exact
        return s if math.isfinite(s) and self.x == exact(Fraction(s)) else None

    def middle(self) -> float:
        return float(self.balls.arithmetic.middle(self.x))

    def apply(self, name: str, *xs: Ball) -> Ball:
        if name in ENCLOSED and name not in self.balls.arithmetic.native:
            return ENCLOSED[name](*xs)  # type: ignore[no-any-return]
        function = partial(self.balls.arithmetic.function, name.replace("arctan2", "atan2"))
        if name == "exp" and not xs[0].size() <= LARGEST:
            raise DomainError("exp is beyond the range of balls")
        try:
            y = function(*(x.x for x in xs))
        except (ArithmeticError, ValueError) as error:
            raise Undefined(f"{name}: {error}") from error
        except Exception as error:
            raise UnsupportedError(f"{name} of a ball needs python-flint: {error!r}") from error
        if not self.balls.arithmetic.defined(y):
            raise Undefined(f"{name} leaves its domain")
        return Ball(self.balls, y, 8)  # a libm is within 8 units


def is_zero(x: Any) -> bool:
    """True if a slope is 0, exactly."""
    return isinstance(x, ExactNumber) and x.is_zero()


def added(a: Any, b: Any) -> Any:
    return a.plus(b) if type(a) is type(b) and isinstance(a, ExactNumber) else a + b


def share(partial: Any, slope: Any) -> Any:
    """A partial derivative times a slope, which may be infinite: 0 * inf = 0."""
    if type(partial) is type(slope):
        return partial.times(slope)
    beaten = isinstance(slope, Nowhere) and not slope.torn and partial.is_zero()
    return partial if beaten else partial * slope


class Dual(Real):
    """A value and its derivative in the direction of the trial.

    If a function has a value and no slope, as sqrt at 0, a constant argument keeps slope 0.
    """

    __slots__ = ("slope", "value")
    dual = True

    def __init__(self, value: Any, slope: Any) -> None:
        self.value, self.slope = value, slope

    def undefined(self) -> dict[int, Nowhere]:
        return self.value.undefined()  # type: ignore[no-any-return]

    def lift(self, x: Any) -> Any:
        if isinstance(x, Dual):
            return x
        value = self.value.lift(x)
        return value if value is NotImplemented else Dual(value, value.lift(0))

    def plus(self, o: Dual) -> Dual:
        return Dual(self.value.plus(o.value), added(self.slope, o.slope))

    def minus(self, o: Dual) -> Dual:
        return Dual(self.value.minus(o.value), added(self.slope, -o.slope))

    def times(self, o: Dual) -> Dual:
        slope = added(share(self.value, o.slope), share(o.value, self.slope))
        return Dual(self.value.times(o.value), slope)

    def inverse(self) -> Dual:
        y = self.value.inverse()
        return Dual(y, share(-(y * y), self.slope))

    def apply(self, name: str, *xs: Dual) -> Dual:
        values = [x.value for x in xs]
        y = self.value.lift(MEANINGS.get(name, partial(call, name))(*values))
        slope = self.value.lift(0)
        torn = name in TORN
        if all(is_zero(x.slope) for x in xs) and not torn:
            return Dual(y, slope)
        for d, x in zip(RULES[name](y, *values), xs, strict=True):
            if torn or not is_zero(x.slope):
                d = d() if callable(d) else d
                if isinstance(d, Nowhere) and torn:
                    d.torn = RUN.jumped = True
                slope = slope + (d if isinstance(d, Nowhere) else share(y.lift(d), x.slope))
        return Dual(y, slope)

    def order(self, other: Any) -> Any:
        return self.value.order(other.value if isinstance(other, Dual) else other)

    @property
    def watch(self) -> Any:
        return self.value.watch

    def is_one(self) -> bool:
        return bool(self.value.is_one()) and is_zero(self.slope)

    def is_nan(self) -> bool:
        return bool(self.value.is_nan())

    def literal(self) -> Any:
        return self.value.literal() if is_zero(self.slope) else None

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
            defined=lambda x: True,
            finite=lambda x: True,
            native=(),
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
        defined=lambda x: not x.is_nan() and x.rad().is_finite(),
        finite=flint.arb.is_finite,
        native=("tanh", "erfc"),
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
