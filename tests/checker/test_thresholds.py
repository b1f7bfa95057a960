"""Thresholds: where a gradient vanishes beside them, of integers, of what has no value."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad as sg


def judged(f, old: str, new: str):
    assert f.verify().verified, f.verify()
    assert f.source.count(old) == 1
    f.source = f.source.replace(old, new)
    return f.verify()


@pytest.fixture
def x():
    return sg.input("x", ("N",))


@pytest.mark.parametrize("threshold", ["6.01", "9.0"])
def test_a_threshold_is_closed_in_on_where_no_argument_is_0(x, threshold: str) -> None:
    """At b = 0, on a lattice, the mask of a clip makes no difference to a gradient."""
    a, b = sg.param("a", 0.3), sg.param("b", 0.2)
    f = sg.compile(sg.sum(sg.clip(x * a, 0, 6) * b))
    assert judged(f, "x_a <= 6.0", f"x_a <= {threshold}").refuted


def test_many_thresholds_are_closed_in_on() -> None:
    x, p = sg.input("x"), sg.param("p", 0.3)
    limits = [0.05 * i for i in range(1, 17)]
    loss = sum(sg.where(sg.tanh(i * p) < t, x * p, p * p) for i, t in enumerate(limits, 1))
    f = sg.compile(loss, [p])
    assert judged(f, f"{limits[15]}", f"{limits[15] + 0.01}").refuted


@pytest.mark.parametrize("age", [17, 19, 40, 100])
def test_the_threshold_of_an_integer_is_met(x, age: int) -> None:
    ages, a, b = sg.input("age", ("N",), dtype="int64"), sg.param("a", 0.3), sg.param("b", 0.2)
    f = sg.compile(sg.mean(sg.where(ages >= 18, a * x, b * b)))
    assert judged(f, "age >= 18", f"age >= {age}").refuted


@pytest.mark.parametrize(
    "test",
    [
        "np.where(1.0 / w > 0.0, 1.0, -1.0)",
        "np.where(np.isinf(1.0 / w), 5.0, np.sign(w))",
        "np.where(w == np.exp(-1.0 / (w * w)), 5.0, np.sign(w))",
        "np.where(np.isfinite(np.exp(-1.0 / (w * w))), np.sign(w) + (w == 0.0), np.sign(w))",
    ],
)
def test_a_text_that_alone_chooses_by_what_has_no_value_is_not_verified(test: str) -> None:
    """abs'(0) is 0: where the reference has a value, nothing is left out for the text's sake."""
    w = sg.param("w", np.array([0.3, 0.2]))
    f = sg.compile(sg.sum(sg.abs(w)))
    assert not judged(f, "np.sign(w)", test).verified


@pytest.mark.parametrize(
    ("old", "new"), [("n >= 18", "n >= 19"), ("n < 65", "n <= 65")], ids=["low", "high"]
)
def test_each_integer_beside_a_number_of_the_text_is_met(x, old: str, new: str) -> None:
    n, a, b = sg.input("n", ("N",), dtype="int64"), sg.param("a", 0.3), sg.param("b", 0.2)
    loss = sg.mean(sg.where((n >= 18) & (n < 65), a * x, b * b))
    assert judged(sg.compile(loss), old, new).refuted
    assert "integers that are neither small" in str(sg.compile(loss).verify())


def test_two_integers_meet_each_pair_of_neighbours() -> None:
    n, m = sg.input("n", dtype="int64"), sg.input("m", dtype="int64")
    a, b = sg.param("a", 0.3), sg.param("b", 0.2)
    loss = sg.where(n >= 18, sg.sin(a), sg.exp(b)) + sg.where(m >= 18, sg.sin(b), sg.exp(a))
    f = sg.compile(loss)
    assert judged(f, "n >= 18", "n >= 19").refuted
    assert f.verify().refuted  # the same again


def test_a_gap_beyond_floats_is_no_error() -> None:
    n, a = sg.input("n", dtype="int64"), sg.param("a", 0.3)
    f = sg.compile(1000 * a / (1 - (1 + a) ** (-n)), accurate=True)
    assert all(f.verify(seed=seed).verified for seed in range(3))


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_integers_are_moderate_where_floats_are(target: str) -> None:
    """The helper exp_ holds 709.78, beyond which it is infinite."""
    n, a = sg.input("n", dtype="int64"), sg.param("a", 0.3)
    for loss in (sg.exp(a * n), a**n, sg.cosh(a * n), (1 - (1 + a) ** (-n)) / a):
        assert sg.compile(loss, target=target).verify().verified


@pytest.mark.parametrize("age", [34, 36])
def test_one_integer_meets_all_its_thresholds(age: int) -> None:
    n, a, b = sg.input("n", dtype="int64"), sg.param("a", 0.3), sg.param("b", 0.2)
    steps = [sg.where(n >= t, a * b, b) for t in (18, 25, 35, 45, 55)]
    assert judged(sg.compile(sum(steps, sg.sin(a))), "n >= 35", f"n >= {age}").refuted
