"""The printer: statements in, the lines of a Python module out.

All layout is settled here: indentation, blank lines, the breaks of long lines, the column of the
comments.  A long expression is broken as ``line_breaks`` says.  A comment gives the shape of an
array, and the user's lines that a statement came from where they are not those of the line above.

>>> print("\\n".join(body_lines((Section("forward", (Assign("y", "w*x", "(N,)", "a.py:3"),)),))))
<BLANKLINE>
    # forward
    y = w*x    # (N,)  a.py:3
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from symgrad.codegen.line_breaks import INDENT, broken, filled, is_breakable
from symgrad.codegen.quoting import quoted
from symgrad.codegen.statement_tree import (
    AddInto,
    Assign,
    AssignAll,
    Def,
    Docstring,
    EmittedModule,
    Guard,
    Listing,
    Loop,
    Paragraph,
    Perform,
    Return,
    Section,
    Statement,
    SubtractFrom,
    Table,
    Unpack,
    WriteInto,
)

WIDTH = 100


def ascii_text(text: str) -> str:
    """A user's text, safe inside a comment or docstring: ASCII, one line, no closing quotes."""
    return ascii(text)[1:-1].replace('"""', "'''").replace("\\'", "'")


_LAST_COLUMN = 72  # in which comments may start
_WIDEST = 80  # a longer comment has no part in choosing the column
_LONG_CELL = 40  # a longer name, or type, stands outside of the columns of a table
_OPERATORS = {Assign: "=", WriteInto: "=", AddInto: "+=", SubtractFrom: "-="}


def printed(module: EmittedModule) -> str:
    """The source text of a module."""
    constants = [row for s in module.constants for row in assigned(s, code(s), "", 0, "")]
    above = [docstring(module.docstring, ""), module.imports, constants]
    functions = ["\n".join(definition(f)) + "\n" for f in (*module.pages, module.function)]
    first = "\n\n".join(["\n".join(lines) for lines in above if lines]) + "\n"
    return "\n\n".join([first, *module.helpers, *functions])


def definition(f: Def) -> list[str]:
    """The lines of a function."""
    line = f"def {f.name}({', '.join(f.arguments)}):"
    head = [line]
    if len(line) > WIDTH:
        head = in_rows(f"def {f.name}", Listing(tuple(f.arguments)), ":", "")
    return [*head, *docstring(f.docstring, INDENT), *body_lines(f.body)]


def docstring(d: Docstring, indent: str) -> list[str]:
    """The lines of a docstring."""
    if not d.groups:
        return [f'{indent}"""{d.first}"""']
    lines = [f'{indent}"""{d.first}']
    for group in d.groups:
        lines.append("")
        for block in group:
            lines += table(block.rows) if isinstance(block, Table) else filled_in(block, indent)
    return [*lines, f'{indent}"""']


def filled_in(paragraph: Paragraph, indent: str) -> list[str]:
    """The lines of a paragraph; neither a file's name nor a formula is broken."""
    filler = textwrap.TextWrapper(WIDTH - len(indent), indent, indent)
    filler.break_long_words = filler.break_on_hyphens = False
    return filler.wrap(paragraph.text)


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of cells in columns, the last cell unpadded; a very long cell shifts only its own row.

    >>> table([("x", "f64[N, 2]", "input"), ("returns", "loss")])
    ['    x        f64[N, 2]  input', '    returns  loss']
    """
    padded = [row[:-1] for row in rows]
    widths = [
        max(
            (len(row[i]) for row in padded if i < len(row) and len(row[i]) <= _LONG_CELL), default=0
        )
        for i in range(max(map(len, padded), default=0))
    ]
    lines = []
    for row in rows:
        cells = [f"{cell:<{n}}  " for cell, n in zip(row, widths, strict=False)]
        lines.append(f"{INDENT}{''.join(cells[: len(row) - 1])}{row[-1]}".rstrip())
    return lines


def body_lines(body: Sequence[Statement]) -> list[str]:
    """The lines of a function's body."""
    rows = [*flattened(body, INDENT)]
    notes = comments([s for s, _, _ in rows])
    column = column_of(rows, notes)
    out: list[str] = []
    opened = False
    for (s, indent, text), note in zip(rows, notes, strict=True):
        if isinstance(s, Assign):
            out += [f"{indent}# {s.above}"] if s.above else []
            out += assigned(s, text, note, column, indent)
        else:  # the first section in a loop stands close to the loop's head
            out += _PRINTERS[type(s)](s, indent)[opened and isinstance(s, Section) :]
        opened = isinstance(s, Loop)
    return out


