"""The checker's own meanings and derivative rules, proved by SymPy; its numbers, by laws."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from symgrad.checker.balls import Balls, Close, Dual, precision
from symgrad.checker.exact_number import Nowhere
from symgrad.checker.exact_text import ExactText
from symgrad.checker.prime_field import Field, FieldElement
from symgrad.checker.real_functions import ENCLOSED, FUNCTIONS, MEANINGS, NAMED, RULES, F, Real
from symgrad.errors import DomainError

NAMES = {"absolute": "Abs", "arctan2": "atan2", "power": "Pow"}
SPECIAL: dict[str, Any] = {
    "sigmoid": lambda x: 1 / (1 + sp.exp(-x)),
    "softplus": lambda x: sp.log(1 + sp.exp(x)),
    "log_sigmoid": lambda x: -sp.log(1 + sp.exp(-x)),
    "logaddexp": lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
    "hypot": lambda a, b: sp.sqrt(a * a + b * b),
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sp.exp(x) - 1,
    "log1p": lambda x: sp.log(1 + x),
    "log2": lambda x: sp.log(x) / sp.log(2),
    "log10": lambda x: sp.log(x) / sp.log(10),
    "log_ndtr": lambda x: sp.log(sp.erfc(-x / sp.sqrt(2)) / 2),
    "maximum": sp.Max,
    "minimum": sp.Min,
    "relu": lambda x: sp.Max(x, 0),
    "clip": lambda x, low, high: sp.Min(sp.Max(x, low), high),
    "copysign": lambda x, y: sp.Abs(x) * sp.sign(y),
    "ceil": sp.ceiling,
    "round": lambda x: sp.floor(x + sp.Rational(1, 2)),
    "reciprocal": lambda x: 1 / x,
}
POINTS = {1: (0.3, 0.7), 2: ((0.3, 0.7), (0.9, 0.2)), 3: ((0.3, 0.4, 0.9), (0.3, -0.1, 0.2))}


def by_sympy(name: str) -> Any:
    """SymPy's function of a name of NumPy's."""
    plain = NAMES.get(name, name.replace("arc", "a"))
    return SPECIAL.get(name) or getattr(sp, plain)


class Symbolic(Real):
    """A SymPy expression as a number; comparisons are decided at a point."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def exactly(self, x: Any) -> Any:
        return (
            Symbolic(sp.nsimplify(x) if x in (0.5, -0.5) else sp.Rational(x))
            if not isinstance(x, float)
            else super().exactly(x)
        )

    def rational(self, q: Any) -> Any:
        return Symbolic(sp.Rational(q.numerator, q.denominator))

    def plus(self, o: Any) -> Any:
        return Symbolic(self.x + o.x)

    def times(self, o: Any) -> Any:
        return Symbolic(self.x * o.x)

    def inverse(self) -> Any:
        return Symbolic(1 / self.x)

    def literal(self) -> Any:
        return None

    def apply(self, name: str, *xs: Any) -> Any:
        return Symbolic(by_sympy(name)(*(x.x for x in xs)))


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_is_the_derivative(name: str) -> None:
    """The partials of each primitive are SymPy's, on its domain."""
    arity = RULES[name].__code__.co_argcount - 1
    xs = sp.symbols(f"x:{arity}", positive=True)
    y = by_sympy(name)(*xs)
    partials = RULES[name](Symbolic(y), *map(Symbolic, xs))
    for x, partial in zip(xs, partials, strict=True):
        rule = partial() if callable(partial) else partial
        rule = rule.x if isinstance(rule, Symbolic) else rule
        assert sp.simplify(sp.diff(y, x) - rule) == 0


