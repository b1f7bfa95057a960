"""The scalar program: a graph of scalars as a struct of arrays.

The front end writes it, re-rolling reads it; it holds data and nothing else.  Node ``i`` has the
op ``names[code[i]]`` and the operands ``operand[start[i]:start[i + 1]]``, all of smaller index.
The first codes are the leaves::

    CONSTANT  the number ``value[i]``
    EXPONENT  the same, of a power whose exponent is a literal: told apart by value from the start
    START     the integer 0 that Python's ``sum`` begins with
    PARAM     entry ``place[i]`` of the vector theta
    INPUT     element ``place[i]``, in row-major order, of array ``array[i]``

>>> p = ScalarProgram.build(["add"], [(PARAM, 0), (CONSTANT, 2.0), ("add", 0, 1)], outputs=[2])
>>> p.names[p.code[2]], p.operands(2).tolist(), p.value[1]
('add', [0, 1], np.float64(2.0))
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.ir.function import Origins
from symgrad.ir.types import Type

CONSTANT, EXPONENT, START, PARAM, INPUT = range(5)
LEAVES = ("constant", "exponent", "start", "param", "input")

Ints = np.ndarray[Any, np.dtype[Any]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


_NUMBER = re.compile(r"(_\d+)+[a-z]?\Z")


def common(names: Sequence[str], places: Ints) -> str:
    """The name of the first place and the last, but for their numbers.

    >>> common(["h1_1", "h1_2", "b"], np.array([0, 1])), common(["h1_1", "b"], np.array([0, 1]))
    ('h1', '')
    """
    if not names:
        return ""
    first, last = names[int(places.flat[0])], names[int(places.flat[-1])]
    if first == last:
        return first
    stem = _NUMBER.sub("", first)
    return stem if stem == _NUMBER.sub("", last) else ""


@dataclass(frozen=True)
class Array:
    """An array whose elements a program reads: its name, type, and the user's line."""

    name: str
    type: Type
    origins: Origins = ()


@dataclass(frozen=True, eq=False)
class ScalarProgram:
    """See the module's docstring.

    For people: ``origins[origin[i]]`` are the lines that made node i, ``label[i]`` and
    ``parameter_names`` what it and each parameter are called.
    """

    names: tuple[str, ...]
    code: Ints
    start: Ints
    operand: Ints
    value: Floats
    place: Ints
    array: Ints
    outputs: Ints
    parameters: int
    arrays: tuple[Array, ...] = ()
    origin: Ints | None = None
    origins: tuple[Origins, ...] = ()
    label: Sequence[str] = ()
    parameter_names: Sequence[str] = ()
    data: Mapping[tuple[tuple[int, ...], bytes], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.code)

    def code_of(self, op: str) -> int:
        """The code of an op; -1, which no node has, where the program lacks it."""
        return self.names.index(op) if op in self.names else -1

    def operands(self, i: int) -> Ints:
        """The operands of node ``i``."""
        return self.operand[self.start[i] : self.start[i + 1]]

    def origins_of(self, nodes: Ints) -> Origins:
        """The lines that made any of the nodes, each once."""
        if self.origin is None:
            return ()
        found = {o for k in np.unique(self.origin[nodes]) if k >= 0 for o in self.origins[k]}
        return tuple(sorted(found))

    def equals(self, other: ScalarProgram) -> bool:
        """True if both compute the same from the same; numbers are compared bit for bit."""
        own = ("code", "start", "operand", "value", "place", "array", "outputs")
        pairs = [(getattr(self, name), getattr(other, name)) for name in own]
        same = all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in pairs)
        return same and self.names == other.names and self.arrays == other.arrays

    def read(self) -> Ints:
        """The places in theta that the program reads."""
        return np.unique(self.place[self.code == PARAM])

    def called(self, data: Any) -> str:
        """The user's name for an array of numbers, or nothing."""
        numbers = np.ascontiguousarray(data, dtype=np.float64)
        return self.data.get((numbers.shape, numbers.tobytes()), "")

    def label_of(self, nodes: Ints) -> str:
        """The user's one name for all of the nodes, or nothing."""
        return common(self.label, nodes)

    def parameters_called(self, places: Ints) -> str:
        """The one name of these parameters together, or nothing."""
        return common(self.parameter_names, places)

    @staticmethod
    def build(
        ops: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        outputs: Sequence[int],
        parameters: int = 0,
        arrays: Sequence[Array] = (),
    ) -> ScalarProgram:
        """A program from rows, for tests: ``(PARAM, place)``, ``(INPUT, place, array)``,
        ``(CONSTANT, value)``, or ``(op, *operands)``."""
        names = (*LEAVES, *ops)
        codes = {name: i for i, name in enumerate(names)}
        n = len(rows)
        code, value = np.zeros(n, np.int32), np.zeros(n)
        place, array = np.zeros(n, np.int64), np.zeros(n, np.int32)
        operand: list[int] = []
        start = [0]
        for i, (kind, *rest) in enumerate(rows):
            code[i] = codes[kind] if isinstance(kind, str) else kind
            if isinstance(kind, str):
                operand += rest
            elif kind in (CONSTANT, EXPONENT):
                value[i] = rest[0]
            elif kind in (PARAM, INPUT):
                place[i], array[i] = rest[0], rest[1] if len(rest) > 1 else 0
            start.append(len(operand))
        reached = 1 + int(max(place[code == PARAM], default=-1))
        return ScalarProgram(
            names,
            code,
            np.array(start, np.int64),
            np.array(operand, np.int64),
            value,
            place,
            array,
            np.array(outputs, np.int64),
            max(parameters, reached),
            tuple(arrays),
        )
