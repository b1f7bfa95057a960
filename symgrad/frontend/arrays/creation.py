"""New arrays, as NumPy makes them; with a named size in the shape they are expressions.

>>> import symgrad.ops
>>> ones(2), ones(("N", 2)).shape
(array([1., 1.]), ('N', 2))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.eager import check_count
from symgrad.frontend.arrays.expr import as_expr, raw
from symgrad.frontend.arrays.leaf import dims_of, dtype_of
from symgrad.frontend.arrays.size import Size, as_dim, as_size
from symgrad.frontend.refusals import located
from symgrad.ir.types import product, subtract


@located
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of that shape, every element ``fill_value``, as ``np.full`` makes it.

    A size may be a name, ``("N", 2)``: the result is an expression then, whose N is that of an
    input of the program.  Raises ShapeError for what is no shape.
    """
    dims = dims_of(shape, "full")
    if all(isinstance(d, int) for d in dims):
        check_count("full", product(dims))
        return np.full(shape, fill_value, dtype)
    fill = as_expr(fill_value, None if dtype is None else dtype_of(dtype), "fill_value")
    return raw("broadcast_to", fill, shape=dims)


@located
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """The numbers from ``start`` (0 if only one is given) to ``stop``, as ``np.arange`` gives them.

    A limit may be a size, ``arange(x.shape[0])``: the result is an expression then.  Raises
    ArgumentError for a step between such limits.
    """
    if not isinstance(start, Size) and not isinstance(stop, Size):
        span = start if stop is None else stop - start
        check_count("arange", int(span / step) if step else 0)
        return np.arange(start, stop, step, dtype=dtype)
    low, high = (0, start) if stop is None else (start, stop)
    a, b = as_dim(low), as_dim(high)
    if a is None or b is None or step != 1:
        raise ArgumentError(
            f"arange: expected ints and sizes, with a step of 1, got {low!r}, {high!r} and {step!r}"
        )
    own = "i64" if dtype is None else dtype_of(dtype)
    count = raw("arange", dim=subtract(b, a), dtype=own)
    return count if a == 0 else count + as_size(a)


@located
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Any:
    """The identity matrix, as ``np.eye`` makes it.  Raises LimitError for a large one."""
    check_count("eye", N * (N if M is None else M))
    return np.eye(N, M, k, dtype)


@located
def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Any:
    """Evenly spaced numbers, as ``np.linspace`` makes them.  Raises LimitError for many."""
    check_count("linspace", num)
    return np.linspace(start, stop, num, endpoint, dtype=dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """An array of that shape, every element 1; see ``full``."""
    return full(shape, 1.0, dtype)


def zeros(shape: Any, dtype: Any = None) -> Any:
    """An array of that shape, every element 0; see ``full``."""
    return full(shape, 0.0, dtype)
