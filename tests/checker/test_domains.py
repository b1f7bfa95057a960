"""Right programs whose domain random numbers miss are verified all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value


def scalars(*values: float) -> list[Any]:
    return [sg.param(name, v) for name, v in zip("abc", values, strict=False)]


def window() -> Any:
    (a,) = scalars(300.0)
    return sg.log((a - 200) * (400 - a))


def window_of_many() -> Any:
    (a,), y = scalars(300.0), sg.input("y", ("N",))
    return sg.sum(sg.log((a - y) * (y - 200)))


def logarithm_of_0() -> Any:
    x = sg.param("x", np.array([0.5, -0.3, 0.8]))
    return sg.sum(sg.where(x > 0, sg.exp(0.5 * sg.log(sg.relu(x)) * 2), 0.0))


def origin_not_taken() -> Any:
    x, im, re = sg.param("x", np.ones(3)), np.array([0.0, 1.0, 0.0]), np.array([0.0, 2.0, -1.0])
    return sg.sum(sg.where(re != 0, sg.arctan2(im * x, re * x), 0.0))


def origin_not_picked() -> Any:
    """A text that multiplies by 0 gives nan there, as it may: arctan2 is at the origin."""
    x, y = sg.param("x", np.ones(3)), sg.param("y", np.array([1.0, 2.0, 3.0]))
    angles = sg.arctan2(x, y)
    return sg.tanh(angles[sg.argmax(angles)])


def spread_of_one() -> Any:
    """At N = 1 the deviation of a batch is 0, exactly."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.eye(3))
    return sg.sum(sg.tanh(sg.std(sg.tanh(x @ w), axis=0)))


def second_of_a_power() -> Any:
    x, y = sg.param("x", np.full(3, 0.5)), sg.param("y", np.full(3, 0.7))
    return sg.sum(sg.grad(sg.sum((1.1 + sg.tanh(x)) ** y), x) ** 2)


def root_squared() -> Any:
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.eye(3))
    return sg.mean(sg.exp(-(sg.norm(x @ w, axis=1) ** 2) / 2))


def simplex() -> Any:
    p = sg.param("p", np.full(6, 0.1))
    return sg.sum(sg.log(p)) + sg.log(1 - sg.sum(p))


def barrier() -> Any:
    a, b, c = scalars(0.3, 0.3, 0.1)
    return sg.log(a) + sg.log(b) + sg.log(c) + sg.log(1 - a - b - c)


def root_of_a_negative_product() -> Any:
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.ones(3))
    return sg.sum((-(x @ w)) ** 0.5)


def look_up() -> Any:
    x, table = sg.input("x", ("N",)), sg.param("table", np.arange(5.0))
    return sg.sum(table[sg.astype(sg.floor(x), "int64")] * x)


def norm() -> Any:
    a, b, c = scalars(0.3, 0.5, -0.7)
    return sg.log(sg.sqrt(a * a + b * b + c * c)) * a


def weibull() -> Any:
    (a, b), x = scalars(1.5, 1.0), sg.input("x", ("N",))
    return -sg.sum(sg.log(a / b) + (a - 1) * sg.log(x / b) - (x / b) ** a)


def lennard_jones() -> Any:
    (a,) = scalars(1.1)
    return (3.4 / a) ** 12 - (3.4 / a) ** 6


def masked_log() -> Any:
    (a,) = scalars(1.1)
    return sg.where(sg.isfinite(sg.log(a)), sg.log(a), 0.0)


SCALARS = (window, barrier, norm, lennard_jones, masked_log)
ARRAYS = (window_of_many, simplex, root_of_a_negative_product, look_up, weibull)
ARRAYS += (
    logarithm_of_0,
    origin_not_taken,
    origin_not_picked,
    spread_of_one,
    second_of_a_power,
    root_squared,
)
CASES = [(loss, "numpy") for loss in (*SCALARS, *ARRAYS)] + [(loss, "python") for loss in SCALARS]


@pytest.mark.parametrize(("loss", "target"), CASES)
def test_a_point_in_the_domain_is_found(loss: Callable[[], Any], target: str) -> None:
    f = sg.compile(loss(), target=target)
    assert f.verify().verified, f.verify()


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_softmax_with_a_frozen_shift_is_an_identity(target: str) -> None:
    """Its logarithm is two of the text's, which nest."""
    logits = [Value(v, label=name) for name, v in zip("abc", (0.3, 0.5, -0.7), strict=True)]
    powers = [(v - 0.5).exp() for v in logits]
    f = sg.compile(-(powers[1] / sum(powers)).log(), logits, target=target)
    assert f.verify().verified, f.verify()


def test_a_wrong_text_is_refuted_where_the_domain_is_small() -> None:
    f = sg.compile(simplex())
    assert f.source.count("d_p = ") == 1
    f.source = f.source.replace("d_p = ", "d_p = (1.0 + 1e-9) * ")
    assert not f.verify().verified
