"""Index tensors as slices, transposes and takes.

A reader needs the elements at ``coordinates`` of an array: one tensor of indices for each axis of
the array, all over the axes of the reader.  An index that is constant becomes a number, and one
that runs evenly along one axis of the reader a slice; any other stays an array of indices.

>>> i, j = np.indices((2, 3))
>>> view_of([j + 1, i], ["a", "b"])
(Slice(axis='b', start=1, step=1), Slice(axis='a', start=0, step=1))
>>> view_of([i + j, i * 0], ["a", "b"])
(Take(axes=('a', 'b'), places=array([[0, 1, 2],
       [1, 2, 3]])), Int(place=0))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from symgrad.ir.program import Ints
from symgrad.ops.index_slices import slice_of

A = TypeVar("A")  # an axis


class Int(NamedTuple):
    """One place of the array's axis."""

    place: int


class Slice(NamedTuple):
    """Every ``step``-th place from ``start`` on, along the reader's ``axis``."""

    axis: Any
    start: int
    step: int


class Take(NamedTuple):
    """The ``places``, which run along the reader's ``axes``."""

    axes: tuple[Any, ...]
    places: Ints


View = tuple[Int | Slice | Take, ...]


def view_of(coordinates: Sequence[Ints], axes: Sequence[Any]) -> View:
    """The view of an array that gives a reader with these ``axes`` its elements."""
    entries: list[Int | Slice | Take] = []
    for c in coordinates:
        index, kept = squeezed(c, axes)
        if not kept:
            entries.append(Int(int(index)))
        elif len(kept) == 1 and (step := _step(index)) > 0:
            entries.append(Slice(kept[0], int(index[0]), step))
        else:
            entries.append(Take(kept, index))
    return tuple(entries)


def squeezed(ids: Ints, axes: Sequence[A]) -> tuple[Ints, tuple[A, ...]]:
    """``ids`` without the axes along which it does not change."""
    kept = list(axes)
    for k in reversed(range(ids.ndim)):
        first = ids[(slice(None),) * k + (slice(0, 1),)]
        if ids.shape[k] == 1 or bool(np.all(ids == first)):
            ids = ids[(slice(None),) * k + (0,)]
            del kept[k]
    return ids, tuple(kept)


def _step(index: Ints) -> int:
    """The constant difference of neighbours, or 0 if there is none."""
    steps = np.diff(index)
    return int(steps[0]) if len(steps) and bool(np.all(steps == steps[0])) else 0


class Strided(NamedTuple):
    """Elements of a vector at ``offset + sum(i_k * strides[k])``, longest stride first.

    ``order`` says which axis of the index tensor each stride belongs to.
    """

    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    order: tuple[int, ...]


def strided(places: Ints, length: int) -> Strided | None:
    """``places`` as blocks within blocks of a vector, or None.

    Each stride divides the next longer one and is at least as long as the block inside it, so that
    the elements are distinct and a reshape of the vector has such blocks.
    """
    if places.size == 0:
        return None
    offset = int(places.flat[0])
    if places.ndim == 0:
        return Strided(offset, (), (), ())
    strides = []
    for k in range(places.ndim):
        line = np.moveaxis(places, k, 0).reshape(places.shape[k], -1)[:, 0]
        strides.append(int(line[1] - line[0]) if len(line) > 1 else 0)
    if min(strides) <= 0:
        return None
    grid = offset + np.tensordot(strides, np.indices(places.shape), axes=1)
    order = sorted(range(places.ndim), key=lambda k: -strides[k])
    shape = tuple(places.shape[k] for k in order)
    steps = tuple(strides[k] for k in order)
    block = (offset, shape, steps)
    if not np.array_equal(grid, places) or slice_of(block, length) is None:
        return None
    return Strided(*block, tuple(order))