def flattened(body: Sequence[Statement], indent: str) -> Iterator[tuple[Statement, str, str]]:
    """Each statement, its indentation, and an assignment's code; then the statements in it."""
    for s in body:
        yield s, indent, code(s) if isinstance(s, Assign) else ""
        if isinstance(s, Section):
            yield from flattened(s.body, indent)
        elif isinstance(s, Loop):
            yield from flattened(s.body, indent + INDENT)


def code(s: Assign) -> str:
    if isinstance(s, Perform):
        return in_line(s.value)
    return f"{s.place} {_OPERATORS[type(s)]} {in_line(s.value)}"


def in_line(value: str | Listing) -> str:
    """An expression in one line."""
    if isinstance(value, str):
        return value
    comma = "," if len(value.items) == 1 and value.opening == "(" else ""
    return f"{value.opening}{', '.join(map(in_line, value.items))}{comma}{value.closing}"


def comments(statements: Sequence[Statement]) -> list[str]:
    """The comment of each statement: shapes in a column of their own, an origin once in a row."""
    width = max((len(s.shape) for s in statements if isinstance(s, Assign)), default=0)
    found, last = [], ""
    for s in statements:
        if not isinstance(s, Assign) or s.quiet:
            last = "" if isinstance(s, Section) else last
            found.append("")
            continue
        origin = s.origin if s.origin != last else ""
        last = s.origin or last
        found.append((f"{s.shape:<{width}}  " if width else "") + origin)
    return [note.rstrip() for note in found]


def column_of(rows: Sequence[tuple[Statement, str, str]], notes: Sequence[str]) -> int:
    """The column of the comments: behind the longest line, unless a comment needs the room."""
    told = zip(rows, notes, strict=True)
    lengths = [len(indent) + len(text) for (_, indent, text), note in told if note]
    widest = max((n for note in notes if (n := len(note)) <= _WIDEST), default=0)
    last = min(_LAST_COLUMN, WIDTH - 4 - widest)
    return min(max([n for n in lengths if n <= last - 2], default=40) + 2, last)


def assigned(s: Assign, text: str, note: str, column: int, indent: str) -> list[str]:
    """One assignment with its comment, broken where one of them would pass the width."""
    line, margin = indent + text, len(indent) > 0
    start = "" if isinstance(s, Perform) else f"{s.place} {_OPERATORS[type(s)]}"
    if isinstance(s.value, Listing):
        long = s.value.tall or len(line) > WIDTH
        return in_rows(f"{start} ", s.value, "", indent, margin) if long else [line]
    if len(line) > WIDTH and s.place.startswith("("):
        return wrapped("", s.place, f" = {s.value}", indent)
    rest: list[str] = []
    tight = note and len(line) + len(note.strip()) + 4 > WIDTH
    if len(line) > WIDTH or (tight and is_breakable(s.value, WIDTH - len(indent + INDENT))):
        rows = broken(start, s.value, WIDTH - len(indent))
        line, *rest = [indent + row for row in rows]
    elif tight and start and len(inner := indent + INDENT + s.value) <= WIDTH:
        line, *rest = f"{indent}{start} (", inner, f"{indent})"
    return [commented(line, note, column), *rest]


def commented(text: str, note: str, column: int) -> str:
    """The text with its comment, in its column if there is room, behind the text else."""
    if not note:
        return text
    full = f"{text:<{column}}  # {note}"
    if len(full) <= WIDTH:
        return full
    short = f"{text}  # {note.strip()}"
    return short if len(short) <= WIDTH else text


