"""Small programs as a NumPy user writes them, from many fields: run on arrays and on expressions.

Each is a function of arrays, written with ``np`` alone.  Called with arrays it gives the value, and
central differences of it the gradient; called with params it gives the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=6)
POINTS, SPACE, IMAGE = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 3)), RNG.normal(size=(6, 7))
LENGTHS = np.array([1.0, 0.8, 0.5])


def ridge(w: Any, b: Any) -> Any:
    r = np.dot(X, w) + b - Y
    return np.sum(r**2) / len(Y) + 0.1 * np.linalg.norm(w) ** 2


def logistic(w: Any) -> Any:
    z = X @ w
    return np.mean(np.logaddexp(0, -np.where(Y > 0, z, -z)))


def quaternion(q: Any) -> Any:
    q = q / np.linalg.norm(q)

    def rotated(p: Any) -> Any:
        return p + 2 * np.cross(q[1:], np.cross(q[1:], p) + q[0] * p)

    return np.sum((np.stack([rotated(p) for p in SPACE]) - SPACE[::-1]) ** 2)


def robot_arm(angles: Any) -> Any:
    a = np.cumsum(angles)
    return np.hypot(np.sum(LENGTHS * np.cos(a)) - 1.2, np.sum(LENGTHS * np.sin(a)) - 0.7) ** 2


def lennard_jones(places: Any) -> Any:
    d = places[:, None, :] - places[None, :, :]
    inv6 = 1.0 / (np.sum(d**2, axis=-1) + np.eye(5)) ** 3
    return 2.0 * np.sum((1.0 - np.eye(5)) * (inv6**2 - inv6))


def springs(places: Any) -> Any:
    i, j = np.triu_indices(5, k=1)
    return np.sum((np.linalg.norm(places[i] - places[j], axis=1) - 1.0) ** 2)


def heat(u: Any) -> Any:
    return np.sum((u[2:] - 2 * u[1:-1] + u[:-2]) ** 2) + np.sum(np.diff(u) ** 2)


def denoise(image: Any) -> Any:
    dx, dy = np.diff(image, axis=1)[:-1], np.diff(image, axis=0)[:, :-1]
    return np.sum(np.sqrt(dx**2 + dy**2 + 1e-2)) + 0.5 * np.sum((image - IMAGE) ** 2)


def convolution(k: Any) -> Any:
    out = sum(k[i, j] * IMAGE[i : i + 4, j : j + 5] for i in range(3) for j in range(3))
    return np.mean(np.maximum(out, 0.0))


def portfolio(w: Any) -> Any:
    w = np.exp(w) / np.sum(np.exp(w))
    return -np.dot(w, SPACE.mean(axis=0)) + 0.5 * np.dot(w, np.dot(np.cov(SPACE.T), w))


def volatility(p: Any) -> Any:
    omega, alpha, beta = np.exp(p)
    s, total = 1.0, 0.0
    for r in Y:
        total = total + 0.5 * (np.log(s) + r**2 / s)
        s = omega + alpha * r**2 + beta * s
    return total


def mixture(mu: Any, logs: Any, logits: Any) -> Any:
    d2 = ((POINTS[:, None] - mu[None]) ** 2).sum(-1)
    logp = -0.5 * d2 / np.exp(2 * logs) - 2 * logs + logits - np.log(np.exp(logits).sum())
    m = logp.max(axis=1, keepdims=True)
    return -np.mean(m[:, 0] + np.log(np.exp(logp - m).sum(axis=1)))


def word_vectors(e: Any, w: Any) -> Any:
    s = e[np.array([0, 2, 1, 1])] @ w
    s = s - s.max(axis=1, keepdims=True)
    logp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -logp[np.arange(4), np.array([1, 1, 0, 2])].mean()


def matrices(a: Any) -> Any:
    s = a @ a.T + np.eye(3)
    products = np.einsum("ij,ij->", a, s) + np.outer(a[0], a[1]).sum() + np.tensordot(a, a)
    return np.trace(s @ s) + products + np.vdot(a, s)


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def polynomial(c: Any) -> Any:
    t = np.linspace(-1, 1, 9)
    return np.mean(np.abs(np.polyval(c, t) - np.vander(t, 3) @ c[::-1] - np.sin(3 * t)))


def distances(lat: Any, lon: Any) -> Any:
    a, b = np.radians(lat), np.radians(lon)
    h = np.sin(np.diff(a) / 2) ** 2 + np.cos(a[1:]) * np.cos(a[:-1]) * np.sin(np.diff(b) / 2) ** 2
    return np.sum(2 * 6371 * np.arcsin(np.sqrt(np.clip(h, 0, 1))))


def missing_data(x: Any) -> Any:
    seen = np.array([True, True, False, True, False, True])
    return np.sum((x[seen] - Y[seen]) ** 2) + np.var(x, ddof=1) + np.std(x[~seen])


def survival(risk: Any) -> Any:
    r = risk[np.argsort(POINTS[:, 0])][::-1]
    return -np.sum(r - np.log(np.cumsum(np.exp(r))))


def attention(w: Any) -> Any:
    a = (X @ w) @ X.T / np.sqrt(3)
    a = np.exp(a - np.max(a, axis=-1, keepdims=True))
    a /= np.sum(a, axis=-1, keepdims=True)
    return np.mean((a @ X) ** 2)


def survey(x: Any) -> Any:
    weighted = np.average(x**2, weights=[1.0, 2.0, 3.0]) + np.ptp(x) + np.prod(x)
    return weighted + np.sum(np.roll(x, 1) * x) + np.sum(np.tile(x, 2) * np.repeat(x, 2))


def layout(w: Any) -> Any:
    columns = np.column_stack([w.T, w.T]) * np.atleast_2d(w[0])[0, 1]
    rows = np.concatenate((w, w), axis=None) * np.ravel(w)[2]
    return columns.sum() + rows.sum() + np.swapaxes(w, 0, 1)[0] @ w.copy().mean(axis=1)


def plain_python(w: Any) -> Any:
    total = 0
    for v in w:
        total += v**2
    return total**0.5 + sum(w) + abs(w[1]) + pow(w[0], 2) + 0 * round(w[2], 2) - w[-1]


PROGRAMS: dict[Callable[..., Any], dict[str, Any]] = {
    ridge: {"w": 3, "b": ()},
    logistic: {"w": 3},
    quaternion: {"q": 4},
    robot_arm: {"angles": 3},
    lennard_jones: {"places": (5, 2)},
    springs: {"places": (5, 2)},
    heat: {"u": 7},
    denoise: {"image": (6, 7)},
    convolution: {"k": (3, 3)},
    portfolio: {"w": 3},
    volatility: {"p": 3},
    mixture: {"mu": (2, 2), "logs": 2, "logits": 2},
    word_vectors: {"e": (3, 3), "w": (3, 4)},
    matrices: {"a": (3, 3)},
    rosenbrock: {"x": 4},
    polynomial: {"c": 3},
    distances: {"lat": 3, "lon": 3},
    missing_data: {"x": 6},
    survival: {"risk": 5},
    attention: {"w": (3, 3)},
    survey: {"x": 3},
    layout: {"w": (2, 3)},
    plain_python: {"w": 3},
}


def slopes(program: Callable[..., Any], point: dict[str, Any]) -> list[Any]:
    """Central differences in each component of each argument."""
    found = []
    for name, array in point.items():
        slope = np.zeros_like(array)
        for k in np.ndindex(array.shape):
            step = np.zeros_like(array)
            step[k] = 1e-5
            high, low = (program(**{**point, name: array + s * step}) for s in (1, -1))
            slope[k] = (high - low) / 2e-5
        found.append(slope)
    return found


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_a_program_for_numpy_has_its_value_and_gradient(program: Any, target: str) -> None:
    """As NumPy computes the one, and differences of it tell the other."""
    rng = np.random.default_rng(11)
    point = {name: np.asarray(rng.normal(size=s)) for name, s in PROGRAMS[program].items()}
    params = [sg.param(name, array) for name, array in point.items()]
    value, grads = sg.compile(program(*params), wrt=params, target=target)()
    assert value == pytest.approx(program(**point), rel=1e-11)
    for got, want in zip(grads, slopes(program, point), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
