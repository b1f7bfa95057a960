"""Leaves: named inputs, parameters that hold data, and bound constants.

>>> import numpy as np
>>> w = param("w", np.zeros((2, 3)))
>>> w.shape, w.kind, w.data.dtype.name
((2, 3), 'param', 'float64')
>>> input("x", ("N", 2)).instr.type
f64[N, 2]
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, NamingError, ShapeError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.namespace import deferred
from symgrad.frontend.operands import Array, is_int, plain_array
from symgrad.frontend.refusals import located
from symgrad.frontend.source.origin import caller
from symgrad.ir.function import Instr, Origin
from symgrad.ir.naming import check_name
from symgrad.ir.op import PARAMETER
from symgrad.ir.types import DTYPES, Dim, Type, canonical, dtype_name, names_in

_serial = count().__next__


class LeafInstr(Instr):
    """A parameter instruction that knows the leaf it stands for."""

    __slots__ = ("leaf",)

    leaf: Leaf

    def __init__(self, leaf: Leaf, name: str, type: Type, kind: str, origins: Any) -> None:
        super().__init__(PARAMETER, (), (("kind", kind),), type, name, origins)
        object.__setattr__(self, "leaf", leaf)


class Leaf(Expr):
    """A value from outside: ``kind`` is input, param or constant.

    ``serial`` counts leaves in order of creation.  A constant without a name has the name ``""``.
    """

    __slots__ = ("_data", "kind", "name", "origin", "serial")

    name: str
    kind: str
    serial: int
    origin: Origin
    _data: Array | None

    def __init__(self, name: str, type: Type, kind: str, data: Array | None) -> None:
        self.name, self.kind, self.serial, self.origin = name, kind, _serial(), caller()
        self._data = data
        super().__init__(LeafInstr(self, name, type, kind, (self.origin,)))

    @property
    def data(self) -> Array | None:
        """The array that a param or a constant holds; None for an input."""
        return self._data

    @data.setter
    @located
    def data(self, value: Any) -> None:
        if self.kind != "param":
            raise ArgumentError(
                f"only params are set, and {self.name or 'this'} is of kind {self.kind}"
            )
        array = plain_array(value, f"{self.name}.data")
        if array.shape != self.instr.type.shape:
            raise ShapeError(
                f"{self.name}.data has shape {self.shape}, got {array.shape}; "
                "make a new sg.param for another shape"
            )
        if array.dtype == np.bool_:
            raise DTypeError(f"{self.name}.data takes numbers, got bool")
        self._data = np.array(array, dtype=self.instr.type.numpy)

    def __reduce__(self) -> Any:
        """A copy is a leaf of its own, with the same name and data."""
        type = self.instr.type
        if self.kind == "input":
            return input, (self.name, type.shape, type.dtype)
        if self.kind == "param":
            return param, (self.name, self._data, type.dtype)
        return constant, (self._data, self.name or None)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or '(unnamed)'}: {self.instr.type}>"


def leaf_of(instr: Instr) -> Leaf | None:
    """The leaf of a parameter instruction, or None if it has none."""
    return instr.leaf if isinstance(instr, LeafInstr) else None


def dtype_of(dtype: Any) -> str:
    """The IR's name of float, int, bool, a NumPy dtype or ``"f32"``.  Raises DTypeError."""
    if isinstance(dtype, str) and dtype in DTYPES:
        return dtype
    try:
        own = dtype_name(np.dtype(dtype))
    except TypeError:
        own = None
    if own is None:
        raise DTypeError(f"unknown dtype {dtype!r}; one of float64, float32, int64 and bool")
    return own


def _sayable(dim: Dim) -> Dim:
    """The dim, if its names can be variables of emitted code.  Raises NamingError."""
    for n in names_in(dim):
        if keyword.iskeyword(n) or hasattr(builtins, n) or n in ("np", "math") or n[0] == "_":
            raise NamingError(
                f"a size named {n!r} cannot be a variable of emitted code; choose another name"
            )
    return dim


def dims_of(shape: Any, name: str = "shape") -> tuple[Dim, ...]:
    """A shape from an int, a named size, or a sequence of them.  Raises ShapeError."""
    items = (shape,) if isinstance(shape, int | str | np.integer) else shape
    if not isinstance(items, Iterable):
        raise ShapeError(f"{name} is a size or a tuple of sizes, got {shape!r}")
    dims: list[Dim] = []
    for dim in items:
        if is_int(dim) and dim >= 0:
            dims.append(int(dim))
        elif isinstance(dim, str):
            try:
                dims.append(_sayable(canonical(dim)))
            except NamingError:
                raise
            except ValueError as error:
                raise ShapeError(f"{name}: {error}; write a name such as 'N'") from error
        else:
            raise ShapeError(f"{name}: a size is an int >= 0 or a name, got {dim!r}")
    return tuple(dims)


@located
def input(name: str, shape: Any = (), dtype: Any = float) -> Leaf:
    """A value given at each call.  ``shape`` holds ints and names of sizes (``("N", 2)``).

    Raises NamingError, ShapeError, DTypeError.

    >>> input("y", "N", int)
    <input y: i64[N]>
    """
    return Leaf(check_name(name), Type(dtype_of(dtype), dims_of(shape)), "input", None)


@located
def param(name: str, data: Any, dtype: Any = None) -> Leaf:
    """A trainable value: holds ``data`` as a fresh array, float64 unless it is float32.

    Raises NamingError, DTypeError.
    """
    array = plain_array(data, check_name(name))
    own = dtype_of(dtype) if dtype is not None else dtype_name(array.dtype)
    if array.dtype == np.bool_ or own == "bool":
        raise DTypeError(f"param {name!r} takes floats, got bool; use sg.constant for a mask")
    if own == "i64" and dtype is not None:
        raise DTypeError(f"param {name!r} takes floats; integers have no gradient")
    type = Type("f64" if own in ("i64", None) else own, array.shape)
    return Leaf(name, type, "param", np.array(array, dtype=type.numpy))


@deferred
@located
def constant(data: Any, name: str | None = None) -> Leaf:
    """A bound array that is no literal of the emitted code.  Raises NamingError, DTypeError.

    >>> constant([1, 2, 3], "ids")
    <constant ids: i64[3]>
    """
    label = "" if name is None else check_name(name)
    array = plain_array(data, label or "constant")
    type = Type(str(dtype_name(array.dtype)), array.shape)
    return Leaf(label, type, "constant", np.array(array))


for _made in (input, param, constant):
    _made.__module__ = "symgrad"  # pickles of leaves name their makers by the public module
