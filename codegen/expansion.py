"""Ops that a target has no text for, written with simpler ones.

An op may declare an ``expansion`` (``logsumexp`` in terms of max, exp, sum and log).  It is applied
after differentiation, so that the derivative is the op's own, and only for targets that need it.
"""

from __future__ import annotations

from symgrad.codegen.target import Target
from symgrad.ir.function import Function, Instr, function
from symgrad.ops.terms import IRAlgebra


def expanded(f: Function, target: Target) -> Function:
    """The function with every op that the target lacks replaced by its expansion, if it has one."""
    if all(x.op.name in target.emit or x.op.expansion is None for x in f.body):
        return f
    made: dict[int, Instr] = {id(p): p for p in f.parameters}
    for x in f.body:
        operands = tuple(made[id(o)] for o in x.operands)
        if x.op.name in target.emit or x.op.expansion is None:
            same = all(a is b for a, b in zip(operands, x.operands, strict=True))
            made[id(x)] = x if same else x.replace(operands=operands)
            continue
        algebra = IRAlgebra(x.origins, x.type.dtype)
        terms = [algebra.term(o) for o in operands]
        whole = x.op.expansion(algebra, *terms, **dict(x.attributes)).instr
        hint = x.hint or x.op.called
        made[id(x)] = whole.replace(hint=hint) if hint and not whole.hint else whole
    return function(f.name, f.parameters, [made[id(r)] for r in f.results])
