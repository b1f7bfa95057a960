"""Names that derivatives will want, given before differentiation.

The operand of the activation that made ``losses`` becomes ``pre_losses``, that of ``h1`` becomes
``z1``, and the loss is called ``loss`` if nobody named it.  Values that share a name are told apart
here, so that each cotangent ``d_v`` bears the name of its own ``v``: ``h1_1`` of four examples
becomes ``h1_1a`` to ``h1_1d``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symgrad.ir.function import Function, Instr

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def name_operands(function: Function) -> Function:
    """The same function with the names above."""
    wanted = {id(x): x.hint for x in function.body if x.hint}
    loss = function.results[0]
    if not (loss.is_parameter or loss.is_constant):
        wanted.setdefault(id(loss), "loss")
    for y in function.body:
        if id(y) in wanted and y.op.partials is not None and len(y.operands) == 1:
            (x,) = y.operands
            if not (x.hint or x.is_constant):
                wanted.setdefault(id(x), before(wanted[id(y)]))
    return renamed(function, told_apart(function, wanted))


def before(name: str) -> str:
    """What to call the value that an activation turned into ``name``."""
    return f"z{name[1:]}" if re.fullmatch(r"h\d*(_\d+)*", name) else f"pre_{name}"


def told_apart(function: Function, wanted: dict[int, str]) -> dict[int, str]:
    """Distinct names: a letter behind a digit where that suffices, else a number."""
    groups: dict[str, list[int]] = {}
    for x in function.body:
        if id(x) in wanted:
            groups.setdefault(wanted[id(x)], []).append(id(x))
    taken = {p.hint for p in function.parameters} | set(groups)
    result: dict[int, str] = {}
    for name, members in groups.items():
        result.update(zip(members, series(name, len(members), taken), strict=True))
    return result


def series(name: str, count: int, taken: set[str]) -> Sequence[str]:
    if count == 1 and name not in taken - {name}:
        return [name]
    letters = [name + c for c in _LETTERS[:count]]
    if name[-1].isdigit() and len(letters) == count and not taken.intersection(letters):
        taken.update(letters)
        return letters
    names = [name]
    number = 2
    while len(names) < count:
        if f"{name}_{number}" not in taken:
            names.append(f"{name}_{number}")
        number += 1
    taken.update(names)
    return names


def renamed(function: Function, wanted: dict[int, str]) -> Function:
    """The function with the given hints."""
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
