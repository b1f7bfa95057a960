"""A length at 0, where a derivative that holds it may be differentiated again.

Of a smooth function f of a length r = sqrt(u*u + ...), with f'(0) = 0, the gradient is f'(r)/r u:
0 at u = 0, whatever is taken for f'(r)/r.  But that factor is what the second derivative is there:
f''(0), by l'Hopital's rule.  It moves with what else f depends on.

Whether f is such a function is tried at random points, as all that the length is made of becomes 0:
f' must become 0, too, whatever else it depends on, by the slope that stands for f''(0).  Where it
does not, nothing is changed, and most second derivatives are 0: at a cone or a pole; where lengths
are mixed that f has not made flat; of a length within a length; of what is no root of squares.
Derivatives of the fourth order and higher are not right there.

>>> import symgrad as sg
>>> u = sg.param("u", [0.0, 0.0])
>>> r = sg.norm(u)
>>> matern = (1 + r) * sg.exp(-r)
>>> sg.compile(sg.sum(sg.grad(matern, u) * [1.0, 0.5]))()[1].u
array([-1. , -0.5])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from symgrad.autodiff.trials import POINTS, POSITIVE, Trials, terms
from symgrad.errors import SymgradError
from symgrad.ir.function import Instr, parameter, topological
from symgrad.ir.rebuild import rebuilt
from symgrad.ops.algebra import IRAlgebra, Term
from symgrad.ops.intervals import Intervals

Gradients = Callable[[Instr, Sequence[Instr]], list[Instr]]
_SUMS = ("add", "sum", "mean", "reshape", "broadcast_to", "index")  # of what is squared
FEW = 4  # numbers of an array at which a claim is tried
STEPS = (1e-3, 1e-7, 1e-12)  # of a length
NEAR = 1e-2  # of a slope that is the same
EXACT = {"f64": 1e-13, "f32": 1e-5}  # of the terms of what is 0 but for rounded constants


class Lengths:
    """Those of one sweep.

    tested   those that something is chosen by where they are 0: of a derivative of another order
    slopes   of the cotangent of a length by it, if it has one where that is 0
    """

    def __init__(self, order: Sequence[Instr], intervals: Intervals, gradients: Gradients) -> None:
        self.intervals, self.gradients = intervals, gradients
        self.tested = {x.operands[0] for x in order if x.op.name == "equal"}
        self.slopes: dict[Instr, Term | None] = {}
        self.trials = Trials()

    def share(self, f: IRAlgebra, y: Instr, i: int, g: Term, plain: Term) -> Term:
        """The share of operand i in a cotangent g of a length; where that is 0, its limit if it
        has one.  Of an array of lengths each is on its own."""
        whole = y.op.name in ("sqrt", "hypot") and f.type(g) == y.type
        if not whole or y in self.tested or not self.intervals.may_be_zero(y):
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
        return f.where(there, limit, plain)  # type: ignore[no-any-return]

    def slope(self, f: IRAlgebra, y: Instr, g: Term) -> Term | None:
        """The derivative of each number of g by its own length, where that is what g is in parts
        of it as it becomes 0; none of lengths within lengths."""
        moving = made_of(y, made_from(g.instr))
        if not moving or any(self.slopes.get(x) is not None for x in moving):
            return None
        found = self.candidates(f, y, g, moving)
        return next((s for s in found if self.is_limit(y, g.instr, s.instr)), None)

    def candidates(
        self, f: IRAlgebra, y: Instr, g: Term, moving: Sequence[Instr]
    ) -> Iterator[Term]:
        """What it is where all that mixes lengths is flat; what it is where nothing mixes them."""
        mixed = [x for x in moving if x.op.kind != "elementwise" or x.type.shape != y.type.shape]
        for still in (mixed, ()) if mixed and y.type.rank else ((),):
            apart = {x: parameter(f"m{k}", x.type) for k, x in enumerate(still)}
            alone = f.term(rebuilt(g.instr, apart)) if apart else g
            total = f.sum(alone, axis=tuple(range(y.type.rank)), keepdims=False)
            (slope,) = self.gradients(total.instr, [y])
            yield f.term(rebuilt(slope, {p: x for x, p in apart.items()}) if apart else slope)

    def is_limit(self, y: Instr, g: Instr, slope: Instr) -> bool:
        """Whether g is 0 where the length is, and has such a slope there, as far as some points
        tell: what else depends on the same numbers may not be flat."""
        sources = sources_of(y)
        if not sources:
            return False
        try:
            with np.errstate(all="ignore"):
                found = [self.agrees(k, y, sources, g, slope) for k in range(POINTS)]
        except (SymgradError, ArithmeticError, LookupError):
            return False  # there is no such point, as of integers that must be large
        return any(found[:POSITIVE]) and False not in found

    def agrees(
        self, k: int, y: Instr, sources: Sequence[Instr], g: Instr, slope: Instr
    ) -> bool | None:
        """Whether it does at one point, as all sources become 0; None where it has no value."""
        now = {x: self.trials.value(k, x) for x in sources}
        usual, length = self.trials.value(k, g), self.trials.value(k, y)
        ends = [{x: t * v for x, v in now.items()} for t in (0.0, *STEPS)]
        there, *beside = (self.trials.moved(k, (g, slope, y), end) for end in ends)
        least = EXACT[y.type.dtype] * terms(g, there)
        told = None
        for at in [*np.ndindex(length.shape)][:FEW]:
            r, g0, s0 = length[at], there[g][at], there[slope][at]
            size = abs(usual[at]) + abs(s0) * r
            if not math.isfinite(g0 + size) or not r:
                continue
            flat = there[y][at] == 0.0 and (abs(g0) <= least[at] or k >= POSITIVE)
            told = flat and any(
                abs((v[g][at] - g0) / t - s0 * r) <= NEAR * size
                and abs(v[y][at] - t * r) <= NEAR * t * r
                for t, v in zip(STEPS, beside, strict=True)
            )
            if not told:
                return False
        return told


def sources_of(length: Instr) -> tuple[Instr, ...]:
    """What a length is the root of the squares of; nothing where it is another root."""
    if length.op.name == "hypot":
        return length.operands
    found, stack = dict[Instr, None](), [*length.operands]
    while stack:
        x = stack.pop()
        if x.op.name == "square" or (x.op.name == "multiply" and x.operands[0] is x.operands[1]):
            found[x.operands[0]] = None
        elif x.op.name in _SUMS:
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
