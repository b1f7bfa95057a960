"""An exact zero partial beats an infinite one: steep ops, what is flat inside them, and around.

Each steep op is written as a function of u that is steep at u = 0; each mask is a u that is 0 at
the point and does not move there.  The right values are mpmath's, at 50 digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest

import symgrad as sg
from symgrad.checker import Refuted, check_balls

# The same formulas on mpmath's numbers.
MP = SimpleNamespace(
    sqrt=mpmath.sqrt,
    power=lambda x, n: mpmath.mpf(x) ** n,
    arccos=mpmath.acos,
    arcsin=mpmath.asin,
    arccosh=mpmath.acosh,
    log=mpmath.log,
    xlogy=lambda x, y: x * mpmath.log(y) if x else mpmath.mpf(0),
    maximum=max,
    relu=lambda x: max(x, 0),
    clip=lambda x, low, high: max(x, low) if high is None else min(max(x, low), high),
    where=lambda condition, a, b: a if condition else b,
    max=lambda xs: max(xs),
    stack=list,
    absolute=abs,
)
STEEP: dict[str, Callable[[Any, Any], Any]] = {
    "sqrt": lambda m, u: m.sqrt(u),
    "power 0.3": lambda m, u: u**0.3,
    "power 0.75": lambda m, u: m.power(u, 0.75),
    "arccos": lambda m, u: m.arccos(1.0 - u),
    "arcsin": lambda m, u: m.arcsin(u - 1.0),
    "arccosh": lambda m, u: m.arccosh(1.0 + u),
    "x log x": lambda m, u: m.xlogy(u, u),
    "a root of a root": lambda m, u: m.sqrt(m.sqrt(u)),
}
# Flat all around x = 1: whatever is made of it is smooth there.
FLAT: dict[str, Callable[[Any, Any], Any]] = {
    "maximum": lambda m, x: m.maximum(0.0, x * x - 3.0),
    "relu": lambda m, x: m.relu(x * x - 3.0),
    "clip": lambda m, x: m.clip(x * x - 3.0, 0.0, None),
    "a half clip": lambda m, x: 0.5 * m.clip(x * x - 3.0, 0.0, 1.0),
    "where": lambda m, x: m.where(x * x > 3.0, x * x - 3.0, 0.0),
    "max": lambda m, x: m.max(m.stack([0.0 * x, x - 3.0, 2.0 * x - 5.0])),
    "abs": lambda m, x: m.absolute(m.relu(x - 2.0)),
    "a relu of a maximum": lambda m, x: m.relu(m.maximum(x - 3.0, x - 2.0)),
}
TARGETS = ("numpy", "python")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """NumPy tells of the quotients by 0 that are not chosen."""
    with np.errstate(all="ignore"):
        yield


def reference(function: Callable[[Any], Any], at: float, order: int) -> float:
    with mpmath.workdps(50):
        return float(mpmath.diff(function, mpmath.mpf(at), order))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("mask", FLAT)
@pytest.mark.parametrize("steep", STEEP)
def test_what_is_flat_has_derivative_0(steep: str, mask: str, strict: bool) -> None:
    """Value, first and second derivative, where mpmath has 0 for the derivatives."""

    def whole(m: Any, x: Any) -> Any:
        return STEEP[steep](m, FLAT[mask](m, x))

    x = sg.param("x", 1.0)
    assert reference(lambda t: whole(MP, t), 1.0, 1) == 0.0
    assert reference(lambda t: whole(MP, t), 1.0, 2) == 0.0
    for target in TARGETS:
        options = {"target": target, "strict": strict}
        value, (first,) = sg.compile(whole(sg, x), [x], **options)()
        assert value == pytest.approx(float(whole(MP, mpmath.mpf(1))), abs=1e-15)
        assert (
            sg.compile(sg.grad(whole(sg, x), x), [x], **options)() == (first, (0.0,)) == (0, (0,))
        )


@pytest.mark.parametrize("mask", ["maximum", "relu", "clip", "where", "max"])
@pytest.mark.parametrize("steep", STEEP)
def test_beside_the_flat_part_nothing_is_cut_off(steep: str, mask: str) -> None:
    """At x = 2.01 both derivatives are mpmath's."""

    def whole(m: Any, x: Any) -> Any:
        return STEEP[steep](m, 0.1 * FLAT[mask](m, x + 1.0))

    x = sg.param("x", 2.01)
    (first,) = sg.compile(whole(sg, x), [x])()[1]
    (second,) = sg.compile(sg.grad(whole(sg, x), x), [x])()[1]
    assert first == pytest.approx(reference(lambda t: whole(MP, t), 2.01, 1), rel=1e-11)
    assert second == pytest.approx(reference(lambda t: whole(MP, t), 2.01, 2), rel=1e-10)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("steep", STEEP)
