"""NumPy's functions on micrograd's scalars: ``np.maximum(v, 0)`` is ``sg.maximum(v, 0)``.

Calls with arrays, or of functions that ``sg`` has for arrays only, are left to NumPy, which
computes on arrays of objects.

>>> from symgrad.frontend.scalars.value import Value
>>> v = Value(4.0)
>>> np.sqrt(v), np.where(v > 5.0, v, -v), (np.array([1.0, 2.0]) * v)[1]
(Value(data=2.0, grad=0), Value(data=-4.0, grad=0), Value(data=8.0, grad=0))
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.frontend.numpy_protocol import bound, ours

_CHOICES = frozenset(("where", "clip", "round", "select"))
# What ``np.float64(2) * v`` asks for: the operator of the Value on the other side.
_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


def call_function(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A function of NumPy's with a scalar among its arguments."""
    own = ours(function.__name__, function.__module__)
    if own is None or function.__name__ not in _CHOICES or not _is_plain((args, kwargs)):
        return function(*_boxed(args), **{k: _boxed(v) for k, v in kwargs.items()})
    positional, named = bound(function, args, kwargs)
    return own(*positional, **named)


def call_ufunc(ufunc: Any, method: str, operands: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """A ufunc with a scalar among its operands."""
    own = _OPERATORS.get(ufunc.__name__) or ours(ufunc.__name__)
    if own is None or method != "__call__" or options or not _is_plain(operands):
        return getattr(ufunc, method)(*_boxed(operands), **options)
    return own(*[x.item() if isinstance(x, np.generic | np.ndarray) else x for x in operands])


def _is_plain(x: Any) -> bool:
    """Whether no array is among the arguments."""
    if isinstance(x, list | tuple):
        return all(map(_is_plain, x))
    if isinstance(x, Mapping):
        return all(map(_is_plain, x.values()))
    return not isinstance(x, np.ndarray) or not x.ndim


def _boxed(x: Any) -> Any:
    """Scalars as arrays of one object, which NumPy computes with element by element."""
    if isinstance(x, list | tuple):
        return type(x)(map(_boxed, x))
    if not hasattr(x, "_operands"):
        return x
    box = np.empty((), object)
    box[()] = x
    return box


__all__ = ["call_function", "call_ufunc"]
