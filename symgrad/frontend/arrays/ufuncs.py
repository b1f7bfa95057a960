"""Elementwise functions under NumPy's names, made from the op table.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> tanh(input("x", ("N",))).shape
('N',)
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.eager import numpy_too
from symgrad.frontend.arrays.expr import Expr, apply, as_expr, promote, raw
from symgrad.frontend.coerce import real, whole
from symgrad.frontend.scalars import choices
from symgrad.ops.terms import OPS


def _apply(name: str, *xs: Any, **attributes: Any) -> Any:
    """An op on expressions, or on micrograd's scalars."""
    if choices.is_scalar(*xs):
        return choices.apply_op(name, *xs, **attributes)
    return apply(name, *xs, **attributes)


def _unary(name: str) -> Callable[[Any], Any]:
    def function(x: Any, /) -> Any:
        return _apply(name, x)

    return _named(function, name)


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def function(x1: Any, x2: Any, /) -> Any:
        return _apply(name, x1, x2)

    return _named(function, name)


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    doc = OPS[name].doc if name in OPS else ""
    function.__doc__ = f"{doc or name}\n\nElementwise; the operands broadcast as in NumPy."
    return numpy_too(function)


add, subtract = _binary("add"), _binary("subtract")
multiply, divide = _binary("multiply"), _binary("divide")
power, arctan2 = _binary("power"), _binary("arctan2")
maximum, minimum = _binary("maximum"), _binary("minimum")
hypot, logaddexp, xlogy = _binary("hypot"), _binary("logaddexp"), _binary("xlogy")
greater, greater_equal = _binary("greater"), _binary("greater_equal")
less, less_equal = _binary("less"), _binary("less_equal")
equal, not_equal = _binary("equal"), _binary("not_equal")
logical_and, logical_or = _binary("logical_and"), _binary("logical_or")
logical_xor, logical_not = _binary("logical_xor"), _unary("logical_not")
negative, absolute, sign = _unary("negative"), _unary("absolute"), _unary("sign")
square, sqrt, reciprocal = _unary("square"), _unary("sqrt"), _unary("reciprocal")
exp, exp2, expm1 = _unary("exp"), _unary("exp2"), _unary("expm1")
log, log2, log10, log1p = _unary("log"), _unary("log2"), _unary("log10"), _unary("log1p")
sin, cos, tan = _unary("sin"), _unary("cos"), _unary("tan")
arcsin, arccos, arctan = _unary("arcsin"), _unary("arccos"), _unary("arctan")
sinh, cosh, tanh = _unary("sinh"), _unary("cosh"), _unary("tanh")
arcsinh, arccosh, arctanh = _unary("arcsinh"), _unary("arccosh"), _unary("arctanh")
sigmoid, log_sigmoid, softplus = _unary("sigmoid"), _unary("log_sigmoid"), _unary("softplus")
log1mexp, xlog1py = _unary("log1mexp"), _binary("xlog1py")
relu, gelu, silu = _unary("relu"), _unary("gelu"), _unary("silu")
erf, erfc = _unary("erf"), _unary("erfc")
ndtr, log_ndtr = _unary("ndtr"), _unary("log_ndtr")
cosm1 = _unary("cosm1")
floor, ceil = _unary("floor"), _unary("ceil")
isnan, isfinite = _unary("isnan"), _unary("isfinite")
stop_gradient = _unary("stop_gradient")
rint = _unary("round")

abs, pow, true_divide = absolute, power, divide
asin, acos, atan, atan2 = arcsin, arccos, arctan, arctan2
asinh, acosh, atanh = arcsinh, arccosh, arctanh


@numpy_too
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


@numpy_too
def round(x: Any, decimals: int = 0) -> Any:
    """x at the nearest multiple of 10**-decimals, the even one of two; its derivative is 0."""
    places = whole(decimals, "round: decimals")
    if not places:
        return _apply("round", x)
    unit = 10.0 ** builtins.abs(places)
    if places > 0:
        return _apply("divide", _apply("round", _apply("multiply", x, unit)), unit)
    return _apply("multiply", _apply("round", _apply("divide", x, unit)), unit)


@numpy_too
def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x where x > 0, slope * x elsewhere."""
    return _apply("leaky_relu", x, slope=real(slope, "leaky_relu: slope"))


@numpy_too
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""
    return _apply("elu", x, alpha=real(alpha, "elu: alpha"))


@numpy_too
def positive(x: Any, /) -> Any:
    """x as it is."""
    return x if choices.is_scalar(x) else as_expr(x)


@numpy_too
def fabs(x: Any, /) -> Any:
    """The absolute value, a float of integers too."""
    return absolute(x if choices.is_scalar(x) else _as_float(as_expr(x)))


def _as_float(x: Expr) -> Expr:
    return as_expr(x, "f64") if x.instr.type.dtype == "i64" else x


@numpy_too
def isinf(x: Any, /) -> Any:
    """Whether x is inf or -inf."""
    return _apply("equal", _apply("absolute", x), math.inf)


@numpy_too
def deg2rad(x: Any, /) -> Any:
    """An angle in degrees, in radians."""
    return _apply("multiply", x, math.pi / 180.0)


@numpy_too
def rad2deg(x: Any, /) -> Any:
    """An angle in radians, in degrees."""
    return _apply("multiply", x, 180.0 / math.pi)


radians, degrees = deg2rad, rad2deg


@numpy_too
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
    """A bool expression; numbers count as true where they are not 0."""
    c = as_expr(condition, name="condition")
    return c if c.instr.type.dtype == "bool" else apply("not_equal", c, 0)


@numpy_too
def where(condition: Any, x: Any, y: Any, /) -> Any:
    """x where the condition holds and y elsewhere; all three broadcast."""
    if choices.is_scalar(condition, x, y):
        return choices.where(condition, x, y)
    return raw("where", condition_of(condition), *promote("where", x, y))


@numpy_too
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


@numpy_too
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """``piecewise`` by NumPy's name: the choice beside the first condition that holds."""
    return piecewise(condlist, choicelist, default)


@numpy_too
def pick(values: Any, index: Any) -> Any:
    """``values[index]`` for a list of Values, whose index may be an integer that is traced."""
    return choices.pick(values, index)


@numpy_too
def astype(x: Any, dtype: Any) -> Any:
    """``x`` cast to float64, float32, int64 or bool.  Raises DTypeError."""
    from symgrad.frontend.arrays.leaf import dtype_of

    return as_expr(as_expr(x), dtype_of(dtype))


def _filled(name: str, value: float) -> Callable[..., Any]:
    def function(x: Any, dtype: Any = None) -> Any:
        return full_like(x, value, dtype)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"An array of the shape of ``x``, every element {value}."
    return function


@numpy_too
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of the shape of ``x``, every element ``fill_value``."""
    from symgrad.frontend.arrays.leaf import dtype_of

    x = as_expr(x)
    own = x.instr.type.dtype if dtype is None else dtype_of(dtype)
    fill = bool(fill_value) if own == "bool" else fill_value
    return raw("broadcast_to", as_expr(fill, own, "fill_value"), shape=x.dims)


zeros_like, ones_like = _filled("zeros_like", 0), _filled("ones_like", 1)
