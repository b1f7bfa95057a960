"""Where a loss may be another function than near 0: at the literals that it decides by.

>>> import symgrad as sg
>>> from symgrad.frontend.arrays.trace import trace
>>> s = sg.param("s", 0.5)
>>> thresholds(trace([sg.where(s > 1000, 2 * s, s) + sg.relu(s - 50)]).function)
[1000.0, 50.0]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.compiler.claims import Point, Problem
from symgrad.ir.function import Function, Instr, as_given

_MOST = 4  # literals, each of which costs a few points
_BESIDE = (1 - 2**-10, 1 + 2**-10, 2.0)  # times a threshold: next to it, and well beyond it
_BEYOND = (1.05, 1.95)  # times a threshold, where all arguments lie there


def thresholds(f: Function) -> list[float]:
    """How large the literals are that comparisons and kinks are made from, a few of them.

    Those nearest to the comparisons are taken, and told by size, the largest first.
    """
    queue = deque(x for x in f.body if _is_choice(x))
    seen, found = set(queue), dict[float, None]()
    while queue and len(found) < _MOST:
        x = queue.popleft()
        if x.is_constant and x.type.is_float:
            sizes = np.abs(np.ravel(as_given(x["value"], x.type)))
            found |= dict.fromkeys(sizes[np.isfinite(sizes) & (sizes > 0)].tolist())
        queue += [o for o in dict.fromkeys(x.operands) if o not in seen]
        seen.update(x.operands)
    return sorted(list(found)[:_MOST], reverse=True)


def _is_choice(x: Instr) -> bool:
    """Whether an instruction decides by numbers: a comparison, or an operation with a kink."""
    return not is_of_truths(x) and (x.type.dtype == "bool" or bool(x.op.kinks))


def is_of_truths(x: Instr) -> bool:
    """Whether it decides by what was decided before, as where does."""
    return any(o.type.dtype == "bool" for o in x.operands)


def is_equality(x: Instr) -> bool:
    """Whether it asks if floats are equal, which they are at single points alone."""
    return x.op.name in ("equal", "not_equal") and any(o.type.is_float for o in x.operands)


def beside(levels: Sequence[float]) -> list[float]:
    """Numbers at both sides of thresholds, of both signs."""
    return [sign * level * part for level in levels for part in _BESIDE for sign in (-1.0, 1.0)]


def apart(
    problem: Problem, base: Point, fixed: Mapping[str, Any], levels: Sequence[float]
) -> Iterator[tuple[str, Point]]:
    """Points with what they are: the data that parameters hold, and all arguments at a threshold.

    base    says what is not held, and the shapes
    fixed   the names of arguments that have no other value than there
    """
    free = {p.hint for p in problem.loss.parameters if p.type.is_float} - set(fixed)
    held = {name: np.asarray(v, float) for name, v in problem.held.items() if name in free}
    if held:
        yield "at the data of the parameters", {**base, **held}
    rng = np.random.default_rng(len(levels))
    for level in levels:
        for sign in (1.0, -1.0):
            low, high = sorted(sign * level * b for b in _BEYOND)
            moved = {name: rng.uniform(low, high, np.shape(base[name])) for name in sorted(free)}
            yield f"beyond {sign * level!r}", {**base, **moved}


def displaced(point: Point, names: set[str], step: float) -> Point:
    """The point with each element of some arguments moved by another part of a step."""
    rng = np.random.default_rng(len(point))
    moved = {}
    for name in sorted(names):
        value = np.asarray(point[name])
        part = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
        moved[name] = value + step * part * np.maximum(1.0, np.abs(value))
    return {**point, **moved}


__all__ = ["apart", "beside", "displaced", "is_equality", "is_of_truths", "thresholds"]
