"""A length at 0, where a derivative that holds it may be differentiated again.

Of a smooth function f of a length r = sqrt(u*u + ...), with f'(0) = 0, the gradient is f'(r)/r u:
0 at u = 0, whatever is taken for f'(r)/r.  But that factor is what the second derivative is there:
f''(0), by l'Hopital's rule.  Its own derivative at 0 is taken as 0, as it is where f is smooth.

Where f'(0) is not 0, at a cone or a pole, and where f depends on another length as well, nothing
is changed: the second derivative counts as 0.

>>> import symgrad as sg
>>> u = sg.param("u", [0.0, 0.0])
>>> r = sg.norm(u)
>>> matern = (1 + r) * sg.exp(-r)
>>> sg.compile(sg.sum(sg.grad(matern, u) * [1.0, 0.5]))()[1].u
array([-1. , -0.5])
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from symgrad.ir.function import Instr, topological
from symgrad.ops.algebra import IRAlgebra, Term

Gradients = Callable[[Instr, Sequence[Instr]], list[Instr]]


def settled(
    f: IRAlgebra, y: Instr, i: int, g: Term, share: Term, active: Container[Instr], by: Gradients
) -> Term:
    """The share of operand i in a cotangent g of a length; where that is 0, its limit.

    As it is for another op, where g does not move with the length alone, number by number, or
    moves with another length.
    """
    if y.op.name not in ("sqrt", "hypot") or f.type(g) != y.type:
        return share
    below = topological([g.instr])
    if any(is_length(x) and x in active for x in below if x is not y):
        return share
    moving = made_of(y, below)
    if not moving or not all(x.type.shape == y.type.shape for x in moving):
        return share
    if y.type.rank and any(x.op.kind != "elementwise" for x in moving):
        return share
    total = f.sum(g, axis=tuple(range(y.type.rank)), keepdims=False)
    slope = f.stop_gradient(f.term(by(total.instr, [y])[0]))
    there = f.logical_and(f.equal(f.term(y), 0.0), f.equal(g, 0.0))
    if any(x.op.unbounded for x in moving):
        there = f.logical_and(there, f.isfinite(slope))
    limit = slope * (0.5 if y.op.name == "sqrt" else f.term(y.operands[i]))
    return f.where(there, limit, share)  # type: ignore[no-any-return]


def is_length(y: Instr) -> bool:
    return y.op.name in ("sqrt", "hypot", "absolute")


def made_of(length: Instr, below: Sequence[Instr]) -> list[Instr]:
    """Those that depend on the length, in order."""
    moving, found = {length}, list[Instr]()
    for x in below:
        if x is not length and not moving.isdisjoint(x.operands):
            moving.add(x)
            found.append(x)
    return found
