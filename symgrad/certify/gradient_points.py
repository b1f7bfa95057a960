"""Points at which a gradient is looked at, the same ones each time, drawn as the checker draws.

>>> from symgrad.checker import Claim
>>> types = argument_types({"x": "f64[N, 2]"}, {"N": 3})
>>> types, [*along({"x": np.zeros(2)}, ("x", (1,)), (1.0,))]
({'x': 'f64[3, 2]'}, [(1.0, {'x': array([0., 1.])})])
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import Point, Problem
from symgrad.checker import samples
from symgrad.checker.outlines import dims_of, size_of
from symgrad.errors import ArgumentError, LimitError, ShapeError
from symgrad.ir import dims
from symgrad.ir.types import Type

SIZE = 3
TRIES = 4  # draws for each point that is wanted
LIMIT = 100_000  # elements of one argument, each of which is computed to many digits
DRAWS = (samples.ordinary, samples.inside, samples.above, samples.sought)  # where losses may live
_MAGNITUDES = (0.001, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
GRID = (*(-s for s in reversed(_MAGNITUDES)), 0.0, *_MAGNITUDES)
Line = tuple[str, tuple[int, ...]]  # an argument, and which element of it moves


def argument_types(types: Mapping[str, str], sizes: Mapping[str, int]) -> dict[str, str]:
    """Types with numbers for the named sizes."""
    shown = {k: ", ".join(str(size_of(d, sizes)) for d in dims_of(t)) for k, t in types.items()}
    return {k: f"{types[k].partition('[')[0]}[{shape}]" for k, shape in shown.items()}


def checked_sizes(
    problem: Problem, at: Mapping[str, Any], sizes: Mapping[str, int], usual: int
) -> dict[str, int]:
    """A number for each named size: as it is given, as given values have it, or the usual one.

    Raises ArgumentError for a size that is none, LimitError for one that is too large.
    """
    types = [p.type for p in problem.parameters]
    known = dict.fromkeys([n for t in types for dim in t.shape for n in dims.names(dim)], usual)
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
    for p in problem.parameters:
        count = math.prod(dims.evaluate(dim, known) for dim in p.type.shape)
        if count > LIMIT:
            raise LimitError(f"sizes: {p.hint} would have {count} elements, more than {LIMIT}")
    return known


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
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"at: {name}: expected {type}, got {value!r}: {error}") from error
    if array.ndim != type.rank:
        raise ShapeError(f"at: {name}: expected {type}, got shape {array.shape}")
    return array.astype(type.numpy)


def displaced(point: Point, names: Iterable[str], step: float) -> Point:
    """The point with each element of some arguments moved by another part of a step."""
    rng = np.random.default_rng(len(point))
    moved = {}
    for name in sorted(names):
        value = np.asarray(point[name])
        part = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
        moved[name] = value + step * part * np.maximum(1.0, np.abs(value))
    return {**point, **moved}


def lines(base: Point, names: Sequence[str]) -> Iterator[Line]:
    """The first element of each argument, then the second of each, and so on."""
    places = [[*np.ndindex(np.shape(base[name]))] for name in names]
    for i in range(max(map(len, places), default=0)):
        for name, own in zip(names, places, strict=True):
            if i < len(own):
                yield name, own[i]


def along(base: Point, line: Line, values: Sequence[float]) -> Iterator[tuple[float, Point]]:
    """The point with one element set to each of some values."""
    name, index = line
    for t in values:
        value = np.array(base[name])
        value[index] = t
        yield t, {**base, name: value}
