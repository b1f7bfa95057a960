"""The style ``looped`` of the ``python`` target: a ``for`` over examples with scalars in its body.

The input is a function of scalars and of vectors along one axis, the examples.  A vector is
written as the scalar that it is for one example, and a sum over the examples as a variable that
collects a share in each round::

    z = w*x            %z = multiply %w, %x : f64[N]          z = w*x
    d_w = sum(d_z*x)   %d_w = vdot %d_z, %x : f64[]           d_w += d_z*x

So every value stands before the loop, in it, or behind it; see ``Phases``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symgrad.codegen.body import Writer
from symgrad.codegen.identifiers import Names
from symgrad.codegen.literals import number
from symgrad.codegen.printer import WIDTH, in_line
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.sections import (
    Headed,
    Line,
    dependencies,
    derivative_note,
    parted,
    told_forward,
)
from symgrad.codegen.statement_tree import (
    AddInto,
    Assign,
    AssignAll,
    Guard,
    Listing,
    Loop,
    Section,
    Statement,
    SubtractFrom,
)
from symgrad.codegen.target import MUL, ByInstr, Form, Limits, Target, Text, atom, infix
from symgrad.codegen.unit import ExampleLoop, Unit
from symgrad.ir.function import Function, Instr, all_values, topological
from symgrad.ir.op import Op

BEFORE, WITHIN, BEHIND = range(3)


def _whole(x: Instr) -> Text:
    return atom(str(x["dim"]))


def _is_plain(x: Instr) -> bool:
    """True where no divisor is zero: the function checks the number of examples first."""
    return PYTHON.plain(x) or (x.op.name == "divide" and x.operands[1].op.name == "size")


def _divide(x: Instr) -> Form:
    return infix("/", MUL) if _is_plain(x) else PYTHON.form(x)


def _same(a: Text) -> Text:
    return a


LOOPED: Target = replace(
    PYTHON,
    style="looped",
    limits=Limits(WIDTH - 12, 40, WIDTH - 12),
    plain=_is_plain,
    emit={
        **PYTHON.emit,
        "sum": _same,
        "broadcast_to": _same,
        "vdot": infix("*", MUL, space=False),
        "matmul": infix("*", MUL, space=False),
        "size": ByInstr(lambda x: lambda: _whole(x)),
        "divide": ByInstr(_divide, helper="divide"),
    },
)


def is_collected(op: Op) -> bool:
    """The op is a sum over the examples that a loop can collect."""
    return "contracts" in op.traits and op.name in LOOPED.emit


class Phases:
    """The place of each value, by ``id``: before the loop, in it or behind it.

    ``obstacle`` says why there can be no loop; it is empty where there can be one.

    A sum over the examples grows in the loop and is known behind it: ``collects`` has these.
    """

    def __init__(self, f: Function) -> None:
        self.of = {id(p): WITHIN if p.type.rank else BEFORE for p in f.parameters}
        self.collects: set[int] = set()
        self.obstacle = ""
        all_values(f, self.place, [*self.of.values()])

    def place(self, x: Instr, known: Sequence[int]) -> int:
        """Where ``x`` is known, from where its operands are."""
        pairs = zip(x.operands, known, strict=True)
        read = max([where for o, where in pairs if not o.type.rank], default=BEFORE)
        over = any(o.type.rank for o in x.operands)
        if x.type.rank > 1 or (over and not x.type.rank and not is_collected(x.op)):
            self.say(f"{x.op.name} of all examples together has no loop of scalars", x)
        if x.type.rank and read == BEHIND:
            self.say("what each example gives depends on a sum over all of them", x)
        written = x.op.name in LOOPED.emit or x.op.expansion or x.op.sources
        if x.type.rank and not written:
            self.say(f"{x.op.name} has no scalar form", x)
        self.of[id(x)] = WITHIN if over or x.type.rank else read
        if not over or x.type.rank:
            return self.of[id(x)]
        self.collects.add(id(x))
        return BEHIND

    def say(self, reason: str, x: Instr) -> None:
        at = f" ({x.origins[0]})" if x.origins else ""
        self.obstacle = self.obstacle or f"{reason}{at}"


def obstacle(f: Function) -> str:
    """Why a function cannot be written as one loop over its examples; nothing where it can."""
    phases = Phases(f)
    if not (phases.obstacle or phases.collects):
        return "no sum over the examples is left: each of them gives the same"
    return phases.obstacle


class LoopWriter(Writer):
    """Plans the body of a function that has a loop."""

    def __init__(self, unit: Unit, target: Target, names: Names) -> None:
        function = unit.function
        self.phases = Phases(function)
        read_within = [o for x in function.body if x.type.rank for o in x.operands]
        self.hoisted = {id(o) for o in read_within if not (o.type.rank or o.is_constant)}
        super().__init__(unit, target, names)
        self.completed = self.completions(function)
        for x, (share, _, _) in self.completed.items():
            if id(x) in self.named:
                self.named[id(share)] = self.named[id(x)]

    def completions(self, function: Function) -> dict[Instr, tuple[Instr, Instr, type[Assign]]]:
        """Results that add a rest to a sum of the loop: sum, rest, and kind of statement."""
        found: dict[Instr, tuple[Instr, Instr, type[Assign]]] = {}
        for x in dict.fromkeys(function.results):
            if x.op.name not in ("add", "subtract") or not x.hint:
                continue
            pairs = [x.operands] if x.op.name == "subtract" else [x.operands, x.operands[::-1]]
            for share, rest in pairs:
                alone = self.uses[id(share)] == 1 and not share.hint
                if id(share) in self.phases.collects and alone:
                    found[x] = share, rest, AddInto if x.op.name == "add" else SubtractFrom
                    break
        return found

    def floats(self, x: Instr) -> bool:
        """Neither sums are inlined nor values that each round would compute anew."""
        if id(x) in self.phases.collects:
            return False
        if id(x) in self.hoisted and not x.type.rank:
            return x.op.name == "size"
        return super().floats(x)

    def render(self, x: Instr) -> Text:
        return self.texts[id(self.completed[x][1])] if x in self.completed else super().render(x)

    def called(self, x: Instr) -> str:
        if id(x) in self.phases.collects and x.op.name != "sum":
            return "squares" if x.operands[0] is x.operands[1] else "products"
        if _is_plain(x) and not PYTHON.plain(x):
            return "weight"
        return super().called(x)

    def kind(self, x: Instr) -> type[Assign]:
        if id(x) in self.phases.collects:
            return AddInto
        return self.completed[x][2] if x in self.completed else Assign

    def arguments(self) -> Sequence[tuple[str, str, str, str]]:
        """The examples, if others may take the place of those that were traced."""
        assert self.unit.loop is not None
        self.examples = examples = Examples(self.unit, self.unit.loop, self.named, self.names)
        self.constants = [examples.definition()]
        if not examples.loop.is_open:
            return ()
        return ((examples.argument, examples.counted, "", f"={examples.constant}"),)

    def sizes(self, named: tuple[Assign, ...]) -> tuple[Statement, ...]:
        """``N = len(examples)`` where the body reads it; one at least where it divides by it."""
        read = [x for x in self.body if any(o.op.name == "size" for o in x.operands)]
        if not read:
            return ()
        size = Assign("N", f"len({self.examples.over})")
        if not self.examples.loop.is_open or all(x.op.name != "divide" for x in read):
            return (size,)
        why = "expected at least one, for the loss divides by their number"
        return size, Guard("N < 1", f"{self.examples.argument}: {why}")

    def statements(self) -> list[Section]:
        """The sections before the loop, in it, and behind it."""
        self.write()
        comments = self.comments()

        def sections(plan: Sequence[Headed]) -> list[Section]:
            return [Section(text, comments.statements(lines)) for text, lines in plan if lines]

        placed: dict[int, list[Line]] = {BEFORE: [], WITHIN: [], BEHIND: []}
        read = self.read_within()
        for line in self.lines:
            phase = self.phases.of[id(line.x)]
            late = phase == BEFORE and id(line.x) not in read
            placed[BEHIND if late else phase].append(line)
        forward, back, shares = self.in_round(placed[WITHIN])
        note = derivative_note([line.name for line in back], self.function)
        share = "each parameter collects its share from this example"
        inside = sections([("forward", forward), (f"back{note}", back), (share, shares)])
        loss = [line for line in placed[BEHIND] if id(line.x) not in self.derived]
        rest = [line for line in placed[BEHIND] if id(line.x) in self.derived]
        loop = Loop(self.examples.variables(), self.examples.over, tuple(inside))
        return [
            *sections([("what all examples read", placed[BEFORE])]),
            Section("", tuple(self.zeros(shares))),
            Section("", (loop,)),
            *sections([("loss", loss), ("the rest of the gradient", rest)]),
        ]

    def in_round(self, lines: list[Line]) -> tuple[list[Line], list[Line], list[Line]]:
        """The lines of a round: forward, back, and the parameters' shares in their order."""
        needs = dependencies(lines)
        collects = self.phases.collects
        forward, backward = parted(lines, self.derived, needs)
        back = [line for line in backward if id(line.x) not in collects]
        order = first_results(self.function)
        shares = [line for line in backward if id(line.x) in collects]
        return forward, told_forward(back, needs), sorted(shares, key=lambda s: order[id(s.x)])

    def read_within(self) -> set[int]:
        """The values that the loop reads, straight or through others."""
        read: set[int] = set()
        for x in reversed(self.function.body):
            if self.phases.of[id(x)] == WITHIN or id(x) in read:
                read.update(id(o) for o in x.operands)
        return read

    def zeros(self, shares: Sequence[Line]) -> list[AssignAll]:
        """``d_w1 = d_w2 = d_b = 0.0``: what the loop collects, in the rows of the parameters."""
        own = {line.name for line in shares}
        collects = self.phases.collects
        others = [x.name for x in self.lines if id(x.x) in collects and x.name not in own]
        rows = [[name] for name in others]
        left = [line.name for line in shares]
        for g in self.unit.groups:
            members = iter(g.members)
            for length in (*g.rows, len(g.members) - sum(g.rows)):
                row = [next(members) for _ in range(length)]
                results = [self.function.results[-len(g.members) + k] for k in row]
                found = dict.fromkeys(
                    self.texts[id(r)].text for r in results if id(r) in self.texts
                )
                rows.append([n for n in found if n in left])
                left = [n for n in left if n not in found]
        return [AssignAll(tuple(row), "0.0") for row in (*rows, left) if row]


