"""Which values share memory with others, and so may be neither written into nor handed out.

>>> from symgrad.ir.text import parse
>>> from symgrad.ops import OPS
>>> f = parse('''func @f(param %x: f64[2, 2]) {
...   %y = transpose %x {axes = (1, 0)} : f64[2, 2]
...   %z = square %x : f64[2, 2]
...   %w = transpose %z {axes = (1, 0)} : f64[2, 2]
...   return %y, %w
... }''', OPS)
>>> [may_alias(r, {}) for r in f.results]
[True, False]
"""

from __future__ import annotations

from collections.abc import Mapping

from symgrad.ir.function import Instr

# Ops whose result may share memory with an operand.
_VIEWS = frozenset(
    (
        *("view", "reshape", "transpose", "index", "broadcast_to", "flip", "diagonal"),
        *("einsum", "stop_gradient", "cast", "sum", "mean", "max", "min", "prod"),
    )
)
_REDUCTIONS = ("sum", "mean", "max", "min", "prod")


def may_alias(x: Instr, uses: Mapping[int, int]) -> bool:
    """Whether an array could share memory with an argument, or with a value that others read.

    ``uses`` counts the readers of a value.  What is broadcast shares its memory with itself, and
    NumPy lets nobody write into it, nor into a diagonal.
    """
    while x.op.name in _VIEWS and x.operands:
        (operand, *_) = x.operands
        if x.op.name == "broadcast_to":
            return operand.type.rank > 0
        if x.op.name == "diagonal":
            return True
        if x.op.name in _REDUCTIONS and x["axis"]:
            return False
        if x.op.name == "cast" and x.type != operand.type:
            return False
        if uses.get(id(operand), 0) > 1:
            return True
        x = operand
    return x.is_parameter or x.is_constant
