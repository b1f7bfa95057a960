"""Whether an op on literals gives an exact result.

>>> from symgrad.ops import OPS
>>> times = OPS["multiply"]
>>> is_exact(times, [0.5, 3.0], 1.5), is_exact(times, [0.1, 3.0], 0.30000000000000004)
(True, False)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.ir.op import Op

_EXACTLY: dict[str, Callable[..., Fraction]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "square": lambda a: a * a,
    "reciprocal": lambda a: 1 / a,
}


def is_exact(op: Op, operands: Sequence[Any], value: Any) -> bool:
    """Whether a float op on these numbers, or arrays of them, has rounded nothing."""
    if "exact" in op.traits:
        return True
    rule = _EXACTLY.get(op.name)
    if rule is None:
        return False
    lanes = np.broadcast_arrays(*operands, value)
    for *xs, y in zip(*(lane.reshape(-1).tolist() for lane in lanes), strict=True):
        if not all(map(math.isfinite, (*xs, y))) or rule(*map(Fraction, xs)) != Fraction(y):
            return False
    return True
