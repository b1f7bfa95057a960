"""Elementwise functions under NumPy's names, made from the op table.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays import FUNCTIONS
>>> from symgrad.frontend.arrays.leaf import input
>>> FUNCTIONS["tanh"](input("x", ("N",))).shape
('N',)
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.eager import on_scalars, public
from symgrad.frontend.arrays.expr import Expr, apply, as_expr, promote, raw
from symgrad.frontend.arrays.leaf import dtype_of
from symgrad.frontend.namespace import alias, named
from symgrad.frontend.operands import real, whole
from symgrad.frontend.scalars import choices
from symgrad.ops.table import OPS


def _apply(name: str, *xs: Any, **attributes: Any) -> Any:
    """An op on expressions, or on micrograd's scalars."""
    if choices.is_scalar(*xs):
        return choices.apply_op(name, *xs, **attributes)
    return apply(name, *xs, **attributes)


# The public names of each elementwise op: its own, and NumPy's other names.
_OWN_NAMES = """
    add subtract multiply divide power maximum minimum negative absolute sign square sqrt
    reciprocal hypot floor ceil round greater greater_equal less less_equal equal not_equal
    logical_and logical_or logical_xor logical_not isnan isfinite exp exp2 expm1 log log2 log10
    log1p log1mexp logaddexp xlogy xlog1py sin cos cosm1 tan arcsin arccos arctan arctan2 sinh
    cosh tanh arcsinh arccosh arctanh sigmoid log_sigmoid softplus relu gelu silu erf erfc ndtr
    log_ndtr stop_gradient
"""
UFUNCS = {name: name for name in _OWN_NAMES.split()} | {
    "divide": "divide true_divide",
    "power": "power pow",
    "absolute": "absolute abs",
    "round": "rint",
    "arcsin": "arcsin asin",
    "arccos": "arccos acos",
    "arctan": "arctan atan",
    "arctan2": "arctan2 atan2",
    "arcsinh": "arcsinh asinh",
    "arccosh": "arccosh acosh",
    "arctanh": "arctanh atanh",
}


def enter(op: str, names: str) -> None:
    """Enters the function of an op of one or two operands under its public names."""

    def unary(x: Any, /) -> Any:
        return _apply(op, x)

    def binary(x1: Any, x2: Any, /) -> Any:
        return _apply(op, x1, x2)

    function = unary if OPS[op].arity == 1 else binary
    name, *others = names.split()
    doc = f"{OPS[op].doc or op}\n\nElementwise; the operands broadcast as in NumPy."
    made = on_scalars(named(function, name, doc))
    for other in others:
        alias(other, made)


for _op, _names in UFUNCS.items():
    enter(_op, _names)


@on_scalars
def sinc(x: Any) -> Any:
    """sin(pi*x)/(pi*x), and 1 at 0, as NumPy has it; its derivatives keep their digits there.

    >>> sinc(0.0), sinc(0.5)
    (np.float64(1.0), np.float64(0.6366197723675814))
    """
    angle = _apply("multiply", math.pi, x)
    if not choices.is_scalar(angle):
        return _apply("stumpff", angle, k=1, d=0)
    quotient = _apply("divide", _apply("sin", angle), angle)
    return choices.where(_apply("equal", angle, 0.0), 1.0, quotient)


@on_scalars
def round(x: Any, decimals: int = 0) -> Any:
    """x at the nearest multiple of 10**-decimals, the even one of two; its derivative is 0."""
    places = whole(decimals, "round: decimals")
    if not places:
        return _apply("round", x)
    unit = 10.0 ** builtins.abs(places)
    if places > 0:
        return _apply("divide", _apply("round", _apply("multiply", x, unit)), unit)
    return _apply("multiply", _apply("round", _apply("divide", x, unit)), unit)


