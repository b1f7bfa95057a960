"""Constant folding: an op on literals becomes its literal.

Only where the value is exact: a rounded literal in the text would no longer be the user's number,
and the text no longer theirs to the last digit.  Results of more than 64 elements stay computed,
and so does what merely repeats a literal: a reader wants 1.0, not a list of ones.

>>> from symgrad.ops import OPS
>>> times = OPS["multiply"]
>>> is_exact(times, [0.5, 3.0], 1.5), is_exact(times, [0.1, 3.0], 0.30000000000000004)
(True, False)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.ir.function import Instr, as_given, constant
from symgrad.ir.op import CONSTANT, Attribute, Op
from symgrad.rewrite.rewriter import Rewriter, rules_pass
from symgrad.rewrite.rule import BITS, CANONICAL, Ops, Rule, RuleSet

MAX_ELEMENTS = 64


def _folded(r: Rewriter, x: Instr) -> Instr | None:
    if any(not _known(value) for key, value in x.attributes if key in x.op.dim_attributes):
        return None
    shape = [dim for dim in x.type.shape if isinstance(dim, int)]
    if len(shape) < x.type.rank or math.prod(shape) > MAX_ELEMENTS:
        return None
    # A repeated number and a turned array read better than the array they make.
    if x.op.name in ("broadcast_to", "transpose", "reshape") and x.type.rank:
        return None
    arrays = [as_given(o["value"], o.type).reshape(_ints(o)) for o in x.operands]
    single = [a.astype(o.type.numpy, copy=False) for a, o in zip(arrays, x.operands, strict=True)]
    try:
        with np.errstate(all="ignore"):
            value = run = x.op.evaluate(*arrays, **dict(x.attributes))
            if any(o.type.dtype == "f32" for o in x.operands):
                run = np.asarray(x.op.evaluate(*single, **dict(x.attributes)))
    except (ArithmeticError, ValueError, IndexError):
        # What NumPy refuses, such as 2 ** -1 on integers, is the run's to report.
        return None
    if x.op.name == "cast" and x.type.dtype == "f32" and np.all(np.isfinite(run)):
        value = arrays[0]  # a literal is rounded where it meets a float32
    if x.type.is_float and not is_exact(x.op, arrays, value):
        return None
    if run is not value and not np.array_equal(
        np.asarray(value).astype(run.dtype), run, equal_nan=x.type.is_float
    ):
        return None  # a float32 is rounded when it runs
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


_EXACTLY: dict[str, Callable[..., Fraction]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "square": lambda a: a * a,
    "reciprocal": lambda a: 1 / a,
}


def is_exact(op: Op, operands: Sequence[Any], value: Any) -> bool:
    """Whether a float op on these numbers, or arrays of them, has rounded nothing."""
    if "exact" in op.traits:
        return True
    rule = _EXACTLY.get(op.name)
    if rule is None:
        return False
    lanes = np.broadcast_arrays(*operands, value)
    for *xs, y in zip(*(lane.reshape(-1).tolist() for lane in lanes), strict=True):
        if not all(map(math.isfinite, (*xs, y))) or rule(*map(Fraction, xs)) != Fraction(y):
            return False
    return True


RULE = Rule(
    "op(literals) = literal",
    Ops(among=frozenset({CONSTANT.name}), all=True),
    _folded,
    preserves=BITS,
    purpose=CANONICAL,
)

fold = rules_pass("fold", RuleSet([RULE]))
