"""``sg.from_sympy`` and ``sg.to_sympy``: between symgrad's expressions and SymPy's.

>>> import sympy as sp
>>> import symgrad as sg
>>> s = sp.Symbol("s", real=True)
>>> x = sg.param("x", 0.5)
>>> energy = sg.from_sympy(s**2 / 2 + sp.cos(s), {s: x})
>>> energy.to_sympy(symbols={x: s}, exact=True)
s**2/2 + cos(s)

SymPy is imported by the first call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symgrad.codegen.elements import place
from symgrad.codegen.expansion import expanded
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalarize import scalarize, shape_of
from symgrad.codegen.unit import Unit
from symgrad.errors import ArgumentError, DTypeError, NamingError, ShapeError, UnsupportedError
from symgrad.frontend.arrays.expr import Expr, as_expr
from symgrad.frontend.arrays.leaf import Leaf, input
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.scalars.backprop import reach
from symgrad.frontend.scalars.lower import hint_of, lower
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import caller, located
from symgrad.ir.dims import is_name
from symgrad.ir.function import Function, Instr, function
from symgrad.ir.types import Type
from symgrad.ops.algebra import IRAlgebra, Term


@located
def from_sympy(expr: Any, symbols: Mapping[Any, Any] | None = None) -> Expr:
    """The expression that a SymPy expression or matrix means.

    symbols   Symbol, IndexedBase or MatrixSymbol (or its name) -> an expression, number or array;
              an applied function such as x(t), or a derivative of one, may be a key, too;
              without ``symbols`` each symbol becomes an ``sg.input`` of its name and shape
    A Piecewise without a default is nan where no condition holds, and its gradient there is 0, as
    that of any branch not taken; the certificate assumes that one holds.
    A branch that holds at one point, or where some symbols meet, has the slope of those beside it
    where SymPy finds the limit within its budget, otherwise its own; ``f.notes`` tell which.
    Raises UnsupportedError, by name, for what has no meaning here; ArgumentError for a symbol that
    ``symbols`` lacks; DomainError for what is not real.

    >>> import sympy as sp
    >>> i, N, x = sp.Symbol("i"), sp.Symbol("N"), sp.IndexedBase("x", shape=sp.Symbol("N"))
    >>> from_sympy(sp.Sum(x[i] ** 2, (i, 0, N - 1)) / N)
    <expr divide: f64[]>
    """
    return converted(expr, symbols, with_slopes=True)


def converted(expr: Any, symbols: Mapping[Any, Any] | None, with_slopes: bool) -> Expr:
    """``from_sympy``; without slopes no limits are looked for."""
    from symgrad.symbolic.from_sympy import leaves, read

    f = IRAlgebra((caller(),))
    bound = _bound(f, leaves(expr), symbols)
    applied = {k: _float_term(f, v, str(k)) for k, v in (symbols or {}).items() if _is_applied(k)}
    sized = functools.partial(_sized, symbols or {})
    value = read(expr, f, _binder(f, bound, symbols), applied, sized, with_slopes)
    return Expr(value.instr) if isinstance(value, Term) else as_expr(float(value))


def bindable(key: Any) -> bool:
    """Whether a SymPy object can stand for a value: a symbol, or a function applied to one."""
    import sympy as sp

    return isinstance(key, sp.Symbol | sp.IndexedBase | sp.MatrixSymbol) or _is_applied(key)


def _is_applied(key: Any) -> bool:
    import sympy as sp

    return isinstance(key, sp.core.function.AppliedUndef | sp.Derivative)


def _bound(f: IRAlgebra, leaves: list[Any], symbols: Mapping[Any, Any] | None) -> dict[Any, Term]:
    """The value of each leaf that is given, or made as an input."""
    bound: dict[Any, Term] = {}
    if symbols is not None and not isinstance(symbols, Mapping):
        raise ArgumentError(f"symbols: expected a dict, got {type(symbols).__name__}")
    given = {} if symbols is None else dict(symbols)
    sizes = {n for leaf in leaves for n in _size_names(leaf)}
    for leaf in leaves:
        name = str(leaf.name)
        if leaf in given or name in given:
            bound[leaf] = _float_term(f, given[leaf] if leaf in given else given[name], name)
            _check_shape(leaf, bound[leaf].instr.type, given)
        elif symbols is None and name not in sizes:
            bound[leaf] = f.term(_input_for(leaf).instr)
    return bound


def _check_shape(leaf: Any, bound: Type, given: Mapping[Any, Any]) -> None:
    """Raises ShapeError where a symbol of a known shape is bound to an array of another."""
    own = tuple(_sized(given, n) for n in getattr(leaf, "shape", None) or ())
    shape = bound.shape
    if len(own) == len(shape) + 1 == 2 and own[1] == 1:
        own = own[:1]  # a column may be bound to a vector
    known = [(int(a), b) for a, b in zip(own, shape, strict=False) if getattr(a, "is_Integer", 0)]
    if own and (len(own) != len(shape) or any(a != b for a, b in known if isinstance(b, int))):
        raise ShapeError(
            f"{leaf} has the shape {own}, but is bound to {bound}; called at {caller()}"
        )


def _sized(given: Mapping[Any, Any], size: Any) -> Any:
    """A size with the whole numbers that its symbols are bound to; raises for other values."""
    import sympy as sp

    size = sp.sympify(size, strict=True)
    numbers: dict[Any, Any] = {}
    for s in sorted(size.free_symbols, key=str):
        if s not in given and str(s) not in given:
            continue
        x = as_expr(given[s] if s in given else given[str(s)], name=str(s)).instr
        value = x["value"] if x.is_constant and not x.type.rank else None
        if value is None or value != int(value) or value < 0:
            raise ArgumentError(
                f"symbols: {s} is a size, and is bound to {x.type}; expected a whole number, or "
                f"nothing, for the size of that name; called at {caller()}"
            )
        numbers[s] = sp.Integer(int(value))
    return size.xreplace(numbers)


def _binder(
    f: IRAlgebra, bound: dict[Any, Term], symbols: Mapping[Any, Any] | None
) -> Callable[[Any], Term]:
    sizes = {d for t in bound.values() for d in t.instr.type.shape if isinstance(d, str)}

    def bind(leaf: Any) -> Term:
        if leaf in bound:
            return bound[leaf]
        if str(leaf.name) in sizes:
            return f.size(dim=str(leaf.name), dtype="f64")  # type: ignore[no-any-return]
        known = ", ".join(map(str, symbols or ())) or "none"
        raise ArgumentError(
            f"the symbol {leaf} is bound to nothing: give it in symbols= (there: {known}); "
            f"called at {caller()}"
        )

    return bind


def _float_term(f: IRAlgebra, value: Any, name: str) -> Term:
    if isinstance(value, Value):
        raise ArgumentError(
            f"symbols: {name} is bound to a Value; bind it to an sg.param or an sg.input"
        )
    x = as_expr(value, name=name)
    if x.instr.type.dtype == "bool":
        raise DTypeError(f"symbols: {name} is bound to bool; a real number is expected")
    return f.term(x.instr if x.instr.type.is_float else as_expr(x, "f64").instr)


def _input_for(leaf: Any) -> Leaf:
    """An input of a symbol's name and shape."""
    from symgrad.symbolic.indices import dim_of

    shape = getattr(leaf, "shape", ())
    if shape is None:
        raise ArgumentError(
            f"the shape of {leaf} is unknown: bind it in symbols=, or write "
            f"IndexedBase({str(leaf.name)!r}, shape=...)"
        )
    try:
        return input(str(leaf.name), tuple(dim_of(n) for n in shape))
    except NamingError as error:
        raise NamingError(f"{error}; or bind the symbol {leaf} in symbols=") from error


