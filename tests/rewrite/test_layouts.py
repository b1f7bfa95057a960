"""Arrays of short rows are kept column by column where that saves more than it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg

RNG = np.random.default_rng(5)
NOTE = "Short rows are kept column by column in memory"
WRITTEN = "np.asfortranarray(", 'order="F")', "axis=1).T"


def compiled(loss: Any) -> sg.CompiledFunction:
    f = sg.compile(loss)
    assert f.verify().verdict == "verified"
    assert is_told(f) == any(form in f.source for form in WRITTEN)
    return f


def is_told(f: sg.CompiledFunction) -> bool:
    return NOTE in " ".join(f.source.split())


def logits(width: int) -> Any:
    w = sg.param("w", RNG.normal(size=(4, width)))
    return sg.input("x", ("N", 4)) @ w


def test_a_product_whose_short_rows_are_reduced_is_made_column_by_column():
    """The product is written so at no cost, and what is computed of it follows by itself."""
    loss = sg.mean(sg.logsumexp(logits(3), axis=1))
    f = compiled(loss)
    assert 'np.matmul(x, w, order="F")' in f.source
    X = RNG.normal(size=(50, 4))
    value, (grad,) = f(x=X)
    plain, (want,) = sg.compile(loss, reassociate=False)(x=X)
    np.testing.assert_allclose(value, plain, rtol=1e-12)
    np.testing.assert_allclose(grad, want, rtol=1e-10)


def test_points_whose_differences_are_taken_are_copied_column_by_column():
    """Two arguments make a stack of many short rows, and each is copied once."""
    p = sg.param("p", RNG.normal(size=(40, 3)))
    q = sg.input("q", ("M", 3))
    gaps = p[:, None, :] - q[None, :, :]
    f = compiled(sg.sum(sg.exp(-sg.sum(gaps * gaps, axis=2))))
    assert f.source.count("np.asfortranarray(") == 2
    Q = np.asfortranarray(RNG.normal(size=(70, 3)))
    (grad,) = f(q=Q)[1]
    np.testing.assert_array_equal(grad, f(q=np.ascontiguousarray(Q))[1][0])


def test_rows_that_are_read_by_index_are_read_column_by_column():
    """Both ends of each edge are, and their difference goes back one column at a time."""
    p = sg.param("p", RNG.normal(size=(30, 2)))
    i, j = (sg.input(name, ("E",), int) for name in "ij")
    spans = p[i] - p[j]
    f = compiled(sg.sum(sg.sqrt(1.0 + sg.sum(spans * spans, axis=1))))
    assert f.source.count("np.take(p.T, ") == 2
    ends = dict(zip("ij", RNG.integers(0, 30, (2, 90)), strict=True))
    plain = sg.compile(sg.sum(sg.sqrt(1.0 + sg.sum(spans * spans, axis=1))), reassociate=False)
    np.testing.assert_allclose(f(**ends)[1][0], plain(**ends)[1][0], rtol=1e-10)


def test_a_table_that_is_turned_is_read_as_it_stands():
    """No value is turned twice, and a value with another layout keeps its name."""
    w = sg.param("w", RNG.normal(size=(3, 20)))
    picked = sg.exp(w).T[sg.input("i", ("N",), int)]
    source = compiled(sg.sum(sg.log(sg.sum(picked * picked, axis=1)))).source
    assert "picked = np.take(" in source
    assert ".T.T" not in source


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(lambda: sg.mean(sg.logsumexp(logits(40), axis=1)), id="long rows"),
        pytest.param(lambda: sg.mean(sg.tanh(logits(3)) ** 2), id="no sum over rows"),
        pytest.param(
            lambda: sg.sum(sg.exp(sg.sum(sg.tanh(sg.param("p", np.ones((70, 3)))), axis=1))),
            id="an argument that no stack is made of",
        ),
        pytest.param(
            lambda: sg.sum(sg.logsumexp(sg.param("a", np.ones((9, 4))) @ sg.input("x", (4, 3)))),
            id="few rows",
        ),
    ],
)
def test_rows_stay_where_columns_would_gain_nothing(loss):
    """Neither the text nor its note speaks of a layout."""
    assert not is_told(compiled(loss()))


def test_a_result_is_no_reason_for_a_layout():
    """Whoever reads a result expects rows, so that what is returned itself stays as it is."""
    z = logits(3)
    loss = sg.mean(sg.logsumexp(z, axis=1))
    assert is_told(compiled(loss))
    assert not is_told(sg.compile(loss, aux=z))
