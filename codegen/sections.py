"""Lines and their sections: forward, loss, gradients of the values, gradients of the parameters.

A line is the statement that gives an instruction its value, before it has a comment.  A planner
orders its lines, for which it must know what each of them reads; ``Comments`` then makes them
statements, with the shapes of arrays and the user's lines in comments.

A scalar program may fall into parts that do the same for one example each, whose values are told
apart by a letter at the end of their names, ``h1_1a`` and ``h1_1b``.  Such parts are the sections,
if their lines do not read each other.  Every arrangement is checked: a line never stands before
one that it reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from symgrad.codegen.identifiers import identity_told, lettered_names
from symgrad.codegen.printer import ascii_text
from symgrad.codegen.statement_tree import Assign, Loop
from symgrad.codegen.unit import ExampleHeading
from symgrad.ir.function import Function, Instr, Origin
from symgrad.ir.naming import before, letter_of
from symgrad.ir.rebuild import meetings
from symgrad.ir.types import Dim


class Line(NamedTuple):
    """A statement of some kind for one instruction.

    rows   lines that follow at once and complete the value, such as writes into its blocks
    about  the instruction whose lines the comment tells, where it is another
    quiet  the statement has no comment
    each   the name and the range of the loop in which the statement stands, as a row
    second another instruction that the statement gives its value, and the name of that
    """

    x: Instr
    name: str
    text: str
    kind: type[Assign] = Assign
    rows: tuple[Line, ...] = ()
    about: Instr | None = None
    quiet: bool = False
    each: tuple[str, str] | None = None
    second: tuple[Instr, str] | None = None

    @property
    def place(self) -> str:
        """What the statement gives values to."""
        return f"{self.name}, {self.second[1]}" if self.second else self.name

    @property
    def values(self) -> tuple[tuple[Instr, str], ...]:
        """The instructions that the statement gives their values, with their names."""
        own = self.x, self.name
        return (own, self.second) if self.second else (own,)

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


_EACH = attrgetter("each")
Needs = dict[int, set[int]]  # the lines that each line reads, by ``id`` of their values


def values_of(lines: Sequence[Line]) -> dict[int, int]:
    """The values that lines give, each with the first of its line, by ``id``."""
    return {id(x): id(line.x) for line in lines for x, _ in line.values}


def dependencies(lines: Sequence[Line]) -> Needs:
    """The lines that each line reads, by ``id`` of their values, also through inlined ones."""
    own = values_of(lines)
    needs: Needs = {}
    for line in lines:
        found: set[int] = set()
        stack = list(line.x.operands)
        while stack:
            o = stack.pop()
            if id(o) in own:
                found.add(own[id(o)])
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
        self.own = values_of(lines)
        self.shapes = shapes
        self.origins: dict[tuple[int, ...], str] = {}

    def statements(self, lines: Sequence[Line]) -> tuple[Assign | Loop, ...]:
        """The statements of lines, each followed by those of its rows."""
        found: list[Assign | Loop] = []
        for each, items in groupby((i for line in lines for i in (line, *line.rows)), _EACH):
            made = tuple(map(self.statement, items))
            found += [Loop(each[0], each[1], made)] if each else made
        return tuple(found)

    def statement(self, line: Line) -> Assign:
        told = line.told
        parts = [*line.inlined(self.own)]
        key = tuple([id(part.origins) for part in parts])
        if (origin := self.origins.get(key)) is None:
            origin = self.origins[key] = merged(told, parts, self.made)
        shape = line.x.type.shape[:-1] if line.each else line.x.type.shape  # a column's
        note = shape_note(shape) if self.shapes else ""
        told_as = identity_told(parts)
        return line.kind(line.place, line.text, note, origin, line.quiet, told_as)


def bare(lines: Sequence[Line]) -> tuple[Assign, ...]:
    """The statements of lines and their rows, without comments."""
    return tuple([Assign(i.place, i.text) for line in lines for i in (line, *line.rows)])


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


Headed = tuple[str, list[Line]]  # a heading, or "" for none, and the lines under it

LONG = 300  # lines that one function may have
_SHORT = 4  # lines that need no heading of their own
_WORDS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def is_long(plan: Sequence[Headed]) -> bool:
    return sum(1 + len(line.rows) for _, lines in plan for line in lines) > LONG


class Plan:
    """The lines of one body, sorted into what comes forward and what comes back."""

    def __init__(self, lines: list[Line], f: Function, derived: set[int]) -> None:
        self.lines, self.f, self.derived = lines, f, derived
        self.needs = dependencies(lines)
        self.forward, self.backward = parted(lines, derived, self.needs)
        results = {id(r): -i for i, r in enumerate(reversed(f.results))}  # the first place counts
        values = [line for line in self.backward if id(line.x) not in results]
        self.values = told_forward(values, self.needs)
        own = [line for line in self.backward if id(line.x) in results]
        self.own = sorted(own, key=lambda line: results[id(line.x)])

    def valid(self, plan: Sequence[Headed]) -> bool:
        """True where each line stands once, and behind all that it reads."""
        seen: set[int] = set()
        for _, lines in plan:
            for line in lines:
                if not self.needs[id(line.x)] <= seen:
                    return False
                seen.add(id(line.x))
        return len(seen) == len(self.lines)


def parted(
    lines: Sequence[Line], derived: Collection[int], needs: Needs
) -> tuple[list[Line], list[Line]]:
    """The lines of the forward pass with all that they read, and those of gradients."""
    early: set[int] = set()
    for line in reversed(lines):
        if id(line.x) in early or id(line.x) not in derived:
            early.add(id(line.x))
            early |= needs[id(line.x)]
    forward = [line for line in lines if id(line.x) in early]
    return forward, [line for line in lines if id(line.x) not in early]


def sections(
    lines: list[Line],
    f: Function,
    derived: set[int],
    examples: tuple[ExampleHeading, ...] = (),
) -> list[Headed]:
    """The lines under headings, in order; a section that would be empty is left out.

    ``examples`` says what each part reads, for its heading.
    """
    plan = Plan(lines, f, derived)
    choices = [by_part(plan, examples), by_kind(plan, True), by_kind(plan, False)]
    chosen = next(choice for choice in choices if choice and plan.valid(choice))
    return [(text, lines) for text, lines in chosen if lines]


def by_kind(plan: Plan, ordered: bool) -> list[Headed]:
    """Forward, loss, gradients; without ``ordered``, the gradients as they came."""
    arrays = any(p.type.rank for p in plan.f.parameters)
    net, loss = loss_of(plan) if arrays else ([], plan.forward)
    if len(plan.forward) <= _SHORT or not (net and loss):
        result = [("forward", plan.forward)]
    else:
        result = [("forward", net), ("loss", loss)]
    if not ordered:
        return [*result, ("gradients", plan.backward)]
    if sum(1 + len(line.rows) for line in plan.backward) <= _SHORT or not plan.values:
        return [*result, ("gradients", [*plan.values, *plan.own])]
    return [
        *result,
        ("gradients of the values, from the loss back", plan.values),
        ("gradients of the parameters", plan.own),
    ]


def by_part(plan: Plan, examples: tuple[ExampleHeading, ...]) -> list[Headed]:
    """A section a part, forward and back; nothing where the lines do not fall into parts."""
    if any(line.x.type.rank for line in plan.lines):
        return []  # letters tell values of an array program apart, not examples
    member = members(plan.lines, plan.needs)
    forward = parts(plan.forward, member)
    if not forward:
        return []
    told = reads_examples(forward, examples)
    word = "example" if told else "part"
    texts = [e.text for e in examples] if told else [""] * len(forward)
    result = [(f"for all {word}s", common(plan.forward, member, plan.needs, before=True))]
    for (letter, lines), text in zip(forward.items(), texts, strict=True):
        result.append((f"{word} {letter}: {text}".rstrip(": "), lines))
    rest = common(plan.forward, member, plan.needs, before=False)
    result.append(("loss" if len(rest) > 1 else "", rest))
    backward = parts(plan.values, member)
    if plan.values and not backward:
        result.append(("gradients of the values, from the loss back", plan.values))
    else:
        first = common(plan.values, member, plan.needs, before=True)
        last = common(plan.values, member, plan.needs, before=False)
        result.append(("back through the loss", first))
        inner = derivative_note([line.name for line in plan.values], plan.f)
        for letter, lines in backward.items():
            result.append((f"back through {word} {letter}{inner}", lines))
        result.append(("gradients of what all parts read", last))
    count = _WORDS[len(forward) - 2] if len(forward) - 2 < len(_WORDS) else str(len(forward))
    share = f"each parameter collects its share from the {count} {word}s"
    return [*result, (f"the gradient: {share}", plan.own)]


def derivative_note(names: Collection[str], f: Function) -> str:
    """A note on z in the names of a net's gradients, and on the derivative there; or nothing."""
    kinds = {
        x.op
        for x in f.body
        if x.op.partials is not None and len(x.operands) == 1 and f"d_{before(x.hint)}" in names
    }
    if not any(name.startswith("d_z") for name in names):
        return ""
    told = [f", and {op.name}'(z) is {op.slope}" for op in kinds if op.slope and len(kinds) == 1]
    return f": z is the sum inside a neuron{''.join(told)}"


