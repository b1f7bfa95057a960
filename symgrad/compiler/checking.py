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

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.autodiff import gradients
from symgrad.compiler.claimed_functions import claim_of
from symgrad.compiler.claims import ALIKE, Claim, Point, Problem, exact_gradient
from symgrad.compiler.comparing import DIGITS, Comparison, agreed, compared
from symgrad.compiler.proving import at_fault, proof
from symgrad.compiler.sampling import far, resized, sampled
from symgrad.compiler.surveying import Survey, element
from symgrad.compiler.thresholds import apart, thresholds
from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.leaf import Leaf
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.scalars.lower import lower, names_of, values_of
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import located
from symgrad.ir.function import function

_SHOWN = 3  # single points that the outcome names
_TOLD = 3  # digits in which a refuted claim agrees that are worth telling


@dataclass(frozen=True)
class GradientCheck:
    """The outcome.  True as a condition only where the claim was proved or agrees.

    verdict    "proved", "agrees", "refuted" or "undecided"
    digits     in how many digits all components agree, at how many ``points``
    component  the part of the gradient that is wrong, or that agrees worst: d_w[1]
    point      where that is, by name; expected and claimed are the values there
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
        if self.digits >= _TOLD:
            lines.append(f"  they agree to {self.digits:.0f} digits")
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
    rtol: float | None = None,
) -> GradientCheck:
    """Whether ``claimed`` is the gradient of ``loss`` with respect to ``wrt``.

    loss      a scalar expression, or a Value
    wrt       a leaf, or a list of them; for a Value a module or a list of Values
    claimed   one gradient, or a list in the order of ``wrt``: SymPy expressions (matrices or nested
              lists for arrays) over symbols that are called as the leaves, symgrad expressions, or
              a Python function of all arguments, by name or in order, that returns them: numbers,
              arrays of NumPy, JAX or PyTorch, data frames, lists, or a dict by the names of wrt
    at        values for inputs that cannot be drawn, such as integer labels
    sizes     numbers for named sizes; 3 by default
    points    at how many points, drawn the same each time, the values are compared, beside those
              farther out, along lines, at the data of the parameters, and at both sides of what the
              formulas branch by and of literals that the loss decides by, four at most
    seconds   what SymPy may take for a proof, or to find the term at fault; its process is ended
              then.  A claimed function runs in this process and is not interrupted;
              ``python -m symgrad check`` does that
    rtol      the relative difference that is allowed, in place of what the precision of a function
              tells: float64 is right from 11 digits on, float32 from 4, and is refuted where it is
              off in fewer, or in a way that rounding is not
    Raises ArgumentError, ShapeError for a claim that is none.
    """
    _check_options(seconds, rtol, at=at, sizes=sizes)
    problem, several = _problem(loss, wrt)
    claim = claim_of(problem, claimed, several)
    claim.rtol = rtol
    drawn = sampled(problem, at or {}, sizes or {}, points)
    if isinstance(drawn, str):
        return GradientCheck("undecided", reason=drawn)
    compared(problem, claim, drawn[0])  # shows the precision of a function
    outside = (far if claim.exact else resized)(problem, at or {}, sizes or {})
    survey = Survey(problem, claim)
    wrong = _searched(survey, [*drawn, *outside], at or {})
    if wrong is not None:
        return _refuted(problem, claim, *wrong, drawn, seconds)
    if not survey.count:
        return GradientCheck("undecided", reason="the values are too extreme at all points")
    count = sum(int(np.prod(problem.shape(i, drawn[0]))) for i in range(len(problem.wrt)))
    return _not_refuted(survey, count, seconds)


def _check_options(seconds: Any, rtol: Any, **named: Any) -> None:
    """Raises ArgumentError for an option that is none."""
    if not (isinstance(seconds, int | float) and seconds >= 0):
        raise ArgumentError(f"seconds: expected a number >= 0, got {seconds!r}")
    if rtol is not None and not (isinstance(rtol, int | float) and 0 < rtol < 1):
        raise ArgumentError(f"rtol: expected a number between 0 and 1, got {rtol!r}")
    for option, value in named.items():
        if value is not None and not isinstance(value, Mapping):
            raise ArgumentError(f"{option}: expected a dict of names, got {value!r}")


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
    off = None if survey.worst_at is None else _off_by_little(survey, *survey.worst_at)
    if off is not None:
        return off
    precision = survey.claim.precision
    but = "; ".join(survey.exceptions[:_SHOWN])
    if len(survey.exceptions) > _SHOWN:
        but += f"; and at {len(survey.exceptions) - _SHOWN} more points"
    reason = f"it is a function, which is compared in {precision.name}"
    if exact:
        reason = "the difference is within the rounding of the literals"
    if exact and not survey.rounded and survey.worst < ALIKE:
        reason = "the difference is within rtol"
    elif exact and not survey.rounded:
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
    digits = min(survey.worst, DIGITS - 10.0 if exact else -math.log10(precision.unit))
    return GradientCheck("agrees", digits, survey.count, reason=reason, count=count, but=but)


def _off_by_little(survey: Survey, point: Point, found: Comparison) -> GradientCheck | None:
    """The outcome where a function is right in some digits, and may be off in the others.

    None where it is right in as many as its precision asks for.
    """
    claim, precision = survey.claim, survey.claim.precision
    if claim.exact or claim.rtol is not None or found.digits >= precision.clear:
        return None
    told = _located(survey.problem, claim, point, found)
    if survey.is_regular(point, found):
        part = abs(told[3] - told[2]) / max(abs(told[3]), abs(told[2]))
        fault = f"off by {part:.1e} of it, here and next to it, as rounding is not"
        return GradientCheck("refuted", max(0.0, found.digits), survey.count, *told, fault)
    if found.digits >= claim.enough:
        return None
    reason = (
        f"{told[0]} agrees to {found.digits:.0f} digits where {precision.name} has "
        f"{-math.log10(precision.unit):.0f}, and differently next to it: the function loses "
        "digits; claim the formula, or say rtol="
    )
    return GradientCheck("undecided", found.digits, survey.count, *told, reason=reason)


def _located(
    problem: Problem, claim: Claim, point: Point, found: Comparison
) -> tuple[str, dict[str, Any], float, float]:
    """The component, where it was looked at, and the right and the claimed value there."""
    i, index = found.place
    component = element(f"d_{problem.names[problem.wrt[i]]}", index)
    there = claim.representable(point)
    shown = {n: there[n] for n in problem.names}
    return component, shown, float(found.expected), float(found.claimed)


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
    told, place = _located(problem, claim, point, found), found.place
    others = [compared(problem, claim, p) for p in drawn]
    right = [c for c in others if c is not None and c.is_right(claim)]
    if right:
        fault = f"it is right at {len(right)} other points: on a part of the domain only?"
    else:
        fault = _swapped(problem, claim, place[0], drawn) or at_fault(
            problem, claim, place, drawn, seconds
        )
    return GradientCheck("refuted", max(0.0, found.digits), 1, *told, fault)


def _swapped(problem: Problem, claim: Claim, i: int, drawn: Sequence[Point]) -> str:
    """Whether what is claimed for one argument is the gradient of another, in words."""
    from symgrad.symbolic.precise import digits

    with digits(DIGITS):
        rights = [exact_gradient(problem, point)[1:] for point in drawn]
        claims = [claim.values(point)[i] for point in drawn]
        for j, place in enumerate(problem.wrt):
            same = [
                np.shape(g[j]) == np.shape(c)
                and all(
                    agreed(a, b, 0) >= claim.enough
                    for a, b in zip(np.ravel(g[j]), np.ravel(c), strict=True)
                )
                for g, c in zip(rights, claims, strict=True)
            ]
            if j != i and all(same):
                return f"it is the gradient of {problem.names[place]}: are they in another order?"
    return ""


__all__ = ["GradientCheck", "check_gradient"]
