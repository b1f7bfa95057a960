"""Timing by turns: every contender runs in every round, so that all share the machine's moods."""

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

ROUNDS = 60
SLICE = 1e-3  # seconds that a contender runs in a round, at least one call
BUDGET = 5.0  # seconds after which a slow contender sits out


class Timing(NamedTuple):
    """Seconds a call: the best round and the median one."""

    best: float
    median: float


def by_turns(calls: dict[str, Callable[[int], object]]) -> dict[str, Timing]:
    """Seconds a call of each contender; call `k` works on batch `k`, so batches rotate."""
    repeats = {}
    for name, call in calls.items():
        call(0)
        start = time.perf_counter()
        call(1)
        repeats[name] = max(1, int(SLICE / (time.perf_counter() - start)))
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(ROUNDS):
        for name, call in calls.items():
            repeat = repeats[name]
            if sum(rounds[name]) * repeat > BUDGET:
                continue
            first = turn * repeat
            start = time.perf_counter()
            for k in range(first, first + repeat):
                call(k)
            rounds[name].append((time.perf_counter() - start) / repeat)
    return {name: Timing(min(times), median(times)) for name, times in rounds.items()}


def table(title: str, timings: dict[str, Timing], prepared: dict[str, float], bar: str) -> str:
    """The timings as text: microseconds a call, the ratio to `bar`, and seconds to prepare."""
    lines = [title, f"{'':32}{'best us':>12}{'median us':>12}{'ratio':>9}{'prepare s':>11}"]
    for name, timing in sorted(timings.items(), key=lambda item: item[1].median):
        ratio = timing.median / timings[bar].median
        lines.append(
            f"{name:32}{1e6 * timing.best:12.1f}{1e6 * timing.median:12.1f}{ratio:9.2f}"
            f"{prepared[name]:11.3f}"
        )
    return "\n".join(lines)
