"""A loss, its gradient, and a gradient that somebody claims: formulas, expressions, or a function.

Formulas of SymPy and symgrad's expressions become one IR function, and that a text; a Python
function is called.  Numbers of SymPy stay exact, as quotients of whole numbers.

>>> import symgrad.ops
>>> import sympy as sp
>>> f = ExactNumbers()
>>> f.exactly(sp.Rational(1, 3)).instr, f.exactly(sp.Float(0.1)).instr["value"]
(<_ = divide : f64[]>, 0.1)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DomainError, ShapeError, SymgradError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.trace import trace
from symgrad.ir.function import Function, Instr, function
from symgrad.ops.terms import IRAlgebra, Term

Point = Mapping[str, Any]  # arrays by the names of the leaves
DIGITS = 2500  # decimal digits of an irrational number: more than any ball has
WORD = 2**53  # whole numbers below it are floats


@dataclass(frozen=True)
class Problem:
    """A loss, and the loss with its gradient, as IR functions of the same parameters.

    leaves    what the parameters stand for, where they are expressions
    wrt       the places of the parameters that are differentiated by
    held      the data of those that hold any, by name
    scalars   makes a function of scalars of a function
    """

    loss: Function
    gradient: Function
    leaves: tuple[Any, ...]
    wrt: tuple[int, ...]
    held: Mapping[str, Any]
    scalars: Callable[[Function], Function]

    @property
    def parameters(self) -> tuple[Instr, ...]:
        return self.loss.parameters

    @property
    def names(self) -> list[str]:
        return [p.hint for p in self.parameters]

    @property
    def differentiated(self) -> list[str]:
        return [self.names[i] for i in self.wrt]

    def component(self, point: Point, flat: int) -> str:
        """The name of a component of the gradient, by its place among all of them."""
        for name in self.differentiated:
            shape = np.shape(point[name])
            if flat < math.prod(shape):
                return element(f"d_{name}", tuple(map(int, np.unravel_index(flat, shape))))
            flat -= math.prod(shape)
        return ""


def element(name: str, index: tuple[int, ...]) -> str:
    """How an element of an argument is written."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


