"""The examples that a program of scalars loops over, found in the user's variables and loops.

``[model(x) for x in xs]`` reads each element of ``xs`` in turn; where ``xs`` is a list of numbers
or of rows of numbers in the calling frame, its elements say what each example is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.frontend.graph import computed
from symgrad.frontend.origin import PATHS
from symgrad.frontend.scalar import Value
from symgrad.frontend.statements import elements

_LIMIT = 8  # numbers of one example that a heading shows


@dataclass(frozen=True)
class Example:
    """What one example is made of: the loop's name for each part, and its numbers.

    >>> str(Example((("x", (2.0, 3.0)), ("ygt", 1.0))))
    'x = (2.0, 3.0), ygt = 1.0'
    """

    parts: tuple[tuple[str, Any], ...]

    @property
    def numbers(self) -> tuple[float, ...]:
        """All its numbers, in one row."""
        return tuple(n for _, value in self.parts for n in flat(value))

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value!r}" for name, value in self.parts)


def examples_of(outputs: Sequence[Value], variables: Mapping[str, Any]) -> tuple[Example, ...]:
    """The examples in order, or none where they cannot be told.

    A series counts if a loop of the user's runs over it by name, on the line of some value, and if
    every number in it is read by the program.
    """
    order = computed(outputs)
    lines = dict.fromkeys(v.origin for v in order if v.origin is not None)
    read = {repr(o.data) for v in order for o in v._operands if not o._operands}
    found: dict[str, tuple[str, list[Any]]] = {}
    for origin in sorted(lines):
        for e in elements(PATHS.get(origin.file, ""), origin.line):
            rows = numbers(variables.get(e.series))
            if rows and all(repr(n) in read for row in rows for n in flat(row)):
                found.setdefault(e.series, (e.element, rows))
    counts = {len(rows) for _, rows in found.values()}
    if len(counts) != 1 or any(len(flat(r)) > _LIMIT for _, rows in found.values() for r in rows):
        return ()
    named = sorted(found.values(), key=lambda pair: not isinstance(pair[1][0], tuple))
    return tuple(
        Example(tuple((name, rows[i]) for name, rows in named)) for i in range(counts.pop())
    )


def data_called(variables: Mapping[str, Any]) -> dict[tuple[tuple[int, ...], bytes], str]:
    """The names of variables that hold arrays, or full lists of numbers, by shape and bytes."""
    found: dict[tuple[tuple[int, ...], bytes], str] = {}
    for name, value in variables.items():
        if name.startswith("_") or not isinstance(value, list | tuple | np.ndarray):
            continue
        array = _numeric(value)
        if array is not None and array.size > 1:
            found.setdefault((array.shape, array.tobytes()), name)
    return found


def _numeric(value: Any) -> Any:
    """The numbers of an array or of nested lists as float64; None for anything else."""
    if not isinstance(value, np.ndarray):
        value = _plain(value)
    if value is None:
        return None
    array = np.asarray(value) if _is_full(value) else None
    if array is None or array.dtype.kind not in "fiu" or not array.ndim:
        return None
    return np.ascontiguousarray(array, dtype=np.float64)


def _is_full(value: Any) -> bool:
    """Whether nested lists have rows of one length; an array always has."""
    if isinstance(value, np.ndarray):
        return True
    lengths = {len(v) if isinstance(v, list) else -1 for v in value}
    return len(lengths) == 1 and all(_is_full(v) for v in value if isinstance(v, list))


def _plain(items: Any) -> list[Any] | None:
    """Nested lists with numbers for the leaves that are Values; None where there is more."""
    plain: list[Any] = []
    for item in items:
        row = _plain(item) if isinstance(item, list | tuple) else number(item)
        if isinstance(item, np.ndarray):
            row = item.tolist()
        if row is None:
            return None
        plain.append(row)
    return plain


def numbers(series: Any) -> list[Any]:
    """A list of numbers, or of rows of them as tuples; empty for anything else."""
    items = series.tolist() if hasattr(series, "tolist") else series
    if not isinstance(items, list | tuple) or len(items) < 2:
        return []
    rows = [tuple(map(number, r)) if isinstance(r, list | tuple) else number(r) for r in items]
    shapes = {len(r) if isinstance(r, tuple) else -1 for r in rows}
    return rows if len(shapes) == 1 and all(n is not None for r in rows for n in flat(r)) else []


def number(x: Any) -> float | None:
    if isinstance(x, Value):
        return None if x._operands else x.data
    return float(x) if isinstance(x, int | float) else None


def flat(row: Any) -> tuple[Any, ...]:
    return row if isinstance(row, tuple) else (row,)
