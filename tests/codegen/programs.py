"""The programs whose emitted text is kept as golden files, written as a user would write them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import symgrad as sg
from symgrad.nn import MLP


def formula() -> Any:
    """A scalar formula for both targets: the energy of a pendulum."""
    theta = sg.param("theta", 0.5)
    omega = sg.param("omega", 0.1)
    g = sg.input("g")
    length = sg.input("length")
    kinetic = 0.5 * (length * omega) ** 2
    potential = g * length * (1.0 - sg.cos(theta))
    energy = kinetic + potential
    return sg.compile(energy, target="python", name="energy_and_grads")


def lecture() -> Any:
    """The lecture's net on its four examples, for the python target."""
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    ypred = [model(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
    return sg.compile(loss, wrt=model, target="python")


def logistic() -> Any:
    """Logistic regression on any number of examples."""
    x = sg.input("x", ("N", 2))
    y = sg.input("y", ("N",))
    w = sg.param("w", np.zeros(2))
    b = sg.param("b", 0.0)
    score = x @ w + b
    loss = sg.mean(sg.softplus(-y * score))
    return sg.compile(loss)


def moons() -> Any:
    """The moons net from array expressions: max-margin loss plus L2."""
    rng = np.random.default_rng(1337)
    x = sg.input("x", ("N", 2))
    y = sg.input("y", ("N",))
    w1 = sg.param("w1", rng.uniform(-1, 1, (2, 16)))
    b1 = sg.param("b1", np.zeros(16))
    w2 = sg.param("w2", rng.uniform(-1, 1, (16, 16)))
    b2 = sg.param("b2", np.zeros(16))
    w3 = sg.param("w3", rng.uniform(-1, 1, 16))
    b3 = sg.param("b3", 0.0)
    h1 = sg.relu(x @ w1 + b1)
    h2 = sg.relu(h1 @ w2 + b2)
    scores = h2 @ w3 + b3
    losses = sg.relu(1.0 - y * scores)
    data_loss = sg.mean(losses)
    reg_loss = 1e-4 * sum(sg.sum(p * p) for p in (w1, b1, w2, b2, w3, b3))
    loss = data_loss + reg_loss
    return sg.compile(loss)


def softmax() -> Any:
    """Softmax regression with cross-entropy over integer labels."""
    x = sg.input("x", ("N", 4))
    labels = sg.input("labels", ("N",), dtype="i64")
    w = sg.param("w", np.zeros((4, 3)))
    b = sg.param("b", np.zeros(3))
    logits = x @ w + b
    loss = sg.losses.cross_entropy(logits, labels)
    return sg.compile(loss)


def recurrent() -> Any:
    """A recurrent net over four steps: the same weights at each."""
    rng = np.random.default_rng(7)
    x = sg.input("x", ("N", 4, 2))
    y = sg.input("y", ("N",))
    w = sg.param("w", rng.uniform(-1, 1, (2, 8)))
    u = sg.param("u", rng.uniform(-1, 1, (8, 8)))
    b = sg.param("b", np.zeros(8))
    v = sg.param("v", rng.uniform(-1, 1, 8))
    h = sg.tanh(x[:, 0] @ w + b)
    for t in range(1, 4):
        h = sg.tanh(x[:, t] @ w + h @ u + b)
    pred = h @ v
    loss = sg.mean((pred - y) ** 2)
    return sg.compile(loss)


def sequential() -> Any:
    """Layers without names for what is between them, cross-entropy plus L2."""
    linear = sg.nn.Linear
    layers = [linear(4, 16, seed=0), sg.relu, linear(16, 8, seed=1), sg.tanh, linear(8, 3, seed=2)]
    net = sg.nn.Sequential(layers)
    x = sg.input("x", ("N", 4))
    labels = sg.input("labels", ("N",), dtype="i64")
    loss = sg.losses.cross_entropy(net(x), labels) + 1e-3 * sg.losses.l2(net.parameters())
    return sg.compile(loss)


def margin() -> Any:
    """micrograd's max-margin loss plus L2 over scalars, in a loop that names each round."""
    data, targets = [[0.0, 1.0], [1.0, 0.5]], [1.0, -1.0]
    random.seed(1337)
    model = MLP(2, [3, 1])
    losses = []
    for x, t in zip(data, targets, strict=True):
        score = model(x)
        losses.append((1 - t * score).relu())
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = 1e-4 * sum(p * p for p in model.parameters())
    total = data_loss + reg_loss
    return sg.compile(total, wrt=model, target="python")


def loop() -> Any:
    """The lecture's net as a loop over any number of examples."""
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    ypred = [model(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
    return sg.compile(loss, wrt=model, target="python", style="looped")


def demo() -> Any:
    """micrograd's demo, a mean of margins plus L2, on a smaller net and few examples."""
    X = np.random.default_rng(1337).normal(0.0, 1.0, (6, 2)).round(3)
    y = np.sign(X[:, 0] * X[:, 1])
    random.seed(1337)
    model = MLP(2, [3, 1])
    inputs = [list(map(sg.Value, xrow)) for xrow in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in model.parameters())
    total_loss = data_loss + reg_loss
    return sg.compile(total_loss, wrt=model, target="python", style="looped")


PROGRAMS = {
    p.__name__: p
    for p in (demo, formula, lecture, logistic, loop, margin, moons, recurrent, sequential, softmax)
}
