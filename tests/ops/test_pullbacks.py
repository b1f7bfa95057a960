"""Pullbacks of structural ops are the adjoints of their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symgrad.ir.types import Type
from symgrad.ops import OPS, ArrayAlgebra

FULL = ("slice", 0, 3, 1)
CASES: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]] = [
    *[
        (name, {"axis": axis, "keepdims": keep}, [(2, 3, 1)])
        for name in ("sum", "mean", "max", "min")
        for axis in ((), (0,), (1,), (0, 2), (0, 1, 2))
        for keep in (False, True)
    ],
    ("sum", {"axis": (0,), "keepdims": False}, [(0, 3)]),
    ("reshape", {"shape": (3, 2)}, [(2, 3)]),
    ("broadcast_to", {"shape": (2, 4, 3)}, [(1, 3)]),
    ("broadcast_to", {"shape": (2, 4, 3)}, [(4, 1)]),
    ("transpose", {"axes": (1, 2, 0)}, [(2, 3, 4)]),
    ("concatenate", {"axis": 1}, [(2, 3), (2, 0), (2, 1)]),
    ("index", {"key": (("int", 1), ("new",), ("slice", 2, -1, -1))}, [(2, 3)]),
    ("index", {"key": (("slice", 0, 0, 1),)}, [(2, 3)]),
    ("embed", {"shape": (2, 3), "key": (("int", 1),)}, [(3,)]),
    ("outer", {}, [(2,), (3,)]),
    ("vdot", {}, [(2, 3), (2, 3)]),
    ("vdot", {}, [(0,), (0,)]),
    *[
        ("matmul", {}, shapes)
        for shapes in (
            [(3,), (3,)],
            [(2, 3), (3,)],
            [(3,), (3, 2)],
            [(2, 3), (3, 4)],
            [(0, 3), (3, 4)],
            [(5, 2, 3), (3, 4)],
            [(5, 2, 3), (1, 3, 4)],
            [(5, 2, 3), (3,)],
            [(3,), (5, 3, 2)],
        )
    ],
    *[
        (name, {"axis": axis, "keepdims": keep}, [(2, 3, 1)])
        for name in ("prod", "logsumexp")
        for axis in ((), (0,), (1,), (0, 2), (0, 1, 2))
        for keep in (False, True)
    ],
    ("prod", {"axis": (0,), "keepdims": False}, [(0, 3)]),
    *[("prod_others", {}, [shape]) for shape in ((3,), (1,), (2, 4), (2, 0), (2, 3, 2))],
    ("vector", {}, [(), (), ()]),
    ("logsumexp", {"axis": (1,), "keepdims": False}, [(0, 3)]),
    ("view", {"offset": 1, "shape": (2, 2), "strides": (3, 1)}, [(7,)]),
    ("view", {"offset": 2, "shape": (), "strides": ()}, [(3,)]),
    ("pack", {"size": 6, "blocks": ((0, (2, 3), (3, 1)), (1, (2,), (3,)))}, [(2, 3), (2,)]),
    *[("ordered_sum", {"axis": axis}, [(2, 3)]) for axis in (0, 1)],
    *[(name, {"k": k}, [(2, 3)]) for name in ("tril", "triu") for k in (-1, 0, 1, 9)],
    ("tril", {"k": 0}, [(2, 3, 3)]),
    *[("diag", {"k": k}, [(n,)]) for k in (-2, 0, 1) for n in (0, 1, 3)],
    *[
        ("diagonal", {"k": k}, [shape])
        for k in (-9, -1, 0, 1, 9)
        for shape in ((3, 3), (2, 4), (4, 2), (1, 1), (0, 3))
    ],
    *[
        ("cumsum", {"axis": axis, "reverse": reverse}, [shape])
        for axis, shape in ((0, (4,)), (0, (2, 3)), (1, (2, 3)), (0, (0,)), (1, (2, 3, 2)))
        for reverse in (False, True)
    ],
    ("cross", {}, [(3,), (3,)]),
    ("cross", {}, [(2, 3), (3,)]),
    ("cross", {}, [(1, 3), (4, 2, 3)]),
    *[("flip", {"axis": axis}, [(2, 3)]) for axis in ((), (0,), (0, 1))],
    *[
        ("einsum", {"spec": spec}, shapes)
        for spec, shapes in (
            ("ij,jk->ik", [(2, 3), (3, 4)]),
            ("ij,jk,k->", [(2, 3), (3, 4), (4,)]),
            ("ij->j", [(2, 3)]),
            ("ij->ji", [(2, 3)]),
            ("i,j->ij", [(2,), (3,)]),
            ("bij,bk->bi", [(2, 3, 1), (2, 4)]),
            (",i->i", [(), (3,)]),
            ("i->", [(0,)]),
        )
    ],
]


@pytest.mark.parametrize(("name", "attributes", "shapes"), CASES)
def test_pullback_is_the_adjoint(name, attributes, shapes):
    """<pullback(g), v> is <g, J v>, by central differences; types agree with infer."""
    rng, op, f, h = np.random.default_rng(0), OPS[name], ArrayAlgebra(), 1e-6
    xs = [rng.normal(size=s) for s in shapes]
    vs = [rng.normal(size=s) for s in shapes]
    y = op.evaluate(*xs, **attributes)
    assert op.infer(*(Type("f64", s) for s in shapes), **attributes).shape == np.shape(y)
    g = rng.normal(size=np.shape(y))
    back = op.pullback(f, g, y, *xs, **attributes)
    assert [np.shape(b) for b in back] == shapes
    up = op.evaluate(*(x + h * v for x, v in zip(xs, vs, strict=True)), **attributes)
    down = op.evaluate(*(x - h * v for x, v in zip(xs, vs, strict=True)), **attributes)
    left = sum(np.sum(b * v) for b, v in zip(back, vs, strict=True))
    assert left == pytest.approx(np.sum(g * (up - down) / (2 * h)), abs=1e-7)
