"""The functions that neural networks put between their layers, and the error function.

Most are defined by their expansion into simpler ops, which targets without them emit.  All are
stable: no exponential of a positive number is taken.  The derivative of ``sigmoid`` is an op of
its own: y*(1 - y) would have no digit left for x > 37, where sigmoid(x)*sigmoid(-x) has all.  Both
factors, and so the value and its derivative, take one exponential, exp(-abs(x)).

>>> import numpy as np
>>> with np.errstate(over="raise"):
...     print(SIGMOID.evaluate(-700.0) > 0.0, SOFTPLUS.evaluate(1000.0))
True 1000.0
"""

from __future__ import annotations

import math
from typing import Any

from symgrad.ops import array_functions
from symgrad.ops import intervals as iv
from symgrad.ops.normal import INVERSE_SQRT_2PI, square_in_parts
from symgrad.ops.table import by_element, either_side, elementwise, of_arrays

TWO_BY_SQRT_PI = 2.0 / math.sqrt(math.pi)


def _sigmoid(f: Any, x: Any) -> Any:
    e = f.exp(-f.absolute(x))
    return f.divide(f.where(f.greater_equal(x, 0.0), 1.0, e), 1.0 + e)


def _gelu_partials(f: Any, y: Any, x: Any) -> tuple[Any]:
    """The normal distribution function, plus x times its density."""
    density = f.exp(-0.5 * (x * x)) * INVERSE_SQRT_2PI
    return (f.ndtr(x) + x * density,)


def _erf_slope(f: Any, x: Any, factor: float) -> Any:
    high, low = square_in_parts(f, x)
    return factor * f.exp(-high) * f.exp(-low)


def _gelu_slope(f: Any, y: Any, x: Any) -> tuple[Any]:
    """The last factor is 1 unless the density is subnormal, where x times it is not yet."""
    high, low = square_in_parts(f, x)
    most = f.minimum(high, 1296.0)
    density_x = INVERSE_SQRT_2PI * x * f.exp(-0.5 * most) * f.exp(-0.5 * low)
    rest = f.exp(-0.5 * (high - most))
    return (f.ndtr(x) + density_x * rest,)


def _silu_partials(f: Any, y: Any, x: Any) -> tuple[Any]:
    s = f.sigmoid(x)
    return (s + y * (1.0 - s),)


