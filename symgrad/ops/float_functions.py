"""Functions of a float that no module of Python's has: their source is what the targets write.

Each is right to a few units in the last place on its whole domain, takes infinities and nan as
NumPy's functions do, and raises for no float.

>>> sech(1000.0), bose(1000.0), log_cosh(1000.0)
(0.0, 0.0, 999.3068528194401)
>>> log_ndtr(-40.0), stumpff(0.0, 3, 0) == 1 / 6
(-804.6084420137538, True)
"""

# mypy: ignore-errors
# They are written into emitted texts as they stand, without annotations.

from __future__ import annotations

from math import (
    copysign,
    erfc,
    exp,
    expm1,
    factorial,
    floor,
    inf,
    log,
    log1p,
    nan,
    perm,
    sinh,
    sqrt,
)
from math import cos as _cos
from math import sin as _sin


def sin_(x: float) -> float:
    return _sin(x) if abs(x) != inf else nan


def cos_(x: float) -> float:
    return _cos(x) if abs(x) != inf else nan


def cosm1(x):
    """cos(x) - 1, without cancellation."""
    half = sin_(0.5 * x)
    return -2.0 * half * half


def sqrt1pm1(x):
    """sqrt(1 + x) - 1, without cancellation; nan below -1."""
    if x < -1.0:
        return float("nan")
    root = sqrt(1.0 + x)
    return root - 1.0 if x > 3.0 else x / (root + 1.0)


def log_cosh(x):
    """log(cosh(x)), without overflow and without cancellation."""
    a = abs(x)
    if a < 1.0:
        return 0.5 * log1p(sinh(a) * sinh(a))
    return a + log1p(exp(-2.0 * a)) - 0.6931471805599453


def sech(x):
    """1 / cosh(x), without overflow."""
    e = exp(-abs(x))
    return 2.0 * e / (1.0 + e * e)


def csch(x):
    """1 / sinh(x), without overflow; an infinity at 0."""
    if x == 0.0:
        return copysign(float("inf"), x)
    return copysign(2.0 * exp(-abs(x)) / -expm1(-2.0 * abs(x)), x)


def bose(x):
    """1 / (exp(x) - 1), without overflow; an infinity at 0."""
    if x == 0.0:
        return copysign(float("inf"), x)
    return 1.0 / expm1(x) if x < 0.0 else exp(-x) / -expm1(-x)


def stumpff(x, k, d):
    """The d-th derivative of c_k(x) = 1/k! - x*x/(k + 2)! + ...; c_1(x) is sin(x)/x."""
    if not k:
        return (1 - (d + 1) // 2 % 2 * 2) * (sin_(x) if d % 2 else cos_(x))
    if abs(x) < k + d:
        series = 0.0
        for i in range(2 * (k + d) + 8, (d - 1) // 2, -1):
            series = (-1) ** i * perm(2 * i, d) / factorial(k + 2 * i) + x * x * series
        return x * series if d % 2 else series
    if d:
        return (stumpff(x, k - 1, d - 1) - (k + d - 1) * stumpff(x, k, d - 1)) / x
    half = sin_(0.5 * x) / x
    c = sin_(x) / x if k % 2 else 2.0 * half * half
    for n in range(2 - k % 2, k, 2):
        c = (1.0 / factorial(n) - c) / (x * x)
    return c


def mills_tail(x, k):
    """k/(-x + (k + 1)/(-x + ...)): for k = 1 it is x + inverse_mills(x), without cancellation."""
    if not x <= -1.0:
        r = x + inverse_mills(x)
        for n in range(1, k):
            r = n / r + x
        return r
    steps = int(300.0 / (x * x)) + 30
    f = 0.5 * (sqrt(x * x + 4.0 * steps) - x)
    for n in range(steps, k, -1):
        f = n / f - x
    return k / f


def inverse_mills(x):
    """The normal density over the distribution function: the derivative of log_ndtr."""
    if x <= -1.0:
        return mills_tail(x, 1) - x
    if not x < 40.0:
        return x if x != x else 0.0
    high = floor(256.0 * x) / 256.0  # its square is exact
    density = exp(-0.5 * high * high) * exp(-0.5 * (x - high) * (x + high))
    return 0.7978845608028654 * density / erfc(-0.7071067811865476 * x)


def ndtr(x):
    """The normal distribution function; below -1 a quotient (W. J. Cody, 1969) by the density."""
    if not -40.0 < x < -1.0:
        return 0.5 * erfc(-0.7071067811865476 * x)
    high = floor(256.0 * x) / 256.0  # its square is exact
    density = exp(-0.5 * high * high) * exp(-0.5 * (x - high) * (x + high))
    if x < -3.0:
        return 0.3989422804014327 / inverse_mills(x) * density
    t = -0.7071067811865476 * x
    top, bottom = 2.15311535474403846e-8 * t, t
    for a, b in (
        (0.564188496988670089, 15.7449261107098347),
        (8.88314979438837594, 117.693950891312499),
        (66.1191906371416295, 537.181101862009858),
        (298.635138197400131, 1621.38957456669019),
        (881.952221241769090, 3290.79923573345963),
        (1712.04761263407058, 4362.61909014324716),
        (2051.07837782607147, 3439.36767414372164),
    ):
        top, bottom = (top + a) * t, (bottom + b) * t
    return 0.5 * (top + 1230.33935479799725) / (bottom + 1230.33935480374942) * density


def log_ndtr(x):
    """The logarithm of the normal distribution function, far below 0 too."""
    if x < -1.0:
        return -0.5 * x * x - log(2.5066282746310002 * inverse_mills(x))
    return log1p(-0.5 * erfc(0.7071067811865476 * x))