_SHOWN = 6  # numbers of a row that the docstring names


class Examples:
    """The examples that a loop goes over, with the names that they have in the text."""

    def __init__(
        self, unit: Unit, loop: ExampleLoop, named: Mapping[int, str], names: Names
    ) -> None:
        self.loop = loop
        self.constant = names.fresh(loop.name.upper())
        self.argument = names.fresh(loop.name)
        self.over = self.argument if loop.is_open else self.constant
        parameters = unit.function.parameters
        self.names = [
            [
                names.fresh(f"_{name}") if i is None else named[id(parameters[i])]
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

    def definition(self) -> Assign:
        """``EXAMPLES = (...)``, an example a line."""
        rows = tuple(map(row_of, self.loop.rows))
        return Assign(self.constant, Listing(rows, rows=(1,) * len(rows), tall=True))


def row_of(value: object) -> str | Listing:
    """An example as it is written: floats in nested tuples."""
    if not isinstance(value, tuple):
        assert isinstance(value, float)
        return number(value).text
    items = in_line(Listing(tuple(map(row_of, value))))[1:-1].rstrip(",").split(", ")
    return Listing(tuple(items))


def first_results(f: Function) -> dict[int, int]:
    """For each value the first result that is computed from it."""
    order: dict[int, int] = {}
    for i, r in enumerate(f.results):
        order.setdefault(id(r), i)
    for x in reversed(topological(f.results)):
        for o in x.operands:
            order[id(o)] = min(order.get(id(o), order[id(x)]), order[id(x)])
    return order
