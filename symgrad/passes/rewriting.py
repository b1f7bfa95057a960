"""Passes, and the one engine that walks a body and applies a table of rules.

A rule belongs to an op; it sees an instruction whose operands are already rewritten and returns
the value that replaces it, or None.  The engine walks the body once, in order, and drops what the
rules left unused; it refuses a replacement of another type, so that rules need not mind shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symgrad.ir.function import Function, Instr, Origin, Origins, constant, emit
from symgrad.ir.op import Attribute, Op
from symgrad.ir.types import Type
from symgrad.ops.table import OPS

BITWISE = "bitwise"
ROUNDING = "rounding"

# A rule's replacement may be rewritten again; the bound only guards against rules that disagree.
_ROUNDS = 16


@dataclass(frozen=True)
class Pass:
    """A function to a function.  ``preserves`` says whether results keep their bits."""

    name: str
    preserves: str
    apply: Callable[[Function], Function]

    def __call__(self, function: Function) -> Function:
        return self.apply(function)


def rewrite(name: str, preserves: str) -> Callable[[Callable[[Function], Function]], Pass]:
    """Declares a pass: BITWISE keeps every bit, ROUNDING the real function."""
    return lambda apply: Pass(name, preserves, apply)


Rule = Callable[["Rewriter", Instr], "Instr | None"]
Table = Mapping[str, Sequence[Rule]]


def table(*rows: tuple[str, Rule]) -> Table:
    """Rules by the op they look at; an op's rules are tried in the order of the rows."""
    rules: dict[str, list[Rule]] = {}
    for names, rule in rows:
        for name in names.split():
            rules.setdefault(name, []).append(rule)
    return rules


def apply_rules(function: Function, rules: Table) -> Function:
    """The function with every rule applied where it holds, in one walk."""
    return Rewriter(function, rules).run()


class Rewriter:
    """One walk over a body; what a rule may ask and build."""

    def __init__(self, function: Function, rules: Table) -> None:
        self.function = function
        self.rules = rules
        self.body: list[Instr] = []
        self.pending: list[Instr] = []
        self.origins: Origins = ()
        self.new: dict[int, Instr] = {id(p): p for p in function.parameters}
        self.uses: dict[int, int] = {}
        self.hints: dict[int, str] = {}

    def run(self) -> Function:
        old_uses = use_counts(self.function)
        for p in self.function.parameters:
            self.uses[id(p)] = old_uses.get(id(p), 0)
        for x in self.function.body:
            operands = tuple(self.new[id(o)] for o in x.operands)
            same = all(a is b for a, b in zip(operands, x.operands, strict=True))
            y = self._simplify(x if same else x.replace(operands))
            self.uses[id(y)] = self.uses.get(id(y), 0) + old_uses.get(id(x), 0)
            if x.hint and not y.hint and not y.is_parameter:
                self.hints.setdefault(id(y), x.hint)
            self.new[id(x)] = y
        results = tuple(self.new[id(r)] for r in self.function.results)
        rebuilt = Function(self.function.name, self.function.parameters, tuple(self.body), results)
        return live(relabel(rebuilt, self.hints, {}))

    def _simplify(self, x: Instr) -> Instr:
        """Rewrites until no rule holds, and enters what was built into the body."""
        fresh = True
        for _ in range(_ROUNDS):
            found = self._first(x)
            if found is None:
                break
            fresh = any(found is p for p in self.pending)
            self._enter(p for p in self.pending if p is not found)
            # What comes is counted before what goes, so that nothing shared falls to zero.
            gained = found.operands if fresh else (found,)
            for o in gained:
                self.uses[id(o)] = self.uses.get(id(o), 0) + 1
            for o in x.operands:
                self._unuse(o)
            if not fresh:
                self.uses[id(found)] -= 1
                return found
            x = found.replace(hint=x.hint, origins=x.origins)
        self.body.append(x)
        return x

    def _first(self, x: Instr) -> Instr | None:
        for rule in self.rules.get(x.op.name, ()):
            self.pending, self.origins = [], x.origins
            found = rule(self, x)
            if found is not None and found is not x and found.type == x.type:
                return found
        return None

    def _enter(self, built: Iterable[Instr]) -> None:
        for x in built:
            self.body.append(x)
            for o in x.operands:
                self.uses[id(o)] = self.uses.get(id(o), 0) + 1

    def _unuse(self, x: Instr) -> None:
        stack = [x]
        while stack:
            y = stack.pop()
            self.uses[id(y)] -= 1
            if self.uses[id(y)] == 0:
                stack.extend(y.operands)

    def build(self, op: str | Op, *operands: Instr, **attributes: Attribute) -> Instr:
        """A new instruction of an op, or of the table's op of that name."""
        x = emit(OPS[op] if isinstance(op, str) else op, operands, attributes, origins=self.origins)
        self.pending.append(x)
        return x

    def number(self, value: Any, dtype: str) -> Instr:
        """A new scalar literal."""
        x = constant(value, Type(dtype), origins=self.origins)
        self.pending.append(x)
        return x

    def once(self, x: Instr) -> bool:
        """Whether the instruction being rewritten is the only one that needs ``x``."""
        return self.uses.get(id(x), 0) <= 1


def scalar(x: Instr) -> Any:
    """The Python number of a scalar literal, or None."""
    return x["value"] if x.is_constant and not x.type.shape else None


def is_number(x: Instr, value: float) -> bool:
    """Whether ``x`` is the scalar literal ``value``; zeros are told apart by their sign."""
    own = scalar(x)
    if own is None or isinstance(own, bool):
        return False
    return repr(own) == repr(type(own)(value))


def use_counts(function: Function) -> dict[int, int]:
    """How often each value is an operand or a result, by id."""
    uses: dict[int, int] = {}
    for x in function.body:
        for o in x.operands:
            uses[id(o)] = uses.get(id(o), 0) + 1
    for r in function.results:
        uses[id(r)] = uses.get(id(r), 0) + 1
    return uses


def live(function: Function) -> Function:
    """The function without what its results do not need; parameters and order stay."""
    needed = {id(r) for r in function.results}
    kept: list[Instr] = []
    for x in reversed(function.body):
        if id(x) in needed:
            kept.append(x)
            needed.update(id(o) for o in x.operands)
    return Function(function.name, function.parameters, tuple(reversed(kept)), function.results)


def relabel(
    function: Function, hints: Mapping[int, str], origins: Mapping[int, Sequence[Origins]]
) -> Function:
    """The function with hints replaced, and origins united, for the values given by id."""
    if not hints and not origins:
        return function
    new: dict[int, Instr] = {id(p): p for p in function.parameters}
    body = []
    for x in function.body:
        operands = tuple(new[id(o)] for o in x.operands)
        y = x.replace(operands, hints.get(id(x), x.hint), _unite(x.origins, origins.get(id(x))))
        new[id(x)] = y
        body.append(y)
    results = tuple(new[id(r)] for r in function.results)
    return Function(function.name, function.parameters, tuple(body), results)


def _unite(own: Origins, more: Sequence[Origins] | None) -> Origins:
    if not more:
        return own
    found: dict[Origin, None] = dict.fromkeys(own)
    for group in dict.fromkeys(more):
        found.update(dict.fromkeys(group))
    return tuple(sorted(found))
