"""f(abs(x)) with f'(0) = 0 has the second derivative f''(0) at 0: a sign, squared, is 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.checker import Refuted, check_balls


def matern_5(r: Any) -> Any:
    s = math.sqrt(5.0) * r
    return (1.0 + s + s * s / 3.0) * sg.exp(-s)


def matern_3(r: Any) -> Any:
    s = math.sqrt(3.0) * r
    return (1.0 + s) * sg.exp(-s)


# f, and f''(0).
SMOOTH: dict[str, tuple[Callable[[Any], Any], float]] = {
    "Matern 5/2": (matern_5, -5.0 / 3.0),
    "Matern 3/2": (matern_3, -3.0),
    "cube": (lambda r: r**3, 0.0),
    "square": (lambda r: r * r, 2.0),
    "x - log(1 + x)": (lambda r: r - sg.log1p(r), 1.0),
    "cosh": (sg.cosh, 1.0),
    "a square of a sine": (lambda r: sg.sin(r) ** 2, 2.0),
    "softplus less half": (lambda r: sg.softplus(r) - 0.5 * r, 0.25),
}
DISTANCES: dict[str, Callable[[Any, Any], Any]] = {
    "abs": lambda x, y: sg.absolute(x - y),
    "root": lambda x, y: sg.sqrt((x - y) ** 2),
    "twice": lambda x, y: sg.absolute(sg.absolute(y - x)),
}


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("name", SMOOTH)
def test_the_second_derivative_at_0(name: str, distance: str, target: str) -> None:
    """By x twice, and by x and y; the first one is 0."""
    f, want = SMOOTH[name]
    x, y = sg.param("x", 0.3), sg.param("y", 0.3)
    slope = sg.grad(f(DISTANCES[distance](x, y)), x)
    value, (by_x, by_y) = sg.compile(slope, [x, y], target=target)()
    assert value == 0.0
    assert (by_x, by_y) == pytest.approx((want, -want), rel=1e-14)


def test_in_arrays_each_element_has_its_own() -> None:
    """A matrix of kernels, where the diagonal is at 0, is as smooth as one number is."""
    at, weights = np.array([1.0, 1.0, 2.5]), np.arange(9.0).reshape(3, 3)
    direction = np.array([1.0, -2.0, 0.5])

    def slopes(point: Any) -> Any:
        x = sg.param("x", point)
        kernels = matern_5(sg.absolute(x[:, None] - x[None, :]))
        return x, sg.sum(sg.grad(sg.sum(weights * kernels), x) * direction)

    x, along = slopes(at)
    f = sg.compile(along, [x])
    (found,) = f()[1]
    step = 1e-6
    for i in range(3):
        moved = [f(at + step * sign * np.eye(3)[i])[0] for sign in (1.0, -1.0)]
        assert found[i] == pytest.approx((moved[0] - moved[1]) / (2.0 * step), rel=1e-5)
    assert f.verify().verified


def test_signs_of_others_stay_0() -> None:
    """|x| |y| has no mixed derivative at 0, whatever the order; |x| alone has the second one 0."""
    x, y = sg.param("x", 0.0), sg.param("y", 0.0)
    loss = abs(x) * abs(y) + x * x * abs(y) + abs(x)
    for a, b in ((x, y), (y, x), (x, x)):
        assert sg.compile(sg.grad(loss, a), [b])() == (0.0, (0.0,))
    along = sg.compile(sg.grad(y * abs(x), x), [y])
    assert along()[1] == sg.compile(sg.grad(y * abs(x), y), [x])()[1] == (0.0,)


def test_a_sign_of_the_users_own_stays_a_sign() -> None:
    """sign(x)**2 is 0 at 0 where it is written."""
    x = sg.param("x", 0.0)
    f = sg.compile(sg.sign(x) * sg.sign(x) + sg.sign(x) * abs(x))
    assert f() == (0.0, (0.0,))
    assert f.verify().verified


def test_the_checker_refutes_a_second_derivative_that_is_cut_off() -> None:
    x, y = sg.param("x", 0.3), sg.param("y", 0.3)
    f = sg.compile(sg.grad(matern_5(abs(x - y)), x), [y])
    certificate = f.verify()
    assert certificate.verified
    assert "the square of a sign is 1" in str(certificate)
    wrong = f.source.replace("(float(d_y),)", "(float(np.where(x == y, 0.0, d_y)),)")
    assert wrong != f.source
    result = check_balls(replace(f.subject.claims[0], text=wrong))
    assert isinstance(result, Refuted)
    assert result.component == "d_y"


def test_a_gradient_that_is_taken_from_another_is_verified() -> None:
    """Its slope has a part for each sign."""
    x, y = sg.param("x", np.zeros(3)), sg.param("y", np.zeros(3))
    found = sg.grad(sg.sum(matern_5(abs(x))), x)
    assert sg.compile(sg.sum((y - found) ** 2), [x, y]).verify().verified
