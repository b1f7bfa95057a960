"""Leaves whose data live in one vector: ``module.theta`` and its parameters.

>>> a, b = Value(1.0), Value(2.0)
>>> theta = bind([a, b])
>>> theta += 1.0
>>> a, b.data
(Value(data=2.0, grad=0), 3.0)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.namespace import restored
from symgrad.frontend.refusals import unknown
from symgrad.frontend.scalars.value import Value

Buffer = np.ndarray[Any, np.dtype[np.float64]]
# The number of vectors made and of traces begun.  While it does not change, the data of bound
# values still live in the vector that ``bind`` returned.
moves = [0]


class Memory:
    """One vector of numbers, and the lists of values that are known to live in it.

    bound   a place and a length -> the count of moves then, the lists, and their part of the vector
    """

    __slots__ = ("bound", "numbers")

    def __init__(self, numbers: Buffer) -> None:
        self.numbers = numbers
        self.bound: dict[tuple[int, int], tuple[int, list[list[Value]], Buffer]] = {}

    def __reduce__(self) -> Any:
        """A copy knows no lists: they are of the original's values."""
        state = {"numbers": self.numbers, "bound": {}}
        return restored, ("symgrad.engine", "Memory"), (None, state)


class Parameter(Value):
    """A leaf whose ``data`` lives in a buffer: a parameter of a module that has a ``theta``."""

    __slots__ = ()

    @property
    def data(self) -> float:
        """The number in the buffer."""
        memory, i = self._cell
        number: float = memory.numbers.item(i)
        return number

    @data.setter
    def data(self, data: float) -> None:
        memory, i = self._cell
        memory.numbers[i] = data


def bind(*lists: Iterable[Value]) -> Buffer:
    """The data of all values, each once, as one float64 array, which they read and write from now.

    Values that already lie side by side in a vector give a view of it, so that a layer's vector is
    part of its network's.  Binding the same lists again only compares the lists.  Raises
    ArgumentError for computed values, TraceError in a trace.
    """
    parts = [x if type(x) is list else list(x) for x in lists]
    first = next((part[0] for part in parts if part), None)
    if first is not None and first._traced:
        raise unknown("theta")
    count = sum(map(len, parts))
    known = _known(first, count, parts)
    if known is None:
        known = _bound(list(dict.fromkeys(v for part in parts for v in part)))
        if first is not None:
            memory, start = first._cell
            memory.bound[start, count] = moves[0], list(map(list, parts)), known
    return known


def _known(first: Value | None, count: int, parts: list[list[Value]]) -> Buffer | None:
    """The vector of lists that were bound before, if nothing has moved since."""
    memory, start = getattr(first, "_cell", (None, 0))
    if memory is None:
        return None
    at, same, numbers = memory.bound.get((start, count), (-1, [], None))
    return numbers if at == moves[0] and same == parts else None


def _bound(values: list[Value]) -> Buffer:
    """The vector of the values: the one that they live in, or a new one."""
    cells = [getattr(v, "_cell", None) for v in values]
    if cells and cells[0] is not None:
        memory, start = cells[0]
        if all(c is not None and c[0] is memory and c[1] == start + i for i, c in enumerate(cells)):
            numbers: Buffer = memory.numbers
            whole = len(cells) == numbers.size
            return numbers if whole else numbers[start : start + len(cells)]
    for v in values:
        if v._operands:
            raise ArgumentError(f"theta: expected leaves, got a result of {v._op!r} at {v.origin}")
    memory = Memory(np.array([v.data for v in values], dtype=np.float64))
    for i, v in enumerate(values):
        v._cell = (memory, i)
        v.__class__ = Parameter
    moves[0] += 1
    return memory.numbers