@dataclass(frozen=True, order=True)
class Precision:
    """The digits that a function's numbers can show, by how they are kept.

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


class GradientClaim:
    """A claimed gradient, and how it is judged.

    function   an IR function of the components, where the claim is symbolic
    arrays     the gradients, where the function has each component by itself
    precision  of a Python function, the coarsest that it has shown
    rtol       the relative difference that its user allows
    """

    function: Function | None = None
    arrays: Sequence[Any] = ()
    precision = DOUBLE
    rtol: float | None = None

    @property
    def exact(self) -> bool:
        return self.function is not None

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

    def values(self, point: Point) -> list[Any]:
        """One array of floats for each parameter that is differentiated by, by a function."""
        raise ArgumentError("no function")


class FormulaClaim(GradientClaim):
    """SymPy expressions, one for each element of each gradient."""

    def __init__(self, problem: Problem, claimed: Sequence[Any]) -> None:
        self.problem = problem
        arrays: list[Any] = []
        for c, i in zip(claimed, problem.wrt, strict=True):
            p, array = problem.parameters[i], _elements(c)
            if p.type.rank == 1 and array.ndim == 2 and 1 in array.shape:
                array = array.reshape(-1)  # SymPy has no vectors but columns and rows
            arrays.append(array)
            if array.ndim != p.type.rank:
                raise ShapeError(
                    f"claimed: the gradient of {p.hint} is {p.type}, got {array.shape}"
                )
        f, self.arrays = ExactNumbers(), arrays
        terms = [f.lifted(self._read(f, e)).instr for array in self.arrays for e in array.flat]
        self.function = function("claimed", problem.parameters, terms)

    def _read(self, f: ExactNumbers, expression: Any) -> Any:
        from symgrad.symbolic.from_sympy import read

        known = {p.hint: p for p in self.problem.parameters}
        _check_indices(expression, known)

        def bind(symbol: Any) -> Term:
            if symbol.name not in known:
                there = ", ".join(known)
                raise ArgumentError(
                    f"claimed: {symbol} is no argument of the loss (it has {there})"
                )
            _refuse_narrow(symbol)
            value = f.term(known[symbol.name])
            return value if value.instr.type.dtype == "f64" else f.cast(value, dtype="f64")

        try:
            return read(expression, f, bind)
        except (IndexError, ShapeError) as error:
            raise ArgumentError(f"claimed: {expression}: {error}") from error


class ExactNumbers(IRAlgebra):
    """Builds IR in which SymPy's numbers are whole numbers and their quotients."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Any, Term] = {}

    def lifted(self, x: Any) -> Term:
        """A term, also of a Python number."""
        return x if isinstance(x, Term) else self.term(self.number(float(x), "f64"))

    def exactly(self, x: Any) -> Term:
        """A number of SymPy's; a Float, or what is made of one, as the float that it is."""
        if x not in self.known:
            self.known[x] = self._made(x)
        return self.known[x]

    def _made(self, x: Any) -> Term:
        import sympy as sp

        if x.is_infinite or x is sp.S.NaN or x.has(sp.Float):
            return self.lifted(float(x))
        if x.is_Rational:
            return self._whole(x.p) if x.q == 1 else self._whole(x.p) / self._whole(x.q)
        sign, mantissa, exponent, _ = sp.N(x, DIGITS)._to_mpmath(4 * DIGITS)._mpf_
        y, power = self._whole(int(mantissa) * (-1) ** sign), self._whole(2 ** abs(exponent))
        return y * power if exponent > 0 else y / power

    def _whole(self, n: int) -> Term:
        """A whole number of any size."""
        digits: list[int] = []
        rest = abs(n)
        while rest or not digits:
            rest, digit = divmod(rest, WORD)
            digits.append(digit if n >= 0 else -digit)
        y = self.lifted(digits.pop())
        while digits:
            y = y * self.lifted(WORD) + self.lifted(digits.pop())
        return y


def _check_indices(expression: Any, known: Mapping[str, Instr]) -> None:
    """Raises ArgumentError for an element that an array does not have."""
    import sympy as sp

    for x in sp.ordered(expression.atoms(sp.Indexed)):
        p = known.get(str(x.base.name))
        for k, (i, n) in enumerate(zip(x.indices, p.type.shape if p else (), strict=False)):
            if isinstance(n, int) and i.is_Integer and not -n <= int(i) < n:
                raise ArgumentError(
                    f"claimed: {x}: index {i} is out of bounds for axis {k} with size {n}"
                )


def _refuse_narrow(symbol: Any) -> None:
    """Raises DomainError for a symbol that SymPy simplifies by as what no argument is."""
    for kind in ("integer", "rational", "irrational", "imaginary"):
        if symbol.assumptions0.get(kind):
            raise DomainError(
                f"claimed: the symbol {symbol} is declared {kind}, and SymPy simplifies by that; "
                f"arguments are real numbers: sp.Symbol({str(symbol.name)!r}, real=True)"
            )


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


class ExpressionClaim(GradientClaim):
    """symgrad expressions of the same leaves."""

    def __init__(self, problem: Problem, claimed: Sequence[Expr]) -> None:
        traced = trace(list(claimed), also=list(problem.leaves))
        known = {id(leaf) for leaf in problem.leaves}
        foreign = [leaf.name for leaf in traced.leaves if id(leaf) not in known]
        if foreign:
            raise ArgumentError(f"claimed: {foreign[0]} is no argument of the loss")
        own = dict(zip(map(id, traced.leaves), traced.function.parameters, strict=True))
        parameters = [own[id(leaf)] for leaf in problem.leaves]
        self.function = function("claimed", parameters, traced.function.results)
