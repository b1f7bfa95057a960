"""Large programs: compiled without recursion, in time that grows with their length."""

from __future__ import annotations

import math

import pytest
from campaign import many

import symgrad as sg

LENGTH = many(20_000, 100_000)


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
