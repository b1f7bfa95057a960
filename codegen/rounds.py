"""The loop in the text: the examples, the sums that start at zero, and one round in its sections.

for (x1, x2), y in examples:
    # forward
    ...
"""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.codegen.breaking import filled
from symgrad.codegen.lines import Line
from symgrad.codegen.loops import BEFORE, BEHIND, WITHIN, LoopWriter
from symgrad.codegen.naming import Names
from symgrad.codegen.sections import Section, dependencies, derivative_note, told_forward
from symgrad.codegen.signature import INDENT, WIDTH
from symgrad.codegen.text import number
from symgrad.codegen.unit import Loop, Unit
from symgrad.ir.function import Function, topological

_SHOWN = 6  # numbers of a row that the docstring names


class Rounds:
    """The loop of a unit, with the names that it has in the text."""

    def __init__(self, unit: Unit, loop: Loop, writer: LoopWriter, names: Names) -> None:
        self.unit = unit
        self.loop = loop
        self.writer = writer
        self.constant = names.fresh(loop.name.upper())
        self.argument = names.fresh(loop.name)
        self.over = self.argument if loop.is_open else self.constant
        parameters = unit.function.parameters
        self.names = [
            [
                names.fresh(f"_{name}") if i is None else writer.named[id(parameters[i])]
                for i, name in zip(part.members, part.names, strict=True)
            ]
            for part in loop.parts
        ]

    @property
    def counted(self) -> str:
        """The examples in words, for the docstring."""
        text = self.variables(_SHOWN)
        return f"any number of ({text})" if len(self.loop.parts) > 1 else f"any number of {text}"

    def variables(self, limit: int = 0) -> str:
        """``(x1, x2, x3), ygt``; with a limit, longer rows are cut short."""
        texts = []
        for part, own in zip(self.loop.parts, self.names, strict=True):
            short = [own[0], "...", own[-1]] if limit and len(own) > limit else own
            row = ", ".join(short) + ("," if len(own) == 1 and part.is_row else "")
            alone = len(self.loop.parts) == 1 and not limit
            texts.append(f"({row})" if part.is_row and not alone else row)
        return ", ".join(texts)

    def definition(self) -> list[str]:
        """``EXAMPLES = (...)``, an example a line."""
        lines = []
        for row in self.loop.rows:
            text = f"{nested(row)},"
            if len(INDENT + text) <= WIDTH:
                lines.append(INDENT + text)
                continue
            inner = filled(f"{text[1:-2]},".split(" "), WIDTH - 2 * len(INDENT))
            lines += [f"{INDENT}(", *(INDENT * 2 + part for part in inner), f"{INDENT}),"]
        return [f"{self.constant} = (", *lines, ")"]

    def size(self) -> list[str]:
        """``N = len(examples)`` where the body reads it; one at least where it divides by it."""
        read = [x for x in self.writer.body if any(o.op.name == "size" for o in x.operands)]
        if not read:
            return []
        lines = [f"{INDENT}N = len({self.over})"]
        if self.loop.is_open and any(x.op.name == "divide" for x in read):
            why = "the loss divides by their number"
            error = f'raise ValueError("{self.argument}: expected at least one, for {why}")'
            lines += [f"{INDENT}if N < 1:", f"{INDENT * 2}{error}"]
        return lines

    def head(self) -> tuple[str, ...]:
        """``for ... in examples:``, over several lines where it is long."""
        text = self.variables()
        line = f"for {text} in {self.over}:"
        if len(INDENT + line) <= WIDTH:
            return (line,)
        rows = filled(f"{text},".split(" "), WIDTH - 2 * len(INDENT))
        return ("for (", *(INDENT + row for row in rows), f") in {self.over}:")

    def sections(self) -> list[Section]:
        """What stands before the loop, in it, and behind it."""
        placed: dict[int, list[Line]] = {BEFORE: [], WITHIN: [], BEHIND: []}
        read = self.read_within()
        for line in self.writer.lines:
            phase = self.writer.phases.of[id(line.x)]
            late = phase == BEFORE and id(line.x) not in read
            placed[BEHIND if late else phase].append(line)
        derived = self.writer.derived
        loss = [line for line in placed[BEHIND] if id(line.x) not in derived]
        rest = [line for line in placed[BEHIND] if id(line.x) in derived]
        forward, back, shares = parted(placed[WITHIN], self.writer)
        note = derivative_note([line.name for line in back], self.unit.function)
        inside = [
            ("forward", forward),
            (f"back{note}", back),
            ("each parameter collects its share from this example", shares),
        ]
        (heading, first), *others = [(text, lines) for text, lines in inside if lines]
        plan = [
            Section("what all examples read", placed[BEFORE]),
            Section("", (), opening=tuple(self.zeros(shares))),
            Section(heading, first, 1, self.head()),
            *(Section(text, lines, 1) for text, lines in others),
            Section("loss", loss),
            Section("the rest of the gradient", rest),
        ]
        return [s for s in plan if s.lines or s.opening]

    def read_within(self) -> set[int]:
        """The values that the loop reads, straight or through others."""
        read: set[int] = set()
        for x in reversed(self.writer.function.body):
            if self.writer.phases.of[id(x)] == WITHIN or id(x) in read:
                read.update(id(o) for o in x.operands)
        return read

    def zeros(self, shares: Sequence[Line]) -> list[str]:
        """``d_w1 = d_w2 = d_b = 0.0``: what the loop collects, in the rows of the parameters."""
        own = {line.name for line in shares}
        collects = self.writer.phases.collects
        others = [x.name for x in self.writer.lines if id(x.x) in collects and x.name not in own]
        lines = [f"{name} = 0.0" for name in others]
        left = [line.name for line in shares]
        texts = self.writer.texts
        for g in self.unit.groups:
            members = iter(g.members)
            for length in (*g.rows, len(g.members) - sum(g.rows)):
                row = [next(members) for _ in range(length)]
                results = [self.unit.function.results[-len(g.members) + k] for k in row]
                found = dict.fromkeys(texts[id(r)].text for r in results if id(r) in texts)
                names = [n for n in found if n in left]
                left = [n for n in left if n not in found]
                lines += chained(names)
        return [*lines, *chained(left)]


