"""Simplify: value and gradient together become cheaper, by declared identities.

A rule is applied only where the cost falls: what it builds, less what exists already, against what
nothing needs any more.  So x**6 and its derivative 6*x**5 share the squares of x, and the two
quotients in the gradient of a/b become one.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = constant 4.0 : f64[]
...   %1 = power %x, %0 : f64[]
...   return %1
... }''', symgrad.ops.OPS)
>>> print(simplify(f))
func @f(input %x: f64[]) {
  %0 = square %x : f64[]
  %1 = square %0 : f64[]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from symgrad.ir.function import Function, Instr, Origins
from symgrad.ir.rebuild import moved_operands, needed_by
from symgrad.rewrite.cheap_rules import RULES
from symgrad.rewrite.declared import Rule, Ruleset, Walk
from symgrad.rewrite.patterns import Bindings, Matcher, Pattern
from symgrad.rewrite.pricing import cost, cost_of
from symgrad.rewrite.redundancy import cse
from symgrad.rewrite.rewriter import ROUNDING, rewrite, use_counts


class Cheaper(NamedTuple):
    """What was written otherwise, on which lines, and the cost of that before and after.

    Before: what nothing needs any more; after: what was not there yet.
    """

    change: str
    origins: Origins
    before: int
    after: int

    def __str__(self) -> str:
        where = ", ".join(dict.fromkeys(f"{o.file}:{o.line}" for o in self.origins))
        word = "of" if all(o.derived for o in self.origins) else "at"
        place = f"  {word} {where}" if where else ""
        return f"{self.change}{place}: cost {self.before} -> {self.after}"


@rewrite("simplify", preserves=ROUNDING)
def simplify(function: Function) -> Function:
    return simplified(function)[0]


def simplified(function: Function) -> tuple[Function, tuple[Cheaper, ...]]:
    """The cheaper function, and what was applied; the function itself if nothing helps."""
    walk = _Frugal(function)
    after = walk.run()
    if not walk.fired:
        return function, ()
    after = cse(after)
    if cost(after) < cost(function):
        return after, tuple(walk.told)
    return function, ()


@cache
def ruleset() -> Ruleset:
    return Ruleset(RULES)


class _Frugal(Walk):
    """A walk over a body without common subexpressions; it applies a rule where that saves."""

    def __init__(self, function: Function) -> None:
        super().__init__(function, ruleset())
        self.search = Matcher(lambda a, b: a is b)
        self.uses = use_counts(function)
        self.first: dict[int, Instr] = {}  # by number, what stands in the body
        self.counted = 0
        self.prices = (0, 0)  # of what was accepted last: before, after
        self.told: list[Cheaper] = []

    def applied(self, rule: Rule, node: Pattern, x: Instr) -> Instr | None:
        y = super().applied(rule, node, x)
        return None if y is None else self.shared(y)

    def shared(self, y: Instr) -> Instr:
        """The value made of what stands in the body already, as far as it does."""
        made: dict[Instr, Instr] = {}
        for z in needed_by(y, self.entered):
            known = self.first.get(self.number(z))
            made[z] = known or moved_operands(z, made)
        return made.get(y, y)

    def took(self, x: Instr, y: Instr) -> None:
        self.told.append(Cheaper(str(self.fired[-1].rule), x.origins, *self.prices))
        for z in needed_by(y, self.entered):
            for o in z.operands:
                self.uses[o] = self.uses.get(o, 0) + 1
        self.uses[y] = self.uses.get(y, 0) + self.uses.get(x, 1)
        self.drop(x)

    def drop(self, x: Instr) -> None:
        """Forgets one use of each operand of what is no longer needed."""
        stack = [x]
        while stack:
            for o in stack.pop().operands:
                self.uses[o] = self.uses.get(o, 1) - 1
                if self.uses[o] == 0:
                    stack.append(o)

    def accepts(self, x: Instr, y: Instr, bound: Bindings) -> bool:
        for z in self.body[self.counted :]:
            self.first.setdefault(self.number(z), z)
        self.counted = len(self.body)
        kept = {v for v in bound.values() if isinstance(v, Instr)}
        before, after = self.freed(x, kept), self.added(y)
        self.prices = before, after
        return after < before

    def freed(self, x: Instr, kept: set[Instr]) -> int:
        """The cost of what only ``x`` needs, short of what the rule keeps."""
        total, stack = 0, [x]
        while stack:
            z = stack.pop()
            total += cost_of(z)
            stack += [o for o in z.operands if o not in kept and self.uses.get(o, 0) <= 1]
        return total

    def added(self, y: Instr) -> int:
        """The cost of what is new: neither in the body nor equal to something in use there."""
        total = 0
        for z in needed_by(y, self.entered):
            known = self.first.get(self.number(z))
            if known is None or not self.uses.get(known, 0):
                total += cost_of(z)
        return total
