"""Wide programs: many values side by side are named and sorted in work that grows with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from campaign import many
from counting import growth

import symgrad as sg
from symgrad.engine import Value


def job(count: int) -> Callable[[], None]:
    """Compiles a sum of ``count`` like terms, each of a parameter of its own."""
    w = [Value(0.5) for _ in range(count)]
    total = Value(0.0)
    for v in w:
        h = (v * 2.0).tanh()
        total = total + h * h

    def run() -> None:
        f = sg.compile(total, wrt=w, target="python")
        assert len(f([0.5] * count)[1]) == count

    return run


def arrays(count: int) -> Callable[[], None]:
    """Compiles a mean of ``count`` like terms of arrays, each with a parameter of its own."""
    x = sg.input("x", ("N",))
    w = [sg.param(f"w{i}", 0.5) for i in range(count)]
    total = sum((v * sg.tanh(x + v) for v in w), start=x)
    loss = sg.mean(total)

    def run() -> None:
        assert len(sg.compile(loss)(x=[1.0])[1]) == count

    return run


@pytest.mark.parametrize("kind", [job, arrays])
def test_four_times_the_terms_take_four_times_the_calls(kind: Callable[..., Any]) -> None:
    """Nothing on the way is quadratic in the number of siblings: that would take 16 times."""
    assert growth(kind, many(120, 500)) < 5
