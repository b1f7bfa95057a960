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

from symgrad.ir import dims
from symgrad.ir.function import Function, Instr

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
