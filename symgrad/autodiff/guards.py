"""Guards: conditions on the elements of a cotangent, which is zero where one of them fails.

>>> from symgrad.ir.function import parameter
>>> from symgrad.ir.types import Type
>>> a, b = parameter("a", Type("bool")), parameter("b", Type("bool"))
>>> any_of(IRAlgebra(), [((a, True),), ((b, True),)])[0][0].op.name
'logical_or'
>>> any_of(IRAlgebra(), [((a, True),), ((a, False),)])
()
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import combinations

from symgrad.ir.function import Instr
from symgrad.ir.types import Shape
from symgrad.ops.algebra import IRAlgebra, Term

Guard = tuple[tuple[Instr, bool], ...]  # conditions and whether they must hold, outermost first
DEPTH = 4  # of a condition that is told from another


def same(a: tuple[Instr, bool], b: tuple[Instr, bool]) -> bool:
    """Whether two conditions are one: the same value, or computed in the same way."""
    return a[1] == b[1] and equal(a[0], b[0], DEPTH)


def equal(x: Instr, y: Instr, depth: int) -> bool:
    """Whether two values are computed in the same way from the same, in so many steps."""
    if x is y:
        return True
    if x.is_parameter or not depth or x.op is not y.op or x.attributes != y.attributes:
        return False
    pairs = zip(x.operands, y.operands, strict=True)
    return x.type == y.type and all(equal(a, b, depth - 1) for a, b in pairs)


def any_of(f: IRAlgebra, guards: Sequence[Guard]) -> Guard:
    """That one of several guards holds; nothing where that is always so."""
    if not all(guards):
        return ()
    one = [guard[0] for guard in guards if len(guard) == 1]
    if any(same(a, (b[0], not b[1])) for a, b in combinations(one, 2)):
        return ()
    return ((reduce(f.logical_or, [all_of(f, guard) for guard in guards]).instr, True),)


def all_of(f: IRAlgebra, guard: Guard) -> Term:
    """That all conditions of a guard are as stated."""
    return reduce(f.logical_and, [held(f, *part) for part in guard])


def held(f: IRAlgebra, condition: Instr, holds: bool) -> Term:
    c = f.term(condition)
    return c if holds else f.logical_not(c)


def parted(guard: Guard, shape: Shape) -> tuple[Guard, Guard]:
    """The outer conditions that broadcast into the shape, and the others."""
    for i, (condition, _) in enumerate(guard):
        own = condition.type.shape
        tail = shape[len(shape) - len(own) :]
        if len(own) > len(shape) or any(a not in (1, b) for a, b in zip(own, tail, strict=True)):
            return guard[:i], guard[i:]
    return guard, ()


def settled(x: Instr) -> Instr:
    """What was reshaped to and fro is what it was."""
    base = x
    while base.op.name == "reshape":
        base = base.operands[0]
    return base if base.type.shape == x.type.shape else x
