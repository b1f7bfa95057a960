"""Redundant code: values that are computed twice, and values that nothing needs.

``cse`` makes equal op, operands, attributes and type one value.  The survivor stands where the
first one stood, with the origins of all and the first hint.  Attributes are compared by repr, so
that 0.0 and -0.0, and 1 and True, stay apart.  ``dce`` drops what no result needs; parameters stay.
"""

from __future__ import annotations

from symgrad.ir.function import Function, Instr, Origins, union
from symgrad.ir.rebuild import moved_operands
from symgrad.rewrite.rewriter import live, relabel, with_body
from symgrad.rewrite.rule import without_rules


@without_rules("cse")
def cse(function: Function) -> Function:
    first: dict[object, Instr] = {}
    moved: dict[Instr, Instr] = {}
    hints: dict[Instr, str] = {}
    origins: dict[Instr, list[Origins]] = {}
    body: list[Instr] = []
    for x in function.body:
        own = moved_operands(x, moved)
        y = first.setdefault(_key(own), own)
        if y is not x:
            moved[x] = y
        if y is own:
            body.append(y)
            continue
        if x.origins != y.origins:
            origins.setdefault(y, []).append(x.origins)
        if x.hint and not y.hint:
            hints.setdefault(y, x.hint)
    return relabel(with_body(function, body, moved), hints, origins) if moved else function


def _key(x: Instr) -> object:
    """What equal instructions share.  The type of a literal alone is not given by the rest."""
    operands = x.operands
    if not operands:
        return (x.op, repr(x.attributes), x.type)
    if x.op.commutative:
        # Sorted only to compare: the operands of the survivor keep the order of its author.
        operands = tuple(sorted(operands, key=id))
    return (x.op, operands, repr(x.attributes)) if x.attributes else (x.op, operands)


def share_named(function: Function) -> Function:
    """Equal values as one where one of them has a name; the others stay as they are written.

    Before differentiation this lets d_v be the derivative by all readers of v.
    """
    classes: dict[object, Instr] = {}
    first: dict[Instr, Instr] = {}  # to the first of several that are equal
    members: dict[Instr, list[Instr]] = {}
    for x in function.body:
        y = classes.setdefault(_key(moved_operands(x, first)), x)
        if y is not x:
            first[x] = y
        members.setdefault(y, []).append(x)
    shared = {
        y: next(x.hint for x in xs if x.hint)
        for y, xs in members.items()
        if len(xs) > 1 and y.operands and any(x.hint for x in xs)
    }
    if not shared:
        return function
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    for x in function.body:
        y = first.get(x, x)
        if y in shared and y is not x:
            moved[x] = moved.get(y, y)
            continue
        own = moved_operands(x, moved)
        if y in shared:
            united = union(*(z.origins for z in members[y]))
            own = own.replace(None, shared[y], united)
        if own is not x:
            moved[x] = own
        body.append(own)
    return with_body(function, body, moved)


@without_rules("dce")
def dce(function: Function) -> Function:
    return live(function)
