"""The body of the emitted function: assignments under headings, printed with their comments.

A long expression is broken where a reader would, at the terms of a sum.  A comment gives the shape
of an array, and the user's lines that an assignment came from where they are not those of the line
above.

>>> terms("a*b + f(c - d) - e")
['a*b', '+ f(c - d)', '- e']
>>> broken("y", "2.0 * (a + b)", 12)
['y = 2.0 * (', '    a + b', ')']
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from symgrad.ir.function import Function, Instr, Origin
from symgrad.ir.types import Dim

INDENT = "    "


MAX_ROWS = 8


_OPEN, _CLOSE = "([{", ")]}"


@cache
def _marks(separators: tuple[str, ...]) -> re.Pattern[str]:
    """Brackets, and the empty places before separators."""
    return re.compile(rf"[{re.escape(_OPEN + _CLOSE)}]|(?={'|'.join(map(re.escape, separators))})")


def split(text: str, separators: tuple[str, ...]) -> list[str]:
    """The text cut before each separator that stands outside all brackets."""
    if not any(separator in text for separator in separators):
        return [text]
    parts, start, depth = [], 0, 0
    for found in _marks(separators).finditer(text):
        i, mark = found.start(), found[0]
        if mark:
            depth += 1 if mark in _OPEN else -1
        elif depth == 0 and i > start:
            parts.append(text[start:i])
            start = i
    return [*parts, text[start:]]


def terms(text: str) -> list[str]:
    """The terms of a sum, each but the first with its sign."""
    return [part.strip() for part in split(text, (" + ", " - "))]


def groups(text: str) -> list[tuple[int, int]]:
    """The places at which the outermost round brackets open and close."""
    found, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in _OPEN:
            start = i if depth == 0 else start
            depth += 1
        elif c in _CLOSE:
            depth -= 1
            if depth == 0 and c == ")":
                found.append((start, i))
    return found


def pieces(text: str) -> tuple[str, list[str], str] | None:
    """The text before a bracket, the pieces in it (at least one a row), and the text behind it.

    A sum gets brackets of its own; a product breaks in a bracketed sum that it has, a call at its
    arguments.  None where there is nothing to break at.
    """
    own = terms(text)
    if len(own) > 1:
        return "", own, ""
    sums = [
        (stop - start, start, stop)
        for start, stop in groups(text)
        if not re.search(r"[\w\])]\Z", text[:start]) and len(terms(text[start + 1 : stop])) > 1
    ]
    if sums:
        _, start, stop = max(sums)
        return text[:start], terms(text[start + 1 : stop]), text[stop + 1 :]
    called = re.match(r"[\w.]+\(", text)
    if not called or groups(text) != [(called.end() - 1, len(text) - 1)]:
        return None
    arguments = split(text[called.end() : -1], (", ",))
    parts = [a.removeprefix(", ") for a in arguments]
    return (called[0][:-1], [f"{a}," for a in parts], "") if len(parts) > 1 else None


def filled(parts: list[str], width: int) -> list[str]:
    """The parts in rows of at most ``width`` characters, as far as the parts themselves allow."""
    rows, row = [], ""
    for part in parts:
        if row and len(row) + 1 + len(part) > width:
            rows.append(row)
            row = part
        else:
            row = f"{row} {part}" if row else part
    return [*rows, row]


def is_breakable(text: str, width: int) -> bool:
    """Most of the text fits a few rows of ``width`` without a break inside a term."""
    found = pieces(text)
    if found is None or 2 * len(" ".join(found[1])) < len(text):
        return False
    rows = filled(found[1], width)
    return len(rows) <= MAX_ROWS and all(len(row) <= width for row in rows)


def broken(name: str, text: str, width: int, operator: str = "=") -> list[str]:
    """An assignment over several lines, without the function's indentation."""
    head, parts, tail = pieces(text) or ("", text.split(" "), "")
    rows = filled(parts, width - len(INDENT))
    if parts[0].endswith(","):  # a call: its arguments in one row, or a row each
        rows = [rows[0].rstrip(",")] if len(rows) == 1 else parts
    return [f"{name} {operator} {head}(", *(INDENT + row for row in rows), f"){tail}"]


@dataclass(frozen=True)
class Assign:
    """``name = text``, for one instruction.

    ``rows`` are statements that follow at once and complete it, such as writes into its blocks;
    ``about`` is what the comment tells of, where it is not the instruction itself.
    """

    x: Instr
    name: str
    text: str
    operator: str = "="
    rows: tuple[Assign, ...] = ()
    about: Instr | None = None
    bare: bool = False

    @property
    def code(self) -> str:
        return f"{self.name} {self.operator} {self.text}"

    @property
    def told(self) -> Instr:
        """The instruction that the comment tells of."""
        return self.x if self.about is None else self.about

    def inlined(self, own: set[int]) -> Iterator[Instr]:
        """The instruction, and those whose text became part of its own."""
        stack = [self.told]
        while stack:
            x = stack.pop()
            yield x
            stack.extend(o for o in x.operands if not (id(o) in own or o.is_parameter))


@dataclass(frozen=True)
class Section:
    """Lines under a heading; ``""`` for none.

    ``opening`` is what comes first, as it stands, such as the line that opens a loop; ``depth``
    how many loops the lines are in.
    """

    heading: str
    lines: Sequence[Assign]
    depth: int = 0
    opening: tuple[str, ...] = ()


