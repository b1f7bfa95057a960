"""What the user gives as operands: which kinds there are, and what each is read as or refused.

Scalars read a number as a Python float, by ``number``, and leave an array to NumPy's element by
element.  Expressions read either as an array, by ``plain_array``, and promote dtypes by NumPy's
rules (NEP 50): a Python number or a size is weak, and takes the dtype of the other operands.

>>> plain_array([1, 2], "x").dtype.name, number(np.float32(0.5)), is_array(np.ones(2))
('int64', 0.5, True)
>>> common_dtype(["f32"], [2.0]), common_dtype([], [1, 2.0])
('f32', 'f64')
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, SymgradError
from symgrad.ir.types import DTYPES, dtype_name

Array = np.ndarray[Any, np.dtype[Any]]
INT64 = range(-(2**63), 2**63)
LITERAL_LIMIT = 64  # elements of an array that is a literal; a larger one is a bound constant
NUMBERS = (int, float, np.number, np.bool_)  # what a scalar is compared with, and chooses by
WEAK: set[type] = {bool, int, float}  # and the class of sizes, which enters itself
# Kinds that ``float()`` accepts, though they are no real numbers.
_UNREAL = (
    *(str, bytes, bytearray, complex, np.complexfloating, np.timedelta64, np.datetime64),
    np.ma.MaskedArray,
)


def as_data(value: Any, name: str) -> Array:
    """``np.asarray(value)`` of numbers.

    Raises DTypeError for another library's values that NumPy cannot read, or that belong to a graph
    of gradients; ValueError, TypeError and OverflowError as NumPy does.
    """
    refuse_tensor(name, value)
    try:
        return np.asarray(value)
    except (SymgradError, OverflowError):
        raise
    except Exception as error:
        owner, kind = _owner(value)
        if owner in ("builtins", "numpy"):
            raise
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise DTypeError(
            f"{name}: expected numbers, got a {kind} of {owner} that NumPy cannot read "
            f"({said:.80}); give an array of numbers"
        ) from error


def _owner(value: Any) -> tuple[str, str]:
    """The package and name of a value's class; of a list, those of its first item but numbers."""
    while isinstance(value, list | tuple) and len(value):
        value = next((v for v in value if not isinstance(v, int | float)), value[0])
    kind = type(value)
    return kind.__module__.partition(".")[0], kind.__name__


def plain_array(value: Any, name: str) -> Array:
    """``value`` as an array of a dtype the IR has.

    Raises DTypeError, naming the argument, for complex, object, text and ragged data.
    """
    try:
        array = as_data(value, name)
    except ValueError as error:
        raise DTypeError(f"{name}: the rows differ in length; expected a full array") from error
    except OverflowError as error:
        raise DTypeError(f"{name}: {error}") from error
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(f"{name}: a masked array loses its mask here; use sg.where")
    if dtype_name(array.dtype) is not None:
        return array
    if array.dtype.kind == "u" and array.size and int(array.max()) not in INT64:
        raise DTypeError(f"{name}: an integer does not fit int64; convert to float first")
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
    raise DTypeError(
        f"{name}: expected real numbers or bool, got {type(value).__name__} "
        f"of dtype {array.dtype}; convert to float first"
    )


def refuse_tensor(name: str, value: Any) -> None:
    """Raises DTypeError for a tensor of another tool's graph: its gradient would be lost."""
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    if module == "torch" and getattr(value, "requires_grad", False):
        raise DTypeError(
            f"{name}: got a torch tensor that requires grad, and no gradient would flow back to "
            "it; pass x.detach()"
        )
    if module in ("jax", "jaxlib") and "Tracer" in kind.__name__:
        raise DTypeError(
            f"{name}: got a JAX tracer, which has no numbers; call this outside of jax.jit, "
            "jax.grad and jax.vmap"
        )


def real(value: Any, name: str) -> float:
    """A number given as an option.  Raises ArgumentError, naming it."""
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"{name}: expected a number, got {value!r}") from error


def whole(value: Any, name: str) -> int:
    """An integer given as an option.  Raises ArgumentError, naming it."""
    try:
        return operator.index(value)
    except TypeError as error:
        raise ArgumentError(f"{name}: expected an int, got {value!r}") from error


def number(data: Any) -> float:
    """``data`` as a Python float.  Raises ArgumentError if it is no real number."""
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
    """True for an array or a Series, with which a Value is combined element by element."""
    return getattr(x, "ndim", 0) != 0 and hasattr(type(x), "__array_ufunc__")


def is_int(x: Any) -> TypeGuard[int | np.integer[Any]]:
    """True for an integer of Python's or NumPy's; bools are none."""
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def is_weak(value: object) -> bool:
    """True for a Python number or a size, which takes the dtype of its neighbours."""
    return type(value) in WEAK


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


def common_dtype(strong: Sequence[str], weak: Sequence[Any]) -> str:
    """The dtype to which NumPy promotes operands of dtypes ``strong`` and weak numbers."""
    if not strong:
        if weak and all(isinstance(v, bool) for v in weak):
            return "bool"
        return "i64" if not any(isinstance(v, float) for v in weak) else "f64"
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
