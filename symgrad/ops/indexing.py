"""Basic indexing: ``key`` is a tuple of ("slice", start, stop, step), ("int", i) and ("new",).

>>> INDEX.infer(Type("f64", ("N", 3)), key=(("slice", 0, "N", 1), ("int", 2)))
f64[N]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import ShapeError
from symgrad.ir.dims import Dim, divide, subtract
from symgrad.ir.op import Op
from symgrad.ir.types import Shape, Type
from symgrad.ops import array_forms
from symgrad.ops import intervals as iv
from symgrad.ops.elementwise import of_arrays
from symgrad.ops.table import register

_FORMS: Any = array_forms  # which have no annotations

Key = tuple[tuple[Any, ...], ...]


def _length(start: Dim, stop: Dim, step: int) -> Dim:
    if isinstance(start, int) and isinstance(stop, int):
        return len(range(start, stop, step))
    span = subtract(stop, start)
    exact = span if step == 1 else divide(span, step)
    if exact is None or step < 1:
        raise ShapeError(f"index: expected a step that divides {span}, got {step}; fix the size")
    return exact


def indexed(name: str, shape: Shape, key: Key) -> Shape:
    """The shape of ``x[key]``; axes beyond the key are kept.  Raises ShapeError."""
    result: list[Dim] = []
    axis = 0
    for part in key:
        if part[0] == "new":
            result.append(1)
            continue
        if axis >= len(shape):
            raise ShapeError(f"{name}: expected at most {len(shape)} entries, got key {key}")
        size = shape[axis]
        if part[0] == "slice":
            result.append(_length(*part[1:]))
        elif isinstance(size, int) and isinstance(part[1], int) and not 0 <= part[1] < size:
            raise ShapeError(
                f"{name}: expected an index below {size} on axis {axis}, got {part[1]}"
            )
        axis += 1
    return (*result, *shape[axis:])


def python_key(key: Key) -> tuple[Any, ...]:
    """The key as NumPy takes it.  A stop below 0 of a falling slice is an open end."""
    parts: list[Any] = []
    for part in key:
        if part[0] == "slice":
            start, stop, step = part[1:]
            parts.append(slice(start, None if stop < 0 else stop, step))
        else:
            parts.append(part[1] if part[0] == "int" else None)
    return tuple(parts)


def _is_whole(shape: Shape, key: Key) -> bool:
    """Whether a key takes all elements in their order, with new axes at most."""
    slices = [part for part in key if part[0] != "new"]
    full = [("slice", 0, dim, 1) for dim in shape]
    return slices == full[: len(slices)]


def _index_pullback(f: Any, g: Any, y: Any, x: Any, *, key: Key) -> tuple[Any]:
    shape = f.type(x).shape
    return (
        f.reshape(g, shape=shape) if _is_whole(shape, key) else f.embed(g, shape=shape, key=key),
    )


def _embedded(g: Type, *, shape: Shape, key: Key) -> Type:
    expected = indexed("embed", shape, key)
    if tuple(g.shape) != expected:
        raise ShapeError(f"embed: expected an operand of shape {expected}, got {g}")
    return g.with_shape(shape)


INDEX = register(
    Op(
        "index",
        "indexing",
        1,
        infer=lambda x, *, key: x.with_shape(indexed("index", x.shape, key)),
        evaluate=lambda x, *, key: np.asarray(x)[python_key(key)],
        pullback=_index_pullback,
        attributes=("key",),
        dim_attributes=("key",),
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        cost=0,
        traits=("exact", "moves"),
        called="part",
        doc="x[key]",
    )
)
EMBED = register(
    Op(
        "embed",
        "indexing",
        1,
        infer=_embedded,
        evaluate=of_arrays(
            lambda g, *, shape, key: _FORMS.embed(g, tuple(map(int, shape)), python_key(key))
        ),
        pullback=lambda f, g, y, x, *, shape, key: (f.index(g, key=key),),
        attributes=("shape", "key"),
        dim_attributes=("shape", "key"),
        rests=iv.with_operands,
        interval=iv.by(iv.hull_with_zero),
        traits=("exact", "moves"),
        doc="zeros of the shape with the operand at the key",
    )
)
