"""Strong zeros: products with a cotangent that may be infinite.

Behind a steep op (sqrt at 0) a cotangent may be infinite where the function is smooth.  From there
on an exact zero wins: 0 * inf = 0.  A factor that cannot be infinite, or cannot be
0, by the intervals of its formula, is multiplied as ever.  Where the loss is not finite nothing is
promised: that a value is above 0 elsewhere follows from a logarithm of it.

>>> from symgrad.ir.function import emit, parameter
>>> from symgrad.ir.types import Type
>>> from symgrad.ops import OPS
>>> g, x = (parameter(name, Type("f64", (2,))) for name in "gx")
>>> f = IRAlgebra()
>>> product(f, f.term(g), f.term(x), (1,), Intervals()).instr.op.name
'strong_product'
>>> product(f, f.term(g), f.cosh(f.term(x)), (1,), Intervals())
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symgrad.ir.function import Instr
from symgrad.ir.op import Op
from symgrad.ops.arithmetic import DIVIDE
from symgrad.ops.intervals import LEAST, Interval, Intervals
from symgrad.ops.product import parse_spec
from symgrad.ops.table import IRAlgebra, Term


def product(
    f: IRAlgebra, a: Term, b: Term, zero: Sequence[int], intervals: Intervals
) -> Term | None:
    """a * b, but 0 where an operand is 0 whose place is in ``zero``; None where none can be 0."""
    can_be_zero = tuple(i for i in zero if intervals.may_be_zero((a, b)[i].instr))
    return f.strong_product(a, b, zero=can_be_zero) if can_be_zero else None


def above_0(loss: Instr) -> dict[Instr, Interval]:
    """The values that are above 0 wherever the loss is finite: their logarithms, which are nowhere
    else, enter it by sums and products alone."""
    found: dict[Instr, Interval] = {}
    stack, seen = [loss], {loss}
    while stack:
        x = stack.pop()
        if is_logarithm(x.op):
            found[x.operands[0]] = Interval(LEAST)
        read = spoiled_by(x)
        stack += [o for o in dict.fromkeys(read) if o not in seen]
        seen.update(read)
    return found


def spoiled_by(x: Instr) -> tuple[Instr, ...]:
    """The operands of which any element that is infinite or nan makes one of the result's so."""
    if x.op is DIVIDE:
        return x.operands[:1]
    if "terms" not in x.op.traits or not x.type.is_float:
        return ()
    part = "picks" in x.op.traits and x.type.size != x.operands[0].type.size
    return () if part else x.operands


@lru_cache(maxsize=256)
def is_logarithm(op: Op) -> bool:
    """True if the op is infinite at 0, and nan below."""
    if op.arity != 1 or op.partials is None or not op.unbounded or op.attributes:
        return False
    with np.errstate(all="ignore"):
        return bool(np.isinf(op.evaluate(0.0)) and np.isnan(op.evaluate(-1.0)))


class StrongAlgebra(IRAlgebra):
    """Builds what a pullback makes of a cotangent that may be infinite."""

    def __init__(self, f: IRAlgebra, cotangent: Instr, intervals: Intervals) -> None:
        super().__init__(f.origins, f.dtype)
        self.intervals = intervals
        self.infinite = {cotangent}  # and what is made of it

    def apply(self, name: str, *xs: Any, **attributes: Any) -> Term:
        marked = [isinstance(x, Term) and x.instr in self.infinite for x in xs]
        if not any(marked):
            return super().apply(name, *xs, **attributes)
        if name == "multiply" and all(isinstance(x, Term) for x in xs):
            others = [i for i, m in enumerate(marked) if not m]
            plain = IRAlgebra(self.origins, self.dtype)
            a, b = xs
            result = product(plain, a, b, others, self.intervals) or plain.multiply(a, b)
        elif name == "outer":
            result = self.contracted(xs, "i,j->ij")
        elif name == "einsum":
            result = self.contracted(xs, attributes["spec"])
        elif name == "matmul":
            result = super().apply("strong_matmul", *xs, zero=int(marked[0]))
        else:
            result = super().apply(name, *xs, **attributes)
        if result.instr.type.is_float:
            self.infinite.add(result.instr)
        return self.term(result.instr)

    def contracted(self, xs: Sequence[Term], spec: str) -> Term:
        """An einsum by products of whole arrays, added up."""
        terms, result = parse_spec(spec, len(xs))
        summed = dict.fromkeys(c for term in terms for c in term if c not in result)
        letters = (*result, *summed)
        total: Any = None
        for x, term in zip(xs, terms, strict=True):
            order = sorted(range(len(term)), key=lambda i: letters.index(term[i]))
            sizes = dict(zip(term, self.type(x).shape, strict=True))
            turned = x if order == sorted(order) else self.transpose(x, axes=tuple(order))
            shape = tuple(sizes.get(c, 1) for c in letters)
            if shape != self.type(turned).shape:
                turned = self.reshape(turned, shape=shape)
            total = turned if total is None else self.multiply(total, turned)
        axes = tuple(range(len(result), len(letters)))
        return self.apply("sum", total, axis=axes, keepdims=False)
