"""Shape ops: reshape, broadcast_to, transpose, concatenate, size, arange.  Dims may be symbolic.

>>> TRANSPOSE.infer(Type("f64", ("N", 3)), axes=(1, 0))
f64[3, N]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import DTYPES, Dim, Shape, Type, add, product
from symgrad.ops import defining as d
from symgrad.ops import intervals as iv
from symgrad.ops.table import register


def _reshaped(x: Type, *, shape: Shape) -> Type:
    if product(shape) != x.size:
        raise ShapeError(f"reshape: expected a shape of {x.size} elements for {x}, got {shape}")
    return x.with_shape(shape)


def _broadcast(x: Type, *, shape: Shape) -> Type:
    tail = tuple(shape)[len(shape) - x.rank :] if x.rank <= len(shape) else None
    if tail is None or any(a not in (1, b) for a, b in zip(x.shape, tail, strict=True)):
        raise ShapeError(f"broadcast_to: expected a shape that {x} stretches to, got {shape}")
    return x.with_shape(shape)


def unbroadcast(f: Any, g: Any, shape: Shape) -> Any:
    """The sum of ``g`` over the axes along which ``shape`` was stretched."""
    own = f.type(g).shape
    lead = len(own) - len(shape)
    if lead:
        g = f.sum(g, axis=tuple(range(lead)), keepdims=False)
    ones = tuple(i for i, d in enumerate(shape) if d == 1 and own[lead + i] != 1)
    return f.sum(g, axis=ones, keepdims=True) if ones else g


def _transposed(x: Type, *, axes: tuple[int, ...]) -> Type:
    if sorted(axes) != list(range(x.rank)):
        raise ShapeError(f"transpose: expected an order of {x.rank} axes for {x}, got {axes}")
    return x.with_shape(tuple(x.shape[a] for a in axes))


def _concatenated(*xs: Type, axis: int) -> Type:
    first = xs[0] if xs else None
    if first is None or not 0 <= axis < first.rank:
        raise ShapeError(f"concatenate: expected operands with an axis {axis}, got {xs}")
    total: Dim = 0
    for x in xs:
        if x.dtype != first.dtype:
            raise DTypeError(f"concatenate: expected one dtype, got {xs}; cast")
        if x.rank != first.rank or any(
            a != b for i, (a, b) in enumerate(zip(x.shape, first.shape, strict=True)) if i != axis
        ):
            raise ShapeError(f"concatenate: expected equal shapes but for axis {axis}, got {xs}")
        total = add(total, x.shape[axis])
    return first.with_shape((*first.shape[:axis], total, *first.shape[axis + 1 :]))


def _concatenate_pullback(f: Any, g: Any, y: Any, *xs: Any, axis: int) -> tuple[Any, ...]:
    shape, start, parts = f.type(g).shape, 0, []
    at: Dim = start
    for x in xs:
        stop = add(at, f.type(x).shape[axis])
        key = tuple(
            ("slice", at, stop, 1) if i == axis else ("slice", 0, d, 1) for i, d in enumerate(shape)
        )
        parts.append(f.index(g, key=key))
        at = stop
    return tuple(parts)


RESHAPE = register(
    Op(
        "reshape",
        "shape",
        1,
        infer=_reshaped,
        evaluate=lambda x, *, shape: np.reshape(x, shape),
        pullback=lambda f, g, y, x, *, shape: (f.reshape(g, shape=f.type(x).shape),),
        attributes=("shape",),
        dim_attributes=("shape",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        cost=0,
        traits=("exact", "moves", "view", "arranges", "sums", "terms", "picks"),
        called="view",
        named="view_{}",
        definition=d.RESHAPE,
        doc="the same elements in row-major order in another shape",
    )
)
BROADCAST_TO = register(
    Op(
        "broadcast_to",
        "shape",
        1,
        infer=_broadcast,
        evaluate=lambda x, *, shape: np.broadcast_to(x, shape),
        pullback=lambda f, g, y, x, *, shape: (unbroadcast(f, g, f.type(x).shape),),
        attributes=("shape",),
        dim_attributes=("shape",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        cost=0,
        traits=("exact", "carries", "view", "arranges", "sums", "terms"),
        called="spread",
        definition=d.BROADCAST_TO,
        doc="x stretched to the shape as NumPy broadcasts",
    )
)
TRANSPOSE = register(
    Op(
        "transpose",
        "shape",
        1,
        infer=_transposed,
        evaluate=lambda x, *, axes: np.transpose(x, axes),
        pullback=lambda f, g, y, x, *, axes: (
            f.transpose(g, axes=tuple(axes.index(i) for i in range(len(axes)))),
        ),
        attributes=("axes",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        cost=0,
        traits=("exact", "moves", "view", "arranges", "sums", "terms", "picks"),
        named="{}_T",
        definition=d.call("transpose"),
        doc="x with its axes in the given order",
    )
)
BY_COLUMN = register(
    Op(
        "by_column",
        "shape",
        1,
        infer=lambda x: x,
        evaluate=np.asfortranarray,
        pullback=lambda f, g, y, x: (g,),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        cost=0,
        traits=("exact", "moves", "view", "arranges", "sums", "terms", "picks"),
        called="columns",
        definition=d.Definition(lambda x, operands: operands[0]),
        doc="x, whose columns are kept one after another in memory",
    )
)
CONCATENATE = register(
    Op(
        "concatenate",
        "shape",
        None,
        infer=_concatenated,
        called="joined",
        evaluate=lambda *xs, axis: np.concatenate(xs, axis=axis),
        pullback=_concatenate_pullback,
        attributes=("axis",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        traits=("exact", "moves", "arranges"),
        definition=d.call("concatenate", "[{}]"),
        doc="the operands one after another along an axis",
    )
)
SIZE = register(
    Op(
        "size",
        "shape",
        0,
        infer=lambda *, dim, dtype: Type(dtype),
        evaluate=lambda *, dim, dtype: DTYPES[dtype].type(dim),
        attributes=("dim", "dtype"),
        dim_attributes=("dim",),
        interval=iv.fixed(1.0),
        cost=0,
        traits=("exact",),
        definition=d.Definition(lambda x, operands, dim, dtype: f"np.float64({dim})"),
        doc="a size as a number",
    )
)
ARANGE = register(
    Op(
        "arange",
        "shape",
        0,
        infer=lambda *, dim, dtype: Type(dtype, (dim,)),
        evaluate=lambda *, dim, dtype: np.arange(dim, dtype=DTYPES[dtype]),
        attributes=("dim", "dtype"),
        dim_attributes=("dim",),
        definition=d.Definition(lambda x, operands, dim, dtype: f"np.arange({dim})"),
        doc="the numbers from 0 to a size, which is left out",
    )
)
