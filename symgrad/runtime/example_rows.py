"""The argument ``examples`` of a loop: any number of rows, checked and converted to floats.

>>> rows = ExampleRows("examples", (("x", 2), ("y", 0)))
>>> rows.check([((1, 2), 3.0)])
[((1.0, 2.0), 3.0)]
>>> rows.check([((1, 2, 3), 3.0)])
Traceback (most recent call last):
symgrad.errors.ShapeError: examples[0]: expected x as 2 numbers in ((x1, x2), y), got 3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError

EXAMPLES = "examples"  # the kind of the argument

# The parts of an example: what each is called, and the length of a row, 0 for a number.
Layout = tuple[tuple[str, int], ...]


class ExampleRows:
    """Checks the examples of a call."""

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.layout = layout
        texts = [self.row(part, length) for part, length in layout]
        self.shown = f"({', '.join(texts)})" if len(texts) > 1 else texts[0]

    @staticmethod
    def row(part: str, length: int) -> str:
        """``(x1, x2)`` for a row, ``y`` for a number."""
        if not length:
            return part
        names = names_of(part, length)
        shown = [names[0], "...", names[-1]] if length > 6 else names
        return f"({', '.join(shown)}{',' if length == 1 else ''})"

    def check(self, examples: Any) -> list[Any]:
        """The examples as nested tuples of floats.  Raises ShapeError or DTypeError."""
        try:
            rows = list(examples)
        except TypeError:
            kind = type(examples).__name__
            raise DTypeError(f"{self.name}: expected rows {self.shown}, got {kind}") from None
        if len(self.layout) == 1:
            return [self.part(i, *self.layout[0], row) for i, row in enumerate(rows)]
        return [self.example(i, row) for i, row in enumerate(rows)]

    def example(self, i: int, row: Any) -> tuple[Any, ...]:
        parts = list(row) if isinstance(row, tuple | list | np.ndarray) else []
        if len(parts) != len(self.layout):
            got = f"{len(parts)} parts" if parts else type(row).__name__
            raise ShapeError(f"{self.name}[{i}]: expected {self.shown}, got {got}")
        return tuple([self.part(i, *told, p) for told, p in zip(self.layout, parts, strict=True)])

    def part(self, i: int, name: str, length: int, value: Any) -> Any:
        if not length:
            return self.number(i, name, value)
        numbers = list(value) if isinstance(value, tuple | list | np.ndarray) else None
        if numbers is None or len(numbers) != length:
            got = type(value).__name__ if numbers is None else len(numbers)
            raise ShapeError(
                f"{self.name}[{i}]: expected {name} as {length} numbers in {self.shown}, got {got}"
            )
        return tuple(
            [self.number(i, n, v) for n, v in zip(names_of(name, length), numbers, strict=True)]
        )

    def number(self, i: int, name: str, value: Any) -> float:
        real = isinstance(value, int | float | np.integer | np.floating)
        if not real or isinstance(value, bool):
            kind = type(value).__name__
            raise DTypeError(
                f"{self.name}[{i}]: expected a number for {name} in {self.shown}, got {kind}"
            )
        return float(value)

    def columns(self, examples: Sequence[Any]) -> dict[str, Any]:
        """The numbers of each name, over all examples."""
        found: dict[str, list[float]] = {}
        for row in examples:
            parts = row if len(self.layout) > 1 else (row,)
            for (name, length), part in zip(self.layout, parts, strict=True):
                own = zip(names_of(name, length), part, strict=True) if length else [(name, part)]
                for n, v in own:
                    found.setdefault(n, []).append(v)
        return {n: np.array(v) for n, v in found.items()}


def names_of(part: str, length: int) -> list[str]:
    """The names of the numbers of a row."""
    glue = "_" if part[-1:].isdigit() else ""
    return [f"{part}{glue}{i + 1}" for i in range(length)]