def test_a_factor_of_0_beats_the_slope(steep: str, target: str) -> None:
    """v h(u) at v = 0 has no slope in u, and h(0) in v."""
    u, v = sg.param("u", 0.0), sg.param("v", 0.0)
    d_u, d_v = sg.compile(v * STEEP[steep](sg, u), [u, v], target=target)()[1]
    assert (d_u, d_v) == (0.0, float(STEEP[steep](MP, mpmath.mpf(0))))


@pytest.mark.parametrize("steep", STEEP)
def test_a_factor_of_0_hides_no_second_derivative(steep: str) -> None:
    """d2/dudv of v h(u) at v = 0 is h'(u)."""
    u, v = sg.param("u", 0.4), sg.param("v", 0.0)
    (mixed,) = sg.compile(sg.grad(v * STEEP[steep](sg, u), u), [v])()[1]
    assert mixed == pytest.approx(reference(lambda t: STEEP[steep](MP, t), 0.4, 1), rel=1e-13)


@pytest.mark.parametrize("steep", ["sqrt", "power 0.3", "power 0.75", "arccos", "arccosh"])
def test_alone_the_slope_is_infinite(steep: str) -> None:
    """What is not 0 does not hide it: inf stays the derivative of sqrt at 0, of 2 u + u**2 too."""
    u = sg.param("u", 0.0)
    for inner in (u, 2.0 * u, u * (u + 2.0)):
        (d_u,) = sg.compile(STEEP[steep](sg, inner), [u])()[1]
        assert d_u == math.inf


WEIGHTS = np.array([4.0, 1.0, 2.0])
SQUARES: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: sg.sum(x * x),
    "sum of powers": lambda x: sg.sum(x**4 + x**2),
    "mean": lambda x: sg.mean(x**2),
    "vdot": lambda x: x @ x,
    "half": lambda x: 0.5 * sg.sum(x * x),
    "weights": lambda x: sg.sum(WEIGHTS * x * x),
    "unknown weights": lambda x: sg.sum(sg.constant(WEIGHTS) * x * x),
    "one weight": lambda x: x[0] * x[0] + 2.0 * x[1] * x[1] + x[2] ** 2 / 3.0,
    "quadratic form": lambda x: x @ sg.constant(np.diag(WEIGHTS)) @ x,
    "quadratic form of a literal": lambda x: x @ np.diag(WEIGHTS) @ x,
    "einsum": lambda x: sg.einsum("i,i->", x, x),
    "einsum with a matrix": lambda x: sg.einsum("i,ij,j->", x, sg.constant(np.diag(WEIGHTS)), x),
    "variance": lambda x: sg.var(x + 1.0),
    "sample variance": lambda x: sg.var(x + 1.0, ddof=1),
    "squared std": lambda x: sg.std(x) ** 2,
    "a product of squares": lambda x: sg.sum(x * x * sg.exp(x)),
    "max of squares": lambda x: sg.max(x * x),
    "abs": lambda x: sg.sum(sg.absolute(x) ** 3),
    "distances": lambda x: sg.sum((x[:2] - x[1:]) ** 2),
}


