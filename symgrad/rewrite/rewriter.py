"""The engine that applies sets of rules to a function.

Instructions are visited in order, operands first.  A rule gives the value that replaces one; what
is new in that value is visited next, then the value itself, until no rule holds: visits are as
many as instructions and applications together.  A replacement of another type is refused, so that
rules need not mind shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, Protocol

from symgrad.errors import SymgradError
from symgrad.ir.function import Function, Instr, Origins, constant, emit
from symgrad.ir.op import CONSTANT, PARAMETER, Attribute, Op
from symgrad.ir.rebuild import live, moved_operands, needed_by, relabel, use_counts, with_body
from symgrad.ir.types import Type
from symgrad.ops.arithmetic import MULTIPLY
from symgrad.ops.powers import SQUARE
from symgrad.ops.table import OPS, IRAlgebra, Term
from symgrad.rewrite.patterns import Bindings, Families, Matcher, Pattern, pattern
from symgrad.rewrite.rule import BITS, CHEAPEN, REALS, Applied, Fired, Ops, Pass, Rule

_OP = attrgetter("op")
_ROUNDS = 16  # applications in place of one instruction, lest rules that disagree go on forever


def rules_pass(name: str, rules: RuleSet) -> Pass:
    """The pass that applies a set of rules."""
    bits = all(rule.preserves == BITS for rule in rules.rules)
    return Pass(name, BITS if bits else REALS, lambda function: apply_rules(function, rules))


def apply_rules(function: Function, rules: RuleSet) -> Applied:
    """The function with every rule applied where it holds, and what fired; itself if none does."""
    return Rewriter(function, rules).run() if rules.may_hold(function) else (function, ())


class Pricing(Protocol):
    """Tells what a replacement costs, and makes it of values that are there already."""

    def of(self, x: Instr, y: Instr, bound: Bindings) -> tuple[int, int]: ...
    def shared(self, y: Instr) -> Instr: ...


Candidates = tuple[tuple[Rule, Pattern | None], ...]


class RuleSet:
    """Rules in order, looked up by the ops of an instruction and of its operands.

    needs   ops without which no rule of the set can hold
    prices  tells the cost of replacements, for sets with rules that are to save
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        needs: str = "",
        prices: Callable[[Rewriter], Pricing] | None = None,
    ) -> None:
        self.prices = prices
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