def reads_examples(forward: dict[str, list[Line]], examples: tuple[ExampleHeading, ...]) -> bool:
    """True where the literals that not all parts share are the numbers of each part's example.

    Signs do not count, for a difference may have swallowed one.
    """
    if len(examples) != len(forward):
        return False
    own = values_of([line for lines in forward.values() for line in lines])
    read = [
        {abs(x["value"]) for line in lines for x in line.inlined(own) if x.is_constant}
        for lines in forward.values()
    ]
    shared = set.intersection(*read)
    pairs = zip(read, examples, strict=True)
    return all(numbers - shared <= set(map(abs, e.numbers)) for numbers, e in pairs)


def common(lines: list[Line], member: dict[int, str], needs: Needs, before: bool) -> list[Line]:
    """The lines of no part: those that some part reads, or else the others."""
    wanted: set[int] = set()
    for line in reversed(lines):
        if id(line.x) in member or id(line.x) in wanted:
            wanted |= needs[id(line.x)]
    return [line for line in lines if id(line.x) not in member and (id(line.x) in wanted) == before]


def told_forward(lines: list[Line], needs: Needs) -> list[Line]:
    """Lines of the reverse sweep, with those that do not read each other in the forward order."""
    result: list[Line] = []
    run: list[Line] = []
    known: set[int] = set()
    for line in lines:
        if not known.isdisjoint(needs[id(line.x)]):
            result += reversed(run)
            run, known = [], set()
        run.append(line)
        known.add(id(line.x))
    return [*result, *reversed(run)]


