"""Sizes that a program needs are checked at the call; NumPy would clamp in silence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import DTypeError, ShapeError


@pytest.mark.parametrize("start", [3, -5])
def test_a_slice_needs_a_size_that_holds_it(start: int) -> None:
    """x[3:] needs N >= 3 and x[-5:] N >= 5: fewer is an error with name and line, more is right."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    f = sg.compile(sg.sum(x[start:] + b))
    message = rf"expected N >= {abs(start)} for the slice of x; built at test_sizes\.py"
    with pytest.raises(ShapeError, match=rf"N is 2 in x, {message}"):
        f(x=np.ones(2))
    with pytest.raises(ValueError, match=message):
        f.python(1.0, np.ones(2))
    loss, grads = f(x=np.ones(8))
    assert (loss, grads.b) == (10.0, 5.0)


def test_an_index_needs_its_element() -> None:
    """x[5] of three elements is refused before anything runs."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    with pytest.raises(ShapeError, match="N is 3 in x"):
        sg.compile((x * b)[5])(x=np.ones(3))


@pytest.mark.parametrize("index", [5, -5])
def test_the_text_alone_finds_no_wrong_element(index: int) -> None:
    """An index from the end stays one: x[N - 5] of two elements would be x[-3 + 2]."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    f = sg.compile((x * b)[index])
    with pytest.raises(IndexError):
        f.python(1.0, np.ones(4 if index == -5 else 5))


def test_texts_without_slices_check_nothing() -> None:
    """A guard is written only where NumPy would keep silent."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    assert "raise" not in sg.compile(sg.mean(x * b) + sg.max(x) + x[-1]).source
    assert "raise" in sg.compile(sg.mean(x[1:] * b)).source


MEANS = [sg.mean, lambda v: sg.var(v, ddof=1), sg.std]


@pytest.mark.parametrize("mean", MEANS)
def test_the_gradient_of_a_mean_of_nothing_is_refused(mean: Any) -> None:
    """It would be 0/0; the text says what it takes, once, and divides by N as one writes it."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    f = sg.compile(mean(x * b))
    assert "N must be at least 1." in " ".join(f.source.split())
    assert "max(N, 1)" not in f.source
    message = r"N is 0 in x, expected N >= 1 for the division by N; built at test_sizes"
    with pytest.raises(ShapeError, match=message):
        f(x=np.zeros(0))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("mean", MEANS)
def test_a_mean_of_nothing_alone_is_nan(mean: Any) -> None:
    """As in NumPy, in the text too, where no gradient is asked for."""
    x = sg.input("x", ("N",))
    f = sg.function(None, mean(x * 2.0))
    assert math.isnan(f(x=np.zeros(0)))
    assert math.isnan(f.python(np.zeros(0)))


@pytest.mark.parametrize("name", ["max", "min", "logsumexp"])
def test_the_largest_of_nothing_is_refused_with_axis_and_line(name: str) -> None:
    """NumPy refuses it too, but names neither."""
    x, b = sg.input("x", ("N", 2)), sg.param("b", 1.0)
    f = sg.compile(sg.sum(getattr(sg, name)(x + b, axis=0)))
    message = rf"N is 0 in x, expected N >= 1 for {name} over axis 0 of .*; built at test_sizes\.py"
    with pytest.raises(ValueError, match=message):
        f(x=np.zeros((0, 2)))
    with pytest.raises(ValueError, match="zero-size"):
        f.python(1.0, np.zeros((0, 2)))
    with pytest.raises(
        ValueError, match=rf"{name}: axis 0 .* is empty .*; built at test_sizes\.py"
    ):
        getattr(sg, name)(sg.input("e", (0, 2)), axis=0)


def test_integers_become_floats_in_the_python_target() -> None:
    """A tuple of ints gives the same float as the numpy target."""
    w = sg.param("w", np.ones(3))
    loss, _ = sg.compile(sg.sum(w * w), target="python")((2**53 + 1, 1, 1))
    assert isinstance(loss, float)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_bool_among_numbers_is_refused(target: str) -> None:
    """NumPy would take True for 1.0."""
    w = sg.param("w", np.ones(3))
    with pytest.raises(DTypeError, match=r"w: .*a bool among numbers"):
        sg.compile(sg.sum(w * w), target=target)([True, 1.0, 2.0])


@pytest.mark.parametrize("name", ["_", "__a", "__import__"])
def test_names_with_underscores_are_mangled(name: str) -> None:
    """They are identifiers, but the emitted text keeps clear of Python's own."""
    s = sg.param(name, 3.0)
    loss, grads = sg.compile(s * s)()
    assert (loss, grads[0]) == (9.0, 6.0)


def test_a_product_of_sizes_beyond_64_bits_is_refused() -> None:
    """NumPy could not hold it; the error gives the count."""
    with pytest.raises(ShapeError, match="elements; an array holds fewer"):
        sg.input("x", (2**40, 2**40))


def test_no_quotient_of_a_gradient_loses_its_need_as_it_is_rewritten() -> None:
    """Both are gradients of a mean over N, however the count is written in the end."""
    x, w, a = sg.input("x", ("N", 4)), sg.param("w", np.ones((4, 4))), sg.param("a", np.ones(4))
    for loss in (sg.mean((x @ w) / (1.0 + a * a)), sg.mean(x @ w)):
        f = sg.compile(loss)
        assert "N must be at least 1." in f.source
        with pytest.raises(ShapeError, match="N is 0 in x, expected N >= 1"):
            f(x=np.zeros((0, 4)))
