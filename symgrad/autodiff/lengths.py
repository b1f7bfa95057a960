"""A length at 0, where a derivative that holds it may be differentiated again.

Of a function of a length r = sqrt(u*u + ...), the gradient is f'(r)/r u: 0 at u = 0, whatever is
taken for f'(r)/r there.  But that is what the second derivative is, wherever f'(0) is 0 and f is
smooth: its limit is f''(0), by l'Hopital's rule.  Its own derivative at 0, a third one, is taken
as 0, as it is where f is smooth.

>>> import symgrad as sg
>>> u = sg.param("u", [0.0, 0.0])
>>> r = sg.norm(u)
>>> matern = (1 + r) * sg.exp(-r)
>>> sg.compile(sg.sum(sg.grad(matern, u) * [1.0, 0.5]))()[1].u
array([-1. , -0.5])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgrad.ir.function import Instr, topological
from symgrad.ops.algebra import IRAlgebra, Term

Gradients = Callable[[Instr, Sequence[Instr]], list[Instr]]


def share(f: IRAlgebra, g: Term, y: Instr, i: int, gradients: Gradients) -> Term | None:
    """What of a cotangent goes to operand i of a length, whose own slope is there in the limit; the
    operand of a root is a sum of squares.

    None of what is no length, and where g does not move with it or is not one number for each.
    """
    if y.op.name == "sqrt":
        by: Any = 0.5
    elif y.op.name == "hypot":
        by = f.term(y.operands[i])
    else:
        return None
    if f.type(g) != y.type or y not in topological([g.instr]):
        return None
    total = f.sum(g, axis=tuple(range(y.type.rank)), keepdims=False)
    (slope,) = gradients(total.instr, [y])
    zero, limit = f.equal(f.term(y), 0.0), f.stop_gradient(f.term(slope))
    if any(x.op.unbounded for x in _made_of(y, slope)):
        limit = f.where(f.isfinite(limit), limit, 0.0)
    over: Term = f.where(zero, limit, f.divide(g, f.where(zero, 1.0, f.term(y))))
    return over * by  # type: ignore[no-any-return]


def _made_of(length: Instr, root: Instr) -> list[Instr]:
    """What depends on the length, of all below a root."""
    moving, found = {length}, list[Instr]()
    for x in topological([root]):
        if not moving.isdisjoint(x.operands):
            moving.add(x)
            found.append(x)
    return found
