"""The symbolic side of a gradient check: a proof by SymPy, or the term at fault.

SymPy works in a process of its own that is ended when its time is up; then there is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import GradientClaim, Point, Problem
from symgrad.errors import LimitError, SymgradError, UnsupportedError
from symgrad.ir.function import Function, function
from symgrad.symbolic.to_sympy import symbols_of

MAX_COMPONENTS = 64
MAX_INSTRUCTIONS = 400  # of the gradient, as scalars; SymPy never sees a whole program
_ERRORS = (SymgradError, ArithmeticError, ValueError, TypeError, AttributeError, KeyError)


def proof(problem: Problem, claim: GradientClaim, seconds: float) -> str:
    """'' where SymPy shows that the claim is right for all real numbers; else why it does not."""
    try:
        answers = _answer(problem, claim, seconds, "claimed.zeros")
    except _ERRORS as error:
        return str(error)
    return "" if all(answers) else "SymPy does not simplify the difference to 0"


def at_fault(
    problem: Problem, claim: GradientClaim, flat: int, drawn: Sequence[Point], seconds: float
) -> str:
    """The term at fault in one component, in words; '' where it cannot be told in time."""
    points: list[dict[str, float]] = []
    try:
        for point in drawn:
            rows = [(symbols_of(p, None), np.ravel(point[p.hint])) for p in problem.parameters]
            points.append({str(s): float(v) for row in rows for s, v in zip(*row, strict=True)})
        return str(_answer(problem, claim, seconds, "claimed.fault", flat, points))
    except _ERRORS:
        return ""  # to name the term is a courtesy; the refutation stands without it


def _answer(
    problem: Problem, claim: GradientClaim, seconds: float, task: str, *arguments: Any
) -> Any:
    """The answer of SymPy's process about claimed and right components.

    Raises UnsupportedError, LimitError where it cannot be asked, or does not answer in time.
    """
    from symgrad.symbolic.budget import within

    if not seconds:
        raise LimitError("it was given no time")
    for p in problem.parameters:
        if any(isinstance(d, str) for d in p.type.shape):
            raise UnsupportedError(f"{p.hint} has a named size, and a proof needs numbers")
    if claim.function is None:
        raise UnsupportedError("the claim is not symbolic")
    claimed: Any = [e for array in claim.arrays for e in array.flat]
    claimed = claimed or _written(problem, problem.scalars(claim.function))
    f = problem.scalars(function("gradient", problem.parameters, problem.gradient.results[1:]))
    if len(f.body) > MAX_INSTRUCTIONS or len(f.results) > MAX_COMPONENTS:
        raise LimitError(
            f"the gradient has {len(f.results)} components in {len(f.body)} operations, and a "
            f"proof is tried for {MAX_COMPONENTS} in {MAX_INSTRUCTIONS} at most"
        )
    shapes = {p.hint: tuple(p.type.shape) for p in problem.parameters}
    return within(seconds, task, claimed, _written(problem, f), shapes, *arguments)


def _written(problem: Problem, f: Function) -> Any:
    """A function of scalars as the text that SymPy's process makes expressions of; data that
    leaves hold are numbers there."""
    from symgrad.symbolic.claimed import Written

    symbols: list[Any] = []
    for leaf, p in zip(problem.leaves or problem.parameters, problem.parameters, strict=True):
        data = getattr(leaf, "data", None) if p["kind"] == "constant" else None
        symbols += symbols_of(p, None) if data is None else np.ravel(data).tolist()
    return Written(str(f), tuple(symbols))


__all__ = ["at_fault", "proof"]
