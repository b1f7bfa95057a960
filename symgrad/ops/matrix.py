"""Triangles and diagonals of matrices, and arrays turned end to end.

>>> DIAG.infer(Type("f64", ("N",)), k=1)
f64[N + 1, N + 1]
>>> DIAGONAL.infer(Type("f64", (2, 3)), k=2)
f64[1]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import Dim, Type, add, polynomial, subtract
from symgrad.ops import defining as d
from symgrad.ops import intervals as iv
from symgrad.ops.reduction import normalize_axis
from symgrad.ops.table import register


def _triangle(name: str, evaluate: Any, doc: str) -> Op:
    def infer(x: Type, *, k: int) -> Type:
        if x.rank < 2:
            raise ShapeError(f"{name}: expected a matrix or a batch of them, got {x}; reshape it")
        return x

    def pullback(f: Any, g: Any, y: Any, x: Any, *, k: int) -> tuple[Any]:
        return (getattr(f, name)(g, k=k),)

    return register(
        Op(
            name,
            "shape",
            1,
            infer=infer,
            evaluate=lambda x, *, k: evaluate(x, k),
            pullback=pullback,
            attributes=("k",),
            traits=("exact", "carries", "arranges"),
            definition=d.with_k(name),
            doc=doc,
        )
    )


def _diag_result(x: Type, *, k: int) -> Type:
    if x.rank != 1:
        raise ShapeError(f"diag: expected a vector, got {x}; diagonal reads a matrix's")
    n = add(x.shape[0], abs(k))
    return x.with_shape((n, n))


def _diagonal_length(rows: Dim, columns: Dim, k: int) -> Dim:
    if isinstance(rows, int) and isinstance(columns, int):
        return max(0, min(rows + min(k, 0), columns - max(k, 0)))
    length = subtract(rows, abs(k))
    if rows != columns or any(c < 0 for c in polynomial(length).values()):
        raise ShapeError(
            f"diagonal: expected a square matrix with a diagonal {k}, got {rows} by {columns}; "
            f"fix the sizes"
        )
    return length


def _diagonal_result(x: Type, *, k: int) -> Type:
    if x.rank != 2:
        raise ShapeError(f"diagonal: expected a matrix, got {x}; reshape it")
    rows, columns = x.shape
    return x.with_shape((_diagonal_length(rows, columns, k),))


def _diagonal_pullback(f: Any, g: Any, y: Any, x: Any, *, k: int) -> tuple[Any]:
    shape, n = f.type(x).shape, f.type(g).shape[0]
    back = f.diag(g, k=k)
    if f.type(back).shape == tuple(shape):
        return (back,)
    # Only a matrix of known sizes comes here.  Its diagonal spans a corner of it.
    rows, columns = (n + max(-k, 0), n + max(k, 0)) if n else (0, 0)
    key = (("slice", 0, rows, 1), ("slice", 0, columns, 1))
    return (f.embed(f.index(back, key=key), shape=shape, key=key),)


def _flipped(x: Type, *, axis: tuple[int, ...]) -> Type:
    normalize_axis("flip", axis, x.rank)
    return x


TRIL = _triangle("tril", np.tril, "the matrix with zeros above diagonal k")
TRIU = _triangle("triu", np.triu, "the matrix with zeros below diagonal k")
DIAG = register(
    Op(
        "diag",
        "shape",
        1,
        infer=_diag_result,
        evaluate=lambda x, *, k: np.diag(x, k),
        pullback=lambda f, g, y, x, *, k: (f.diagonal(g, k=k),),
        attributes=("k",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull_with_zero),
        traits=("exact", "carries", "arranges"),
        definition=d.with_k("diag"),
        doc="the square matrix with x on diagonal k and zeros elsewhere",
    )
)
DIAGONAL = register(
    Op(
        "diagonal",
        "shape",
        1,
        infer=_diagonal_result,
        evaluate=lambda x, *, k: np.diagonal(x, k),
        pullback=_diagonal_pullback,
        attributes=("k",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        traits=("exact", "carries", "view", "arranges"),
        definition=d.with_k("diagonal"),
        doc="diagonal k of a matrix",
    )
)
FLIP = register(
    Op(
        "flip",
        "shape",
        1,
        infer=_flipped,
        evaluate=lambda x, *, axis: np.flip(x, axis),
        pullback=lambda f, g, y, x, *, axis: (f.flip(g, axis=axis),),
        attributes=("axis",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        traits=("exact", "moves", "view", "arranges"),
        definition=d.call("flip"),
        doc="x in the opposite order along the axes",
    )
)
