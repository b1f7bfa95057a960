"""Large programs: compiled without recursion, in time that grows with their length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from campaign import many
from counting import growth

import symgrad as sg

LENGTH = many(5_000, 100_000)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_long_chain_compiles(target: str) -> None:
    """A chain of sines and products gives its value and its gradient on each target."""
    x = sg.param("x", 0.5)
    value = x
    want, slope = 0.5, 1.0
    for i in range(LENGTH):
        if i % 2:
            want, slope = math.sin(want), slope * math.cos(want)
            value = sg.sin(value)
        else:
            want, slope = want * 1.0001, slope * 1.0001
            value = value * 1.0001
    loss, grads = sg.compile(value, target=target)()
    assert loss == pytest.approx(want, rel=1e-12)
    assert grads.x == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize(
    "step", [lambda h, p: sg.tanh(h * p + 0.1), lambda h, p: h / sg.norm(h) + p]
)
def test_what_is_looked_at_grows_with_the_program(step: Any) -> None:
    """Chains of products and quotients, whose terms and intervals are found once."""

    def job(size: int) -> Any:
        p = sg.param("p", np.full(4, 0.3))
        h = p
        for _ in range(size):
            h = step(h, p)
        loss = sg.sum(h)
        return lambda: sg.compile(loss)

    assert growth(job, many(40, 100)) < 5