WIDTH = 100


def ascii_text(text: str) -> str:
    """A user's text, safe inside a comment or docstring: ASCII, one line, no closing quotes."""
    return ascii(text)[1:-1].replace('"""', "'''").replace("\\'", "'")


def quoted(text: str) -> str:
    r"""A user's text as a literal in double quotes.

    >>> print(quoted('a "b" in C:\\d'))
    "a \"b\" in C:\\d"
    """
    return '"' + ascii(text)[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


_LAST_COLUMN = 72


_WIDEST = 80  # a longer note has no part in choosing the column


def body_text(plan: Sequence[Section], f: Function, compact: bool) -> list[str]:
    """All sections; ``compact`` (scalar code) leaves shapes out."""
    notes = iter(remarks(plan, f, compact))
    noted = [
        (line, next(notes), INDENT * (1 + section.depth))
        for section in plan
        for line in statements(section)
    ]
    lengths = [len(indent + line.code) for line, note, indent in noted if note.strip()]
    # The longest note says how far to the right the column may stand, if it fits beside a line.
    widest = max((n for _, note, _ in noted if (n := len(note)) <= _WIDEST), default=0)
    last = min(_LAST_COLUMN, WIDTH - 4 - widest)
    column = min(max([n for n in lengths if n <= last - 2], default=40) + 2, last)
    out: list[str] = []
    rest = iter(noted)
    for section in plan:
        out += ["", *(INDENT + row for row in section.opening)]
        if section.heading:
            out.append(f"{INDENT * (1 + section.depth)}# {section.heading}")
        for _ in statements(section):
            line, note, indent = next(rest)
            out += assembled(line, note, column, indent)
    return out


def statements(section: Section) -> list[Assign]:
    """The lines of a section, each with the rows that complete it."""
    return [item for line in section.lines for item in (line, *line.rows)]


def remarks(plan: Sequence[Section], f: Function, compact: bool) -> list[str]:
    """The comment of each line, in order."""
    made = {o._replace(derived=True) for p in f.parameters for o in p.origins}
    own = {id(line.x) for section in plan for line in section.lines}
    told = [line.told for section in plan for line in statements(section)]
    width = 0 if compact else max((len(shape_note(x.type.shape)) for x in told), default=0)
    result = []
    for section in plan:
        last = ""
        for line in statements(section):
            if line.bare:
                result.append("")
                continue
            origin = ascii_text(merged(line.told, line.inlined(own), made))
            shown = origin if origin != last else ""
            last = origin or last
            shape = f"{shape_note(line.told.type.shape):<{width}}  " if width else ""
            result.append(f"{shape}{shown}".rstrip())
    return result


def shape_note(shape: tuple[Dim, ...]) -> str:
    """A shape as NumPy shows it; nothing for a scalar."""
    inner = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    return f"({inner})" if shape else ""


def merged(x: Instr, parts: Iterable[Instr], made: Collection[Origin] = ()) -> str:
    """Origins as ``of moons.py:22, 23``: a gradient's with its parts', else the line's own.

    ``made`` is where parameters were made, which says nothing about the gradient by them.
    """
    own: Sequence[Origin] = [o for o in x.origins if not o.derived] or x.origins
    if own and own[0].derived:
        own = [o for part in parts for o in part.origins if o.derived]
        own = [o for o in own if o not in made] or own
    return listed(tuple(own))


@lru_cache(maxsize=1024)
def listed(own: tuple[Origin, ...]) -> str:
    """Lines by file; at most four of each are named."""
    files: dict[str, set[int]] = {}
    for o in own:
        files.setdefault(o.file, set()).add(o.line)
    texts = []
    for file, numbers in sorted(files.items()):
        distinct = sorted(numbers)
        tail = ", ..." if len(distinct) > 4 else ""
        texts.append(f"{shortened(file)}:{', '.join(map(str, distinct[:4]))}{tail}")
    text = "; ".join(texts)
    return f"of {text}" if own and own[0].derived else text


def shortened(file: str) -> str:
    """A file's name, without the middle of a long one.

    >>> shortened("model_of_the_second_experiment_with_all_its_variants.py")
    'model_of_the_sec...th_all_its_variants.py'
    """
    return file if len(file) <= 41 else f"{file[:16]}...{file[-22:]}"


def assembled(line: Assign, note: str, column: int, indent: str = INDENT) -> list[str]:
    """One assignment with its comment, broken where it would pass the width."""
    first, *rest = [indent + line.code]
    tight = bool(note) and len(first) + len(note.strip()) + 4 > WIDTH
    if len(first) > WIDTH or (tight and is_breakable(line.text, WIDTH - len(indent + INDENT))):
        rows = broken(line.name, line.text, WIDTH - len(indent), line.operator)
        first, *rest = [indent + row for row in rows]
    return [commented(first, note, column), *rest]


def commented(text: str, note: str, column: int) -> str:
    """The text with its comment, in its column if there is room, behind the text else."""
    if not note.strip():
        return text
    full, short = f"{text:<{column}}  # {note}", f"{text}  # {note.strip()}"
    if len(full) <= WIDTH:
        return full
    return short if len(short) <= WIDTH else text
