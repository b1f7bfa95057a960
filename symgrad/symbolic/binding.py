"""``sg.from_sympy``: SymPy's symbols bound to symgrad's expressions.

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

from symgrad.errors import ArgumentError, DTypeError, NamingError, ShapeError
from symgrad.frontend.arrays.expr import Expr, as_expr
from symgrad.frontend.arrays.leaf import Leaf, input
from symgrad.frontend.refusals import located
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import caller
from symgrad.ir.types import Type, is_name
from symgrad.ops.table import IRAlgebra, Term


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
    """True for what can stand for a value in SymPy: a symbol, or a function applied to one."""
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
            return f.size(dim=str(leaf.name), dtype="f64")
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


__all__ = ["from_sympy"]
