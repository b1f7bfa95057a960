"""An IR function of scalars as SymPy expressions, through the meanings that the ops declare.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = constant 0.5 : f64[]
...   %1 = multiply %0, %x : f64[]
...   %2 = tanh %1 : f64[]
...   return %2
... }''', symgrad.ops.OPS)
>>> write(f, [sp.Symbol("x")]), write(f, [sp.Symbol("x")], exact=True)
([tanh(0.5*x)], [tanh(x/2)])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from symgrad.errors import LimitError, UnsupportedError
from symgrad.ir.function import Function, Instr
from symgrad.symbolic.numbers import literal

# What people write, where the declared meaning is cut into pieces for proofs.
_SPELLED: dict[str, Callable[..., Any]] = {
    "absolute": sp.Abs,
    "sign": sp.sign,
    "side": sp.sign,
    "maximum": sp.Max,
    "minimum": sp.Min,
    "relu": lambda x: sp.Max(x, 0),
    "clip": lambda x, low, high: sp.Min(sp.Max(x, low), high),
    "arctan2": sp.atan2,
}


def write(
    f: Function, symbols: Sequence[Any], exact: bool = False, evaluate: bool = True
) -> list[Any]:
    """The results of a function of scalars, for one SymPy expression a parameter.

    exact     literals become the rationals that they are, instead of floats
    evaluate  SymPy's automatic simplification; it recurses, so a deep expression needs False
    Raises UnsupportedError for an op without a meaning, LimitError where SymPy recurses too deep.
    """
    values = {id(p): s for p, s in zip(f.parameters, symbols, strict=True)}
    try:
        with sp.evaluate(evaluate):
            for x in f.body:
                values[id(x)] = _meaning(x, [values[id(o)] for o in x.operands], exact)
    except RecursionError as error:
        raise LimitError(
            "SymPy recurses too deep in this expression; pass evaluate=False"
        ) from error
    return [values[id(r)] for r in f.results]


def _meaning(x: Instr, operands: list[Any], exact: bool) -> Any:
    if x.is_constant:
        return literal(x["value"], exact)
    if x.op.name in _SPELLED:
        return _SPELLED[x.op.name](*operands)
    if x.op.name == "where" and x.type.dtype == "bool":
        return sp.ITE(*operands)
    if x.op.name == "cast":
        return _cast(x, operands[0])
    if x.op.meaning is None:
        raise UnsupportedError(f"the op {x.op.name!r} has no meaning for SymPy")
    attributes = {
        key: value if isinstance(value, tuple) else literal(value, exact)
        for key, value in x.attributes
    }
    return x.op.meaning(sp, *operands, **attributes)


def _cast(x: Instr, operand: Any) -> Any:
    if x.type.dtype == "bool":
        return sp.Ne(operand, 0)
    if x.operands[0].type.dtype == "bool":
        return sp.Piecewise((1, operand), (0, True))
    return operand
