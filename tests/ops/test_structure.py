"""Structural ops at their edges, and their pullbacks as IR with named sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symgrad.ir.function import function, parameter
from symgrad.ir.run import interpret, resolve
from symgrad.ir.types import Type
from symgrad.ops import OPS, ArrayAlgebra, IRAlgebra

ALL = {"axis": (0, 1), "keepdims": False}
ROWS = {"axis": (1,), "keepdims": False}
NAMED: list[tuple[str, dict[str, Any], list[tuple[Any, ...]]]] = [
    *[(n, a, [("N", 3)]) for n in ("sum", "mean", "max", "prod", "logsumexp") for a in (ALL, ROWS)],
    ("reshape", {"shape": ("3*N",)}, [("N", 3)]),
    ("broadcast_to", {"shape": (2, "N", 3)}, [("N", 1)]),
    ("transpose", {"axes": (1, 0)}, [("N", 3)]),
    ("by_column", {}, [("N", 3)]),
    ("concatenate", {"axis": 0}, [("N", 3), (1, 3)]),
    ("index", {"key": (("slice", 0, "N", 1), ("slice", 2, -1, -1))}, [("N", 3)]),
    ("embed", {"shape": ("N", 3), "key": (("slice", 0, "N", 1), ("int", 1))}, [("N",)]),
    ("matmul", {}, [("N", 3), (3, "M")]),
    ("matmul", {}, [("N", 3), (3,)]),
    ("matmul", {}, [("N", 2, 3), (3, "M")]),
    ("outer", {}, [("N",), ("M",)]),
    ("einsum", {"spec": "ij,kj->ik"}, [("N", 3), ("M", 3)]),
    ("einsum", {"spec": "ij->j"}, [("N", 3)]),
    ("tril", {"k": 0}, [("N", "N")]),
    ("triu", {"k": 1}, [("N", "N")]),
    ("diag", {"k": -1}, [("N",)]),
    ("diagonal", {"k": 0}, [("N", "N")]),
    ("flip", {"axis": (0,)}, [("N", 3)]),
]


@pytest.mark.parametrize(("name", "attributes", "shapes"), NAMED)
def test_the_pullback_builds_ir_for_named_sizes(name, attributes, shapes):
    """One function serves all sizes and agrees with the pullback computed on arrays."""
    op, f = OPS[name], IRAlgebra()
    xs = [parameter(f"x{i}", Type("f64", s)) for i, s in enumerate(shapes)]
    terms = [f.term(x) for x in xs]
    y = getattr(f, name)(*terms, **attributes)
    g = parameter("g", y.instr.type)
    back = op.pullback(f, f.term(g), y, *terms, **attributes)
    assert [b.instr.type for b in back] == [x.type for x in xs]
    forward = function("y", xs, [y.instr])
    whole = function("f", [*xs, g], [b.instr for b in back])
    rng = np.random.default_rng(0)
    for sizes in ({"N": 1, "M": 2}, {"N": 4, "M": 1}):
        arrays = [rng.normal(size=[sizes.get(d, d) for d in s]) for s in shapes]
        (value,) = interpret(forward, arrays)
        seed = rng.normal(size=value.shape)
        known = {
            k: resolve(v, sizes) if k in op.dim_attributes else v for k, v in attributes.items()
        }
        want = op.pullback(ArrayAlgebra(), seed, value, *arrays, **known)
        for a, b in zip(interpret(whole, [*arrays, seed]), want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share_evenly(name):
    """Equal extremes get equal shares that sum to the cotangent."""
    x, a = np.array([[2.0, 2.0], [2.0, 2.0]]), {"axis": (1,), "keepdims": False}
    y = OPS[name].evaluate(x, **a)
    (back,) = OPS[name].pullback(ArrayAlgebra(), np.array([1.0, 4.0]), y, x, **a)
    np.testing.assert_array_equal(back, [[0.5, 0.5], [2.0, 2.0]])


def test_prod_with_zeros():
    """The derivative is the product of the others, without nan for none, one or two zeros."""
    x = np.array([[1.0, 2.0, 3.0], [0.0, 2.0, 3.0], [0.0, -0.0, 3.0]])
    y = OPS["prod"].evaluate(x, **ROWS)
    (back,) = OPS["prod"].pullback(ArrayAlgebra(), np.ones(3), y, x, **ROWS)
    np.testing.assert_array_equal(back, [[6.0, 3.0, 2.0], [6.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize("axis", [(), (0,), (1,), (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_is_its_expansion(axis, keepdims):
    """Both agree on large, infinite and nan operands, and keep f32."""
    inf, nan = np.inf, np.nan
    f, x = ArrayAlgebra(), np.array([[1e3, 1e3, 2.0], [-inf, 3.0, -inf], [inf, nan, 1.0]])
    for rows in (x[:2], x[1:, ::2], x):
        attributes = {"axis": axis, "keepdims": keepdims}
        with np.errstate(all="ignore"):
            want = OPS["logsumexp"].expansion(f, rows, **attributes)
            got = OPS["logsumexp"].evaluate(rows, **attributes)
        np.testing.assert_array_equal(got, want)
    single = OPS["logsumexp"].evaluate(x[:1].astype(np.float32), **attributes)
    assert single.dtype == np.float32
    row = OPS["logsumexp"].evaluate(np.array([1000.0, 1000.0]), axis=(0,), keepdims=False)
    assert float(row) == pytest.approx(1000.0 + np.log(2.0))


def test_any_all_argmax_are_numpys():
    """Of nothing, any is false and all is true; the first of equals wins."""
    none = np.zeros((0,), bool)
    assert not OPS["any"].evaluate(none, axis=(0,), keepdims=False)
    assert OPS["all"].evaluate(none, axis=(0,), keepdims=False)
    assert OPS["argmax"].evaluate([1.0, 3.0, 3.0], axis=0, keepdims=False) == 1
    assert OPS["argmin"].evaluate([[1.0, 0.0]], axis=1, keepdims=True).shape == (1, 1)
