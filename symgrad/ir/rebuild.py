"""``rebuild``: the one way to make a function from another one, and values from other values.

>>> import symgrad.ops
>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Type
>>> x, z = parameter("x", Type("f64")), parameter("z", Type("f64"))
>>> y = emit(symgrad.ops.OPS["exp"], [emit(symgrad.ops.OPS["sin"], [x])])
>>> rebuilt(y, {x: z}).operands[0].operands[0] is z, rebuilt(y, {}) is y
(True, True)
>>> f = rebuild(function("f", [x], [y]), lambda x, operands: x.replace(operands, hint=x.op.name))
>>> [x.hint for x in f.body]
['sin', 'exp']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_

from symgrad.ir.function import Function, Instr, needed_by, topological
from symgrad.ir.run import all_values

__all__ = ["moved_operands", "needed_by", "rebuild", "rebuilt", "with_operands"]


def rebuild(
    f: Function,
    change: Callable[[Instr, tuple[Instr, ...]], Instr],
    parameters: Sequence[Instr] = (),
    in_place: bool = True,
) -> Function:
    """The function with each instruction changed, which ``change`` makes from the old one and its
    new operands.

    parameters  those of the new function, if they are others
    in_place    one instruction comes for each one, and those stay that nothing reads; otherwise
                the body is what the results need
    """
    given = tuple(parameters) or f.parameters
    moved = all_values(f, lambda x, operands: change(x, tuple(operands)), given)
    results = tuple([moved[r] for r in f.results])
    if in_place:
        return Function(f.name, given, tuple([moved[x] for x in f.body]), results)
    body = [x for x in topological(results) if not x.is_parameter]
    return Function(f.name, given, tuple(body), results)


def with_operands(x: Instr, operands: tuple[Instr, ...]) -> Instr:
    """``x`` with other operands; itself where they are its own."""
    return x if all(map(is_, operands, x.operands)) else x.replace(operands)


def rebuilt(root: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """A value computed from others in place of some; what needs none of those stays the same."""
    made = dict(moved)
    for x in list(needed_by(root, made)):
        made[x] = with_operands(x, tuple([made[o] for o in x.operands]))
    return made[root]


def moved_operands(x: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """``x`` with operands replaced as ``moved`` says; itself where none is."""
    for o in x.operands:
        if o in moved:
            return x.replace(tuple([moved.get(o, o) for o in x.operands]))
    return x
