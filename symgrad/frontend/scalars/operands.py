"""What may stand beside a Value: a real number, or an array of them.

>>> import numpy as np
>>> number(np.float32(0.5)), is_array(np.ones(2)), is_array(np.array(1.0))
(0.5, True, False)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, SymgradError
from symgrad.frontend.coerce import refuse_tensor

# float() takes these, and would lose what they are
_UNREAL = (
    *(str, bytes, bytearray, complex, np.complexfloating, np.timedelta64, np.datetime64),
    np.ma.MaskedArray,
)


def number(data: Any) -> float:
    """``data`` as a Python float.  Raises ArgumentError where it is no real number."""
    if type(data) is float:
        return data
    try:
        refuse_tensor("Value", data)
        if isinstance(data, _UNREAL) or getattr(data, "ndim", 0) != 0:
            raise TypeError("no real number")
        return float(data)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, SymgradError):
            raise
        shown = "beyond 1e308" if isinstance(data, int) else f"{data!r:.60}"
        kind = type(data).__name__
        raise ArgumentError(f"Value: expected a real number, got {kind} {shown}") from error


def is_array(x: Any) -> bool:
    """Whether it goes element by element beside a Value: an array, or a Series."""
    return getattr(x, "ndim", 0) != 0 and hasattr(type(x), "__array_ufunc__")


__all__ = ["is_array", "number"]
