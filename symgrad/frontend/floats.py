"""Values and partials of the op table on Python floats, for eager scalars.

>>> value("divide")(1.0, 0.0), value("log")(0.0), value("tanh")(0.0)
(inf, -inf, 0.0)
>>> partials("multiply", 6.0, 2.0, 3.0)
(3.0, 2.0)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from symgrad.ops import OPS, ArrayAlgebra
from symgrad.ops.floats import FLOATS, FloatAlgebra

_FLOATS = FloatAlgebra()
_ARRAYS = ArrayAlgebra()


@cache
def value(name: str) -> Callable[..., float]:
    """The op as a function of floats; by its reference where it has no faster form."""
    if name in FLOATS:
        return FLOATS[name]
    evaluate = OPS[name].evaluate

    def reference(*xs: float) -> float:
        with np.errstate(all="ignore"):
            return float(evaluate(*map(np.float64, xs)))

    return reference


def partials(name: str, y: float, *xs: float) -> tuple[float | None, ...]:
    """dy/dx for each operand of an elementwise op; None where there is no derivative."""
    rule = OPS[name].partials
    if rule is None:
        return (None,) * len(xs)
    try:
        result = rule(_FLOATS, y, *xs)
    except (ArithmeticError, ValueError, AttributeError):
        # Python's operators raise where IEEE has inf or nan, and an op may lack a form on floats;
        # NumPy's scalars have an answer in each of these cases.
        return _partials_by_numpy(rule, y, xs)
    for d in result:
        if type(d) is complex:  # what Python makes of a negative float ** 0.5
            return _partials_by_numpy(rule, y, xs)
    return result


def _partials_by_numpy(
    rule: Callable[..., Any], y: float, xs: tuple[float, ...]
) -> tuple[float | None, ...]:
    with np.errstate(all="ignore"):
        result = rule(_ARRAYS, np.float64(y), *map(np.float64, xs))
    return tuple(None if d is None else float(d) for d in result)
