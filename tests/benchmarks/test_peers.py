"""symgrad beside its peers: one call returns the loss and every gradient.

`make bench` runs this in its own environment and prints one table a net. Times are taken by turns
in one process, on one thread, in float64, over rotating batches: read the ratios.
"""

import importlib
import platform
import time
from collections.abc import Callable
from typing import Any

import clock
import hand_numpy
import numpy as np
import peers
import pytest

import symgrad as sg
from symgrad.nn import MLP

pytestmark = pytest.mark.filterwarnings("default")

DRAWS = 64


def lecture_problem() -> peers.Problem:
    rng = np.random.default_rng(1337)
    X = np.array([[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]])
    y = np.array([1.0, -1.0, -1.0, 1.0])
    thetas = [rng.uniform(-1.0, 1.0, 41) for _ in range(DRAWS)]
    return peers.Problem((3, 4, 4, 1), "tanh", thetas, [X] * DRAWS, [y] * DRAWS)


def moons_problem(N: int = 100) -> peers.Problem:
    rng = np.random.default_rng(1337)
    thetas = [rng.uniform(-1.0, 1.0, 337) for _ in range(DRAWS)]
    Xs = [rng.normal(0.0, 1.0, (N, 2)) for _ in range(DRAWS)]
    ys = [np.where(rng.random(N) < 0.5, -1.0, 1.0) for _ in range(DRAWS)]
    return peers.Problem((2, 16, 16, 1), "relu", thetas, Xs, ys)


def split(theta: np.ndarray) -> tuple[Any, ...]:
    """The vector of neurons as (w1, b1, w2, b2, w3, b3), weights of shape (inputs, outputs)."""
    layer1, layer2 = theta[0:48].reshape(16, 3), theta[48:320].reshape(16, 17)
    blocks = (layer1[:, :-1].T, layer1[:, -1], layer2[:, :-1].T, layer2[:, -1], theta[320:336])
    return (*map(np.ascontiguousarray, blocks), float(theta[336]))


def joined(grads: Any) -> np.ndarray:
    """The inverse of `split`."""
    d_w1, d_b1, d_w2, d_b2, d_w3, d_b3 = grads
    layers = (np.column_stack([d_w1.T, d_b1]), np.column_stack([d_w2.T, d_b2]))
    return np.concatenate([*(layer.ravel() for layer in layers), d_w3, [d_b3]])


def compile_lecture(problem: peers.Problem) -> Any:
    model = MLP(3, [4, 4, 1], activation="tanh")
    scores = [model(x) for x in problem.Xs[0].tolist()]
    loss = sum((s - y) ** 2 for y, s in zip(problem.ys[0].tolist(), scores, strict=True))
    return sg.compile(loss, wrt=model, target="python")


def symgrad_python(problem: peers.Problem) -> peers.Call:
    f, thetas = compile_lecture(problem), [theta.tolist() for theta in problem.thetas]
    return lambda k: f(thetas[k % DRAWS])


def emitted_python(problem: peers.Problem) -> peers.Call:
    """The emitted function as a saved file gives it: no check of the arguments."""
    f, thetas = compile_lecture(problem).python, [theta.tolist() for theta in problem.thetas]
    return lambda k: f(thetas[k % DRAWS])


def compile_moons() -> Any:
    X, y = sg.input("X", ("N", 2)), sg.input("y", ("N",))
    w1, b1 = sg.param("w1", np.zeros((2, 16))), sg.param("b1", np.zeros(16))
    w2, b2 = sg.param("w2", np.zeros((16, 16))), sg.param("b2", np.zeros(16))
    w3, b3 = sg.param("w3", np.zeros(16)), sg.param("b3", 0.0)
    scores = sg.relu(sg.relu(X @ w1 + b1) @ w2 + b2) @ w3 + b3
    reg_loss = 1e-4 * sum(sg.sum(p * p) for p in (w1, b1, w2, b2, w3, b3))
    return sg.compile(sg.mean(sg.relu(1.0 - y * scores)) + reg_loss)


