"""A length at 0, where a derivative that holds it may be differentiated again.

Of a smooth function f of a length r = sqrt(u*u + ...), with f'(0) = 0, the gradient is f'(r)/r u:
0 at u = 0, whatever is taken for f'(r)/r.  But that factor is what the second derivative is there:
f''(0), by l'Hopital's rule.  It moves with what else f depends on.

Random points tell if f is such a function, as some of the lengths become 0, or one, or all: f' must
become 0, too, by the slope that stands for f''(0), where other numbers are above 0 and of moderate
size, as most scales and thresholds are.  If it does not, nothing is changed, and most second
derivatives are 0: at a cone or a pole; where lengths are mixed that f has not made flat; of a
length within a length, or beside a choice by equality; of a root of anything but squares; of arrays
too large to be tried.  Derivatives of the fourth order and higher are not right there.

>>> import symgrad as sg
>>> u = sg.param("u", [0.0, 0.0])
>>> r = sg.norm(u)
>>> matern = (1 + r) * sg.exp(-r)
>>> sg.compile(sg.sum(sg.grad(matern, u) * [1.0, 0.5]))()[1].u
array([-1. , -0.5])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.autodiff.random_points import POSITIVE, RandomPoints
from symgrad.errors import SymgradError
from symgrad.ir.function import Instr, emit, parameter, topological
from symgrad.ir.rebuild import needed_by
from symgrad.ops import OPS
from symgrad.ops.intervals import Intervals
from symgrad.ops.table import IRAlgebra, Term

Gradients = Callable[[Instr, Sequence[Instr]], list[Instr]]
STEPS = (1e-3, 1e-7, 1e-12)  # of a length
NEAR = 1e-2  # of a slope that is the same
EXACT = {"f64": 1e-13, "f32": 1e-5}  # of the terms of what is 0 but for rounded constants


class Lengths:
    """Those of one sweep.

    slopes   of the cotangent of a length by it, if it has one where that is 0
    """

    def __init__(self, intervals: Intervals, gradients: Gradients) -> None:
        self.intervals, self.gradients = intervals, gradients
        self.slopes: dict[Instr, Term | None] = {}
        self.trials = RandomPoints()

    def share(self, f: IRAlgebra, y: Instr, i: int, g: Term, plain: Term) -> Term:
        """The share of operand i in a cotangent g of a length; where that is 0, its limit if it
        has one.  Of an array of lengths each is on its own."""
        whole = y.op.name in ("sqrt", "hypot") and f.type(g) == y.type
        if not whole or not self.intervals.may_be_zero(y):
            return plain
        if y not in self.slopes:
            self.slopes[y] = self.slope(f, y, g)
        slope = self.slopes[y]
        if slope is None:
            return plain
        there = f.equal(f.term(y), 0.0)
        if not slope.instr.is_constant:
            there = f.logical_and(there, f.isfinite(slope))
        limit = slope * (0.5 if y.op.name == "sqrt" else f.term(y.operands[i]))
        return f.where(there, limit, plain)

    def slope(self, f: IRAlgebra, y: Instr, g: Term) -> Term | None:
        """The derivative of each number of g by its own length, where that is what g is in parts
        of it as it becomes 0: where f is flat, what mixes lengths has no part in it."""
        below = made_from(g.instr)
        moving = made_of(y, below)
        if not moving or any(self.slopes.get(x) is not None for x in moving):
            return None
        sources = sources_of(y)
        if not sources or tells_a_point(y, sources, below):
            return None
        total = f.sum(g, **over_all(y))
        (slope,) = self.gradients(total.instr, [y])
        return f.term(slope) if self.is_limit(y, sources, g.instr, slope) else None

    def is_limit(self, y: Instr, sources: Sequence[Instr], g: Instr, slope: Instr) -> bool:
        """True if g becomes 0 with the length, and by such a slope, as far as some points tell."""
        chosen = parameter("chosen", y.type)
        total = emit(OPS["sum"], [emit(OPS["multiply"], [y, chosen])], over_all(y))
        try:
            points = self.trials.points((g, slope, y))
            shares = self.gradients(total, sources)
            with np.errstate(all="ignore"):
                found = [
                    self.agrees(k, y, self.way(k, some, chosen, sources, shares), g, slope)
                    for k in points
                    for some in self.trials.chosen(k, self.trials.shape(y), len(points) == 1)
                ]
        except (SymgradError, ArithmeticError, LookupError, ValueError):
            return False  # there is no such point, as of sizes or integers that must be large
        return True in found and False not in found

    def way(
        self, k: int, some: Any, chosen: Instr, sources: Sequence[Instr], shares: Sequence[Instr]
    ) -> Callable[[float], Mapping[Instr, Any]]:
        """The sources where some lengths are so many times what they are at a point: those numbers
        move by which the sum of the chosen lengths has a gradient."""
        now = {x: self.trials.value(k, x) for x in sources}
        slopes = self.trials.moved(k, shares, {chosen: some.astype(float)})
        moving = {x: slopes[d] != 0.0 for x, d in zip(sources, shares, strict=True)}
        return lambda t: {x: np.where(moving[x], t * v, v) for x, v in now.items()}

    def agrees(
        self, k: int, y: Instr, at: Callable[[float], Mapping[Instr, Any]], g: Instr, slope: Instr
    ) -> bool | None:
        """True if it does at one point; None where it has no value, or where numbers below 0 tell
        nothing of whether it is 0."""
        roots = (g, slope, y)
        usual, r = self.trials.value(k, g), self.trials.value(k, y)
        there = self.trials.moved(k, roots, at(0.0))
        g0, s0 = there[g], there[slope]
        size = np.abs(usual) + np.abs(s0) * r
        told = np.isfinite(g0 + size) & (r > 0.0) & (there[y] == 0.0)
        if not told.any():
            return None
        by_slope = ~told
        for t in STEPS:
            beside = self.trials.moved(k, roots, at(t))
            near = np.abs((beside[g] - g0) / t - s0 * r) <= NEAR * size
            by_slope |= near & (np.abs(beside[y] - t * r) <= NEAR * t * r)
            if by_slope.all():
                break
        flat = np.abs(g0) <= EXACT[y.type.dtype] * self.trials.terms(g, there)
        right = bool(by_slope.all())
        return right and bool(flat[told].all()) if k < POSITIVE else None if right else False


def over_all(x: Instr) -> dict[str, Any]:
    return {"axis": tuple(range(x.type.rank)), "keepdims": False}


def tells_a_point(y: Instr, sources: Sequence[Instr], below: Sequence[Instr]) -> bool:
    """True if a source of the length is compared, past the length, with a value that it may equal:
    it jumps there, or is guarded, and a trial that moves the sources alone does not see it."""
    own = {x for x in topological(sources) if x.is_parameter} - {*sources}
    chosen = [c for x in below if x.op.name == "where" for c in topological(x.operands[:1])]
    equal = [o for c in chosen if c.op.name == "equal" for o in c.operands]
    return any(not own.isdisjoint(needed_by(o, {y, *sources})) for o in equal)


def sources_of(length: Instr) -> tuple[Instr, ...]:
    """The values whose squares a length is the root of; nothing where it is another root."""
    if length.op.name == "hypot":
        return length.operands
    found, stack = dict[Instr, None](), [*length.operands]
    while stack:
        x = stack.pop()
        if x.op.name == "square" or (x.op.name == "multiply" and x.operands[0] is x.operands[1]):
            found[x.operands[0]] = None
        elif "sums" in x.op.traits:
            stack += x.operands
        else:
            return ()
    return tuple(found)


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