@pytest.mark.parametrize("name", sorted({*MEANINGS, *RULES}))
def test_a_ball_encloses_the_function(name: str) -> None:
    """50 digits of SymPy's lie in the ball, for meanings, primitives and enclosures alike."""
    function = MEANINGS.get(name) or RULES[name]
    arity = function.__code__.co_argcount - (name not in MEANINGS)
    for point in POINTS[arity]:
        xs = point if isinstance(point, tuple) else (point,)
        xs = tuple(x + 1 for x in xs) if name == "arccosh" else xs
        with precision(200):
            one = Balls().one
            got = one.lift(FUNCTIONS[name](*(one.rational(_fraction(x)) for x in xs)))
            want = by_sympy(name)(*(sp.Rational(*x.as_integer_ratio()) for x in map(float, xs)))
            text = str(sp.N(want, 55))
            near = got - one.rational(_fraction(sp.Rational(text)))
            assert near.size() < 1e-50


def _fraction(x: Any) -> Fraction:
    return Fraction(x) if isinstance(x, float) else Fraction(int(x.p), int(x.q))


def test_a_named_literal_is_the_number_next_to_it() -> None:
    """Each named constant is its meaning as far as a double tells, or the double beside it."""
    with precision(200):
        for value, meaning in NAMED.values():
            assert abs(meaning(Balls().one).middle() - value) <= math.ulp(value)


@pytest.mark.parametrize("seed", range(3))
def test_elements_know_what_holds_for_all_numbers(seed: int) -> None:
    """Parity, the circle, exp and log, sigmoid and softplus, and shifts under a logarithm."""
    f = Field(str(seed), 2**127 - 1, "")
    x, y = f.variable(0.3), f.variable(0.8)
    for a in (x, y, -y):
        assert F.exp(a) * F.exp(-a) == 1
        assert F.sin(a) ** 2 + F.cos(a) ** 2 == 1
        assert F.arctan(-a) == -F.arctan(a)
        assert F.log(F.exp(a)) == a
        assert F.cosh(a) ** 2 - F.sinh(a) ** 2 == 1
        assert F.sigmoid(a) == 1 - F.sigmoid(-a)
        assert F.softplus(a) - F.softplus(-a) == a
        assert F.log(a * a) == 2 * F.log(F.absolute(a))
        assert F.log(3 * F.exp(a) + 6) == F.log(3 * f.one) + F.log(F.exp(a) + 2)
    assert F.exp(F.log(x)) == x
    assert F.exp(x - F.log(y)) == F.exp(x) / y
    assert F.exp(2 * F.log(y) + x) == y * y * F.exp(x)
    assert F.power(x, y - 1) * x == F.power(x, y)
    assert F.logaddexp(x, y) == F.log(F.exp(x) + F.exp(y))


def test_a_root_is_of_the_number_however_it_was_made() -> None:
    """What is 2 by cancelling has the root of 2."""
    f = Field("seed", 2**127 - 1, "")
    x = f.variable(0.3)
    assert F.sqrt(2 * x / x) == F.sqrt(2 * f.one)
    assert F.sqrt(x / x) == 1
    for k in range(8):  # of which half have a root among residues
        assert F.sqrt(x + k) ** 2 == x + k


def test_elements_know_what_is_0_at_0() -> None:
    """However the 0, or the 1 under a logarithm, was made."""
    x = Field("seed", 2**127 - 1, "").variable(0.3)
    for name in ("sin", "tan", "tanh", "sinh", "arctan", "arcsin", "arcsinh", "arctanh", "erf"):
        assert getattr(F, name)(x - x).is_zero()
    assert F.log(x / x).is_zero()
    assert F.log1p(0 * x).is_zero()
    assert F.cos(0 * x) == F.exp(0 * x) == F.erfc(0 * x) == 1


def test_elements_do_not_know_what_is_false() -> None:
    """Nothing that fails for real numbers holds for elements."""
    f = Field("seed", 2**127 - 1, "")
    x, y = f.variable(0.3), f.variable(0.8)
    assert F.exp(x + y) != F.exp(x) + F.exp(y)
    assert F.tanh(x) != x
    assert F.sin(x) ** 2 - F.cos(x) ** 2 != 1
    assert F.log(x * y) != F.log(x) * F.log(y)
    assert F.sqrt(x) != x


