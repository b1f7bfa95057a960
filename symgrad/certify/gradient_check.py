"""The verdict on a claimed gradient, and the words for it.

>>> print(GradientCheck("agrees", 60.0, 12, reason="it was given no time"))
agrees to 60 digits at 12 points; no proof: it was given no time
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.certify import gradient_points as points
from symgrad.certify.claimed_functions import claim_of
from symgrad.certify.exact_gradients import BITS, RIGHT, Comparison, agreed, is_real, numbers
from symgrad.certify.gradient_claims import ALIKE, GradientClaim, Point, Problem
from symgrad.certify.proving import at_fault, proof
from symgrad.certify.survey import Survey, shown
from symgrad.checker.balls import precision
from symgrad.errors import ArgumentError

MOST = 60.0  # digits in which formulas are said to agree at most
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
        lines = [
            f"refuted: {self.component} is {self.expected!r}, claimed {self.claimed!r}",
            f"  at {shown(self.point)}",
        ]
        if self.digits >= _TOLD:
            lines.append(f"  they agree to {self.digits:.0f} digits")
        return "\n".join(lines + ([f"  {self.fault}"] if self.fault else []))


def judged(
    problem: Problem,
    claimed: Any,
    several: bool,
    at: Mapping[str, Any],
    sizes: Mapping[str, int],
    count: int,
    seconds: float,
    rtol: float | None,
) -> GradientCheck:
    """The verdict; see ``sg.check_gradient``."""
    claim = claim_of(problem, claimed, several)
    claim.rtol = rtol
    if type(count) is not int or count < 1:
        raise ArgumentError(f"points: expected 1 or more, got {count!r}")
    given = points.given_values(problem, at)
    usual = points.checked_sizes(problem, given, sizes, points.SIZE)
    survey = Survey(problem, claim, given, usual)
    base = survey.base = survey.usual(count)
    if len(base) < count:
        reason = "the loss or its gradient is not a finite real number at any point that was drawn"
        return GradientCheck("undecided", reason=reason)
    survey.text.compared(base[0])  # shows the precision of a function
    other = points.checked_sizes(problem, given, sizes, points.SIZE + 2)
    if (
        survey.drawn([*base, *survey.elsewhere(other)])
        or survey.held()
        or survey.along_lines()
        or survey.beside_ties()
    ):
        return _refuted(survey, seconds)
    if not survey.count:
        return GradientCheck("undecided", reason="the values are too extreme at all points")
    return _not_refuted(survey, seconds)


def _not_refuted(survey: Survey, seconds: float) -> GradientCheck:
    """The outcome where no point speaks against the claim."""
    claim, exact = survey.judge, survey.judge.exact
    count = sum(int(np.prod(np.shape(survey.base[0][n]))) for n in survey.problem.differentiated)
    off = None if survey.worst_at is None else _off_by_little(survey, *survey.worst_at)
    if off is not None:
        return off
    but = "; ".join(survey.exceptions[:_SHOWN])
    if len(survey.exceptions) > _SHOWN:
        but += f"; and at {len(survey.exceptions) - _SHOWN} more points"
    reason = f"it is a function, which is compared in {claim.precision.name}"
    if exact:
        reason = "the difference is within the rounding of the literals"
    if exact and not survey.rounded and survey.worst < ALIKE:
        reason = "the difference is within rtol"
    elif exact and not survey.rounded:
        reason = proof(survey.problem, claim, seconds)
        if not reason:
            return GradientCheck("proved", MOST, survey.count, count=count, but=but)
    own, of_loss = survey.text.one_sided(survey.ran)
    for whose, n in (("claim", own), ("loss", of_loss)):
        if n:
            reason += f"; {n} of the {whose}'s comparisons came out one way alone"
    if survey.left_out:
        why, point = survey.left_out[0]
        reason += f"; {why}, so not compared, at {shown(point)}"
    most = MOST - 10.0 if exact and not survey.rounded else -math.log10(claim.precision.unit)
    digits = min(survey.worst, most)
    return GradientCheck("agrees", digits, survey.count, reason=reason, count=count, but=but)


def _off_by_little(survey: Survey, point: Point, found: Comparison) -> GradientCheck | None:
    """The outcome where a function is right in some digits, and may be off in the others.

    None where it is right in as many as its precision asks for.
    """
    claim, precise = survey.judge, survey.judge.precision
    if claim.exact or claim.rtol is not None or found.digits >= precise.clear:
        return None
    told = _located(survey.problem, claim, point, found)
    if survey.is_regular(point, found):
        part = abs(told[3] - told[2]) / max(abs(told[3]), abs(told[2]))
        fault = f"off by {part:.1e} of it, here and next to it, as rounding is not"
        return GradientCheck("refuted", max(0.0, found.digits), survey.count, *told, fault)
    if found.digits >= claim.enough:
        return None
    reason = (
        f"{told[0]} agrees to {found.digits:.0f} digits where {precise.name} has "
        f"{-math.log10(precise.unit):.0f}, and differently next to it: the function loses "
        "digits; claim the formula, or say rtol="
    )
    return GradientCheck("undecided", found.digits, survey.count, *told, reason=reason)


def _located(
    problem: Problem, claim: GradientClaim, point: Point, found: Comparison
) -> tuple[str, dict[str, Any], float, float]:
    """The component, where it was looked at, and the right and the claimed value there."""
    there = claim.representable(point)
    component = problem.component(point, found.flat)
    return component, {n: there[n] for n in problem.names}, found.expected, found.claimed


def _refuted(survey: Survey, seconds: float) -> GradientCheck:
    assert survey.wrong is not None
    problem, claim, (point, found) = survey.problem, survey.judge, survey.wrong
    told = _located(problem, claim, point, found)
    others = [survey.text.compared(p) for p in survey.base]
    right = [c for c in others if c is not None and c.is_right(claim)]
    if right:
        fault = f"it is right at {len(right)} other points: on a part of the domain only?"
    else:
        fault = _swapped(survey, told[0]) or at_fault(
            problem, claim, found.flat, survey.base, seconds
        )
    return GradientCheck("refuted", max(0.0, found.digits), 1, *told, fault)


def _swapped(survey: Survey, component: str) -> str:
    """True if what is claimed for one argument is the gradient of another, in words."""
    names = survey.problem.differentiated
    wrong = next(n for n in names if component.partition("[")[0] == f"d_{n}")
    for name in names:
        if name != wrong and all(_same(survey, p, wrong, name) for p in survey.base):
            return f"it is the gradient of {name}: are they in another order?"
    return ""


def _same(survey: Survey, point: Point, claimed: str, right: str) -> bool:
    """True if at a point the claim for one argument is the gradient by another."""
    sizes = [int(np.prod(np.shape(point[n]))) for n in survey.problem.differentiated]
    names = survey.problem.differentiated
    i, j = names.index(claimed), names.index(right)
    if np.shape(point[claimed]) != np.shape(point[right]):
        return False
    with precision(BITS[0]):
        found, balls = survey.text.run(RIGHT, point)
        want, got = [*numbers(found[1:], balls)], survey.text.claims(point, balls)
        ends = [sum(sizes[: k + 1]) for k in range(len(sizes))]
        pairs = zip(
            want[ends[j] - sizes[j] : ends[j]], got[ends[i] - sizes[i] : ends[i]], strict=True
        )
        return all(is_real(b) and not agreed(a, b, 0.0) < survey.judge.enough for a, b in pairs)


__all__ = ["GradientCheck", "judged"]
