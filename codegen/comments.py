"""The body's lines as text: assignments under headings, with comments in one column.

A comment gives the shape of an array, and the user's lines that an assignment came from where they
are not those of the line above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from symgrad.codegen.breaking import broken, is_breakable
from symgrad.codegen.lines import Line
from symgrad.codegen.sections import Section
from symgrad.codegen.signature import INDENT, WIDTH, ascii_text
from symgrad.ir.dims import Dim
from symgrad.ir.function import Function, Instr, Origin

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


def statements(section: Section) -> list[Line]:
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


def assembled(line: Line, note: str, column: int, indent: str = INDENT) -> list[str]:
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
