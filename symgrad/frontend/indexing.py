"""``x[key]``: ints, slices, None, Ellipsis, and arrays of integers.

A slice of a named size is taken where its length is a polynomial that is known when building:
``x[1:]`` has N - 1 rows, ``x[:5]`` of N rows is refused.

>>> import symgrad.ops
>>> from symgrad.frontend.leaves import input
>>> input("x", ("N", 4))[1:, None, ::-1].shape
('N - 1', 1, 4)
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.frontend.array import Expr, as_expr, raw
from symgrad.frontend.origin import located
from symgrad.ir.dims import Dim, add, divide, subtract

Entry = tuple[Any, ...]


@located
def getitem(x: Expr, key: Any) -> Expr:
    """``x[key]``.  Raises ShapeError, or DTypeError for an index that is no integer."""
    items = _expand(key if isinstance(key, tuple) else (key,), x.ndim)
    if any(map(_is_array, items)):
        return _gather(x, items)
    entries: list[Entry] = []
    flips: list[int] = []
    axis = rank = 0
    for item in items:
        if item is None:
            entries.append(("new",))
            rank += 1
        elif isinstance(item, slice):
            entry, flipped = _slice(item, x.shape[axis])
            entries.append(entry)
            if flipped:
                flips.append(rank)
            axis, rank = axis + 1, rank + 1
        else:
            entries.append(("int", _int(item, x.shape[axis])))
            axis += 1
    whole = all(e == ("slice", 0, d, 1) for e, d in zip(entries, x.shape, strict=False))
    y = x if whole and len(entries) == x.ndim else raw("index", x, key=tuple(entries))
    return raw("flip", y, axis=tuple(flips)) if flips else y


def _is_array(item: Any) -> bool:
    if isinstance(item, Expr | list):
        return True
    return isinstance(item, np.ndarray) and item.ndim > 0


def _expand(items: tuple[Any, ...], rank: int) -> list[Any]:
    dots = [i for i, item in enumerate(items) if item is Ellipsis]
    used = sum(item is not None and item is not Ellipsis for item in items)
    if len(dots) > 1:
        raise ShapeError(f"an index has one ... at most, got {len(dots)}")
    if used > rank:
        raise ShapeError(f"{used} indices into an array of rank {rank}; drop some")
    at = dots[0] if dots else len(items)
    fill = [slice(None)] * (rank - used)
    return [*items[:at], *fill, *items[at + 1 :]]


def _integer(value: Any) -> int:
    if isinstance(value, bool | np.bool_):
        raise DTypeError("an index of bool has no fixed size; use sg.where")
    try:
        return operator.index(value)
    except TypeError as error:
        raise DTypeError(
            f"an index is an int, a slice, None, ... or an array of ints, got {value!r}"
        ) from error


def _int(item: Any, dim: Dim) -> Dim:
    i = _integer(item)
    if isinstance(dim, int):
        if not -dim <= i < dim:
            raise ShapeError(f"index {i} is outside of size {dim}")
        return i % dim
    return add(dim, i) if i < 0 else i


def _slice(item: slice, dim: Dim) -> tuple[Entry, bool]:
    """The ascending slice, and whether the result is then flipped."""
    start, stop, step = (
        None if v is None else _integer(v) for v in (item.start, item.stop, item.step)
    )
    if step == 0:
        raise ArgumentError("a slice has a step of 0")
    if isinstance(dim, int):
        r = range(*slice(start, stop, step).indices(dim))
        if not r:
            return ("slice", 0, 0, 1), False
        up = r if r.step > 0 else r[::-1]
        return ("slice", up.start, up[-1] + 1, up.step), r.step < 0
    if start is None and stop is None and step == -1:
        return ("slice", 0, dim, 1), True
    low: Dim = 0 if start is None else add(dim, start) if start < 0 else start
    high: Dim = dim if stop is None else add(dim, stop) if stop < 0 else stop
    length = subtract(high, low)
    provable = stop is None or stop < 0 or (stop == 0 and start in (None, 0))
    even = step in (None, 1) or (step > 0 and divide(length, step) is not None)
    if not provable or not even:
        text = ":".join("" if v is None else str(v) for v in (start, stop, step))
        raise ShapeError(
            f"the length of [{text}] of the named size {dim} is unknown until the call; "
            f"count from the end, or give the size as a number"
        )
    if isinstance(length, int) and length <= 0:
        return ("slice", 0, 0, 1), False
    return ("slice", low, high, step or 1), False


def _indices(item: Any, dim: Dim) -> Expr:
    """An array of ints >= 0; negative ones count from the end where the size is known."""
    index = as_expr(item, name="index")
    if index.instr.type.dtype != "i64":
        raise DTypeError(
            f"an index array has dtype {index.dtype}, expected int64; use astype, "
            f"or sg.where for a bool mask"
        )
    if isinstance(item, Expr):
        return index
    values = np.asarray(item)
    if isinstance(dim, int) and values.size and not (-dim <= values.min() <= values.max() < dim):
        raise ShapeError(f"an index array reaches outside of size {dim}")
    if values.size and values.min() < 0:
        if not isinstance(dim, int):
            raise ShapeError(f"negative indices into the named size {dim}; count from the start")
        return as_expr(values % dim, name="index")
    return index


def _gather(x: Expr, items: list[Any]) -> Expr:
    arrays = [i for i, item in enumerate(items) if _is_array(item)]
    full = slice(None)
    if len(arrays) == 1 and all(
        isinstance(v, slice) and v == full for i, v in enumerate(items) if i != arrays[0]
    ):
        axis = arrays[0]
        return raw("take", x, _indices(items[axis], x.shape[axis]), axis=axis)
    if arrays == list(range(len(arrays))) and all(
        isinstance(v, slice) and v == full for v in items[len(arrays) :]
    ):
        indices = [_indices(items[i], x.shape[i]) for i in arrays]
        return raw("gather", x, *indices)
    raise ShapeError(
        "integer arrays mixed with other indices; index the leading axes with arrays only, or use "
        "sg.take and sg.take_along_axis"
    )
