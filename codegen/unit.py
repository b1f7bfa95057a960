"""What is to be emitted: a function of the IR, and how its arguments and results are arranged.

The IR's results are a flat list; ``structure`` nests them as the caller gets them, so
``(0, (1, 2))`` means ``return loss, (d_a, d_b)``.  A ``Pack`` gathers scalar results in one vector,
and a ``Group`` passes scalar parameters as one vector argument, for programs made of scalars.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from symgrad.ir.function import Function

ROLES = {"param": "parameter", "input": "input", "constant": "constant"}


@dataclass(frozen=True)
class Group:
    """Scalar parameters, by index, that are passed as one vector argument called ``name``.

    ``shape`` nests the members (row by row) where the argument is no plain vector; ``rows`` are the
    lengths of the lines in which a vector's members are listed, () for as many as fit; ``labels``
    the comments of these lines, and ``role`` what the argument is, of which ``dtype``.
    """

    name: str
    members: tuple[int, ...]
    rows: tuple[int, ...] = ()
    shape: tuple[int, ...] | None = None
    labels: tuple[str, ...] = ()
    role: str = "parameters, in order"
    dtype: str = "f64"


@dataclass(frozen=True)
class Pack:
    """Scalar results, by index, that are returned as one array; see ``Group``."""

    members: tuple[int, ...]
    rows: tuple[int, ...] = ()
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Example:
    """What one of the parts reads into which a scalar program falls: a heading, and numbers."""

    text: str
    numbers: tuple[float, ...]


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
    """

    function: Function
    structure: Structure
    groups: tuple[Group, ...] = ()
    title: str = ""
    summary: str = ""
    returns: str = ""
    source: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    guards: tuple[tuple[str, str], ...] = ()
    examples: tuple[Example, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)


def fingerprint(function: Function) -> str:
    """A SHA-256 of the function's IR without hints and origins, in hexadecimal."""
    return hashlib.sha256(function.structure_text().encode()).hexdigest()
