"""``sg.elementwise``: an operation from a formula; SymPy derives and simplifies its derivative.

>>> import sympy as sp
>>> softsign = elementwise("doc_softsign", lambda x: x / (1 + sp.Abs(x)))
>>> import symgrad as sg
>>> w = sg.param("w", 3.0)
>>> sg.compile(softsign(w) * 2.0)()
(1.5, Gradients(w=0.125))
>>> softsign(-1.0), softsign(sg.Value(1.0))
(np.float64(-0.5), Value(data=0.5, grad=0))

Like any other op it has second derivatives, is evaluated by the interpreter, and is emitted by both
targets, from its formula.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import symgrad.ops
from symgrad.autodiff import gradients
from symgrad.errors import ArgumentError, LimitError, NamingError, SymgradError
from symgrad.frontend.arrays import FUNCTIONS
from symgrad.frontend.arrays.eager import numpy_too
from symgrad.frontend.arrays.expr import apply as apply_array
from symgrad.frontend.refusals import located
from symgrad.frontend.scalars.value import Value, leaf
from symgrad.frontend.scalars.value import apply as apply_values
from symgrad.ir.function import Function, function, parameter
from symgrad.ir.naming import check_name
from symgrad.ir.run import by_name, run
from symgrad.ir.types import Type
from symgrad.ops import OPS
from symgrad.ops.table import REAL, IRAlgebra, Term
from symgrad.ops.table import elementwise as declare
from symgrad.rewrite import cse, fold, identities
from symgrad.rewrite.simplify import cost
from symgrad.rewrite.stabilize import stabilize

SECONDS = 10.0  # what SymPy may take to simplify the derivatives of one formula
MAX_NODES = 400  # a formula with more is too large to be one operation


@dataclass(frozen=True)
class Formula:
    """A formula, its symbols, and the IR functions of its value and its partials."""

    expression: Any
    symbols: tuple[Any, ...]
    value: Function
    partials: Function


@located
def elementwise(name: str, formula: Callable[..., Any], *, doc: str = "") -> Callable[..., Any]:
    """A new elementwise operation, as a function of expressions, arrays, numbers or Values.

    name      what the IR calls it; a name that no other operation has
    formula   SymPy symbols -> the SymPy expression of the result
    Raises NamingError for a name that is taken by another formula, ArgumentError for a formula
    that is not one of its arguments, UnsupportedError for what has no meaning here (an undefined
    function, a sum over indices), DomainError for what is not real, LimitError for a formula that
    is too large.  One that SymPy does not simplify in ten seconds has the derivatives of reverse
    mode, as a long one has.
    """
    from symgrad.symbolic.reader import shown

    check_name(name)
    symbols, expression = _asked(name, formula)
    known = OPS[name].made if name in OPS else None
    if known and (known.expression, known.symbols) == (expression, symbols):
        return _callable(name, len(symbols))
    if name in OPS or name in FUNCTIONS:
        raise NamingError(f"an operation named {name!r} exists already; choose another name")
    _declare(name, derived(name, symbols, expression), formula, doc or shown(expression))
    return _callable(name, len(symbols))


def _asked(name: str, formula: Callable[..., Any]) -> tuple[tuple[Any, ...], Any]:
    """The formula on symbols called as its arguments."""
    import sympy as sp

    from symgrad.symbolic.from_sympy import expression, leaves

    if not callable(formula):
        raise ArgumentError(f"{name}: expected a function of SymPy symbols, got {formula!r}")
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = list(inspect.signature(formula).parameters.values())
    if not parameters or any(p.kind not in plain for p in parameters):
        raise ArgumentError(f"{name}: the formula needs a fixed number of arguments, at least one")
    symbols = tuple(sp.Symbol(p.name, real=True) for p in parameters)
    try:
        made = formula(*symbols)
    except (TypeError, AttributeError) as error:
        raise ArgumentError(
            f"{name}: the formula fails on SymPy symbols: {error}; "
            "write it with SymPy's functions, as sp.exp(x), and a choice as sp.Piecewise"
        ) from error
    result = expression(made)
    if not isinstance(result, sp.Expr) or isinstance(result, sp.MatrixExpr):
        kind = type(result).__name__
        raise ArgumentError(f"{name}: the formula gives a {kind}; expected one real expression")
    free = [s for s in leaves(result) if s not in symbols]
    if free:
        raise ArgumentError(f"{name}: {free[0]} is no argument of the formula; give its value")
    if not leaves(result):
        raise ArgumentError(f"{name}: the formula is the constant {result}; use a number")
    return symbols, result


def derived(name: str, symbols: tuple[Any, ...], expression: Any) -> Formula:
    """The IR of value and partials: the cheapest of the accurate ways to write each of them.

    The partials are those of reverse mode if SymPy is not asked, or does not answer in time.
    """
    from symgrad.symbolic.derive import are_equal, derivatives, faults, nodes

    size = nodes(expression)
    if size > MAX_NODES:
        raise LimitError(
            f"{name}: the formula has {size} nodes and MAX_NODES allows {MAX_NODES}; "
            "compose it of smaller operations"
        )
    value = _written(name, symbols, [expression])
    ways = [own := _by_reverse_mode(value, len(symbols))]
    by_sympy = derivatives(symbols, expression, SECONDS)
    points = [point for point, _ in by_sympy.samples]
    for partials in by_sympy.ways:
        with suppress(SymgradError):  # SymPy's way to write it has no meaning here; another one has
            way = _written(name, symbols, partials)
            if are_equal(own, way, points):
                ways.append(way)
    best = min(ways, key=lambda way: (faults(by_sympy.samples, way), _joint(value, way)))
    return Formula(expression, symbols, value, best)


def _written(name: str, symbols: Sequence[Any], expressions: Sequence[Any]) -> Function:
    """SymPy expressions as one IR function of the symbols."""
    from symgrad.symbolic.from_sympy import read

    f = IRAlgebra()
    parameters = [parameter(s.name, Type("f64")) for s in symbols]
    bound = {s: f.term(p) for s, p in zip(symbols, parameters, strict=True)}
    values = [read(e, f, bound.__getitem__) for e in expressions]
    results = [v.instr if isinstance(v, Term) else f.number(v, "f64") for v in values]
    return tidied(function(name, parameters, results))


def _by_reverse_mode(value: Function, count: int) -> Function:
    """The partials as our own reverse mode has them."""
    grads = gradients(value.results[0], value.parameters)
    return tidied(function(value.name, value.parameters, grads))


def tidied(f: Function) -> Function:
    return cse(identities(fold(stabilize(f))))


def _joint(value: Function, partials: Function) -> int:
    """The cost of value and partials together; shared parts count once."""
    arguments = list(value.parameters)
    both = run(partials, by_name(IRAlgebra()), [IRAlgebra().term(p) for p in arguments])
    results = [v.instr if isinstance(v, Term) else IRAlgebra().number(v, "f64") for v in both]
    return cost(cse(function("both", arguments, [*value.results, *results])))


def _declare(name: str, made: Formula, formula: Callable[..., Any], doc: str) -> None:
    def partials(f: Any, y: Any, *xs: Any) -> tuple[Any, ...]:
        found = run(made.partials, by_name(f), xs)
        return tuple(None if type(p) is float and p == 0.0 else p for p in found)

    def expansion(f: Any, *xs: Any) -> Any:
        return run(made.value, by_name(f), xs)[0]

    declare(
        name,
        None,
        meaning=lambda sp, *xs: formula(*xs),
        floats=lambda *xs: float(expansion(symgrad.ops.FloatAlgebra(), *xs)),
        partials=partials,
        expansion=expansion,
        domain=(REAL,) * len(made.symbols),
        inline=True,
        made=made,
        doc=doc,
    )


def _callable(name: str, arity: int) -> Callable[..., Any]:
    """The function of expressions, arrays and Values."""

    @numpy_too
    def arrays(*xs: Any) -> Any:
        return apply_array(name, *xs)

    def function(*xs: Any) -> Any:
        if len(xs) != arity:
            raise ArgumentError(f"{name} takes {arity} arguments, got {len(xs)}")
        if any(isinstance(x, Value) for x in xs):
            return apply_values(name, *[x if isinstance(x, Value) else leaf(x) for x in xs])
        return arrays(*xs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{OPS[name].doc}\n\nElementwise; the operands broadcast as in NumPy."
    return function


__all__ = ["elementwise"]
