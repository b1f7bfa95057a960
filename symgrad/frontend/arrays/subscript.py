"""``x[key]``: ints, slices, None, Ellipsis, arrays of integers, and masks that are known.

A slice of a named size must have a length that is a polynomial in the size: ``x[1:]`` has N - 1
rows, ``x[:5]`` of N rows is refused.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> input("x", ("N", 4))[1:, None, ::-1].shape
('N - 1', 1, 4)
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.frontend.arrays.expr import Expr, as_expr, raw
from symgrad.frontend.arrays.leaf import leaf_of
from symgrad.frontend.arrays.size import Size
from symgrad.frontend.namespace import deferred
from symgrad.frontend.refusals import located
from symgrad.ir.types import Dim, add, divide, polynomial, subtract

Entry = tuple[Any, ...]


@deferred
@located
def getitem(x: Expr, key: Any) -> Expr:
    """``x[key]``.  Raises ShapeError, or DTypeError for an index that is no integer."""
    items = _unmasked(x, list(key) if isinstance(key, tuple) else [key])
    items = _expand(items, x.ndim)
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
            entry, flipped = _slice(item, x.dims[axis])
            entries.append(entry)
            if flipped:
                flips.append(rank)
            axis, rank = axis + 1, rank + 1
        else:
            entries.append(("int", _int(item, x.dims[axis], read_of(x, axis))))
            axis += 1
    whole = all(e == ("slice", 0, d, 1) for e, d in zip(entries, x.dims, strict=False))
    y = x if whole and len(entries) == x.ndim else raw("index", x, key=tuple(entries))
    return raw("flip", y, axis=tuple(flips)) if flips else y


def _is_array(item: Any) -> bool:
    if isinstance(item, Expr | list):
        return True
    return isinstance(item, np.ndarray) and item.ndim > 0


def _mask(item: Any) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """An index of bools that are known."""
    if isinstance(item, Expr):
        leaf = leaf_of(item.instr)
        item = leaf.data if leaf is not None and leaf.kind == "constant" else None
    if not isinstance(item, np.ndarray | list) or not len(np.shape(item)):
        return None
    array = np.asarray(item)
    return array if array.dtype == np.bool_ else None


def _unmasked(x: Expr, items: list[Any]) -> list[Any]:
    """The items with each mask replaced by the places of its true elements, a slice if possible."""
    if not any(_mask(item) is not None for item in items):
        return items
    found: list[Any] = []
    at = [i for i, item in enumerate(items) if _is_array(item)]
    alone = len(at) == 1 and _stays_in_place(items, at[0])
    for i, item in enumerate(items):
        mask = _mask(item)
        if mask is None:
            found.append(item)
            continue
        behind = sum(_axes(other) for other in items[i + 1 :])
        axis = sum(map(_axes, items[:i]))
        if any(other is Ellipsis for other in items[:i]):
            axis = x.ndim - behind - mask.ndim
        shape = x.dims[axis : axis + mask.ndim]
        if shape != mask.shape:
            raise ShapeError(
                f"a mask of shape {mask.shape} selects from axes of these sizes, got {shape}; give "
                "named sizes as numbers"
            )
        places = mask.nonzero()
        found += [_even(places[0])] if mask.ndim == 1 and alone else places
    return found


def _axes(item: Any) -> int:
    """The number of axes that an item of a key indexes."""
    mask = _mask(item)
    return mask.ndim if mask is not None else int(item is not None and item is not Ellipsis)


def _even(places: np.ndarray[Any, np.dtype[np.intp]]) -> Any:
    """Places at equal distances as a slice; others as they are."""
    if not places.size:
        return slice(0, 0)
    steps = np.diff(places)
    if (steps != steps[:1]).any():
        return places
    return slice(int(places[0]), int(places[-1]) + 1, int(steps[0]) if steps.size else 1)


def _expand(items: Sequence[Any], rank: int) -> list[Any]:
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


def _integer_or_size(value: Any) -> Dim:
    return str(value) if isinstance(value, Size) else _integer(value)


def _is_negative(dim: Dim) -> bool:
    return isinstance(dim, int) and dim < 0


def _is_surely_within(low: Dim, high: Dim) -> bool:
    """True if ``high - low`` has positive coefficients only, so that ``low <= high``."""
    return all(c > 0 for c in polynomial(subtract(high, low)).values())


def read_of(x: Expr, axis: int) -> str:
    """The operand of an index, for messages: "w, whose axis 0 has "."""
    return f"{x.instr.hint or x.instr.type}, whose axis {axis} has "


def _int(item: Any, dim: Dim, read: str = "") -> Dim:
    i = _integer_or_size(item)
    if isinstance(i, str):
        if not _is_surely_within(add(i, 1), dim):
            raise ShapeError(f"index {i} may be outside of size {dim}; count from the end")
        return i
    if isinstance(dim, int):
        if not -dim <= i < dim:
            raise ShapeError(f"index {i} is outside of {read}size {dim}")
        return i % dim
    return add(dim, i) if i < 0 else i


def _slice(item: slice, dim: Dim) -> tuple[Entry, bool]:
    """The ascending slice, and True if the result is to be flipped."""
    start, stop = (None if v is None else _integer_or_size(v) for v in (item.start, item.stop))
    step = None if item.step is None else _integer(item.step)
    if step == 0:
        raise ArgumentError("a slice has a step of 0")
    if isinstance(dim, int) and not isinstance(start, str) and not isinstance(stop, str):
        r = range(*slice(start, stop, step).indices(dim))
        if not r:
            return ("slice", 0, 0, 1), False
        up = r if r.step > 0 else r[::-1]
        return ("slice", up.start, up[-1] + 1, up.step), r.step < 0
    if start is None and stop is None and step == -1:
        return ("slice", 0, dim, 1), True
    low: Dim = 0 if start is None else add(dim, start) if _is_negative(start) else start
    high: Dim = dim if stop is None else add(dim, stop) if _is_negative(stop) else stop
    length = subtract(high, low)
    provable = _is_surely_within(high, dim) or (stop == 0 and start in (None, 0))
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


def known_data(index: Expr) -> np.ndarray[Any, np.dtype[Any]] | None:
    """The elements of a literal or a bound constant; None if only a call gives them."""
    leaf = leaf_of(index.instr)
    if leaf is not None:
        return leaf.data
    return np.asarray(index.instr["value"]) if index.instr.is_constant else None


def check_places(
    name: str, places: np.ndarray[Any, np.dtype[Any]] | None, size: Dim, read: str = ""
) -> None:
    """Raises ShapeError for known indices outside of a known size."""
    if places is None or not isinstance(size, int):
        return
    wrong = places[(places < -size) | (places >= size)]
    if wrong.size:
        raise ShapeError(f"{name}: index {wrong.flat[0]} is outside of {read}size {size}")


def _indices(item: Any, dim: Dim, read: str = "") -> Expr:
    """An array of ints >= 0.  Negative ones count from the end, which must be known."""
    index = as_expr(item, name="index")
    if index.instr.type.dtype != "i64":
        instead = "use astype(int)"
        if index.instr.type.dtype == "bool":
            instead = (
                "a computed mask selects no fixed number of elements: choose with "
                "sg.where(mask, x, 0)"
            )
        raise DTypeError(f"an index array has dtype {index.dtype}, expected int64; {instead}")
    values = known_data(index)
    check_places("index", values, dim, read)
    if values is None or isinstance(item, Expr):
        return index
    if values.size and values.min() < 0:
        if not isinstance(dim, int):
            raise ShapeError(f"negative indices into the named size {dim}; count from the start")
        return as_expr(values % dim, name="index")
    return index


def _stays_in_place(items: Sequence[Any], at: int) -> bool:
    """True if NumPy puts the axes of the one index array at the place of the array.

    Ints beside the array are index arrays, too; if a slice or None separates them, their axes lead.
    """
    basic = (slice, type(None), type(...))
    chosen = [i for i, v in enumerate(items) if i == at or not isinstance(v, basic)]
    return at == 0 or chosen[-1] - chosen[0] + 1 == len(chosen)


def _gather(x: Expr, items: list[Any]) -> Expr:
    arrays = [i for i, item in enumerate(items) if _is_array(item)]
    full = slice(None)
    if len(arrays) == 1 and _stays_in_place(items, arrays[0]):
        at = arrays[0]
        axis = sum(v is not None for v in items[:at])
        index = _indices(items[at], x.dims[axis], read_of(x, axis))
        taken = raw("take", x, index, axis=axis)
        return getitem(taken, (*items[:at], *(full,) * index.ndim, *items[at + 1 :]))
    chosen = [i for i, v in enumerate(items) if not (v is None or isinstance(v, slice))]
    if chosen == list(range(len(chosen))) and all(
        isinstance(v, slice) and v == full for v in items[len(chosen) :]
    ):
        indices = [
            _indices(items[i] if i in arrays else _int(items[i], x.dims[i]), x.dims[i])
            for i in chosen
        ]
        return raw("gather", x, *indices)
    raise ShapeError(
        "integer arrays mixed with other indices; index the leading axes with arrays only, or use "
        "sg.take and sg.take_along_axis"
    )
