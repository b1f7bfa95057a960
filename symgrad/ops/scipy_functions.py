"""The normal distribution's functions of arrays, with SciPy: helpers of the ``numpy`` target.

Only their source is read; nothing of symgrad imports this file, since SciPy may be missing.

>>> ndtr(np.array([0.0, -40.0])).tolist()
[0.5, 0.0]
"""

# mypy: ignore-errors
# They are written into emitted texts as they stand, without annotations.

from __future__ import annotations

import numpy as np
from scipy.special import erfc, erfcx


def inverse_mills(x):
    """The normal density over the distribution function: the derivative of log_ndtr."""
    above, below = np.clip(x, 0.0, 40.0), np.minimum(x, 0.0)
    high = np.floor(256.0 * above) / 256.0  # its square is exact
    density = np.exp(-0.5 * np.square(high)) * np.exp(-0.5 * (above - high) * (above + high))
    right = 0.7978845608028654 * density / erfc(-0.7071067811865476 * above)
    return np.where(x > 0.0, right, 0.7978845608028654 / erfcx(-0.7071067811865476 * below))


def mills_tail(x, k):
    """k/(-x + (k + 1)/(-x + ...)): for k = 1 it is x + inverse_mills(x), without cancellation."""
    t = np.maximum(-x, 1.0)
    f = 0.5 * (t + np.sqrt(t * t + 1320.0))
    for n in range(330, k, -1):
        f = n / f + t
    r = x + inverse_mills(np.maximum(x, -1.0))
    for n in range(1, k):
        r = n / r + x
    return np.where(x <= -1.0, k / f, r)


def ndtr(x):
    """The normal distribution function; below -1 a quotient (W. J. Cody, 1969) by the density."""
    above, below = np.maximum(x, -1.0), np.clip(x, -40.0, -1.0)
    high = np.floor(256.0 * below) / 256.0  # its square is exact
    density = np.exp(-0.5 * np.square(high)) * np.exp(-0.5 * (below - high) * (below + high))
    t = -0.7071067811865476 * below
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
    near = (top + 1230.33935479799725) / (bottom + 1230.33935480374942)
    left = 0.5 * np.where(x < -3.0, erfcx(t), near) * density
    return np.where(x < -1.0, left, 0.5 * erfc(-0.7071067811865476 * above))
