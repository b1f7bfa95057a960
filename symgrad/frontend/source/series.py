"""The user's lists that hold the numbers of a loop, and the names of the parts of an example.

``for x, ygt in zip(xs, ys)`` reads an element of ``xs`` and one of ``ys`` in each round: the parts
of an example are ``x``, a row of numbers, and ``ygt``.  The columns of numbers that a program reads
are found in the lists, bit by bit or with the other sign.  If the source of a number is unknown,
``reason`` says why, and the loop runs over no other examples than those of the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from symgrad.frontend.source.examples import flat, loop_variables, numbers
from symgrad.frontend.source.names import listed
from symgrad.ir.function import Origins


@dataclass(frozen=True)
class ExamplePart:
    """A number of each example, or a row of numbers.

    ``looped``: a loop on one of the program's lines goes over them.

    >>> ExamplePart("x", ((1.0, 2.0), (3.0, 4.0))).names
    ('x1', 'x2')
    """

    name: str
    rows: tuple[Any, ...]
    looped: bool = True

    @property
    def is_row(self) -> bool:
        return isinstance(self.rows[0], tuple)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its numbers."""
        if not self.is_row:
            return (self.name,)
        glue = "_" if self.name[-1:].isdigit() else ""
        return tuple(f"{self.name}{glue}{i + 1}" for i in range(len(self.rows[0])))

    def columns(self) -> Iterator[tuple[str, Any]]:
        """The numbers of all examples, by name."""
        table = np.array([flat(row) for row in self.rows], np.float64)
        return zip(self.names, table.T, strict=True)


@dataclass(frozen=True)
class Series:
    """The parts of the examples; ``reason`` says why other examples cannot take their place.

    ``columns`` gives for each column of the program the name of a number, and True if the column is
    its negative.
    """

    parts: tuple[ExamplePart, ...]
    columns: tuple[tuple[str, bool], ...]
    reason: str = ""

    def rows(self) -> tuple[Any, ...]:
        """The examples, each with its parts; a lone part stands for itself."""
        if len(self.parts) == 1:
            return self.parts[0].rows
        return tuple(zip(*(part.rows for part in self.parts), strict=True))


def series_of(
    lines: Iterable[Origins],
    variables: Mapping[str, Any],
    columns: Sequence[Any],
    literals: Iterable[float],
) -> Series:
    """The series that the columns of a program came from.

    lines     of the user's file on which the loops may be
    literals  the numbers of the program that are the same in every example
    """
    length = len(columns[0]) if columns else 0
    parts = list(candidates(lines, variables, length))
    place = {bits(c): i for i, c in enumerate(columns)}
    found: dict[int, tuple[str, bool]] = {}
    for negative in (False, True):
        for part in parts:
            for name, c in part.columns():
                i = place.get(bits(-c if negative else c), -1)
                if i >= 0:
                    found.setdefault(i, (name, negative))
    claimed = {name for name, _ in found.values()}
    read = {bits([v]) for v in literals}
    used = [p for p in parts if claimed & set(p.names) or (p.looped and is_alike(p, read))]
    used.sort(key=lambda part: not part.is_row)
    reasons = [text for part in used for text in alike(part, read)]
    reasons += [text for p in parts if p in used or p.looped for text in double(p, place, found)]
    left = [i for i in range(len(columns)) if i not in found]
    if left:
        reasons.append("not all numbers that differ are in the lists of the calling functions")
        fresh = (f"v{k}" for k in count(1) if f"v{k}" not in claimed)
        extra = [
            ExamplePart(n, tuple(columns[i].tolist())) for i, n in zip(left, fresh, strict=False)
        ]
        found.update((i, (part.name, False)) for i, part in zip(left, extra, strict=True))
        used += extra
    named = tuple(found[i] for i in range(len(columns)))
    return Series(tuple(used), named, reasons[0] if reasons else "")


def candidates(
    lines: Iterable[Origins], variables: Mapping[str, Any], length: int
) -> Iterator[ExamplePart]:
    """Lists of numbers, or of rows of them, that may hold the examples: those of loops first."""
    looped: dict[str, str] = {}
    for e in loop_variables({o for origins in lines for o in origins}):
        looped.setdefault(e.series, e.element)
    others = {n: singular(n) for n in variables if n not in looped and not n.startswith("_")}
    seen: dict[int, str] = {}
    names: set[str] = set()
    for series, element in (*looped.items(), *others.items()):
        value = variables.get(series)
        rows = numbers(value) if has_length(value, length) else []
        if not rows or not flat(rows[0]) or id(value) in seen or element in names:
            continue
        seen[id(value)] = element
        names.add(element)
        yield ExamplePart(element, tuple(rows), series in looped)


def has_length(value: Any, length: int) -> bool:
    row = listed(value)
    return row is not None and len(row) == length


def shared(part: ExamplePart) -> dict[str, float]:
    """The numbers that are the same in every example, by name."""
    return {n: float(c[0]) for n, c in part.columns() if bits(c) == bits(c[:1]) * len(c)}


def is_alike(part: ExamplePart, read: set[bytes]) -> bool:
    return any(True for _ in alike(part, read))


def alike(part: ExamplePart, read: set[bytes]) -> Iterator[str]:
    """A reason for each number that is the same in every example and equals one of the program."""
    for name, value in shared(part).items():
        if bits([value]) in read or bits([-value]) in read:
            yield f"{name} is {value!r} in every example, and so is a number of the program"


def double(
    part: ExamplePart, place: Mapping[bytes, int], found: Mapping[int, tuple[str, bool]]
) -> Iterator[str]:
    """A reason for each number that equals another one in every example."""
    for name, c in part.columns():
        for i in (place.get(bits(c), -1), place.get(bits(-c), -1)):
            if i >= 0 and found[i][0] != name:
                yield f"{found[i][0]} and {name} agree in every example"


def singular(name: str) -> str:
    """A name for an element of a list: x of ``xs`` and of ``X``."""
    if len(name) == 1:
        return name.lower()
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def bits(values: Any) -> bytes:
    return np.asarray(values, np.float64).tobytes()
