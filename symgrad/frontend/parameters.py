"""Leaves whose data live side by side in one vector: what ``module.theta`` makes of its parameters.

>>> a, b = Value(1.0), Value(2.0)
>>> theta = bind([a, b])
>>> theta += 1.0
>>> a, b.data
(Value(data=2.0, grad=0), 3.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.refusals import unknown
from symgrad.frontend.scalar import Value

Buffer = np.ndarray[Any, np.dtype[np.float64]]
_Cell = tuple[Buffer, int]
# Counts the vectors that were made and the traces that began: while it stands still, a vector
# that ``bind`` gave is still where its values' data live.
moves = [0]


class Parameter(Value):
    """A leaf whose ``data`` lives in a buffer; what ``module.theta`` makes of its parameters."""

    __slots__ = ()

    @property
    def data(self) -> float:
        """The number in the buffer."""
        buffer, i = self._cell
        number: float = buffer.item(i)
        return number

    @data.setter
    def data(self, data: float) -> None:
        buffer, i = self._cell
        buffer[i] = data


def bind(values: Sequence[Value]) -> Buffer:
    """The values' data as one float64 array, which they read and write from now on.

    Values that lie side by side in a buffer already give a view of it, so that the layers of a
    network see the network's own.  Raises ArgumentError for results, TraceError in a trace.
    """
    for v in values[:1]:
        if v._traced:
            raise unknown("theta")
    cells: list[_Cell | None] = [getattr(v, "_cell", None) for v in values]
    if cells and cells[0] is not None:
        buffer, start = cells[0]
        if all(c is not None and c[0] is buffer and c[1] == start + i for i, c in enumerate(cells)):
            whole = len(cells) == buffer.size
            return buffer if whole else buffer[start : start + len(cells)]
    for v in values:
        if v._operands:
            raise ArgumentError(f"theta: expected leaves, got a result of {v._op!r} at {v.origin}")
    fresh = np.array([v.data for v in values], dtype=np.float64)
    for i, v in enumerate(values):
        v._cell = (fresh, i)
        v.__class__ = Parameter
    moves[0] += 1
    return fresh