def in_rows(start: str, listing: Listing, tail: str, indent: str, margin: int = 0) -> list[str]:
    """A listing over several lines, which end ``margin`` columns before the width."""
    inner, rows, items = indent + INDENT, list[str](), iter(listing.items)
    for count in listing.rows or (len(listing.items),):
        part = [*islice(items, count)]
        texts = [f"{in_line(item)}," for item in part]
        if count == 1 and isinstance(part[0], Listing) and len(inner + texts[0]) > WIDTH:
            rows += in_rows("", part[0], ",", inner)
        else:
            rows += [inner + row for row in filled(texts, WIDTH - len(inner) - margin)]
    first, last = f"{indent}{start}{listing.opening}", f"{indent}{listing.closing}{tail}"
    if any(listing.labels) and len(listing.labels) == len(rows):
        column = max(map(len, (first, *rows, last)))
        told = zip(rows, listing.labels, strict=True)
        rows = [f"{row:<{column}}  # {label}" if label else row for row, label in told]
    return [first, *rows, last]


def wrapped(start: str, text: str, tail: str, indent: str) -> list[str]:
    """A tuple's text over several lines, broken behind its commas."""
    *rows, last = in_rows(start, Listing(tuple(text[1:-1].split(", "))), tail, indent, 1)
    return [*rows[:-1], rows[-1].removesuffix(","), last]


def _assign_all(s: AssignAll, indent: str) -> list[str]:
    """``a = b = c = 0.0``, in as many lines as it takes."""
    lines, row = [], indent
    for name in s.names:
        if row != indent and len(f"{row}{name} = {s.value}") > WIDTH:
            lines.append(row + s.value)
            row = indent
        row += f"{name} = "
    return [*lines, row + s.value]


def _unpack(s: Unpack, indent: str) -> list[str]:
    names = in_line(s.names).removeprefix(s.names.opening).removesuffix(s.names.closing)
    line = f"{indent}{names} = {in_line(s.value)}"
    if len(line) <= WIDTH:
        return [line]
    if isinstance(s.value, str):
        return in_rows("", s.names, f" = {s.value}", indent, 1)
    fitting = len(indent + names + s.value.opening) + 4 <= WIDTH
    rows = [indent + names] if fitting else in_rows("", s.names, "", indent, 1)
    start = f"{rows.pop().lstrip()} = "
    line = f"{indent}{start}{in_line(s.value)}"
    return [*rows, *([line] if len(line) <= WIDTH else in_rows(start, s.value, "", indent, 1))]


def _guard(s: Guard, indent: str) -> list[str]:
    inner, text = indent + INDENT, quoted(s.message)
    line = f"{inner}raise ValueError({text})"
    long = [f"{inner}raise ValueError(", f"{inner}{INDENT}{text}", f"{inner})"]
    return [f"{indent}if {s.condition}:", *([line] if len(line) <= WIDTH else long)]


def _return(s: Return, indent: str) -> list[str]:
    *others, last = s.values
    text = ", ".join(map(in_line, s.values))
    if len(f"{indent}return {text}") <= WIDTH:
        return [f"{indent}return {text}"]
    if isinstance(last, Listing):
        return in_rows(f"return {''.join(f'{in_line(o)}, ' for o in others)}", last, "", indent, 1)
    return wrapped("return ", f"({text})", "", indent)


def _section(s: Section, indent: str) -> list[str]:
    return ["", f"{indent}# {s.heading}"] if s.heading else [""]


def _loop(s: Loop, indent: str) -> list[str]:
    line = f"{indent}for {s.names} in {s.over}:"
    long = in_rows("for ", Listing(tuple(s.names.split(", "))), f" in {s.over}:", indent)
    return [line] if len(line) <= WIDTH else long


_PRINTERS: dict[type, Callable[[Any, str], list[str]]] = {
    AssignAll: _assign_all,
    Unpack: _unpack,
    Guard: _guard,
    Return: _return,
    Section: _section,
    Loop: _loop,
}


def fits(text: str, depth: int = 1) -> bool:
    """One line holds the text, under so many indentations."""
    return len(INDENT) * depth + len(text) <= WIDTH
