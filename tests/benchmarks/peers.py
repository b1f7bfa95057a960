"""The peers: each builder returns `call(k) -> (loss, gradient)` for problem `k`.

A builder takes a Problem and is imported-on-use: where its package is missing it raises
ImportError, and the benchmark names it as missing. All work in float64 and on one thread.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import hand_lecture
import hand_numpy
import numpy as np

Call = Callable[[int], tuple[Any, Any]]


class Problem(NamedTuple):
    """A net, its loss, and as many draws of (theta, X, y) as the timing rotates through."""

    sizes: tuple[int, ...]
    activation: str
    thetas: list[np.ndarray]
    Xs: list[np.ndarray]
    ys: list[np.ndarray]


def forward(theta: Any, X: Any, sizes: tuple[int, ...], activation: Callable[[Any], Any]) -> Any:
    """The net in the array namespace of its arguments; each row of a layer is a neuron."""
    start, h = 0, X
    for n_in, n_out in pairwise(sizes[:-1]):
        layer = theta[start : start + n_out * (n_in + 1)].reshape(n_out, n_in + 1)
        h = activation(h @ layer[:, :-1].T + layer[:, -1])
        start += n_out * (n_in + 1)
    return h @ theta[start:-1] + theta[-1]


def objective(np_: Any, problem: Problem) -> Callable[[Any, Any, Any], Any]:
    """The problem's loss, a function of (theta, X, y), in the namespace `np_`."""
    if problem.activation == "tanh":

        def squares(theta: Any, X: Any, y: Any) -> Any:
            errors = np_.tanh(forward(theta, X, problem.sizes, np_.tanh)) - y
            return (errors * errors).sum()

        return squares

    relu = getattr(np_, "relu", None) or (lambda z: np_.maximum(z, 0.0))

    def margin(theta: Any, X: Any, y: Any) -> Any:
        losses = relu(1.0 - y * forward(theta, X, problem.sizes, relu))
        return losses.mean() + 1e-4 * (theta * theta).sum()

    return margin


def hand_written_numpy(problem: Problem) -> Call:
    function = hand_numpy.lecture if problem.activation == "tanh" else hand_numpy.moons
    thetas, Xs, ys = problem.thetas, problem.Xs, problem.ys
    return lambda k: function(thetas[k % len(thetas)], Xs[k % len(Xs)], ys[k % len(ys)])


def hand_written_python(problem: Problem) -> Call:
    thetas = [theta.tolist() for theta in problem.thetas]
    return lambda k: hand_lecture.loss_and_grads(thetas[k % len(thetas)])


def jax_jit(problem: Problem) -> Call:
    import jax

    jax.config.update("jax_enable_x64", True)
    loss = objective(jax.numpy, problem)
    fixed = problem.activation == "tanh"  # the lecture's examples are constants to every peer
    if fixed:
        loss = partial(loss, X=problem.Xs[0], y=problem.ys[0])
    step = jax.jit(jax.value_and_grad(loss))
    draws = [
        tuple(map(jax.numpy.asarray, draw[: 1 if fixed else 3]))
        for draw in zip(problem.thetas, problem.Xs, problem.ys, strict=True)
    ]
    return lambda k: jax.block_until_ready(step(*draws[k % len(draws)]))


def pytorch_eager(problem: Problem) -> Call:
    import torch

    torch.set_num_threads(1)
    loss = objective(torch, problem)
    draws = [
        (torch.tensor(theta, requires_grad=True), torch.tensor(X), torch.tensor(y))
        for theta, X, y in zip(problem.thetas, problem.Xs, problem.ys, strict=True)
    ]

    def call(k: int) -> tuple[Any, Any]:
        theta, X, y = draws[k % len(draws)]
        theta.grad = None
        value = loss(theta, X, y)
        value.backward()
        return value.detach(), theta.grad

    return call


def autograd(problem: Problem) -> Call:
    import autograd
    import autograd.numpy

    step = autograd.value_and_grad(objective(autograd.numpy, problem))
    draws = list(zip(problem.thetas, problem.Xs, problem.ys, strict=True))
    return lambda k: step(*draws[k % len(draws)])


def casadi(problem: Problem) -> Call:
    import casadi as ca

    scalar = problem.activation == "tanh"
    sym = ca.SX.sym if scalar else ca.MX.sym
    activation = ca.tanh if scalar else (lambda z: ca.fmax(z, 0.0))
    theta = sym("theta", len(problem.thetas[0]))
    if scalar:
        X, y = ca.DM(problem.Xs[0]), ca.DM(problem.ys[0])
    else:
        X, y = sym("X", *problem.Xs[0].shape), sym("y", len(problem.ys[0]))
    start, h = 0, X.T
    for n_in, n_out in pairwise(problem.sizes):
        size = n_out * (n_in + 1)
        layer = ca.reshape(theta[start : start + size], n_in + 1, n_out).T
        z = layer[:, :n_in] @ h + ca.repmat(layer[:, n_in], 1, h.shape[1])
        h, start = activation(z), start + size
    if scalar:
        loss = ca.sumsqr(h.T - y)
    else:
        loss = ca.sum1(activation(1.0 - y * z.T)) / len(problem.ys[0]) + 1e-4 * ca.sumsqr(theta)
    operands = [theta] if scalar else [theta, X, y]
    step = ca.Function("step", operands, [loss, ca.gradient(loss, theta)])
    draws = [
        tuple(map(ca.DM, draw[: len(operands)]))
        for draw in zip(problem.thetas, problem.Xs, problem.ys, strict=True)
    ]
    return lambda k: step(*draws[k % len(draws)])


def micrograd(problem: Problem) -> Call:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    def tanh(x: Value) -> Value:
        # micrograd 0.1 has no tanh; the lecture adds it so
        y = math.tanh(x.data)
        out = Value(y, (x,), "tanh")

        def backward() -> None:
            x.grad += (1 - y * y) * out.grad

        out._backward = backward
        return out

    squares = problem.activation == "tanh"
    model = MLP(problem.sizes[0], list(problem.sizes[1:]))
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.nonlin = neuron.nonlin and not squares

    def score(row: list[Any]) -> Value:
        if not squares:
            return model(row)
        for layer in model.layers:
            row = [tanh(neuron(row)) for neuron in layer.neurons]
        return row[0]

    def call(k: int) -> tuple[float, list[float]]:
        k %= len(problem.thetas)
        for p, value in zip(model.parameters(), problem.thetas[k].tolist(), strict=True):
            p.data = value
        scores = [score(list(map(Value, row))) for row in problem.Xs[k].tolist()]
        ys = problem.ys[k].tolist()
        if squares:
            loss = sum((s - y) ** 2 for y, s in zip(ys, scores, strict=True))
        else:
            losses = [(1 - y * s).relu() for y, s in zip(ys, scores, strict=True)]
            reg_loss = 1e-4 * sum(p * p for p in model.parameters())
            loss = sum(losses) * (1.0 / len(losses)) + reg_loss
        model.zero_grad()
        loss.backward()
        return loss.data, [p.grad for p in model.parameters()]

    return call