def arrays(problem: peers.Problem) -> list[tuple[Any, ...]]:
    draws = zip(problem.thetas, problem.Xs, problem.ys, strict=True)
    return [(*split(theta), X, y) for theta, X, y in draws]


def symgrad_numpy(problem: peers.Problem) -> peers.Call:
    f, draws = compile_moons(), arrays(problem)
    return lambda k: f(*draws[k % DRAWS])


def emitted_numpy(problem: peers.Problem) -> peers.Call:
    f, draws = compile_moons().python, arrays(problem)
    return lambda k: f(*draws[k % DRAWS])


def hand_written_arrays(problem: peers.Problem) -> peers.Call:
    draws = arrays(problem)
    return lambda k: hand_numpy.moons_arrays(*draws[k % DRAWS])


COMMON = {
    "NumPy, by hand, one vector": peers.hand_written_numpy,
    "JAX jit": peers.jax_jit,
    "PyTorch eager": peers.pytorch_eager,
    "autograd": peers.autograd,
    "CasADi": peers.casadi,
    "micrograd": peers.micrograd,
}
LECTURE = {
    "symgrad, target python": symgrad_python,
    "symgrad, the emitted text": emitted_python,
    "Python, by hand": peers.hand_written_python,
    **COMMON,
}
MOONS = {
    "symgrad, target numpy": symgrad_numpy,
    "symgrad, the emitted text": emitted_numpy,
    "NumPy, by hand, arrays": hand_written_arrays,
    **COMMON,
}
PACKAGES = {"JAX jit": "jax", "PyTorch eager": "torch"}


def flat(gradient: Any) -> np.ndarray:
    if isinstance(gradient, tuple) and len(gradient) == 6:
        return joined(gradient)
    return np.asarray(gradient, dtype=float).ravel()


def compare(
    title: str,
    problem: peers.Problem,
    builders: dict[str, Callable[[peers.Problem], peers.Call]],
    bar: str,
) -> tuple[peers.Call, dict[str, clock.Timing]]:
    """Build, check against the hand-written function, time by turns, and print the table."""
    compile_moons()  # what is imported on first use is no part of a compilation
    calls, prepared, missing = {}, {}, []
    reference = peers.hand_written_numpy(problem)
    for name, builder in builders.items():
        package = PACKAGES.get(name, name.lower())
        if builder in COMMON.values() and builder is not peers.hand_written_numpy:
            try:
                importlib.import_module(package)
            except ImportError as error:
                missing.append(f"{name}: not measured, {error}")
                continue
        start = time.perf_counter()
        call = builder(problem)
        call(0)
        prepared[name] = time.perf_counter() - start
        for k in (0, 1):
            expected, value = reference(k), call(k)
            np.testing.assert_allclose(float(value[0]), expected[0], rtol=1e-12, err_msg=name)
            np.testing.assert_allclose(flat(value[1]), expected[1], rtol=1e-9, atol=1e-12)
        calls[name] = call
    timings = clock.by_turns(calls)
    print(f"\n\n{clock.table(title, timings, prepared, bar)}")
    print("\n".join(missing))
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    return next(iter(calls.values())), timings


def test_lecture(benchmark: Any) -> None:
    """The lecture's net and its four examples: 41 parameters, tanh, sum of squares."""
    bar = "Python, by hand"
    call, timings = compare("lecture", lecture_problem(), LECTURE, bar)
    benchmark.extra_info["ratios"] = {n: t.median / timings[bar].median for n, t in timings.items()}
    benchmark(call, 0)


@pytest.mark.parametrize("N", [100, 1024, 8192])
def test_moons(benchmark: Any, N: int) -> None:
    """The moons net on batches of N: 337 parameters, relu, max-margin plus L2."""
    bar = "NumPy, by hand, arrays"
    # micrograd takes a second a call at N = 100 already
    builders = {n: b for n, b in MOONS.items() if n != "micrograd" or N <= 100}
    call, timings = compare(f"moons, N = {N}", moons_problem(N), builders, bar)
    benchmark.extra_info["ratios"] = {n: t.median / timings[bar].median for n, t in timings.items()}
    benchmark(call, 0)