def test_degrees_bound_the_rational_function() -> None:
    """Degrees above and below the line add up as in the fraction itself."""
    f = Field("seed", 2**127 - 1, "")
    x, y = f.variable(0.3), f.variable(0.8)
    z = (x * x + y) / (x * y * y) + 1
    assert (z.n, z.d) == (3, 3)
    assert isinstance(z, FieldElement)


def test_rounded_balls_hold_what_float64_gives() -> None:
    """A random chain of operations: the float result and the exact one lie in the ball."""
    rng = random.Random(0)
    for _ in range(50):
        x, values = rng.uniform(0.1, 2.0), []
        with precision(256):
            for number in (x, Balls().variable(x), Balls(2.0**-53).variable(x)):
                z: Any = number
                chain = random.Random(1)
                for _ in range(30):
                    c = chain.uniform(0.5, 1.5)
                    step = chain.randrange(4)
                    tanh = math.tanh if isinstance(z, float) else F.tanh
                    z = (z + c, z * c, z / c, tanh(z))[step]
                values.append(z)
            plain, exact, rough = values
            assert (rough - rough.rational(_fraction(plain))).vanishes()
            assert (rough - rough.rational(_fraction(exact.middle()))).vanishes()
            assert rough.spread() < 1e-13


def test_duals_share_ties_as_the_conventions_say() -> None:
    """maximum 1/2 each, largest evenly, abs 0, relu 0, clip 1 at its edge."""
    b = Balls()
    x = Dual(b.variable(1.0), b.variable(1.0))
    zero = Dual(b.variable(0.0), b.variable(1.0))
    one, low = b.variable(1.0), b.variable(-1.0)
    assert F.maximum(x, one * 2 - 1).slope == 0.5
    assert F.minimum(x, one * 2 - 1).slope == 0.5
    three = F.max(np.array([x, one * 1, 2 - one], object))
    assert (3 * three.slope - 1).vanishes()
    assert abs(zero).slope == 0
    assert zero.relu().slope == 0
    assert F.clip(x, low, one * 2 - 1).slope == 1


SAMPLES = """
np.einsum("ij,kj->ik", a, a).sum() + np.vdot(a, a) + np.outer(v, v)[0, 1] + (a @ a.T)[1, 0]
a.sum(axis=0, keepdims=True)[0, 1] + a.mean(axis=1)[0] + np.mean(a) + a.max(axis=0)[2] + np.max(a)
np.where(a > 0.0, a, 0.0).sum() + np.abs(a).sum() + np.sign(a).sum() + np.clip(a, -0.5, 0.5).sum()
np.concatenate([v, v[::-1]])[4] + np.stack([v, v]).T[2, 1] + np.broadcast_to(v, (2, 3))[1, 2]
np.take_along_axis(a, a.argmax(axis=1)[:, None], axis=1).sum() + np.take(v, np.arange(2)).sum()
np.tril(a).sum() + np.diag(a @ a.T).sum() + np.flip(v)[0] + np.trace(a @ a.T) + np.prod(v)
(a > 0.2).astype(np.float64).sum() / 3 + np.isfinite(a).sum() + np.full((2,), 0.1).sum()
np.square(v).sum() + np.reciprocal(v).sum() + np.power(v * v, 1.5).sum() + (v ** 3).sum()
np.floor(3.3 * v).sum() + np.ceil(3.3 * v).sum() + np.hypot(v, v).sum() + np.arctan2(v, v).sum()
np.logaddexp(v, 0.5).sum() + np.log1p(v * v).sum() + np.expm1(v).sum() + np.exp2(v).sum()
np.maximum(v, 0.1).sum() + np.minimum(v, 0.1).sum() + np.divide(1, 3) + np.sqrt(v * v + 1).sum()
np.reshape(a, (3, 2))[2, 0] + np.moveaxis(a, 0, 1)[2, 1] + np.squeeze(v[:, None])[1] + np.pi * 2
""".strip().splitlines()


