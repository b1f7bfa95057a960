"""The examples that a program of scalars loops over, found in the user's variables and loops.

``[model(x) for x in xs]`` reads each element of ``xs`` in turn.  If ``xs`` is a list of numbers, or
of rows of numbers, in the calling frame, its elements are the examples.

>>> table([[1, 2], [3, 4]]).tolist(), table([[1.0, 2.0], [3.0]]), table(["a"])
([[1.0, 2.0], [3.0, 4.0]], None, None)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from symgrad.frontend.scalars.backprop import computed
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.names import is_a, items, listed
from symgrad.frontend.source.origin import PATHS
from symgrad.frontend.source.statements import nodes
from symgrad.ir.function import Origin

_LIMIT = 8  # numbers of one example that a heading shows
Loop = ast.For | ast.comprehension
DEPTH = 32  # of lists in lists, since a list may hold itself


@dataclass(frozen=True)
class LoopVariable:
    """``element`` runs over the variable ``series`` in a loop without a condition."""

    series: str
    element: str


@dataclass(frozen=True)
class ExampleData:
    """One example: the loop's name for each of its parts, and their numbers.

    >>> str(ExampleData((("x", (2.0, 3.0)), ("ygt", 1.0))))
    'x = (2.0, 3.0), ygt = 1.0'
    """

    parts: tuple[tuple[str, Any], ...]

    @property
    def numbers(self) -> tuple[float, ...]:
        """All its numbers, in one row."""
        return tuple(n for _, value in self.parts for n in flat(value))

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value!r}" for name, value in self.parts)


def examples_of(outputs: Sequence[Value], variables: Mapping[str, Any]) -> tuple[ExampleData, ...]:
    """The examples in order; none if they are not found.

    A list counts if a loop in the user's file runs over it by name, on the line of some value, and
    if the program reads every number in it.
    """
    order = computed(outputs)
    lines = {v.origin for v in order if v.origin is not None}
    read = {repr(o.data) for v in order for o in v._operands if not o._operands}
    found: dict[str, tuple[str, list[Any]]] = {}
    for e in loop_variables(lines):
        rows = numbers(variables.get(e.series))
        if rows and all(repr(n) in read for row in rows for n in flat(row)):
            found.setdefault(e.series, (e.element, rows))
    counts = {len(rows) for _, rows in found.values()}
    if len(counts) != 1 or any(len(flat(r)) > _LIMIT for _, rows in found.values() for r in rows):
        return ()
    named = sorted(found.values(), key=lambda pair: not isinstance(pair[1][0], tuple))
    return tuple(
        ExampleData(tuple((name, rows[i]) for name, rows in named)) for i in range(counts.pop())
    )


def data_called(variables: Mapping[str, Any]) -> dict[tuple[tuple[int, ...], bytes], str]:
    """The names of variables that hold arrays, or full lists of numbers, by shape and bytes."""
    found: dict[tuple[tuple[int, ...], bytes], str] = {}
    for name, value in variables.items():
        if name.startswith("_") or not is_a(value, list, tuple, np.ndarray):
            continue
        array = table(value)
        if array is not None and array.size > 1:
            found.setdefault((array.shape, array.tobytes()), name)
    return found


def numbers(series: Any) -> list[Any]:
    """A list of numbers, or of rows of them as tuples; empty for anything else."""
    given = listed(series)
    if given is None or len(given) < 2:
        return []
    rows: list[Any] = []
    for item in given:
        row = items(item)
        rows.append(number(item) if row is None else tuple(map(number, row)))
    shapes = {len(r) if isinstance(r, tuple) else -1 for r in rows}
    return rows if len(shapes) == 1 and all(n is not None for r in rows for n in flat(r)) else []


def flat(row: Any) -> tuple[Any, ...]:
    return row if isinstance(row, tuple) else (row,)


def number(x: Any) -> float | None:
    """The float of a number, or of a Value that is a leaf; None for anything else."""
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
    """The shape of nested lists, or None if they have none; ``found`` receives the numbers."""
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


def elements(path: str, line: int) -> list[LoopVariable]:
    """The variables of the loops around a line, or in its statement, innermost loop first."""
    return [e for start, stop, e in reversed(_elements(path)) if start <= line <= stop]


def loop_variables(origins: set[Origin]) -> Iterator[LoopVariable]:
    """The variables of the loops around the lines, from the first line to the last."""
    for origin in sorted(origins):
        yield from elements(PATHS[origin.file], origin.line)


@lru_cache(maxsize=64)
def _elements(path: str) -> list[tuple[int, int, LoopVariable]]:
    found: list[tuple[int, int, LoopVariable]] = []
    for node, _ in nodes(path):
        loops: list[Loop] = []
        if isinstance(node, ast.For):
            loops = [node]
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            loops = [c for c in node.generators if not c.ifs] if len(node.generators) == 1 else []
        for loop in loops:
            assert isinstance(node, ast.stmt | ast.expr)
            span = node.lineno, node.end_lineno or node.lineno
            found += [(*span, e) for e in _pairs(loop.target, loop.iter)]
    return found


def _pairs(target: ast.expr, iterable: ast.expr) -> list[LoopVariable]:
    """The names of ``for x in xs`` and ``for x, y in zip(xs, ys)``."""
    if isinstance(target, ast.Name) and isinstance(iterable, ast.Name):
        return [LoopVariable(iterable.id, target.id)]
    if not isinstance(target, ast.Tuple) or not isinstance(iterable, ast.Call):
        return []
    called = iterable.func.id if isinstance(iterable.func, ast.Name) else ""
    if called == "enumerate" and len(target.elts) == 2 and iterable.args:
        return _pairs(target.elts[1], iterable.args[0])
    if called != "zip":
        return []
    pairs = zip(target.elts, iterable.args, strict=False)
    return [e for t, i in pairs if isinstance(t, ast.Name) for e in _pairs(t, i)]
