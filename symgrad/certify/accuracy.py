"""How wrong float64 is: both sides of a stabilising rule, value and slope, at their worst.

>>> from symgrad.rewrite.stable_rules import RULES
>>> rule = next(r for r in RULES if r.name.startswith("log(1 + exp(x))"))
>>> measured(rule)
Measured(point={'x': 1000.0}, before=inf, after=0.0)
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from symgrad.autodiff import gradients
from symgrad.ir.function import Instr, function, parameter
from symgrad.ir.run import interpret
from symgrad.ir.types import Type
from symgrad.ops.table import IRAlgebra
from symgrad.rewrite.patterns import Families
from symgrad.rewrite.rule import Fired, Rule

COUNT = 3  # how many values a list or an array of a sample has
_DIGITS = 1200  # exp(1000) + 1 keeps its 1
_STEP = -400  # the exponent of ten of the step of differences
_MAGNITUDES = (1e-300, 1e-20, 1e-10, 1e-3, 0.5, 1.0, 2.0, 5.0, 20.0, 40.0, 100.0, 500.0, 1000.0)
_LIMIT = 60


class Measured(NamedTuple):
    """The sample at which the left side is worst, and the errors of both sides there, in ulps."""

    point: dict[str, Any]
    before: float
    after: float


class IRFamilies(Families, IRAlgebra):
    """Builds IR, the families in their plainest form."""


@cache
def measured(rule: Rule) -> Measured:
    """The worst sample of a rule's left side: a nan counts as infinitely wrong."""
    sides = _programs(rule)
    worst: Measured | None = None
    for point in samples(rule):
        exact = reference(rule, point)
        if exact is None:
            continue
        before, after = (errors(side, point, exact) for side in sides)
        if worst is None or before > worst.before:
            worst = Measured(point, before, after)
    assert worst is not None, rule
    return worst


def samples(rule: Rule) -> Iterator[dict[str, Any]]:
    """Points of the rule's domain, the same ones each time; list and array variables are lists."""
    axes: list[list[Any]] = []
    chance = random.Random(rule.name)
    for name, (low, high) in rule.domain.items():
        line: list[Any] = [s * m for m in _MAGNITUDES for s in (1.0, -1.0)] + [0.0]
        if high - low <= 2.0:
            line += [low + t * (high - low) for t in (1e-10, 0.1, 0.3, 0.7, 0.9, 1.0 - 1e-10)]
        line += [-1.0 + 1e-10] if low == -1.0 else [1.0 - 1e-10] if high == 1.0 else []
        line = [v for v in line if low < v < high]
        if name in rule.lists or name in rule.arrays:
            line = [[v] * COUNT for v in line] + [chance.choices(line, k=COUNT) for _ in range(10)]
        axes.append(line)
    points = list(itertools.product(*axes))
    corners = list(itertools.product(*(axis[-3:-1] or axis for axis in axes)))
    limit = _LIMIT // 3 if rule.lists or rule.arrays else _LIMIT
    chosen = points if len(points) <= limit else corners + chance.sample(points, limit)
    for values in chosen:
        yield dict(zip(rule.domain, values, strict=True))


def _programs(rule: Rule) -> list[Any]:
    """For each side a function of the flat variables: the first element, and its gradient."""
    f = IRFamilies()
    flat: list[Instr] = []

    def fresh(name: str, shape: tuple[int, ...] = ()) -> Any:
        flat.append(parameter(f"{name}{len(flat)}", Type("f64", shape)))
        return f.term(flat[-1])

    values: dict[str, Any] = {}
    for name in rule.domain:
        if name in rule.lists:
            values[name] = [fresh(name) for _ in range(COUNT)]
        else:
            values[name] = fresh(name, (COUNT,) if name in rule.arrays else ())
    programs = []
    for y in (rule.first(f, values), rule.second(f, values)):
        rank = f.type(y).rank
        scalar = f.index(y, key=(("int", 0),) * rank).instr if rank else y.instr
        grads = gradients(scalar, flat)
        programs.append(function("side", flat, [scalar, *grads]))
    return programs


def reference(rule: Rule, point: Mapping[str, Any]) -> list[Any] | None:
    """The exact value and slopes at a point; None where they are not finite real numbers."""
    from symgrad.symbolic.precise import digits

    with digits(_DIGITS):
        import mpmath

        h = mpmath.mpf(10) ** _STEP
        try:
            value, flat = _exact(rule, point), _flattened(point)
            found = [value]
            for i in range(len(flat)):
                up, down = list(flat), list(flat)
                up[i], down[i] = up[i] + h, down[i] - h
                ahead = _exact(rule, _nested(point, up))
                found.append((ahead - _exact(rule, _nested(point, down))) / (2 * h))
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            return None
        real = all(isinstance(v, mpmath.mpf) and mpmath.isfinite(v) for v in found)
        return found if real else None


def _exact(rule: Rule, point: Mapping[str, Any]) -> Any:
    import mpmath

    from symgrad.symbolic.precise import PRECISE

    values: dict[str, Any] = {}
    for name, v in point.items():
        exact = [mpmath.mpf(x) for x in v] if isinstance(v, list) else mpmath.mpf(v)
        values[name] = np.array(exact, dtype=object) if name in rule.arrays else exact
    left = rule.first(PRECISE, values)
    return left.reshape(-1)[0] if isinstance(left, np.ndarray) else left


def _flattened(point: Mapping[str, Any]) -> list[Any]:
    import mpmath

    return [mpmath.mpf(v) for x in point.values() for v in (x if isinstance(x, list) else [x])]


def _nested(point: Mapping[str, Any], flat: list[Any]) -> dict[str, Any]:
    rest = iter(flat)
    return {
        name: [next(rest) for _ in x] if isinstance(x, list) else next(rest)
        for name, x in point.items()
    }


def errors(program: Any, point: Mapping[str, Any], exact: list[Any]) -> float:
    """The largest error of value and slopes, in ulps; of slopes that are summed, of the sum."""
    from symgrad.symbolic.precise import digits, ulps

    arguments: list[Any] = []
    for x, p in zip(_grouped(program, point), program.parameters, strict=True):
        arguments.append(np.array(x) if p.type.rank else x)
    results = interpret(program, arguments)
    got = [float(v) for r in results for v in np.asarray(r).reshape(-1)]
    with digits(_DIGITS):
        return max(ulps(a, b) for a, b in zip(got, exact, strict=True))


def _grouped(program: Any, point: Mapping[str, Any]) -> list[Any]:
    """The values of the parameters: arrays whole, lists one by one."""
    arrays = any(p.type.rank for p in program.parameters)
    values: list[Any] = []
    for x in point.values():
        if isinstance(x, list) and not arrays:
            values += x
        else:
            values.append(x)
    return values


def described(fired: Fired, count: int = 1) -> str:
    """A rule that fired, where, and the error before and after at the worst sample."""
    worst = measured(fired.rule)
    where = ", ".join(map(str, fired.origins)) or "an unknown line"
    times = f" ({count} times)" if count > 1 else ""
    point = ", ".join(f"{name} = {value}" for name, value in worst.point.items())
    change = f"{shown(worst.before)} before, {shown(worst.after)} after, at {point}"
    return f"{fired.rule}  at {where}{times}: {change}"


def shown(error: float) -> str:
    """An error for people: nan and inf are wrong altogether."""
    if math.isinf(error):
        return "nan or inf"
    return f"{error:.1f} ulp" if error < 1000 else f"{error:.0e} ulp"


__all__ = ["Measured", "described", "measured", "samples", "shown"]
