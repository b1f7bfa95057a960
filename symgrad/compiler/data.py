"""What an argument of a traced function is: an array, a number, or a static value.

Arrays, and lists of numbers, become arrays; so does whatever hands out an array (a Series, a
DataFrame, a tensor).  A function is traced more than once, and what can be gone through once only
(an iterator, a generator, ``zip``) would be empty the second time: it is read here, and kept.

>>> settled("xs", map(float, [1, 2])), settled("xs", {"a": 1.0}.values()), settled("mode", "sum")
([1.0, 2.0], [1.0], 'sum')
>>> array_of("xs", [1, 2]).dtype.name
'int64'
"""

from __future__ import annotations

import io
import itertools
from collections import deque
from collections.abc import ItemsView, KeysView, ValuesView
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, NamingError, SymgradError
from symgrad.frontend.coerce import as_data
from symgrad.ir.types import DTYPES

Array = np.ndarray[Any, np.dtype[Any]]
READ = 10_000_000  # elements of an iterator, beyond which it is taken for an endless one
_KINDS = {"f": "f64", "i": "i64", "u": "i64", "b": "bool"}
LARGEST = 2**53  # the last integer up to which floats hold all
_ENDLESS = (itertools.count, itertools.cycle)
_VIEWS = (deque, KeysView, ValuesView, ItemsView)


def settled(name: str, value: Any) -> Any:
    """The argument as something that is the same at each trace.

    Raises ArgumentError for a file, an endless or used-up iterator, and a set, which has no order.
    """
    if type(value) is np.ndarray or isinstance(value, str | bytes | int | float):
        return value
    if isinstance(value, list | tuple):
        if is_table(value) or not is_used_up(value):
            return value
        return [settled(f"{name}[{i}]", item) for i, item in enumerate(value)]
    if is_used_up(value):
        return _read(name, value)
    if isinstance(value, _VIEWS):
        return list(value)
    if isinstance(value, set | dict):
        kind = "a set has no order" if isinstance(value, set) else "a dict is no array"
        raise ArgumentError(
            f"{name}: expected numbers in arrays or lists, or a static value that can be hashed, "
            f"got {type(value).__name__}; {kind}, so pass its values in a list"
        )
    return array_of(name, value) if hands_out_array(value) else value


def is_used_up(value: Any) -> bool:
    """Whether going through it, or through what is in it, leaves nothing for the second time."""
    if isinstance(value, list | tuple):
        return any(map(is_used_up, value))
    return hasattr(type(value), "__next__")


def _read(name: str, value: Any) -> list[Any]:
    kind = type(value).__name__
    if isinstance(value, io.IOBase):
        raise ArgumentError(f"{name}: got a file; read its numbers and pass them in a list")
    items = [] if isinstance(value, _ENDLESS) else list(itertools.islice(value, READ + 1))
    if isinstance(value, _ENDLESS) or len(items) > READ:
        raise ArgumentError(f"{name}: the {kind} does not end; pass a list of its first elements")
    if not items:
        raise ArgumentError(
            f"{name}: the {kind} gives nothing, as after a first use; make it anew for each call, "
            "or pass a list"
        )
    return [settled(f"{name}[{i}]", item) for i, item in enumerate(items)]


def hands_out_array(value: Any) -> bool:
    """Whether NumPy knows how to make an array of it: a Series, a tensor, an ``array.array``."""
    kind = type(value)
    if issubclass(kind, np.ndarray):
        return True
    if issubclass(kind, np.generic | str | bytes):
        return False
    return any(hasattr(kind, a) for a in ("__array__", "__array_interface__")) or (
        hasattr(kind, "typecode") or issubclass(kind, memoryview | bytearray)
    )


def is_table(value: Any) -> bool:
    """Whether it is an array, or a list or tuple, perhaps nested, of numbers; or an empty list."""
    if isinstance(value, list | tuple):
        while isinstance(value, list | tuple) and len(value):
            value = value[0]
        return isinstance(value, list | int | float | np.number | np.bool_ | np.ndarray)
    return isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """Whether it may be an input: a float, or an integer that a float holds."""
    if isinstance(value, float | np.floating):
        return True
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and abs(int(value)) <= LARGEST


def array_of(name: str, value: Any) -> Array:
    """The value as an array of f64, i64 or bool; itself where it is one already.

    Raises DTypeError for what holds no real numbers, is ragged, masked, or part of another tool's
    graph, which would lose its gradient.
    """
    if name == "theta":
        raise NamingError("theta names the parameters; call the argument something else")
    array = as_array(name, value)
    if array.dtype.kind not in _KINDS:
        raise DTypeError(
            f"{name}: expected real numbers or bool, got {type(value).__name__} of dtype "
            f"{array.dtype}"
        )
    wanted = DTYPES[_KINDS[array.dtype.kind]]
    if array.dtype.kind == "u" and array.size and int(array.max()) >= 2**63:
        raise DTypeError(f"{name}: an integer does not fit int64")
    return array if array.dtype is wanted else array.astype(wanted)


def as_array(name: str, value: Any) -> Array:
    """``np.asarray``, and what it cannot take refused by name.  Raises DTypeError."""
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(f"{name}: a masked array loses its mask here; fill it first")
    try:
        return as_data(value, name)
    except SymgradError:
        raise
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        found = _ragged(name, value)
        pairs = "; pass its parts as arguments of their own, and zip them in the function"
        hint = f"; expected rows of one length{pairs if 'no row' in found else ''}"
        raise DTypeError(f"{found}{hint}" if found else f"{name}: {error}") from error


def _ragged(path: str, value: Any) -> str:
    """Where rows begin to differ in length; nothing where they do not."""
    if not _is_row(value):
        return ""
    lengths = [len(x) if _is_row(x) else None for x in value]
    for i, n in enumerate(lengths):
        if n != lengths[0]:
            first, other = ("no row" if k is None else f"of length {k}" for k in (lengths[0], n))
            return f"{path}[0] is {first} and {path}[{i}] is {other}"
    found = (_ragged(f"{path}[{i}]", x) for i, x in enumerate(value))
    return next((text for text in found if text), "")


def _is_row(x: Any) -> bool:
    return isinstance(x, list | tuple) or (isinstance(x, np.ndarray) and x.ndim > 0)


__all__ = [
    "Array",
    "array_of",
    "as_array",
    "hands_out_array",
    "is_number",
    "is_table",
    "is_used_up",
    "settled",
]
