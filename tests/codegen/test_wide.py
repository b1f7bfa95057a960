"""Wide programs: many values side by side are named and sorted in time that grows with them."""

from __future__ import annotations

import time

import symgrad as sg
from symgrad.engine import Value


def seconds(count: int) -> float:
    """The time to compile a sum of ``count`` like terms, each of a parameter of its own."""
    w = [Value(0.5) for _ in range(count)]
    total = Value(0.0)
    for v in w:
        h = (v * 2.0).tanh()
        total = total + h * h
    start = time.process_time()
    f = sg.compile(total, wrt=w, target="python")
    spent = time.process_time() - start
    assert len(f([0.5] * count)[1]) == count
    return spent


def test_four_times_the_terms_take_four_times_as_long() -> None:
    """Nothing on the way is quadratic in the number of siblings: that would take 16 times."""
    assert seconds(4_000) < 9 * max(seconds(1_000), 0.1)
