"""A rule as data, a set of rules that is looked up by op, and a pass.

A formula says left and right; the same two functions are matched and built here, proved with SymPy
in the tests, and measured in floats and at 50 digits.  A rule that no formula states has ``Ops`` on
its left, and on its right a function of the rewriter and the instruction.

>>> rule = Rule("exp(x) - 1 = expm1(x)", lambda f, x: f.exp(x) - 1.0, lambda f, x: f.expm1(x),
...             {"x": REAL})
>>> print(rule)
exp(x) - 1 = expm1(x)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from symgrad.ir.function import Function, Instr, Origins
from symgrad.ir.op import Op
from symgrad.ops.terms import IRAlgebra, Term
from symgrad.rewrite.patterns import Bindings, Families, Pattern, pattern

BITS, REALS = "bits", "reals"  # what stays: every bit, or the function of real numbers
STABILISE, CHEAPEN, CANONICAL = "stabilise", "cheapen", "canonical"

Interval = tuple[float, float]
REAL: Interval = (-1e4, 1e4)
POSITIVE: Interval = (0.0, 1e4)
NEGATIVE: Interval = (-1e4, 0.0)

_OP = attrgetter("op")


class Ops(NamedTuple):
    """A left side without a formula: by the ops of the value and of its operands.

    own    the ops of the value; none for any
    among  ops of which one operand must be; none for any
    all    whether all operands must be of these ops
    """

    own: frozenset[str] = frozenset()
    among: frozenset[str] = frozenset()
    all: bool = False

    def meets(self, name: str, operands: set[str]) -> bool:
        if self.own and name not in self.own:
            return False
        if self.all:
            return bool(operands) and operands <= self.among
        return not self.among or bool(self.among & operands)


@dataclass(frozen=True, eq=False)
class Rule:
    """left -> right, over the domain.

    name       the rule in formulas
    left       a formula (f, *variables), or ``Ops``
    right      a formula of the same variables; with ``Ops``, (rewriter, instruction) -> the value
               in its place, or None
    domain     the interval of each variable, by its name and in order; of each element of an array
    preserves  BITS or REALS
    purpose    STABILISE, CANONICAL, or CHEAPEN: applied only where the cost falls
    lists      variables that stand for several values (``f.total``)
    arrays     variables that are arrays; the others are values of any shape
    condition  a further demand on what the variables are bound to
    quick      a cheap test that an instruction has to pass before it is searched
    alone      whether the operands of the whole must have no other use
    """

    name: str
    left: Callable[..., Any] | Ops
    right: Callable[..., Any]
    domain: Mapping[str, Interval] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    condition: Callable[[Bindings], bool] = lambda bound: True
    quick: Callable[[Instr], bool] = lambda x: True
    alone: bool = False
    preserves: str = REALS
    purpose: str = STABILISE

    def __str__(self) -> str:
        return self.name

    @property
    def is_formula(self) -> bool:
        return not isinstance(self.left, Ops)

    def first(self, f: Any, values: Mapping[str, Any]) -> Any:
        """The left side in an algebra that knows the families; arrays are vectors."""
        assert not isinstance(self.left, Ops)
        return self.left(f, **values, **self._given())

    def second(self, f: Any, values: Mapping[str, Any]) -> Any:
        """The right side, likewise."""
        moves = {"move": None} if "move" in self.right.__code__.co_varnames else {}
        return self.right(f, **values, **self._given(), **moves)

    def _given(self) -> dict[str, Any]:
        known = {"axis": (0,), "keepdims": False}
        return {name: known[name] for name in self.attributes}


def built(
    name: str, ops: str, right: Callable[..., Any], among: str = "", preserves: str = REALS
) -> Rule:
    """A canonical rule that a function applies to values of some ops, with operands of others."""
    left = Ops(frozenset(ops.split()), frozenset(among.split()))
    return Rule(name, left, right, preserves=preserves, purpose=CANONICAL)


class Fired(NamedTuple):
    """One application: the rule, the user's lines, and the cost before and after if it counted.

    Before is the cost of what nothing needs any more, after that of what was not there yet.  What
    SymPy rewrites has no rule, only a text.
    """

    rule: Rule | str
    origins: Origins
    before: int | None = None
    after: int = 0

    @property
    def change(self) -> str:
        return str(self.rule)

    def __str__(self) -> str:
        if self.before is None:
            where = ", ".join(map(str, self.origins))
            return f"{self.rule}  at {where}" if where else str(self.rule)
        where = ", ".join(dict.fromkeys(f"{o.file}:{o.line}" for o in self.origins))
        word = "of" if all(o.derived for o in self.origins) else "at"
        place = f"  {word} {where}" if where else ""
        return f"{self.rule}{place}: cost {self.before} -> {self.after}"


class Builder(IRAlgebra, Families):
    """Builds replacements; -(-x) is x."""

    total, summed = Families.total, Families.summed

    def apply(self, name: str, *xs: Any, **attributes: Any) -> Term:
        if name == "negative" and isinstance(xs[0], Term) and xs[0].instr.op.name == "negative":
            return self.term(xs[0].instr.operands[0])
        return super().apply(name, *xs, **attributes)

    def again(self, moves: Sequence[Instr], u: Term) -> Term:
        """The moves, the last one first, of another value of the same shape."""
        for move in reversed(moves):
            rest = [self.term(o) for o in move.operands[1:]]
            u = self.apply(move.op.name, u, *rest, **dict(move.attributes))
        return u

    def squeezed(self, moves: Sequence[Instr], c: Term) -> Term:
        """What a difference with c loses where one element is picked along c's axes of size 1."""
        shape = moves[0].type.shape
        return c if c.instr.type.shape == shape else self.apply("reshape", c, shape=shape)


