"""Points at which a loss and its gradient are real and finite, the same ones each time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from symgrad.compiler.claims import Point, Problem, exact_gradient
from symgrad.errors import ArgumentError, LimitError, ShapeError
from symgrad.ir import dims
from symgrad.ir.types import Type

# Where arguments are drawn: of both signs, then positive, for logarithms and roots, then in (0, 1).
_RANGES = ((-1.5, 1.5), (0.2, 1.8), (0.05, 0.95), (1.1, 2.9))
_SIZE = 3
_TRIES = 4  # draws for each point that is wanted
_DIGITS = 30
_FAR = 3
_LIMIT = 100_000  # elements of one argument, each of which is computed to many digits


def sampled(
    problem: Problem, at: Mapping[str, Any], sizes: Mapping[str, int], count: int
) -> list[Point] | str:
    """That many points, or why there are none."""
    if type(count) is not int or count < 1:
        raise ArgumentError(f"points: expected 1 or more, got {count!r}")
    unknown = [name for name in at if name not in problem.names]
    if unknown:
        known = ", ".join(problem.names)
        raise ArgumentError(f"at: {unknown[0]!r} is no argument of the loss (it has {known})")
    for p in problem.loss.parameters:
        if not p.type.is_float and p.hint not in at:
            raise ArgumentError(f"at: {p.hint} is {p.type} and cannot be drawn; give its value")
    _check_sizes(problem, sizes)
    for limits in _RANGES:
        found = _drawn(problem, at, sizes, count, limits)
        if len(found) == count:
            return found
    return "the loss or its gradient is not a finite real number at any point that was drawn"


def far(problem: Problem, at: Mapping[str, Any], sizes: Mapping[str, int]) -> list[Point]:
    """Points farther out, as many as there are of a few draws."""
    return _drawn(problem, at, sizes, _FAR, (-40.0, 40.0))


def resized(problem: Problem, at: Mapping[str, Any], sizes: Mapping[str, int]) -> list[Point]:
    """A point with other sizes than the usual one, if there are sizes that nobody has given."""
    given = {**_sizes(problem, at), **sizes}
    names = {n for p in problem.loss.parameters for dim in p.type.shape for n in dims.names(dim)}
    other = {**dict.fromkeys(names, _SIZE + 2), **given}
    return _drawn(problem, at, other, 1, _RANGES[0]) if names - set(given) else []


def _drawn(
    problem: Problem,
    at: Mapping[str, Any],
    sizes: Mapping[str, int],
    count: int,
    limits: tuple[float, float],
) -> list[Point]:
    """Up to that many points where loss and gradient are real and finite."""
    known_sizes = {**_sizes(problem, at), **sizes}
    rng = np.random.default_rng(len(problem.loss.body))
    found: list[Point] = []
    for _ in range(_TRIES * count):
        point = {
            p.hint: _given(at[p.hint], p.hint, p.type)
            if p.hint in at
            else rng.uniform(*limits, _shape(p.type, known_sizes))
            for p in problem.loss.parameters
        }
        point = {name: np.asarray(v) for name, v in point.items()}
        if _usable(problem, point):
            found.append(point)
        if len(found) == count:
            break
    return found


def _check_sizes(problem: Problem, sizes: Mapping[str, int]) -> None:
    """Raises ArgumentError for a size that is none, LimitError for one that is too large."""
    types = [p.type for p in problem.loss.parameters]
    known = dict.fromkeys(n for t in types for dim in t.shape for n in dims.names(dim))
    for name, n in sizes.items():
        if name not in known:
            there = ", ".join(known) or "none"
            raise ArgumentError(f"sizes: no size is named {name!r} (there: {there})")
        if type(n) is not int or n < 0:
            raise ArgumentError(f"sizes: expected names with ints >= 0, got {name!r}: {n!r}")
    for p in problem.loss.parameters:
        count = math.prod(_shape(p.type, sizes))
        if count > _LIMIT:
            raise LimitError(f"sizes: {p.hint} would have {count} elements, more than {_LIMIT}")


def _given(value: Any, name: str, type: Type) -> Any:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{array.dtype} is not real")
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"at: {name}: expected {type}, got {value!r}: {error}") from error
    if array.ndim != type.rank:
        raise ShapeError(f"at: {name}: expected {type}, got shape {array.shape}")
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

    from symgrad.symbolic.precise import digits

    with digits(_DIGITS):
        try:
            values = exact_gradient(problem, point)
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            return False
        flat = [v for a in values for v in np.ravel(a)]
        return all(isinstance(v, mpmath.mpf | int) and mpmath.isfinite(v) for v in flat)
