"""The symbolic side of a gradient check: a proof by SymPy, or the term at fault.

SymPy works in a process of its own that is ended when its time is up; then there is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.certify.gradient_claims import GradientClaim, Point, Problem
from symgrad.errors import SymgradError
from symgrad.ir.function import Function, function
from symgrad.symbolic.to_sympy import symbols_of

if TYPE_CHECKING:
    from symgrad.symbolic.claimed import Side, Written

MAX_COMPONENTS = 64
MAX_INSTRUCTIONS = 400  # of the gradient, as scalars; SymPy never sees a whole program
_ERRORS = (SymgradError, ArithmeticError, ValueError, TypeError, AttributeError, KeyError)


def proof(problem: Problem, claim: GradientClaim, seconds: float) -> str:
    """'' where SymPy shows that the claim is right for all real numbers; else why it does not."""
    from symgrad.symbolic.budget import within

    if not seconds:
        return "it was given no time"
    try:
        sides = _sides(problem, claim)
        if isinstance(sides, str):
            return sides
        answers = within(seconds, "claimed.zeros", *sides, _shapes(problem))
    except _ERRORS as error:
        return str(error)
    if all(answers):
        return ""
    return "SymPy does not simplify the difference to 0"


def at_fault(
    problem: Problem, claim: GradientClaim, flat: int, drawn: Sequence[Point], seconds: float
) -> str:
    """The term at fault in one component, in words; '' where it cannot be told in time."""
    from symgrad.symbolic.budget import within

    try:
        sides = _sides(problem, claim)
        if isinstance(sides, str):
            return ""
        points = [_assignment(problem, point) for point in drawn]
        shapes = _shapes(problem)
        return str(within(seconds, "claimed.fault", *sides, shapes, flat, points))
    except _ERRORS:
        return ""  # to name the term is a courtesy; the refutation stands without it


def _sides(problem: Problem, claim: GradientClaim) -> tuple[Side, Side] | str:
    """Claimed and right components, flat; or why there are none."""
    for p in problem.parameters:
        if any(isinstance(d, str) for d in p.type.shape):
            return f"{p.hint} has a named size, and a proof needs numbers"
    if claim.function is None:
        return "the claim is not symbolic"
    claimed: Side = [e for array in claim.arrays for e in array.flat]
    claimed = claimed or written(problem, claim.function, problem.leaves)[1]
    grads = function("gradient", problem.parameters, problem.gradient.results[1:])
    f, right = written(problem, grads, problem.leaves)
    if len(f.body) > MAX_INSTRUCTIONS or len(f.results) > MAX_COMPONENTS:
        return (
            f"the gradient has {len(f.results)} components in {len(f.body)} operations, and a "
            f"proof is tried for {MAX_COMPONENTS} in {MAX_INSTRUCTIONS} at most"
        )
    return claimed, right


def _shapes(problem: Problem) -> dict[str, tuple[Any, ...]]:
    return {p.hint: tuple(p.type.shape) for p in problem.parameters}


def written(problem: Problem, f: Function, leaves: Sequence[Any]) -> tuple[Function, Written]:
    """A function as one of scalars, and as the text that SymPy's process makes expressions of.

    leaves   what the parameters stand for; data that they hold are numbers there
    """
    from symgrad.symbolic.claimed import Written

    scalar = problem.scalars(f)
    symbols: list[Any] = []
    for leaf, p in zip(leaves or f.parameters, f.parameters, strict=True):
        data = getattr(leaf, "data", None) if p["kind"] == "constant" else None
        symbols += symbols_of(p, None) if data is None else np.ravel(data).tolist()
    return scalar, Written(str(scalar), tuple(symbols))


def _assignment(problem: Problem, point: Point) -> dict[str, float]:
    """The values of the symbols at a point, by how the symbols print."""
    found: dict[str, float] = {}
    for p in problem.parameters:
        flat = np.ravel(point[p.hint]).tolist()
        found.update(zip(map(str, symbols_of(p, None)), flat, strict=True))
    return found


__all__ = ["at_fault", "proof"]
