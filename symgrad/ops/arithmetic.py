"""Arithmetic: the ops of the four rules, powers, roots, magnitudes, and rounding.

>>> import symgrad.ops
>>> from symgrad.ops.algebra import ArrayAlgebra
>>> MAXIMUM.partials(ArrayAlgebra(), 2.0, 2.0, 2.0)
(np.float64(0.5), np.float64(0.5))
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgrad.ops import intervals as iv
from symgrad.ops.algebra import ArrayAlgebra
from symgrad.ops.elementwise import POSITIVE, REAL, either_side, elementwise, known

NONZERO = (0.2, 3.0)
_ARRAYS = ArrayAlgebra()

# The smallest number with all digits, by its exponent; from where on squares are in danger, either
# way; and what such numbers are multiplied by.
_NORMAL = {"f64": -1022, "f32": -126}
_DANGER = {"f64": 900, "f32": 100}
_SCALES = {"f64": (600, -60), "f32": (70, -30)}


def _power_partials(f: Any, y: Any, x: Any, n: Any) -> tuple[Any, Any]:
    """d/dx = n x**(n-1), 0 for n = 0; d/dn = x**n log x, 0 where x = 0 and n >= 0.

    Where n - 1 rounds it is written as that, which is what is meant, and costs nothing.
    """
    fixed = known(n)
    if fixed is None:
        dx = f.power_slope(x, n)
    elif fixed in (0.0, 1.0):
        dx = fixed
    else:
        lower = n - 1.0 if is_rounded(n, fixed) else fixed - 1.0
        dx = n * (x if lower == 1.0 else f.power(x, lower))
    return dx, _slope_by_exponent(f, y, x, n)


def _slope_by_exponent(f: Any, y: Any, x: Any, n: Any) -> Any:
    """x**n log x for y = x**n; 0 where x = 0 and n >= 0."""
    at_zero = f.logical_and(f.equal(x, 0.0), f.greater_equal(n, 0.0))
    return f.where(at_zero, 0.0, y * f.log(x))


def _power_slope_partials(f: Any, y: Any, x: Any, n: Any) -> tuple[Any, Any]:
    less = n - 1.0
    lower = f.power(x, less)
    return n * f.power_slope(x, less), lower + n * _slope_by_exponent(f, lower, x, less)


def _steep_power(f: Any, y: Any, x: Any, n: Any) -> tuple[Any, Any]:
    """At x = 0 where 0 < n < 1: what is not a number may be."""
    fixed = known(n)
    if fixed is None:
        return f.logical_and(f.equal(x, 0.0), f.less(n, 1.0)), None
    return (f.equal(x, 0.0) if 0.0 < fixed < 1.0 else None), None


def _power_rests(x: Any, still: Any, of: Any) -> bool:
    base, n = x.operands[0], of(x.operands[1])
    return bool(n.low > 1.0 or (n.low == n.high > 0.0 and still(base)))


def smallest(f: Any, y: Any) -> float:
    """The smallest number of y's type that has all digits."""
    return float(2.0 ** _NORMAL[f.type(y).dtype])


def is_rounded(n: Any, fixed: float) -> bool:
    """Whether the float next to n - 1 is another number, or the one next to n is."""
    literal = isinstance(n, int | float) or n.instr.is_constant
    return not literal or rounded_off(_ARRAYS, fixed - 1.0, fixed, 1.0) != 0.0


def rounded_off(f: Any, d: Any, a: Any, b: Any) -> Any:
    """What d = a - b rounded off (Knuth's two-sum); 0 where it is not finite."""
    t = d - a
    return f.stop_gradient(f.where(f.isfinite(d), (a - (d - t)) - (b + t), 0.0))


def _power_slopes(f: Any, y: Any, x: Any, n: Any) -> tuple[Any, Any]:
    """n y/x, as n - 1 may round, and y log x; where y is not a normal number and may have lost
    digits, n x**(n-1), corrected for what n - 1 rounds off, and y in two halves.
    """
    dx, dn = _power_partials(f, y, x, n)
    lost = rounded_off(f, n - 1.0, n, 1.0)
    exact = f.logical_or(f.equal(lost, 0.0), f.equal(x, 0.0))
    dx = f.where(exact, dx, dx * (1.0 + lost * f.log(x)))
    usable = f.logical_and(f.isfinite(y), f.greater_equal(f.absolute(y), smallest(f, y)))
    half = f.power(x, 0.5 * n)
    lost_too = f.logical_and(f.less(f.absolute(y), smallest(f, y)), f.not_equal(x, 0.0))
    dn = f.where(lost_too, half * f.log(x) * half, dn)
    if known(n) in (None, 0.0):
        usable = f.logical_and(usable, f.not_equal(x, 0.0))  # 0**0 is 1
    ratio = f.divide(y, x)
    size = f.absolute(ratio)
    large = f.logical_and(f.isfinite(size), f.greater_equal(size, smallest(f, y)))
    return f.where(usable, f.where(large, n * ratio, f.divide(n * y, x)), dx), dn


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