def lifted(f: IRAlgebra, name: str, value: Any) -> Any:
    """A bound value for the right side of a rule: terms, but for attributes and the move."""
    if name == "move":
        return value
    if isinstance(value, Instr):
        return f.term(value)
    if isinstance(value, tuple) and any(isinstance(v, Instr) for v in value):
        return [f.term(v) if isinstance(v, Instr) else v for v in value]
    return value


Candidates = tuple[tuple[Rule, Pattern | None], ...]


class RuleSet:
    """Rules in order, looked up by the ops of an instruction and of its operands.

    ``needs`` are ops without which no rule of the set can hold.
    """

    def __init__(self, rules: Iterable[Rule], needs: str = "") -> None:
        self.rules = tuple(rules)
        self.needs = frozenset(needs.split())
        self.found: dict[tuple[Op, ...], Candidates] = {}

    @cached_property
    def sides(self) -> list[tuple[Rule, Pattern | None]]:
        """The rules with their patterns."""
        return [(rule, _pattern(rule)) for rule in self.rules]

    def may_hold(self, function: Function) -> bool:
        return not self.needs or any(x.op.name in self.needs for x in function.body)

    def candidates(self, x: Instr) -> Candidates:
        """The rules that may hold for an instruction, in order."""
        ops = (x.op, *map(_OP, x.operands))
        found = self.found.get(ops)
        if found is None:
            found = tuple([side for side in self.sides if _may_meet(*side, *ops)])
            self.found[ops] = found
        return found


def _pattern(rule: Rule) -> Pattern | None:
    if isinstance(rule.left, Ops):
        return None
    return pattern(rule.left, tuple(rule.domain), rule.attributes)


def _may_meet(rule: Rule, node: Pattern | None, op: Op, *operands: Op) -> bool:
    names = {o.name for o in operands}
    if isinstance(rule.left, Ops):
        return rule.left.meets(op.name, names)
    if node is None or op.name not in node.ops:
        return False
    # In another spelling an operand may be wrapped: a - b is a + -b.
    wrapped = {"negative"} if op.name != node.op else set()
    parts = [p for p in node.operands if isinstance(p, Pattern) and p.op != "level"]
    return all(names & wrapped.union(part.ops) for part in parts)


Applied = tuple[Function, tuple[Fired, ...]]


@dataclass(frozen=True)
class Pass:
    """``apply`` gives the function and what fired; a call gives the function alone.

    ``preserves`` says whether results keep their bits, or the real function only.
    """

    name: str
    preserves: str
    apply: Callable[[Function], Applied]

    def __call__(self, function: Function) -> Function:
        return self.apply(function)[0]


def without_rules(name: str) -> Callable[[Callable[[Function], Function]], Pass]:
    """Declares a pass that keeps every bit and applies no rule."""
    return lambda run: Pass(name, BITS, lambda function: (run(function), ()))
