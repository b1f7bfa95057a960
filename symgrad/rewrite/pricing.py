"""What an instruction costs, in additions: the measure that simplification goes by.

The weights are the ratios of the emitted operations on numbers, rounded: a transcendental is worth
sixteen additions or products, a division or a root four.  An op that targets write with simpler
ones costs what those cost; what only moves or names elements costs nothing.

>>> from symgrad.ir import parse
>>> from symgrad.ops import OPS
>>> f = parse("func @f(input %x: f64[]) {\\n  %y = exp %x : f64[]\\n  return %y\\n}", OPS)
>>> cost(f)
16
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from symgrad.ir import dims
from symgrad.ir.function import Function, Instr
from symgrad.ir.rebuild import moved_operands, needed_by

if TYPE_CHECKING:
    from symgrad.rewrite.rewriter import Rewriter

NOMINAL = 100  # what a named size counts for


def cost(function: Function) -> int:
    """The sum over the body."""
    return total(function.body)


def total(body: Iterable[Instr]) -> int:
    return sum(cost_of(x) for x in body)


def cost_of(x: Instr) -> int:
    """The cost of one instruction on all its elements."""
    operand = max((elements(o) for o in x.operands), default=1)
    return x.op.weight * max(elements(x), operand)


def elements(x: Instr) -> int:
    """How many elements a value has, named sizes taken as ``NOMINAL``."""
    size = x.type.size
    if isinstance(size, int):
        return size
    return max(0, dims.evaluate(size, dict.fromkeys(dims.names(size), NOMINAL)))


class Prices:
    """What a replacement saves: the cost of what goes, and of what was not there yet."""

    def __init__(self, rewriter: Rewriter) -> None:
        self.rewriter = rewriter
        self.first: dict[int, Instr] = {}  # by number, what stands in the body
        self.counted = 0

    def of(self, x: Instr, y: Instr, bound: Any) -> tuple[int, int]:
        """The cost before and after, where a rule with these bindings puts y in place of x."""
        body = self.rewriter.body
        for z in body[self.counted :]:
            self.first.setdefault(self.rewriter.number_of(z), z)
        self.counted = len(body)
        return self.freed(x, {v for v in bound.values() if isinstance(v, Instr)}), self.added(y)

    def freed(self, x: Instr, kept: set[Instr]) -> int:
        """The cost of what only ``x`` needs, short of what the rule keeps."""
        uses, left = self.rewriter.uses, dict[Instr, int]()
        whole, stack = 0, [x]
        while stack:
            z = stack.pop()
            whole += cost_of(z)
            for o in z.operands:
                left[o] = left.get(o, max(uses.get(o, 0), 1)) - 1
                if left[o] == 0 and o not in kept:
                    stack.append(o)
        return whole

    def added(self, y: Instr) -> int:
        """The cost of what is new: neither in the body nor equal to something in use there."""
        whole = 0
        for z in needed_by(y, self.rewriter.entered):
            known = self.first.get(self.rewriter.number_of(z))
            if known is None or not self.rewriter.uses.get(known, 0):
                whole += cost_of(z)
        return whole

    def shared(self, y: Instr) -> Instr:
        """The value made of what stands in the body already, as far as it does."""
        made: dict[Instr, Instr] = {}
        for z in needed_by(y, self.rewriter.entered):
            known = self.first.get(self.rewriter.number_of(z))
            made[z] = known or moved_operands(z, made)
        return made.get(y, y)
