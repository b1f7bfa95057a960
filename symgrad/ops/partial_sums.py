"""Sums of parts: of segments of unequal length, of all elements up to each one, in a stated order.

>>> SEGMENT_SUM.evaluate(np.array([1.0, 2.0, 3.0]), np.array([0, 1])).tolist()
[1.0, 5.0]
>>> CUMSUM.evaluate(np.array([1.0, 2.0, 3.0]), axis=0, reverse=True).tolist()
[6.0, 5.0, 3.0]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import Dim, Type
from symgrad.ops import defining as d
from symgrad.ops.reduction import normalize_axis
from symgrad.ops.table import register


def _segments(name: str, x: Type, starts: Type) -> None:
    if x.rank != 1 or starts.rank != 1:
        raise ShapeError(f"{name}: expected two vectors, got {x} and {starts}")
    if not x.is_float or starts.dtype != "i64":
        raise DTypeError(f"{name}: expected floats and i64, got {x} and {starts}; cast")


def _summed(x: Type, starts: Type) -> Type:
    _segments("segment_sum", x, starts)
    return x.with_shape(starts.shape)


def _spread(g: Type, starts: Type, *, size: Dim) -> Type:
    _segments("segment_spread", g, starts)
    if g.shape != starts.shape:
        raise ShapeError(f"segment_spread: expected a value a segment, got {g} and {starts}")
    return g.with_shape((size,))


def _segment_spread(g: Any, starts: Any, *, size: int) -> Any:
    return np.repeat(g, np.diff(np.append(starts, size)))


def _in_order(x: Type, *, axis: int) -> Type:
    if not 0 <= axis < x.rank or x.shape[axis] == 0:
        raise ShapeError(f"ordered_sum: expected an axis {axis} with elements, got {x}")
    return x.with_shape((*x.shape[:axis], *x.shape[axis + 1 :]))


def _ordered_sum(x: Any, *, axis: int) -> Any:
    return np.add.accumulate(np.asarray(x), axis=axis).take(-1, axis=axis)


def _ordered_pullback(f: Any, g: Any, y: Any, x: Any, *, axis: int) -> tuple[Any]:
    shape = f.type(x).shape
    spread = f.reshape(g, shape=(*shape[:axis], 1, *shape[axis + 1 :]))
    return (f.broadcast_to(spread, shape=shape),)


SEGMENT_SUM = register(
    Op(
        "segment_sum",
        "reduction",
        2,
        infer=_summed,
        evaluate=lambda x, starts: np.add.reduceat(np.asarray(x), starts),
        pullback=lambda f, g, y, x, starts: (
            f.segment_spread(g, starts, size=f.type(x).shape[0]),
            None,
        ),
        traits=("carries",),
        called="sums",
        definition=d.Definition(lambda x, operands: f"np.add.reduceat({d.listed(operands)})"),
        doc="the sum of each segment of a vector; segment k begins at starts[k] and none is empty",
    )
)
SEGMENT_SPREAD = register(
    Op(
        "segment_spread",
        "reduction",
        2,
        infer=_spread,
        evaluate=_segment_spread,
        pullback=lambda f, g, y, x, starts, *, size: (f.segment_sum(g, starts), None),
        attributes=("size",),
        dim_attributes=("size",),
        traits=("carries",),
        called="spread",
        definition=d.SEGMENT_SPREAD,
        doc="each segment filled with its value",
    )
)
ORDERED_SUM = register(
    Op(
        "ordered_sum",
        "reduction",
        1,
        infer=_in_order,
        evaluate=_ordered_sum,
        pullback=_ordered_pullback,
        attributes=("axis",),
        definition=d.call("sum"),
        doc="the sum along an axis, from the first element to the last, as a Python loop adds",
    )
)


def _result(x: Type, *, axis: int, reverse: bool) -> Type:
    if x.dtype == "bool":
        raise DTypeError(f"cumsum: expected numbers, got {x}; cast")
    normalize_axis("cumsum", axis, x.rank)
    return x


def _cumsum(x: Any, *, axis: int, reverse: bool) -> Any:
    if not reverse:
        return np.cumsum(x, axis=axis)
    return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)


# An element is in each sum from its own place on, so its share is the sum of theirs from there on.
CUMSUM = register(
    Op(
        "cumsum",
        "reduction",
        1,
        infer=_result,
        evaluate=_cumsum,
        pullback=lambda f, g, y, x, *, axis, reverse: (
            f.cumsum(g, axis=axis, reverse=not reverse),
        ),
        attributes=("axis", "reverse"),
        definition=d.CUMSUM,
        doc="the sums of the elements up to each place, or from it on",
    )
)
