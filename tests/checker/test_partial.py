"""Functions that have no value everywhere: where nobody reads it, nothing is left out for it."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from campaign import many

import symgrad as sg

pytestmark = pytest.mark.usefixtures("arrays")  # which tell as much as numbers do


def judged(f, old: str, new: str):
    assert f.verify().verified, f.verify()
    assert len(re.findall(re.escape(old), f.source)) == 1
    f.source = f.source.replace(old, new)
    return f.verify()


@pytest.fixture
def y():
    return sg.input("y", ("N",))


@pytest.fixture
def a():
    return sg.param("a", 0.3)


def test_the_other_branch_of_a_root_is_judged(y, a) -> None:
    f = sg.compile(sg.sum(sg.where(y > 0, sg.sqrt(sg.maximum(y, 0) * a), 2.0 * y)))
    assert judged(f, "sqrt, 2.0 * y", "sqrt, 7.0 * y").refuted


def test_the_value_where_a_quotient_has_none_is_judged(y, a) -> None:
    f = sg.compile(sg.sum(sg.where(y * a != 0, sg.tan(y * a) / (y * a), 1.0)))
    assert judged(f, "over_y_a, 1.0)", "over_y_a, 2.0)").refuted


def test_an_empty_mask_is_judged(a) -> None:
    x, m = sg.input("x", ("N",)), sg.input("m", ("N",), dtype="bool")
    n = sg.sum(m.astype("float64"))
    f = sg.compile(sg.where(n > 0, sg.sum(sg.where(m, x * a, 0.0)) / n, 0.0), name="mean")
    assert judged(f, "sum() / n, 0.0)", "sum() / n, 5.0)").refuted


def test_a_guard_that_is_left_out_is_found(y, a) -> None:
    f = sg.compile(sg.sum(sg.where(y * a > 0, sg.log(y * a), 0.0)))
    assert judged(f, "np.where(above, y / y_a, 0.0)", "(above * (y / y_a))").refuted


def test_the_guard_of_a_power_at_0_is_judged() -> None:
    x, n, k = sg.input("x", ("N",)), sg.param("n", 1.3), sg.param("k", 0.4)
    f = sg.compile(sg.mean(x**n / (k**n + x**n)))
    assert judged(f, "np.logical_and(x == 0.0, slope_by_n_above)", "x < -9.0").refuted


def test_the_guard_of_hypot_at_0_is_judged(y) -> None:
    z, a, b = sg.input("z", ("N",)), sg.param("a", 0.3), sg.param("b", 0.4)
    f = sg.compile(sg.sum(sg.hypot(y - a, z - b)))
    assert judged(f, " = losses == 0.0", " = losses.sum() == 0.0").refuted


def test_what_has_no_value_is_so_in_each_element(y, a) -> None:
    """A scalar nan and an array are an array of them."""
    f = sg.compile(sg.sum(sg.where(a > 0, sg.logsumexp(sg.log(a) * y), sg.mean(y) * a)))
    assert judged(f, "d_a = ", "d_a = 0.0 * y[0] + ").verified
    f.source = f.source.replace("0.0 * y[0] + ", "np.where(a < 0.0, 1.0, 0.0) + ")
    assert f.verify().refuted


def test_floats_are_judged_where_the_function_lives() -> None:
    x, a, b = sg.input("x", ("N",)), sg.param("a", 0.3), sg.param("b", 0.4)
    f = sg.compile(sg.mean((a - 1) * sg.log(x) + (b - 1) * sg.log(1 - x)), name="beta")
    assert judged(f, "return float(loss)", "return float((loss + 1e10) - 1e10)").refuted


POWERS = product(
    [{}, {"accurate": True}, {"stabilize": False}],
    ["float64", "float32"],
    [0.05, 0.2, 0.3, 1 / 3, -0.1, -1.2, 1 / 2.2, 0.7, 2.3],
)


@pytest.mark.parametrize(("options", "dtype", "exponent"), [*POWERS][:: many(5, 1)])
def test_any_exponent_is_right(exponent: float, dtype: str, options: dict[str, bool]) -> None:
    x = sg.param("x", np.array([1.3, 0.2], dtype))
    assert sg.compile(sg.sum((0.1 * x) ** exponent), **options).verify().verified
    assert sg.compile(sg.sum(sg.grad(sg.sum(x**exponent), x) ** 2), **options).verify().verified


def test_a_power_of_exponents_that_vanish_with_their_base() -> None:
    x = sg.input("x", ("N",))
    f = sg.compile(sg.sum((1.1 * x) ** (x * x)), [x])
    assert f.verify().verified
    with np.errstate(all="ignore"):
        assert f(np.zeros(2))[1][0].tolist() == [0.0, 0.0]


def test_the_largest_of_what_is_nan_in_floats_is_nan(y) -> None:
    """At a huge point below 0 the text is nan, as the reference is."""
    w = sg.param("w", np.array([0.3, 0.2]))
    for loss in (sg.max(sg.sqrt(w)), sg.sum(sg.maximum(1.0, sg.log(w))), sg.min(w**0.7)):
        assert sg.compile(loss).verify().verified


def test_the_whole_part_of_what_has_no_value_leaves_the_sample_out() -> None:
    w = sg.param("w", np.array([0.3, 0.2]))
    for loss in (sg.sum(w * sg.round(sg.sqrt(w))), sg.sum(w * sg.floor(sg.log(w)))):
        assert sg.compile(loss).verify().verified


@pytest.mark.parametrize("parts", [3, 5, 7, 35])
def test_parts_of_pi_are_as_they_are_written(y, a, parts: int) -> None:
    """The double next to pi is a multiple of 5, 7 and 35: divided, it is next to pi/5 no more."""
    f = sg.compile(sg.mean((a * sg.sin(2 * np.pi * y / parts)) ** 2))
    assert f.verify().verified, f.source


def test_what_has_no_value_may_get_an_axis() -> None:
    p = sg.param("p", 0.3)
    f = sg.compile(sg.sum(sg.where(p[None] > 0.1, sg.log(p - 0.1)[None], 0.0)))
    assert f.verify().verified


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(
    "function",
    [sg.relu, sg.sigmoid, sg.softplus, lambda z: sg.clip(z, -1, 1), lambda z: sg.logaddexp(z, 0.3)],
    ids=["relu", "sigmoid", "softplus", "clip", "logaddexp"],
)
def test_a_choice_by_what_has_no_value_may_be_made_where_it_is_not_taken(function, target) -> None:
    x = sg.param("x", np.array([0.3, 0.2]))
    f = sg.compile(sg.sum(sg.where(x > 0, function(sg.log(x)), 0.5)), target=target)
    assert f.verify().verified


@pytest.mark.parametrize("function", [sg.log, sg.sqrt, lambda z: z**0.3, lambda z: 1 / z])
def test_what_is_chosen_where_nothing_is_finite_is_judged(function) -> None:
    x = sg.param("x", np.array([0.3, 0.2, -0.1]))
    f = sg.compile(sg.sum(sg.where(sg.isfinite(function(x)), function(x) * x, 0.25)))
    assert judged(f, "0.25", "0.75").refuted


def test_no_zero_beats_the_jump_of_arctan2() -> None:
    """At the origin the text has nan, and so may it: no slope is 0 there."""
    p = sg.param("p", np.array([0.3, 0.4, -0.2]))
    assert sg.compile(sg.sum(sg.tanh(sg.arctan2(p, p)) ** 2)).verify().verified
