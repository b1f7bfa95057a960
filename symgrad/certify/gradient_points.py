"""Points at which a gradient is looked at, the same ones each time, drawn as the checker draws.

>>> [*along_lines({"x": np.zeros(2)}, ["x"], (1.0,), 1)]
[('x[0] = 1.0', {'x': array([1., 0.])})]
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import Point, Problem, element
from symgrad.checker import samples
from symgrad.errors import ArgumentError, LimitError, ShapeError
from symgrad.ir.types import Type, names_in, size_at

SIZE = 3
TRIES = 4  # draws for each point that is wanted
SEARCHES = 2  # in vain, after which none is made
LIMIT = 100_000  # elements of one argument, each of which is computed to many digits
DRAWS = (samples.ordinary, samples.inside, samples.above, samples.sought)  # where losses may live
_MAGNITUDES = (0.001, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
GRID = (*(-s for s in reversed(_MAGNITUDES)), 0.0, *_MAGNITUDES)


def argument_types(
    problem: Problem, at: Point, sizes: Mapping[str, int], usual: int
) -> dict[str, str]:
    """The types with a number for each named size: as it is given, as given values have it, or the
    usual one.

    Raises ArgumentError for a size that is none, LimitError for one that is too large, ShapeError
    for a given value of another shape.
    """
    named = [n for p in problem.parameters for dim in p.type.shape for n in names_in(dim)]
    known = dict.fromkeys(named, usual)
    for name, n in sizes.items():
        if name not in known:
            there = ", ".join(known) or "none"
            raise ArgumentError(f"sizes: no size is named {name!r} (there: {there})")
        if type(n) is not int or n < 0:
            raise ArgumentError(f"sizes: expected names with ints >= 0, got {name!r}: {n!r}")
    for p in problem.parameters:
        shape = np.shape(at[p.hint]) if p.hint in at else ()
        known |= {d: n for d, n in zip(p.type.shape, shape, strict=False) if d in known}
    known |= sizes
    types = {}
    for p in problem.parameters:
        shape = tuple(size_at(dim, known) for dim in p.type.shape)
        if math.prod(shape) > LIMIT:
            raise LimitError(
                f"sizes: {p.hint} would have {math.prod(shape)} elements, more than {LIMIT}"
            )
        if p.hint in at and np.shape(at[p.hint]) != shape:
            got = np.shape(at[p.hint])
            raise ShapeError(f"at: {p.hint}: expected {p.type} with shape {shape}, got {got}")
        types[p.hint] = str(Type(p.type.dtype, shape))
    return types


def given_values(problem: Problem, at: Mapping[str, Any]) -> Point:
    """The values that are not drawn, as arrays of their types."""
    unknown = [name for name in at if name not in problem.names]
    if unknown:
        known = ", ".join(problem.names)
        raise ArgumentError(f"at: {unknown[0]!r} is no argument of the loss (it has {known})")
    for p in problem.parameters:
        if not p.type.is_float and p.hint not in at:
            raise ArgumentError(f"at: {p.hint} is {p.type} and cannot be drawn; give its value")
    return {p.hint: _given(at[p.hint], p.hint, p.type) for p in problem.parameters if p.hint in at}


def _given(value: Any, name: str, type: Type) -> Any:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{array.dtype} is not real")
        if not type.is_float and not np.array_equal(array, array.astype(type.numpy)):
            raise TypeError("not all of them are whole numbers")
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"at: {name}: expected {type}, got {value!r}: {error}") from error
    if array.ndim != type.rank:
        raise ShapeError(f"at: {name}: expected {type}, got shape {array.shape}")
    return array.astype(type.numpy)


def displaced(point: Point, names: Iterable[str], step: float, least: float = 1.0) -> Point:
    """The point with each element of some arguments moved by another part of a step.

    least   the size beside which an element moves that is smaller
    """
    rng = np.random.default_rng(len(point))
    moved = {}
    for name in sorted(names):
        value = np.asarray(point[name])
        part = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
        moved[name] = value + step * part * np.maximum(least, np.abs(value))
    return {**point, **moved}


def along_lines(
    base: Point, names: Sequence[str], values: Sequence[float], most: int
) -> Iterator[tuple[str, Point]]:
    """The point with one element set to each of some values, and how that is written.

    most   of the elements are moved: the first of each argument, then the second, and so on
    """
    for name, k in elements_of(base, names)[:most]:
        place = element(name, np.shape(base[name]), k)
        for t in values:
            value = np.array(base[name])
            value.flat[k] = t
            yield f"{place} = {t!r}", {**base, name: value}


def elements_of(base: Point, names: Sequence[str]) -> list[tuple[str, int]]:
    """The first element of each argument, then the second of each, and so on."""
    places = [(name, k) for name in names for k in range(np.size(base[name]))]
    return sorted(places, key=itemgetter(1))
