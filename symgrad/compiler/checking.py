"""``sg.check_gradient``: is this gradient right, and where not?

>>> import sympy as sp
>>> import symgrad as sg
>>> x, y = sg.param("x", 0.0), sg.input("y")
>>> s, t = sp.symbols("x y", real=True)
>>> print(check_gradient(sg.sin(x) * y, x, sp.cos(s) * t))
proved: SymPy shows that the component is equal for all real numbers
>>> check = check_gradient(sg.exp(x * y) - x * x, x, t * sp.exp(s * t) + 2 * s)
>>> check.verdict, check.fault
('refuted', 'the term 2*x should be -2*x')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.autodiff import gradients
from symgrad.compiler.claims import Claim, Place, Point, Problem, claim_of, exact_gradient
from symgrad.compiler.proving import at_fault, proof
from symgrad.compiler.sampling import far, resized, sampled
from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.array import Expr
from symgrad.frontend.leaves import Leaf
from symgrad.frontend.lower import lower, names_of, values_of
from symgrad.frontend.scalar import Value
from symgrad.frontend.tracing import trace
from symgrad.ir.function import function

DIGITS = 60
ALIKE = 40.0  # digits from which on two formulas may be the same
MORE = 600  # digits that show whether a difference at DIGITS is one of rounding
ENOUGH = {True: 12.0, False: 11.0}  # digits that a right claim shows: exact, or of float64
WRONG = {True: 12.0, False: 6.0}  # a claim that shows fewer is refuted


@dataclass(frozen=True)
class GradientCheck:
    """The outcome.  True as a condition only where the claim was proved or agrees.

    verdict    "proved", "agrees", "refuted" or "undecided"
    digits     in how many digits all components agree, at how many ``points``
    component  the part of the gradient that is wrong: d_w[1]
    point      where it is wrong, by name; expected and claimed are the values there
    fault      the term at fault, in words, where one could be found
    reason     why there is no proof, or no verdict
    """

    verdict: str
    digits: float = 0.0
    points: int = 0
    component: str = ""
    point: Mapping[str, Any] = field(default_factory=dict)
    expected: float = 0.0
    claimed: float = 0.0
    fault: str = ""
    reason: str = ""
    count: int = 1

    def __bool__(self) -> bool:
        return self.verdict in ("proved", "agrees")

    def __str__(self) -> str:
        if self.verdict == "proved":
            what = "the component is" if self.count == 1 else f"all {self.count} components are"
            return f"proved: SymPy shows that {what} equal for all real numbers"
        if self.verdict == "agrees":
            tail = f"; no proof: {self.reason}" if self.reason else ""
            return f"agrees to {self.digits:.0f} digits at {self.points} points{tail}"
        if self.verdict == "undecided":
            return f"undecided: {self.reason}"
        where = ", ".join(f"{n} = {np.asarray(v).tolist()}" for n, v in self.point.items())
        lines = [
            f"refuted: {self.component} is {self.expected!r}, claimed {self.claimed!r}",
            f"  at {where}",
        ]
        return "\n".join(lines + ([f"  {self.fault}"] if self.fault else []))


def check_gradient(
    loss: Any,
    wrt: Any,
    claimed: Any,
    *,
    at: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    points: int = 5,
    seconds: float = 20.0,
) -> GradientCheck:
    """Whether ``claimed`` is the gradient of ``loss`` with respect to ``wrt``.

    loss      a scalar expression, or a Value
    wrt       a leaf, or a list of them; for a Value a module or a list of Values
    claimed   one gradient, or a list in the order of ``wrt``: SymPy expressions (matrices or nested
              lists for arrays) over symbols that are called as the leaves, symgrad expressions, or
              a Python function of all arguments, by name or in order, that returns them
    at        values for inputs that cannot be drawn, such as integer labels
    sizes     numbers for named sizes; 3 by default
    points    at how many points, drawn the same each time, the values are compared; formulas also
              at a few that lie farther out
    seconds   what SymPy may take for a proof, or to find the term at fault; its process is ended
              then.  A claimed function runs in this process and is not interrupted;
              ``python -m symgrad check`` does that
    Raises ArgumentError, ShapeError for a claim that is none.
    """
    if not (isinstance(seconds, int | float) and seconds >= 0):
        raise ArgumentError(f"seconds: expected a number >= 0, got {seconds!r}")
    problem, several = _problem(loss, wrt)
    claim = claim_of(problem, claimed, several)
    drawn = sampled(problem, at or {}, sizes or {}, points)
    if isinstance(drawn, str):
        return GradientCheck("undecided", reason=drawn)
    outside = (far if claim.exact else resized)(problem, at or {}, sizes or {})
    worst = np.inf
    for point in [*drawn, *outside]:
        fewest, place = _compared(problem, claim, point)
        if fewest < WRONG[claim.exact]:
            return _refuted(problem, claim, point, place, drawn, seconds)
        worst = min(worst, fewest)
    return _not_refuted(problem, claim, worst, [*drawn, *outside], seconds)


def _not_refuted(
    problem: Problem, claim: Claim, worst: float, drawn: Sequence[Point], seconds: float
) -> GradientCheck:
    """The outcome where all points agree to that many digits at least."""
    if worst < ENOUGH[claim.exact]:
        return GradientCheck(
            "undecided",
            reason=f"the function agrees to {worst:.0f} digits where float64 has 16: it is off by "
            "little, or loses digits; claim the formula to tell",
        )
    count = sum(int(np.prod(problem.shape(i, drawn[0]))) for i in range(len(problem.wrt)))
    reason = "it is a function, which is compared in float64"
    if claim.exact:
        reason = "the claim's literals are not those of the loss"
    if claim.exact and worst >= ALIKE:
        reason = proof(problem, claim, seconds)
        if not reason:
            return GradientCheck("proved", DIGITS, len(drawn), count=count)
    digits = min(worst, DIGITS - 10.0 if claim.exact else 16.0)
    return GradientCheck("agrees", digits, len(drawn), reason=reason, count=count)


def _problem(loss: Any, wrt: Any) -> tuple[Problem, bool]:
    """The loss and its gradient as IR, and whether several gradients are claimed."""
    if isinstance(loss, Value):
        values = values_of(wrt)
        f = lower([loss], values, names_of(wrt))
        every = tuple(range(len(values)))
        grads = gradients(f.results[0], f.parameters)
        return Problem(f, function("gradient", f.parameters, grads), (), every), True
    if not isinstance(loss, Expr):
        raise ArgumentError(f"loss: expected an expression or a Value, got {type(loss).__name__}")
    if loss.shape:
        raise ShapeError(f"loss: expected a scalar, got {loss.instr.type}; use sg.sum or sg.mean")
    chosen = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    if not chosen or len({id(leaf) for leaf in chosen}) != len(chosen):
        raise ArgumentError("wrt: expected one leaf or several, each once")
    for i, leaf in enumerate(chosen):
        if not isinstance(leaf, Leaf):
            raise ArgumentError(f"wrt[{i}]: expected an sg.param or sg.input, got {leaf!r}")
    traced = trace([loss], also=chosen)
    f = traced.function
    places = tuple(next(i for i, own in enumerate(traced.leaves) if own is leaf) for leaf in chosen)
    grads = gradients(f.results[0], [f.parameters[i] for i in places])
    whole = function("gradient", f.parameters, grads)
    return Problem(f, whole, traced.leaves, places), isinstance(wrt, list | tuple)


def _compared(problem: Problem, claim: Claim, point: Point) -> tuple[float, Place]:
    """The fewest digits in which a component agrees, and which component that is."""
    found = _compared_with(DIGITS, problem, claim, point)
    if claim.exact and found[0] < ALIKE:
        return _compared_with(MORE, problem, claim, point)
    return found


def _compared_with(count: int, problem: Problem, claim: Claim, point: Point) -> tuple[float, Place]:
    from symgrad.symbolic.exactly import digits

    with digits(count):
        right = exact_gradient(problem, point)[1:]
        got = claim.values(point)
        norm = max((abs(v) for g in right for v in np.ravel(g)), default=0)
        fewest: tuple[float, Place] = (np.inf, (0, ()))
        for i, (g, c) in enumerate(zip(right, got, strict=True)):
            if np.shape(g) != np.shape(c):
                name = problem.names[problem.wrt[i]]
                raise ShapeError(
                    f"claimed: the gradient of {name} has shape {np.shape(g)}, got {np.shape(c)}"
                )
            for place in np.ndindex(np.shape(g)):
                agreed = _agreed(g[place], c[place], norm, claim.exact)
                if agreed < fewest[0]:
                    fewest = (agreed, (i, place))
        return fewest


def _agreed(right: Any, got: Any, norm: Any, exact: bool) -> float:
    """In how many digits two numbers agree; small ones are measured against the whole gradient."""
    import mpmath

    got = mpmath.mpf(got) if not isinstance(got, mpmath.mpc) else mpmath.nan
    if not mpmath.isfinite(got):
        return -np.inf
    scale = max(abs(right), abs(got), norm * mpmath.mpf(10) ** (-25 if exact else -4))
    error = abs(got - right)
    return np.inf if error == 0 else float(-mpmath.log10(error / scale))


def _refuted(
    problem: Problem,
    claim: Claim,
    point: Point,
    place: Place,
    drawn: Sequence[Point],
    seconds: float,
) -> GradientCheck:
    from symgrad.symbolic.exactly import digits

    i, index = place
    with digits(DIGITS):
        expected = float(exact_gradient(problem, point)[1:][i][index])
        got = claim.values(point)[i][index]
        claimed = float(got) if not isinstance(got, complex) else float("nan")
    name = f"d_{problem.names[problem.wrt[i]]}"
    component = f"{name}[{', '.join(map(str, index))}]" if index else name
    right = [p for p in drawn if _compared(problem, claim, p)[0] >= ENOUGH[claim.exact]]
    if right:
        fault = f"it is right at {len(right)} other points: on a part of the domain only?"
    else:
        fault = _swapped(problem, claim, i, drawn) or at_fault(
            problem, claim, place, drawn, seconds
        )
    shown = {n: point[n] for n in problem.names}
    return GradientCheck("refuted", 0.0, 1, component, shown, expected, claimed, fault)


def _swapped(problem: Problem, claim: Claim, i: int, drawn: Sequence[Point]) -> str:
    """Whether what is claimed for one argument is the gradient of another, in words."""
    from symgrad.symbolic.exactly import digits

    with digits(DIGITS):
        rights = [exact_gradient(problem, point)[1:] for point in drawn]
        claims = [claim.values(point)[i] for point in drawn]
        for j, place in enumerate(problem.wrt):
            same = [
                np.shape(g[j]) == np.shape(c)
                and all(
                    _agreed(a, b, 0, claim.exact) >= ENOUGH[claim.exact]
                    for a, b in zip(np.ravel(g[j]), np.ravel(c), strict=True)
                )
                for g, c in zip(rights, claims, strict=True)
            ]
            if j != i and all(same):
                return f"it is the gradient of {problem.names[place]}: are they in another order?"
    return ""


__all__ = ["GradientCheck", "check_gradient"]
