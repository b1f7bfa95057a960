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
from symgrad.compiler.claims import Claim, Point, Problem, claim_of, exact_gradient
from symgrad.compiler.comparing import ALIKE, DIGITS, ENOUGH, Comparison, agreed, compared
from symgrad.compiler.proving import at_fault, proof
from symgrad.compiler.sampling import far, resized, sampled
from symgrad.compiler.surveying import Survey, element
from symgrad.compiler.thresholds import apart, thresholds
from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.array import Expr
from symgrad.frontend.leaves import Leaf
from symgrad.frontend.lower import lower, names_of, values_of
from symgrad.frontend.origin import located
from symgrad.frontend.scalar import Value
from symgrad.frontend.tracing import trace
from symgrad.ir.function import function

_SHOWN = 3  # single points that the outcome names


@dataclass(frozen=True)
class GradientCheck:
    """The outcome.  True as a condition only where the claim was proved or agrees.

    verdict    "proved", "agrees", "refuted" or "undecided"
    digits     in how many digits all components agree, at how many ``points``
    component  the part of the gradient that is wrong: d_w[1]
    point      where it is wrong, by name; expected and claimed are the values there
    fault      the term at fault, in words, where one could be found
    reason     why there is no proof, or no verdict
    but        single points where the claim differs: kinks, where the value is a convention
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
    but: str = ""

    def __bool__(self) -> bool:
        return self.verdict in ("proved", "agrees")

    def __str__(self) -> str:
        but = f", but {self.but}" if self.but else ""
        if self.verdict == "proved":
            what = "the component is" if self.count == 1 else f"all {self.count} components are"
            return f"proved: SymPy shows that {what} equal for all real numbers{but}"
        if self.verdict == "agrees":
            tail = f"; no proof: {self.reason}" if self.reason else ""
            return f"agrees to {self.digits:.0f} digits at {self.points} points{but}{tail}"
        if self.verdict == "undecided":
            return f"undecided: {self.reason}"
        where = _where(self.point)
        lines = [
            f"refuted: {self.component} is {self.expected!r}, claimed {self.claimed!r}",
            f"  at {where}",
        ]
        return "\n".join(lines + ([f"  {self.fault}"] if self.fault else []))


def _where(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{n} = {np.asarray(v).tolist()}" for n, v in point.items())


@located
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
    points    at how many points, drawn the same each time, the values are compared, beside those
              farther out, along lines, at the data of the parameters, and at both sides of what the
              formulas branch by and of literals that the loss decides by, four at most
    seconds   what SymPy may take for a proof, or to find the term at fault; its process is ended
              then.  A claimed function runs in this process and is not interrupted;
              ``python -m symgrad check`` does that
    Raises ArgumentError, ShapeError for a claim that is none.
    """
    if not (isinstance(seconds, int | float) and seconds >= 0):
        raise ArgumentError(f"seconds: expected a number >= 0, got {seconds!r}")
    for option, value in (("at", at), ("sizes", sizes)):
        if value is not None and not isinstance(value, Mapping):
            raise ArgumentError(f"{option}: expected a dict of names, got {value!r}")
    problem, several = _problem(loss, wrt)
    claim = claim_of(problem, claimed, several)
    drawn = sampled(problem, at or {}, sizes or {}, points)
    if isinstance(drawn, str):
        return GradientCheck("undecided", reason=drawn)
    outside = (far if claim.exact else resized)(problem, at or {}, sizes or {})
    survey = Survey(problem, claim)
    wrong = _searched(survey, [*drawn, *outside], at or {})
    if wrong is not None:
        return _refuted(problem, claim, *wrong, drawn, seconds)
    if not survey.count:
        return GradientCheck("undecided", reason="the values are too extreme at all points")
    count = sum(int(np.prod(problem.shape(i, drawn[0]))) for i in range(len(problem.wrt)))
    return _not_refuted(survey, count, seconds)


