"""How many units in the last place the derivative rules are off, op by op, against mpmath.

CAMPAIGN=1 python tests/ops/slopes.py [--write]    prints the table, or writes it into the README

At least 500 points an op in a campaign, 100 else: a grid of signs and magnitudes from 1e-300 to
1e300, both zeros, the smallest and the largest numbers, subnormal ones, what lies beside the edges
of its domain, and points drawn from the interval that the op declares.  The reference is the slope
at 90 digits where it is the same at 60, and at 700 elsewhere.  Reductions are compiled, and called
on vectors of four.  Near a zero of the derivative the error is counted against the sum of the
absolute values of its terms.
"""

import itertools
import math
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from campaign import many

import symgrad as sg
from symgrad.ir.op import Op
from symgrad.ops import OPS, ArrayAlgebra
from symgrad.symbolic.precise import PRECISE, digits, ulps

COUNT = many(50, 500)
DIGITS = 700  # 1 - tanh(800)**2 has some left
FEW = (60, 90)  # enough where both give the same
ROUNDED = ("exp2", "log2", "log10", "erf", "erfc", "ndtr", "gelu")
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "leaky_relu": {"slope": 0.125},
    "elu": {"alpha": 1.5},
    "strong_product": {"zero": (0, 1)},
    "continued": {"found": True},
}
ATTRIBUTES |= {"stumpff": {"k": 1, "d": 0}, "mills_tail": {"k": 1}}
STEPS = ("sign", "side", "floor", "ceil", "round")
OFTEN_REAL = [1e-300, 1e-100, 1e-20, 1e-8, 1e-3, 0.1, 0.5, 0.999, 1.0, 1.001, 1.5, 2.0, 3.0, 5.0]
OFTEN_REAL += [8.0, 10.0, 19.0, 26.0, 37.0, 38.5, 100.0, 300.0, 700.0, 1e3, 1e8, 1e100, 1e300]
EXTREME = [0.0, 5e-324, 1e-310, 2.0**-1022, sys.float_info.max]
EDGES: dict[str, list[float]] = {
    "log1p": [-1 + 1e-10, -1 + 2.0**-53, -0.5],
    "arcsin": [1 - 2.0**-53, 1 - 1e-10, -1 + 1e-10],
    "arccos": [1 - 2.0**-53, 1 - 1e-10, -1 + 1e-10],
    "arctanh": [1 - 2.0**-53, 1 - 1e-10, -1 + 1e-10],
    "arccosh": [1 + 2.0**-52, 1 + 1e-10, 1.1],
    "log1mexp": [-1e-10, -0.69, -0.7],
    "divide": [3e-9, 7e-100],
    "sqrt1pm1": [-1 + 1e-10, -1 + 2.0**-53, -0.5],
    **{key: [-2.0, -1.0, -1.5, -0.01] for key in ("log_ndtr", "inverse_mills", "mills_tail")},
}
TERMS: dict[str, Callable[..., Any]] = {
    "stumpff": lambda x: abs(mpmath.cos(x) / x) + abs(mpmath.sin(x) / x**2),
    # The difference x + phi/Phi is computed as it stands above -1, and that of tails above -2.
    "inverse_mills": lambda x: mills(x) * (abs(x) + mills(x)) if -1 < x < 0 else 0,
    "mills_tail": lambda x: 1 + (abs(x) + mills(x)) * (mills(x) + 2 * abs(x)) if x > -2 else 0,
    "sigmoid_slope": lambda x: sigmoid(x) * sigmoid(-x),
    "silu": lambda x: abs(sigmoid(x)) + abs(x * sigmoid(x) * sigmoid(-x)),
    "gelu": lambda x: normal(x) + abs(x) * mpmath.npdf(x),
}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def mills(x: Any) -> Any:
    return mpmath.npdf(x) / normal(x)


def normal(x: Any) -> Any:
    return mpmath.ncdf(x) if abs(x) < 100 else mpmath.mpf(x > 0)


