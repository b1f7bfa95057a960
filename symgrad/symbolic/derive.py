"""Derivatives of a formula: as SymPy writes them, simplified, and how accurate they are.

>>> import sympy as sp
>>> x = sp.Symbol("x", real=True)
>>> raw, simple = derivatives((x,), x / (1 + sp.exp(-x)), 60).ways
>>> nodes(raw[0]) > 0, len(simple)
(True, 1)
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy as sp

from symgrad.checker.balls import Balls, precision
from symgrad.checker.exact_text import leaves
from symgrad.errors import DomainError, LimitError, UnsupportedError
from symgrad.ir.function import Function
from symgrad.ir.run import interpret
from symgrad.symbolic.budget import within
from symgrad.symbolic.from_sympy import read
from symgrad.symbolic.precise import PRECISE, digits, ulps
from symgrad.symbolic.reference import Printed
from symgrad.symbolic.tasks import simplified

MAX_WRITTEN = 150  # nodes of a formula, as it is written, that SymPy is asked about
_MAGNITUDES = (0.001, 0.3, 1.0, 2.5, 8.0, 30.0, 100.0, 800.0)
_POINTS = 60
_DIGITS = 800
_BITS = 512
_STEP = -200
_TOLERANCE = 1e5  # ulps: what cancels to fewer than eleven digits is a fault


class Derivatives(NamedTuple):
    """The ways in which SymPy writes the partials, and samples with the exact slopes there."""

    ways: list[list[Any]]
    samples: list[tuple[list[float], list[Any]]]


def derivatives(symbols: Sequence[Any], expression: Any, seconds: float) -> Derivatives:
    """The partials as ``diff`` gives them, and as ``simplify`` leaves those.

    There are none for a formula that is longer than ``MAX_WRITTEN``, nor where SymPy, in a process
    of its own, does not finish in ``seconds``.
    """
    if written_nodes(expression) > MAX_WRITTEN:
        return Derivatives([], [])
    try:
        return Derivatives(*within(seconds, "derive.derived", tuple(symbols), expression))
    except LimitError:
        return Derivatives([], [])


def nodes(expression: Any) -> int:
    """How many distinct objects an expression is made of."""
    seen: set[int] = set()
    stack = [expression]
    while stack:
        x = stack.pop()
        if id(x) not in seen:
            seen.add(id(x))
            stack.extend(x.args)
    return len(seen)


def written_nodes(expression: Any) -> int:
    """How many objects an expression has as it is written, where each that is shared is repeated:
    what most of SymPy's methods walk over."""
    counts: dict[int, int] = {}
    stack = [(expression, False)]
    while stack:
        x, ready = stack.pop()
        if ready:
            counts[id(x)] = 1 + sum(counts[id(a)] for a in x.args)
        elif id(x) not in counts:
            stack.append((x, True))
            stack.extend((a, False) for a in x.args)
    return counts[id(expression)]


def faults(known: Sequence[tuple[list[float], list[Any]]], partials: Function) -> int:
    """At how many samples float64 evaluation of the partials has lost the digits."""
    count = 0
    for point, exact in known:
        got = interpret(partials, [np.float64(v) for v in point])
        with digits(_DIGITS):
            wrong = [ulps(float(a), b) > _TOLERANCE for a, b in zip(got, exact, strict=True)]
        count += any(wrong)
    return count


def are_equal(a: Function, b: Function, points: Iterable[Sequence[float]]) -> bool:
    """True if the results of two programs, their literals exact, agree at all points that both
    reach, and there is one.  SymPy's sum of two floats is rounded, and so another number."""
    programs, reached = (Printed(a), Printed(b)), 0
    with precision(_BITS):
        for point in points:
            balls = Balls()
            with suppress(DomainError, UnsupportedError):
                xs = [balls.variable(x) for x in point]
                found = [[*leaves(f.run(balls.one, *xs))] for f in programs]
                if not all(
                    balls.equal(*map(balls.one.lift, two)) for two in zip(*found, strict=True)
                ):
                    return False
                reached += 1
    return reached > 0


def references(symbols: Sequence[Any], expression: Any) -> Iterator[tuple[list[float], list[Any]]]:
    """Samples, and the exact slopes there; samples where they are not real are left out."""
    for point in samples(len(symbols)):
        slopes = exact_slopes(symbols, expression, point)
        if slopes is not None:
            yield point, slopes


def samples(arity: int) -> list[list[float]]:
    """Points of every sign and magnitude, the same ones each time."""
    line = [s * m for m in _MAGNITUDES for s in (1.0, -1.0)]
    every = [list(p) for p in itertools.islice(itertools.product(line, repeat=arity), 4096)]
    chosen = random.Random(arity).sample(every, min(_POINTS, len(every)))
    return sorted(chosen)


def exact_slopes(
    symbols: Sequence[Any], expression: Any, point: Sequence[float]
) -> list[Any] | None:
    """The slopes to hundreds of digits, by differences; None where the value is not real."""
    with digits(_DIGITS):
        h = mpmath.mpf(10) ** _STEP
        slopes = []
        try:
            for i in range(len(symbols)):
                ahead, behind = ([mpmath.mpf(v) for v in point] for _ in range(2))
                ahead[i], behind[i] = ahead[i] + h, behind[i] - h
                up, down = (value_at(symbols, expression, p) for p in (ahead, behind))
                slopes.append((up - down) / (2 * h))
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            return None
        real = all(isinstance(s, mpmath.mpf) and mpmath.isfinite(s) for s in slopes)
        return slopes if real and all(abs(s) < math.inf for s in slopes) else None


def value_at(symbols: Sequence[Any], expression: Any, point: Sequence[Any]) -> Any:
    """The value of an expression at a point, at the digits of the context."""
    return read(expression, PRECISE, dict(zip(symbols, point, strict=True)).__getitem__)


def derived(symbols: Sequence[Any], expression: Any) -> tuple[list[list[Any]], list[Any]]:
    """A formula's partials, raw and simplified, and the exact ones at samples."""
    raw = [sp.diff(expression, s) for s in symbols]
    return [raw, simplified(raw)], list(references(symbols, expression))