def _searched(
    survey: Survey, points: Sequence[Point], fixed: Mapping[str, Any]
) -> tuple[Point, Comparison] | None:
    """The first point that refutes the claim: of those drawn, of those far from them, on lines."""
    problem, base = survey.problem, points[0]
    levels = thresholds(problem.loss)
    return (
        survey.drawn(points)
        or survey.apart(apart(problem, base, fixed, levels), fixed)
        or survey.along_lines(base, fixed, levels)
    )


def _not_refuted(survey: Survey, count: int, seconds: float) -> GradientCheck:
    """The outcome where no point speaks against the claim."""
    exact = survey.claim.exact
    if not exact and survey.worst < ENOUGH:
        return GradientCheck(
            "undecided",
            reason=f"the function agrees to {survey.worst:.0f} digits where float64 has 16: it is "
            "off by little, or loses digits; claim the formula to tell",
        )
    but = "; ".join(survey.exceptions[:_SHOWN])
    if len(survey.exceptions) > _SHOWN:
        but += f"; and at {len(survey.exceptions) - _SHOWN} more points"
    reason = "it is a function, which is compared in float64"
    if exact:
        reason = "the difference is within the rounding of the literals"
    if exact and not survey.rounded:
        reason = proof(survey.problem, survey.claim, seconds)
        if not reason:
            return GradientCheck("proved", DIGITS, survey.count, count=count, but=but)
    if survey.one_way():
        reason += f"; {survey.one_way()} of the claim's comparisons came out one way alone"
    if survey.one_way_of_loss():
        reason += f"; {survey.one_way_of_loss()} of the loss's comparisons came out one way alone"
    if survey.left_out:
        why, point = survey.left_out[0]
        reason += f"; {why}, so not compared, at {_where(point)}"
    digits = min(survey.worst, DIGITS - 10.0 if exact else 16.0)
    return GradientCheck("agrees", digits, survey.count, reason=reason, count=count, but=but)


def _problem(loss: Any, wrt: Any) -> tuple[Problem, bool]:
    """The loss and its gradient as IR, and whether several gradients are claimed."""
    if isinstance(loss, Value):
        values = values_of(wrt)
        f = lower([loss], values, names_of(wrt))
        every = tuple(range(len(values)))
        grads = gradients(f.results[0], f.parameters)
        held: dict[str, Any] = {p.hint: v.data for p, v in zip(f.parameters, values, strict=True)}
        return Problem(f, function("gradient", f.parameters, grads), (), every, held), True
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
    pairs = zip(f.parameters, traced.leaves, strict=True)
    held = {p.hint: leaf.data for p, leaf in pairs if leaf.data is not None}
    return Problem(f, whole, traced.leaves, places, held), isinstance(wrt, list | tuple)


def _refuted(
    problem: Problem,
    claim: Claim,
    point: Point,
    found: Comparison,
    drawn: Sequence[Point],
    seconds: float,
) -> GradientCheck:
    i, index = place = found.place
    component = element(f"d_{problem.names[problem.wrt[i]]}", index)
    others = [compared(problem, claim, p) for p in drawn]
    right = [c for c in others if c is not None and c.is_right(claim.exact)]
    if right:
        fault = f"it is right at {len(right)} other points: on a part of the domain only?"
    else:
        fault = _swapped(problem, claim, i, drawn) or at_fault(
            problem, claim, place, drawn, seconds
        )
    shown = {n: point[n] for n in problem.names}
    expected, claimed = float(found.expected), float(found.claimed)
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
                    agreed(a, b, 0) >= (ALIKE if claim.exact else ENOUGH)
                    for a, b in zip(np.ravel(g[j]), np.ravel(c), strict=True)
                )
                for g, c in zip(rights, claims, strict=True)
            ]
            if j != i and all(same):
                return f"it is the gradient of {problem.names[place]}: are they in another order?"
    return ""


__all__ = ["GradientCheck", "check_gradient"]
