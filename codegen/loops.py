"""The style ``looped`` of the ``python`` target: a ``for`` over examples with scalars in its body.

What comes in is a function of scalars and of vectors along one axis, the examples.  A vector is
written as the scalar that it is for one example, and a sum over the examples as a variable that
collects a share in each round::

    z = w*x            %z = multiply %w, %x : f64[N]          z = w*x
    d_w = sum(d_z*x)   %d_w = vdot %d_z, %x : f64[]           d_w += d_z*x

So every value stands before the loop, in it, or behind it; see ``Phases``.
"""

from __future__ import annotations

from dataclasses import replace

from symgrad.codegen.lines import Limits, Writer
from symgrad.codegen.naming import Names
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.target import Rule, Target
from symgrad.codegen.text import MUL, Form, Text, atom, infix
from symgrad.ir.function import Function, Instr

BEFORE, WITHIN, BEHIND = range(3)
COLLECTS = ("sum", "vdot", "matmul")


def _whole(x: Instr) -> Text:
    return atom(str(x["dim"]))


def _is_plain(x: Instr) -> bool:
    """The number of examples is no zero: the function checks it first."""
    return PYTHON.plain(x) or (x.op.name == "divide" and x.operands[1].op.name == "size")


def _divide(x: Instr) -> Form:
    return infix("/", MUL) if _is_plain(x) else PYTHON.form(x)


def _same(a: Text) -> Text:
    return a


LOOPED: Target = replace(
    PYTHON,
    style="looped",
    plain=_is_plain,
    emit={
        **PYTHON.emit,
        "sum": _same,
        "broadcast_to": _same,
        "vdot": infix("*", MUL, space=False),
        "matmul": infix("*", MUL, space=False),
        "size": Rule(lambda x: lambda: _whole(x)),
        "divide": Rule(_divide),
    },
)


class Phases:
    """Where each value of a function stands, by ``id``; ``obstacle`` says why none fit, if so.

    A sum over the examples is made within the loop and known behind it: ``collects`` has these.
    """

    def __init__(self, f: Function) -> None:
        self.of = {id(p): WITHIN if p.type.rank else BEFORE for p in f.parameters}
        self.known = dict(self.of)
        self.collects: set[int] = set()
        self.obstacle = ""
        for x in f.body:
            self.place(x)

    def place(self, x: Instr) -> None:
        read = max([self.known[id(o)] for o in x.operands if not o.type.rank], default=BEFORE)
        over = any(o.type.rank for o in x.operands)
        if x.type.rank > 1 or (over and not x.type.rank and x.op.name not in COLLECTS):
            self.say(f"{x.op.name} of all examples together has no loop of scalars", x)
        if x.type.rank and read == BEHIND:
            self.say("what each example gives depends on a sum over all of them", x)
        if x.type.rank and x.op.name not in LOOPED.emit and x.op.expansion is None:
            self.say(f"{x.op.name} has no scalar form", x)
        self.of[id(x)] = self.known[id(x)] = WITHIN if over or x.type.rank else read
        if over and not x.type.rank:
            self.collects.add(id(x))
            self.known[id(x)] = BEHIND

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
    """Writes the lines of a function that has a loop."""

    def __init__(self, function: Function, names: Names, limits: Limits) -> None:
        self.phases = Phases(function)
        read_within = [o for x in function.body if x.type.rank for o in x.operands]
        self.hoisted = {id(o) for o in read_within if not (o.type.rank or o.is_constant)}
        super().__init__(function, LOOPED, names, limits)
        self.completed = self.completions(function)
        for x, (share, _, _) in self.completed.items():
            if id(x) in self.named:
                self.named[id(share)] = self.named[id(x)]

    def completions(self, function: Function) -> dict[Instr, tuple[Instr, Instr, str]]:
        """Results that add something to what the loop collects: that, the rest, and the sign."""
        found = {}
        for x in dict.fromkeys(function.results):
            if x.op.name not in ("add", "subtract") or not x.hint:
                continue
            pairs = [x.operands] if x.op.name == "subtract" else [x.operands, x.operands[::-1]]
            for share, rest in pairs:
                alone = self.uses[id(share)] == 1 and not share.hint
                if id(share) in self.phases.collects and alone:
                    found[x] = share, rest, "+=" if x.op.name == "add" else "-="
                    break
        return found

    def floats(self, x: Instr) -> bool:
        """Sums have lines of their own, and so has what each round would compute anew."""
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

    def put(self, x: Instr, text: Text) -> None:
        super().put(x, text)
        if id(x) in self.phases.collects:
            self.lines[-1] = replace(self.lines[-1], operator="+=")
        elif x in self.completed:
            self.lines[-1] = replace(self.lines[-1], operator=self.completed[x][2])


__all__ = ["LOOPED", "LoopWriter", "Phases", "obstacle"]