@pytest.mark.parametrize(
    ("steep", "target", "dtype"),
    [("sqrt", "numpy", "float64"), ("sqrt", "python", "float64"), ("sqrt", "numpy", "float32"),
     ("power 0.3", "numpy", "float64")],
)  # fmt: skip
@pytest.mark.parametrize("name", SQUARES)
def test_squares_do_not_move_at_0(name: str, steep: str, target: str, dtype: str) -> None:
    """The derivative is 0 at 0, in whatever way the squares are written, and right elsewhere."""
    x = sg.param("x", np.zeros(3, dtype))
    f = sg.compile(STEEP[steep](sg, SQUARES[name](x)), [x], target=target)
    value, (d_x,) = f()
    assert value == 0.0
    np.testing.assert_array_equal(np.asarray(d_x), np.zeros(3))
    at = np.array([0.3, -0.2, 0.5])
    digits = 1e-6 if dtype == "float64" else 2e-2
    steps = [1e-6 if dtype == "float64" else 1e-2] * np.eye(3)
    found = np.asarray(f(at.astype(dtype))[1][0])
    wide = sg.compile(STEEP[steep](sg, SQUARES[name](sg.param("x", at))))
    slopes = [(wide(at + s)[0] - wide(at - s)[0]) / (2.0 * s.max()) for s in steps]
    np.testing.assert_allclose(found, slopes, rtol=digits, atol=digits)


