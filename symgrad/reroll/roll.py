"""The one door of the room: a scalar program in, an array function out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram
from symgrad.reroll.classify import classify, leaf_keys
from symgrad.reroll.expand import Expansion
from symgrad.reroll.flatten import flatten
from symgrad.reroll.lower import Lowering
from symgrad.reroll.plan import Axis, Demand


@dataclass(frozen=True)
class Rerolled:
    """The function of (theta, inputs, constants), and the arrays of the constants."""

    function: Function
    constants: Mapping[str, Any]


def reroll(
    program: ScalarProgram,
    name: str = "loss",
    shapes: Sequence[tuple[int, ...]] | None = None,
    ordered: bool = False,
) -> Rerolled:
    """The array function that computes the outputs of a scalar program.

    shapes    how the outputs are grouped: a shape for each result; by default scalars
    ordered   sums are added from left to right, bit for bit as the program adds
    """
    flat = flatten(program, ordered)
    classes = classify(flat, leaf_keys(program), ordered)
    roots, at = [], 0
    for shape in shapes if shapes is not None else [()] * len(program.outputs):
        size = int(np.prod(shape, dtype=np.int64))
        ids = flat.outputs[at : at + size].reshape(shape)
        roots.append(Demand(ids, tuple(Axis(n) for n in shape)))
        at += size
    plan = Expansion(program, flat, classes, ordered)
    plan.run(roots)
    lowering = Lowering(program, plan)
    function = lowering.run(name, roots)
    return Rerolled(function, lowering.leaves.bound())
