"""What is right by rewriting is right in the gradient and in the gradient's gradient."""

import math
from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest

import symgrad as sg

# As people write it, and the function that is meant.
FORMULAS: dict[str, tuple[Callable[..., sg.Expr], Callable[..., mp.mpf]]] = {
    "1/(1 + exp x)": (lambda x: 1 / (1 + sg.exp(x)), lambda x: 1 / (1 + mp.exp(x))),
    "exp/(1 + exp)": (lambda x: sg.exp(x) / (1 + sg.exp(x)), lambda x: 1 / (1 + mp.exp(-x))),
    "log(1 + exp x)": (lambda x: sg.log(1 + sg.exp(x)), lambda x: mp.log(1 + mp.exp(x))),
    "1 - sigmoid": (lambda x: 1 - sg.sigmoid(x), lambda x: 1 / (1 + mp.exp(x))),
    "log sigmoid": (lambda x: sg.log(sg.sigmoid(x)), lambda x: -mp.log(1 + mp.exp(-x))),
    "1/(1 + exp -x)": (lambda x: 1 / (1 + sg.exp(-x)), lambda x: 1 / (1 + mp.exp(-x))),
    "silu": (lambda x: x / (1 + sg.exp(-x)), lambda x: x / (1 + mp.exp(-x))),
    "log(exp x + exp 2x)": (
        lambda x: sg.log(sg.exp(x) + sg.exp(2 * x)),
        lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)),
    ),
    "tanh of four exps": (
        lambda x: (sg.exp(x) - sg.exp(-x)) / (sg.exp(x) + sg.exp(-x)),
        mp.tanh,
    ),
    "tanh of exp 2x": (lambda x: (sg.exp(2 * x) - 1) / (sg.exp(2 * x) + 1), mp.tanh),
    "tanh of exp -2x": (lambda x: (1 - sg.exp(-2 * x)) / (1 + sg.exp(-2 * x)), mp.tanh),
}
POSITIVE: dict[str, tuple[Callable[..., sg.Expr], Callable[..., mp.mpf]]] = {
    "log(exp x - 1)": (lambda x: sg.log(sg.exp(x) - 1), lambda x: mp.log(mp.expm1(x))),
}
POINTS = (1000.0, -1000.0, 40.0, -40.0, 1.0, -0.3)


def near(exact: mp.mpf) -> object:
    """To 10 digits, or within the rounding of 1, as y*(1 - y) is next to 0."""
    return pytest.approx(float(exact), rel=1e-10, abs=4e-16)


@pytest.mark.parametrize("target", ["python", "numpy"])
@pytest.mark.parametrize("name", [*FORMULAS, *POSITIVE])
def test_value_slope_and_second_derivative_are_right(name: str, target: str) -> None:
    """Alone, and in a sum over an array, at first and at second order."""
    build, meant = {**FORMULAS, **POSITIVE}[name]
    x, w = sg.param("x", 1.0), sg.param("w", np.ones(2))
    alone, total = build(x), sg.sum(build(w))
    first, first_of_sum = (sg.compile(e, target=target) for e in (alone, total))
    second = sg.compile(sg.grad(alone, x), target=target)
    second_of_sum = sg.compile(sg.sum(sg.grad(total, w)), target=target)
    for point in POINTS if name in FORMULAS else map(abs, POINTS):
        with mp.workdps(1000):
            exact = [meant(mp.mpf(point)), *(mp.diff(meant, mp.mpf(point), n) for n in (1, 2))]
        value, (slope,) = first(point)
        again, (curvature,) = second(point)
        expected = [near(v) for v in (*exact, exact[1])]
        assert [value, slope, curvature, again] == [expected[i] for i in (0, 1, 2, 1)]
        array = np.array([point, 1.0])
        assert first_of_sum(array)[1][0][0] == expected[1]
        assert second_of_sum(array)[1][0][0] == expected[2]


