"""Common subexpressions: equal op, operands, attributes and type become one value.

The survivor stands where the first one stood, with the origins of all and the first hint.
Attributes are compared by repr, so that 0.0 and -0.0, and 1 and True, stay apart.
"""

from __future__ import annotations

from symgrad.ir.function import Function, Instr, Origins
from symgrad.passes.rewriting import BITWISE, relabel, rewrite


@rewrite("cse", preserves=BITWISE)
def cse(function: Function) -> Function:
    first: dict[object, Instr] = {}
    new: dict[int, Instr] = {id(p): p for p in function.parameters}
    hints: dict[int, str] = {}
    origins: dict[int, list[Origins]] = {}
    body: list[Instr] = []
    for x in function.body:
        operands = tuple(new[id(o)] for o in x.operands)
        ids = [id(o) for o in operands]
        # Sorted only to compare: the operands of the survivor keep the order of its author.
        key = (x.op, tuple(sorted(ids) if x.op.commutative else ids), repr(x.attributes), x.type)
        y = first.get(key)
        if y is None:
            same = all(a is b for a, b in zip(operands, x.operands, strict=True))
            first[key] = new[id(x)] = y = x if same else x.replace(operands)
            body.append(y)
            continue
        new[id(x)] = y
        if x.origins != y.origins:
            origins.setdefault(id(y), []).append(x.origins)
        if x.hint and not y.hint:
            hints.setdefault(id(y), x.hint)
    results = tuple(new[id(r)] for r in function.results)
    merged = Function(function.name, function.parameters, tuple(body), results)
    return relabel(merged, hints, origins)
