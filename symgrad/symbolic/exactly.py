"""Evaluates an IR function with many digits, arrays included.

The meanings of the ops are computed, not the forms that float64 needs, so that a value here is the
value of the formula.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N]) {
...   %0 = exp %x : f64[N]
...   %1 = sum %0 {axis = (0,), keepdims = false} : f64[]
...   %2 = log %1 : f64[]
...   return %2
... }''', symgrad.ops.OPS)
>>> with digits(30):
...     print(evaluated(f, [np.array([mpmath.mpf(1000), mpmath.mpf(0)], dtype=object)])[0])
1000.0
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

from symgrad.ir import dims
from symgrad.ir.function import Function, Instr, as_given
from symgrad.ir.interpreter import resolve
from symgrad.symbolic.precise import PRECISE, PreciseAlgebra, digits

__all__ = ["digits", "evaluated", "lifted"]


def lifted(array: Any, algebra: PreciseAlgebra = PRECISE) -> Any:
    """A float array with its elements as mpmath's numbers; integers and bools as they are."""
    array = np.asarray(array)
    if array.dtype.kind != "f":
        return array
    out = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        out[place] = algebra.literal(float(array[place]))
    return out


def evaluated(
    function: Function, arguments: Sequence[Any], algebra: PreciseAlgebra = PRECISE
) -> list[Any]:
    """The results, as arrays of mpmath's numbers, at the digits of the context."""
    values: dict[Instr, Any] = dict(zip(function.parameters, arguments, strict=True))
    sizes: dict[str, int] = {}
    for p, a in zip(function.parameters, arguments, strict=True):
        for dim, n in zip(p.type.shape, np.shape(a), strict=True):
            if isinstance(dim, str) and dims.is_name(dim):
                sizes[dim] = n
    for x in function.body:
        operands = [values[o] for o in x.operands]
        values[x] = _computed(x, operands, sizes, algebra)
        algebra.computed(x, np.size(values[x]))
    return [values[r] for r in function.results]


def _computed(x: Instr, operands: list[Any], sizes: dict[str, int], algebra: Any) -> Any:
    if x.is_constant:
        value = as_given(x["value"], x.type).reshape(x.type.shape)
        return lifted(value, algebra) if x.type.is_float else value
    attributes = {
        key: resolve(value, sizes) if key in x.op.dim_attributes else value
        for key, value in x.attributes
    }
    if x.op.name == "cast":
        return _cast(operands[0], x)
    if x.op.name == "size":
        return lifted(np.asarray(float(attributes["dim"])))
    if x.op.name == "mean":
        total = np.sum(operands[0], **attributes)
        count = math.prod(np.shape(operands[0])[i] for i in attributes["axis"])
        result: Any = total / mpmath.mpf(count)
    elif x.op.name == "logsumexp" or x.op.meaning is not None:
        # A scalar is an array too, so that elementwise ops give arrays of numbers throughout.
        arrays = [np.asarray(o) for o in operands]
        result = getattr(algebra, x.op.name)(*arrays, **attributes)
    else:
        result = algebra.decided(x.op.evaluate(*operands, **attributes))
    out = np.empty(np.shape(result), dtype=object if x.type.is_float else x.type.numpy)
    out[...] = result
    return out


def _cast(value: Any, x: Instr) -> Any:
    plain = np.asarray(value)
    if x.type.is_float:
        return lifted(plain.astype(float)) if plain.dtype != object else plain
    return plain.astype(x.type.numpy)