def points(op: Op) -> Iterator[tuple[float, ...]]:
    """At least ``COUNT``, the same ones each time."""
    chance = random.Random(op.name)
    line = sorted(s * v for v in OFTEN_REAL + EXTREME for s in (1.0, -1.0))
    line += EDGES.get(op.name, [])
    if op.arity == 1:
        yield from ((v,) for v in line)
        yield from ((chance.uniform(-40.0, 40.0),) for _ in range(COUNT // 2))
    else:
        grid = list(itertools.product(line, repeat=op.arity or 1))
        yield from chance.sample(grid, COUNT)
        edge = [p for p in grid if sum(abs(v) in EXTREME for v in p) >= len(p) - 1]
        yield from edge if op.arity == 2 else chance.sample(edge, COUNT)
    for _ in range(COUNT):
        yield tuple(chance.uniform(low, high) for low, high in op.domain)


def exact_slopes(op: Op, point: tuple[float, ...]) -> list[Any] | None:
    """The slopes in all digits that count; None where they are not finite real numbers.

    A slope of 0 may be all that few digits have left of another one.
    """
    with digits(FEW[0]):
        few = slopes_now(op, point)
    with digits(FEW[1]):
        more = slopes_now(op, point)
        close = mpmath.mpf(10) ** -30
        if (
            few
            and more
            and all(b and abs(a - b) <= close * abs(b) for a, b in zip(few, more, strict=True))
        ):
            return more
    with digits(DIGITS):
        return slopes_now(op, point)


def _alike(a: Any, b: Any) -> bool:
    return bool(b != 0 and abs(a - b) <= mpmath.mpf(10) ** -30 * abs(b))


def slopes_now(op: Op, point: tuple[float, ...]) -> list[Any] | None:
    """The slopes at as many digits as mpmath works with; None where they are not finite and real.

    The proofs show that the rules are the derivatives of the meanings, so the rules are computed;
    but for those with rounded constants, of which the meanings are differenced.  A value that
    overflows in float64 has no slope.
    """
    exact = [mpmath.mpf(v) for v in point]
    attributes = ATTRIBUTES.get(op.name, {})
    try:
        if op.name in ROUNDED:
            (x,) = exact
            meaning, step = getattr(PRECISE, op.name), mpmath.mpf(10) ** (-mpmath.mp.dps // 3)
            slopes = [(meaning(x + step) - meaning(x - step)) / (2 * step)]
        else:
            y = getattr(PRECISE, op.name)(*exact, **attributes)
            slopes = list(op.partials(PRECISE, y, *exact, **attributes))
            slopes.append(y)  # it has to be real, too
    except (ZeroDivisionError, ValueError, TypeError, OverflowError):
        return None
    real = [mpmath.mpf(s) if isinstance(s, int | float) else s for s in slopes]
    usable = all(isinstance(s, mpmath.mpf) and mpmath.isfinite(s) for s in real)
    usable = usable and (len(real) == len(point) or abs(real[-1]) < 2**1024)
    return real[: len(point)] if usable else None


def references(op: Op) -> list[tuple[tuple[float, ...], list[Any], Any]]:
    """Points with their exact slopes and the scale of the terms."""
    found = []
    terms = TERMS.get(op.name)
    for point in points(op):
        slopes = exact_slopes(op, point)
        if slopes is not None:
            with digits(FEW[1]):
                scale = terms(*map(mpmath.mpf, point)) if terms else None
            found.append((point, slopes, scale))
    return found


def worst(op: Op, rule: Callable[..., Any], known: list[Any]) -> tuple[float, tuple[float, ...]]:
    """The largest error of a rule in ulps, and where; results that underflow are right at 0."""
    columns = [np.array(c) for c in zip(*(p for p, _, _ in known), strict=True)]
    attributes = ATTRIBUTES.get(op.name, {})
    with np.errstate(all="ignore"):
        y = op.evaluate(*columns, **attributes)
        partials = rule(ArrayAlgebra(), y, *columns, **attributes)
    largest, place = 0.0, known[0][0]
    with digits(FEW[1]):
        for i, partial in enumerate(partials):
            row = np.broadcast_to(0.0 if partial is None else partial, y.shape)
            for got, (point, slopes, scale) in zip(row.tolist(), known, strict=True):
                error = off(got, slopes[i], scale)
                if error > largest:
                    largest, place = error, point
    return largest, place


def vectors(name: str) -> list[list[float]]:
    """Vectors of four of any level and spread; also ties, zeros and subnormal numbers."""
    chance = random.Random(name)
    tiny = 1e-150 if name == "norm" else 5e-324  # squares of less underflow, as NumPy's do
    found = [[0.0] * 4, [1.0, 1.0, -1.0, -1.0], [tiny, 1e13 * tiny, 0.0, -1e14 * tiny]]
    while len(found) < COUNT:
        level = chance.choice([0.0, 1.0, -30.0, 1e3, -1e6, 1e8])
        spread = chance.choice([1e-6, 1e-3, 1.0, 30.0, 700.0])
        found.append([level + spread * chance.uniform(-1.0, 1.0) for _ in range(4)])
    return found


def _softmax(x: list[Any]) -> list[Any]:
    total = sum(map(mpmath.exp, x))
    return [mpmath.exp(v) / total for v in x]


def _share(v: Any, x: list[Any], best: Any) -> Any:
    return mpmath.mpf(v == best) / x.count(best)


# A reduction, its slopes, and the sums of the absolute values of their terms where there are two.
Reduction = tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any] | None]
REDUCTIONS: dict[str, Reduction] = {
    "sum": (sg.sum, lambda x: [mpmath.mpf(1)] * 4, None),
    "mean": (sg.mean, lambda x: [mpmath.mpf(1) / 4] * 4, None),
    "max": (sg.max, lambda x: [_share(v, x, max(x)) for v in x], None),
    "min": (sg.min, lambda x: [_share(v, x, min(x)) for v in x], None),
    "prod": (
        sg.prod,
        lambda x: [mpmath.fprod(v for k, v in enumerate(x) if k != i) for i in range(4)],
        None,
    ),
    "norm": (sg.norm, lambda x: [v / mpmath.norm(x) if any(x) else 0 * v for v in x], None),
    "var": (
        sg.var,
        lambda x: [(v - sum(x) / 4) / 2 for v in x],
        lambda x: [sum(map(abs, x)) / 4 + abs(v) for v in x],
    ),
    "logsumexp": (sg.logsumexp, _softmax, None),
    "log_softmax": (
        lambda x: sg.log_softmax(x)[0],
        lambda x: [(i == 0) - p for i, p in enumerate(_softmax(x))],
        lambda x: [(i == 0) + p for i, p in enumerate(_softmax(x))],
    ),
    "softmax": (
        lambda x: sg.softmax(x)[0],
        lambda x: [_softmax(x)[0] * ((i == 0) - p) for i, p in enumerate(_softmax(x))],
        lambda x: [_softmax(x)[0] * ((i == 0) + p) for i, p in enumerate(_softmax(x))],
    ),
}


def worst_of(name: str, **options: Any) -> tuple[float, list[float]]:
    """The largest error of a reduction's compiled gradient in ulps, and where."""
    reduction, exact, terms = REDUCTIONS[name]
    x = sg.param("x", np.zeros(4))
    f = sg.compile(reduction(x), **options)
    largest, place = 0.0, [0.0] * 4
    for point in vectors(name):
        with np.errstate(all="ignore"):
            _, grads = f(x=np.array(point))
        with digits(100):
            at = [mpmath.mpf(v) for v in point]
            scales = terms(at) if terms else [None] * 4
            for got, want, scale in zip(grads.x.tolist(), exact(at), scales, strict=True):
                error = off(got, want, scale)
                if error > largest:
                    largest, place = error, point
    return largest, place


def off(got: float, exact: Any, scale: Any) -> float:
    error = ulps(got, exact)
    if scale and math.isfinite(got):
        error = min(error, float(abs(got - exact) / (scale * mpmath.mpf(2) ** -53)))
    return error


def ops() -> list[Op]:
    """Those that users write; what only stands in other ops' slopes is seen at the second order."""
    every = [op for op in OPS.values() if op.kind == "elementwise" and op.name not in STEPS]
    return [op for op in every if not op.inline]


def table() -> str:
    """The ops whose derivative is off by more than 4 ulp by default, as Markdown."""
    rows = [
        "| derivative of | off by at most, in ulp | for example at | with `accurate=True` |",
        "|---|---|---|---|",
    ]
    for op in ops():
        if op.accurate is not None:
            known = references(op)
            default, place = worst(op, op.partials, known)
            best, _ = worst(op, op.accurate, known)
            at = ", ".join(f"{v:.4g}" for v in place)
            rows.append(f"| {op.name} | {rounded(default)} | {at} | {best:.1f} |")
    for name in REDUCTIONS:
        default, vector = worst_of(name)
        if default > 4.0:
            at = ", ".join(f"{v:.4g}" for v in vector)
            best, _ = worst_of(name, accurate=True)
            rows.append(f"| {name} | {rounded(default)} | {at} | {best:.1f} |")
    return "\n".join(rows) + "\n"


def rounded(error: float) -> str:
    return "no digit is right" if error > 2.0**52 else f"{error:.0f}"


def rewrite_readme(rows: str) -> None:
    path = Path(__file__).resolve().parents[2] / "README.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(TABLE.sub(lambda m: rows, text), encoding="utf-8")


TABLE = re.compile(r"\| derivative of \|.*\n\|---.*\n(?:\|.*\n)+")

if __name__ == "__main__":
    if "--write" in sys.argv:
        rewrite_readme(table())
    else:
        print(table(), end="")
