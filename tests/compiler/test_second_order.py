"""Second order on random programs: Hessians are symmetric, and right by differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from campaign import many
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symgrad as sg

SMOOTH = (
    "tanh", "sin", "cos", "exp", "softplus", "sigmoid", "square", "arctan", "log_sigmoid", "erf",
    "silu", "gelu", "expm1", "arcsinh", "sinh",
)  # fmt: skip
KINKED = ("relu", "absolute", "sign", "leaky_relu", "elu")
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", "hypot", "logaddexp", "arctan2")
REDUCE = ("sum", "mean", "max", "min", "prod", "logsumexp", "var", "std", "norm")
ALONG = ("softmax", "log_softmax", "flip")

Step = tuple[str, int, int]


@st.composite
def programs(draw: st.DrawFn) -> list[Step]:
    kinds = ("smooth", "kinked", "binary", "reduce", "along", "matmul", "where", "index", "gather")
    number = st.integers(0, 10**6)
    return [
        (draw(st.sampled_from(kinds)), draw(number), draw(number))
        for _ in range(draw(st.integers(2, 6)))
    ]


def make(kind: str, i: int, j: int, a: Any, b: Any) -> Any:
    """One step; where the shapes do not fit, something that always does."""
    if kind == "smooth":
        return getattr(sg, SMOOTH[j % len(SMOOTH)])(a)
    if kind == "kinked":
        return getattr(sg, KINKED[j % len(KINKED)])(a) * a
    if kind == "binary" and fit(a, b):
        return getattr(sg, BINARY[(i + j) % len(BINARY)])(a, b)
    if kind == "reduce" and a.ndim:
        return getattr(sg, REDUCE[j % len(REDUCE)])(a, axis=i % a.ndim, keepdims=bool(i % 3))
    if kind == "along" and a.ndim:
        return getattr(sg, ALONG[j % len(ALONG)])(a, axis=i % a.ndim)
    if kind == "matmul" and a.ndim == 2:
        return a @ sg.transpose(a)
    if kind == "where" and fit(a, b):
        return sg.where(a > 0.1, a * sg.log(sg.maximum(a, 0.05)), sg.sin(b) + a)
    if kind == "index" and a.ndim and a.shape[0] > 1:
        return a[-1] if j % 2 else a[1:] * a[0]
    if kind == "gather" and a.ndim:
        return sg.take(a, [0, -1, 0], axis=i % a.ndim)
    return a * a * 0.5 + 0.25


def fit(a: Any, b: Any) -> bool:
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return True


def loss_of(program: list[Step], x: Any) -> Any:
    pool = [x, x[0] * 0.7, x[:, 1] + 0.3]
    for kind, i, j in program:
        pool.append(sg.tanh(make(kind, i, j, pool[i % len(pool)], pool[j % len(pool)])))
    return sum((sg.sum(v) for v in pool[-3:]), sg.sum(sg.sin(x) * x))


@settings(max_examples=many(20, 800), suppress_health_check=list(HealthCheck))
@given(programs(), st.integers(0, 2**32 - 1))
def test_the_hessian_is_symmetric_and_right(program: list[Step], seed: int) -> None:
    """u H v is v H u in both targets, and u H is the difference of gradients, away from kinks."""
    rng = np.random.default_rng(seed)
    data = rng.uniform(-1.5, 1.5, (2, 3))
    u, v = rng.normal(size=(2, 2, 3))
    x, direction = sg.param("x", data), sg.input("direction", (2, 3))
    gradient = sg.grad(loss_of(program, x), x)
    product = sg.sum(gradient * direction)
    f = sg.compile(product, wrt=x, aux=gradient)
    (hu,), (hv,) = f(data, u)[1], f(data, v)[1]
    np.testing.assert_allclose(np.sum(hu * v), np.sum(hv * u), rtol=1e-8, atol=1e-9)
    g = sg.compile(product, wrt=x, target="python")
    np.testing.assert_allclose(np.array(g(data, u)[1].x), hu, rtol=1e-8, atol=1e-9)
    slopes = [(f(data + h * u, u)[0][1] - f(data - h * u, u)[0][1]) / (2 * h) for h in (1e-5, 1e-6)]
    if np.allclose(*slopes, rtol=1e-5, atol=1e-6):  # else a kink lies within a step
        np.testing.assert_allclose(hu, slopes[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(3,), (1,), (2, 3)])
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_products_have_the_second_derivatives_that_sympy_says(
    shape: tuple[int, ...], zeros: int, target: str
) -> None:
    """Over all axes and one, kept or not, with up to three zeros."""
    sympy = pytest.importorskip("sympy")
    data = np.arange(2.0, 2.0 + np.prod(shape)).reshape(shape)
    data.reshape(-1)[: min(zeros, data.size)] = 0.0

    def loss(np_: Any, a: Any) -> Any:
        last = np_.prod(a, axis=-1, keepdims=True)
        return np_.prod(a) + np_.sum(last * last) + np_.sum(np_.prod(a, axis=0) * 2)

    symbols = np.array(sympy.symbols(f"a0:{data.size}")).reshape(shape)
    formula = sympy.sympify(loss(np, symbols))
    point = dict(zip(symbols.flat, data.flat, strict=True))
    x, direction = sg.param("x", data), sg.input("direction", shape)
    f = sg.compile(sg.sum(sg.grad(loss(sg, x), x) * direction), wrt=x, target=target)
    for i, a in enumerate(symbols.flat):
        unit = np.zeros(data.size)
        unit[i] = 1.0
        (row,) = f(data, unit.reshape(shape))[1]
        want = [float(formula.diff(a, b).subs(point)) for b in symbols.flat]
        np.testing.assert_allclose(np.array(row).reshape(-1), want, rtol=1e-12)


def test_a_guard_that_was_reshaped_goes_on_waiting() -> None:
    """The log of what is below 0 is in the branch not taken, once for each row of x."""
    x, p = sg.input("x", ("N", 3)), sg.param("p", np.array([0.1, 0.5, 0.3]))
    both = sg.where(p > 0.9, p * sg.log(p - 0.9), sg.tanh(x))
    loss = sg.sum(sg.grad(sg.sum(sg.tanh(both) ** 2), p) ** 2) + sg.sum(p * p)
    f = sg.compile(loss)
    with np.errstate(all="ignore"):
        grads = f(x=np.ones((2, 3)))[1]
    assert grads.p.tolist() == [0.2, 1.0, 0.6]
    assert f.verify().verified
