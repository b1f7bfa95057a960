"""Exponentials, logarithms, circular and hyperbolic functions, and their inverses.

Derivatives reuse the result where that is accurate.  ``tanh`` gives 1 - y*y, which is within one
ulp *of 1* everywhere but has no correct digit left for abs(x) > 19.

>>> import symgrad.ops
>>> from symgrad.ops.table import ArrayAlgebra
>>> TANH.partials(ArrayAlgebra(), 0.5, float(np.arctanh(0.5)))
(0.75,)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgrad.ops import array_functions, float_functions
from symgrad.ops import intervals as iv
from symgrad.ops.arithmetic import rounded_off
from symgrad.ops.powers import scaled
from symgrad.ops.table import POSITIVE, REAL, UNIT, elementwise, of_arrays

LN2 = math.log(2.0)
INVERSE_LN2 = 1.0 / math.log(2.0)
INVERSE_LN10 = 1.0 / math.log(10.0)


def _arctan2_partials(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """b/r**2 and -a/r**2, divided twice so that r**2 cannot overflow; nan at the origin."""
    r = f.hypot(a, b)
    return f.divide(f.divide(b, r), r), f.divide(f.divide(-a, r), r)


def _arctan2_slopes(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    s, a, b, r = scaled(f, f.hypot(a, b), a, b)
    return f.divide(f.divide(b, r), r) * s, f.divide(f.divide(-a, r), r) * s


def _tanh_slope(f: Any, y: Any, x: Any) -> tuple[Any]:
    """4e/(1 + e)**2 for e = exp(-2 abs(x))."""
    e = f.exp(-2.0 * f.absolute(x))
    return (f.divide(4.0 * e, (1.0 + e) * (1.0 + e)),)


def _logaddexp_slopes(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """sigmoid at a - b, corrected for what a - b rounds off."""
    d = a - b
    lost = rounded_off(f, d, a, b)
    s, r = f.sigmoid(d), f.sigmoid(-d)
    return s * (1.0 + lost * r), r * (1.0 - lost * s)


def _xlogy(f: Any, x: Any, y: Any) -> Any:
    zero = f.logical_and(f.equal(x, 0.0), f.logical_not(f.isnan(y)))
    return f.where(zero, 0.0, x * f.log(y))


def _xlog1py(f: Any, x: Any, y: Any) -> Any:
    zero = f.logical_and(f.equal(x, 0.0), f.logical_not(f.isnan(y)))
    return f.where(zero, 0.0, x * f.log1p(y))


def _quotient(f: Any, x: Any, y: Any) -> Any:
    """x/y, and 0/0 = 0 alone: a choice by x = 0 would cut off what d/dx of the quotient is."""
    zeros = f.logical_and(f.equal(x, 0.0), f.equal(y, 0.0))
    return f.where(zeros, 0.0, f.divide(x, y))


def _steep_at_the_ends(f: Any, y: Any, x: Any) -> tuple[Any]:
    return (f.equal(f.absolute(x), 1.0),)


def _log1mexp(f: Any, x: Any) -> Any:
    """Two forms, each accurate on its side of -log 2 (Maechler, 2012)."""
    near = f.log(-f.expm1(x))
    return f.where(f.greater(x, -LN2), near, f.log1p(-f.exp(x)))


EXP = elementwise(
    "exp",
    np.exp,
    meaning=lambda sp, x: sp.exp(x),
    partials=lambda f, y, x: (y,),
    unbounded=True,
    interval=iv.rising(math.exp, 0.0),
    inside="exponent",
    renames=(("log_", ""), ("minus_log_", "inverse_")),
    slope="h",
    doc="e**x",
)
EXP2 = elementwise(
    "exp2",
    np.exp2,
    meaning=lambda sp, x: 2**x,
    partials=lambda f, y, x: (y * LN2,),
    unbounded=True,
    interval=iv.fixed(0.0),
    inside="exponent",
    doc="2**x",
)
EXPM1 = elementwise(
    "expm1",
    np.expm1,
    meaning=lambda sp, x: sp.exp(x) - 1,
    partials=lambda f, y, x: (f.exp(x),),
    unbounded=True,
    interval=iv.rising(math.expm1, -1.0),
    inside="exponent",
    doc="e**x - 1, accurate near 0; the derivative is exp(x), as y + 1 loses it for x < -37",
)
LOG = elementwise(
    "log",
    np.log,
    meaning=lambda sp, x: sp.log(x),
    partials=lambda f, y, x: (f.divide(1.0, x),),
    domain=(POSITIVE,),
    unbounded=True,
    assumed="log of what is above 0",
    doc="the natural logarithm; -inf at 0, nan below",
)
LOG2 = elementwise(
    "log2",
    np.log2,
    meaning=lambda sp, x: sp.log(x) / sp.log(2),
    partials=lambda f, y, x: (f.divide(INVERSE_LN2, x),),
    domain=(POSITIVE,),
    unbounded=True,
    assumed="log2 of what is above 0",
    doc="the logarithm to base 2",
)
LOG10 = elementwise(
    "log10",
    np.log10,
    meaning=lambda sp, x: sp.log(x) / sp.log(10),
    partials=lambda f, y, x: (f.divide(INVERSE_LN10, x),),
    domain=(POSITIVE,),
    unbounded=True,
    assumed="log10 of what is above 0",
    doc="the logarithm to base 10",
)
LOG1P = elementwise(
    "log1p",
    np.log1p,
    meaning=lambda sp, x: sp.log(1 + x),
    partials=lambda f, y, x: (f.divide(1.0, 1.0 + x),),
    domain=((-0.9, 4.0),),
    unbounded=True,
    assumed="log1p of what is above -1",
    doc="log(1 + x), accurate near 0",
)
LOGADDEXP = elementwise(
    "logaddexp",
    np.logaddexp,
    meaning=lambda sp, x, y: sp.log(sp.exp(x) + sp.exp(y)),
    partials=lambda f, y, a, b: (f.sigmoid(a - b), f.sigmoid(b - a)),
    accurate=_logaddexp_slopes,
    domain=(REAL, REAL),
    commutative=True,
    cost=34,
    doc="log(e**x + e**y) without overflow",
)
XLOGY = elementwise(
    "xlogy",
    of_arrays(array_functions.xlogy),
    meaning=lambda sp, x, y: x * sp.log(y),
    partials=lambda f, z, x, y: (f.log(y), _quotient(f, x, y)),
    expansion=_xlogy,
    domain=(POSITIVE, POSITIVE),
    kinks=((0.0, 0.0),),
    unbounded=True,
    steep=lambda f, z, x, y: (f.equal(y, 0.0), None),
    cost=18,
    definition=lambda t, x, y: t.strong_product(x, t.log(y)),
    assumed="xlogy(x, y) for y above 0",
    doc="x log y, and 0 where x = 0 unless y is nan; d/dy at (0, 0) is 0",
)
XLOG1PY = elementwise(
    "xlog1py",
    of_arrays(array_functions.xlog1py),
    meaning=lambda sp, x, y: x * sp.log(1 + y),
    partials=lambda f, z, x, y: (f.log1p(y), _quotient(f, x, 1.0 + y)),
    expansion=_xlog1py,
    domain=(POSITIVE, (-0.9, 4.0)),
    kinks=((0.0, -1.0),),
    unbounded=True,
    steep=lambda f, z, x, y: (f.equal(y, -1.0), None),
    cost=18,
    definition=lambda t, x, y: t.strong_product(x, t.log(1 + y)),
    assumed="xlog1py(x, y) for y above -1",
    doc="x log(1 + y), and 0 where x = 0 unless y is nan; d/dy at (0, -1) is 0",
)
LOG1MEXP = elementwise(
    "log1mexp",
    of_arrays(array_functions.log1mexp),
    meaning=lambda sp, x: sp.log(1 - sp.exp(x)),
    partials=lambda f, y, x: (f.divide(f.exp(x), f.expm1(x)),),
    expansion=_log1mexp,
    domain=((-4.0, -0.1),),
    unbounded=True,
    cost=34,
    assumed="log1mexp of what is below 0",
    doc="log(1 - e**x) for x < 0, without cancellation; nan above 0",
)
SIN = elementwise(
    "sin",
    np.sin,
    meaning=lambda sp, x: sp.sin(x),
    partials=lambda f, y, x: (f.cos(x),),
    interval=iv.fixed(-1.0, 1.0),
    inside="angle",
    doc="the sine of x in radians",
)
COS = elementwise(
    "cos",
    np.cos,
    meaning=lambda sp, x: sp.cos(x),
    partials=lambda f, y, x: (-f.sin(x),),
    interval=iv.fixed(-1.0, 1.0),
    inside="angle",
    doc="the cosine of x in radians",
)
TAN = elementwise(
    "tan",
    np.tan,
    meaning=lambda sp, x: sp.tan(x),
    partials=lambda f, y, x: (1.0 + y * y,),
    domain=((-1.4, 1.4),),
    unbounded=True,
    inside="angle",
    doc="the tangent of x in radians",
)
ARCSIN = elementwise(
    "arcsin",
    np.arcsin,
    meaning=lambda sp, x: sp.asin(x),
    partials=lambda f, y, x: (f.divide(1.0, f.sqrt(f.one_minus_square(x))),),
    domain=(UNIT,),
    unbounded=True,
    steep=_steep_at_the_ends,
    assumed="arcsin and arccos within (-1, 1)",
    floats=float_functions.asin_,
    doc="the angle whose sine is x; nan outside [-1, 1]",
)
ARCCOS = elementwise(
    "arccos",
    np.arccos,
    meaning=lambda sp, x: sp.acos(x),
    partials=lambda f, y, x: (f.divide(-1.0, f.sqrt(f.one_minus_square(x))),),
    domain=(UNIT,),
    unbounded=True,
    steep=_steep_at_the_ends,
    interval=iv.fixed(0.0, math.pi),
    assumed="arcsin and arccos within (-1, 1)",
    floats=float_functions.acos_,
    doc="the angle whose cosine is x; nan outside [-1, 1]",
)
ARCTAN = elementwise(
    "arctan",
    np.arctan,
    meaning=lambda sp, x: sp.atan(x),
    partials=lambda f, y, x: (f.divide(1.0, 1.0 + x * x),),
    floats=math.atan,
    doc="the angle whose tangent is x",
)
# atan(a/b) is the principal branch of the half plane b > 0, where the samples lie.
ARCTAN2 = elementwise(
    "arctan2",
    np.arctan2,
    meaning=lambda sp, a, b: sp.atan2(a, b),
    partials=_arctan2_partials,
    accurate=_arctan2_slopes,
    domain=(REAL, POSITIVE),
    unbounded=True,
    assumed="arctan2 away from the origin",
    spelled=lambda sp, y, x: sp.atan2(y, x),
    floats=math.atan2,
    doc="the angle of the point (second operand, first operand), in (-pi, pi]",
)
SINH = elementwise(
    "sinh",
    np.sinh,
    meaning=lambda sp, x: sp.sinh(x),
    partials=lambda f, y, x: (f.cosh(x),),
    unbounded=True,
    doc="the hyperbolic sine",
)
COSH = elementwise(
    "cosh",
    np.cosh,
    meaning=lambda sp, x: sp.cosh(x),
    partials=lambda f, y, x: (f.sinh(x),),
    unbounded=True,
    interval=iv.fixed(1.0),
    doc="the hyperbolic cosine",
)
TANH = elementwise(
    "tanh",
    np.tanh,
    meaning=lambda sp, x: sp.tanh(x),
    partials=lambda f, y, x: (1.0 - y * y,),
    accurate=_tanh_slope,
    interval=iv.fixed(-1.0, 1.0),
    traits=("activation",),
    inside="z",
    slope="1 - h*h",
    floats=math.tanh,
    doc="the hyperbolic tangent; the error of 1 - y*y is at most 2**-52, absolute",
)
ARCSINH = elementwise(
    "arcsinh",
    np.arcsinh,
    meaning=lambda sp, x: sp.asinh(x),
    partials=lambda f, y, x: (f.divide(1.0, f.hypot(x, 1.0)),),
    floats=math.asinh,
    doc="the inverse of sinh",
)
ARCCOSH = elementwise(
    "arccosh",
    np.arccosh,
    meaning=lambda sp, x: sp.acosh(x),
    partials=lambda f, y, x: (f.divide(1.0, f.sqrt(x - 1.0) * f.sqrt(x + 1.0)),),
    domain=((1.1, 4.0),),
    unbounded=True,
    steep=lambda f, y, x: (f.equal(x, 1.0),),
    interval=iv.fixed(0.0),
    assumed="arccosh of what is above 1",
    floats=float_functions.acosh_,
    doc="the inverse of cosh; nan below 1",
)
ARCTANH = elementwise(
    "arctanh",
    np.arctanh,
    meaning=lambda sp, x: sp.atanh(x),
    partials=lambda f, y, x: (f.divide(1.0, f.one_minus_square(x)),),
    domain=(UNIT,),
    unbounded=True,
    assumed="arctanh within (-1, 1)",
    floats=float_functions.atanh_,
    doc="the inverse of tanh; inf at 1, nan beyond",
)
