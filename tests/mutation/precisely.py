"""The functions that random programs call, on mpmath's numbers in arrays of objects.

>>> with mpmath.workdps(30):
...     print(REFERENCE.sum(REFERENCE.tanh([1, mpmath.mpf(2)])))
1.72562173599464870048384281506
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np


def _lifted(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of arrays, lists and numbers."""
    many = np.frompyfunc(f, len(f.__code__.co_varnames[: f.__code__.co_argcount]), 1)
    return lambda *operands: many(*(np.asarray(x, object) for x in operands))


M: Any = mpmath
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "tanh": lambda x: M.tanh(x),
    "sin": lambda x: M.sin(x),
    "cos": lambda x: M.cos(x),
    "exp": lambda x: M.exp(x),
    "expm1": lambda x: M.expm1(x),
    "log": lambda x: M.log(x),
    "log1p": lambda x: M.log1p(x),
    "sqrt": lambda x: M.sqrt(x),
    "arctan": lambda x: M.atan(x),
    "erf": lambda x: M.erf(x),
    "square": lambda x: x * x,
    "abs": lambda x: abs(x),
    "sigmoid": lambda x: 1 / (1 + M.exp(-x)),
    "softplus": lambda x: M.log1p(M.exp(x)),
    "silu": lambda x: x / (1 + M.exp(-x)),
    "relu": lambda x: x if x > 0 else x * 0,
    "maximum": lambda x, y: x if x >= y else y,
    "minimum": lambda x, y: x if x <= y else y,
    "logaddexp": lambda x, y: M.log(M.exp(x) + M.exp(y)),
    "hypot": lambda x, y: M.sqrt(x * x + y * y),
    "clip": lambda x, a, b: max(a, min(x, b)),
    "where": lambda c, x, y: x if c else y,
}


def _norm(x: Any) -> Any:
    return M.sqrt(np.sum(np.asarray(x, object) ** 2))


def _logsumexp(x: Any, axis: int | None = None) -> Any:
    return REFERENCE.log(np.sum(REFERENCE.exp(x), axis=axis))


def _softmax(x: Any, axis: int = -1) -> Any:
    e = REFERENCE.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def _pick(x: Any, labels: Any) -> Any:
    return np.take_along_axis(np.asarray(x), np.asarray(labels)[:, None], 1)[:, 0]


def _var(x: Any, axis: int | None = None) -> Any:
    x = np.asarray(x)
    return np.mean((x - np.mean(x, axis=axis, keepdims=True)) ** 2, axis=axis)


SAME = """sum mean prod max min take take_along_axis squeeze concatenate stack transpose reshape
    einsum outer trace diag dot matmul ravel flip expand_dims triu"""
REFERENCE = SimpleNamespace(
    **{name: _lifted(f) for name, f in ELEMENTWISE.items()},
    **{name: getattr(np, name) for name in SAME.split()},
    norm=_norm, logsumexp=_logsumexp, softmax=_softmax, pick=_pick, var=_var,
)  # fmt: skip
