"""Re-rolling measured: how long it takes, what it holds, how long the text is, how fast it runs.

Ratios are taken by turns in one process.  The graphs are those of micrograd-style loops: the
lecture's net, the moons with max-margin loss and L2, and MLP(64, [64, 64, 1]) on 64 examples.
"""

import gc
import random
import time
from pathlib import Path
from typing import Any

import clock
import hand_numpy
import numpy as np
import pytest
from test_peers import DRAWS, arrays, compile_moons, moons_problem

import symgrad as sg
from symgrad.engine import Value
from symgrad.nn import MLP

pytestmark = pytest.mark.filterwarnings("default")


def squares(model: Any, X: Any, y: Any) -> Value:
    predictions = [model(x) for x in X]
    return sum((p - t) ** 2 for t, p in zip(y, predictions, strict=True))


def max_margin(model: Any, X: Any, y: Any) -> Value:
    scores = [model([Value(v) for v in row]) for row in X]
    losses = [(1 - t * s).relu() for t, s in zip(y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + 1e-4 * sum(p * p for p in model.parameters())


def problem(name: str) -> tuple[Any, Any]:
    """A model, and a function that builds its loss."""
    random.seed(1337)
    rng = np.random.default_rng(1337)
    if name == "lecture":
        model = MLP(3, [4, 4, 1], activation="tanh")
        X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
        return model, lambda: squares(model, X, [1.0, -1.0, -1.0, 1.0])
    if name == "moons":
        model, X = MLP(2, [16, 16, 1]), rng.normal(size=(100, 2)).tolist()
        return model, lambda: max_margin(model, X, [1.0, -1.0] * 50)
    model, X = MLP(64, [64, 64, 1]), rng.normal(size=(64, 64)).tolist()
    return model, lambda: squares(model, X, [1.0, -1.0] * 32)


def resident() -> int:
    """Bytes of memory that the process holds; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


def body_lines(source: str) -> int:
    """Lines of code, without the signature, comments and blank lines."""
    body = source[source.index("\ndef loss_and_grads") :].split('"""')[2]
    lines = [line.strip() for line in body.splitlines()]
    return sum(1 for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize(("name", "most"), [("lecture", 30), ("moons", 40), ("large", 30)])
def test_compiling_a_finished_trace(benchmark: Any, name: str, most: int) -> None:
    """Seconds to trace, and to compile and call for the first time; bytes and lines."""
    model, build = problem(name)
    sg.compile(problem("lecture")[1](), wrt=problem("lecture")[0])  # what is imported at first use
    gc.collect()
    gc.disable()
    before, start = resident(), time.perf_counter()
    loss = build()
    traced, graph = time.perf_counter() - start, resident() - before
    f = benchmark.pedantic(lambda: sg.compile(loss, wrt=model), rounds=3)
    start = time.perf_counter()
    value, _ = f()
    call = time.perf_counter() - start
    gc.enable()
    nodes = int(f.history[0].note.split()[0].replace(",", ""))
    seconds = benchmark.stats.stats.median
    assert value == pytest.approx(loss.data, rel=1e-12)
    assert body_lines(f.source) <= most
    print(
        f"\n{name}: {nodes:,} nodes, traced in {traced:.3f} s ({1e6 * traced / nodes:.2f} us and "
        f"{graph / nodes:.0f} bytes a node), compiled in {seconds:.3f} s, first call {call:.4f} s, "
        f"{body_lines(f.source)} lines"
    )


def test_time_grows_with_the_number_of_nodes(benchmark: Any) -> None:
    """Microseconds a node to compile MLP(32, [32, 32, 1]) on 4, 40 and 400 examples."""
    random.seed(0)
    model = MLP(32, [32, 32, 1])
    rows = []
    for n in (4, 40, 400):
        X = np.random.default_rng(0).normal(size=(n, 32)).tolist()
        loss = squares(model, X, [0.5] * n)
        start = time.perf_counter()
        f = sg.compile(loss, wrt=model)
        seconds = time.perf_counter() - start
        nodes = int(f.history[0].note.split()[0].replace(",", ""))
        rows.append(f"{nodes:>10,} nodes {seconds:8.3f} s {1e6 * seconds / nodes:6.2f} us a node")
    print("\n" + "\n".join(rows))
    benchmark.pedantic(lambda: sg.compile(loss, wrt=model), rounds=1)


def test_the_step_from_loops_beside_arrays_and_a_person(benchmark: Any) -> None:
    """One call at N = 100, by turns: from scalar loops, from array expressions, by hand."""
    p = moons_problem()
    random.seed(0)
    model = MLP(2, [16, 16, 1])
    rolled = sg.compile(max_margin(model, p.Xs[0].tolist(), p.ys[0].tolist()), wrt=model).python
    draws, array = arrays(p), compile_moons().python
    expected = hand_numpy.moons(p.thetas[1], p.Xs[1], p.ys[1])
    got = rolled(p.thetas[1], p.Xs[1], p.ys[1])
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(got[1], expected[1], rtol=1e-9, atol=1e-12)
    calls = {
        "from scalar loops": lambda k: rolled(
            p.thetas[k % DRAWS], p.Xs[k % DRAWS], p.ys[k % DRAWS]
        ),
        "from array expressions": lambda k: array(*draws[k % DRAWS]),
        "by hand": lambda k: hand_numpy.moons(
            p.thetas[k % DRAWS], p.Xs[k % DRAWS], p.ys[k % DRAWS]
        ),
    }
    timings = clock.by_turns(calls)
    print("\n" + clock.table("moons, N = 100", timings, dict.fromkeys(calls, 0.0), "by hand"))
    benchmark(calls["from scalar loops"], 0)