class Rewriter:
    """One run of the engine; what a rule may ask and build.

    ``uses`` counts the readers of each value, results included; ``called`` has names for values
    that have none; ``notes`` is for rules to leave word for the rules that follow them.
    """

    def __init__(self, function: Function, rules: RuleSet) -> None:
        self.function = function
        self.rules = rules
        self.uses = use_counts(function)
        self.fired: list[Fired] = []
        self.called: dict[Instr, str] = {}
        self.notes: dict[Any, Any] = {}
        self.visits = 0
        self.origins: Origins = ()
        self.body: list[Instr] = []
        self.entered: set[Instr] = set(function.parameters)
        self.moved: dict[Instr, Instr] = {}
        self.sources: dict[Instr, Instr] = {}
        self.prices = rules.prices(self) if rules.prices else None
        self.numbers: dict[Instr, int] = {}
        self.keys: dict[Any, int] = {}
        self.matcher = Matcher(self.same)

    def run(self) -> Applied:
        """Visits the body once, but for values that nothing reads."""
        moved, candidates, uses = self.moved, self.rules.candidates, self.uses
        append, enter = self.body.append, self.entered.add
        self.visits += len(self.function.body)
        for x in self.function.body:
            y = self._moved(x) if moved else x
            rules = candidates(y)
            found = self._replacement(y, rules) if rules and uses.get(y, 0) else None
            if found is not None:
                y = self._settled(y, found)
            else:
                append(y)
                enter(y)
            if y is not x:
                moved[x] = y
                self.sources.setdefault(y, x)
        if not self.fired:
            return self.function, ()
        after = live(with_body(self.function, self.body, moved))
        return relabel(after, self.called, {}), tuple(self.fired)

    def _moved(self, x: Instr) -> Instr:
        y = moved_operands(x, self.moved)
        if y is not x:
            self.uses[y] = self.uses.get(x, 0)
            self.sources[y] = self.sources.get(x, x)
        return y

    def _settled(self, x: Instr, found: Instr) -> Instr:
        """The value in place of x when no rule holds for it, nor for what was built for it."""
        moved, rounds = self.moved, 1
        agenda = self._agenda(x, x, found)
        while agenda:
            y, made = agenda.pop()
            if made is not None:  # all that it is made of has been visited
                moved[y] = moved.get(made, made)
                continue
            z = self._moved(y)
            again = self._replacement(z, self.rules.candidates(z)) if rounds < _ROUNDS else None
            if again is not None:
                rounds += 1
                agenda += self._agenda(y, z, again)
                continue
            if z is not y:
                moved[y] = z
            self.body.append(z)
            self.entered.add(z)
        return moved[x]

    def _agenda(self, x: Instr, now: Instr, found: Instr) -> list[tuple[Instr, Instr | None]]:
        """The values to visit, last first, before ``found`` stands in place of x, which is ``now``
        another value."""
        self.visits += 1
        found = self._taken(now, found)
        new = [(y, None) for y in needed_by(found, self.entered)]
        return [(x, found), *reversed(new)]

    def _replacement(self, x: Instr, rules: Candidates) -> Instr | None:
        """The value that the first rule to hold puts in place of x."""
        self.origins = x.origins
        for rule, node in rules:
            if node is None:
                found = rule.right(self, x)
                cost: tuple[int, ...] = ()
                if found is None or found is x or found.type != x.type:
                    continue
            else:
                found, cost = self._matched(rule, node, x)
                if found is None:
                    continue
            self.fired.append(Fired(rule, x.origins, *cost))
            return found  # type: ignore[no-any-return]
        return None

    def _matched(self, rule: Rule, node: Pattern, x: Instr) -> tuple[Instr | None, tuple[int, ...]]:
        """The right side of a formula whose left side is met, and its cost where that counts."""
        if rule.quick is not None and not rule.quick(x):
            return None, ()
        for bound in self.matcher.matches(node, x, {}):
            if rule.alone and not all(map(self.is_read_once, x.operands)):
                break
            if rule.condition is not None and not rule.condition(bound):
                continue
            found = self._formed(rule, bound, x)
            if found is None or found.type != x.type:
                continue
            if rule.purpose != CHEAPEN or self.prices is None:
                return found, ()
            cost = self.prices.of(x, found, bound)
            if cost[1] < cost[0]:
                return self.prices.shared(found), cost
        return None, ()

    def _formed(self, rule: Rule, bound: Bindings, x: Instr) -> Instr | None:
        f = Builder(x.origins, x.type.dtype if x.type.is_float else "f64")
        try:
            y = rule.right(f, **{name: lifted(f, name, value) for name, value in bound.items()})
        except SymgradError:
            return None  # the shapes do not fit, so the rule does not
        instr: Instr = y.instr
        return instr

    def _taken(self, x: Instr, found: Instr) -> Instr:
        """Counts the uses of a replacement, which takes the name of what it replaces."""
        if x.hint and not (found.hint or found.is_parameter):
            if found in self.entered:
                self.called.setdefault(found, x.hint)
            else:
                found = found.replace(hint=x.hint)
        elif x.role and not (found.hint or found.role or found in self.entered):
            found = found.replace(role=x.role)
        # What comes is counted before what goes, so that nothing shared falls to zero.
        self._use(found, self.uses.get(x, 0))
        self._forget(x)
        return found

    def _use(self, x: Instr, count: int) -> None:
        """Counts readers; what is read for the first time reads its operands."""
        stack = [(x, count)]
        while stack:
            y, more = stack.pop()
            old = self.uses.get(y, 0)
            self.uses[y] = old + more
            if old == 0 and more:
                stack += [(o, 1) for o in y.operands]

    def _forget(self, x: Instr) -> None:
        """Uncounts a replaced value as a reader, and in turn the operands that lose all readers."""
        self.uses[x] = 0
        stack = [x]
        while stack:
            for o in stack.pop().operands:
                self.uses[o] -= 1
                if self.uses[o] == 0:
                    stack.append(o)

    def build(self, op: str | Op, *operands: Instr, **attributes: Attribute) -> Instr:
        """A new instruction of an op, or of the table's op of that name."""
        op = OPS[op] if isinstance(op, str) else op
        return emit(op, operands, attributes, origins=self.origins)

    def number(self, value: Any, dtype: str) -> Instr:
        """A new scalar literal."""
        return constant(value, Type(dtype), origins=self.origins)

    def once(self, x: Instr) -> bool:
        """True if the instruction being rewritten is the only one that needs ``x``."""
        return self.uses.get(x, 0) <= 1

    @cached_property
    def readers(self) -> dict[Instr, list[Instr]]:
        """The readers of each value in the function as it came."""
        readers: dict[Instr, list[Instr]] = {}
        for x in self.function.body:
            for o in x.operands:
                readers.setdefault(o, []).append(x)
        return readers

    def readers_of(self, x: Instr) -> Sequence[Instr]:
        return self.readers.get(self.sources.get(x, x), ())

    def is_read_once(self, x: Instr) -> bool:
        """True if a value has one reader, equal readers and results counted as one."""
        return len(self._distinct.get(self.number_of(self.sources.get(x, x)), ())) <= 1

    @cached_property
    def _distinct(self) -> dict[int, set[int]]:
        """The readers of each value by their numbers, results too."""
        found: dict[int, set[int]] = {}
        for x in self.function.body:
            for o in x.operands:
                found.setdefault(self.number_of(o), set()).add(self.number_of(x))
        for i, r in enumerate(self.function.results):
            found.setdefault(self.number_of(r), set()).add(-1 - i)
        return found

    def same(self, a: Instr, b: Instr) -> bool:
        """True if two values are equal ops of equal operands."""
        if a is b:
            return True
        if a.op is not b.op or list(map(_OP, a.operands)) != list(map(_OP, b.operands)):
            return False  # as nearly all are, at a glance
        return self.number_of(a) == self.number_of(b)

    def number_of(self, root: Instr) -> int:
        """A number for each value; equal ops of equal operands have one."""
        numbers, keys = self.numbers, self.keys
        known = numbers.get(root)
        if known is not None:
            return known
        new = all(o in numbers for o in root.operands)  # as of one that was asked for just before
        for x in (root,) if new else list(needed_by(root, numbers)):
            key: Any = x
            if x.operands:
                own = tuple([numbers[o] for o in x.operands])
                op, own = (MULTIPLY, own * 2) if x.op is SQUARE else (x.op, own)
                key = (op, own, repr(x.attributes)) if x.attributes else (op, own)
            elif x.op is not PARAMETER:
                key = (x.op, repr(x.attributes), x.type)
            numbers[x] = keys.setdefault(key, len(keys))
        return numbers[root]


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
        """c for a difference of which one element is picked along c's axes of size 1."""
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


def scalar(x: Instr) -> Any:
    """The Python number of a scalar literal, or None."""
    return x["value"] if x.op is CONSTANT and not x.type.shape else None


def is_number(x: Instr, value: float) -> bool:
    """True if ``x`` is the scalar literal ``value``; zeros are told apart by their sign."""
    own = scalar(x)
    if own is None or own != value or isinstance(own, bool):
        return False
    return own != 0 or isinstance(own, int) or math.copysign(1, own) == math.copysign(1, value)
