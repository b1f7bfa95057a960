"""The values of the user's variables, read without running any code of theirs.

Beside the loss stand variables of every kind: ragged lists, lists that hold themselves, objects
whose ``__len__``, ``__eq__`` or ``__getattr__`` raises.  Naming looks at all of them, and asks
nothing but their types.

>>> table([[1, 2], [3, 4]]).tolist(), table([[1.0, 2.0], [3.0]]), table(["a"])
([[1.0, 2.0], [3.0, 4.0]], None, None)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.frontend.scalars.value import Value

DEPTH = 32  # of lists in lists: those that hold themselves end there


def is_a(x: Any, *kinds: type) -> bool:
    """``isinstance``, but by the type alone: a ``__class__`` of the user's is not asked."""
    return issubclass(type(x), kinds)


def items(x: Any) -> list[Any] | None:
    """The elements of a list or tuple, whatever its class overrides; None for anything else."""
    for kind in (list, tuple):
        if is_a(x, kind):
            return list(kind.__iter__(x))
    return None


def listed(x: Any) -> list[Any] | None:
    """The elements of a list, a tuple or an array; None for anything else."""
    if not is_a(x, np.ndarray):
        return items(x)
    return list(x.view(np.ndarray).tolist()) if x.ndim else None


def number(x: Any) -> float | None:
    """A number, or that of a Value that is a leaf."""
    if is_a(x, Value):
        return None if x._operands else x.data
    if not is_a(x, int, float):
        return None
    try:
        return float.__float__(x) if is_a(x, float) else float(int.__index__(x))
    except OverflowError:
        return None


def table(x: Any) -> Any:
    """The numbers of an array or of full nested lists as float64; None for anything else."""
    if is_a(x, np.ndarray):
        array = x.view(np.ndarray)
        kept = array.ndim and array.dtype.kind in "fiu"
        return np.ascontiguousarray(array, dtype=np.float64) if kept else None
    found: list[float] = []
    shape = _shape(x, found, 0)
    return np.array(found).reshape(shape) if shape else None


def _shape(x: Any, found: list[float], depth: int) -> tuple[int, ...] | None:
    """The shape of nested lists whose numbers go to ``found``; None where they have none."""
    if is_a(x, np.ndarray):
        inner = table(x)
        found += [] if inner is None else inner.ravel().tolist()
        return None if inner is None else inner.shape
    row = items(x)
    if row is None:
        n = number(x)
        found += [] if n is None else [n]
        return None if n is None else ()
    first: tuple[int, ...] | None = None
    for item in row if depth < DEPTH else ():
        shape = _shape(item, found, depth + 1)
        if shape is None or (first is not None and shape != first):
            return None
        first = shape
    return None if first is None else (len(row), *first)


__all__ = ["is_a", "items", "listed", "number", "table"]
