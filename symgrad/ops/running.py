"""Running sums: attrs ``axis`` (an int >= 0), and ``reverse`` where they start at the end.

>>> CUMSUM.evaluate(np.array([1.0, 2.0, 3.0]), axis=0, reverse=True).tolist()
[6.0, 5.0, 3.0]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import DTypeError
from symgrad.ir.op import Op
from symgrad.ir.types import Type
from symgrad.ops.reduction import normalize_axis
from symgrad.ops.table import register


def _result(x: Type, *, axis: int, reverse: bool) -> Type:
    if x.dtype == "bool":
        raise DTypeError(f"cumsum: expected numbers, got {x}; cast")
    normalize_axis("cumsum", axis, x.rank)
    return x


def _cumsum(x: Any, *, axis: int, reverse: bool) -> Any:
    if not reverse:
        return np.cumsum(x, axis=axis)
    return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)


# An element is in each sum from its own place on, so its share is the sum of theirs from there on.
CUMSUM = register(
    Op(
        "cumsum",
        "reduction",
        1,
        infer=_result,
        evaluate=_cumsum,
        pullback=lambda f, g, y, x, *, axis, reverse: (
            f.cumsum(g, axis=axis, reverse=not reverse),
        ),
        attributes=("axis", "reverse"),
        doc="the sums of the elements up to each place, or from it on",
    )
)
