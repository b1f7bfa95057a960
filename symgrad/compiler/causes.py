"""Which index was outside of what, when an emitted function has raised IndexError.

The program is run once more by its reference semantics, up to the instruction that reads there.

>>> import symgrad as sg
>>> w, k = sg.param("w", [1.0, 2.0]), sg.input("k", ("N",), int)
>>> sg.compile(sg.sum(w[k]))(k=[0, 7])  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
symgrad.errors.BoundsError: k: index 7 is outside of w, whose axis 0 has size 2; built at train.py:3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.errors import BoundsError
from symgrad.ir import dims
from symgrad.ir.function import Function, Instr
from symgrad.ir.interpreter import bind_sizes, failing
from symgrad.ops.places import indices_of


def outside(f: Function, arguments: Sequence[Any]) -> BoundsError | None:
    """The error for the first index that is out of range; None where all are within."""
    found = failing(f, arguments)
    if found is None:
        return None
    x, operands = found
    sizes = bind_sizes(f, arguments)
    for axis, (index, dim) in enumerate(indices_of(x)):
        n = dims.evaluate(dim, sizes)
        places = np.asarray(operands[x.operands.index(index)])
        least = 0 if x.op.name == "within" else -n
        wrong = places[(places < least) | (places >= n)]
        if wrong.size:
            own = dict(x.attributes).get("axis", axis)
            return BoundsError(_said(x, index, int(wrong.flat[0]), own, n))
    return None


def _said(x: Instr, index: Instr, wrong: int, axis: int, n: int) -> str:
    name = index.hint or x.op.name
    source = x.operands[0] if x.operands[0] is not index else None
    read = (
        f"{source.hint or source.type}, whose axis {axis} has size {n}" if source else f"size {n}"
    )
    at = f"; built at {x.origins[0]}" if x.origins else ""
    return f"{name}: index {wrong} is outside of {read}{at}"


__all__ = ["outside"]
