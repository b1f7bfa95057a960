"""Programs in micrograd's manner, whose loops become arrays: kept as golden files."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import symgrad as sg
from symgrad.engine import Value
from symgrad.nn import MLP, Layer, Module


class Net(Module):
    """Layers by name, and other parameters by their labels."""

    def __init__(self, *others: Value, **layers: Layer) -> None:
        self.layers, self.others = layers, others

    def parameters(self) -> list[Value]:
        return [*(p for layer in self.layers.values() for p in layer.parameters()), *self.others]

    def parameter_names(self) -> list[str]:
        layers = self.layers.items()
        names = [f"{name}_{p}" for name, layer in layers for p in layer.parameter_names()]
        return [*names, *(v.label for v in self.others)]


def loops_lecture() -> Any:
    """The lecture's net on its four examples."""
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    ypred = [model(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
    return sg.compile(loss, wrt=model)


def loops_moons() -> Any:
    """The moons demo: max-margin loss plus L2, for any number of examples."""
    random.seed(1337)
    model = MLP(2, [16, 16, 1])

    @sg.value_and_grad(wrt=model)
    def loss(Xb, yb):
        rows = [[Value(v) for v in row] for row in Xb]
        scores = [model(row) for row in rows]
        losses = [(1 - t * s).relu() for t, s in zip(yb, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        return data_loss + reg_loss

    return loss.compiled(np.zeros((20, 2)), np.ones(20))


def loops_softmax() -> Any:
    """Softmax regression with cross-entropy over one-hot targets, for any number of examples."""
    random.seed(1337)
    model = Layer(4, 3, activation="linear")

    @sg.value_and_grad(wrt=model)
    def loss(X, targets):
        losses = []
        for x, target in zip(X, targets, strict=True):
            logits = model(x)
            total = sum(z.exp() for z in logits)
            losses.append(total.log() - sum(t * z for t, z in zip(target, logits, strict=True)))
        return sum(losses) / len(losses)

    return loss.compiled(np.zeros((20, 4)), np.ones((20, 3)))


def loops_recurrent() -> Any:
    """A recurrent net of six steps, for any number of sequences."""
    random.seed(1337)
    cell, read = Layer(2 + 4, 4, activation="tanh"), Layer(4, 1, activation="linear")
    start = [Value(0.0, label=f"start_{i + 1}") for i in range(4)]
    net = Net(*start, cell=cell, read=read)

    @sg.value_and_grad(wrt=net)
    def loss(sequences, targets):
        errors = []
        for sequence, target in zip(sequences, targets, strict=True):
            h = start
            for step in sequence:
                h = cell([*step, *h])
            errors.append(read(h) - target)
        return sum(e**2 for e in errors) / len(errors)

    return loss.compiled(np.zeros((20, 6, 2)), np.ones(20))


def loops_window() -> Any:
    """A convolution over a sliding window, and a layer on top, for any number of signals."""
    random.seed(1337)
    kernel, top = Layer(3, 1, activation="relu"), Layer(6, 1, activation="linear")
    net = Net(kernel=kernel, top=top)

    @sg.value_and_grad(wrt=net)
    def loss(signals, targets):
        total = 0
        for signal, target in zip(signals, targets, strict=True):
            features = [kernel(signal[i : i + 3]) for i in range(6)]
            total = total + (top(features) - target) ** 2
        return total / len(targets)

    return loss.compiled(np.zeros((20, 8)), np.ones(20))


def loops_skip() -> Any:
    """A net with a skip connection, for any number of examples."""
    random.seed(1337)
    first = Layer(3, 8, activation="tanh")
    second = Layer(8, 8, activation="tanh")
    last = Layer(8, 1, activation="linear")
    net = Net(first=first, second=second, last=last)

    @sg.value_and_grad(wrt=net)
    def loss(X, y):
        total = 0
        for x, target in zip(X, y, strict=True):
            h = first(x)
            sums = [a + b for a, b in zip(h, second(h), strict=True)]
            total = total + (last(sums) - target) ** 2
        return total / len(y)

    return loss.compiled(np.zeros((20, 3)), np.ones(20))


PROGRAMS = {
    p.__name__: p
    for p in (
        *(loops_lecture, loops_moons, loops_softmax),
        *(loops_recurrent, loops_window, loops_skip),
    )
}
