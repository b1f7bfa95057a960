"""Powers, roots and lengths, whose slopes may overflow, cancel or be infinite.

>>> import symgrad.ops
>>> from symgrad.ops.table import ArrayAlgebra
>>> DIRECTION.evaluate(3.0, 4.0), POWER_SLOPE.evaluate(2.0, 3.0)
(np.float64(0.6), np.float64(12.0))
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from symgrad.ops import float_functions
from symgrad.ops import intervals as iv
from symgrad.ops.arithmetic import NONZERO, rounded_off, smallest
from symgrad.ops.table import POSITIVE, REAL, ArrayAlgebra, elementwise, known

_ARRAYS = ArrayAlgebra()

# From where on squares are in danger, by exponents, and what such numbers are multiplied by.
_DANGER = {"f64": 900, "f32": 100}
_SCALES = {"f64": (600, -60), "f32": (70, -30)}


def _power_partials(f: Any, y: Any, x: Any, n: Any) -> tuple[Any, Any]:
    """d/dx = n x**(n-1), 0 for n = 0; d/dn = x**n log x, 0 where x = 0 and n >= 0.

    An exponent n - 1 that rounds is written as the difference: it is exact, and costs nothing.
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


def is_rounded(n: Any, fixed: float) -> bool:
    """True if the float next to n - 1 is another number, or the one next to n is."""
    literal = isinstance(n, int | float) or n.instr.is_constant
    return not literal or rounded_off(_ARRAYS, fixed - 1.0, fixed, 1.0) != 0.0


def _power_slopes(f: Any, y: Any, x: Any, n: Any) -> tuple[Any, Any]:
    """n y/x, as n - 1 may round, and y log x; where y is not a normal number and may have lost
    digits, n x**(n-1), corrected for what n - 1 rounds off, and y in two halves.  Of a literal n
    whose n - 1 is exact, n x**(n-1), which overflows where the slope does unless n is small.
    """
    dx, dn = _power_partials(f, y, x, n)
    fixed = known(n)
    if fixed is not None and abs(fixed) >= 1.0 and not is_rounded(n, fixed):
        return dx, dn
    lost = rounded_off(f, n - 1.0, n, 1.0)
    exact = f.logical_or(f.equal(lost, 0.0), f.equal(x, 0.0))
    dx = f.where(exact, dx, dx * (1.0 + lost * f.log(x)))
    usable = f.logical_and(f.isfinite(y), f.greater_equal(f.absolute(y), smallest(f, y)))
    half = f.power(x, 0.5 * n)
    lost_too = f.logical_and(f.less(f.absolute(y), smallest(f, y)), f.not_equal(x, 0.0))
    dn = f.where(lost_too, half * f.log(x) * half, dn)
    if fixed in (None, 0.0):
        usable = f.logical_and(usable, f.not_equal(x, 0.0))  # 0**0 is 1
    ratio = f.divide(y, x)
    size = f.absolute(ratio)
    large = f.logical_and(f.isfinite(size), f.greater_equal(size, smallest(f, y)))
    return f.where(usable, f.where(large, n * ratio, f.divide(n * y, x)), dx), dn


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


def scaled(f: Any, r: Any, a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
    """A power of two, and a, b, hypot(a, b) times it, which are far from overflow and underflow."""
    dtype = f.type(r).dtype
    danger, (up, down) = _DANGER[dtype], (2.0**k for k in _SCALES[dtype])
    s = f.where(f.less(r, 2.0**-danger), up, f.where(f.greater(r, 2.0**danger), down, 1.0))
    return s, a * s, b * s, f.hypot(a * s, b * s)


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
    cost=24,
    symbol="**",
    assumed="x**n for x above 0, or a whole n that is a literal",
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
    definition=lambda t, x, n: t.strong_product(n, t.power(x, n - 1)),
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
    cost=1,
    work="multiplications",
    traits=("rational",),
    floats=lambda x: x * x,
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
    cost=4,
    renames=(("sum_square_", "norm_"),),
    assumed="sqrt of what is above 0",
    doc="the square root; its slope at 0 is inf, which counts as 0 where a factor 0 meets it",
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
    cost=4,
    work="divisions",
    definition=lambda t, x: 1 / x,
    assumed="divisors that are not 0",
    traits=("rational",),
    floats=partial(float_functions.divide, 1.0),
    doc="1 / x",
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
    cost=8,
    floats=math.hypot,
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
    definition=lambda t, x, y: t.Piecewise((0, t.Eq(t.hypot(x, y), 0)), (x / t.hypot(x, y), True)),
    doc="x/hypot(x, y), the cosine of the direction of the point (x, y); 0 at the origin",
)
