"""Arrays of one number, as NumPy makes them; where the shape has named sizes, expressions.

>>> import symgrad.ops
>>> ones(2), ones(("N", 2)).shape
(array([1., 1.]), ('N', 2))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.frontend.array import as_expr, raw
from symgrad.frontend.leaves import dims_of, dtype_of
from symgrad.frontend.origin import located


@located
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of that shape, every element ``fill_value``, as ``np.full`` makes it.

    A size may be a name, ``("N", 2)``: the result is an expression then, whose N is that of an
    input of the program.  Raises ShapeError for what is no shape.
    """
    dims = dims_of(shape, "full")
    if all(isinstance(d, int) for d in dims):
        return np.full(shape, fill_value, dtype)
    fill = as_expr(fill_value, None if dtype is None else dtype_of(dtype), "fill_value")
    return raw("broadcast_to", fill, shape=dims)


def ones(shape: Any, dtype: Any = None) -> Any:
    """An array of that shape, every element 1; see ``full``."""
    return full(shape, 1.0, dtype)


def zeros(shape: Any, dtype: Any = None) -> Any:
    """An array of that shape, every element 0; see ``full``."""
    return full(shape, 0.0, dtype)


__all__ = ["full", "ones", "zeros"]
