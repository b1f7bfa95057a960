"""Indexing by arrays of i64, the sums that are its adjoints, and checks of indices.

An index counts from the end where it is negative, as in NumPy; one out of range raises IndexError
when the function runs.  Cotangents of elements that are read twice add up.

>>> TAKE.infer(Type("f64", ("N", 3)), Type("i64", ("B",)), axis=0)
f64[B, 3]
>>> GATHER.infer(Type("f64", ("N", 3)), Type("i64", ("B",)), Type("i64", ()))
f64[B]
>>> int(WRAP.evaluate(-1, size=3))
2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.function import Function, Instr
from symgrad.ir.op import Op
from symgrad.ir.types import DTYPES, Dim, Shape, Type
from symgrad.ops import array_functions
from symgrad.ops import defining as d
from symgrad.ops.table import broadcast, of_arrays, register, same_dtype

_FORMS: Any = array_functions  # which have no annotations


def _integers(name: str, *indices: Type) -> None:
    for i in indices:
        if i.dtype != "i64":
            raise DTypeError(f"{name}: expected indices of i64, got {i}; cast")


def _has_axis(name: str, x: Type, axis: int) -> None:
    if not 0 <= axis < x.rank:
        raise ShapeError(f"{name}: expected an operand with an axis {axis}, got {x}")


def _taken(x: Type, indices: Type, *, axis: int) -> Type:
    _integers("take", indices)
    _has_axis("take", x, axis)
    return x.with_shape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


def _scattered(g: Type, indices: Type, *, axis: int, size: Dim) -> Type:
    _integers("scatter_add", indices)
    stop = axis + indices.rank
    if axis < 0 or stop > g.rank or g.shape[axis:stop] != indices.shape:
        raise ShapeError(
            f"scatter_add: expected the shape of {indices} from axis {axis} on, got {g}"
        )
    return g.with_shape((*g.shape[:axis], size, *g.shape[stop:]))


def _taken_along(x: Type, indices: Type, *, axis: int) -> Type:
    _integers("take_along_axis", indices)
    _has_axis("take_along_axis", x, axis)
    expected = (*x.shape[:axis], *indices.shape[axis : axis + 1], *x.shape[axis + 1 :])
    if indices.shape != expected or indices.rank != x.rank:
        raise ShapeError(
            f"take_along_axis: expected indices shaped as {x} but for axis {axis}, got {indices}"
        )
    return x.with_shape(indices.shape)


def _added_along(g: Type, indices: Type, *, axis: int, size: Dim) -> Type:
    _integers("add_along_axis", indices)
    _has_axis("add_along_axis", g, axis)
    if g.shape != indices.shape:
        raise ShapeError(f"add_along_axis: expected the shape of {indices}, got {g}")
    return g.with_shape((*g.shape[:axis], size, *g.shape[axis + 1 :]))


def _gathered(x: Type, *indices: Type) -> Type:
    _integers("gather", *indices)
    if not 1 <= len(indices) <= x.rank:
        raise ShapeError(f"gather: expected 1 to {x.rank} index arrays for {x}, got {len(indices)}")
    return x.with_shape(broadcast("gather", *indices) + x.shape[len(indices) :])


def _scattered_nd(g: Type, *indices: Type, shape: Shape) -> Type:
    _integers("scatter_nd", *indices)
    if not 1 <= len(indices) <= len(shape):
        raise ShapeError(
            f"scatter_nd: expected 1 to {len(shape)} index arrays for {shape}, got {len(indices)}"
        )
    expected = broadcast("scatter_nd", *indices) + tuple(shape)[len(indices) :]
    if g.shape != expected:
        raise ShapeError(f"scatter_nd: expected an operand of shape {expected}, got {g}")
    return g.with_shape(shape)


def _one_hot_result(indices: Type, *, size: Dim, dtype: str) -> Type:
    _integers("one_hot", indices)
    if dtype not in DTYPES:
        raise DTypeError(f"one_hot: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    return Type(dtype, (*indices.shape, size))


def _one_hot(indices: Any, *, size: int, dtype: str) -> Any:
    return (np.asarray(indices)[..., None] == np.arange(size)).astype(DTYPES[dtype])


TAKE = register(
    Op(
        "take",
        "indexing",
        2,
        infer=_taken,
        evaluate=lambda x, indices, *, axis: np.take(x, indices, axis=axis),
        pullback=lambda f, g, y, x, indices, *, axis: (
            f.scatter_add(g, indices, axis=axis, size=f.type(x).shape[axis]),
            None,
        ),
        attributes=("axis",),
        rests=lambda x, still, of: still(x.operands[0]),
        interval=lambda x, of: of(x.operands[0]),
        traits=("exact", "carries", "picks"),
        called="picked",
        named="{}_{}",
        definition=d.call("take"),
        indices=lambda x, _, *, axis: (None, x.shape[axis]),
        doc="the slices of x along an axis that the indices name",
    )
)
SCATTER_ADD = register(
    Op(
        "scatter_add",
        "indexing",
        2,
        infer=_scattered,
        evaluate=of_arrays(array_functions.scatter_add),
        pullback=lambda f, g, y, x, indices, *, axis, size: (
            f.take(g, indices, axis=axis),
            None,
        ),
        attributes=("axis", "size"),
        dim_attributes=("size",),
        traits=("carries",),
        called="placed",
        reader="take",
        definition=d.SCATTER_ADD,
        indices=lambda x, _, *, axis, size: (None, size),
        doc="zeros, with each slice of the operand added where take would read it",
    )
)
TAKE_ALONG_AXIS = register(
    Op(
        "take_along_axis",
        "indexing",
        2,
        infer=_taken_along,
        evaluate=lambda x, indices, *, axis: np.take_along_axis(
            np.asarray(x), np.asarray(indices), axis
        ),
        pullback=lambda f, g, y, x, indices, *, axis: (
            f.add_along_axis(g, indices, axis=axis, size=f.type(x).shape[axis]),
            None,
        ),
        attributes=("axis",),
        rests=lambda x, still, of: still(x.operands[0]),
        interval=lambda x, of: of(x.operands[0]),
        traits=("carries", "picks"),
        called="picked",
        named="{}_{}",
        definition=d.call("take_along_axis"),
        indices=lambda x, _, *, axis: (None, x.shape[axis]),
        doc="for each place, the element of x along the axis that the index there names",
    )
)
ADD_ALONG_AXIS = register(
    Op(
        "add_along_axis",
        "indexing",
        2,
        infer=_added_along,
        evaluate=of_arrays(array_functions.add_along_axis),
        pullback=lambda f, g, y, x, indices, *, axis, size: (
            f.take_along_axis(g, indices, axis=axis),
            None,
        ),
        attributes=("axis", "size"),
        dim_attributes=("size",),
        traits=("carries",),
        called="placed",
        reader="take_along_axis",
        definition=d.ADD_ALONG_AXIS,
        indices=lambda x, _, *, axis, size: (None, size),
        doc="zeros, with each element added where take_along_axis would read it",
    )
)
GATHER = register(
    Op(
        "gather",
        "indexing",
        None,
        infer=_gathered,
        evaluate=lambda x, *indices: np.asarray(x)[tuple(np.asarray(i) for i in indices)],
        pullback=lambda f, g, y, x, *indices: (
            f.scatter_nd(g, *indices, shape=f.type(x).shape),
            *(None for _ in indices),
        ),
        rests=lambda x, still, of: still(x.operands[0]),
        interval=lambda x, of: of(x.operands[0]),
        traits=("exact", "carries", "picks"),
        called="picked",
        named="{}_{}",
        definition=d.Definition(lambda x, operands: f"{operands[0]}[{d.listed(operands[1:])}]"),
        indices=lambda x, *indices: (None, *x.shape[: len(indices)]),
        doc="x[i, j, ...] for arrays of indices that broadcast together",
    )
)
SCATTER_ND = register(
    Op(
        "scatter_nd",
        "indexing",
        None,
        infer=_scattered_nd,
        evaluate=of_arrays(lambda x, *indices, shape: _FORMS.scatter_nd(x, indices, shape)),
        pullback=lambda f, g, y, x, *indices, shape: (
            f.gather(g, *indices),
            *(None for _ in indices),
        ),
        attributes=("shape",),
        dim_attributes=("shape",),
        traits=("carries",),
        called="placed",
        reader="gather",
        definition=d.SCATTER_ND,
        indices=lambda x, *indices, shape: (None, *shape[: len(indices)]),
        doc="zeros, with each slice of the operand added where gather would read it",
    )
)
ONE_HOT = register(
    Op(
        "one_hot",
        "indexing",
        1,
        infer=_one_hot_result,
        evaluate=_one_hot,
        attributes=("size", "dtype"),
        dim_attributes=("size",),
        traits=("exact",),
        definition=d.ONE_HOT,
        indices=lambda x, *, size, dtype: (size,),
        doc="1 at the index and 0 elsewhere; all 0 for an index out of range",
    )
)


def _vector_result(*xs: Type) -> Type:
    if not xs or any(x.rank for x in xs):
        raise ShapeError(f"vector: expected scalars, one at least, got {xs}; use concatenate")
    return Type(same_dtype("vector", *xs), (len(xs),))


def _place_result(name: str, scalar: bool) -> Any:
    def infer(index: Type, *, size: Dim) -> Type:
        if index.dtype != "i64":
            raise DTypeError(f"{name}: expected an index of i64, got {index}; cast")
        if scalar and index.rank:
            raise ShapeError(f"{name}: expected a scalar, got {index}")
        return index

    return infer


def _wrapped(index: Any, *, size: int) -> Any:
    return np.arange(size)[np.asarray(index)]


def _within(index: Any, *, size: int) -> Any:
    i = np.asarray(index)
    wrong = i[(i < 0) | (i >= size)]
    if wrong.size:
        raise IndexError(f"expected indices from 0 to {size - 1}, got {wrong.flat[0]}")
    return i[()]


def bounds_of(function: Function) -> dict[str, tuple[Dim, ...]]:
    """For each parameter of integers that indexes something, the sizes that it stays below."""
    found: dict[str, dict[Dim, None]] = {}
    for x in function.body:
        for index, size in indices_of(x):
            while _passes(index.op):
                index = index.operands[0]
            if index.is_parameter:
                found.setdefault(index.hint, {})[size] = None
    return {name: tuple(sizes) for name, sizes in found.items()}


def indices_of(x: Instr) -> Iterator[tuple[Instr, Dim]]:
    """The operands of an instruction that are indices, and the sizes that they are indices into."""
    if x.op.indices is not None:
        sizes = x.op.indices(*[o.type for o in x.operands], **dict(x.attributes))
        for o, size in zip(x.operands, sizes, strict=True):
            if size is not None:
                yield o, size


def _passes(op: Op) -> bool:
    """True if an op hands on the numbers of its first operand."""
    return "arranges" in op.traits or bool(op.indices and not op.reader)


VECTOR = register(
    Op(
        "vector",
        "shape",
        None,
        infer=_vector_result,
        evaluate=lambda *xs: np.array(xs),
        pullback=lambda f, g, y, *xs: tuple(f.index(g, key=(("int", i),)) for i in range(len(xs))),
        traits=("exact",),
        definition=d.call("stack", "[{}]"),
        doc="scalars side by side as a vector",
    )
)
WRAP = register(
    Op(
        "wrap",
        "indexing",
        1,
        infer=_place_result("wrap", scalar=True),
        evaluate=_wrapped,
        attributes=("size",),
        dim_attributes=("size",),
        called="place",
        definition=d.Definition(lambda x, operands, size: f"np.arange({size})[{operands[0]}]"),
        indices=lambda x, *, size: (size,),
        doc="an index that may count from the end, counted from the front; IndexError beyond",
    )
)
WITHIN = register(
    Op(
        "within",
        "indexing",
        1,
        infer=_place_result("within", scalar=False),
        evaluate=_within,
        attributes=("size",),
        dim_attributes=("size",),
        definition=d.Definition(lambda x, operands, size: operands[0]),
        indices=lambda x, *, size: (size,),
        doc="indices from 0 to size - 1, such as labels: a negative one is an error, no last class",
    )
)