def test_one_group_that_is_0_leaves_the_others_alone() -> None:
    """A root of sums over groups: the matrix has zeros beside the infinite slope."""
    groups = sg.constant(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    y = sg.param("y", np.array([0.0, 0.0, 2.0]))
    for target in ("numpy", "python"):
        f = sg.compile(sg.sum(sg.sqrt(groups @ (y * y))), [y], target=target)
        np.testing.assert_array_equal(np.asarray(f()[1][0]), [0.0, 0.0, 1.0])
    z = sg.param("z", np.array([0.0, 4.0]))
    (d_z,) = sg.compile(sg.sum(sg.sqrt(sg.constant(np.eye(2)) @ z)), [z])()[1]
    np.testing.assert_array_equal(d_z, [np.inf, 0.25])


def test_the_guard_stands_where_it_is_needed_alone() -> None:
    """What is above 0 by its formula, and what cannot be 0, is multiplied as ever."""
    x, a = sg.param("x", np.ones(3)), sg.param("a", 0.5)
    for loss in (
        sg.sqrt(sg.sum(x * x) + 1e-8),
        sg.sqrt(1.0 + a * a),
        sg.sum(sg.sqrt(sg.exp(x))),
        sg.arccos(sg.clip(a, -0.99, 0.99)) * a,
        sg.sum(sg.sqrt(x)),
        sg.mean(x**1.5) * a,
        sg.sqrt(sg.where(a > 0.0, a, 1.0)) * a,
    ):
        assert " == 0.0" not in sg.compile(loss, check=False).source.partition("# gradients")[2]


UNDERFLOWS = {
    "softplus": lambda x: sg.softplus(x),
    "sigmoid": lambda x: sg.sigmoid(x),
    "a square of softmax": lambda x: sg.sum(sg.softmax(x)[0] ** 2),
    "exp2": lambda x: 2.0**x,
    "exp": lambda x: sg.exp(x) + sg.exp(2.0 * x),
    "erfc": lambda x: sg.erfc(-x),
}


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("root", [sg.sqrt, lambda y: y**0.25])
@pytest.mark.parametrize("name", UNDERFLOWS)
def test_what_underflows_may_be_0(name: str, root: Any, target: str) -> None:
    """It is above 0, and 0 as a float: the slope behind it is 0 there, and never nan."""
    x = sg.param("x", np.array([-2000.0, 1.0]))
    loss, (d_x,) = sg.compile(sg.sum(root(UNDERFLOWS[name](x))), [x], target=target)()
    assert np.isfinite(loss)
    assert np.isfinite(d_x).all()
    assert d_x[0] == 0.0


def test_strict_selects_for_every_mask() -> None:
    """A slope that overflowed is not multiplied by the 0 of an operand that was not chosen."""
    x = sg.param("x", np.array([-800.0, 1.0]))
    for masked in (sg.maximum(0.0, x), sg.relu(x), sg.clip(x, 0.0, None), -sg.minimum(-x, 0.0)):
        f = sg.compile(sg.sum(sg.log(masked)), [x], strict=True, check=False)
        np.testing.assert_array_equal(f.python(x.data)[1][0], [0.0, 1.0])
    largest = sg.log(sg.max(sg.stack([x, x - 2000.0]), axis=0) + 800.0)
    (d_x,) = sg.compile(sg.sum(largest), [x], strict=True, check=False).python(x.data)[1]
    np.testing.assert_array_equal(d_x, [np.inf, 1.0 / 801.0])


def test_a_text_without_the_zero_is_refuted() -> None:
    """The reference has 0 there, and the text nan."""
    a = sg.param("a", 1.0)
    f = sg.compile(sg.sqrt(sg.maximum(0.0, a * a - 3.0)), [a])
    assert f.verify().verified
    claim = f.subject.claims[0]
    assert f.source.count(" == 0.0, ") == 1, f.source
    wrong = f.source.replace(" == 0.0, ", " == 7.0, ")
    result = check_balls(replace(claim, text=wrong))
    assert isinstance(result, Refuted)
    assert "not finite where the reference is" in result.reason


def test_a_mask_keeps_out_what_has_no_value_behind_it() -> None:
    """0 * log(0) of a masked weight, and all of a row that is masked throughout."""
    s = sg.param("s", np.array([[0.3, -0.2, 0.9], [0.1, 0.4, -0.5]]))
    m = sg.input("m", (2, 3), "bool")
    p = sg.softmax(sg.where(m, s, -np.inf), axis=1)
    entropy = -sg.sum(sg.where(m, p * sg.log(p), 0.0))
    linear = sg.sum(sg.where(m, p * s, 0.0))
    for loss, rows in (
        (entropy, [[True, False, True], [True, True, False]]),
        (linear, [[True, False, True], [False, False, False]]),
    ):
        with np.errstate(all="ignore"):
            value, (d_s,) = sg.compile(loss)(m=np.array(rows))
        assert np.isfinite(value)
        assert np.isfinite(d_s).all()
        assert (d_s[~np.array(rows)] == 0.0).all()


def guarded(loss: Any) -> bool:
    source = sg.compile(loss, check=False).source
    return "np.where(" in source or "strong_matmul(" in source


def test_what_has_a_logarithm_in_the_loss_is_not_0_where_that_is_finite() -> None:
    """So the likelihood of a Weibull distribution needs no guard at a time of 0."""
    X, times, events = (
        sg.input("X", ("N", 3)),
        sg.input("times", ("N",)),
        sg.input("events", ("N",)),
    )
    beta, log_shape = sg.param("beta", np.array([0.2, -0.1, 0.3])), sg.param("log_shape", 0.2)
    shape, scale = sg.exp(log_shape), sg.exp(X @ beta)
    log_hazard = log_shape - sg.log(scale) + (shape - 1) * (sg.log(times) - sg.log(scale))
    loss = -sg.mean(events * log_hazard - (times / scale) ** shape)
    assert not guarded(loss)
    assert sg.compile(loss).verify().verdict == "verified"


LOGARITHMS: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "a sum": (lambda u: sg.sum(sg.log(u)), False),
    "a product with a sum": (lambda u: sg.sum(u) * (2.0 - sg.mean(sg.log(u))), False),
    "some elements": (lambda u: sg.sum(sg.log(u[1:])), True),
    "what is chosen": (lambda u: sg.sum(sg.where(u > 0.5, sg.log(u), 0.0)), True),
    "a divisor": (lambda u: sg.sum(1.0 / sg.log(u)), True),
    "an exponent": (lambda u: sg.sum(sg.exp(sg.log(u) * u)), True),
}


@pytest.mark.parametrize("name", LOGARITHMS)
def test_a_logarithm_tells_only_where_it_enters_by_sums_and_products(name: str) -> None:
    """It would make the loss infinite or nan; what else it goes through may hide it."""
    entered, guards = LOGARITHMS[name]
    u, n = sg.input("u", (3,)), sg.exp(sg.param("log_n", -0.5))
    assert guarded(entered(u) + sg.sum((u / n) ** n)) is guards