SUMS: dict[str, tuple[Callable[..., sg.Expr], Callable[..., mp.mpf]]] = {
    "log sum exp": (
        lambda v: sg.log(sg.sum(sg.exp(v))),
        lambda *v: mp.log(sum(map(mp.exp, v))),
    ),
    "exp / sum exp": (
        lambda v: (sg.exp(v) / sg.sum(sg.exp(v)))[0],
        lambda *v: mp.exp(v[0]) / sum(map(mp.exp, v)),
    ),
}


@pytest.mark.parametrize("target", ["python", "numpy"])
@pytest.mark.parametrize("name", SUMS)
def test_what_is_divided_by_a_sum_of_exponentials_is_right(name: str, target: str) -> None:
    """The gradient, and a row of the Hessian, where exp overflows, and where all of it is 0."""
    build, meant = SUMS[name]
    v = sg.param("v", np.zeros(3))
    loss = build(v)
    first = sg.compile(loss, target=target)
    second = sg.compile(sg.grad(loss, v)[0], target=target)
    for point in ([1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -1000.5], [1.0, 2.0, 3.0]):
        with mp.workdps(1000):
            at = [mp.mpf(x) for x in point]
            orders = np.eye(3, dtype=int)
            slopes = [mp.diff(meant, at, tuple(map(int, o))) for o in orders]
            row = [mp.diff(meant, at, tuple(map(int, o + orders[0]))) for o in orders]
        # Measured against the largest: what is next to nothing there may be lost beside it.
        for got, exact in ((first(np.array(point)), slopes), (second(np.array(point)), row)):
            wanted = [float(e) for e in exact]
            np.testing.assert_allclose(got[1][0], wanted, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("target", ["python", "numpy"])
def test_roots_of_squares_have_slope_zero_at_zero(target: str) -> None:
    """As abs and norm have it; at second order, too."""
    a, b, v = sg.param("a", 0.0), sg.param("b", 0.0), sg.param("v", np.zeros(2))
    for loss, wrt in [
        (sg.sqrt(a * a), a),
        (sg.sqrt(a * a + b * b), a),
        (sg.sqrt(sg.sum(v * v)), v),
        (sg.norm(v), v),
    ]:
        for e in (loss, sg.sum(sg.grad(loss, wrt))):
            with np.errstate(all="ignore"):  # hypot divides first, and selects then
                value, grads = sg.compile(e, target=target)()
            assert value == 0.0
            assert not np.any([np.ravel(g) for g in grads])


@pytest.mark.parametrize("accurate", [False, True])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_an_angle_has_slopes_far_from_1(scale: float, accurate: bool) -> None:
    """Of which r**2 would over- or underflow."""
    a, b = sg.param("a", 3.0), sg.param("b", 4.0)
    for target in ("numpy", "python"):
        f = sg.compile(sg.arctan2(a, b), accurate=accurate, target=target)
        slopes = [float(g) * scale for g in f(3.0 * scale, 4.0 * scale)[1]]
        assert np.allclose(slopes, [0.16, -0.12], rtol=1e-15)


@pytest.mark.parametrize("accurate", [False, True])
@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_a_quotient_of_a_quotient_squares_nothing(scale: float, accurate: bool) -> None:
    """x/y/y is not x/(y*y) where y*y over- or underflows."""
    x, y = sg.param("x", scale), sg.param("y", scale)
    formulas = (sg.log(x / y / y), sg.sqrt(x) / x, x / (x / x))
    with np.errstate(all="ignore"):  # the branch not taken overflows
        log, root, same = [sg.compile(f, accurate=accurate)() for f in formulas]
    assert log[0] == pytest.approx(-math.log(scale))
    assert root[1].x * scale**0.75 * scale**0.75 == pytest.approx(-0.5)
    assert same[1].x == 1.0


def test_accurate_derivatives_of_float32_have_its_range() -> None:
    x = sg.param("x", np.array([0.3, 0.0, 1e-30, -1e30], np.float32))
    for formula in (sg.tanh(x) ** 2.0, sg.hypot(x, 1e-25), sg.arctan2(x, 1e-25), x**2.0):
        f = sg.compile(sg.sum(formula), accurate=True)
        with np.errstate(all="ignore"):
            grads = f()[1]
        assert np.isfinite(grads.x).all()
        assert f.verify().verified
