r"""A claimed formula as IR: its numbers are exact, and its symbols the arguments of the loss.

>>> import symgrad.ops
>>> from symgrad.ir import Type, parameter
>>> x = parameter("x", Type("f64"))
>>> print(exact_function([x], [elements(sp.Symbol("x") / 3, x)]))
func @claimed(input %x: f64[]) {
  %0 = constant 3.0 : f64[]
  %1 = divide %x, %0 : f64[]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from symgrad.errors import ArgumentError, DomainError, ShapeError, SymgradError
from symgrad.ir.function import Function, Instr, function
from symgrad.ops.table import IRAlgebra, Term
from symgrad.symbolic.from_sympy import expression, read

DIGITS = 2500  # decimal digits of an irrational number: more than any ball has
WORD = 2**53  # whole numbers below it are floats


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


def exact_function(parameters: Sequence[Instr], arrays: Sequence[Any]) -> Function:
    """The IR function of these parameters that returns each element of arrays of expressions.

    Raises ArgumentError, ShapeError, DomainError for what means nothing as a function of them.
    """
    f, known = ExactNumbers(), {p.hint: p for p in parameters}

    def bind(symbol: Any) -> Term:
        if symbol.name not in known:
            there = ", ".join(known)
            raise ArgumentError(f"claimed: {symbol} is no argument of the loss (it has {there})")
        _refuse_narrow(symbol)
        value = f.term(known[symbol.name])
        return value if value.instr.type.dtype == "f64" else f.cast(value, dtype="f64")

    terms = []
    for e in (e for array in arrays for e in array.flat):
        _check_indices(e, known)
        try:
            terms.append(_number(f.lifted(read(e, f, bind)).instr, e))
        except (IndexError, ShapeError) as error:
            raise ArgumentError(f"claimed: {e}: {error}") from error
    return function("claimed", parameters, terms)


def _number(x: Instr, written: Any) -> Instr:
    """The value of an element.  Raises ArgumentError for a condition, or an array."""
    if x.type.dtype == "bool":
        raise ArgumentError(
            f"claimed: expected a number, got the condition {written}; choose between numbers by "
            "it: sp.Piecewise((a, condition), (b, True))"
        )
    if x.type.shape:
        raise ArgumentError(
            f"claimed: expected a number, got {written}, which is {x.type}; claim its elements, "
            "or an element by its index"
        )
    return x


def elements(claimed: Any, p: Instr) -> Any:
    """The claim for an argument as an array of SymPy expressions: a matrix, nested lists, or one
    expression.  Raises ArgumentError, ShapeError."""
    if isinstance(claimed, np.ndarray | np.generic | sp.MatrixBase | sp.NDimArray):
        claimed = claimed.tolist()
    array: Any = np.empty((), dtype=object)
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
    if p.type.rank == 1 and out.ndim == 2 and 1 in out.shape:
        out = out.reshape(-1)  # SymPy has no vectors but columns and rows
    if out.ndim != p.type.rank:
        raise ShapeError(f"claimed: the gradient of {p.hint} is {p.type}, got {out.shape}")
    return out


def _check_indices(expression: Any, known: Mapping[str, Instr]) -> None:
    """Raises ArgumentError for an element that an array does not have."""
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
