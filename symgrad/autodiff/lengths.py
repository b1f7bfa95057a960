"""A length at 0, where a derivative that holds it may be differentiated again.

Of a smooth function f of a length r = sqrt(u*u + ...), with f'(0) = 0, the gradient is f'(r)/r u:
0 at u = 0, whatever is taken for f'(r)/r.  But that factor is what the second derivative is there:
f''(0), by l'Hopital's rule.  It moves with all that f depends on but r, by which it has slope 0
where f is smooth.

Numbers tell whether f'(0) is 0, whatever else f depends on, and whether its slope is the limit.  At
a cone or a pole, and where two lengths are 0 together, nothing is changed: the second derivative
counts as 0.

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

from symgrad.errors import SymgradError
from symgrad.ir.function import Function, Instr, parameter, topological
from symgrad.ir.interpreter import interpret
from symgrad.ops.algebra import IRAlgebra, Term

Gradients = Callable[[Instr, Sequence[Instr]], list[Instr]]
SIZE = 3  # of a named dimension, where the limit is tried
STEP, NEAR, ROUNDING = 1e-5, 1e-3, 1e-12


def settled(f: IRAlgebra, y: Instr, i: int, g: Term, share: Term, by: Gradients) -> Term:
    """The share of operand i in a cotangent g of a length; where that is 0, its limit if it has
    one.  Of an array of lengths each is on its own: what mixes them does not move at 0."""
    if y.op.name not in ("sqrt", "hypot") or f.type(g) != y.type:
        return share
    moving = made_of(y, topological([g.instr]))
    if not moving:
        return share
    mixed = [x for x in moving if x.op.kind != "elementwise" or x.type.shape != y.type.shape]
    apart = {x: parameter(f"m{k}", x.type) for k, x in enumerate(mixed if y.type.rank else ())}
    alone = f.term(rebuilt(g.instr, apart))
    total = f.sum(alone, axis=tuple(range(y.type.rank)), keepdims=False)
    (slope,) = by(total.instr, [y])
    slope = rebuilt(slope, {y: f.stop_gradient(f.term(y)).instr})
    slope = rebuilt(slope, {p: x for x, p in apart.items()})
    if not is_limit(y, g.instr, slope):
        return share
    limit = f.term(slope) * (0.5 if y.op.name == "sqrt" else f.term(y.operands[i]))
    return f.where(f.equal(f.term(y), 0.0), limit, share)  # type: ignore[no-any-return]


def is_limit(y: Instr, g: Instr, slope: Instr) -> bool:
    """Whether g is 0 where the length is, whatever the rest, and g over the length nears slope."""
    try:
        (start, limit), (beside, _), (size, _) = (
            valued(y, (g, slope), r) for r in (0.0, STEP, 1.0)
        )
    except (SymgradError, ArithmeticError, ValueError, IndexError):
        return False
    largest = np.max(np.abs(size), initial=0.0)
    if not np.isfinite([*np.ravel(limit), largest]).all():
        return False
    near = NEAR * np.max(np.abs(limit), initial=NEAR * largest)
    flat = np.all(np.abs(start) <= ROUNDING * largest)
    return bool(flat and np.all(np.abs(beside / STEP - limit) <= near))


def valued(y: Instr, roots: Sequence[Instr], r: float) -> tuple[Any, ...]:
    """The values at a length r, all else at random."""
    parts = (r * r,) if y.op.name == "sqrt" else (0.6 * r, 0.8 * r)
    known = {y: r, **dict(zip(y.operands, parts, strict=True))}
    stands = {x: parameter(f"r{k}", x.type) for k, x in enumerate(known)}
    inside = [stands.get(root) or rebuilt(root, stands) for root in roots]
    order = topological(inside)
    leaves = [x for x in order if x.is_parameter]
    body = tuple(x for x in order if not x.is_parameter)
    given = {stands[x]: value for x, value in known.items()}
    rng = np.random.default_rng(0)
    values = [drawn(x, rng) if x not in given else filled(x, given[x]) for x in leaves]
    return interpret(Function("probe", tuple(leaves), body, tuple(inside)), values)


def drawn(x: Instr, rng: np.random.Generator) -> Any:
    """Numbers above 0, where most functions live; the first index, for integers."""
    return rng.uniform(0.3, 1.2, np.shape(filled(x, 0.0))) if x.type.is_float else filled(x, 0.0)


def filled(x: Instr, value: float) -> Any:
    shape = [d if isinstance(d, int) else SIZE for d in x.type.shape]
    dtypes = {"i64": np.int64, "bool": np.bool_, "f32": np.float32}
    return np.full(shape, value, dtypes.get(x.type.dtype, np.float64))


def made_of(length: Instr, below: Sequence[Instr]) -> list[Instr]:
    """Those that depend on the length, in order."""
    moving, found = {length}, list[Instr]()
    for x in below:
        if x is not length and not moving.isdisjoint(x.operands):
            moving.add(x)
            found.append(x)
    return found


def rebuilt(root: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """A value computed from others in place of some."""
    made = dict(moved)
    for x in topological([root]):
        if x not in made and not made.keys().isdisjoint(x.operands):
            made[x] = x.replace(tuple([made.get(o, o) for o in x.operands]))
    return made.get(root, root)
