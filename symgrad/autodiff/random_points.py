"""Random points at which something that is claimed of values is tried.

>>> import symgrad.ops
>>> from symgrad.ir.function import emit, parameter
>>> from symgrad.ir.types import Type
>>> x = parameter("x", Type("f64", ("N",)))
>>> y = emit(symgrad.ops.OPS["exp"], [x])
>>> trials = RandomPoints()
>>> trials.value(0, y).shape, trials.moved(0, [y], {x: np.zeros(12)})[y][:2]
((12,), array([1., 1.]))
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from symgrad.ir.function import Instr, topological
from symgrad.ir.run import Array, Arrays, value_of
from symgrad.ir.types import names_in, size_at

RANGES = ((-1.0, 1.5), (-1.0, 1.5), (-4.0, 4.0), (-1.0, 1.5))  # of the numbers' binary logarithms
POINTS = len(RANGES)
POSITIVE = 3  # points whose numbers are above 0, where functions live; at the others they may not
ALONE = 24  # numbers of an array that are chosen one by one
SIZE = 12  # of the first named dim; the others are larger
FEW, MANY = 10**6, 10**7  # numbers, up to which all points are tried, and one


class RandomPoints:
    """The values at POINTS points, each computed once and in float64."""

    def __init__(self) -> None:
        self.known: list[dict[Instr, Array]] = [{} for _ in range(POINTS)]
        self.draws = [np.random.default_rng(k) for k in range(POINTS)]
        self.sizes: dict[str, int] = {}
        self.wide = Arrays(self.sizes, wide=True)
        self.asked: Any = None
        self.found: list[Instr] = []

    def points(self, roots: Sequence[Instr]) -> range:
        """Those at which values are tried: few of large arrays, which takes time and memory.

        Raises ValueError where they are too large."""
        count = sum(math.prod(self.shape(x)) for x in topological(roots))
        if count > MANY:
            raise ValueError(f"{count} numbers are too many to be tried")
        return range(POINTS if count <= FEW else 1)

    def shape(self, x: Instr) -> tuple[int, ...]:
        for dim in x.type.shape:
            for name in names_in(dim):
                self.sizes.setdefault(name, SIZE + len(self.sizes))
        return tuple(size_at(dim, self.sizes) for dim in x.type.shape)

    def value(self, k: int, root: Instr) -> Array:
        """A value at point k."""
        with np.errstate(all="ignore"):
            return value_of(root, partial(self.made, k), self.known[k])

    def moved(
        self, k: int, roots: Sequence[Instr], to: Mapping[Instr, Array]
    ) -> Mapping[Instr, Array]:
        """All values at point k where some that roots depend on are others, whatever makes them."""
        known, now = self.known[k], dict(to)
        for root in roots:
            self.value(k, root)
        with np.errstate(all="ignore"):
            for x in self.depending(tuple(roots), tuple(to)):
                now[x] = self.made(k, x, [now.get(o, known[o]) for o in x.operands])
        return ChainMap(now, known)

    def depending(self, roots: tuple[Instr, ...], sources: tuple[Instr, ...]) -> list[Instr]:
        """The instructions that some roots need and that depend on sources, operands first."""
        if (roots, sources) != self.asked:
            moving = {*sources}
            for x in topological(roots):
                if x not in moving and not moving.isdisjoint(x.operands):
                    moving.add(x)
            found = [x for x in topological(roots) if x in moving and x not in sources]
            self.asked, self.found = (roots, sources), found
        return self.found

    def made(self, k: int, x: Instr, operands: list[Array]) -> Array:
        shape, draw = self.shape(x), self.draws[k]
        if not x.is_parameter:
            return self.wide(x, operands)
        if not x.type.is_float:
            return draw.integers(0, 2 if x.type.dtype == "bool" else 3, shape).astype(x.type.numpy)
        numbers: Any = np.exp2(draw.uniform(*RANGES[k], shape))
        return np.asarray(numbers * draw.choice((-1.0, 1.0), shape) if k >= POSITIVE else numbers)

    def terms(self, root: Instr, values: Mapping[Instr, Array]) -> Array:
        """How large the terms are whose sum a value is, and the factors of its products."""
        sizes: dict[Instr, Array] = {}
        stack = [root]
        while stack:
            x = stack[-1]
            missing = [o for o in x.operands if "terms" in x.op.traits and o not in sizes]
            if missing:
                stack += missing
            elif "terms" not in x.op.traits:
                sizes[stack.pop()] = np.abs(values[x])
            elif x.op.name == "multiply" or not {"sums", "contracts"}.isdisjoint(x.op.traits):
                sizes[stack.pop()] = self.wide(x, [sizes[o] for o in x.operands])
            else:  # a difference, whose sign does not matter
                sizes[stack.pop()] = np.asarray(sum(sizes[o] for o in x.operands))
        return sizes[root]

    def chosen(self, k: int, shape: tuple[int, ...], few: bool) -> Iterator[Array]:
        """Some numbers of an array at a time: each of them alone, or as many as there is time for;
        half of them, all, one."""
        size = math.prod(shape)
        order = self.draws[k].permutation(size)
        alone = [order[i : i + 1] for i in range(min(size, 2 if few else ALONE))]
        some = [order[: (size + 1) // 2]], [order], [order[:1]]
        for places in (*alone, *(some[0] + some[1] if few else [])) if not k else some[k - 1]:
            found = np.zeros(size, bool)
            found[places] = True
            yield found.reshape(shape)