def loss_of(plan: Plan) -> tuple[list[Line], list[Line]]:
    """The lines of the net, and those of the loss: scalars that no array of the net needs, and all
    that reads where the last input that comes to the program has met another."""
    met = meetings(plan.f, plan.derived)
    net: list[Line] = []
    loss: list[Line] = []
    wanted: set[int] = set()
    for line in reversed(plan.forward):
        early = id(line.x) in wanted or (line.x.type.rank and id(line.x) not in met)
        wanted |= plan.needs[id(line.x)] if early else set()
        (net if early else loss).append(line)
    return net[::-1], loss[::-1]


def members(lines: Sequence[Line], needs: Needs) -> dict[int, str]:
    """The letter of each line that belongs to one part, by ``id`` of its value.

    A line without a letter belongs to the part that it reads; one that reads several, or none,
    belongs to none.
    """
    named = lettered_names(line.name for line in lines)
    if not named:
        return {}
    reached: dict[int, set[str]] = {}
    result: dict[int, str] = {}
    for line in lines:
        own = named.get(line.name)
        found = {own} if own else set[str]().union(*[reached[n] for n in needs[id(line.x)]])
        reached[id(line.x)] = found if len(found) < 2 else set(sorted(found)[:2])  # several
        if len(found) == 1:
            result[id(line.x)] = next(iter(found))
    return result


def parts(lines: Sequence[Line], member: dict[int, str]) -> dict[str, list[Line]]:
    """The lines of each part, if there are several of two lines or more that look alike."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if id(line.x) in member:
            found.setdefault(member[id(line.x)], []).append(line)
    ordered = {letter: found[letter] for letter in sorted(found)}
    shapes = {tuple(stem(line.name) for line in part) for part in ordered.values()}
    alike = len(shapes) == 1 and len(ordered) > 1 and all(len(p) > 1 for p in ordered.values())
    return ordered if alike else {}


def stem(name: str) -> str:
    found = letter_of(name)
    return found[0] if found else name
