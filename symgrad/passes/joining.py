"""Sums over one axis that are added up become one sum of what they add.

For code that goes over the axis in a loop, where each sum is a variable of its own; reverse mode
makes several of a parameter that is read in several places.
"""

from __future__ import annotations

from symgrad.ir.function import Function, Instr
from symgrad.passes.rewriting import ROUNDING, Rewriter, apply_rules, rewrite, table


def _is_sum(r: Rewriter, x: Instr) -> bool:
    """Whether it is the sum over a vector, which nothing else reads and nobody named."""
    if x.type.rank or x.hint or x.op.name not in ("sum", "vdot") or not r.once(x):
        return False
    return x.operands[0].type.rank == 1


def _summand(r: Rewriter, x: Instr) -> Instr:
    """What the sum adds up."""
    return x.operands[0] if x.op.name == "sum" else r.build("multiply", *x.operands)


def _join(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a) + sum(b) is sum(a + b)."""
    a, b = x.operands
    if a is b or not (_is_sum(r, a) and _is_sum(r, b)):
        return None
    if a.operands[0].type != b.operands[0].type:
        return None
    return r.build(
        "sum", r.build(x.op.name, _summand(r, a), _summand(r, b)), axis=(0,), keepdims=False
    )


def _join_behind(r: Rewriter, x: Instr) -> Instr | None:
    """(s + sum(a)) + sum(b) is s + sum(a + b)."""
    inner, b = x.operands
    if inner.op.name != "add" or inner.hint or not r.once(inner) or not _is_sum(r, b):
        return None
    for s, a in (inner.operands, inner.operands[::-1]):
        if _is_sum(r, a) and a.operands[0].type == b.operands[0].type and a is not b:
            joined = r.build(x.op.name, _summand(r, a), _summand(r, b))
            return r.build("add", s, r.build("sum", joined, axis=(0,), keepdims=False))
    return None


RULES = table(("add subtract", _join, "sum vdot"), ("add subtract", _join_behind, "sum vdot"))


@rewrite("joining", preserves=ROUNDING)
def joining(function: Function) -> Function:
    return apply_rules(function, RULES)
