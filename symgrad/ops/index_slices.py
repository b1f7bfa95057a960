"""Parts of arrays by slices: ``index`` and ``embed`` take a key, ``view`` and ``pack`` take blocks.

``key`` is a tuple of ("slice", start, stop, step), ("int", i) and ("new",).  A block of a vector is
(offset, shape, strides): its element i is entry ``offset + sum(i_k * strides[k])``.  The strides
fall, each divides the one before and spans what lies inside, so that blocks are made by slices and
reshapes (``slice_of``) and hold every entry once.  ``pack`` adds blocks up into a vector: the
pullback of ``view``.

>>> INDEX.infer(Type("f64", ("N", 3)), key=(("slice", 0, "N", 1), ("int", 2)))
f64[N]
>>> VIEW.evaluate(np.arange(6.0), offset=1, shape=(2, 2), strides=(3, 1)).tolist()
[[1.0, 2.0], [4.0, 5.0]]
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import Dim, Shape, Type, divide, subtract
from symgrad.ops import array_functions
from symgrad.ops import defining as d
from symgrad.ops import intervals as iv
from symgrad.ops.table import of_arrays, register

_FORMS: Any = array_functions  # which have no annotations

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
    """True if a key takes all elements in their order, with new axes at most."""
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
        traits=("exact", "moves", "view", "arranges", "sums", "terms", "picks"),
        called="part",
        definition=d.Definition(lambda x, operands, key: f"{operands[0]}[{d.key_text(key)}]"),
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
        traits=("exact", "moves", "arranges"),
        definition=d.EMBED,
        doc="zeros of the shape with the operand at the key",
    )
)


Block = tuple[int, tuple[int, ...], tuple[int, ...]]


def entries(block: Block) -> Any:
    """The entries of the vector that a block holds, in the block's shape."""
    offset, shape, strides = block
    steps = zip(strides, np.indices(shape, sparse=True), strict=True)
    return offset + sum((s * i for s, i in steps), np.zeros((), np.int64))


class BlockSlice(NamedTuple):
    """A block as ``x[first:stop].reshape(dims)``, and in each direction but the first the place
    where it begins; there is one more where the last stride is not 1."""

    first: int
    stop: int
    dims: tuple[int, ...]
    places: tuple[int, ...]


def slice_of(block: Block, size: int) -> BlockSlice | None:
    """How a block is cut from a vector of ``size`` entries; None where it cannot be.

    >>> slice_of((2, (3, 2), (4, 1)), 14)
    BlockSlice(first=2, stop=14, dims=(3, 4), places=(0,))
    """
    offset, shape, strides = block
    if not shape:
        return BlockSlice(offset, offset + 1, (), ()) if 0 <= offset < size else None
    if min(*strides, *shape) < 1 or offset < 0 or shape[0] * strides[0] > size:
        return None
    first = min(offset, size - shape[0] * strides[0])
    dims, places, rest = [shape[0]], [], offset - first
    for outer, inner in zip(strides, (*strides[1:], 1), strict=True):
        if outer % inner:
            return None
        dims.append(outer // inner)
        places.append(rest // inner % (outer // inner))
    fits = (at + n <= d for at, n, d in zip(places, (*shape[1:], 1), dims[1:], strict=True))
    if rest >= strides[0] or not all(fits):
        return None
    if dims[-1] == 1:
        dims.pop()
        places.pop()
    return BlockSlice(first, first + shape[0] * strides[0], tuple(dims), tuple(places))


def check_block(name: str, size: Any, block: Block) -> None:
    """Raises ShapeError for a block that is no proper part of a vector."""
    if not isinstance(size, int) or slice_of(block, size) is None:
        raise ShapeError(f"{name}: expected a block of a vector of {size} entries, got {block}")


def _viewed(x: Type, *, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Type:
    if x.rank != 1 or x.dtype != "f64":
        raise ShapeError(f"view: expected a vector of f64, got {x}")
    check_block("view", x.shape[0], (offset, shape, strides))
    return x.with_shape(shape)


def _packed(*pieces: Type, size: int, blocks: tuple[Block, ...]) -> Type:
    if {piece.dtype for piece in pieces} != {"f64"}:
        raise DTypeError(f"pack: expected pieces of f64, got {pieces}")
    for piece, block in zip(pieces, blocks, strict=True):
        check_block("pack", size, block)
        if piece.shape != block[1]:
            raise ShapeError(f"pack: expected a piece of shape {block[1]}, got {piece}")
    return Type("f64", (size,))


def _pack(*pieces: Any, size: int, blocks: tuple[Block, ...]) -> Any:
    whole = np.zeros(size)
    for piece, block in zip(pieces, blocks, strict=True):
        whole[entries(block)] += piece
    return whole


VIEW = register(
    Op(
        "view",
        "shape",
        1,
        infer=_viewed,
        evaluate=lambda x, *, offset, shape, strides: np.asarray(x)[
            entries((offset, shape, strides))
        ],
        pullback=lambda f, g, y, x, *, offset, shape, strides: (
            f.pack(g, size=f.type(x).shape[0], blocks=((offset, shape, strides),)),
        ),
        attributes=("offset", "shape", "strides"),
        cost=0,
        traits=("exact", "view", "arranges"),
        definition=d.VIEW,
        doc="a block of a vector",
    )
)
PACK = register(
    Op(
        "pack",
        "shape",
        None,
        infer=_packed,
        evaluate=_pack,
        pullback=lambda f, g, y, *pieces, size, blocks: tuple(
            f.view(g, offset=offset, shape=shape, strides=strides)
            for offset, shape, strides in blocks
        ),
        attributes=("size", "blocks"),
        definition=d.PACK,
        doc="zeros, with each operand added to its block",
    )
)