SIGMOID = elementwise(
    "sigmoid",
    of_arrays(array_functions.sigmoid),
    meaning=lambda sp, x: 1 / (1 + sp.exp(-x)),
    partials=lambda f, y, x: (f.sigmoid_slope(x),),
    expansion=_sigmoid,
    mirrored="sigmoid_rest",
    interval=iv.fixed(0.0, 1.0),
    cost=24,
    traits=("activation",),
    inside="z",
    slope="h*(1 - h)",
    doc="1/(1 + e**-x)",
)
SIGMOID_REST = elementwise(
    "sigmoid_rest",
    None,
    meaning=lambda sp, x: 1 / (1 + sp.exp(x)),
    partials=lambda f, y, x: (-f.sigmoid_slope(x),),
    expansion=lambda f, x: f.sigmoid(-x),
    mirrored="sigmoid",
    beside=("sigmoid", "sigmoids"),
    interval=iv.fixed(0.0, 1.0),
    cost=24,
    called="rest",
    work="sigmoid",
    definition=lambda t, x: t.sigmoid(-x),
    doc="1/(1 + e**x): sigmoid(-x), and what sigmoid(x) leaves of 1",
)
SIGMOID_SLOPE = elementwise(
    "sigmoid_slope",
    of_arrays(array_functions.sigmoid_slope),
    meaning=lambda sp, x: sp.exp(-x) / (1 + sp.exp(-x)) ** 2,
    partials=lambda f, y, x: (y * (f.sigmoid(-x) - f.sigmoid(x)),),
    expansion=lambda f, x: f.sigmoid(x) * f.sigmoid_rest(x),
    shares="sigmoid_rest",
    mirrored="sigmoid_slope",
    beside=("sigmoid", "sigmoid_and_slope"),
    interval=iv.fixed(0.0, 0.25),
    called="slope",
    work="sigmoid",
    definition=lambda t, x: t.sigmoid(x) * t.sigmoid(-x),
    doc="the derivative of 1/(1 + e**-x), which is the density of the logistic distribution",
)
LOG_SIGMOID = elementwise(
    "log_sigmoid",
    of_arrays(array_functions.log_sigmoid),
    meaning=lambda sp, x: -sp.log(1 + sp.exp(-x)),
    partials=lambda f, y, x: (f.sigmoid(-x),),
    expansion=lambda f, x: f.minimum(x, 0.0) - f.log1p(f.exp(-f.absolute(x))),
    interval=iv.fixed(-iv.INF, 0.0),
    cost=34,
    inside="z",
    doc="log(1/(1 + e**-x))",
)
SOFTPLUS = elementwise(
    "softplus",
    of_arrays(array_functions.softplus),
    meaning=lambda sp, x: sp.log(1 + sp.exp(x)),
    partials=lambda f, y, x: (f.sigmoid(x),),
    expansion=lambda f, x: f.maximum(x, 0.0) + f.log1p(f.exp(-f.absolute(x))),
    interval=iv.fixed(0.0),
    cost=34,
    traits=("activation",),
    inside="z",
    doc="log(1 + e**x)",
)
RELU = elementwise(
    "relu",
    None,
    meaning=lambda sp, x: sp.Piecewise((x, x > 0), (0, True)),
    partials=lambda f, y, x: (f.mask(f.greater(x, 0.0)),),
    expansion=lambda f, x: f.maximum(x, 0.0),
    kinks=((0.0,),),
    pieces=either_side,
    masks=True,
    rests=iv.always,
    interval=iv.rising(float, 0.0),
    cost=1,
    traits=("exact", "activation", "extreme"),
    inside="z",
    spelled=lambda sp, x: sp.Max(x, 0),
    doc="max(x, 0); its derivative at 0 is 0",
)
LEAKY_RELU = elementwise(
    "leaky_relu",
    None,
    meaning=lambda sp, x, *, slope: sp.Piecewise((x, x > 0), (slope * x, True)),
    partials=lambda f, y, x, *, slope: (f.where(f.greater(x, 0.0), 1.0, slope),),
    expansion=lambda f, x, *, slope: f.where(f.greater(x, 0.0), x, slope * x),
    attributes=("slope",),
    kinks=((0.0,),),
    pieces=either_side,
    cost=1,
    traits=("activation",),
    inside="z",
    doc="x above 0, slope*x below; its derivative at 0 is the slope",
)
ELU = elementwise(
    "elu",
    of_arrays(array_functions.elu),
    meaning=lambda sp, x, *, alpha: sp.Piecewise((x, x > 0), (alpha * (sp.exp(x) - 1), True)),
    partials=lambda f, y, x, *, alpha: (
        f.where(f.greater(x, 0.0), 1.0, alpha * f.exp(f.minimum(x, 0.0))),
    ),
    # Without the helpers' minimum: Values are differentiated through this, and ties would share.
    expansion=lambda f, x, *, alpha: f.where(f.greater(x, 0.0), x, alpha * f.expm1(x)),
    attributes=("alpha",),
    kinks=((0.0,),),
    pieces=either_side,
    traits=("activation",),
    inside="z",
    doc="x above 0, alpha*(e**x - 1) below; its derivative at 0 is alpha",
)
GELU = elementwise(
    "gelu",
    None,
    meaning=lambda sp, x: x * (1 + sp.erf(x / sp.sqrt(2))) / 2,
    partials=_gelu_partials,
    accurate=_gelu_slope,
    expansion=lambda f, x: x * f.ndtr(x),
    shares="ndtr",
    traits=("activation",),
    inside="z",
    doc="x times the normal distribution function, exact (Hendrycks & Gimpel, 2016)",
)
SILU = elementwise(
    "silu",
    None,
    meaning=lambda sp, x: x / (1 + sp.exp(-x)),
    partials=_silu_partials,
    accurate=lambda f, y, x: (f.sigmoid(x) + y * f.sigmoid(-x),),
    expansion=lambda f, x: x * f.sigmoid(x),
    shares="sigmoid",
    cost=24,
    traits=("activation",),
    inside="z",
    definition=lambda t, x: x * t.sigmoid(x),
    doc="x sigmoid(x)",
)
ERF = elementwise(
    "erf",
    by_element(math.erf),
    meaning=lambda sp, x: sp.erf(x),
    partials=lambda f, y, x: (TWO_BY_SQRT_PI * f.exp(-(x * x)),),
    accurate=lambda f, y, x: (_erf_slope(f, x, TWO_BY_SQRT_PI),),
    interval=iv.fixed(-1.0, 1.0),
    inside="z",
    floats=math.erf,
    doc="the error function",
)
ERFC = elementwise(
    "erfc",
    by_element(math.erfc),
    meaning=lambda sp, x: sp.erfc(x),
    partials=lambda f, y, x: (-TWO_BY_SQRT_PI * f.exp(-(x * x)),),
    accurate=lambda f, y, x: (_erf_slope(f, x, -TWO_BY_SQRT_PI),),
    interval=iv.fixed(0.0, 2.0),
    inside="z",
    floats=math.erfc,
    doc="1 - erf(x), accurate for large x",
)
