"""Sizes that a program needs are checked at the call; NumPy would clamp in silence."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import DTypeError, ShapeError


@pytest.mark.parametrize("start", [3, -5])
def test_a_slice_needs_a_size_that_holds_it(start: int) -> None:
    """x[3:] needs N >= 3 and x[-5:] N >= 5: fewer is an error with name and line, more is right."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    f = sg.compile(sg.sum(x[start:] + b))
    with pytest.raises(ShapeError, match=r"at least 0, but N is 2 in x; built at test_needs.py"):
        f(x=np.ones(2))
    loss, grads = f(x=np.ones(8))
    assert (loss, grads.b) == (10.0, 5.0)


def test_an_index_needs_its_element() -> None:
    """x[5] of three elements is refused before anything runs."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    with pytest.raises(ShapeError, match="N is 3 in x"):
        sg.compile((x * b)[5])(x=np.ones(3))


def test_a_mean_of_nothing_is_refused_with_the_line() -> None:
    """Its gradient would divide by zero."""
    x, b = sg.input("x", ("N",)), sg.param("b", 1.0)
    with pytest.raises(ShapeError, match=r"N is 0 in x; built at test_needs\.py"):
        sg.compile(sg.mean(x * b))(x=np.zeros(0))


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
