"""The dtypes of operands, by NumPy's rules (NEP 50).

A Python number or a size is weak: it takes the dtype of the other operands.  An array keeps its
own, and is written as a literal up to 64 elements.

>>> common_dtype(["f32"], [2.0]), common_dtype([], [1, 2.0])
('f32', 'f64')
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from symgrad.errors import DTypeError
from symgrad.frontend.arrays.size import Size
from symgrad.frontend.operands import INT64
from symgrad.ir.types import DTYPES, dtype_name

LITERAL_LIMIT = 64  # elements; a larger array becomes a bound constant


def is_weak(value: object) -> bool:
    """True for a Python number or a size, which takes the dtype of its neighbours."""
    return type(value) in (bool, int, float, Size)


def weak_literal(value: bool | int | float, dtype: str, name: str) -> bool | int | float:
    """A Python number as a literal of ``dtype``.  Raises DTypeError if it does not fit."""
    if isinstance(value, bool) != (dtype == "bool"):
        raise DTypeError(
            f"{name}: {value!r} beside {dtype}; bool and numbers do not mix, use sg.where or astype"
        )
    if dtype == "i64" and value not in INT64:
        raise DTypeError(f"{name}: {value!r} does not fit int64")
    if dtype in ("f32", "f64"):
        try:
            number = float(value)
        except OverflowError as error:
            raise DTypeError(f"{name}: the constant {value!r} overflows float64") from error
        if dtype == "f32" and math.isfinite(number) and abs(number) >= 2.0**128 * (1 - 2.0**-25):
            raise DTypeError(
                f"{name}: the constant {value!r} overflows float32; "
                "use float64 or a smaller constant"
            )
        return number
    return value


def common_dtype(strong: Sequence[str], weak: Sequence[bool | int | float | Size]) -> str:
    """The dtype to which NumPy promotes operands of dtypes ``strong`` and weak numbers."""
    if not strong:
        if weak and all(isinstance(v, bool) for v in weak):
            return "bool"
        return "i64" if all(isinstance(v, int | Size) for v in weak) else "f64"
    distinct = list(dict.fromkeys(strong))
    result = distinct[0]
    if len(distinct) > 1:
        if "bool" in distinct:
            raise DTypeError(
                f"operands are {' and '.join(distinct)}; bool and numbers do not "
                "mix, use sg.where or astype"
            )
        result = str(dtype_name(np.result_type(*[DTYPES[d] for d in distinct])))
    if result == "i64" and any(isinstance(v, float) for v in weak):
        return "f64"
    return result
