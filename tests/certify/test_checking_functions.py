"""A claimed function is called as it can be, and judged by the precision of what it returns."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import ArgumentError

W, B = sg.param("w", np.zeros(3)), sg.param("b", 0.0)
X, Y = sg.input("x", ("N", 3)), sg.input("y", ("N",))
LOSS = sg.mean(sg.softplus(-Y * (X @ W + B)))


def right(w: Any, b: Any, x: Any, y: Any) -> Any:
    z = -y * (x @ w + b)
    dz = -y / (1.0 + np.exp(-z)) / np.asarray(len(y), z.dtype)
    with np.errstate(over="ignore"):
        return x.T @ dz, dz.sum()


def check(function: Callable[..., Any], **options: Any) -> sg.GradientCheck:
    with np.errstate(over="ignore"):
        return sg.check_gradient(LOSS, [W, B], function, **options)


def in_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """As JAX computes: what comes in is rounded, and so is each step."""
    return lambda *args: function(*[np.asarray(v, np.float32) for v in args])


def off(factor: float) -> Callable[..., Any]:
    """The second element of the first gradient is off."""

    def function(w: Any, b: Any, x: Any, y: Any) -> Any:
        first, second = right(w, b, x, y)
        return first * np.array([1.0, factor, 1.0], first.dtype), second

    return function


def by_position(function: Callable[..., Any]) -> Callable[..., Any]:
    """What ``jax.grad`` makes of a function: it tells its names, and takes none."""

    @functools.wraps(function)
    def wrapped(*args: Any) -> Any:
        return function(*args)

    return wrapped


class Called:
    def __call__(self, w: Any, b: Any, x: Any, y: Any) -> Any:
        return right(w, b, x, y)


@pytest.mark.parametrize(
    "function",
    [
        by_position(right),
        by_position(lambda y, x, b, w: right(w, b, x, y)),
        lambda y, x, *, w, b: right(w, b, x, y),
        lambda w, b, x, y, scale=1.0: right(w, b, x, y),
        lambda w, scale=1.0, b=0.0, x=None, y=None: right(w, b, x, y),
        lambda p, q, r, s: right(p, q, r, s),
        lambda *args: right(*args),
        lambda **point: right(**point),
        lambda w, **others: right(w, **others),
        lambda w, /, b, x, y: right(w, b, x, y),
        functools.partial(lambda k, w, b, x, y: right(w, b, x, y), 1),
        functools.partial(lambda w, b, x, y, k: right(w, b, x, y), k=1),
        Called(),
    ],
)
def test_a_function_is_called_as_it_can_be(function: Callable[..., Any]) -> None:
    """In the order of its own names; by name where nothing else is possible."""
    assert check(function).verdict == "agrees"


def as_tensors(*args: Any) -> Any:
    torch = pytest.importorskip("torch")
    return [torch.tensor(g, requires_grad=True) for g in right(*args)]


def as_frames(*args: Any) -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.Series(right(*args)[0]), right(*args)[1]


@pytest.mark.parametrize(
    "function",
    [
        lambda *args: [np.asarray(g).tolist() for g in right(*args)],
        lambda *args: [[*right(*args)[0]], right(*args)[1]],
        lambda *args: dict(zip(("b", "w"), right(*args)[::-1], strict=True)),
        as_tensors,
        as_frames,
    ],
)
def test_what_it_returns_is_read_as_numbers(function: Callable[..., Any]) -> None:
    assert check(function).digits > 12


def test_one_gradient_may_come_in_a_tuple() -> None:
    """As ``jax.grad`` with ``argnums=(0,)`` gives it."""
    for function in (lambda *args: (right(*args)[0],), lambda *args: right(*args)[0]):
        assert sg.check_gradient(LOSS, W, function).verdict == "agrees"


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (sg.compile(LOSS), r"returns a loss and gradients; .*f\(\*args\)\[1\]"),
        (lambda *args: {"v": 1.0}, "expected gradients of w, b from the function, got a dict of"),
        (lambda *args: right(*args)[0], "expected 2 gradients in a tuple"),
        (lambda *args: None, "expected 2 gradients in a tuple"),
        (lambda *args: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda: None, r"called with \(w, b, x, y\), raised TypeError"),
        (lambda *args: ("a", "b"), "expected a gradient of real numbers"),
    ],
)
def test_what_cannot_be_read_is_refused(function: Callable[..., Any], says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        check(function)


@pytest.mark.parametrize(
    "function",
    [
        in_float32(right),
        lambda *args: [np.float32(g) for g in right(*args)],
        lambda *args: [np.float16(g) for g in right(*args)],
    ],
)
def test_a_right_gradient_in_fewer_digits_agrees(function: Callable[..., Any]) -> None:
    found = check(function)
    assert found.verdict == "agrees", found
    assert "which is compared in" in found.reason


@pytest.mark.parametrize(
    ("function", "digits"),
    [
        (off(1.0 + 1e-7), 7),
        (off(1.0 + 1e-9), 9),
        (off(1.0 + 1e-4), 4),
        (in_float32(off(1.0 + 1e-3)), 3),
        (in_float32(off(1.0 + 1e-4)), 4),
    ],
)
def test_what_is_off_by_little_is_refuted_with_the_component(
    function: Callable[..., Any], digits: int
) -> None:
    """In either precision, if it is off alike at points next to each other."""
    found = check(function)
    assert (found.verdict, found.component) == ("refuted", "d_w[1]"), found
    assert round(found.digits) == digits
    assert found.claimed == pytest.approx(found.expected, rel=0.01)
    assert f"they agree to {digits} digits" in str(found)


def test_digits_that_a_function_loses_do_not_refute_it() -> None:
    """What is added and taken away again leaves half of them, rounded up here and down there."""
    v = sg.param("v", 1.0)
    found = sg.check_gradient(sg.sin(v), v, lambda v: (np.cos(v) + 1e7) - 1e7)
    assert (found.verdict, found.component) == ("undecided", "d_v")
    assert found.digits > 6
    assert "digits where float64 has 16, and differently next to it" in found.reason


def test_rtol_takes_the_place_of_the_precision() -> None:
    """Of what a function returns, and of formulas; both ways."""
    assert check(off(1.0 + 1e-5), rtol=1e-4).verdict == "agrees"
    assert check(off(1.0 + 1e-3), rtol=1e-4).verdict == "refuted"
    assert check(in_float32(right), rtol=1e-12).verdict == "refuted"
    v = sg.param("v", 1.0)
    assert sg.check_gradient(sg.sin(v), v, 1.00001 * sg.cos(v), rtol=1e-4).verdict == "agrees"
    assert sg.check_gradient(sg.sin(v), v, 1.001 * sg.cos(v), rtol=1e-4).verdict == "refuted"
    for wrong in (0, -1e-3, 1.0, "1e-3"):
        with pytest.raises(ArgumentError, match="rtol: expected a number between 0 and 1"):
            check(right, rtol=wrong)


def test_what_underflows_is_0_to_a_function():
    """The logistic function is less there than any float above 0."""
    x = sg.param("x", 0.5)
    claim = lambda x: 1e9 * np.exp(-np.logaddexp(0.0, -1e9 * x))  # noqa: E731
    assert sg.check_gradient(sg.softplus(1e9 * x), x, claim).verdict == "agrees"
    wrong = sg.check_gradient(sg.softplus(1e9 * x), x, lambda x: 2 * claim(x))
    assert wrong.verdict == "refuted"


def test_a_comparison_that_is_rounded_refutes_no_function():
    """x + 1e8 has no digits of a small x; away from 0 both sides are judged as ever."""
    v = sg.param("v", 0.5)
    loss = sg.where((v + 1e8) - 1e8 > 0, v * v, 3 * v)
    check = sg.check_gradient(loss, v, lambda v: 2 * v if (v + 1e8) - 1e8 > 0 else 3.0)
    assert check.verdict == "agrees"
    assert "float64 rounds what is compared, so not compared, at v = " in check.reason
    wrong = sg.check_gradient(sg.where((v + 1e8) - 1e8 > 50, v * v, 3 * v), v, lambda v: 3.0)
    assert wrong.verdict == "refuted"
