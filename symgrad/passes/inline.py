"""Inline: an op that was defined by a formula becomes the formula.

It stands behind differentiation, which takes the op's own derivative, and before simplification, so
that what value and derivative have in common is computed once.
"""

from __future__ import annotations

from symgrad.ir.function import Function, Instr
from symgrad.ops.algebra import IRAlgebra
from symgrad.passes.rewriting import BITWISE, moved_operands, needed_by, rewrite, with_body


@rewrite("inline", preserves=BITWISE)
def inline(function: Function) -> Function:
    if not any(x.op.inline for x in function.body):
        return function
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    known: set[Instr] = set(function.parameters)
    for x in function.body:
        y = moved_operands(x, moved)
        if y.op.inline and y.op.expansion is not None:
            f = IRAlgebra(y.origins, y.type.dtype)
            whole = y.op.expansion(f, *map(f.term, y.operands), **dict(y.attributes)).instr
            y = whole.replace(hint=x.hint) if x.hint and whole not in known else whole
        if y is not x:
            moved[x] = y
        new = list(needed_by(y, known))
        known.update(new)
        body += new
    return with_body(function, body, moved)