def nested(value: object) -> str:
    """An example as it is written: floats in nested tuples."""
    if isinstance(value, tuple):
        return f"({', '.join(map(nested, value))}{',' if len(value) == 1 else ''})"
    assert isinstance(value, float)
    return number(value).text


def chained(names: Sequence[str]) -> list[str]:
    """``a = b = c = 0.0``, in as many lines as it takes."""
    lines, row = [], ""
    for name in names:
        if row and len(INDENT + row + name) + 6 > WIDTH:
            lines.append(f"{row}0.0")
            row = ""
        row += f"{name} = "
    return [*lines, f"{row}0.0"] if row else lines


def parted(lines: list[Line], writer: LoopWriter) -> tuple[list[Line], list[Line], list[Line]]:
    """The lines of a round: forward, back, and the shares of the parameters in their order."""
    needs = dependencies(lines)
    late: set[int] = set()
    for line in lines:
        if id(line.x) in writer.derived or late & needs[id(line.x)]:
            late.add(id(line.x))
    forward = [line for line in lines if id(line.x) not in late]
    backward = [line for line in lines if id(line.x) in late]
    collects = writer.phases.collects
    back = [line for line in backward if id(line.x) not in collects]
    order = first_results(writer.function)
    shares = [line for line in backward if id(line.x) in collects]
    return forward, told_forward(back, needs), sorted(shares, key=lambda s: order[id(s.x)])


def first_results(f: Function) -> dict[int, int]:
    """For each value the first result that is computed from it."""
    order: dict[int, int] = {}
    for i, r in enumerate(f.results):
        order.setdefault(id(r), i)
    for x in reversed(topological(f.results)):
        for o in x.operands:
            order[id(o)] = min(order.get(id(o), order[id(x)]), order[id(x)])
    return order
