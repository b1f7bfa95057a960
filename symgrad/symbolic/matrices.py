"""Matrices of expressions, and products and sums of matrix symbols.

A matrix of scalars becomes an array of shape (m, n); a ``MatrixSymbol`` is bound to an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixElement

from symgrad.errors import ShapeError, UnsupportedError
from symgrad.symbolic.indices import element
from symgrad.symbolic.reader import HINTS, Entry, Reader
from symgrad.symbolic.sympy_numbers import to_float


def _symbol(r: Reader, x: Any, values: list[Any]) -> Any:
    """The bound array; a vector of n elements serves as a matrix of shape (n, 1)."""
    bound = r.bind(x)
    shape = r.f.type(bound).shape
    if len(shape) == 1 and x.shape[1] == 1:
        return r.f.reshape(bound, shape=(*shape, 1))
    if len(shape) != 2:
        raise ShapeError(f"{x} is a matrix, but is bound to {r.f.type(bound)}")
    return bound


def _element(r: Reader, x: Any, values: list[Any]) -> Any:
    if not isinstance(x.parent, sp.MatrixSymbol):
        raise UnsupportedError(f"an element of {type(x.parent).__name__}; bind it to a symbol")
    return element(r, r.value(x.parent), (x.i, x.j), x)


def _dense(r: Reader, x: Any, values: list[Any]) -> Any:
    if not values:
        raise ShapeError(f"a matrix of shape {x.shape} has no elements")
    rows = [to_float(v) if isinstance(v, sp.Basic) else v for v in values]
    if all(isinstance(v, float) for v in rows):
        zero = r.f.multiply(r.f.reshape(rows[0], shape=(1,)), 0.0)
        parts = [r.f.add(zero, v) for v in rows]
    else:
        parts = [r.f.reshape(v, shape=(1,)) for v in rows]
    whole = r.f.concatenate(*parts, axis=0) if len(parts) > 1 else parts[0]
    return r.f.reshape(whole, shape=tuple(map(int, x.shape)))


def _factors(r: Reader, x: Any, values: list[Any]) -> Any:
    """A MatMul: the scalars in front of the matrices."""
    scalars = [v for a, v in zip(x.args, values, strict=True) if not a.is_Matrix]
    arrays = [v for a, v in zip(x.args, values, strict=True) if a.is_Matrix]
    product = r.folded("matmul", arrays)
    return r.folded("multiply", [*scalars, product])


def _power(r: Reader, x: Any, values: list[Any]) -> Any:
    if not (x.exp.is_Integer and 1 <= x.exp <= 16):
        raise UnsupportedError(f"the matrix power {x}: expected an exponent from 1 to 16")
    return r.folded("matmul", [values[0]] * int(x.exp))


def _trace(r: Reader, x: Any, values: list[Any]) -> Any:
    return r.f.sum(r.f.diagonal(values[0], k=0), axis=(0,), keepdims=False)


def _inner(r: Reader, x: Any, values: list[Any]) -> Any:
    product = r.call("multiply", *values)
    return r.f.sum(product, axis=(0, 1), keepdims=False)


def _base(x: Any) -> Sequence[Any]:
    return (x.base,)


MATRICES: dict[type, Entry] = {
    sp.MatrixSymbol: Entry(_symbol, lambda x: ()),
    MatrixElement: Entry(_element, lambda x: ()),
    sp.ImmutableDenseMatrix: Entry(_dense, lambda x: x.flat()),
    sp.MatMul: Entry(_factors),
    sp.MatAdd: Entry(lambda r, x, values: r.folded("add", values)),
    sp.MatPow: Entry(_power, _base),
    sp.Transpose: Entry(lambda r, x, values: r.f.transpose(values[0], axes=(1, 0))),
    sp.HadamardProduct: Entry(lambda r, x, values: r.folded("multiply", values)),
    sp.Trace: Entry(_trace),
    sp.DotProduct: Entry(_inner),
}

HINTS.update(
    {
        sp.Inverse: "there is no op for an inverse yet",
        sp.Determinant: "there is no op for a determinant yet",
        sp.MatrixExpr: "use .as_explicit(), or products and sums of matrix symbols",
    }
)
