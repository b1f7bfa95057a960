"""Cotangents on their way: their guards, the signs they wait for, and their shapes.

A guard is a set of conditions on elements of a cotangent, which is zero where one of them fails.
It waits, so that a selection comes behind the products that may be nan.  A sign waits, too: the
slope of |x| is the sign of x, which is 0 at 0, and a second derivative has it squared, which is 1.
f(|x|) with f'(0) = 0 has the second derivative f''(0) at 0.

>>> from symgrad.ir.function import parameter
>>> a, b = parameter("a", Type("bool")), parameter("b", Type("bool"))
>>> any_of(IRAlgebra(), [((a, True),), ((b, True),)])[0][0].op.name
'logical_or'
>>> any_of(IRAlgebra(), [((a, True),), ((a, False),)])
()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import combinations
from typing import Any, NamedTuple

from symgrad.autodiff import strong_zeros
from symgrad.ir.function import Instr, Origins, Role, constant
from symgrad.ir.types import Shape, Type
from symgrad.ops.intervals import Intervals
from symgrad.ops.selection import WHERE
from symgrad.ops.table import IRAlgebra, Term

Guard = tuple[tuple[Instr, bool], ...]  # conditions and whether they must hold, outermost first
_SHORT = 15  # letters of a name that others are made of
DEPTH = 4  # of a condition that is told from another
MANY = 24  # ways, along which a cotangent is added up as it comes back


def same(a: tuple[Instr, bool], b: tuple[Instr, bool]) -> bool:
    """True if two conditions are one: the same value, or computed in the same way."""
    return a[1] == b[1] and equal(a[0], b[0])


def equal(x: Instr, y: Instr, depth: int = DEPTH) -> bool:
    """True if two values are computed in the same way from the same, in so many steps."""
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
    """The value itself, if it was only reshaped to and fro."""
    base = x
    while base.op.name == "reshape":
        base = base.operands[0]
    return base if base.type.shape == x.type.shape else x


class Flow(NamedTuple):
    """A cotangent that is zero where one of the guard's conditions is not as stated.

    infinite   whether it may be infinite where the function is smooth
    side       the value whose sign it has yet to be multiplied by
    lines      the user's lines of what reads a parameter, where it comes to one
    """

    g: Term
    guard: Guard = ()
    infinite: bool = False
    side: Instr | None = None
    lines: Origins = ()


def lines_of(y: Instr, flows: Sequence[Flow]) -> Origins:
    """The user's lines that the gradient of a value belongs to: its own, or of a parameter those
    that read it, for where it was made tells nothing of its gradient."""
    if y.origins and not y.is_parameter:
        return y.origins
    return tuple(dict.fromkeys([o for flow in flows for o in flow.lines or flow.g.instr.origins]))


def in_order(flows: Sequence[Flow]) -> Sequence[Flow]:
    """The flows that reach one value, which came in reverse, in the order of the program; as they
    came where they are many, so that no share is kept for long."""
    return flows if len(flows) > MANY else flows[::-1]


def side_of(partial: Any) -> Instr | None:
    """The value whose sign a partial is, as the slope of abs."""
    is_side = isinstance(partial, Term) and partial.instr.op.name == "side"
    return partial.instr.operands[0] if is_side else None


def signed(f: IRAlgebra, flow: Flow, intervals: Intervals) -> Flow:
    """The flow times the sign that it waits for."""
    if flow.side is None:
        return flow
    sign: Term = f.side(f.term(flow.side))
    product = strong_zeros.product(f, flow.g, sign, (1,), intervals) if flow.infinite else None
    return flow._replace(g=product or f.multiply(flow.g, sign), side=None)


def unguarded(f: IRAlgebra, partial: Any, intervals: Callable[[], Intervals]) -> Any:
    """A partial without the choice that guards it at a point which its operands never are at."""
    while isinstance(partial, Term) and partial.instr.op is WHERE:
        condition, _, other = partial.instr.operands
        if intervals().may_hold(condition):
            break
        partial = f.term(other)
    return partial


def apart(y: Instr) -> Shape:
    """The shape of conditions that may wait behind an op: along the other axes it mixes elements.

    A scalar condition may wait behind any.
    """
    if y.op.name == "broadcast_to":
        return y.operands[0].type.shape
    return (*y.type.shape[:-1], 1) if y.op.name == "prod_others" else ()


def times(f: IRAlgebra, g: Term, partial: Any) -> Term:
    """g * partial, without the products by 1 and -1 that nobody would write."""
    if not isinstance(partial, Term):
        if partial == 1:
            return g
        product: Term = f.negative(g) if partial == -1 else f.multiply(g, float(partial))
        return product
    if g.instr.is_constant and g.instr["value"] == 1.0:
        return partial
    return f.apply("multiply", g, partial)


def called_slope(y: Instr, x: Instr, partial: Any) -> Any:
    """The partial of ``y`` by ``x`` with the name that it has if it gets a line of its own."""
    if not isinstance(partial, Term) or not (y.hint or x.hint):
        return partial
    g = partial.instr
    if g.hint or g.role or not g.operands or not g.is_derived:
        return partial
    whole = 0 < len(y.hint) < _SHORT and x is y.operands[0]
    name = f"{y.hint}_slope" if whole or not x.hint else f"slope_by_{x.hint}"
    return partial.f.term(g.replace(role=Role(g, name)))


def alike(a: Any, b: Any) -> bool:
    """True if two partials are the same value."""
    return isinstance(a, Term) and isinstance(b, Term) and a.instr is b.instr


def spread(f: IRAlgebra, g: Term, type: Type) -> Term:
    """``g`` at the full shape of ``type``; a partial of smaller shape may have left it smaller."""
    return g if f.type(g).shape == type.shape else f.broadcast_to(g, shape=type.shape)


def unbroadcast(f: IRAlgebra, g: Term, type: Type, by: str = "sum") -> Term:
    """The sum of ``g`` over the axes along which a value of ``type`` was repeated."""
    shape = f.type(g).shape
    extra = len(shape) - type.rank
    stretched = tuple(
        extra + i for i, dim in enumerate(type.shape) if dim == 1 and shape[extra + i] != 1
    )
    axes = (*range(extra), *stretched)
    kept = bool(stretched) and len(axes) < len(shape) and not extra
    total: Term = f.apply(by, g, axis=axes, keepdims=kept)
    return f.reshape(total, shape=type.shape) if stretched and not kept else total


def zeros(type: Type) -> Instr:
    """Zeros of a type, as an instruction."""
    zero = constant(0.0, Type(type.dtype))
    f = IRAlgebra()
    instr: Instr = zero if not type.shape else f.broadcast_to(f.term(zero), shape=type.shape).instr
    return instr
