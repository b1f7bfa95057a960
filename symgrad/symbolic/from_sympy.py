"""SymPy expressions as values of an algebra: of IR, mostly.

>>> import symgrad.ops
>>> from symgrad.ir import Type, function, parameter
>>> from symgrad.ops import IRAlgebra
>>> s, f = sp.Symbol("x"), IRAlgebra()
>>> x = f.term(parameter("x", Type("f64")))
>>> y = read(sp.exp(-s) / 3, f, {s: x}.__getitem__)
>>> print(function("g", [x.instr], [y.instr]))
func @g(input %x: f64[]) {
  %0 = negative %x : f64[]
  %1 = exp %0 : f64[]
  %2 = constant 3.0 : f64[]
  %3 = divide %1, %2 : f64[]
  return %3
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symgrad.errors import UnsupportedError
from symgrad.symbolic.elementary import ELEMENTARY
from symgrad.symbolic.indices import INDEXED
from symgrad.symbolic.matrices import MATRICES
from symgrad.symbolic.reader import TABLE, Bind, Reader, meaning
from symgrad.symbolic.removable import with_limits

TABLE.update({**ELEMENTARY, **INDEXED, **MATRICES})

_LEAVES = (sp.Symbol, sp.IndexedBase, sp.MatrixSymbol)


def read(
    expr: Any,
    f: Any,
    bind: Bind,
    applied: Mapping[Any, Any] | None = None,
    sized: Callable[[Any], Any] = lambda size: size,
    slopes: bool = False,
) -> Any:
    """The value of ``expr`` in the algebra ``f``; a float where no symbol is in it.

    bind     a Symbol, IndexedBase or MatrixSymbol -> its value; raises where it has none
    applied  the values of applied functions such as x(t), and of derivatives of them
    slopes   branches that hold at one point get the slope beside them; see ``removable``
    sized    a size, such as the N of a sum to N - 1 -> the same with the numbers bound in it
    Raises UnsupportedError for an object without a meaning here, by its name; DomainError for
    what is not real; ShapeError.
    """
    better = continued if slopes else lambda x: x
    return Reader(f, bind, applied or {}, sized, better).term(expression(expr))


def continued(x: Any) -> Any:
    return with_limits(x) if isinstance(x, sp.Piecewise) else x


def expression(expr: Any) -> Any:
    """A SymPy object that is not mutable.  Raises UnsupportedError for anything else."""
    if isinstance(expr, sp.MatrixBase):
        return expr.as_immutable()
    if isinstance(expr, sp.NDimArray):
        raise UnsupportedError("SymPy's Array has no meaning here; use sp.Matrix, or its elements")
    if isinstance(expr, sp.Basic):
        return expr
    if type(expr) in (int, float):
        return sp.Integer(expr) if isinstance(expr, int) else sp.Float(expr)
    if isinstance(expr, str):
        raise UnsupportedError(
            "expected a SymPy expression or matrix, got str; text is not read here, as reading it "
            "would run it: build the expression with SymPy"
        )
    hint = "; convert one at a time, or make an sp.Matrix of them"
    raise UnsupportedError(
        f"expected a SymPy expression or matrix, got {type(expr).__name__}"
        f"{hint if isinstance(expr, list | tuple | dict | set) else ''}"
    )


def leaves(expr: Any) -> list[Any]:
    """The Symbols, IndexedBases and MatrixSymbols in an expression, by name; iterative.

    Indices that are summed over, and sizes, are not among them.
    """
    found: dict[int, Any] = {}
    bound: set[Any] = set()
    stack, seen = [expression(expr)], set()
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, _LEAVES):
            found[id(x)] = x
        elif isinstance(x, sp.Indexed):
            stack.append(x.base)
        elif isinstance(x, sp.Sum | sp.Product):
            bound.update(limit[0] for limit in x.limits)
            stack.append(x.function)
        elif isinstance(x, sp.matrices.expressions.matexpr.MatrixElement):
            stack.append(x.parent)
        elif isinstance(x, sp.Limit):
            stack.append(x.args[0])  # its direction is a symbol, too
        elif not x.is_Atom:
            entry = meaning(x)
            stack.extend(entry.parts(x) if entry else x.args)
    distinct = dict.fromkeys(x for x in found.values() if x not in bound)
    return sorted(distinct, key=lambda x: (str(x.name), sp.default_sort_key(x)))
