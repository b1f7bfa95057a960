"""Blocks of a vector: ``view`` cuts one out, ``pack`` adds blocks up into a vector.

A block is (offset, shape, strides): its element i is entry ``offset + sum(i_k * strides[k])``.
The strides fall, each divides the one before and spans what lies inside, so that blocks are made
by slices and reshapes (``rows_of``) and hold every entry once.  ``pack`` is what reverse mode makes
of ``view``.

>>> VIEW.evaluate(np.arange(6.0), offset=1, shape=(2, 2), strides=(3, 1)).tolist()
[[1.0, 2.0], [4.0, 5.0]]
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import Type
from symgrad.ops.table import register

Block = tuple[int, tuple[int, ...], tuple[int, ...]]


def entries(block: Block) -> Any:
    """The entries of the vector that a block holds, in the block's shape."""
    offset, shape, strides = block
    steps = zip(strides, np.indices(shape, sparse=True), strict=True)
    return offset + sum((s * i for s, i in steps), np.zeros((), np.int64))


class Rows(NamedTuple):
    """A block as ``x[first:stop].reshape(dims)``, and in each direction but the first the place
    where it begins; there is one more where the last stride is not 1."""

    first: int
    stop: int
    dims: tuple[int, ...]
    places: tuple[int, ...]


def rows_of(block: Block, size: int) -> Rows | None:
    """How a block is cut from a vector of ``size`` entries; None where it cannot be.

    >>> rows_of((2, (3, 2), (4, 1)), 14)
    Rows(first=2, stop=14, dims=(3, 4), places=(0,))
    """
    offset, shape, strides = block
    if not shape:
        return Rows(offset, offset + 1, (), ()) if 0 <= offset < size else None
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
    return Rows(first, first + shape[0] * strides[0], tuple(dims), tuple(places))


def check_block(name: str, size: Any, block: Block) -> None:
    """Raises ShapeError for a block that is no proper part of a vector."""
    if not isinstance(size, int) or rows_of(block, size) is None:
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
        traits=("exact",),
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
        doc="zeros, with each operand added to its block",
    )
)
