"""A length at 0, where a derivative that holds it may be differentiated again.

Of a smooth function f of a length r = sqrt(u*u + ...), with f'(0) = 0, the gradient is f'(r)/r u:
0 at u = 0, whatever is taken for f'(r)/r.  But that factor is what the second derivative is there:
f''(0), by l'Hopital's rule.  It moves with all that f depends on; by u it has slope 0, as r has.

At a cone or a pole f'(0) is not 0, and nothing is changed: the second derivative counts as 0.  So
it does where another length that f depends on is 0 as well, of a length within a length, and where
lengths of an array are picked or added before f has made them flat.

>>> import symgrad as sg
>>> u = sg.param("u", [0.0, 0.0])
>>> r = sg.norm(u)
>>> matern = (1 + r) * sg.exp(-r)
>>> sg.compile(sg.sum(sg.grad(matern, u) * [1.0, 0.5]))()[1].u
array([-1. , -0.5])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symgrad.ir.function import Instr, parameter, topological
from symgrad.ir.rebuild import rebuilt
from symgrad.ops.algebra import IRAlgebra, Term
from symgrad.ops.intervals import Intervals

Gradients = Callable[[Instr, Sequence[Instr]], list[Instr]]
ROUNDING = {"f64": 1e-12, "f32": 1e-5}  # of a slope that is 0, in parts of its own slope
_STRAIGHT = ("add", "divide", "multiply", "negative", "subtract")  # with one operand that moves


class Lengths:
    """Those of one sweep.

    active   what the sweep goes to
    settled  those whose share has a limit
    """

    def __init__(self, active: set[Instr], intervals: Intervals, gradients: Gradients) -> None:
        self.active, self.intervals, self.gradients = active, intervals, gradients
        self.settled: set[Instr] = set()

    def share(self, f: IRAlgebra, y: Instr, i: int, g: Term, plain: Term) -> Term:
        """The share of operand i in a cotangent g of a length; where that is 0, its limit if it
        has one.  Of an array of lengths each is on its own: what mixes them does not move at 0."""
        whole = y.op.name in ("sqrt", "hypot") and f.type(g) == y.type
        if not whole or not self.intervals.may_be_zero(y):
            return plain
        below = made_from(g.instr)
        moving = made_of(y, below)
        others = [x for x in below if x is not y and x in self.active and self.is_length(x)]
        shapes = [x.type.shape for x in others]
        if not moving or not self.settled.isdisjoint(moving):
            return plain
        if any(shape not in ((), y.type.shape) for shape in shapes) or mixes(y, moving):
            return plain
        slope = self.slope(f, y, g, moving)
        there = f.equal(f.term(y), 0.0)
        least = ROUNDING[y.type.dtype] * f.absolute(slope)
        there = f.logical_and(there, f.less_equal(f.absolute(g), least))
        for x in others:
            there = f.logical_and(there, f.not_equal(f.term(x), 0.0))
        known = {*topological([y])}
        made = [x.op for x in topological([slope.instr]) if x not in known]
        if any(op.unbounded or op.inline for op in made):
            there = f.logical_and(there, f.isfinite(slope))
        self.settled.add(y)
        limit = slope * (0.5 if y.op.name == "sqrt" else f.term(y.operands[i]))
        return f.where(there, limit, plain)  # type: ignore[no-any-return]

    def is_length(self, x: Instr) -> bool:
        """Whether a value may be a length that is 0."""
        return x.op.name in ("sqrt", "hypot", "absolute") and self.intervals.may_be_zero(x)

    def slope(self, f: IRAlgebra, y: Instr, g: Term, moving: Sequence[Instr]) -> Term:
        """The derivative of g by the length, number by number."""
        mixed = [x for x in moving if x.op.kind != "elementwise" or x.type.shape != y.type.shape]
        apart = {x: parameter(f"m{k}", x.type) for k, x in enumerate(mixed if y.type.rank else ())}
        alone = f.term(rebuilt(g.instr, apart))
        total = f.sum(alone, axis=tuple(range(y.type.rank)), keepdims=False)
        (slope,) = self.gradients(total.instr, [y])
        return f.term(rebuilt(slope, {p: x for x, p in apart.items()}))


def mixes(y: Instr, moving: Sequence[Instr]) -> bool:
    """Whether lengths are picked, moved or added as such; what is flat at 0 may be."""
    straight = {y}
    for x in moving:
        if straight.isdisjoint(x.operands):
            continue
        if y.type.rank and (x.op.kind != "elementwise" or x.type.shape != y.type.shape):
            return True
        if x.op.name in _STRAIGHT and sum(o in straight or o in moving for o in x.operands) == 1:
            straight.add(x)
    return False


def made_from(root: Instr) -> list[Instr]:
    """All below a root but for what is compared to choose."""
    needed, found = {root}, list[Instr]()
    for x in reversed(topological([root])):
        if x in needed and x.type.is_float:
            needed.update(x.operands)
            found.append(x)
    return found[::-1]


def made_of(length: Instr, below: Sequence[Instr]) -> list[Instr]:
    """Those that depend on the length, in order."""
    moving, found = {length}, list[Instr]()
    for x in below:
        if x is not length and not moving.isdisjoint(x.operands):
            moving.add(x)
            found.append(x)
    return found
