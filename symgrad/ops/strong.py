"""Products in which an exact zero wins: 0 * inf = 0.

A slope may be infinite where the value is finite: sqrt at 0.  The function behind it may be flat
there: relu, 2x at 0.  The derivative of the whole is 0 then, and 0 * inf = nan is wrong.  The sweep
writes such products with these ops; their own derivatives are those of the plain products.

>>> import numpy as np
>>> STRONG_MATMUL.evaluate([[0.0, 1.0]], [[np.inf], [2.0]], zero=0)
array([[2.]])
"""

from __future__ import annotations

from typing import Any

from symgrad.ir.op import Op
from symgrad.ops import array_functions
from symgrad.ops import defining as d
from symgrad.ops.product import matmul_pullback, matmul_result
from symgrad.ops.table import REAL, elementwise, of_arrays, register

EVERYWHERE = (True, True)  # either operand may be infinite


def strong_product(f: Any, x: Any, y: Any, *, zero: tuple[int, ...]) -> Any:
    """A factor that is a mask selects; of others it is asked whether they are 0."""
    for i, (factor, other) in enumerate(((x, y), (y, x))):
        held = mask_of(factor)
        if i in zero and held is not None:
            rest = tuple(k for k in zero if k != i)
            inner = f.strong_product(x, y, zero=rest) if rest else other
            return f.where(f.term(held), inner, 0.0)
    tests = [f.equal(essence(f, (x, y)[i]), 0.0) for i in zero]
    any_zero = tests[0] if len(tests) == 1 else f.logical_or(*tests)
    return f.where(any_zero, 0.0, x * y)


def mask_of(x: Any) -> Any:
    """The condition that a mask of ones and zeros was made of; None for other values."""
    instr = getattr(x, "instr", None)
    if instr is None or instr.op.name != "cast" or instr.operands[0].type.dtype != "bool":
        return None
    return instr.operands[0]


def essence(f: Any, x: Any) -> Any:
    """A value that is 0 where x is: x without numeric factors, and without its sign."""
    instr = getattr(x, "instr", None)
    while instr is not None:
        if instr.op.name in _ALIKE:
            inner = instr.operands[0]
        elif instr.op.name in ("multiply", "divide"):
            numbers = [is_nonzero_number(o) for o in instr.operands]
            if not any(numbers) or (instr.op.name == "divide" and not numbers[1]):
                break
            inner = instr.operands[0] if numbers[1] else instr.operands[1]
        else:
            break
        instr = inner
    return x if instr is None else f.term(instr)


_ALIKE = ("negative", "square", "absolute", "sign", "side", "broadcast_to")


def is_nonzero_number(x: Any) -> bool:
    return x.op.name == "size" or (x.is_constant and not x.type.shape and x["value"] != 0)


def rank_one(a: Any, b: Any, k: int) -> tuple[Any, Any]:
    """The parts of a matrix product that meet at place k, shaped to be multiplied."""
    x = a[..., k, None] if b.ndim > 1 else a[..., k]
    y = b[..., k, :] if b.ndim > 1 else b[k]
    return x, y[..., None, :] if a.ndim > 1 and b.ndim > 1 else y


STRONG_PRODUCT = elementwise(
    "strong_product",
    None,
    meaning=lambda sp, x, y, *, zero: x * y,
    partials=lambda f, z, x, y, *, zero: (y, x),
    expansion=strong_product,
    domain=(REAL, REAL),
    attributes=("zero",),
    steep=lambda f, z, x, y, *, zero: EVERYWHERE,
    inline=True,
    definition=lambda t, x, y, *, zero: t.strong_product(x, y),
    doc="x y, and 0 where an operand is 0 whose place is in ``zero``, though the other be infinite",
)
STRONG_MATMUL = register(
    Op(
        "strong_matmul",
        "product",
        2,
        infer=lambda a, b, *, zero: matmul_result(a, b),
        evaluate=of_arrays(array_functions.strong_matmul),
        pullback=lambda f, g, y, a, b, *, zero: matmul_pullback(f, g, y, a, b),
        attributes=("zero",),
        traits=("contracts",),
        steep=lambda f, z, a, b, *, zero: EVERYWHERE,
        definition=d.STRONG_MATMUL,
        doc="the matrix product, in which a 0 of the operand ``zero`` beats an infinity",
    )
)
