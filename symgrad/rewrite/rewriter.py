"""Passes, and the one engine that walks a body and applies a table of rules.

A rule belongs to an op; it sees an instruction whose operands are already rewritten and returns
the value that replaces it, or None.  The engine walks the body once, in order, and drops what the
rules left unused; it refuses a replacement of another type, so that rules need not mind shapes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from symgrad.ir.function import Function, Instr, Origin, Origins, constant, emit
from symgrad.ir.op import CONSTANT, Attribute, Op
from symgrad.ir.rebuild import moved_operands
from symgrad.ir.types import Type
from symgrad.ops.terms import OPS

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
_OP = attrgetter("op")


class Table:
    """Rules by the op they look at, and by the ops that must be among its operands."""

    def __init__(self, rows: Iterable[tuple[str, Rule, frozenset[str]]]) -> None:
        self.rows = tuple([(frozenset(ops.split()), rule, among) for ops, rule, among in rows])
        self.ops = frozenset().union(*[own for own, _, _ in self.rows])
        self.found: dict[tuple[Op, ...], tuple[Rule, ...]] = {}

    def rules(self, x: Instr) -> tuple[Rule, ...]:
        """The rules that may hold for an instruction, in the order of the rows."""
        ops = (x.op, *map(_OP, x.operands))
        rules = self.found.get(ops)
        if rules is None:
            names = {op.name for op in ops[1:]}
            rules = tuple(
                [
                    rule
                    for own, rule, among in self.rows
                    if x.op.name in own and (not among or among & names)
                ]
            )
            self.found[ops] = rules
        return rules


def table(*rows: tuple[str, Rule] | tuple[str, Rule, str]) -> Table:
    """A table of rows (ops, rule) or (ops, rule, ops of which an operand must be the result).

    Most instructions meet no rule that way, which is what makes a walk over a long body cheap.
    """
    full = [(row[0], row[1], frozenset(row[2].split() if len(row) == 3 else ())) for row in rows]
    return Table(full)


def apply_rules(function: Function, rules: Table) -> Function:
    """The function with every rule applied where it holds, in one walk; itself if none does."""
    return Rewriter(function, rules).run()


class Rewriter:
    """One walk over a body; what a rule may ask and build."""

    def __init__(self, function: Function, rules: Table) -> None:
        self.function = function
        self.rules = rules
        self.body: list[Instr] = []
        self.pending: list[Instr] = []
        self.origins: Origins = ()
        self.moved: dict[Instr, Instr] = {}
        self.uses = use_counts(function)
        self.hints: dict[Instr, str] = {}

    def run(self) -> Function:
        moved, uses, ops = self.moved, self.uses, self.rules.ops
        for x in self.function.body:
            y = moved_operands(x, moved)
            found = self._first(y) if y.op.name in ops else None
            if found is None:
                self.body.append(y)
            else:
                y = self._simplify(y, found)
            if y is not x:
                uses[y] = uses.get(y, 0) + uses.get(x, 0)
                moved[x] = y
                if x.hint and not y.hint and not y.is_parameter:
                    self.hints.setdefault(y, x.hint)
        if not moved:
            return self.function
        rebuilt = with_body(self.function, self.body, moved)
        return live(relabel(rebuilt, self.hints, {}))

    def _simplify(self, x: Instr, found: Instr | None) -> Instr:
        """Rewrites until no rule holds, and enters what was built into the body."""
        for _ in range(_ROUNDS):
            if found is None:
                break
            fresh = any(found is p for p in self.pending)
            self._enter(p for p in self.pending if p is not found)
            # What comes is counted before what goes, so that nothing shared falls to zero.
            gained = found.operands if fresh else (found,)
            for o in gained:
                self.uses[o] = self.uses.get(o, 0) + 1
            for o in x.operands:
                self._unuse(o)
            if not fresh:
                self.uses[found] -= 1
                return found
            x = found.replace(hint=x.hint, origins=x.origins)
            found = self._first(x)
        self.body.append(x)
        return x

    def _first(self, x: Instr) -> Instr | None:
        for rule in self.rules.rules(x):
            self.origins = x.origins
            if self.pending:
                self.pending = []
            found = rule(self, x)
            if found is not None and found is not x and found.type == x.type:
                return found
        return None

    def _enter(self, built: Iterable[Instr]) -> None:
        for x in built:
            self.body.append(x)
            for o in x.operands:
                self.uses[o] = self.uses.get(o, 0) + 1

    def _unuse(self, x: Instr) -> None:
        stack = [x]
        while stack:
            y = stack.pop()
            self.uses[y] -= 1
            if self.uses[y] == 0:
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
        return self.uses.get(x, 0) <= 1


def scalar(x: Instr) -> Any:
    """The Python number of a scalar literal, or None."""
    return x["value"] if x.op is CONSTANT and not x.type.shape else None


def is_number(x: Instr, value: float) -> bool:
    """Whether ``x`` is the scalar literal ``value``; zeros are told apart by their sign."""
    own = scalar(x)
    if own is None or own != value or isinstance(own, bool):
        return False
    return own != 0 or isinstance(own, int) or math.copysign(1, own) == math.copysign(1, value)


def use_counts(function: Function) -> dict[Instr, int]:
    """How often each value is an operand or a result."""
    uses = Counter([o for x in function.body for o in x.operands])
    uses.update(function.results)
    return dict(uses)


def with_body(function: Function, body: Iterable[Instr], moved: Mapping[Instr, Instr]) -> Function:
    """The function with another body; results are replaced as ``moved`` says."""
    results = tuple([moved.get(r, r) for r in function.results])
    return Function(function.name, function.parameters, tuple(body), results)


def live(function: Function) -> Function:
    """The function without what its results do not need; parameters and order stay."""
    needed = set(function.results)
    kept: list[Instr] = []
    for x in reversed(function.body):
        if x in needed:
            kept.append(x)
            needed.update(x.operands)
    if len(kept) == len(function.body):
        return function
    return with_body(function, reversed(kept), {})


def relabel(
    function: Function, hints: Mapping[Instr, str], origins: Mapping[Instr, Sequence[Origins]]
) -> Function:
    """The function with hints replaced, and origins united, for the values given."""
    if not hints and not origins:
        return function
    moved: dict[Instr, Instr] = {}
    body = []
    for x in function.body:
        y = moved_operands(x, moved)
        if x in hints or x in origins:
            y = y.replace(None, hints.get(x, x.hint), _unite(x.origins, origins.get(x)))
        if y is not x:
            moved[x] = y
        body.append(y)
    return with_body(function, body, moved)


def _unite(own: Origins, more: Sequence[Origins] | None) -> Origins:
    if not more:
        return own
    found: dict[Origin, None] = dict.fromkeys(own)
    for group in dict.fromkeys(more):
        found.update(dict.fromkeys(group))
    return tuple(sorted(found))
