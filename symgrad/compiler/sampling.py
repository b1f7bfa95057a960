"""Points at which a loss and its gradient are real and finite, the same ones each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symgrad.compiler.claims import Point, Problem, exact_gradient
from symgrad.errors import ArgumentError, ShapeError
from symgrad.ir import dims
from symgrad.ir.types import Type

# Where arguments are drawn: of both signs, then positive, for logarithms and roots, then in (0, 1).
_RANGES = ((-1.5, 1.5), (0.2, 1.8), (0.05, 0.95), (1.1, 2.9))
_SIZE = 3
_TRIES = 4  # draws for each point that is wanted
_DIGITS = 30


def sampled(
    problem: Problem, at: Mapping[str, Any], sizes: Mapping[str, int], count: int
) -> list[Point] | str:
    """That many points, or why there are none."""
    if count < 1:
        raise ArgumentError(f"points: expected 1 or more, got {count}")
    unknown = [name for name in at if name not in problem.names]
    if unknown:
        known = ", ".join(problem.names)
        raise ArgumentError(f"at: {unknown[0]!r} is no argument of the loss (it has {known})")
    for p in problem.loss.parameters:
        if not p.type.is_float and p.hint not in at:
            raise ArgumentError(f"at: {p.hint} is {p.type} and cannot be drawn; give its value")
    known_sizes = {**_sizes(problem, at), **sizes}
    for low, high in _RANGES:
        rng = np.random.default_rng(len(problem.loss.body))
        found: list[Point] = []
        for _ in range(_TRIES * count):
            point = {
                p.hint: _given(at[p.hint], p.type)
                if p.hint in at
                else rng.uniform(low, high, _shape(p.type, known_sizes))
                for p in problem.loss.parameters
            }
            point = {name: np.asarray(v) for name, v in point.items()}
            if _usable(problem, point):
                found.append(point)
            if len(found) == count:
                return found
    return "the loss or its gradient is not a finite real number at any point that was drawn"


def _given(value: Any, type: Type) -> Any:
    array = np.asarray(value)
    if array.ndim != type.rank:
        raise ShapeError(f"at: expected {type}, got shape {array.shape}")
    return array.astype(type.numpy)


def _sizes(problem: Problem, at: Mapping[str, Any]) -> dict[str, int]:
    """The named sizes that given values have."""
    found: dict[str, int] = {}
    for p in problem.loss.parameters:
        if p.hint in at:
            for dim, n in zip(p.type.shape, np.shape(at[p.hint]), strict=False):
                if isinstance(dim, str) and dims.is_name(dim):
                    found[dim] = n
    return found


def _shape(type: Type, sizes: Mapping[str, int]) -> tuple[int, ...]:
    names = {n for dim in type.shape for n in dims.names(dim)}
    known = {**dict.fromkeys(names, _SIZE), **sizes}
    return tuple(dims.evaluate(dim, known) for dim in type.shape)


def _usable(problem: Problem, point: Point) -> bool:
    import mpmath

    from symgrad.symbolic.exactly import digits

    with digits(_DIGITS):
        try:
            values = exact_gradient(problem, point)
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            return False
        flat = [v for a in values for v in np.ravel(a)]
        return all(isinstance(v, mpmath.mpf | int) and mpmath.isfinite(v) for v in flat)
