"""A function of the IR to be emitted, and how its arguments and results are arranged.

The IR's results are a flat list; ``structure`` nests them as the caller gets them, so
``(0, (1, 2))`` means ``return loss, (d_a, d_b)``.  For programs made of scalars a ``Pack`` gathers
scalar results in one vector, and a ``VectorArgument`` passes scalar parameters as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symgrad.ir.function import Function

ROLES = {"param": "parameter", "input": "input", "constant": "constant"}


@dataclass(frozen=True)
class VectorArgument:
    """Scalar parameters, by index, that are passed as one vector argument called ``name``.

    ``shape`` nests the members (row by row) where the argument is no plain vector; ``rows`` are the
    lengths of the lines in which a vector's members are listed, () for as many as fit; ``labels``
    the comments of these lines.  ``role`` says what the argument is, and ``dtype`` of which type.
    ``before`` is the index of the parameter before which an argument without members stands.
    """

    name: str
    members: tuple[int, ...]
    rows: tuple[int, ...] = ()
    shape: tuple[int, ...] | None = None
    labels: tuple[str, ...] = ()
    role: str = "parameters, in order"
    dtype: str = "f64"
    before: int = 0

    @property
    def start(self) -> tuple[int, bool]:
        """The place among the arguments, as a key to sort by."""
        return min(self.members, default=self.before), bool(self.members)


@dataclass(frozen=True)
class Pack:
    """Scalar results, by index, that are returned as one array; see ``VectorArgument``."""

    members: tuple[int, ...]
    rows: tuple[int, ...] = ()
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ExampleHeading:
    """An example that one part of a scalar program reads: its heading, and its numbers."""

    text: str
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class LoopItem:
    """A number of the example, or a row of numbers, that a round of the loop reads.

    ``members`` are the parameters' indices, None for a number that nothing reads; ``names`` what
    they are called; ``is_row`` tells a row of one number from the number.
    """

    members: tuple[int | None, ...]
    names: tuple[str, ...]
    is_row: bool


@dataclass(frozen=True)
class ExampleLoop:
    """A loop over examples, for a function whose vectors all run along one axis.

    rows    the examples that the program was traced with, each with its parts
    is_open whether other examples may take their place, as an argument
    """

    parts: tuple[LoopItem, ...]
    rows: tuple[Any, ...]
    is_open: bool
    name: str = "examples"

    @property
    def members(self) -> set[int]:
        return {i for part in self.parts for i in part.members if i is not None}


Structure = int | Pack | tuple["Structure", ...]


@dataclass(frozen=True)
class Unit:
    """A function to emit.

    title    the first line of the module's docstring
    summary  the first line of the function's docstring
    returns  what the function returns, for its docstring
    source   where the expression came from, such as ``moons.py:19``
    facts    (label, text) lines of the module's docstring
    notes    sentences for the function's docstring, such as conventions
    guards   (dim, why): sizes that must not be negative, which the text checks as NumPy would not
    examples what the parts read, if the program goes over examples
    roles    what an argument is, by its name, where its kind does not say enough
    loop     the loop over examples that is to be written, with their columns as parameters
    written  the function that was asked for, before any pass, whose ops errors name
    asked    a SHA-256 of the function that was asked for, before any pass; by default of what is
             emitted
    """

    function: Function
    structure: Structure
    groups: tuple[VectorArgument, ...] = ()
    title: str = ""
    summary: str = ""
    returns: str = ""
    source: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    guards: tuple[tuple[str, str], ...] = ()
    examples: tuple[ExampleHeading, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    loop: ExampleLoop | None = None
    written: Function | None = None
    asked: str = ""
