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

TRANSCENDENTAL = 16
WEIGHTS: dict[str, int] = {
    **dict.fromkeys(("add", "subtract", "multiply", "negative", "square", "absolute"), 1),
    **dict.fromkeys(("maximum", "minimum", "relu", "where", "sign", "cast", "clip"), 1),
    **dict.fromkeys(("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"), 1),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not", "logical_xor"), 1),
    **dict.fromkeys(("isnan", "isfinite", "floor", "ceil", "round", "leaky_relu"), 1),
    **dict.fromkeys(("sum", "mean", "prod", "max", "min", "any", "all"), 1),
    **dict.fromkeys(("divide", "reciprocal", "sqrt"), 4),
    "hypot": 8,
    "power": 24,
    **dict.fromkeys(("sigmoid", "silu"), 24),
    **dict.fromkeys(("softplus", "log_sigmoid", "logaddexp", "log1mexp", "logsumexp"), 34),
    **dict.fromkeys(("xlogy", "xlog1py"), 18),
}
_MOVES = ("reshape", "transpose", "broadcast_to", "index")
_FREE = frozenset(("constant", "parameter", "size", "stop_gradient", *_MOVES))


def cost(function: Function) -> int:
    """The sum over the body."""
    return total(function.body)


def total(body: Iterable[Instr]) -> int:
    return sum(cost_of(x) for x in body)


def cost_of(x: Instr) -> int:
    """The cost of one instruction on all its elements."""
    if x.op.name in _FREE:
        return 0
    weight = WEIGHTS.get(x.op.name)
    if weight is None:
        weight = TRANSCENDENTAL if x.op.partials is not None else 1
    operand = max((elements(o) for o in x.operands), default=1)
    return weight * max(elements(x), operand)


def elements(x: Instr) -> int:
    """How many elements a value has, named sizes taken as ``NOMINAL``."""
    size = x.type.size
    if isinstance(size, int):
        return size
    return max(0, dims.evaluate(size, dict.fromkeys(dims.names(size), NOMINAL)))
