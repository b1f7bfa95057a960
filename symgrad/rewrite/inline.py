"""Inline: an op that was defined by a formula becomes the formula.

So do two ops whose expansions compute the same things of the same operands, such as a sigmoid and
its derivative.  The pass stands behind differentiation, which takes the op's own derivative, and
before simplification, so that what value and derivative have in common is computed once.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N]) {
...   %s = sigmoid %x : f64[N]
...   %d = sigmoid_slope %x : f64[N]
...   return %s, %d
... }''', symgrad.ops.OPS)
>>> [x.op.name for x in inline(f).body if not x.is_constant].count("sigmoid")
0
"""

from __future__ import annotations

from collections.abc import Callable

from symgrad.ir.function import Function, Instr
from symgrad.ir.rebuild import moved_operands, needed_by
from symgrad.ops.terms import IRAlgebra
from symgrad.rewrite.rewriter import with_body
from symgrad.rewrite.rule import without_rules


@without_rules("inline")
def inline(function: Function) -> Function:
    together = sharing(function)
    return inlined(function, lambda x: x.op.inline or x in together)


def inlined(function: Function, wanted: Callable[[Instr], bool]) -> Function:
    """The function with the expansions of such instructions in their place."""
    if not any(map(wanted, function.body)):
        return function
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    known: set[Instr] = set(function.parameters)
    for x in function.body:
        y = moved_operands(x, moved)
        if wanted(x) and y.op.expansion is not None:
            f = IRAlgebra(y.origins, y.type.dtype)
            whole = y.op.expansion(f, *map(f.term, y.operands), **dict(y.attributes)).instr
            y = whole.replace(hint=x.hint) if x.hint and whole not in known else whole
        if y is not x:
            moved[x] = y
        new = list(needed_by(y, known))
        known.update(new)
        body += new
    return with_body(function, body, moved)


def sharing(function: Function) -> set[Instr]:
    """The instructions whose operands the op that shares their expansion is applied to as well."""
    at = {(x.op.name, x.operands) for x in function.body}
    return {x for x in function.body if x.op.shares and (x.op.shares, x.operands) in at}
