"""Reading by index among scalars: the python target does as NumPy does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import LimitError, ShapeError

X = np.random.default_rng(0).normal(size=(3, 4))
PROGRAMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "take rows": lambda x, i, j: x[i],
    "take columns": lambda x, i, j: sg.take(x, j, axis=1),
    "take flattened": lambda x, i, j: sg.take(x, i),
    "one element": lambda x, i, j: x[i[0], j[1]],
    "gather": lambda x, i, j: x[i, j],
    "gather with a literal": lambda x, i, j: x[[0, 1], j],
    "gather rows": lambda x, i, j: sg.reshape(x, (3, 2, 2))[i, i * 0],
    "along an axis": lambda x, i, j: sg.take_along_axis(x[:2], sg.expand_dims(j, 1), axis=1),
    "along the first axis": lambda x, i, j: sg.take_along_axis(x[:, :2], i[None, :], axis=0),
    "twice the same": lambda x, i, j: x[i] * x[sg.stack([i[0], i[0]])],
    "one hot": lambda x, i, j: sg.one_hot(j, 4) * x[:2],
    "argmax": lambda x, i, j: x[sg.argmax(x, axis=0), j[0]] + sg.argmin(x, axis=0),
    "argmin flattened": lambda x, i, j: x * sg.argmin(x) + sg.argmax(x, keepdims=True),
    "scatter": lambda x, i, j: sg.scatter_add(x[:2], i, 5),
}


def second(program: Callable[..., Any], target: str) -> Any:
    """A function with the gradient of the squared gradient's product with fixed numbers."""
    x, i, j = sg.param("x", X), sg.input("i", (2,), int), sg.input("j", (2,), int)
    loss = sg.sum(sg.sin(program(x, i, j)))
    g = sg.grad(loss, x)
    return sg.compile(loss + sg.sum(g * g * np.arange(12.0).reshape(3, 4)), target=target)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_python_target_reads_by_index_as_numpy_does(name: str) -> None:
    """Values and gradients of two orders agree, for indices from both ends and repeated."""
    f, g = second(PROGRAMS[name], "python"), second(PROGRAMS[name], "numpy")
    for i, j in (([0, 2], [3, 1]), ([1, 1], [0, 0]), ([-1, 0], [-4, -1])):
        names = [a.name for a in f.signature.arguments]
        given = {k: v for k, v in {"i": i, "j": j}.items() if k in names}
        value, grads = f(**given)
        want, want_grads = g(**given)
        assert value == pytest.approx(want, rel=1e-12)
        np.testing.assert_allclose(np.array(grads.x), want_grads.x, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("index", [3, -4])
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_an_index_out_of_range_raises_index_error(target: str, index: int) -> None:
    """In both targets, when the function runs; a literal one when it is built."""
    z, i = sg.param("z", np.arange(3.0)), sg.input("i", (), int)
    f = sg.compile(sg.square(z[i]), target=target)
    with pytest.raises(IndexError):
        f(i=index)
    with pytest.raises(ShapeError, match=r"outside of .*size 3; built at test_scalar_indexing\.py"):
        z[index]


def test_the_text_chooses_from_a_tuple() -> None:
    """The form that a person would write, and one that counts from the end once."""
    z, i = sg.param("z", np.arange(3.0)), sg.input("i", (), int)
    source = sg.compile(sg.square(z[i]), target="python").source
    assert "place = range(3)[i]" in source
    assert "(z_1, z_2, z_3)[place]" in source
    assert "if place == 0 else 0.0" in source


def test_argmax_takes_the_first_nan() -> None:
    """As NumPy does."""
    z = sg.input("z", (4,))
    f = sg.function(z, (sg.argmax(z), sg.argmin(z)), target="python")
    for row in ([1.0, 3.0, 3.0, 0.0], [1.0, np.nan, 9.0, np.nan], [-np.inf, 2.0, np.inf, -np.inf]):
        assert f(z=row) == (int(np.argmax(row)), int(np.argmin(row)))


def test_choosing_among_too_many_is_refused() -> None:
    """A table of embeddings as scalars is no text for a person."""
    table, i = sg.param("table", np.zeros((1000, 16))), sg.input("i", (100,), int)
    with pytest.raises(LimitError, match=r"1600000 elements.*target='numpy'; built at"):
        sg.compile(sg.sum(table[i]), target="python")
