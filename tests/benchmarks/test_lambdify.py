"""`sg.lambdify(args, f, grad=True)` beside what SymPy's users write today.

The lecture's net (41 parameters, 4 examples) as a SymPy expression: seconds until the first call
can be made, and microseconds a call.  SymPy's cache is emptied before it differentiates.
"""

import platform
import time
from typing import Any

import clock
import numpy as np
import pytest
import sympy as sp
from sympy.core.cache import clear_cache

import symgrad as sg

pytestmark = pytest.mark.filterwarnings("default")

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def lecture() -> tuple[list[Any], Any]:
    """The 41 symbols and the loss: layers of 4, 4 and 1 tanh neurons, sum of squares."""
    args: list[Any] = []

    def neuron(inputs: int) -> list[Any]:
        own = list(sp.symbols(f"p{len(args)}:{len(args) + inputs + 1}"))
        args.extend(own)
        return own

    sizes = ((3, 4), (4, 4), (4, 1))
    layers = [[neuron(inputs) for _ in range(outputs)] for inputs, outputs in sizes]
    loss = sp.S.Zero
    for xs, y in zip(XS, YS, strict=True):
        h: list[Any] = list(map(sp.Float, xs))
        for layer in layers:
            h = [sp.tanh(sum((w * a for w, a in zip(ws, h, strict=False)), ws[-1])) for ws in layer]
        loss += (h[0] - y) ** 2
    return args, loss


def by_sympy(args: list[Any], loss: Any) -> Any:
    outputs = [loss, *(loss.diff(a) for a in args)]
    return sp.lambdify(args, outputs, modules="math", cse=True)


def test_lambdify(benchmark: Any) -> None:
    """Ready many times sooner, and faster when called."""
    args, loss = lecture()
    sg.lambdify(args[:1], args[0] ** 2, grad=True)(1.0)  # imports are no part of it
    ready = {}
    start = time.perf_counter()
    ours = sg.lambdify(args, loss, grad=True)
    ready["sg.lambdify(grad=True)"] = time.perf_counter() - start
    clear_cache()
    start = time.perf_counter()
    theirs = by_sympy(args, loss)
    ready["sympy: diff, lambdify(cse=True)"] = time.perf_counter() - start
    draws = np.random.default_rng(0).uniform(-1.0, 1.0, (64, len(args))).tolist()
    value, gradient = ours(*draws[0])
    np.testing.assert_allclose([value, *gradient], theirs(*draws[0]), rtol=1e-11, atol=1e-13)
    timings = clock.by_turns(
        {
            "sg.lambdify(grad=True)": lambda k: ours(*draws[k % 64]),
            "sympy: diff, lambdify(cse=True)": lambda k: theirs(*draws[k % 64]),
        }
    )
    bar = "sympy: diff, lambdify(cse=True)"
    print(f"\n\n{clock.table('lambdify, the lecture net', timings, ready, bar)}")
    print(f"ready {ready[bar] / ready['sg.lambdify(grad=True)']:.0f} times sooner; SymPy")
    print(f"{sp.__version__}, {platform.machine()}, Python {platform.python_version()}")
    benchmark.extra_info["ready"] = ready
    benchmark(ours, *draws[0])
