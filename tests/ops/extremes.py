"""Values and slopes of the first and second order at the ends of the range, against mpmath.

python tests/ops/extremes.py [op ...]    prints what is off, op by op

Every elementwise op, in both targets and in float32, on a grid from subnormal numbers to the
largest, both zeros included, but for kinks, where a slope is a convention.  What counts as off: no
finite number where the exact one is in the range of floats, or fewer than ``DIGITS`` digits of it.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy as sp

import symgrad as sg
from symgrad.frontend.arrays.expr import apply
from symgrad.ir.op import Op
from symgrad.ops import OPS

DIGITS = {"f64": 6.0, "f32": 2.0}
RANGE = {"f64": (2.0**-1022, 1.7e308), "f32": (2.0**-126, 3.3e38)}
PLACES = [0.0, 1e-8, 1e-3, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 20.0, 37.5, 80.0, 1e3, 1e5, 1e8]
ENDS = {
    "f64": [5e-324, 1e-310, 2.0**-1022, 1e-154, 1e-100, 700.0, 710.4, 1e100, 1e154, 1e300],
    "f32": [1e-45, 1e-40, 2.0**-126, 1e-20, 1e-10, 89.0, 1e10, 1e19, 1e30],
}
BESIDE = [1.0 - 2.0**-23, 1.0 + 2.0**-23]
ATTRIBUTES: dict[str, dict[str, Any]] = {"leaky_relu": {"slope": 0.125}, "elu": {"alpha": 1.5}}
ATTRIBUTES |= {"stumpff": {"k": 1, "d": 0}, "mills_tail": {"k": 1}}
STEPS = ("sign", "side", "floor", "ceil", "round")


class Off(NamedTuple):
    """Something that is off: of an op, which derivative, where, and how."""

    op: str
    order: str
    way: str
    point: tuple[float, ...]
    got: float
    exact: Any

    def __str__(self) -> str:
        at = ", ".join(f"{v:.4g}" for v in self.point)
        exact = mpmath.nstr(self.exact, 8)
        return f"{self.op} {self.order} {self.way} at ({at}): {self.got:.8g}, not {exact}"


def points(op: Op, dtype: str, most: int) -> list[tuple[float, ...]]:
    """A grid of both signs, a sample of it for several operands."""
    magnitudes = PLACES + ENDS[dtype] + BESIDE
    line = sorted({s * v for v in magnitudes for s in (1.0, -1.0)})
    kind = {"f64": np.float64, "f32": np.float32}[dtype]
    grid = [tuple(float(kind(v)) for v in p) for p in itertools.product(line, repeat=op.arity or 1)]
    return grid if len(grid) <= most else random.Random(op.name).sample(grid, most)


def exact(op: Op) -> dict[str, Callable[..., Any]]:
    """The value and the slopes as functions of mpmath's numbers: "value", "d0", "d01", ..."""
    xs = sp.symbols(f"x0:{op.arity}", real=True)
    assert op.meaning is not None
    value = op.meaning(sp, *xs, **ATTRIBUTES.get(op.name, {}))
    found = {"value": value}
    for i, x in enumerate(xs):
        found[f"d{i}"] = first = sp.diff(value, x)
        found |= {f"d{i}{j}": sp.diff(first, y) for j, y in enumerate(xs)}
    return {name: sp.lambdify(xs, e, "mpmath") for name, e in found.items()}


def evaluated(f: Callable[..., Any], point: tuple[float, ...]) -> Any:
    """A value that is the same with 60 and 120 digits, or has 800; None for no real number."""
    found = []
    for digits in (60, 120, 800):
        with mpmath.workdps(digits):
            try:
                y = mpmath.mpmathify(f(*map(mpmath.mpf, point)))
            except (ZeroDivisionError, ValueError, TypeError, OverflowError, NotImplementedError):
                return None
            if isinstance(y, mpmath.mpc) or not mpmath.isfinite(y):
                return None
            found.append(y)
            if len(found) == 2 and y and abs(found[0] - y) <= abs(y) * mpmath.mpf(10) ** -30:
                return y
    return found[-1]


def computed(
    op: Op, dtype: str, target: str, ps: list[tuple[float, ...]]
) -> dict[str, list[float]]:
    """What the compiled functions give at the points, by the names of ``exact``."""
    kind = {"f64": float, "f32": np.float32}[dtype]
    many = target == "numpy"
    columns = [np.array(c, kind) for c in zip(*ps, strict=True)]
    xs = [sg.param(f"x{i}", c if many else kind(c[0])) for i, c in enumerate(columns)]
    y = apply(op.name, *xs, **ATTRIBUTES.get(op.name, {}))
    slopes = sg.grad(sg.sum(y), xs)
    found: dict[str, list[float]] = {}
    with np.errstate(all="ignore"):
        found["value"] = called(sg.function(xs, y, target=target), columns, many)
        for i, slope in enumerate(slopes):
            total = slope if not many else sg.sum(slope)
            reached = bool(getattr(slope, "shape", ())) or not many
            found[f"d{i}"] = called(sg.function(xs, slope, target=target), columns, many)
            if not reached:
                continue
            f = sg.compile(total, xs, target=target)
            for j in range(len(xs)):
                found[f"d{i}{j}"] = called(lambda *at, f=f, j=j: f(*at)[1][j], columns, many)
    return found


def called(f: Callable[..., Any], columns: list[Any], many: bool) -> list[float]:
    if many:
        return [float(v) for v in np.broadcast_to(f(*columns), columns[0].shape)]
    return [float(f(*map(float, at))) for at in zip(*columns, strict=True)]


def off(op: Op, dtype: str, target: str, most: int) -> Iterator[Off]:
    """All that is off."""
    ps = points(op, dtype, most)
    low, high = RANGE[dtype]
    functions = exact(op)
    for name, results in computed(op, dtype, target, ps).items():
        for point, got in zip(ps, results, strict=True):
            if is_kink(op, point) or evaluated(functions["value"], point) is None:
                continue
            want = evaluated(functions[name], point)
            if want is None or abs(want) > high:
                continue
            error = abs(got - want) if math.isfinite(got) else mpmath.inf
            if error > max(abs(want) * mpmath.mpf(10) ** -DIGITS[dtype], low * 8):
                yield Off(op.name, name, f"{target} {dtype}", point, got, want)


def is_kink(op: Op, point: tuple[float, ...]) -> bool:
    """Whether the slopes there are a convention: a point of none of the op's open pieces."""
    xs = sp.symbols(f"x0:{op.arity}")
    at = dict(zip(xs, map(sp.Float, point), strict=True))
    pieces = [p if isinstance(p, tuple) else (p,) for p in (op.pieces(*xs) if op.pieces else [()])]
    return point in op.kinks or not any(all(bool(c.subs(at)) for c in p) for p in pieces)


def ops() -> list[Op]:
    every = [op for op in OPS.values() if op.kind == "elementwise" and op.name not in STEPS]
    return [op for op in every if not op.inline]


WAYS = [("f64", "numpy"), ("f64", "python"), ("f32", "numpy")]

if __name__ == "__main__":
    for op in ops():
        if sys.argv[1:] and op.name not in sys.argv[1:]:
            continue
        for dtype, target in WAYS:
            found = list(off(op, dtype, target, 400))
            by = itertools.groupby(found, key=lambda o: o.order)
            for order, group in by:
                rows = list(group)
                print(
                    f"{op.name:14} {order:6} {target} {dtype}: {len(rows):3}  {rows[0]}", flush=True
                )
