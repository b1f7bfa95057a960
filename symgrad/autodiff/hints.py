"""Names that derivatives will want: ``pre_v`` for the operand of the activation that made ``v``.

A user names ``h = sg.tanh(x @ w)``; the sum inside has no name, yet its cotangent needs one.  It
becomes ``pre_h``, and the cotangent ``d_pre_h``.
"""

from __future__ import annotations

from symgrad.ir.function import Function, Instr


def name_operands(function: Function) -> Function:
    """The same function; unnamed operands of named unary elementwise values are ``pre_<name>``."""
    wanted: dict[int, str] = {}
    for y in function.body:
        if y.hint and y.op.partials is not None and len(y.operands) == 1:
            (x,) = y.operands
            if not (x.hint or x.is_constant):
                wanted.setdefault(id(x), f"pre_{y.hint}")
    if not wanted:
        return function
    made: dict[int, Instr] = {id(p): p for p in function.parameters}
    body = []
    for x in function.body:
        operands = tuple(made[id(o)] for o in x.operands)
        hint = wanted.get(id(x), x.hint)
        same = hint == x.hint and all(a is b for a, b in zip(operands, x.operands, strict=True))
        made[id(x)] = x if same else x.replace(operands=operands, hint=hint)
        body.append(made[id(x)])
    results = tuple(made[id(r)] for r in function.results)
    return Function(function.name, function.parameters, tuple(body), results)
