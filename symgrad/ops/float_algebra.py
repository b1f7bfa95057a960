"""The elementwise and selection ops on Python floats, with IEEE results and no exceptions.

They do as NumPy does, at a tenth of the time that NumPy takes for one number; ``float_functions``
has those that ``math`` lacks.  ``FLOATS`` has them by the ops' names, ``FloatAlgebra`` lets
derivative rules compute with them, and ``value`` and ``partials`` serve eager scalars.

>>> FLOATS["log"](0.0), FLOATS["divide"](1.0, 0.0), FLOATS["exp"](1000.0)
(-inf, inf, inf)
>>> FLOATS["power"](-8.0, 1 / 3)
nan
>>> value("tanh")(0.0), partials("multiply", 6.0, 2.0, 3.0)
(0.0, (3.0, 2.0))
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from symgrad.ops import float_functions as functions
from symgrad.ops.table import OPS, ArrayAlgebra


class FloatAlgebra:
    """Computes derivative rules on Python floats; its attributes are the ops.

    >>> import symgrad.ops
    >>> OPS["tanh"].partials(FloatAlgebra(), 0.5, 0.5493)
    (0.75,)
    """

    def __init__(self) -> None:
        self.__dict__.update(FLOATS)

    def mask(self, condition: bool) -> float:
        return 1.0 if condition else 0.0


def _cast(x: float, *, dtype: str) -> Any:
    return {"f64": float, "f32": float, "i64": int, "bool": bool}[dtype](x)


_divide: Callable[[float, float], float] = functions.divide


# Python's int() truncates and so does NumPy; f32 is held in a Python float, as literals are.
FLOATS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": functions.divide,
    "power": functions.power,
    "negative": operator.neg,
    "absolute": abs,
    "sign": functions.sign,
    "side": functions.sign,
    "continued": lambda x, *, found: float(x),
    "square": lambda x: x * x,
    "sqrt": functions.sqrt_,
    "reciprocal": lambda x: _divide(1.0, x),
    "exp": functions.exp_,
    "exp2": functions.exp2_,
    "log": functions.log_,
    "log2": functions.log2_,
    "log10": functions.log10_,
    "log1p": functions.log1p_,
    "expm1": functions.expm1_,
    "sin": functions.sin_,
    "cos": functions.cos_,
    "tan": functions.tan_,
    "arcsin": functions.asin_,
    "arccos": functions.acos_,
    "arctan": math.atan,
    "arctan2": math.atan2,
    "sinh": functions.sinh_,
    "cosh": functions.cosh_,
    "tanh": math.tanh,
    "arcsinh": math.asinh,
    "arccosh": functions.acosh_,
    "arctanh": functions.atanh_,
    "sigmoid": functions.sigmoid,
    "softplus": functions.softplus,
    "relu": functions.relu,
    "erf": math.erf,
    "erfc": math.erfc,
    "maximum": functions.maximum,
    "minimum": functions.minimum,
    "clip": functions.clip,
    "floor": functions.floor_,
    "ceil": functions.ceil_,
    "round": functions.round_,
    "hypot": math.hypot,
    "logaddexp": functions.logaddexp,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "logical_and": lambda p, q: p and q,
    "logical_or": lambda p, q: p or q,
    "logical_not": operator.not_,
    "logical_xor": operator.xor,
    "isnan": math.isnan,
    "isfinite": math.isfinite,
    "where": lambda condition, a, b: a if condition else b,
    "cast": _cast,
    "stop_gradient": lambda x: x,
}


FLOATS |= {
    name: getattr(functions, name)
    for name, op in OPS.items()
    if op.kind == "elementwise" and name not in FLOATS and hasattr(functions, name)
}


def _expanded(name: str) -> Callable[..., Any]:
    expansion = OPS[name].expansion
    assert expansion is not None
    return lambda *xs, **attributes: expansion(ALGEBRA, *xs, **attributes)


# The others are what they bring along, or their expansions by the functions above.
for _op in [*OPS.values()]:
    if _op.sources:
        FLOATS.setdefault(_op.name, _op.sources[1])
    elif _op.kind == "elementwise" and _op.expansion is not None:
        FLOATS.setdefault(_op.name, _expanded(_op.name))
ALGEBRA = FloatAlgebra()


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
        result = rule(ALGEBRA, y, *xs)
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
