"""``sg.to_sympy``: symgrad's expressions as SymPy's.

>>> import symgrad as sg
>>> x = sg.param("x", 0.5)
>>> sg.to_sympy(sg.square(x) / 2.0 + sg.cos(x), exact=True)
x**2/2 + cos(x)

SymPy is imported by the first call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symgrad.codegen.scalar_indexing import place
from symgrad.codegen.scalarize import scalar_function, shape_of
from symgrad.errors import ArgumentError, NamingError, UnsupportedError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.refusals import located
from symgrad.frontend.scalars.backprop import reach
from symgrad.frontend.scalars.lower import hint_of, lower
from symgrad.frontend.scalars.value import Value
from symgrad.ir.function import Function


@located
def to_sympy(
    expr: Expr | Value,
    symbols: Mapping[Any, Any] | None = None,
    exact: bool = False,
    evaluate: bool = True,
) -> Any:
    """The SymPy expression of a scalar; for a small fixed shape an immutable Matrix or Array.

    symbols   leaf, Value or name -> a SymPy expression (an IndexedBase for an array); by default a
              real Symbol of its name, or an IndexedBase
    exact     literals become the rationals that they are, instead of floats
    evaluate  SymPy's automatic simplification, which recurses: deep expressions need False
    Raises UnsupportedError for named sizes, for ops without a meaning and for stop_gradient, whose
    derivative would not be the expression's; ArgumentError for what is no expression, LimitError
    where SymPy recurses too deep, or would write out a number of thousands of digits.

    >>> import symgrad as sg
    >>> w = sg.param("w", [1.0, 2.0])
    >>> to_sympy(sg.sum(w * w))
    w[0]**2 + w[1]**2
    """
    import sympy as sp

    from symgrad.symbolic.to_sympy import write

    given = dict(symbols or {})
    if isinstance(expr, Value):
        scalar, bases, shape = _values(expr, given)
    elif isinstance(expr, Expr):
        scalar, bases, shape = _arrays(expr, given)
    else:
        raise ArgumentError(f"expected an expression or a Value, got {type(expr).__name__}")
    results = write(scalar, bases, exact, evaluate)
    if not shape:
        return results[0]
    if len(shape) == 2:
        return sp.ImmutableDenseMatrix(*shape, results)
    return sp.ImmutableDenseNDimArray(results, shape)


def _values(v: Value, given: dict[Any, Any]) -> tuple[Function, list[Any], tuple[int, ...]]:
    """A Value's graph: labelled leaves are symbols, other leaves are the numbers that they hold."""
    import sympy as sp

    leaves = [x for x in reach([v]) if not x._operands and (x in given or hint_of(x))]
    names = [hint_of(x) or f"p{i + 1}" for i, x in enumerate(leaves)]
    if len(set(names)) != len(names):
        raise NamingError("two Values have one label; give each its own, or symbols=")
    by_name = [given.get(x, given.get(n)) for x, n in zip(leaves, names, strict=True)]
    bases = [
        sp.Symbol(n, real=True) if own is None else own
        for n, own in zip(names, by_name, strict=True)
    ]
    f = lower([v], leaves, names)
    _check_meant(f)
    return f, bases, ()


def _arrays(x: Expr, given: dict[Any, Any]) -> tuple[Function, list[Any], tuple[int, ...]]:
    """An expression as a function of scalars, with a symbol for each of them."""
    from symgrad.symbolic.to_sympy import plain, symbols_of

    traced = trace([x])
    _check_meant(traced.function)
    scalars = scalar_function(plain(traced.function))
    bases: list[Any] = []
    for leaf, p in zip(traced.leaves, traced.function.parameters, strict=True):
        own = given.get(leaf, given.get(leaf.name))
        if own is None and leaf.kind == "constant":
            bases += np.asarray(leaf.data).reshape(-1).tolist()
        else:
            bases += symbols_of(p, own)
    return scalars, bases, shape_of(x.instr)


def _check_meant(f: Function) -> None:
    """Raises UnsupportedError for what SymPy has no expression for, by name."""
    for p in f.parameters:
        if any(isinstance(d, str) for d in p.type.shape):
            raise UnsupportedError(
                f"{p.hint} is {p.type}, and SymPy's expression of it needs a number for each size; "
                "make the input with numbers for its shape"
            )
    for x in f.body:
        if x.op.name == "stop_gradient":
            raise UnsupportedError(
                "stop_gradient has no meaning in SymPy, which would differentiate through it; "
                f"convert its operand, or an input in its place{place(x)}"
            )


__all__ = ["to_sympy"]
