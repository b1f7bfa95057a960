"""Ops that are no ufunc, as functions of arrays: the reference, and what the ``numpy`` target
writes, to the letter.

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


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)


def sigmoids(x):
    """sigmoid(x) and sigmoid(-x), which is 1 - sigmoid(x) without cancellation."""
    e = np.exp(-np.abs(x))
    large, small = 1.0 / (1.0 + e), e / (1.0 + e)
    return np.where(x >= 0.0, large, small), np.where(x >= 0.0, small, large)


def sigmoid_slope(x):
    """The derivative of sigmoid, sigmoid(x) * sigmoid(-x)."""
    e = np.exp(-np.abs(x))
    return e / (1.0 + e) * (1.0 / (1.0 + e))


def sigmoid_and_slope(x):
    """sigmoid(x) and its derivative, sigmoid(x) * sigmoid(-x)."""
    e = np.exp(-np.abs(x))
    large, small = 1.0 / (1.0 + e), e / (1.0 + e)
    return np.where(x >= 0.0, large, small), small * large


def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def log_sigmoid(x):
    """log(1 / (1 + exp(-x))), without overflow."""
    return np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))


def elu(x, alpha):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    return np.where(x > 0.0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def xlogy(x, y):
    """x * log(y), and 0 where x is 0 and y is no nan."""
    zero = (x == 0.0) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log(np.where(zero, 1.0, y)))


def xlog1py(x, y):
    """x * log(1 + y), and 0 where x is 0 and y is no nan."""
    zero = (x == 0.0) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log1p(np.where(zero, 0.0, y)))


def log1mexp(x):
    """log(1 - exp(x)) for x below 0, without cancellation."""
    near = x > -0.6931471805599453
    far = np.log1p(-np.exp(np.where(near, -1.0, x)))
    return np.where(near, np.log(-np.expm1(np.where(near, x, -1.0))), far)


def logsumexp(x, axis, keepdims):
    """log(sum(exp(x))) along axes, without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def finite_max(x, axis, keepdims=False):
    """The maximum, and 0 where that is infinite: -inf less itself would be nan."""
    top = np.max(x, axis=axis, keepdims=keepdims)
    return np.where(np.isfinite(top), top, 0.0)


def prod_others(x):
    """For each element, the product of the others along the last axis, without division."""
    ones = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]


def strong_matmul(a, b, zero):
    """a @ b, in which a 0 of the first or the second operand beats an infinity."""
    if ((a, b)[zero] != 0.0).all():
        return a @ b
    total = 0.0
    for k in range(a.shape[-1]):
        x = a[..., k, None] if b.ndim > 1 else a[..., k]
        y = b[..., k, :] if b.ndim > 1 else b[k]
        y = y[..., None, :] if a.ndim > 1 and b.ndim > 1 else y
        total = total + np.where((x, y)[zero] == 0.0, 0.0, x * y)
    return total


def embed(x, shape, key):
    """Zeros of a shape, but for x at the key."""
    whole = np.zeros(shape, dtype=np.asarray(x).dtype)
    whole[key] = x
    return whole


def scatter_add(x, indices, axis, size):
    """The slices of x added up at their indices along an axis of the given size."""
    whole = np.zeros((*x.shape[:axis], size, *x.shape[axis + np.ndim(indices) :]), dtype=x.dtype)
    np.add.at(whole, (*(slice(None),) * axis, indices), x)
    return whole


def add_along_axis(x, indices, axis, size):
    """The elements of x added up at their indices along an axis of the given size."""
    whole = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), dtype=x.dtype)
    places = np.indices(indices.shape, sparse=True)
    np.add.at(whole, (*places[:axis], indices, *places[axis + 1 :]), x)
    return whole


def scatter_nd(x, indices, shape):
    """The elements of x added up in zeros of a shape at their indices."""
    whole = np.zeros(shape, dtype=x.dtype)
    np.add.at(whole, indices, x)
    return whole
