"""The op table on Python floats: values and partials with IEEE semantics.

Python's operators and ``math`` raise where IEEE has inf or nan.  What is fast is tried first;
where Python refuses, the op's reference ``evaluate`` answers.

>>> value("divide")(1.0, 0.0), value("log")(0.0), value("tanh")(0.0)
(inf, -inf, 0.0)
>>> partials("multiply", 6.0, 2.0, 3.0)
(3.0, 2.0)
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import symgrad.ops  # noqa: F401  (fills the table)
from symgrad.ops.algebra import ArrayAlgebra
from symgrad.ops.table import OPS

# Faster spellings of ``evaluate`` on finite floats; any op without one goes by its reference.
_FAST: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "power": math.pow,
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "relu": lambda x: 0.0 if x < 0.0 else x,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "logical_and": lambda a, b: a and b,
    "logical_or": lambda a, b: a or b,
    "logical_not": operator.not_,
    "where": lambda condition, a, b: a if condition else b,
}
_REFUSED = (ArithmeticError, ValueError)  # what Python raises where IEEE has inf or nan


def _reference(name: str, xs: tuple[Any, ...]) -> Any:
    with np.errstate(all="ignore"):
        given = [np.float64(x) if isinstance(x, float) else x for x in xs]
        return np.asarray(OPS[name].evaluate(*given)).item()


@cache
def value(name: str) -> Callable[..., Any]:
    """The op as a function of Python floats that never raises on a number."""
    fast = _FAST.get(name)

    def ieee(*xs: Any) -> Any:
        if fast is not None:
            try:
                return fast(*xs)
            except _REFUSED:
                pass  # not an error: IEEE has an answer, and the reference knows it
        return _reference(name, xs)

    return ieee


class FloatAlgebra:
    """Derivative rules on Python floats; each op by its name."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPS:
            raise AttributeError(f"no op named {name!r}")
        function = value(name)
        setattr(self, name, function)
        return function

    def mask(self, condition: Any) -> float:
        """1.0 where the condition holds, else 0.0."""
        return 1.0 if condition else 0.0


_FLOATS = FloatAlgebra()
_ARRAYS = ArrayAlgebra()


def partials(name: str, y: float, *xs: float) -> tuple[float | None, ...]:
    """dy/dx for each operand of an elementwise op; None where there is no derivative."""
    rule = OPS[name].partials
    if rule is None:
        return (None,) * len(xs)
    try:
        result = rule(_FLOATS, y, *xs)
        for d in result:
            if type(d) is complex:  # what Python makes of a negative float ** 0.5
                break
        else:
            return result
    except _REFUSED:
        pass  # a rule divided by zero or overflowed: NumPy's scalars carry inf and nan
    with np.errstate(all="ignore"):
        result = rule(_ARRAYS, np.float64(y), *map(np.float64, xs))
    return tuple(None if d is None else float(d) for d in result)
