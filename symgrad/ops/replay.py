"""Runs an IR function of scalars in any algebra: on instructions, floats, arrays, expressions.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = constant 2.0 : f64[]
...   %1 = multiply %0, %x : f64[]
...   return %1
... }''', symgrad.ops.OPS)
>>> replay(f, symgrad.ops.FloatAlgebra(), [3.0])
[6.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgrad.ir.function import Function, Instr


def replay(function: Function, f: Any, arguments: Sequence[Any]) -> list[Any]:
    """The results for values of the algebra ``f``; literals come in as Python numbers."""
    values: dict[Instr, Any] = dict(zip(function.parameters, arguments, strict=True))
    for x in function.body:
        if x.is_constant:
            values[x] = x["value"]
        else:
            operands = [values[o] for o in x.operands]
            values[x] = getattr(f, x.op.name)(*operands, **dict(x.attributes))
    return [values[r] for r in function.results]