@on_scalars
def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x where x > 0, slope * x elsewhere."""
    return _apply("leaky_relu", x, slope=real(slope, "leaky_relu: slope"))


@on_scalars
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""
    return _apply("elu", x, alpha=real(alpha, "elu: alpha"))


@on_scalars
def positive(x: Any, /) -> Any:
    """x as it is."""
    return x if choices.is_scalar(x) else as_expr(x)


@on_scalars
def fabs(x: Any, /) -> Any:
    """The absolute value, a float of integers too."""
    return _apply("absolute", x if choices.is_scalar(x) else as_float(x))


def as_float(x: Any, name: str = "argument") -> Expr:
    """An expression whose integers became floats; ``name`` heads the errors."""
    x = as_expr(x, name=name)
    return as_expr(x, "f64") if x.instr.type.dtype == "i64" else x


@on_scalars
def isinf(x: Any, /) -> Any:
    """True where x is inf or -inf."""
    return _apply("equal", _apply("absolute", x), math.inf)


@on_scalars
def deg2rad(x: Any, /) -> Any:
    """An angle in degrees, in radians."""
    return _apply("multiply", x, math.pi / 180.0)


@on_scalars
def rad2deg(x: Any, /) -> Any:
    """An angle in radians, in degrees."""
    return _apply("multiply", x, 180.0 / math.pi)


radians, degrees = alias("radians", deg2rad), alias("degrees", rad2deg)


@on_scalars
def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """x, held between ``a_min`` and ``a_max``, or ``min`` and ``max``; either may be None.

    Raises ArgumentError.
    """
    a_min, a_max = (b if a is None else a for a, b in ((a_min, min), (a_max, max)))
    if a_min is None and a_max is None:
        raise ArgumentError("clip: expected a_min, a_max or both, got neither")
    if a_max is None:
        return _apply("maximum", x, a_min)
    if a_min is None:
        return _apply("minimum", x, a_max)
    return _apply("clip", x, a_min, a_max)


def condition_of(condition: Any) -> Expr:
    """A bool expression, in which numbers other than 0 are true."""
    c = as_expr(condition, name="condition")
    return c if c.instr.type.dtype == "bool" else apply("not_equal", c, 0)


@on_scalars
def where(condition: Any, x: Any, y: Any, /) -> Any:
    """x where the condition holds and y elsewhere; all three broadcast."""
    if choices.is_scalar(condition, x, y):
        return choices.where(condition, x, y)
    return raw("where", condition_of(condition), *promote("where", x, y))


@on_scalars
def piecewise(conditions: Sequence[Any], values: Sequence[Any], default: Any = 0) -> Any:
    """The value beside the first condition that holds, or ``default`` where none does.

    Raises ArgumentError where the two lists differ in length.
    """
    if len(conditions) != len(values):
        raise ArgumentError(
            f"piecewise: {len(conditions)} conditions but {len(values)} values; give one for each"
        )
    result = default
    for condition, value in zip(reversed(conditions), reversed(values), strict=True):
        result = where(condition, value, result)
    return result


@on_scalars
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """``piecewise`` by NumPy's name: the choice beside the first condition that holds."""
    return piecewise(condlist, choicelist, default)


@on_scalars
def pick(values: Any, index: Any) -> Any:
    """``values[index]`` for a list of Values, whose index may be an integer that is traced."""
    return choices.pick(values, index)


@public
def astype(x: Any, dtype: Any) -> Any:
    """``x`` cast to float64, float32, int64 or bool.  Raises DTypeError."""
    return as_expr(as_expr(x), dtype_of(dtype))


def _filled(name: str, value: float) -> Callable[..., Any]:
    def function(x: Any, dtype: Any = None) -> Any:
        return full_like(x, value, dtype)

    doc = f"An array of the shape of ``x``, every element {value}."
    return alias(name, named(function, name, doc))


@public
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of the shape of ``x``, every element ``fill_value``."""
    x = as_expr(x)
    own = x.instr.type.dtype if dtype is None else dtype_of(dtype)
    fill = bool(fill_value) if own == "bool" else fill_value
    return raw("broadcast_to", as_expr(fill, own, "fill_value"), shape=x.dims)


zeros_like, ones_like = _filled("zeros_like", 0), _filled("ones_like", 1)
