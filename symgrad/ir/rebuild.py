"""Values computed again from others in place of some.

>>> import symgrad.ops
>>> from symgrad.ir.function import emit, parameter
>>> from symgrad.ir.types import Type
>>> x, z = parameter("x", Type("f64")), parameter("z", Type("f64"))
>>> y = emit(symgrad.ops.OPS["exp"], [emit(symgrad.ops.OPS["sin"], [x])])
>>> rebuilt(y, {x: z}).operands[0].operands[0] is z, rebuilt(y, {}) is y
(True, True)
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from symgrad.ir.function import Instr


def rebuilt(root: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """A value computed from others in place of some; what needs none of those stays the same."""
    made = dict(moved)
    for x in list(needed_by(root, made)):
        changed = any(made[o] is not o for o in x.operands)
        made[x] = moved_operands(x, made) if changed else x
    return made[root]


def moved_operands(x: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """``x`` with operands replaced as ``moved`` says; itself where none is."""
    for o in x.operands:
        if o in moved:
            return x.replace(tuple([moved.get(o, o) for o in x.operands]))
    return x


def needed_by(root: Instr, known: Container[Instr]) -> Iterator[Instr]:
    """What ``root`` needs that is not known yet, operands first."""
    done: set[Instr] = set()
    stack = [(root, False)]
    while stack:
        x, ready = stack.pop()
        if x in known or x in done:
            continue
        if ready:
            done.add(x)
            yield x
        else:
            stack.append((x, True))
            stack.extend((o, False) for o in reversed(x.operands) if o not in known)
