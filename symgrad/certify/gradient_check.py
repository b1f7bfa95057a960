"""The verdict on a claimed gradient, and the words for it.

>>> print(GradientCheck("agrees", 60.0, 12, reason="it was given no time"))
agrees to 60 digits at 12 points; no proof: it was given no time
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from symgrad.certify import gradient_points as points
from symgrad.certify.agreement import agreed
from symgrad.certify.exact_gradients import BITS, Comparison
from symgrad.certify.gradient_claims import ALIKE, Point, Problem, claim_of
from symgrad.certify.proving import at_fault, proof
from symgrad.certify.survey import Survey, shown
from symgrad.checker.balls import precision
from symgrad.checker.real_functions import NAMED, reading
from symgrad.errors import ArgumentError, SymgradError

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
    types = points.argument_types(problem, given, sizes, points.SIZE)
    others = points.argument_types(problem, given, sizes, points.SIZE + 2)
    survey = Survey(problem, claim, given, types)
    exactly = claim.exact and not _has_named(survey.text.text)
    with reading(set() if exactly else None):  # literals are what they say, constants of ops exact
        if survey.refutes(count, others):
            return _refuted(survey, seconds)
        if len(survey.base) < count:
            reason = "the loss or its gradient is not a finite real number at any point that was"
            return GradientCheck("undecided", reason=f"{reason} drawn")
        if not survey.count:
            return GradientCheck("undecided", reason="the values are too extreme at all points")
        off = _off_by_little(survey)
        return _not_refuted(survey, seconds) if off is None else off


def _has_named(text: str) -> bool:
    """True if a literal is the float next to an irrational number, which it may not mean."""
    values = (getattr(node, "value", None) for node in ast.walk(ast.parse(text)))
    return any(type(v) is float and math.frexp(abs(v))[0] in NAMED for v in values)


def _not_refuted(survey: Survey, seconds: float) -> GradientCheck:
    """The outcome where no point speaks against the claim."""
    claim, exact = survey.judge, survey.judge.exact
    count = sum(int(np.size(survey.base[0][n])) for n in survey.problem.differentiated)
    but = "; ".join(survey.exceptions[:_SHOWN])
    if len(survey.exceptions) > _SHOWN:
        but += f"; and at {len(survey.exceptions) - _SHOWN} more points"
    reason = f"it is a function, which is compared in {claim.precision.name}"
    if exact and survey.rounded:
        reason = "the difference is within the rounding of the literals"
    elif exact and survey.worst < ALIKE:
        reason = "the difference is within rtol"
    elif exact:
        reason = proof(survey.problem, claim, seconds)
        if not reason:
            return GradientCheck("proved", MOST, survey.count, count=count, but=but)
    for whose, n in zip(("claim", "loss"), survey.text.one_sided(survey.ran), strict=True):
        if n:
            reason += f"; {n} of the {whose}'s comparisons came out one way alone"
    if survey.left_out:
        why, point = survey.left_out[0]
        reason += f"; {why}, so not compared, at {shown(point)}"
    most = MOST - 10.0 if exact and not survey.rounded else -math.log10(claim.precision.unit)
    digits = min(survey.worst, most)
    return GradientCheck("agrees", digits, survey.count, reason=reason, count=count, but=but)


def _off_by_little(survey: Survey) -> GradientCheck | None:
    """The outcome where a function is right in some digits, and may be off in the others.

    None where it is right in as many as its precision asks for.
    """
    claim, precise = survey.judge, survey.judge.precision
    if claim.exact or claim.rtol is not None or survey.worst >= precise.clear:
        return None
    assert survey.worst_at is not None
    found = survey.worst_at[1]
    told = _located(survey, *survey.worst_at)
    if survey.is_regular(*survey.worst_at):
        part = abs(found.claimed - found.expected) / max(abs(found.claimed), abs(found.expected))
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
    survey: Survey, point: Point, found: Comparison
) -> tuple[str, dict[str, Any], float, float]:
    """The component, where it was looked at, and the right and the claimed value there."""
    component = survey.problem.component(point, found.flat)
    return component, dict(survey.judge.representable(point)), found.expected, found.claimed


def _refuted(survey: Survey, seconds: float) -> GradientCheck:
    assert survey.wrong is not None
    claim, found = survey.judge, survey.wrong[1]
    told = _located(survey, *survey.wrong)
    others = [survey.text.compared(p) for p in survey.base]
    right = sum(c is not None and c.reaches(claim.enough) for c in others)
    if right:
        fault = f"it is right at {right} other points: on a part of the domain only?"
    else:
        fault = _swapped(survey, told[0].partition("[")[0].removeprefix("d_"))
        fault = fault or at_fault(survey.problem, claim, found.flat, survey.base, seconds)
    return GradientCheck("refuted", max(0.0, found.digits), 1, *told, fault)


def _swapped(survey: Survey, wrong: str) -> str:
    """The argument whose gradient is claimed for another one, in words; '' if there is none."""
    base, names = survey.base, survey.problem.differentiated
    ends = np.cumsum([0, *(np.size(base[0][name]) for name in names)]).tolist()
    parts = {name: slice(*pair) for name, pair in zip(names, pairwise(ends), strict=True)}
    with precision(BITS[0]), suppress(SymgradError):
        seen = [survey.text.seen(survey.judge.representable(point)) for point in base]
        for name in names:
            rows = [(s.right[1:][parts[name]], s.got[parts[wrong]]) for s in seen]
            alike = np.shape(base[0][name]) == np.shape(base[0][wrong])
            pairs = [pair for row in rows if alike for pair in zip(*row, strict=True)]
            digits = [agreed(a, b, 0.0) for a, b in pairs]
            if name != wrong and digits and not any(d < survey.judge.enough for d in digits):
                return f"it is the gradient of {name}: are they in another order?"
    return ""


__all__ = ["GradientCheck", "judged"]
