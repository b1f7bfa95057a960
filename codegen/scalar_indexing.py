"""Arrays of scalar instructions; reading and adding up by index among them.

An element that a literal index names is that element.  One that is named when the function runs is
chosen from a tuple, ``(z_1, z_2, z_3)[i]``, and what flows back is ``d if i == 0 else 0.0`` for
each that it could have been.  An index that may count from the end is counted from the front
once, ``range(3)[i]``, which raises IndexError beyond the ends as NumPy does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from symgrad.errors import LimitError, ShapeError
from symgrad.ir.function import Instr, constant
from symgrad.ir.types import Type
from symgrad.ops.table import OPS, IRAlgebra, Term

Elements = np.ndarray[Any, np.dtype[np.object_]]


MAX_ELEMENTS = 100_000


def box(items: Sequence[Any], shape: tuple[int, ...]) -> Elements:
    """An object array of a shape from a flat list."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(shape)


def place(x: Instr) -> str:
    """The user's line that built the value, for the end of a message."""
    return f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""


READERS = frozenset(op.reader for op in OPS.values() if op.reader)

# Indices counted from the front, and rows of them, by what they are made of: each is made once.
Wrapped = dict[tuple[int, ...], Term]


Read = tuple[list[int], Term | None]  # positions that may be read, and which of them it is


def gather(
    f: IRAlgebra, x: Instr, operands: list[Elements], shape: tuple[int, ...], wrapped: Wrapped
) -> Elements:
    """The elements that the indices name."""
    source = operands[0].reshape(-1)
    items = []
    for positions, which in reads(f, x, x.op.name, operands[0].shape, operands[1:], shape, wrapped):
        candidates = [source[p] for p in positions]
        items.append(candidates[0] if which is None else f.gather(f.vector(*candidates), which))
    return box(items, shape)


def scatter(
    f: IRAlgebra, x: Instr, operands: list[Elements], shape: tuple[int, ...], wrapped: Wrapped
) -> Elements:
    """The sums of the elements at the places where the inverse gather would read them."""
    items: list[Any] = [None] * math.prod(shape)
    places = reads(f, x, x.op.reader, shape, operands[1:], operands[0].shape, wrapped)
    for (positions, which), t in zip(places, operands[0].flat, strict=True):
        for k, position in enumerate(positions):
            share = t if which is None else f.where(f.equal(which, k), t, 0.0)
            known = items[position]
            items[position] = share if known is None else f.add(known, share)
    zero = f.term(constant(0, Type(x.type.dtype)))
    return box([zero if t is None else t for t in items], shape)


def reads(
    f: IRAlgebra,
    x: Instr,
    reader: str,
    source: tuple[int, ...],
    indices: list[Elements],
    result: tuple[int, ...],
    wrapped: Wrapped,
) -> Iterator[Read]:
    """Yields what each element of the result reads from an array of the shape ``source``."""
    axes = range(len(indices)) if reader == "gather" else (x["axis"],)
    sizes = [source[a] for a in axes]
    steps = [math.prod(source[a + 1 :]) for a in axes]
    if not math.prod(result):
        return
    if 0 in sizes:
        raise ShapeError(f"{x.op.name}: an axis of no elements has none at an index{place(x)}")
    bases = first_positions(reader, source, indices, axes)
    own = [spread(reader, i, axes[0], len(source), len(axes), result) for i in indices]
    for base, *named in zip(bases, *own, strict=True):
        coordinates = [count(f, x, i, n, wrapped) for i, n in zip(named, sizes, strict=True)]
        moving = [k for k, c in enumerate(coordinates) if not isinstance(c, int)]
        fixed = base + sum(c * s for c, s in zip(coordinates, steps, strict=True) if type(c) is int)
        total = math.prod(sizes[k] for k in moving)
        if total * math.prod(result) > MAX_ELEMENTS:
            raise LimitError(
                f"{x.op.name} would choose among {total * math.prod(result)} elements; the python "
                f"target writes at most {MAX_ELEMENTS}; compile with target='numpy'{place(x)}"
            )
        offsets = itertools.product(*(range(0, sizes[k] * steps[k], steps[k]) for k in moving))
        which = flat_index(f, [(coordinates[k], sizes[k]) for k in moving], wrapped)
        yield [fixed + sum(offset) for offset in offsets], which


def first_positions(
    reader: str, source: tuple[int, ...], indices: list[Elements], axes: Sequence[int]
) -> list[int]:
    """The positions that the elements of the result read if every index is 0."""
    zeros = [np.zeros(i.shape, dtype=np.int64) for i in indices]
    positions = np.arange(math.prod(source)).reshape(source)
    axis = {} if reader == "gather" else {"axis": axes[0]}
    read: list[int] = (
        np.asarray(OPS[reader].evaluate(positions, *zeros, **axis)).reshape(-1).tolist()
    )
    return read


def spread(
    reader: str, index: Elements, axis: int, rank: int, indexed: int, result: tuple[int, ...]
) -> list[Any]:
    """An index array at the shape of the result: the axes behind those it indexes are new."""
    behind = 0 if reader == "take_along_axis" else rank - axis - indexed
    return list(np.broadcast_to(index.reshape(index.shape + (1,) * behind), result).flat)


def count(f: IRAlgebra, x: Instr, index: Term, size: int, wrapped: Wrapped) -> int | Term:
    """An index counted from the front; an int where it is a literal."""
    i = index.instr
    if i.is_constant:
        if not -size <= i["value"] < size:
            raise ShapeError(f"{x.op.name}: index {i['value']} is outside of size {size}{place(x)}")
        return int(i["value"]) % size
    if (id(i), size) not in wrapped:
        wrapped[id(i), size] = f.wrap(index, size=size)
    return wrapped[id(i), size]


def flat_index(f: IRAlgebra, moving: list[tuple[Any, int]], wrapped: Wrapped) -> Term | None:
    """Several coordinates as one index, counted row by row; None where there are none."""
    total: Term | None = None
    for c, n in moving:
        if total is None:
            total = c
            continue
        key = (id(total.instr), id(c.instr), n)
        if key not in wrapped:
            wrapped[key] = total * n + c
        total = wrapped[key]
    return total
