"""Loops over Values as new users write them, called through ``value_and_grad``; see newcomers.

The arguments are lists, tuples, arrays, nested lists of unequal depth, dicts, iterators that give
each element once, and plain numbers; each function is called twice, the second time with others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from precisely import REFERENCE

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import SymgradError

M: Any = mpmath
HEAD = "def loss(xs, ys, lam):\n"
# {u} stands for a function of the score s of an example, {e} for its error against t.
BODIES = [
    "total = 0.0\n for x, t in zip(xs, ys):\n  s = x[0]*w[0] + x[1]*w[1] + w[2]\n  s = {u}\n"
    "  total = total + {e}\n return total + lam*sum(v*v for v in w)",
    "scores = [w[0]*x[0] + w[1]*x[1] + w[2] for x in xs]\n scores = [{u} for s in scores]\n"
    " return sum({e} for s, t in zip(scores, ys)) * lam + w[3]*w[3]",
    "out = []\n for (p, q), t in zip(xs, ys):\n"
    "  h = [F.tanh(w[k]*p + w[k + 1]*q) for k in range(3)]\n"
    "  s = sum(a*b for a, b in zip(h, w[2:]))\n  out.append({e})\n return sum(out)/4 + lam*w[0]",
    "acc = w[0]\n for x in xs:\n  s = acc*w[1] + x[0]\n  acc = {u} + lam*x[1]\n return acc*acc",
]
SCORES = """F.tanh(s) | F.relu(s) | F.sigmoid(s) | s | 0.5*s | F.exp(0.25*s) | s*s | F.abs(s) |
    F.where(s > 0.1, s, 0.3*s) | F.maximum(s, -0.4) | F.log(1.5 + s*s)"""
ERRORS = """(s - t)**2 | F.relu(1.0 - t*s) | F.log(1.0 + F.exp(-t*s)) | F.abs(s - t) | (s - t)*s |
    F.softplus(-s*t) | -F.log(F.sigmoid(s*t)) | 0.5*(t - s)**2"""
WAYS: dict[str, Callable[[Any], Any]] = {
    "list": lambda rows: rows,
    "tuple": tuple,
    "array": np.array,
    "generator": lambda rows: (row for row in rows),
    "map": lambda rows: map(_same, rows),
    "iterator": iter,
    "reversed": lambda rows: reversed([*reversed(rows)]),
    "dict": lambda rows: dict(enumerate(rows)).values(),
    "rows as tuples": lambda rows: [tuple(row) if isinstance(row, list) else row for row in rows],
}


def _same(row: Any) -> Any:
    return row


def program(seed: int) -> tuple[str, dict[str, Any], str, str]:
    """The text of a loss, the options, and how its two arguments come."""
    rng = random.Random(seed)
    body = rng.choice(BODIES)
    u, e = (rng.choice(s.split(" |")).strip() for s in (SCORES, ERRORS))
    text = HEAD + " " + body.format(u=u, e=e) + "\n"
    chosen = rng.sample(
        ["accurate", "strict", "reassociate", "simplify", "stabilize"], rng.choice((0, 1, 2))
    )
    options: dict[str, Any] = {k: k in ("accurate", "strict") for k in chosen}
    if rng.random() < 0.25:
        options["target"] = "python"
    return text, options, rng.choice([*WAYS]), rng.choice([*WAYS])


def tried_loops(seed: int, folder: Path) -> str:
    """Compiles and calls a loss twice; what became of it."""
    from newcomers import defined, judged

    text, options, one, other = program(seed)
    rng = np.random.default_rng(seed)
    w = [Value(v) for v in rng.uniform(-1.0, 1.0, 5)]
    at = np.array([v.data for v in w])
    path = folder / f"loops{seed}.py"
    f = sg.value_and_grad(defined(text, path, F=sg, w=w)["loss"], wrt=w, **options)
    for count in (int(rng.integers(1, 6)), int(rng.integers(1, 6))):
        xs, ys = (
            rng.uniform(-1.5, 1.5, (count, 2)).tolist(),
            rng.choice([-1.0, 1.0], count).tolist(),
        )
        lam = float(rng.uniform(0.01, 0.2))
        try:
            value, d_theta = f(WAYS[one](xs), WAYS[other](ys), lam)
        except SymgradError as error:
            return f"refused {one} and {other}: {type(error).__name__}: {error}"

        def reference(
            shift: Any, direction: Any, xs: Any = xs, ys: Any = ys, lam: float = lam
        ) -> Any:
            exact = [M.mpf(v) + shift * d for v, d in zip(at, direction["w"], strict=True)]
            return defined(text, path, F=REFERENCE, w=exact)["loss"](xs, ys, lam)

        said = judged(value, {"w": np.asarray(d_theta)}, reference, rng)
        if said != "right":
            return f"{said} with {one} and {other}, {options}"
    return "right"
