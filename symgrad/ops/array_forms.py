"""The functions of ``float_forms`` on arrays: their source is what the ``numpy`` target writes.

The dtype of the operand stays, and no warning is given for a branch that is not taken.

>>> sech(np.array([0.0, 1000.0])), sqrt1pm1(np.float32(1e-8)).dtype
(array([1., 0.]), dtype('float32'))
"""

# mypy: ignore-errors
# They are written into emitted texts as they stand, without annotations.

from __future__ import annotations

from math import factorial, perm

import numpy as np


def cosm1(x):
    """cos(x) - 1, without cancellation."""
    return -2.0 * np.square(np.sin(0.5 * x))


def sqrt1pm1(x):
    """sqrt(1 + x) - 1, without cancellation; nan below -1."""
    root = np.sqrt(1.0 + x)
    return np.where(x > 3.0, root - 1.0, np.minimum(x, 3.0) / (root + 1.0))


def log_cosh(x):
    """log(cosh(x)), without overflow and without cancellation."""
    a = np.abs(x)
    near = 0.5 * np.log1p(np.square(np.sinh(np.minimum(a, 1.0))))
    return np.where(a < 1.0, near, a + np.log1p(np.exp(-2.0 * a)) - 0.6931471805599453)


def sech(x):
    """1 / cosh(x), without overflow."""
    e = np.exp(-np.abs(x))
    return 2.0 * e / (1.0 + e * e)


def csch(x):
    """1 / sinh(x), without overflow; an infinity at 0."""
    a = np.abs(x)
    return np.copysign(np.divide(2.0 * np.exp(-a), -np.expm1(-2.0 * a)), x)


def bose(x):
    """1 / (exp(x) - 1), without overflow; an infinity at 0."""
    a = np.abs(x)
    return np.copysign(np.divide(np.where(x > 0.0, np.exp(-a), 1.0), -np.expm1(-a)), x)


def stumpff(x, k, d):
    """The d-th derivative of c_k(x) = 1/k! - x*x/(k + 2)! + ...; c_1(x) is sin(x)/x."""
    if not k:
        return (1 - (d + 1) // 2 % 2 * 2) * (np.sin(x) if d % 2 else np.cos(x))
    near = np.abs(x) < k + d
    z, series = np.square(np.where(near, x, 0.0)), 0.0
    for i in range(2 * (k + d) + 8, (d - 1) // 2, -1):
        series = (-1) ** i * perm(2 * i, d) / factorial(k + 2 * i) + z * series
    series = x * series if d % 2 else series
    far = np.where(near, 1.0 * (k + d), x)
    if d:
        c = (stumpff(far, k - 1, d - 1) - (k + d - 1) * stumpff(far, k, d - 1)) / far
        return np.where(near, series, c)
    c = np.sin(far) / far if k % 2 else 2.0 * np.square(np.sin(0.5 * far) / far)
    for n in range(2 - k % 2, k, 2):
        c = (1.0 / factorial(n) - c) / np.square(far)
    return np.where(near, series, c)
