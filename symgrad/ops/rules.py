"""Shape and dtype rules that several ops share.

>>> from symgrad.ir.types import Type
>>> broadcast("add", Type("f64", ("N", 1)), Type("f64", (3,)))
('N', 3)
"""

from __future__ import annotations

from typing import Any

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.types import Shape, Type


def broadcast(name: str, *types: Type) -> Shape:
    """The common shape by NumPy's rules; a named size fits itself and 1."""
    rank = max((t.rank for t in types), default=0)
    result = []
    for axis in range(-rank, 0):
        dims = [t.shape[axis] for t in types if t.rank >= -axis and t.shape[axis] != 1]
        if any(d != dims[0] for d in dims):
            shapes = ", ".join(str(t.shape) for t in types)
            raise ShapeError(f"{name}: shapes do not broadcast: {shapes}")
        result.append(dims[0] if dims else 1)
    return tuple(result)


def same_dtype(name: str, *types: Type) -> str:
    """The one dtype of all operands.  Raises DTypeError where they differ."""
    dtypes = {t.dtype: None for t in types}
    if len(dtypes) != 1:
        raise DTypeError(f"{name}: operands differ in dtype: {', '.join(dtypes)}; cast one of them")
    return next(iter(dtypes))


def float_result(name: str) -> Any:
    """The shape rule of an elementwise op on floats."""

    def infer(*types: Type) -> Type:
        first = types[0]
        if first.is_float and types.count(first) == len(types):
            return first
        dtype = same_dtype(name, *types)
        if not first.is_float:
            raise DTypeError(f"{name}: takes floats, got {dtype}; cast the operand")
        return Type(dtype, broadcast(name, *types))

    return infer


def number_result(name: str) -> Any:
    """The shape rule of an elementwise op on floats or integers."""

    def infer(*types: Type) -> Type:
        first = types[0]
        if first.dtype != "bool" and types.count(first) == len(types):
            return first
        dtype = same_dtype(name, *types)
        if dtype == "bool":
            raise DTypeError(f"{name}: takes numbers, got bool; use sg.where or a cast")
        return Type(dtype, broadcast(name, *types))

    return infer


def comparison_result(name: str) -> Any:
    """The shape rule of a comparison: equal dtypes in, bool out."""

    def infer(*types: Type) -> Type:
        same_dtype(name, *types)
        return Type("bool", broadcast(name, *types))

    return infer


def logical_result(name: str) -> Any:
    """The shape rule of a logical op: bool in, bool out."""

    def infer(*types: Type) -> Type:
        if same_dtype(name, *types) != "bool":
            raise DTypeError(f"{name}: takes bool, got {types[0].dtype}; compare first")
        return Type("bool", broadcast(name, *types))

    return infer
