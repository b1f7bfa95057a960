"""Indexing by arrays: pullbacks are adjoints, repeated indices add up, and shapes are checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.function import function, parameter
from symgrad.ir.run import interpret
from symgrad.ir.types import Type, parse_type
from symgrad.ops import OPS, ArrayAlgebra, IRAlgebra

PLACES, J = [[0, 2, 2], [1, -1, 0]], [1, 0, -1]
CASES: list[tuple[str, dict[str, Any], tuple[int, ...], list[Any]]] = [
    ("take", {"axis": 0}, (3, 4), [J]),
    ("take", {"axis": 1}, (2, 3, 4), [PLACES]),
    ("take", {"axis": 1}, (2, 3), [2]),
    ("take", {"axis": 0}, (1, 0), [[0, 0]]),
    ("take", {"axis": 0}, (3, 4), [[]]),
    ("scatter_add", {"axis": 0, "size": 5}, (3, 4), [J]),
    ("scatter_add", {"axis": 1, "size": 3}, (4, 2, 3), [PLACES]),
    ("scatter_add", {"axis": 1, "size": 3}, (4, 2), [1]),
    ("scatter_add", {"axis": 0, "size": 3}, (0, 2), [[]]),
    ("take_along_axis", {"axis": 1}, (2, 3), [PLACES]),
    ("take_along_axis", {"axis": 0}, (1, 3), [[[0, 0, 0], [0, 0, 0]]]),
    ("take_along_axis", {"axis": 1}, (0, 3), [np.zeros((0, 2), int)]),
    ("add_along_axis", {"axis": 1, "size": 4}, (2, 3), [PLACES]),
    ("add_along_axis", {"axis": 0, "size": 3}, (3,), [J]),
    ("add_along_axis", {"axis": 1, "size": 3}, (0, 2), [np.zeros((0, 2), int)]),
    ("gather", {}, (3, 4), [J]),
    ("gather", {}, (3, 3, 2), [PLACES, J]),
    ("gather", {}, (3, 3), [[[0], [2]], J]),
    ("gather", {}, (3, 3), [1, 2]),
    ("scatter_nd", {"shape": (3, 4)}, (3, 4), [J]),
    ("scatter_nd", {"shape": (3, 3, 2)}, (2, 3, 2), [PLACES, J]),
    ("scatter_nd", {"shape": (3, 3)}, (2, 3), [[[0], [2]], J]),
    ("scatter_nd", {"shape": (3, 3)}, (), [1, 2]),
]


def i64(indices: Any) -> Any:
    return np.asarray(indices, np.int64)


@pytest.mark.parametrize(("name", "attributes", "shape", "indices"), CASES)
def test_pullback_is_the_adjoint(name, attributes, shape, indices):
    """<pullback(g), v> is <g, op(v)> since the ops are linear; IR built of it agrees."""
    rng, op, indices = np.random.default_rng(0), OPS[name], [i64(i) for i in indices]
    x, v = rng.normal(size=shape), rng.normal(size=shape)
    y = op.evaluate(x, *indices, **attributes)
    types = [Type("f64", shape), *(Type("i64", i.shape) for i in indices)]
    assert op.infer(*types, **attributes).shape == np.shape(y)
    g = rng.normal(size=np.shape(y))
    back, *rest = op.pullback(ArrayAlgebra(), g, y, x, *indices, **attributes)
    assert np.shape(back) == shape
    assert rest == [None] * len(indices)
    assert np.sum(back * v) == pytest.approx(np.sum(g * op.evaluate(v, *indices, **attributes)))
    f = IRAlgebra()
    terms = [f.term(parameter(f"x{i}", t)) for i, t in enumerate(types)]
    seed = f.term(parameter("g", Type("f64", g.shape)))
    built = op.pullback(f, seed, None, *terms, **attributes)[0].instr
    whole = function("f", [seed.instr, *(t.instr for t in terms)], [built])
    np.testing.assert_array_equal(interpret(whole, [g, x, *indices])[0], back)


def test_repeated_indices_add_up():
    """What is read twice gets two cotangents."""
    got = OPS["scatter_add"].evaluate([1.0, 2.0, 4.0], i64([0, 0, 2]), axis=0, size=3)
    np.testing.assert_array_equal(got, [3.0, 0.0, 4.0])


def test_one_hot_is_zero_out_of_range():
    """An index that names no place sets none, negative ones included."""
    got = OPS["one_hot"].evaluate(i64([0, 2, 3, -1]), size=3, dtype="f32")
    np.testing.assert_array_equal(got, [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]])
    assert got.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "attributes", "types", "error"),
    [
        ("take", {"axis": 0}, ["f64[3]", "f64[3]"], DTypeError),
        ("take", {"axis": 1}, ["f64[3]", "i64[3]"], ShapeError),
        ("scatter_add", {"axis": 0, "size": 3}, ["f64[3]", "i64[2]"], ShapeError),
        ("take_along_axis", {"axis": 0}, ["f64[3, 2]", "i64[3]"], ShapeError),
        ("take_along_axis", {"axis": 0}, ["f64[3, 2]", "i64[3, 1]"], ShapeError),
        ("add_along_axis", {"axis": 0, "size": 3}, ["f64[3]", "i64[2]"], ShapeError),
        ("gather", {}, ["f64[3]"], ShapeError),
        ("gather", {}, ["f64[3]", "i64[2]", "i64[2]"], ShapeError),
        ("gather", {}, ["f64[3, 3]", "i64[2]", "i64[4]"], ShapeError),
        ("scatter_nd", {"shape": (3,)}, ["f64[3]", "i64[2]"], ShapeError),
        ("one_hot", {"size": 3, "dtype": "f64"}, ["f64[3]"], DTypeError),
        ("one_hot", {"size": 3, "dtype": "f16"}, ["i64[3]"], DTypeError),
        ("argmax", {"axis": 1, "keepdims": False}, ["f64[3]"], ShapeError),
        ("argmin", {"axis": 0, "keepdims": False}, ["f64[0]"], ShapeError),
        ("max", {"axis": (0,), "keepdims": False}, ["f64[0]"], ShapeError),
        ("logsumexp", {"axis": (0,), "keepdims": False}, ["i64[3]"], DTypeError),
        ("prod", {"axis": (0,), "keepdims": False}, ["bool[3]"], DTypeError),
        ("any", {"axis": (0,), "keepdims": False}, ["f64[3]"], DTypeError),
        ("tril", {"k": 0}, ["f64[3]"], ShapeError),
        ("diag", {"k": 0}, ["f64[3, 3]"], ShapeError),
        ("diagonal", {"k": 0}, ["f64[3]"], ShapeError),
        ("diagonal", {"k": 0}, ["f64[N, M]"], ShapeError),
        ("diagonal", {"k": 1}, ["f64[N, N]"], ShapeError),
        ("flip", {"axis": (1,)}, ["f64[3]"], ShapeError),
        ("einsum", {"spec": "ii->i"}, ["f64[3, 3]"], ShapeError),
        ("einsum", {"spec": "ij"}, ["f64[3, 3]"], ShapeError),
        ("einsum", {"spec": "...i->i"}, ["f64[3, 3]"], ShapeError),
        ("einsum", {"spec": "ij->k"}, ["f64[3, 3]"], ShapeError),
        ("einsum", {"spec": "ij->ii"}, ["f64[3, 3]"], ShapeError),
        ("einsum", {"spec": "i,i->"}, ["f64[3]"], ShapeError),
        ("einsum", {"spec": "i,i->"}, ["f64[3]", "f64[4]"], ShapeError),
        ("einsum", {"spec": "ij->i"}, ["f64[3]"], ShapeError),
        ("einsum", {"spec": "i,i->"}, ["f64[3]", "f32[3]"], DTypeError),
    ],
)
def test_operands_that_do_not_fit_are_refused(name, attributes, types, error):
    """infer raises, and its message starts with the op's name."""
    with pytest.raises(error, match=f"^{name}: "):
        OPS[name].infer(*(parse_type(t) for t in types), **attributes)
