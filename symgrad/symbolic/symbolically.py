r"""L4: the same text on SymPy's expressions, against ``sympy.diff`` of the reference.

Runs in a process of its own, under the budget.  Literals are exact rationals.  Comparisons go as
they go at one point, so that what is proved is proved on the piece around it.

>>> from symgrad.checker import Claim
>>> text = "def f(x):\n    y = x * x\n    return y * y, (4.0 * x * y,)\n"
>>> from symgrad.symbolic.reference import Printed
>>> from symgrad.ir import parse
>>> from symgrad.ops import OPS
>>> ir = "func @f(param %x: f64[]) {\n  %n = constant 4.0 : f64[]\n  %y = power %x, %n : f64[]\n"
>>> reference = Printed(parse(ir + "  return %y\n}\n", OPS))
>>> proved(Claim(text, reference, {"x": "f64[]"}, ("x",)), 1)
('', 0)
>>> proved(Claim(text.replace("4.0", "4.5"), reference, {"x": "f64[]"}, ("x",)), 1)
('SymPy cannot show that d_x is the derivative', 0)
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from symgrad.checker import Claim
from symgrad.checker.exact_text import leaves
from symgrad.checker.real_functions import FUNCTIONS, MEANINGS, Real, call
from symgrad.errors import DomainError, LimitError
from symgrad.ops import OPS
from symgrad.symbolic.budget import within
from symgrad.symbolic.vanishing import is_zero

SECONDS = 120.0
OPERATIONS = 20_000  # on expressions, that text and reference may take together
KNOWN = (TrigonometricFunction, HyperbolicFunction)  # SymPy differentiates them better than exp
NATIVE = [k for k in MEANINGS if inspect.isclass(f := getattr(sp, k, 0)) and issubclass(f, KNOWN)]


class Symbolic(Real):
    """An expression, and its value at the point, which decides comparisons."""

    __slots__ = ("s", "x")
    operations, comparisons = 0, 0

    def __init__(self, x: Any, s: float) -> None:
        self.x, self.s = x, s
        Symbolic.operations += 1
        if Symbolic.operations > OPERATIONS:
            raise LimitError(f"the program takes more than OPERATIONS = {OPERATIONS:,} operations")

    def rational(self, q: Fraction) -> Symbolic:
        return Symbolic(sp.Rational(q.numerator, q.denominator), float(q))

    def plus(self, o: Symbolic) -> Symbolic:
        return Symbolic(self.x + o.x, self.s + o.s)

    def times(self, o: Symbolic) -> Symbolic:
        return Symbolic(self.x * o.x, self.s * o.s)

    def inverse(self) -> Symbolic:
        if not self.s:
            raise DomainError("division by zero")
        return Symbolic(1 / self.x, 1.0 / self.s)

    def sign(self) -> int:
        if self.x == 0:
            return 0
        Symbolic.comparisons += not self.x.is_number
        if not self.s:
            raise DomainError("a comparison is a tie at the point")
        return 1 if self.s > 0 else -1

    def literal(self) -> float | None:
        return self.s if self.x.is_Rational and Fraction(self.s) == Fraction(str(self.x)) else None

    def middle(self) -> float:
        return self.s

    def apply(self, name: str, *xs: Symbolic) -> Symbolic:
        meaning: Any = OPS[name].meaning
        function = partial(meaning, sp)
        value = float(sp.N(function(*(sp.Float(x.s) for x in xs))))
        return Symbolic(function(*(x.x for x in xs)), value)


def proof(claim: Claim, sizes: Sequence[int]) -> tuple[str, str]:
    """How it was proved, or else the fault.

    Raises LimitError where the program is too large, or SymPy takes too long.
    """
    n = min(sizes) if claim.dims else 1
    fault, comparisons = within(SECONDS, "symbolically.proved", claim, n)
    at = f" at N = {n}" if claim.dims else ""
    piece = f", where {comparisons} comparisons go as at one point" if comparisons else ""
    return f"by SymPy{at}{piece}: the text is sympy.diff of the reference", fault


def proved(claim: Claim, n: int) -> tuple[str, int]:
    """The first fault of a text, or nothing; and how many comparisons there were."""
    Symbolic.operations = Symbolic.comparisons = 0
    kept = {name: FUNCTIONS[name].function for name in NATIVE}
    for name in NATIVE:
        FUNCTIONS[name].replace(partial(call, name))
    try:
        return next(_faults(claim, n), ""), Symbolic.comparisons
    finally:
        for name, function in kept.items():
            FUNCTIONS[name].replace(function)


def _faults(claim: Claim, n: int) -> Iterator[str]:
    rng = random.Random(0)
    point = claim.point(n, rng, lambda rng: rng.uniform(0.05, 0.95))
    at = {k: _symbols(k, v, k in claim.given) for k, v in point.items()}
    one = Symbolic(sp.S.One, 1.0)
    want = list(leaves(claim.expected(one, *at.values())))
    result = claim.program.run(one, *at.values(), name=claim.name)
    value, grads = result if claim.wrt else (result, ())
    for i, (got, expected) in enumerate(zip(leaves(value), want, strict=True)):
        if not _is_zero(one.lift(got).x - one.lift(expected).x):
            yield f"SymPy cannot show that value {i} is the reference's"
    symbols = [
        (f"d_{k}{list(i) if i else ''}", x.x)
        for k in claim.wrt
        for i, x in np.ndenumerate(np.asarray(at[k], object))
    ]
    loss = one.lift(want[0]).x
    for (name, symbol), got in zip(symbols, leaves(grads), strict=True):
        if not _is_zero(one.lift(got).x - sp.diff(loss, symbol)):
            yield f"SymPy cannot show that {name} is the derivative"


def _symbols(name: str, value: Any, given: bool) -> Any:
    """A symbol for each float; integers, and data that are given, stay."""
    value = np.asarray(value)
    if value.dtype.kind in "ib":
        return value[()]
    out = np.empty(value.shape, object)
    for i, s in np.ndenumerate(value):
        shown = "_".join([name, *map(str, i)])
        x = sp.Rational(float(s)) if given else sp.Symbol(shown, real=True)
        out[i] = Symbolic(x, float(s))
    return out[()]


def _is_zero(difference: Any) -> bool:
    """True if it is 0 when it is multiplied out, over one denominator if need be."""
    if sp.expand(difference) == 0:
        return True
    numerator, _ = sp.fraction(sp.together(difference))
    return bool(sp.expand(numerator) == 0) or is_zero(difference)