def scaled(f: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
    """A power of two, and a, b, hypot(a, b) times it, which are far from overflow and underflow."""
    dtype = f.type(r).dtype
    danger, (up, down) = _DANGER[dtype], (2.0**k for k in _SCALES[dtype])
    s = f.where(f.less(r, 2.0**-danger), up, f.where(f.greater(r, 2.0**danger), down, 1.0))
    return s, a * s, b * s, f.hypot(a * s, b * s)


def _hypot_slopes(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    _, a, b, _ = scaled(f, y, a, b)
    return f.direction(a, b), f.direction(b, a)


def _direction(f: Any, a: Any, b: Any) -> Any:
    r = f.hypot(a, b)
    return f.where(f.equal(r, 0.0), 0.0, f.divide(a, r))


def _direction_partials(f: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """(b/r)**2/r and -(a/r)(b/r)/r: 1 - (a/r)**2 would have no digit left where b is small."""
    r, across = f.hypot(a, b), f.direction(b, a)
    rest = f.where(f.equal(r, 0.0), 0.0, f.divide(across, r))
    return across * rest, -(y * rest)


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
    doc="-x",
)
POWER = elementwise(
    "power",
    np.power,
    meaning=lambda sp, x, n: x**n,
    partials=_power_partials,
    accurate=_power_slopes,
    domain=(POSITIVE, REAL),
    kinks=((0.0, 2.0),),
    unbounded=True,
    steep=_steep_power,
    rests=_power_rests,
    interval=iv.by(iv.power),
    doc="x**n; nan for x < 0 unless n is a whole number; d/dn is 0 at x = 0, n >= 0, nan at x < 0",
)
# n times a power would be 0*inf for n = 0 beside x = 0; how the slope changes with n is its own.
POWER_SLOPE = elementwise(
    "power_slope",
    None,
    meaning=lambda sp, x, n: n * x ** (n - 1),
    partials=_power_slope_partials,
    expansion=lambda f, x, n: f.where(f.equal(n, 0.0), 0.0, n * f.power(x, n - 1.0)),
    domain=(POSITIVE, REAL),
    inline=True,
    doc="n x**(n-1), which is 0 for n = 0, at x = 0 too",
)
SQUARE = elementwise(
    "square",
    np.square,
    meaning=lambda sp, x: x**2,
    partials=lambda f, y, x: (2.0 * x,),
    integers=True,
    rests=iv.always,
    interval=iv.product,
    doc="x**2",
)
SQRT = elementwise(
    "sqrt",
    np.sqrt,
    meaning=lambda sp, x: sp.sqrt(x),
    partials=lambda f, y, x: (f.divide(0.5, y),),
    domain=(POSITIVE,),
    kinks=((0.0,),),
    unbounded=True,
    steep=lambda f, y, x: (f.equal(y, 0.0),),
    rests=iv.with_operands,
    interval=iv.rising(math.sqrt, 0.0),
    doc="the square root; its derivative at 0 is inf, and 0 times that is 0",
)
ONE_MINUS_SQUARE = elementwise(
    "one_minus_square",
    None,
    meaning=lambda sp, x: 1 - x**2,
    partials=lambda f, y, x: (-2.0 * x,),
    expansion=lambda f, x: (1.0 - x) * (1.0 + x),
    inline=True,
    doc="(1 - x)(1 + x), which has all its digits beside 1 and -1",
)
RECIPROCAL = elementwise(
    "reciprocal",
    np.reciprocal,
    meaning=lambda sp, x: 1 / x,
    partials=lambda f, y, x: (-(y * y),),
    domain=(NONZERO,),
    unbounded=True,
    interval=iv.by(lambda a: iv.over(iv.Interval(1.0, 1.0), a)),
    doc="1 / x",
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
    doc="x, at least lo, at most hi (hi where they cross); the derivative at an edge is 1",
)
HYPOT = elementwise(
    "hypot",
    np.hypot,
    meaning=lambda sp, x, y: sp.sqrt(x**2 + y**2),
    partials=lambda f, y, a, b: (f.direction(a, b), f.direction(b, a)),
    accurate=_hypot_slopes,
    domain=(NONZERO, NONZERO),
    kinks=((0.0, 0.0),),
    commutative=True,
    unbounded=True,
    rests=iv.always,
    interval=iv.fixed(0.0),
    doc="sqrt(x**2 + y**2) without overflow; its derivative at the origin is 0",
)
DIRECTION = elementwise(
    "direction",
    None,
    meaning=lambda sp, x, y: x / sp.sqrt(x**2 + y**2),
    partials=_direction_partials,
    expansion=_direction,
    domain=(NONZERO, NONZERO),
    inline=True,
    doc="x/hypot(x, y), the cosine of the direction of the point (x, y); 0 at the origin",
)
FLOOR = elementwise(
    "floor",
    np.floor,
    meaning=lambda sp, x: sp.floor(x),
    partials=lambda f, y, x: (None,),
    doc="the largest whole number not above x; derivative 0",
)
CEIL = elementwise(
    "ceil",
    np.ceil,
    meaning=lambda sp, x: sp.ceiling(x),
    partials=lambda f, y, x: (None,),
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
# Halves are not among the sampled points, so half-up stands for half-to-even in the meaning.
ROUND = elementwise(
    "round",
    np.rint,
    meaning=lambda sp, x: sp.floor(x + sp.Rational(1, 2)),
    partials=lambda f, y, x: (None,),
    doc="the nearest whole number, halves to even; derivative 0",
)
