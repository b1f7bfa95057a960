"""Functions of a float that ``math`` lacks, or that raise there: what ops are on floats, and the
helpers that the ``python`` target writes, to the letter.

``math`` raises at log(0), 1/0, exp(1000) and (-8)**(1/3).  These give -inf, inf, inf and nan, as
IEEE arithmetic and NumPy do; each is right to a few units in the last place on its whole domain.

>>> sech(1000.0), bose(1000.0), log_cosh(1000.0)
(0.0, 0.0, 999.3068528194401)
>>> log_ndtr(-40.0), stumpff(0.0, 3, 0) == 1 / 6
(-804.6084420137538, True)
"""

# mypy: ignore-errors
# They are written into emitted texts as they stand, without annotations.

from __future__ import annotations

from math import (
    acos,
    acosh,
    asin,
    atanh,
    ceil,
    copysign,
    cos,
    cosh,
    erfc,
    exp,
    expm1,
    factorial,
    floor,
    log,
    log1p,
    log2,
    log10,
    perm,
    pow,
    sin,
    sinh,
    sqrt,
    tan,
)


def exp_(x):
    """exp(x); inf where it overflows."""
    return exp(x) if not x > 709.782712893384 else float("inf")


def exp2_(x):
    """2**x."""
    return pow(2.0, x) if x < 1024.0 else x * float("inf")


def sin_(x):
    """sin(x); nan for an infinity."""
    return sin(x) if abs(x) != float("inf") else float("nan")


def cos_(x):
    """cos(x); nan for an infinity."""
    return cos(x) if abs(x) != float("inf") else float("nan")


def tan_(x):
    """tan(x); nan for an infinity."""
    return tan(x) if abs(x) != float("inf") else float("nan")


def sqrt_(x):
    """sqrt(x); nan below 0."""
    return sqrt(x) if not x < 0.0 else float("nan")


def asin_(x):
    """asin(x); nan outside [-1, 1]."""
    return asin(x) if not abs(x) > 1.0 else float("nan")


def acos_(x):
    """acos(x); nan outside [-1, 1]."""
    return acos(x) if not abs(x) > 1.0 else float("nan")


def acosh_(x):
    """acosh(x); nan below 1."""
    return acosh(x) if not x < 1.0 else float("nan")


def atanh_(x):
    """atanh(x); an infinity at 1 and -1, nan beyond."""
    return atanh(x) if not abs(x) >= 1.0 else x * float("inf") if abs(x) == 1.0 else float("nan")


def sinh_(x):
    """sinh(x); inf where it overflows."""
    return sinh(x) if not abs(x) > 710.4758600739439 else x * float("inf")


def cosh_(x):
    """cosh(x); inf where it overflows."""
    return cosh(x) if not abs(x) > 710.4758600739439 else float("inf")


def expm1_(x):
    """exp(x) - 1; inf where it overflows."""
    return expm1(x) if not x > 709.782712893384 else float("inf")


def log_(x):
    """log(x); -inf at 0, nan below."""
    return log(x) if not x <= 0.0 else (float("-inf") if x == 0.0 else float("nan"))


def log2_(x):
    """log2(x); -inf at 0, nan below."""
    return log2(x) if not x <= 0.0 else (float("-inf") if x == 0.0 else float("nan"))


def log10_(x):
    """log10(x); -inf at 0, nan below."""
    return log10(x) if not x <= 0.0 else (float("-inf") if x == 0.0 else float("nan"))


def log1p_(x):
    """log(1 + x); -inf at -1, nan below."""
    return log1p(x) if not x <= -1.0 else (float("-inf") if x == -1.0 else float("nan"))


def divide(x, y):
    """x / y; an infinity or nan where y is 0."""
    if y != 0.0:
        return x / y
    return float("nan") if x == 0.0 or x != x else copysign(float("inf"), x) * copysign(1.0, y)


