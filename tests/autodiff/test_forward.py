"""Reverse mode and forward mode, both made of the ops' own rules, agree on random programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from symgrad.autodiff import differentiate
from symgrad.ir.function import Function, Instr, all_values, emit, function, parameter
from symgrad.ir.run import interpret, values_of
from symgrad.ir.types import Type
from symgrad.ops import OPS, ArrayAlgebra

N = 3
UNARY = (
    "tanh",
    "sin",
    "exp",
    "softplus",
    "sigmoid",
    "square",
    "arctan",
    "absolute",
    "erf",
    "expm1",
)
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "hypot", "arctan2", "logaddexp")
STRUCTURAL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cumsum", {"axis": 0, "reverse": False}),
    ("flip", {"axis": (0,)}),
    ("prod_others", {}),
    ("index", {"key": (("slice", 0, N, 1),)}),
)
REDUCED = ("sum", "mean", "max", "prod", "logsumexp")


def drawn(seed: int) -> tuple[Function, list[Any]]:
    """A program of a vector and a matrix, and a point."""
    rng = np.random.default_rng(seed)
    x, w = parameter("x", Type("f64", (N,)), "param"), parameter("w", Type("f64", (N, N)), "param")
    values = [x, emit(OPS["matmul"], [w, x])]
    for _ in range(12):
        a, b = (values[i] for i in rng.integers(0, len(values), 2))
        kind = rng.integers(0, 5)
        if kind == 0:
            y = emit(OPS[str(rng.choice(UNARY))], [a])
        elif kind == 1:
            y = emit(OPS[str(rng.choice(BINARY))], [a, b])
        elif kind == 2:
            name, attributes = STRUCTURAL[rng.integers(len(STRUCTURAL))]
            y = emit(OPS[name], [a], attributes)
        elif kind == 3:
            total = emit(OPS[str(rng.choice(REDUCED))], [a], {"axis": (0,), "keepdims": False})
            y = emit(OPS["add"], [b, total])
        else:
            y = emit(OPS["where"], [emit(OPS["greater"], [a, b]), a, emit(OPS["matmul"], [w, b])])
        values.append(emit(OPS["tanh"], [y]))  # which keeps them of moderate size
    loss = emit(OPS["sum"], [values[-1]], {"axis": (0,), "keepdims": False})
    return function("f", [x, w], [loss]), [rng.normal(size=N), rng.normal(size=(N, N))]


def tangent(x: Instr, tangents: Sequence[Any], y: Any, operands: Sequence[Any]) -> Any:
    """Forward mode, by partials where there are, by a pullback of each element otherwise."""
    f, attributes = ArrayAlgebra(), dict(x.attributes)
    if not x.type.is_float or x.is_constant:
        return np.zeros(np.shape(y))
    if x.op.name == "where":
        return np.where(operands[0], *tangents[1:])
    if x.op.partials is not None:
        partials = x.op.partials(f, y, *operands, **attributes)
        return sum(p * t for p, t in zip(partials, tangents, strict=True))
    assert x.op.pullback is not None
    out = np.zeros(np.shape(y))
    for place in np.ndindex(out.shape):
        one = np.zeros(out.shape)
        one[place] = 1.0
        shares = x.op.pullback(f, one, y, *operands, **attributes)
        out[place] = sum(np.sum(s * t) for s, t in zip(shares, tangents, strict=True))
    return out


@pytest.mark.parametrize("seed", range(40))
def test_the_gradient_times_a_direction_is_the_tangent_along_it(seed: int) -> None:
    """<grad, t> of the sweep is the tangent that the same rules push forward."""
    f, point = drawn(seed)
    ways = [np.random.default_rng(seed + 1).normal(size=np.shape(a)) for a in point]
    values = values_of(f, point)

    def push(x: Instr, tangents: list[Any]) -> Any:
        return tangent(x, tangents, values[x], [values[o] for o in x.operands])

    pushed = all_values(f, push, ways)[f.results[0]]
    _, *grads = interpret(differentiate(f, [0, 1]), point)
    assert sum(np.sum(g * t) for g, t in zip(grads, ways, strict=True)) == pytest.approx(
        float(pushed), rel=1e-10, abs=1e-13
    )
