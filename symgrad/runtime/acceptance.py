"""A test of a call's arguments, written for one signature: may they go in as they are?

Written out, the test of eight arrays takes half a microsecond; a loop over the signature takes ten
times that.  It accepts what the emitted function can take as it is, and nothing else; whatever it
does not accept goes the slow way, where it is converted or refused with a reason.

>>> from symgrad.ir.types import Type
>>> x, y = Type("f64", ("N", 2)), Type("f64", ("N",))
>>> print(text_of([x, y], ["N - 1"]))
def accepts(a1, a2):
    return (
        kind(a1) is ndarray and a1.dtype is f64 and a1.ndim == 2 and
        kind(a2) is ndarray and a2.dtype is f64 and a2.ndim == 1 and
        a1.shape[1] == 2 and
        a2.shape[0] == a1.shape[0] and
        a1.shape[0] - 1 >= 0
    )
<BLANKLINE>
>>> accepts([x, y], ["N - 1"])(np.zeros((3, 2)), np.zeros(3))
True
>>> accepts([x, y], ["N - 1"])(np.zeros((3, 2)), np.zeros(4))
False
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgrad.ir.types import DTYPES, Dim, Type, dim_text, is_name, names_in, polynomial
from symgrad.runtime.load import load_source

# np.float64 is a float and computes as one.
_NUMBERS = {
    "f64": "isfloat({0}, float)",
    "f32": "kind({0}) is float32",
    "i64": f"kind({{0}}) is int and {-(2**63)} <= {{0}} < {2**63}",
    "bool": "kind({0}) is bool",
}
_kind = type  # where an argument of a function is called type
_GIVEN = {
    "kind": type,
    "isfloat": isinstance,
    "ndarray": np.ndarray,
    "float32": np.float32,
    **{name: dtype for name, dtype in DTYPES.items() if name != "bool"},
    "bool_": DTYPES["bool"],
}


def accepts(types: Sequence[Type], needs: Sequence[str] = ()) -> Callable[..., bool]:
    """The test for arguments of these types; ``needs`` are dims that must not be negative."""
    text = text_of(types, needs)
    test: Callable[..., bool] = load_source(text, given=_GIVEN)["accepts"]
    return test


def text_of(types: Sequence[Type], needs: Sequence[str] = ()) -> str:
    """The text of the test.  No name of the user's is in it."""
    names = [f"a{i + 1}" for i in range(len(types))]
    places: dict[str, str] = {}
    for name, type in zip(names, types, strict=True):
        for axis, dim in enumerate(type.shape):
            if isinstance(dim, str) and is_name(dim):
                places.setdefault(dim, f"{name}.shape[{axis}]")
    parts = [_is_kind(name, type) for name, type in zip(names, types, strict=True)]
    for name, type in zip(names, types, strict=True):
        if type.rank and not _is_fixed(type):
            parts += _sizes(name, type, places)
    for need in needs:
        size = _size(need, places)
        if size:
            parts.append(f"{size} >= 0")
    body = " and\n        ".join(parts or ["True"])
    return f"def accepts({', '.join(names)}):\n    return (\n        {body}\n    )\n"


def _is_kind(name: str, type: Type) -> str:
    if not type.rank:
        return _NUMBERS[type.dtype].format(name)
    dtype = "bool_" if type.dtype == "bool" else type.dtype
    shape = f"{name}.shape == {type.shape}" if _is_fixed(type) else f"{name}.ndim == {type.rank}"
    return f"kind({name}) is ndarray and {name}.dtype is {dtype} and {shape}"


def _is_fixed(type: Type) -> bool:
    return all(isinstance(dim, int) for dim in type.shape)


def _sizes(name: str, type: Type, places: dict[str, str]) -> list[str]:
    """A comparison for each axis but the ones that say how large a named size is."""
    pairs = [(f"{name}.shape[{axis}]", _size(dim, places)) for axis, dim in enumerate(type.shape)]
    return [f"{own} == {size}" for own, size in pairs if size and size != own]


def _size(dim: Dim, places: dict[str, str]) -> str:
    """A dim in terms of the arguments' shapes; "" where an argument does not tell."""
    if not set(names_in(dim)) <= set(places):
        return ""
    terms = polynomial(dim)
    return str(dim_text({tuple(places[n] for n in key): c for key, c in terms.items()}))


def listed(type: Type) -> Callable[[Any], Any]:
    """For a fixed shape, a function: floats in lists or tuples as they are, a right array as lists.

    It gives None for what is neither.

    >>> pair = listed(Type("f64", (2,)))
    >>> pair([1.0, 2.0]), pair(np.ones(2)), pair([1.0, 2]), pair([1.0])
    ([1.0, 2.0], [1.0, 1.0], None, None)
    """
    shape, wanted = type.shape, DTYPES[type.dtype]
    if wanted is not DTYPES["f64"] or not _is_fixed(type):
        return lambda v: None
    if not shape:
        return lambda v: v if _kind(v) is float else None
    length = int(shape[0])
    floats = [float] * length
    inner = listed(type.with_shape(shape[1:]))

    def take(v: Any) -> Any:
        kind = _kind(v)
        if kind is np.ndarray:
            return v.tolist() if v.dtype is wanted and v.shape == shape else None
        if (kind is not list and kind is not tuple) or len(v) != length:
            return None
        if type.rank == 1:
            return v if [*map(_kind, v)] == floats else None
        rows = [inner(row) for row in v]
        return None if None in rows else rows

    return take