def power(x, y):
    """x**y for real numbers; nan for a root of a negative one, inf where it overflows."""
    if y == 0.0 or x == 1.0:
        return 1.0
    if x == 0.0 and y < 0.0:
        odd = y % 2.0 == 1.0
        return copysign(float("inf"), x) if odd else float("inf")
    if x < 0.0 and y != floor_(y) and (x != float("-inf") or y == 0.5):
        return float("nan")
    if (
        x == 0.0
        or abs(x) in (1.0, float("inf"))
        or (abs(y) < 1e300 and abs(y * log2(abs(x))) < 1023.0)
    ):
        return pow(x, y)
    size = pow_or_inf(abs(x), y)
    return -size if x < 0.0 and y % 2.0 == 1.0 else size


def pow_or_inf(x, y):
    """x**y for positive x; inf where it overflows."""
    if x != x or y != y:
        return x + y
    size = y * log2(x)
    if size < 1023.0:
        return pow(x, y)
    if size > 1025.0:
        return float("inf")
    if abs(y) > 256.0:
        half = pow(x, 0.5 * y)
        return half * half
    return pow(x, y - 1.0) * x if y > 0.0 else pow(x, y + 1.0) / x


def floor_(x):
    """floor(x) as a float, -0.0 too; infinities and nan stay."""
    return copysign(floor(x), x) if abs(x) < float("inf") else x


def ceil_(x):
    """ceil(x) as a float, -0.0 too; infinities and nan stay."""
    return copysign(ceil(x), x) if abs(x) < float("inf") else x


def round_(x):
    """The nearest integer, the even one of two, as a float; infinities and nan stay."""
    return copysign(round(x), x) if abs(x) < float("inf") else x


def argmax(xs):
    """The index of the first largest, or of the first nan if there is one."""
    best = 0
    for i, x in enumerate(xs):
        if x > xs[best] or (x != x and xs[best] == xs[best]):
            best = i
    return best


def argmin(xs):
    """The index of the first least, or of the first nan if there is one."""
    best = 0
    for i, x in enumerate(xs):
        if x < xs[best] or (x != x and xs[best] == xs[best]):
            best = i
    return best


def sign(x):
    """-1, 0 or 1; nan for nan."""
    return x if x != x else float(x > 0.0) - float(x < 0.0)


def maximum(x, y):
    """The larger one; nan if either is nan."""
    return x if x >= y or x != x else y


def minimum(x, y):
    """The smaller one; nan if either is nan."""
    return x if x <= y or x != x else y


def clip(x, low, high):
    """x, but at least low and then at most high; nan if any is nan."""
    return minimum(maximum(x, low), high)


def relu(x):
    """x where positive, else 0; nan for nan."""
    return 0.0 if x <= 0.0 else x


def elu(x, alpha):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    return x if x > 0.0 else alpha * expm1(x)


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    e = exp(-abs(x))
    return (e if x < 0.0 else 1.0) / (1.0 + e)


def sigmoids(x):
    """sigmoid(x) and sigmoid(-x), which is 1 - sigmoid(x) without cancellation."""
    e = exp(-abs(x))
    large, small = 1.0 / (1.0 + e), e / (1.0 + e)
    return (small, large) if x < 0.0 else (large, small)


def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return (x if not x < 0.0 else 0.0) + log1p(exp(-abs(x)))


def log_sigmoid(x):
    """log(1 / (1 + exp(-x))), without overflow."""
    return (x if not x > 0.0 else 0.0) - log1p(exp(-abs(x)))


def logaddexp(x, y):
    """log(exp(x) + exp(y)), without overflow."""
    if x == y:
        return x + 0.6931471805599453
    return (x if x > y or x != x else y) + log1p(exp(-abs(x - y)))


def xlogy(x, y):
    """x * log(y), and 0 where x is 0 and y is no nan."""
    return 0.0 if x == 0.0 and y == y else x * log_(y)


def xlog1py(x, y):
    """x * log(1 + y), and 0 where x is 0 and y is no nan."""
    return 0.0 if x == 0.0 and y == y else x * log1p_(y)


def log1mexp(x):
    """log(1 - exp(x)) for x below 0, without cancellation."""
    return log1p(-exp(x)) if x <= -0.6931471805599453 else log_(-expm1_(x))


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
