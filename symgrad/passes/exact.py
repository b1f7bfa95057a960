"""Whether an op on literals gives an exact result.

>>> is_exact("multiply", [0.5, 3.0], 1.5), is_exact("multiply", [0.1, 3.0], 0.30000000000000004)
(True, False)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

# Ops that move or choose elements, or count them, round nothing.
_MOVES = """
    negative absolute sign floor ceil round maximum minimum clip relu where cast max min size
    index embed concatenate take gather flip tril triu diag diagonal one_hot stop_gradient vector
    view reshape broadcast_to transpose
"""
_ROUND_NOTHING = frozenset(_MOVES.split())
_EXACTLY: dict[str, Callable[..., Fraction]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "square": lambda a: a * a,
    "reciprocal": lambda a: 1 / a,
}


def is_exact(op: str, operands: Sequence[Any], value: Any) -> bool:
    """Whether a float op on these numbers, or arrays of them, has rounded nothing."""
    if op in _ROUND_NOTHING:
        return True
    rule = _EXACTLY.get(op)
    if rule is None:
        return False
    lanes = np.broadcast_arrays(*operands, value)
    for *xs, y in zip(*(lane.reshape(-1).tolist() for lane in lanes), strict=True):
        if not all(map(math.isfinite, (*xs, y))) or rule(*map(Fraction, xs)) != Fraction(y):
            return False
    return True
