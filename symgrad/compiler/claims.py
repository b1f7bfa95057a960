"""What people claim a gradient to be: SymPy expressions, symgrad expressions, or a function.

Each kind of claim is brought to one form: arrays of values at a point, and, where it is symbolic,
arrays of SymPy expressions over real symbols that are called as the leaves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.codegen.module import expanded
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalarize import scalarize
from symgrad.codegen.unit import Unit
from symgrad.errors import ArgumentError, DomainError, ShapeError, SymgradError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.trace import trace
from symgrad.ir.function import Function
from symgrad.symbolic.to_sympy import plain, symbols_of

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


@dataclass(frozen=True, order=True)
class Precision:
    """What a function's numbers can show, by how they are kept.

    unit    half the distance from 1 to the next number
    enough  digits that a right function shows
    clear   digits from which on it is right, with no look at how regular the rest is
    wrong   a function that shows fewer is refuted
    rough   of the largest component, beside which the others are measured
    step    of an argument, as a function's own rounding may move it
    near    the distance at which a function is on the same side of a kink as the loss
    """

    unit: float
    name: str
    enough: float
    clear: float
    wrong: float
    rough: float
    step: float
    near: float


DOUBLE = Precision(2.0**-53, "float64", 11.0, 11.0, 6.0, 1e-4, 2.0**-50, 1e-9)
SINGLE = Precision(2.0**-24, "float32", 4.0, 5.0, 1.5, 1e-2, 2.0**-21, 1e-4)
HALF = Precision(2.0**-8, "16 bits", 1.0, 1.0, 0.3, 1e-1, 2.0**-6, 1e-1)
ALIKE = 40.0  # digits from which on two formulas may be the same


class Claim:
    """What is claimed, and how it is judged.

    exact      whether ``values`` has many digits, or those of its ``precision``
    precision  of a function, the coarsest that it has shown
    rtol       the relative difference that its user allows
    """

    exact = True
    precision = DOUBLE
    rtol: float | None = None

    @property
    def enough(self) -> float:
        """Digits from which on a value is right."""
        most = ALIKE if self.exact else self.precision.enough
        return most if self.rtol is None else min(ALIKE, -math.log10(self.rtol))

    @property
    def wrong(self) -> float:
        """Digits below which a value refutes the claim."""
        return self.enough if self.exact or self.rtol is not None else self.precision.wrong

    def representable(self, point: Point) -> Point:
        """The point as the claim can be told it: an argument that is rounded is another one."""
        if self.precision == DOUBLE:
            return point
        return {
            name: np.asarray(v, np.float32).astype(float) if np.asarray(v).dtype.kind == "f" else v
            for name, v in point.items()
        }

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
        from symgrad.symbolic.from_sympy import read
        from symgrad.symbolic.precise import PRECISE, lifted

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
        from symgrad.symbolic.precise import PRECISE, evaluated, lifted

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


def exact_gradient(problem: Problem, point: Mapping[str, Any], algebra: Any = None) -> list[Any]:
    """Loss and gradients at a point, to the digits of mpmath's context."""
    from symgrad.symbolic.precise import PRECISE, evaluated, lifted

    arguments = [lifted(point[name]) for name in problem.names]
    parts = (problem.loss, problem.gradient)
    return [r for f in parts for r in evaluated(f, arguments, algebra or PRECISE)]
