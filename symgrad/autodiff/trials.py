"""Random points at which something that is claimed of values is tried.

>>> import symgrad.ops
>>> from symgrad.ir.function import emit, parameter
>>> from symgrad.ir.types import Type
>>> x = parameter("x", Type("f64", ("N",)))
>>> y = emit(symgrad.ops.OPS["exp"], [x])
>>> trials = Trials()
>>> trials.value(0, y).shape, trials.moved(0, [y], {x: np.zeros(3)})[y]
((3,), array([1., 1., 1.]))
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.ir import dims
from symgrad.ir.function import Instr, topological
from symgrad.ir.interpreter import Array, evaluated
from symgrad.ir.rebuild import needed_by

_TERMS = ("add", "subtract", "multiply", "negative", "cast")
POSITIVE = 4  # points whose numbers are above 0, where functions live; at the others they may not
POINTS = 6
SIZE = 3  # of the first named dim; the others are larger


class Trials:
    """The values at POINTS points, each computed once and in float64."""

    def __init__(self) -> None:
        self.known: list[dict[Instr, Array]] = [{} for _ in range(POINTS)]
        self.draws = [np.random.default_rng(k) for k in range(POINTS)]
        self.sizes: dict[str, int] = {}
        self.asked: Any = None
        self.found: list[Instr] = []

    def value(self, k: int, root: Instr) -> Array:
        """A value at point k."""
        with np.errstate(all="ignore"):
            for x in list(needed_by(root, self.known[k])):
                self.known[k][x] = self.made(k, x, self.known[k])
        return self.known[k][root]

    def moved(
        self, k: int, roots: Sequence[Instr], to: Mapping[Instr, Array]
    ) -> Mapping[Instr, Array]:
        """All values at point k where some that roots depend on are others, whatever makes them."""
        known, now = self.known[k], dict(to)
        for root in roots:
            self.value(k, root)
        with np.errstate(all="ignore"):
            for x in self.depending(tuple(roots), tuple(to)):
                now[x] = self.made(k, x, {o: now.get(o, known[o]) for o in x.operands})
        return ChainMap(now, known)

    def depending(self, roots: tuple[Instr, ...], sources: tuple[Instr, ...]) -> list[Instr]:
        """What some roots need that depends on sources, operands first."""
        if (roots, sources) != self.asked:
            moving = {*sources}
            for x in topological(roots):
                if x not in moving and not moving.isdisjoint(x.operands):
                    moving.add(x)
            found = [x for x in topological(roots) if x in moving and x not in sources]
            self.asked, self.found = (roots, sources), found
        return self.found

    def made(self, k: int, x: Instr, known: Mapping[Instr, Array]) -> Array:
        for dim in x.type.shape:
            for name in dims.names(dim):
                self.sizes.setdefault(name, SIZE + len(self.sizes))
        if not x.is_parameter:
            return evaluated(x, [known[o] for o in x.operands], self.sizes, wide=True)
        shape = tuple(dims.evaluate(dim, self.sizes) for dim in x.type.shape)
        if x.type.is_float:
            numbers: Any = np.exp2(self.draws[k].uniform(-1.0, 1.5, shape))
            signs = self.draws[k].choice((-1.0, 1.0), shape) if k >= POSITIVE else 1.0
            return np.asarray(numbers * signs)
        return np.zeros(shape, x.type.numpy)


def terms(root: Instr, values: Mapping[Instr, Array]) -> Array:
    """How large the terms are whose sum a value is, and the factors of its products."""
    sizes: dict[Instr, Any] = {}
    stack = [root]
    while stack:
        x = stack[-1]
        if x.op.name in _TERMS and (missing := [o for o in x.operands if o not in sizes]):
            stack += missing
            continue
        parts = [sizes[o] for o in x.operands] if x.op.name in _TERMS else [np.abs(values[x])]
        sizes[stack.pop()] = math.prod(parts) if x.op.name == "multiply" else sum(parts)
    return np.asarray(sizes[root])
