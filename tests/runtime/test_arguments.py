"""What a call accepts: right arguments as they are, and never a wrong one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from counting import calls

import symgrad as sg
from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.ir.types import Type
from symgrad.runtime.arguments import Argument, Checker, Signature

TYPES = {
    "w": Type("f64", (3, 2)),
    "x": Type("f64", ("N", 2)),
    "y": Type("f64", ("N",)),
    "z": Type("f64", ("N + 1",)),
    "k": Type("i64", ("N",)),
    "h": Type("f32", (2,)),
    "m": Type("bool", ("N",)),
    "b": Type("f64"),
    "n": Type("i64"),
}
GOOD: dict[str, Any] = {
    "w": np.ones((3, 2)),
    "x": np.ones((4, 2)),
    "y": np.ones(4),
    "z": np.ones(5),
    "k": np.arange(4),
    "h": np.ones(2, np.float32),
    "m": np.ones(4, bool),
    "b": 0.5,
    "n": 3,
}
BAD = [
    ("w", np.ones((2, 3))),
    ("w", np.ones(6)),
    ("w", np.ones((3, 2), complex)),
    ("w", np.ones((3, 2), bool)),
    ("x", np.ones((4, 3))),
    ("x", np.ones((5, 2))),
    ("x", np.ones((4, 2, 1))),
    ("y", np.ones((4, 1))),
    ("y", np.ones(3)),
    ("y", np.array(["a"] * 4)),
    ("z", np.ones(4)),
    ("k", np.ones(4)),
    ("m", np.ones(4)),
    ("b", np.ones(1)),
    ("b", True),
    ("b", "1.0"),
    ("b", None),
    ("b", 1j),
    ("n", 1.5),
    ("n", 2**63),
    ("n", True),
]


def checker(target: str = "numpy", **types: Type) -> Checker:
    needs = (("N - 2", "train.py:1"),) if "x" in types else ()
    arguments = tuple(Argument(n, t, "input") for n, t in types.items())
    lists = target == "python"
    return Checker(arguments, Signature("f", target, arguments, needs=needs, lists=lists))


def test_right_arguments_pass_untouched() -> None:
    """They come back as the very objects, whatever N is."""
    check = checker(**TYPES).check
    values = tuple(GOOD.values())
    assert check(values) is values
    other = {**GOOD, "x": np.ones((2, 2)), "y": np.ones(2), "z": np.ones(3)}
    values = (*{**other, "k": np.arange(2), "m": np.ones(2, bool), "b": np.float64(2.0)}.values(),)
    assert check(values) is values


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_wrong_argument_is_refused_after_right_ones(name: str, value: Any) -> None:
    """A call that was right before makes no wrong one pass."""
    check = checker(**TYPES).check
    check(tuple(GOOD.values()))
    with pytest.raises((ShapeError, DTypeError)):
        check(tuple({**GOOD, name: value}.values()))


def test_what_a_line_of_the_users_needs_is_checked() -> None:
    """Sizes that fit together may still be too small for the program."""
    few = {"x": np.ones((1, 2)), "y": np.ones(1), "z": np.ones(2), "k": np.arange(1)}
    with pytest.raises(ShapeError, match=r"expected N >= 2 for .*train\.py:1"):
        checker(**TYPES).check(tuple({**GOOD, **few, "m": np.ones(1, bool)}.values()))


def test_an_array_that_changed_in_place_is_refused() -> None:
    """The same object with another shape or dtype is another argument."""
    check = checker(**TYPES).check
    w = np.ones((3, 2))
    values = tuple({**GOOD, "w": w}.values())
    assert check(values) is values
    w.resize((2, 3))
    with pytest.raises(ShapeError, match="w: expected"):
        check(values)
    w.resize((3, 2))
    assert check(values) is values


def test_an_array_of_another_class_or_byte_order_is_converted() -> None:
    """A subclass may compute otherwise, and a swapped array computes slowly."""

    class Odd(np.ndarray[Any, Any]):
        pass

    for w in (np.ones((3, 2)).view(Odd), np.ones((3, 2), ">f8"), [[1, 1]] * 3):
        got = checker(w=TYPES["w"]).check((w,))[0]
        assert type(got) is np.ndarray
        assert got.dtype is np.dtype(np.float64)
        assert got.tolist() == [[1.0, 1.0]] * 3


@pytest.mark.parametrize(
    "w",
    [
        [[1.0, 2.0]] * 3,
        ((1.0, 2.0),) * 3,
        np.array([[1.0, 2.0]] * 3),
        [[1, 2]] * 3,
        [np.array([1.0, 2.0])] * 3,
        np.array([[1.0, 2.0]] * 3, ">f8"),
    ],
)
def test_the_python_target_takes_lists_tuples_and_arrays(w: Any) -> None:
    """What reaches the emitted text is nested lists or tuples of floats."""
    got, b = checker("python", w=TYPES["w"], b=TYPES["b"]).check((w, np.float64(1.0)))
    assert [list(row) for row in got] == [[1.0, 2.0]] * 3
    assert {type(n) for row in got for n in row} | {type(b)} == {float}


@pytest.mark.parametrize(
    "theta", [[1.0], [1.0, 2.0, 3.0], np.ones(3), np.ones((2, 1)), [1.0, True], [1.0, "2"], 1.0]
)
def test_the_python_target_refuses_other_vectors(theta: Any) -> None:
    """A wrong length, rank or type is caught in lists and in arrays."""
    with pytest.raises((ShapeError, DTypeError)):
        checker("python", theta=Type("f64", (2,))).check((theta,))


def _line() -> tuple[Any, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    x, y = sg.input("x", ("N", 2)), sg.input("y", ("N",))
    w, b = sg.param("w", np.ones(2)), sg.param("b", 0.5)
    e = x @ w + b - y
    return sg.compile(sg.mean(e * e)), np.arange(6.0).reshape(3, 2), np.ones(3)


def test_every_way_to_call_gives_the_same() -> None:
    """By position, by name in any order, with own data, and with some of it replaced."""
    f, x, y = _line()
    want = f(np.ones(2), 0.5, x, y)[0]
    assert f(x=x, y=y)[0] == want
    assert f(y=y, b=0.5, x=x, w=np.ones(2))[0] == want
    assert f(w=np.zeros(2), y=y, x=x)[0] == f(np.zeros(2), 0.5, x, y)[0]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda f, x, y: f(x=x), "missing argument 'y'"),
        (lambda f, x, y: f(), "missing argument 'x'"),
        (lambda f, x, y: f(x=x, z=y), "unexpected argument 'z'"),
        (lambda f, x, y: f(x=x, y=y, z=y), "unexpected argument 'z'"),
        (lambda f, x, y: f(w=y, b=y, x=x, z=y), "unexpected argument 'z'"),
        (lambda f, x, y: f(x, y=y), "got 1 positional and 1 named"),
        (lambda f, x, y: f(x, y), "got 2 positional"),
    ],
)
def test_a_wrong_set_of_arguments_is_explained(call: Any, why: str) -> None:
    """The message names the first one that is missing or surplus."""
    with pytest.raises(ArgumentError, match=why):
        call(*_line())


def test_checks_cost_little() -> None:
    """The checks of four arguments take fewer than forty calls, once the first calls have made
    them."""
    f, x, y = _line()
    text, fixed = f.python, f.python(np.ones(2), 0.5, x, y)
    assert text is not None
    f.python = lambda *values: fixed

    w = np.ones(2)
    f(w, 0.5, x, y), f(x=x, y=y)
    assert calls(lambda: f(w, 0.5, x, y)) < 40
    assert calls(lambda: f(x=x, y=y)) < 40