def _size_names(leaf: Any) -> list[str]:
    """The names of the sizes in a symbol's own shape."""
    shape = getattr(leaf, "shape", None) or ()
    return [s.name for n in shape for s in n.free_symbols if is_name(s.name)]


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
    traced = trace([x])
    _check_meant(traced.function)
    whole = expanded(plain(traced.function), PYTHON)
    unit = scalarize(Unit(whole, 0))
    bases: list[Any] = []
    for leaf, p in zip(traced.leaves, traced.function.parameters, strict=True):
        own = given.get(leaf, given.get(leaf.name))
        if own is None and leaf.kind == "constant":
            bases += np.asarray(leaf.data).reshape(-1).tolist()
        else:
            bases += symbols_of(p, own)
    return unit.function, bases, shape_of(x.instr)


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


def symbols_of(p: Instr, own: Any) -> list[Any]:
    import sympy as sp

    if not p.type.rank:
        return [sp.Symbol(p.hint, real=True) if own is None else sp.sympify(own, strict=True)]
    base = sp.IndexedBase(p.hint, shape=shape_of(p), real=True) if own is None else own
    return [base[i if len(i) > 1 else i[0]] for i in np.ndindex(shape_of(p))]


def plain(f: Function) -> Function:
    """log(sum(exp(x))) for logsumexp: in exact arithmetic nothing overflows."""
    if all(x.op.name != "logsumexp" for x in f.body):
        return f
    made: dict[int, Instr] = {id(p): p for p in f.parameters}
    for x in f.body:
        operands = tuple(made[id(o)] for o in x.operands)
        if x.op.name == "logsumexp":
            a = IRAlgebra(x.origins, x.type.dtype)
            made[id(x)] = a.log(a.sum(a.exp(a.term(operands[0])), **dict(x.attributes))).instr
        else:
            made[id(x)] = x.replace(operands)
    return function(f.name, f.parameters, [made[id(r)] for r in f.results])


__all__ = ["from_sympy", "to_sympy"]
