"""Constant folding: an op on literals becomes its literal.

The value is the one the op's own ``evaluate`` gives, so it is what would run.  Results of more
than 64 elements stay computed, and so does what merely repeats a literal: a reader wants 1.0, not
a list of ones.
"""

from __future__ import annotations

import math

import numpy as np

from symgrad.ir.function import Function, Instr, constant
from symgrad.ir.op import Attribute
from symgrad.passes.rewriting import BITWISE, live, rewrite

MAX_ELEMENTS = 64


@rewrite("fold", preserves=BITWISE)
def fold(function: Function) -> Function:
    new: dict[int, Instr] = {id(p): p for p in function.parameters}
    body: list[Instr] = []
    for x in function.body:
        operands = tuple(new[id(o)] for o in x.operands)
        same = all(a is b for a, b in zip(operands, x.operands, strict=True))
        y = x if same else x.replace(operands)
        new[id(x)] = y = _folded(y) or y
        body.append(y)
    results = tuple(new[id(r)] for r in function.results)
    return live(Function(function.name, function.parameters, tuple(body), results))


def _folded(x: Instr) -> Instr | None:
    if x.is_constant or not all(o.is_constant for o in x.operands):
        return None
    if any(not _known(value) for key, value in x.attributes if key in x.op.dim_attributes):
        return None
    shape = [dim for dim in x.type.shape if isinstance(dim, int)]
    if len(shape) < x.type.rank or math.prod(shape) > MAX_ELEMENTS:
        return None
    if x.op.name == "broadcast_to" and x.type.rank:
        return None
    arrays = [np.asarray(o["value"], o.type.numpy).reshape(_ints(o)) for o in x.operands]
    try:
        with np.errstate(all="ignore"):
            value = x.op.evaluate(*arrays, **dict(x.attributes))
    except (ArithmeticError, ValueError, IndexError):
        # What NumPy refuses, such as 2 ** -1 on integers, is the run's to report.
        return None
    return constant(value, x.type, x.hint, x.origins)


def _ints(x: Instr) -> list[int]:
    return [int(dim) for dim in x.type.shape]


def _known(value: Attribute) -> bool:
    """Whether a dim attribute holds no name; the tags of an index key are not names."""
    stack = [(value, False)]
    while stack:
        item, tagged = stack.pop()
        if isinstance(item, str):
            return False
        if isinstance(item, tuple):
            inner = any(isinstance(part, tuple) for part in item)
            head = 1 if tagged and item and isinstance(item[0], str) else 0
            stack.extend((part, inner) for part in item[head:])
    return True
