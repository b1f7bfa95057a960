"""Deep programs, and programs whose functions live elsewhere than around 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg


def deep(layers: int) -> Any:
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.eye(3) / 2)
    h = x
    for _ in range(layers):
        h = sg.tanh(h @ w)
    return sg.compile(sg.sum(h))


@pytest.mark.parametrize(("layers", "prime"), [(3, 127), (60, 521)])
def test_a_larger_prime_is_taken_for_a_larger_degree(layers: int, prime: int) -> None:
    """And told; a gradient that is a little off is refuted, or not verified at all."""
    f = deep(layers)
    c = f.verify()
    assert c.verified
    assert c.levels["L2"]["prime"] == f"2**{prime} - 1"
    assert c.levels["L2"]["bits"] >= 40
    assert f"mod 2**{prime} - 1" in str(c)
    assert f.source.count("(d_w,)") == 2
    f.source = f.source.replace("), (d_w,)", "), (1.0000001 * d_w,)")
    assert f.verify().refuted


def test_narrower_balls_are_taken_where_they_grow_wide() -> None:
    """Each round widens them fourfold."""
    x = sg.param("x", 0.5)
    h = x
    for _ in range(250):
        h = sg.sin(4.0 * h)
    c = sg.compile(h).verify()
    assert c.levels["L3"].get("bits", 0) > 256, c
    assert c.verified


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(
    "loss",
    [
        lambda x: sg.sum(sg.log(x - 5.0)),
        lambda x: sg.sum(sg.sqrt(x - 100.0)),
        lambda x: sg.sum(sg.log(-500.0 - x)),
        lambda x: sg.sum(sg.exp(x) * sg.log(x - 100.0)),
    ],
)
def test_functions_are_tried_where_they_live(loss: Any, target: str) -> None:
    """Far from 0 too; there a gradient that is a little off is refuted."""
    f = sg.compile(loss(sg.param("x", np.full(2, 200.0))), target=target)
    assert f.verify().verified
    head, _, line = f.source.rpartition("    return ")
    new = "(1.0000001 * d_x,)" if target == "numpy" else "((1.0000001 * d_x_1, "
    old = new.replace("1.0000001 * ", "")
    f.source = f"{head}    return {line.replace(old, new)}"
    assert "1.0000001" in f.source
    assert f.verify().refuted
