"""Reading by index arrays that stand in the program, under every pair of options.

An index may be folded to a literal of any shape, and what flows back to it may be a number of
Python's own: the text runs, and gives what NumPy gives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pytest

import symgrad as sg

W = np.random.default_rng(0).normal(size=(4, 3))
V = np.random.default_rng(1).normal(size=5)
IDX = np.array([0, 2, 1, 1])
# Each reads a matrix and a vector; np and sg run the same text.
READS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "squeezed": lambda m, w, v: m.squeeze(m.take_along_axis(w, IDX[:, None], 1)),
    "squeezed axis": lambda m, w, v: m.squeeze(m.take_along_axis(w, IDX[:, None], 1), 1),
    "column": lambda m, w, v: m.take_along_axis(w, IDX[:, None], 1)[:, 0],
    "reshaped": lambda m, w, v: m.reshape(m.take_along_axis(w, IDX[:, None], 1), (2, 2)),
    "kept": lambda m, w, v: m.take_along_axis(w, IDX[:, None], 1),
    "several": lambda m, w, v: m.take_along_axis(w, IDX.reshape(4, 1)[:, [0, 0]], 1),
    "of rows": lambda m, w, v: m.take_along_axis(w, IDX[None, :3], 0),
    "of rows squeezed": lambda m, w, v: m.squeeze(m.take_along_axis(w, IDX[None, :3], 0)),
    "of a vector": lambda m, w, v: m.take_along_axis(v, IDX, 0),
    "one of a vector": lambda m, w, v: m.squeeze(m.take_along_axis(v, IDX[1:2], 0)),
    "taken": lambda m, w, v: m.take(w, IDX, axis=0),
    "taken columns": lambda m, w, v: m.take(w, IDX[1:], axis=1),
    "one row": lambda m, w, v: m.take(w, 1, axis=0),
    "one row squeezed": lambda m, w, v: m.squeeze(m.take(w, np.array([1]), axis=0)),
    "one number": lambda m, w, v: m.take(v, np.array(1), axis=0),
    "rows": lambda m, w, v: w[IDX],
    "one a row": lambda m, w, v: w[np.arange(4), IDX],
    "outer": lambda m, w, v: w[IDX[:, None], np.array([[0, 1]])],
    "none": lambda m, w, v: w[IDX[:0]],
    "twice": lambda m, w, v: w[IDX][[0, 0, 1]],
}
OPTIONS = ("stabilize", "accurate", "simplify", "reassociate", "strict", "check")
# Eight settings in which each pair of options takes each pair of values.
PAIRS = ("101110", "110011", "011101", "000111", "100100", "111000", "001010", "010001")


def settings() -> list[dict[str, bool]]:
    """Eight ways to set the options: any two of them are on and off together and apart."""
    rows = [dict(zip(OPTIONS, (c == "1" for c in row), strict=True)) for row in PAIRS]
    for a in OPTIONS:
        for b in OPTIONS:
            assert a == b or len({(row[a], row[b]) for row in rows}) == 4
    return [{}, *rows]


def slopes(read: Callable[..., Any]) -> list[np.ndarray]:
    """The gradients of a quadratic, by differences that are exact for it."""

    def loss(w: np.ndarray, v: np.ndarray) -> float:
        return float(np.sum(np.square(read(np, w, v))))

    by_w = [loss(W + e.reshape(W.shape), V) - loss(W - e.reshape(W.shape), V) for e in np.eye(12)]
    by_v = [loss(W, V + e) - loss(W, V - e) for e in np.eye(5)]
    return [np.reshape(by_w, W.shape) / 2.0, np.array(by_v) / 2.0]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", READS)
def test_a_literal_index_reads_as_numpy_does_under_each_pair_of_options(
    name: str, target: str
) -> None:
    """Value and gradient, in both targets."""
    read, params = READS[name], [sg.param("W", W), sg.param("v", V)]
    loss, expected = sg.sum(sg.square(read(sg, *params))), slopes(read)
    for options in settings():
        value, grads = sg.compile(loss, wrt=params, target=target, **options)()
        assert value == pytest.approx(np.sum(np.square(read(np, W, V))), rel=1e-12)
        np.testing.assert_allclose(np.array(grads.W), expected[0], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(np.array(grads.v), expected[1], rtol=1e-12, atol=1e-12)


MEANS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "mean": lambda w, x, y: sum(sg.pick(w, j) for j in y) / len(y),
    "mean without a start": lambda w, x, y: reduce(lambda a, b: a + b, picks(w, y)) / len(y),
    "first": lambda w, x, y: 2.0 * sg.pick(w, y[0]),
    "last and mean": lambda w, x, y: sg.pick(w, y[-1]) + sum(a * w[1] for a in x) / len(x),
    "within the mean": lambda w, x, y: (sg.pick(w, y[0]) + sum(a * w[1] for a in x)) / len(x),
    "squares": lambda w, x, y: (
        sum((sg.pick(w, j) - a) ** 2 for a, j in zip(x, y, strict=False)) / len(x)
    ),
}


def picks(w: Any, y: Any) -> list[Any]:
    return [sg.pick(w, j) for j in y]


@pytest.mark.parametrize("name", MEANS)
def test_a_picked_element_gets_its_share_under_each_pair_of_options(name: str) -> None:
    """Also where the share is a number of Python's own, such as 1/N."""
    x, y = np.array([0.5, -1.0, 2.0, 0.25, 1.5]), np.array([0, 2, 1, 1, 0])
    w = [sg.Value(v) for v in (0.1, 0.2, 0.3)]
    loss = MEANS[name](w, x, y)
    loss.backward()
    expected = [v.grad for v in w]
    for options in settings():
        step = sg.value_and_grad(lambda x, y: MEANS[name](w, x, y), wrt=w, **options)
        value, d_w = step(x, y)
        assert value == pytest.approx(loss.data, rel=1e-12)
        np.testing.assert_allclose(d_w, expected, rtol=1e-12)
