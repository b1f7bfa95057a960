"""The statements of an emitted module: a tree, which planners make and ``printer`` writes.

``body`` plans straight code and ``looped_style`` a loop over examples; neither knows how wide a
line is indented, or in which column a comment stands.  An expression is kept as text: brackets are
settled when it is composed (see ``target.Text``), and nothing looks into it later, so that a tree
of expressions would only repeat the IR.

>>> AddInto("loss", "err*err", origin="lecture.py:18").place
'loss'
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """Items between brackets, which may take several lines.

    rows    how many items stand in each line; () for as many as fit
    labels  a comment for each of these lines
    tall    the listing takes several lines even where one would do
    """

    items: tuple[str | Listing, ...]
    opening: str = "("
    closing: str = ")"
    rows: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    tall: bool = False


@dataclass(frozen=True)
class Assign:
    """``place = value``: binds a name.

    shape   the shape of the value, for the comment
    origin  the user's lines that the value came from, for the comment
    quiet   no comment is written, for that of another statement tells enough
    above   a comment in a line of its own before the statement
    """

    place: str
    value: str | Listing
    shape: str = ""
    origin: str = ""
    quiet: bool = False
    above: str = ""


@dataclass(frozen=True)
class WriteInto(Assign):
    """``place = value``: fills a part of an array."""


@dataclass(frozen=True)
class AddInto(Assign):
    """``place += value``: adds to a variable, or to a part of an array."""


@dataclass(frozen=True)
class SubtractFrom(Assign):
    """``place -= value``."""


@dataclass(frozen=True)
class Perform(Assign):
    """A call for what it does to ``place``: ``value`` is all of the statement."""


@dataclass(frozen=True)
class AssignAll:
    """``a = b = c = value``: the variables that a loop collects, before it starts."""

    names: tuple[str, ...]
    value: str


@dataclass(frozen=True)
class Unpack:
    """``a, b, c = value``; a listing as the value is a call with its arguments."""

    names: Listing
    value: str | Listing


@dataclass(frozen=True)
class Guard:
    """Raises ValueError with the message if the condition holds."""

    condition: str
    message: str


@dataclass(frozen=True)
class Return:
    """``return a, b``; the last value may be a long tuple of scalars."""

    values: tuple[str | Listing, ...]


@dataclass(frozen=True)
class Section:
    """Statements that belong together, under a comment as their heading; ``""`` for none."""

    heading: str
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Loop:
    """``for names in over:`` with its body."""

    names: str
    over: str
    body: tuple[Statement, ...]


Statement = Assign | AssignAll | Unpack | Guard | Return | Section | Loop


@dataclass(frozen=True)
class Paragraph:
    """Text that is filled to the width."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells in columns; the last cell of a row may have any length."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Docstring:
    """A first line, and groups of blocks, with an empty line above each group."""

    first: str
    groups: tuple[tuple[Paragraph | Table, ...], ...]


@dataclass(frozen=True)
class Def:
    """A function."""

    name: str
    arguments: tuple[str, ...]
    docstring: Docstring
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class EmittedModule:
    """A file: its docstring, imports, constants, helpers by their source, the pages that one
    function is cut into, and the function."""

    docstring: Docstring
    imports: tuple[str, ...]
    constants: tuple[Assign, ...]
    helpers: tuple[str, ...]
    function: Def
    pages: tuple[Def, ...] = ()
