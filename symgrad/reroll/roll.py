"""Re-rolls a scalar program into an array function, and tells if the result is worth it.

An array function is preferred to a straight line of scalars unless it costs three times as much,
because arrays read better.  Measured with NumPy 2.4 on Python 3.11, a call on a small array takes
about a microsecond, a scalar operation in straight-line Python 40 ns, an element 1 ns.

>>> import symgrad.ops
>>> from symgrad.ir.program import PARAM
>>> rows = [(PARAM, 0), (PARAM, 1), ("tanh", 0), ("tanh", 1), ("add", 2, 3)]
>>> print(reroll(ScalarProgram.build(["tanh", "add"], rows, outputs=[4])).function)
func @loss(param %theta: f64[2]) {
  %0 = tanh %theta : f64[2]
  %1 = sum %0 {axis = (0,), keepdims = false} : f64[]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram
from symgrad.reroll.classify import Classes, classify, leaf_keys
from symgrad.reroll.flatten import Flat, flatten
from symgrad.reroll.plan_to_ir import Lowering
from symgrad.reroll.planner import Planner
from symgrad.reroll.tensors import Axes, Axis, Demand

CALL, ELEMENT, SCALAR = 1.0, 0.001, 0.04  # microseconds
READABLE = 3.0


@dataclass(frozen=True)
class Rerolled:
    """The function of (theta, inputs, constants), and the arrays of the constants."""

    function: Function
    constants: Mapping[str, Any]


@dataclass(frozen=True)
class Structure:
    """A program with its chains flattened, and the classes of its nodes."""

    flat: Flat
    classes: Classes

    @property
    def kinds(self) -> int:
        """The number of kinds of computed nodes: array operations are at least as many."""
        computed = self.flat.live & (self.classes.level > 0)
        return len(np.unique(self.classes.of[computed]))


def structure(program: ScalarProgram, ordered: bool = False) -> Structure:
    """The structure of a program, from which re-rolling plans."""
    flat = flatten(program, ordered)
    return Structure(flat, classify(flat, leaf_keys(program), ordered))


def reroll(
    program: ScalarProgram,
    name: str = "loss",
    shapes: Sequence[tuple[int, ...]] | None = None,
    ordered: bool = False,
    known: Structure | None = None,
) -> Rerolled:
    """The array function that computes the outputs of a scalar program.

    shapes    how the outputs are grouped: a shape for each result; by default scalars
    ordered   sums are added from left to right, bit for bit as the program adds
    known     ``structure(program, ordered)``, if it is computed already
    """
    found = known or structure(program, ordered)
    flat, classes = found.flat, found.classes
    roots: list[tuple[Demand | None, Axes]] = []
    at = 0
    for shape in shapes if shapes is not None else [()] * len(program.outputs):
        size = int(np.prod(shape, dtype=np.int64))
        ids = flat.outputs[at : at + size].reshape(shape)
        axes = tuple(Axis(n) for n in shape)
        roots.append((Demand(ids, axes) if size else None, axes))
        at += size
    plan = Planner(program, flat, classes, ordered)
    plan.run([demand for demand, _ in roots if demand is not None])
    lowering = Lowering(program, plan)
    function = lowering.run(name, roots)
    return Rerolled(function, lowering.leaves.bound())


def is_cheaper(calls: int, elements: int, scalars: int) -> bool:
    """True if array code of so many calls is preferred to so many scalar operations.

    >>> is_cheaper(calls=12, elements=300, scalars=396), is_cheaper(calls=6, elements=6, scalars=10)
    (True, False)
    """
    return CALL * calls + ELEMENT * elements <= READABLE * SCALAR * scalars


def prefers_arrays(function: Function, scalars: int) -> bool:
    """True if the function is preferred to the ``scalars`` operations that it was rolled from."""
    work = [x for x in function.body if x.op.weight]
    sizes = [x.type.size for x in work]
    return is_cheaper(len(work), sum(n for n in sizes if isinstance(n, int)), scalars)