@pytest.mark.parametrize("expression", SAMPLES)
def test_the_namespace_means_what_numpy_means(expression: str) -> None:
    """Each function on exact numbers gives what NumPy gives on floats."""
    source = f"import numpy as np\n\n\ndef f(a, v):\n    return {expression}\n"
    a, v = np.array([[0.5, -1.25, 0.3], [2.0, 0.7, -0.1]]), np.array([0.9, -0.4, 1.5])
    want = eval(expression, {"np": np, "a": a, "v": v})
    with precision(256):
        b = Balls()
        lift = np.frompyfunc(b.variable, 1, 1)
        got = b.one.lift(ExactText(source, FUNCTIONS, {}).run(b.one, lift(a), lift(v)))
        assert got.middle() == pytest.approx(want, rel=1e-14)


def test_enclosed_functions_are_primitives() -> None:
    """What has no enclosure of its own has a rule."""
    assert set(ENCLOSED) <= set(RULES)


def test_a_logarithm_is_half_of_that_of_the_square() -> None:
    """And of its inverse, negative; of a number below 0 it is not."""
    one = Field("seed", 2**127 - 1, "").one
    x, y = one.field.variable(1.3), one.field.variable(-0.7)
    log = F.log(1 / (x * x))
    assert F.log(x) == log / -2
    known = F.log(y * y)
    with np.errstate(invalid="ignore"):
        assert F.log(y) != known / 2


def test_balls_reach_beyond_the_range_of_floats() -> None:
    """A sigmoid, tanh or erfc far out, and what they make of less than a float can hold."""
    with precision(256):
        b = Balls()
        far, tiny = b.variable(1e5), F.exp(b.variable(-1e5))
        assert 0 < F.sigmoid(-far) < 2 * tiny
        assert F.erfc(far) > 0
        assert F.tanh(far).middle() == 1.0
        assert 0 < F.tanh(tiny) < 2 * tiny
        with pytest.raises(DomainError, match="the range of balls"):
            F.exp(F.exp(F.exp(far)))


def test_a_ball_without_itself_is_nothing() -> None:
    """Exactly, though its radius is above 0; another one is compared as equal where it was made
    alike, though what is left of both may be more than the radius tells."""
    b = Balls()
    x, y = (F.exp(b.variable(0.3)) for _ in range(2))
    assert (x - x).is_zero()
    assert not (x - y).is_zero()
    assert (Dual(x, y) - Dual(x, y)).value.is_zero()
    assert x == y
    assert F.logaddexp(x, y) > x


def test_floats_that_may_be_other_ones_are_not_compared() -> None:
    """Both are 2 but for less than a rounding, which decides in floats."""
    b = Balls(2.0**-53)
    x, y = (F.tanh(F.erfc(b.variable(at))) for at in (-13.0, -11.0))
    with pytest.raises(Close):
        bool(x > y)


def test_a_ball_around_0_has_an_absolute_value() -> None:
    """A text needs no side for it; a derivative does."""
    with precision(256):
        b = Balls()
        x = F.exp(b.variable(0.3)) - F.exp(b.variable(0.3))
        assert 0.0 <= F.absolute(x).middle() <= F.absolute(x).bound() <= 1e-70
        with pytest.raises(Close):
            F.absolute(Dual(x, b.one))


def test_arctan2_has_no_slope_at_the_origin_whatever_moves() -> None:
    """No zero beats what is not there, before it or behind it: a text that gives nan is right."""
    zero = Balls().variable(0.0)
    found = F.arctan2(Dual(zero, zero), Dual(zero, zero))
    assert found.value.is_zero()
    assert isinstance((zero * found).slope, Nowhere)
    assert F.arctan2(Dual(zero, zero), Dual(zero + 1, zero)).slope.is_zero()
    beaten = zero * F.sqrt(Dual(zero, zero + 1))
    assert beaten.slope.is_zero()


def test_those_that_tie_share_a_slope_and_not_a_value() -> None:
    """A third of three times a ball is no float."""
    b = Balls(0.0, __file__)
    x = [Dual(b.variable(0.75), b.variable(slope)) for slope in (1.0, 2.0, 6.0)]
    y = F.max(np.array(x, object))
    assert y.value.literal() == 0.75
    assert (y.slope - 3.0).bound() < 1e-14
