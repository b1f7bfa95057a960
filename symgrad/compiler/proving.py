"""The symbolic side of a gradient check: a proof by SymPy, or the term at fault.

SymPy works in a process of its own that is ended when its time is up; then there is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from symgrad.compiler.claims import Claim, Place, Point, Problem, written
from symgrad.errors import SymgradError
from symgrad.symbolic.to_sympy import symbols_of

if TYPE_CHECKING:
    from symgrad.symbolic.claimed import Side

MAX_COMPONENTS = 64
MAX_INSTRUCTIONS = 400  # of the gradient, as scalars; SymPy never sees a whole program
_ERRORS = (SymgradError, ArithmeticError, ValueError, TypeError, AttributeError, KeyError)


def proof(problem: Problem, claim: Claim, seconds: float) -> str:
    """'' where SymPy shows that the claim is right for all real numbers; else why it does not."""
    from symgrad.symbolic.budget import within

    if not seconds:
        return "it was given no time"
    try:
        sides = _sides(problem, claim)
        if isinstance(sides, str):
            return sides
        answers = within(seconds, "claim_zeros", *sides, _shapes(problem))
    except _ERRORS as error:
        return str(error)
    if all(answers):
        return ""
    return "SymPy does not simplify the difference to 0"


def at_fault(
    problem: Problem, claim: Claim, place: Place, drawn: Sequence[Point], seconds: float
) -> str:
    """The term at fault in one component, in words; '' where it cannot be told in time."""
    from symgrad.symbolic.budget import within

    try:
        sides = _sides(problem, claim)
        if isinstance(sides, str):
            return ""
        points = [_assignment(problem, point) for point in drawn]
        flat = _flat_place(problem, place)
        shapes = _shapes(problem)
        return str(within(seconds, "claim_fault", *sides, shapes, flat, points))
    except _ERRORS:
        return ""  # to name the term is a courtesy; the refutation stands without it


def _sides(problem: Problem, claim: Claim) -> tuple[Side, Side] | str:
    """Claimed and right components, flat; or why there are none."""
    for p in problem.loss.parameters:
        if any(isinstance(d, str) for d in p.type.shape):
            return f"{p.hint} has a named size, and a proof needs numbers"
    claimed = claim.side()
    if claimed is None:
        return "the claim is not symbolic"
    f, right = written(problem.gradient, problem.leaves)
    if len(f.body) > MAX_INSTRUCTIONS or len(f.results) > MAX_COMPONENTS:
        return (
            f"the gradient has {len(f.results)} components in {len(f.body)} operations, and a "
            f"proof is tried for {MAX_COMPONENTS} in {MAX_INSTRUCTIONS} at most"
        )
    return claimed, right


def _shapes(problem: Problem) -> dict[str, tuple[Any, ...]]:
    return {p.hint: tuple(p.type.shape) for p in problem.loss.parameters}


def _flat_place(problem: Problem, place: Place) -> int:
    """The place of a component among all components."""
    i, index = place
    shapes = [tuple(map(int, problem.loss.parameters[j].type.shape)) for j in problem.wrt]
    before = sum(int(np.prod(s)) for s in shapes[:i])
    return before + (int(np.ravel_multi_index(index, shapes[i])) if index else 0)


def _assignment(problem: Problem, point: Point) -> dict[str, float]:
    """The values of the symbols at a point, by how the symbols print."""
    found: dict[str, float] = {}
    for p in problem.loss.parameters:
        flat = np.ravel(point[p.hint]).tolist()
        found.update(zip(map(str, symbols_of(p, None)), flat, strict=True))
    return found


__all__ = ["at_fault", "proof"]
