"""The normal distribution function, its logarithm, and their derivatives, right in the far tail.

Phi(x) loses x**2 ulps where x/sqrt(2), or x**2/2 before an exp, is rounded.  log Phi(x) falls like
-x**2/2; the formula as written is log(0) below -38.  Its slope is the inverse Mills ratio
phi(x)/Phi(x), which tends to -x.  The slope of that has the factor x + phi(x)/Phi(x), a continued
fraction (Abramowitz & Stegun, 26.2.14), and its tails make all further derivatives:
r_k' = r_k (r_(k+1) - r_k).

>>> import symgrad.ops
>>> float(LOG_NDTR.evaluate(-40.0)), float(MILLS_TAIL.evaluate(-1e9, k=1))
(-804.6084420137538, 1e-09)
"""

from __future__ import annotations

import math
from typing import Any

from symgrad.ops import defining as d
from symgrad.ops import float_functions
from symgrad.ops import intervals as iv
from symgrad.ops.table import by_element, elementwise

INVERSE_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


def square_in_parts(f: Any, x: Any) -> tuple[Any, Any]:
    """x**2 in two parts, the first one exact: rounded once, exp(x**2) is off by x**2 ulps."""
    x = f.clip(x, -60.0, 60.0)  # beyond, exp(-x**2 / 4) is 0
    high = f.round(x * 2.0**20) * 2.0**-20
    return high * high, (x - high) * (x + high)


def _density(f: Any, x: Any) -> Any:
    high, low = square_in_parts(f, x)
    return INVERSE_SQRT_2PI * f.exp(-0.5 * high) * f.exp(-0.5 * low)


def _inverse_mills(sp: Any, x: Any) -> Any:
    return sp.sqrt(2 / sp.pi) * sp.exp(-x * x / 2) / sp.erfc(-x / sp.sqrt(2))


def _mills_tail(sp: Any, x: Any, *, k: int) -> Any:
    r = x + _inverse_mills(sp, x)
    for n in range(1, k):
        r = n / r + x
    return r


def _mills_tail_slope(f: Any, y: Any, x: Any, *, k: int) -> tuple[Any]:
    """r_k (r_(k+1) - r_k), and the same by r_k - x = (k - 1)/r_(k-1) where the tails are near x."""
    gap = f.divide(k - 1.0, f.mills_tail(x, k=k - 1)) if k > 1 else f.inverse_mills(x)
    return (f.where(f.less(x, 0.0), y * (f.mills_tail(x, k=k + 1) - y), k - y * gap),)


NDTR = elementwise(
    "ndtr",
    by_element(float_functions.ndtr),
    meaning=lambda sp, x: sp.erfc(-x / sp.sqrt(2)) / 2,
    partials=lambda f, y, x: (f.exp(-0.5 * (x * x)) * INVERSE_SQRT_2PI,),
    accurate=lambda f, y, x: (_density(f, x),),
    approximate=True,
    interval=iv.fixed(0.0, 1.0),
    inside="z",
    doc="the normal distribution function, accurate far below 0; log_ndtr is its logarithm",
)
LOG_NDTR = elementwise(
    "log_ndtr",
    by_element(float_functions.log_ndtr),
    meaning=lambda sp, x: sp.log(sp.erfc(-x / sp.sqrt(2)) / 2),
    partials=lambda f, y, x: (f.inverse_mills(x),),
    approximate=True,
    doc="the logarithm of the normal distribution function, far below 0 too",
)
INVERSE_MILLS = elementwise(
    "inverse_mills",
    by_element(float_functions.inverse_mills),
    meaning=_inverse_mills,
    partials=lambda f, y, x: (-y * f.mills_tail(x, k=1),),
    approximate=True,
    definition=lambda t, x: t.text(d.MILLS, x),
    doc="the normal density over the distribution function: the derivative of log_ndtr",
)
MILLS_TAIL = elementwise(
    "mills_tail",
    by_element(float_functions.mills_tail),
    meaning=_mills_tail,
    partials=_mills_tail_slope,
    attributes=("k",),
    approximate=True,
    definition=d.MILLS_TAIL,
    doc="k/(-x + (k + 1)/(-x + ...)): for k = 1 it is x + inverse_mills(x)",
)
