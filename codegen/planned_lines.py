"""A line of the plan: the statement that gives an instruction its value, before it has a comment.

A planner orders its lines, for which it must know what each of them reads; ``Comments`` then makes
them statements.  Their comments give the shapes of arrays and the user's lines.

>>> shortened("model_of_the_second_experiment_with_all_its_variants.py")
'model_of_the_sec...th_all_its_variants.py'
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from symgrad.codegen.printer import ascii_text
from symgrad.codegen.statement_tree import Assign
from symgrad.ir.function import Function, Instr, Origin
from symgrad.ir.types import Dim


class Line(NamedTuple):
    """A statement of some kind for one instruction.

    rows   lines that follow at once and complete the value, such as writes into its blocks
    about  the instruction that the comment tells of, where it is another
    quiet  the statement has no comment
    """

    x: Instr
    name: str
    text: str
    kind: type[Assign] = Assign
    rows: tuple[Line, ...] = ()
    about: Instr | None = None
    quiet: bool = False

    @property
    def told(self) -> Instr:
        """The instruction that the comment tells of."""
        return self.x if self.about is None else self.about

    def inlined(self, own: Collection[int]) -> Iterator[Instr]:
        """The instruction, and those whose text became part of its own."""
        stack = [self.told]
        while stack:
            x = stack.pop()
            yield x
            stack.extend(o for o in x.operands if not (id(o) in own or o.is_parameter))


Needs = dict[int, set[int]]


def dependencies(lines: Sequence[Line]) -> Needs:
    """The lines that each line reads, by ``id`` of their values, also through inlined ones."""
    own = {id(line.x) for line in lines}
    needs: Needs = {}
    for line in lines:
        found: set[int] = set()
        stack = list(line.x.operands)
        while stack:
            o = stack.pop()
            if id(o) in own:
                found.add(id(o))
            else:
                stack.extend(o.operands)
        needs[id(line.x)] = found
    return needs


class Comments:
    """Makes the lines of one function statements with comments.

    ``shapes`` says whether the comments give shapes.
    """

    def __init__(self, f: Function, lines: Sequence[Line], shapes: bool) -> None:
        self.made = {o._replace(derived=True) for p in f.parameters for o in p.origins}
        self.own = {id(line.x) for line in lines}
        self.shapes = shapes
        self.origins: dict[tuple[int, ...], str] = {}

    def statements(self, lines: Sequence[Line]) -> tuple[Assign, ...]:
        """The statements of lines, each followed by those of its rows."""
        return tuple([self.statement(item) for line in lines for item in (line, *line.rows)])

    def statement(self, line: Line) -> Assign:
        told = line.told
        parts = [*line.inlined(self.own)]
        key = tuple([id(part.origins) for part in parts])
        if (origin := self.origins.get(key)) is None:
            origin = self.origins[key] = merged(told, parts, self.made)
        shape = shape_note(told.type.shape) if self.shapes else ""
        return line.kind(line.name, line.text, shape, origin, line.quiet)


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
    return ascii_text(f"of {text}" if own and own[0].derived else text)


def shortened(file: str) -> str:
    """A file's name, without the middle of a long one.

    >>> shortened("model_of_the_second_experiment_with_all_its_variants.py")
    'model_of_the_sec...th_all_its_variants.py'
    """
    return file if len(file) <= 41 else f"{file[:16]}...{file[-22:]}"


def may_alias(x: Instr, uses: Mapping[int, int]) -> bool:
    """True of an array that could share memory with an argument, or with a value that others read.

    ``uses`` counts the readers of a value.  A broadcast array shares its
    memory with itself, and NumPy lets nobody write into it, nor into a diagonal.

    >>> from symgrad.ir.text import parse
    >>> from symgrad.ops import OPS
    >>> f = parse('''func @f(param %x: f64[2, 2]) {
    ...   %y = transpose %x {axes = (1, 0)} : f64[2, 2]
    ...   %z = square %x : f64[2, 2]
    ...   %w = transpose %z {axes = (1, 0)} : f64[2, 2]
    ...   return %y, %w
    ... }''', OPS)
    >>> [may_alias(r, {}) for r in f.results]
    [True, False]
    """
    while "view" in x.op.traits:
        (operand, *_) = x.operands
        if x.op.name == "broadcast_to":
            return operand.type.rank > 0
        if x.op.name == "diagonal":
            return True
        if "reduces" in x.op.traits and x["axis"]:
            return False
        if x.op.name == "cast" and x.type != operand.type:
            return False
        if uses.get(id(operand), 0) > 1:
            return True
        x = operand
    return x.is_parameter or x.is_constant
