"""float32 programs compute in float32 from the first line to the last gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad import losses
from symgrad.ir.run import interpret

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
W = np.array([0.5, -1.25, 2.0], np.float32)

# Gradients in which literals meet conditions alone, or functions that make arrays of them.
PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "scaled relu": lambda x, w: sg.sum(2 * sg.relu(w)),
    "mean of relu": lambda x, w: sg.mean(sg.relu(x * w)),
    "clip": lambda x, w: sg.sum(sg.clip(w, 0, 1) * 2),
    "where": lambda x, w: sg.sum(sg.where(w > 0, 2 * w, -w)),
    "where of a scalar": lambda x, w: sg.sum(sg.where(w[0] > 0, w[0], 0.0) * x),
    "leaky relu": lambda x, w: sg.sum(sg.leaky_relu(w)),
    "huber": lambda x, w: losses.huber(x @ w, sg.mean(x, axis=1)),
    "hinge": lambda x, w: losses.hinge(x @ w, sg.sign(sg.mean(x, axis=1))),
    "variance": lambda x, w: sg.mean(sg.var(x * w, axis=0, ddof=1)),
    "einsum": lambda x, w: sg.einsum("ij,j->", x, w),
    "mean of squares": lambda x, w: sg.mean(sg.square(x @ w)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_have_the_dtype_of_the_ir(name: str) -> None:
    """float32, and what the interpreter computes in it."""
    x, w = sg.input("x", ("N", 3), np.float32), sg.param("w", W)
    f = sg.compile(PROGRAMS[name](x, w), aux=(w * 1.0,))
    data = {"x": X, "w": W}
    arguments = [data[a.name] for a in f.signature.arguments]
    (value, _), (d_w,) = f(*arguments)
    want, _, d_want = interpret(f.ir, arguments)
    assert d_w.dtype == d_want.dtype == np.float32
    np.testing.assert_allclose(value, want, rtol=1e-5)
    np.testing.assert_allclose(d_w, d_want, rtol=1e-5)


def test_a_number_says_so_only_where_nothing_else_does() -> None:
    """Beside an array of float32 it is written as ever."""
    w = sg.param("w", W)
    text = sg.compile(sg.sum(3 * sg.relu(w) + 2 * w * w)).source
    assert "np.float32(3.0) * (w > 0.0)" in text
    assert text.count("np.float32") == 1
