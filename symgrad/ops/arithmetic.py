"""Arithmetic: the ops of the four rules, magnitudes, extrema, and rounding.

>>> import symgrad.ops
>>> from symgrad.ops.table import ArrayAlgebra
>>> MAXIMUM.partials(ArrayAlgebra(), 2.0, 2.0, 2.0)
(np.float64(0.5), np.float64(0.5))
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from symgrad.ops import float_functions
from symgrad.ops import intervals as iv
from symgrad.ops.table import REAL, either_side, elementwise

NONZERO = (0.2, 3.0)

_NORMAL = {"f64": -1022, "f32": -126}  # the smallest number with all digits, by its exponent


def smallest(f: Any, y: Any) -> float:
    """The smallest number of y's type that has all digits."""
    return float(2.0 ** _NORMAL[f.type(y).dtype])


def rounded_off(f: Any, d: Any, a: Any, b: Any) -> Any:
    """The error that rounding d = a - b left (Knuth's two-sum); 0 where it is not finite."""
    t = d - a
    return f.stop_gradient(f.where(f.isfinite(d), (a - (d - t)) - (b + t), 0.0))


def _extremum_partials(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """1 for the operand that won, 1/2 each at a tie; 0/0 = nan for both where one is nan."""
    p, q = f.mask(f.equal(a, y)), f.mask(f.equal(b, y))
    total = p + q
    return f.divide(p, total), f.divide(q, total)


def _clip_partials(f: Any, y: Any, x: Any, lo: Any, hi: Any) -> tuple[Any, Any, Any]:
    """1 for x within the bounds, edges included; else 1 for the bound that it was set to."""
    inside = f.logical_and(f.greater_equal(x, lo), f.less_equal(x, hi))
    below = f.logical_and(f.less(x, lo), f.less_equal(lo, hi))
    above = f.logical_or(f.greater(x, hi), f.greater(lo, hi))
    return f.mask(inside), f.mask(below), f.mask(above)


def _quotient_slopes(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """-a/b**2 where a/b is subnormal and has lost digits, which b**2 then does not."""
    lost = f.logical_and(f.less(f.absolute(y), smallest(f, y)), f.not_equal(y, 0.0))
    return f.divide(1.0, b), f.where(lost, f.divide(-a, b * b), f.divide(-y, b))


ADD = elementwise(
    "add",
    np.add,
    meaning=lambda sp, x, y: x + y,
    partials=lambda f, y, a, b: (1.0, 1.0),
    domain=(REAL, REAL),
    integers=True,
    commutative=True,
    rests=iv.together,
    interval=iv.by(iv.plus),
    cost=1,
    called="total",
    symbol="+",
    work="additions",
    traits=("adds", "combines", "sums", "terms", "rational"),
    named="{}_plus_{}",
    floats=operator.add,
    doc="x + y",
)
SUBTRACT = elementwise(
    "subtract",
    np.subtract,
    meaning=lambda sp, x, y: x - y,
    partials=lambda f, y, a, b: (1.0, -1.0),
    domain=(REAL, REAL),
    integers=True,
    interval=iv.by(iv.minus),
    cost=1,
    called="difference",
    symbol="-",
    work="additions",
    traits=("adds", "combines", "terms", "rational"),
    named="{}_minus_{}",
    floats=operator.sub,
    doc="x - y",
)
MULTIPLY = elementwise(
    "multiply",
    np.multiply,
    meaning=lambda sp, x, y: x * y,
    partials=lambda f, y, a, b: (b, a),
    domain=(REAL, REAL),
    integers=True,
    commutative=True,
    rests=iv.as_factors,
    interval=iv.product,
    cost=1,
    called="product",
    symbol="*",
    work="multiplications",
    named="{}_{}",
    traits=("combines", "terms", "rational"),
    floats=operator.mul,
    doc="x y",
)
DIVIDE = elementwise(
    "divide",
    np.divide,
    meaning=lambda sp, x, y: x / y,
    partials=lambda f, y, a, b: (f.divide(1.0, b), f.divide(-y, b)),
    accurate=_quotient_slopes,
    domain=(REAL, NONZERO),
    unbounded=True,
    rests=lambda x, still, of: still(x.operands[0]) and not of(x.operands[1]).has_zero,
    interval=iv.by(iv.over),
    cost=4,
    called="quotient",
    symbol="/",
    work="divisions",
    named="{}_over_{}",
    traits=("combines", "rational"),
    assumed="divisors that are not 0",
    doc="x / y; by zero it is inf or nan as IEEE has it",
)
NEGATIVE = elementwise(
    "negative",
    np.negative,
    meaning=lambda sp, x: -x,
    partials=lambda f, y, x: (-1.0,),
    integers=True,
    rests=iv.with_operands,
    interval=iv.by(iv.negated),
    cost=1,
    traits=("exact", "terms"),
    named="minus_{}",
    floats=operator.neg,
    doc="-x",
)
ABSOLUTE = elementwise(
    "absolute",
    np.absolute,
    meaning=lambda sp, x: sp.Piecewise((x, x > 0), (-x, True)),
    partials=lambda f, y, x: (f.side(x),),
    kinks=((0.0,),),
    pieces=either_side,
    integers=True,
    masks=True,
    rests=iv.always,
    interval=iv.by(iv.magnitude),
    cost=1,
    traits=("exact",),
    called="abs",
    spelled=lambda sp, x: sp.Abs(x),
    floats=abs,
    doc="|x|; its derivative at 0 is 0",
)
SIDE = elementwise(
    "side",
    np.sign,
    meaning=lambda sp, x: sp.Piecewise((1, x > 0), (-1, x < 0), (0, True)),
    partials=lambda f, y, x: (None,),
    expansion=lambda f, x: f.sign(x),
    pieces=either_side,
    inline=True,
    interval=iv.fixed(-1.0, 1.0),
    definition=lambda t, x: t.sign(x),
    spelled=lambda sp, x: sp.sign(x),
    floats=float_functions.sign,
    doc="the sign of x as the slope of abs, whose square is 1 in a second derivative",
)
SIGN = elementwise(
    "sign",
    np.sign,
    meaning=lambda sp, x: sp.Piecewise((1, x > 0), (-1, x < 0), (0, True)),
    partials=lambda f, y, x: (None,),
    kinks=((0.0,),),
    pieces=either_side,
    integers=True,
    interval=iv.fixed(-1.0, 1.0),
    cost=1,
    traits=("exact",),
    spelled=lambda sp, x: sp.sign(x),
    doc="-1, 0 or 1; its derivative is 0, at 0 too",
)
MAXIMUM = elementwise(
    "maximum",
    np.maximum,
    meaning=lambda sp, x, y: sp.Piecewise((x, x > y), (y, True)),
    partials=_extremum_partials,
    domain=(REAL, REAL),
    kinks=((1.0, 1.0),),
    pieces=lambda x, y: [x < y, x > y],
    integers=True,
    commutative=True,
    masks=True,
    rests=iv.with_operands,
    interval=iv.by(iv.larger),
    cost=1,
    traits=("exact", "extreme"),
    called="largest",
    spelled=lambda sp, x, y: sp.Max(x, y),
    doc="the larger one, nan if either is nan; at a tie each has derivative 1/2",
)
MINIMUM = elementwise(
    "minimum",
    np.minimum,
    meaning=lambda sp, x, y: sp.Piecewise((x, x < y), (y, True)),
    partials=_extremum_partials,
    domain=(REAL, REAL),
    kinks=((1.0, 1.0),),
    pieces=lambda x, y: [x < y, x > y],
    integers=True,
    commutative=True,
    masks=True,
    rests=iv.with_operands,
    interval=iv.by(iv.smaller),
    cost=1,
    traits=("exact", "extreme"),
    called="smallest",
    spelled=lambda sp, x, y: sp.Min(x, y),
    doc="the smaller one, nan if either is nan; at a tie each has derivative 1/2",
)
CLIP = elementwise(
    "clip",
    np.clip,
    meaning=lambda sp, x, lo, hi: sp.Piecewise((hi, x > hi), (lo, x < lo), (x, True)),
    partials=_clip_partials,
    domain=(REAL, (-2.0, -1.0), (1.0, 2.0)),
    kinks=((-1.0, -1.0, 1.0), (1.0, -1.0, 1.0)),
    pieces=lambda x, lo, hi: [(lo < hi, x < lo), (lo < x, x < hi), (lo < hi, hi < x)],
    integers=True,
    masks=True,
    interval=iv.by(iv.clipped),
    cost=1,
    traits=("exact", "extreme"),
    spelled=lambda sp, x, low, high: sp.Min(sp.Max(x, low), high),
    doc="x, at least lo, at most hi (hi where they cross); the derivative at an edge is 1",
)
FLOOR = elementwise(
    "floor",
    np.floor,
    meaning=lambda sp, x: sp.floor(x),
    partials=lambda f, y, x: (None,),
    cost=1,
    traits=("exact",),
    assumed="round away from halves, floor and ceil away from whole numbers",
    doc="the largest whole number not above x; derivative 0",
)
CEIL = elementwise(
    "ceil",
    np.ceil,
    meaning=lambda sp, x: sp.ceiling(x),
    partials=lambda f, y, x: (None,),
    cost=1,
    traits=("exact",),
    assumed="round away from halves, floor and ceil away from whole numbers",
    doc="the smallest whole number not below x; derivative 0",
)
CONTINUED = elementwise(
    "continued",
    lambda x, *, found: np.positive(x),
    meaning=lambda sp, x, *, found: x,
    partials=lambda f, y, x, *, found: (1.0,),
    expansion=lambda f, x, *, found: x,
    attributes=("found",),
    inline=True,
    rests=iv.with_operands,
    interval=iv.by(iv.hull),
    doc="x, a branch that holds at one point, with the limit's slope there, if that was found",
)
# floor(x + 1/2) would take halves up: at 2.5 this is ceiling(1) + floor(3/2), at 3.5 2 + 2.
ROUND = elementwise(
    "round",
    np.rint,
    meaning=lambda sp, x: (
        sp.ceiling(x / 2 - sp.Rational(1, 4)) + sp.floor(x / 2 + sp.Rational(1, 4))
    ),
    partials=lambda f, y, x: (None,),
    cost=1,
    traits=("exact",),
    definition=lambda t, x: t.rint(x),
    assumed="round away from halves, floor and ceil away from whole numbers",
    doc="the nearest whole number, halves to even; derivative 0",
)
