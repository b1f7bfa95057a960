"""CPU seconds of ``verify()`` on six programs, beside what is to be reached: ``certificates.py``.

Names as arguments pick some of them; ``--profile`` prints where the time goes.
"""

from __future__ import annotations

import cProfile
import itertools
import pstats
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import symgrad as sg
from symgrad.nn import MLP

RNG = np.random.default_rng(0)


def lecture() -> Any:
    """Karpathy's net: 4 examples, 41 parameters, scalar by scalar."""
    model = MLP(3, [4, 4, 1], activation="tanh")
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
    return sg.compile(loss, wrt=model.parameters(), target="python")


def moons() -> Any:
    """micrograd's demo, 2-16-16-1, max-margin and L2, as arrays of N examples."""
    x, t = sg.input("x", ("N", 2)), sg.input("t", ("N",))
    h, penalty = x, sg.constant(0.0)
    for i, (m, n) in enumerate(((2, 16), (16, 16), (16, 1))):
        w, b = sg.param(f"W{i}", RNG.normal(size=(m, n))), sg.param(f"b{i}", np.zeros(n))
        h = h @ w + b
        h = sg.relu(h) if n > 1 else h
        penalty = penalty + sg.sum(w * w) + sg.sum(b * b)
    return sg.compile(sg.mean(sg.relu(1 - t * h[:, 0])) + 1e-4 * penalty)


def recurrent() -> Any:
    """tanh over 30 steps, 8 inputs, 16 hidden."""
    x = sg.input("x", ("N", 30, 8))
    y = sg.input("y", ("N",))
    wx, wh = sg.param("wx", RNG.normal(size=(8, 16))), sg.param("wh", RNG.normal(size=(16, 16)))
    b, v = sg.param("b", np.zeros(16)), sg.param("v", RNG.normal(size=16))
    h = sg.tanh(x[:, 0] @ wx + b)
    for t in range(1, 30):
        h = sg.tanh(x[:, t] @ wx + h @ wh + b)
    return sg.compile(sg.mean((h @ v - y) ** 2))


def kmeans() -> Any:
    """1,000 points, 8 centres: the mean of the least squared distance."""
    points = RNG.normal(size=(1000, 2))
    centres = sg.param("centres", RNG.normal(size=(8, 2)))
    gaps = sg.constant(points)[:, None, :] - centres[None, :, :]
    return sg.compile(sg.mean(sg.min(sg.sum(gaps * gaps, axis=2), axis=1)))


def classifier(*sizes: int) -> Any:
    """A softmax classifier with tanh between its layers."""
    x = sg.input("x", ("N", sizes[0]))
    y = sg.input("y", ("N",), dtype="i64")
    h: Any = x
    for i, (m, n) in enumerate(itertools.pairwise(sizes)):
        w = sg.param(f"W{i}", RNG.normal(size=(m, n)) / m**0.5)
        h = h @ w + sg.param(f"b{i}", np.zeros(n))
        h = sg.tanh(h) if i < len(sizes) - 2 else h
    return sg.compile(sg.losses.cross_entropy(h, y))


PROGRAMS: dict[str, tuple[Callable[[], Any], float]] = {
    "lecture": (lecture, 0.05),
    "moons": (moons, 0.3),
    "recurrent": (recurrent, 2.0),
    "kmeans": (kmeans, 2.0),
    "digits": (lambda: classifier(64, 128, 10), 2.0),
    "mnist": (lambda: classifier(784, 128, 10), 10.0),
}


def main(argv: list[str]) -> None:
    chosen = [a for a in argv if not a.startswith("-")] or [*PROGRAMS]
    PROGRAMS["lecture"][0]().verify()  # what is made once for all
    for name in chosen:
        program, goal = PROGRAMS[name]
        f = program()
        with cProfile.Profile() if "--profile" in argv else _nothing() as profile:
            begun = time.process_time()
            found = f.verify()
            spent = time.process_time() - begun
        ratio = spent / goal
        print(f"{name:10} {spent:8.2f} s of {goal:5.2f}: {ratio:6.2f}  {found.verdict}", flush=True)
        if "--print" in argv:
            print(found)
        if isinstance(profile, cProfile.Profile):
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)


class _nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
