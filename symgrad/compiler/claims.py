"""What people claim a gradient to be: SymPy expressions, symgrad expressions, or a function.

Each kind of claim is brought to one form: arrays of values at a point, and, where it is symbolic,
arrays of SymPy expressions over real symbols that are called as the leaves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.codegen.expansion import expanded
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalarize import scalarize
from symgrad.codegen.unit import Unit
from symgrad.compiler.conversion import plain, symbols_of
from symgrad.errors import ArgumentError, DomainError, ShapeError, SymgradError
from symgrad.frontend.array import Expr
from symgrad.frontend.tracing import trace
from symgrad.ir.function import Function

if TYPE_CHECKING:
    from symgrad.symbolic.claimed import Side, Written

Place = tuple[int, tuple[int, ...]]  # which gradient, and which element of it
Point = dict[str, Any]  # float64 arrays by the names of the leaves


@dataclass(frozen=True)
class Problem:
    """A loss and its gradient as IR functions of the same parameters.

    leaves   what the parameters stand for, where they are expressions
    wrt      the places of the parameters that are differentiated by
    held     the data of those that hold any, by name
    """

    loss: Function
    gradient: Function
    leaves: tuple[Any, ...]
    wrt: tuple[int, ...]
    held: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        return [p.hint for p in self.loss.parameters]

    def shape(self, i: int, point: Point) -> tuple[int, ...]:
        """The shape of the i-th gradient at a point."""
        return np.shape(point[self.names[self.wrt[i]]])


class Claim:
    """``exact`` says whether ``values`` has many digits or those of float64."""

    exact = True

    def values(self, point: Point, algebra: Any = None) -> list[Any]:
        """One array for each parameter that is differentiated by.

        algebra   what computes them, to the digits of the context; functions need none
        """
        raise ArgumentError("no claim")

    def side(self) -> Side | None:
        """All components, flat, as SymPy is to have them; None where the claim is not symbolic."""
        return None


class FormulaClaim(Claim):
    """SymPy expressions, one for each element of each gradient."""

    def __init__(self, problem: Problem, claimed: Sequence[Any]) -> None:
        self.problem = problem
        self.arrays = []
        for c, i in zip(claimed, problem.wrt, strict=True):
            p, array = problem.loss.parameters[i], _elements(c)
            if p.type.rank == 1 and array.ndim == 2 and 1 in array.shape:
                array = array.reshape(-1)  # SymPy has no vectors but columns and rows
            self.arrays.append(array)
            if array.ndim != p.type.rank:
                raise ShapeError(
                    f"claimed: the gradient of {p.hint} is {p.type}, got {array.shape}"
                )

    def values(self, point: Point, algebra: Any = None) -> list[Any]:
        from symgrad.symbolic.exactly import lifted
        from symgrad.symbolic.from_sympy import read
        from symgrad.symbolic.precise import PRECISE

        def bind(symbol: Any) -> Any:
            if symbol.name not in point:
                known = ", ".join(point)
                raise ArgumentError(
                    f"claimed: {symbol} is no argument of the loss (it has {known})"
                )
            _refuse_narrow(symbol)
            value = lifted(point[symbol.name])
            return value if value.ndim else value[()]

        found = []
        for array in self.arrays:
            out = np.empty(array.shape, dtype=object)
            for place in np.ndindex(array.shape):
                try:
                    out[place] = read(array[place], algebra or PRECISE, bind)
                except IndexError as error:
                    raise ArgumentError(f"claimed: {array[place]}: {error}") from error
            found.append(out)
        return found

    def side(self) -> Side | None:
        return [e for array in self.arrays for e in array.flat]


def _refuse_narrow(symbol: Any) -> None:
    """Raises DomainError for a symbol that SymPy simplifies by as what no argument is."""
    for kind in ("integer", "rational", "irrational", "imaginary"):
        if symbol.assumptions0.get(kind):
            raise DomainError(
                f"claimed: the symbol {symbol} is declared {kind}, and SymPy simplifies by that; "
                f"arguments are real numbers: sp.Symbol({str(symbol.name)!r}, real=True)"
            )


class ExpressionClaim(Claim):
    """symgrad expressions of the same leaves."""

    def __init__(self, problem: Problem, claimed: Sequence[Expr]) -> None:
        traced = trace(list(claimed), also=list(problem.leaves))
        known = {id(leaf) for leaf in problem.leaves}
        foreign = [leaf.name for leaf in traced.leaves if id(leaf) not in known]
        if foreign:
            raise ArgumentError(f"claimed: {foreign[0]} is no argument of the loss")
        self.function = traced.function
        self.leaves = tuple(traced.leaves)

    def values(self, point: Point, algebra: Any = None) -> list[Any]:
        from symgrad.symbolic.exactly import evaluated, lifted
        from symgrad.symbolic.precise import PRECISE

        arguments = [lifted(point[p.hint]) for p in self.function.parameters]
        return evaluated(self.function, arguments, algebra or PRECISE)

    def side(self) -> Side | None:
        return written(self.function, self.leaves)[1]


class Displaced(Claim):
    """The right gradient of another point: what the rounding of the arguments makes of it."""

    exact = False

    def __init__(self, problem: Problem, other: Point) -> None:
        self.problem, self.other = problem, other

    def values(self, point: Point, algebra: Any = None) -> list[Any]:
        return exact_gradient(self.problem, self.other, algebra)[1:]


class FunctionClaim(Claim):
    """A Python function of all arguments that returns the gradient, or a tuple of gradients."""

    exact = False

    def __init__(self, problem: Problem, claimed: Callable[..., Any]) -> None:
        self.problem = problem
        self.function = claimed
        self.by_name = _takes_names(claimed, problem.names)

    def values(self, point: Point, algebra: Any = None) -> list[Any]:
        arguments = {n: v.copy() if np.ndim(v) else v[()] for n, v in point.items()}
        try:
            if self.by_name:
                result = self.function(**arguments)
            else:
                result = self.function(*[arguments[n] for n in self.problem.names])
        except (Exception, SystemExit) as error:
            raise ArgumentError(
                f"claimed: the function raised {type(error).__name__}: {error}"
            ) from error
        wanted = len(self.problem.wrt)
        several = isinstance(result, tuple | list) and wanted > 1
        parts = list(result) if several else [result]
        if len(parts) != wanted:
            raise ArgumentError(
                f"claimed: expected {wanted} gradients in a tuple from the function, got {result!r}"
            )
        return [_reals(p) for p in parts]


def _reals(part: Any) -> Any:
    """What a claimed function returned for one argument, as an array of floats."""
    try:
        array = np.asarray(part)
        if array.dtype == object and any(v is None for v in array.flat):
            raise TypeError("None is no number; is a return missing?")
        if array.dtype.kind not in "biufO":
            raise TypeError(f"{array.dtype} is not real")
        return array.astype(float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            f"claimed: expected a gradient of real numbers from the function, got {part!r}: {error}"
        ) from error


def claim_of(problem: Problem, claimed: Any, several: bool) -> Claim:
    """The claim in the form above.  Raises ArgumentError for what is none."""
    if callable(claimed) and not isinstance(claimed, Expr) and not _is_sympy(claimed):
        return FunctionClaim(problem, claimed)
    parts = list(claimed) if several and isinstance(claimed, list | tuple) else [claimed]
    if len(parts) != len(problem.wrt):
        kind = "" if isinstance(claimed, list | tuple) else f": {type(claimed).__name__}"
        raise ArgumentError(
            f"claimed: expected {len(problem.wrt)} gradients, got {len(parts)}{kind}"
        )
    if all(isinstance(c, Expr) for c in parts):
        return ExpressionClaim(problem, parts)
    return FormulaClaim(problem, parts)


def _is_sympy(x: Any) -> bool:
    return type(x).__module__.partition(".")[0] == "sympy"


def _elements(claimed: Any) -> Any:
    """One claim as an array of SymPy expressions: a matrix, nested lists, or one expression."""
    from symgrad.symbolic.from_sympy import expression

    if hasattr(claimed, "tolist") and not isinstance(claimed, Expr):
        claimed = claimed.tolist()
    array = np.empty((), dtype=object)
    if isinstance(claimed, list | tuple):
        array = np.array(claimed, dtype=object)
    else:
        array[()] = claimed
    out = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        try:
            out[place] = expression(array[place])
        except SymgradError as error:
            raise ArgumentError(f"claimed: {error}") from error
    return out


def written(f: Function, leaves: Sequence[Any]) -> tuple[Function, Written]:
    """A function as one of scalars, and as the text that SymPy's process makes expressions of.

    leaves   what the parameters stand for; data that they hold are numbers there
    """
    from symgrad.symbolic.claimed import Written

    scalar = scalarize(Unit(expanded(plain(f), PYTHON), 0)).function
    symbols: list[Any] = []
    for leaf, p in zip(leaves or f.parameters, f.parameters, strict=True):
        data = getattr(leaf, "data", None) if p["kind"] == "constant" else None
        symbols += symbols_of(p, None) if data is None else np.ravel(data).tolist()
    return scalar, Written(str(scalar), tuple(symbols))


def _takes_names(function: Callable[..., Any], names: Sequence[str]) -> bool:
    """Whether a function's parameters are called as the arguments of the loss."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    kinds = {p.kind for p in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return True
    ordered = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL}
    return set(parameters) == set(names) and not kinds & ordered


def exact_gradient(problem: Problem, point: Mapping[str, Any], algebra: Any = None) -> list[Any]:
    """Loss and gradients at a point, to the digits of mpmath's context."""
    from symgrad.symbolic.exactly import evaluated, lifted
    from symgrad.symbolic.precise import PRECISE

    arguments = [lifted(point[name]) for name in problem.names]
    parts = (problem.loss, problem.gradient)
    return [r for f in parts for r in evaluated(f, arguments, algebra or PRECISE)]
