"""A title says what a loss is only where that is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.compiler.loss_names import phrase

X, Y, T = sg.input("x", ("N", 3)), sg.input("y", ("N",)), sg.input("t", (4,))
LABELS = sg.input("labels", ("N",), int)
W, K = sg.param("w", np.ones(3)), sg.param("k", np.eye(3))
R = X @ W - Y
ONE_BY_ONE = [(W[0] * i - T[i]) ** 2 for i in range(4)]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (sg.sum(R * R), "the sum of squared errors"),
        (R @ R, "the sum of squared errors"),
        (0.5 * sg.sum(sg.square(R)), "half the sum of squared errors"),
        (R @ R / 2, "half the sum of squared errors"),
        (3 * sg.sum(R**2), ""),
        (sg.mean(R**2), "the mean squared error"),
        (sg.mean(R**2) / 2, "half the mean squared error"),
        (0.3 * sg.mean(R**2), ""),
        (sg.sum(R**2) / X.shape[0], "the mean squared error"),
        (R @ R / Y.shape[0], "the mean squared error"),
        (sg.sum(R**2) / (2 * X.shape[0]), "half the mean squared error"),
        (sg.sum(R**2) / (X.shape[0] - 1), ""),
        (sg.sum((X @ K - X) ** 2) / X.shape[0], ""),
        (sg.sum((X @ K - X) ** 2) / X.size, "the mean squared error"),
        (sum(ONE_BY_ONE), "the sum of squared errors"),
        (sum(ONE_BY_ONE) / 4, "the mean squared error"),
        (sum(ONE_BY_ONE) / 2, "half the sum of squared errors"),
        (sum(ONE_BY_ONE) / 3, ""),
        (ONE_BY_ONE[2], "the squared error"),
        (sg.mean(abs(R)), "the mean absolute error"),
        (sg.sum(abs(R)), "the sum of absolute errors"),
        (sg.mean(R**2) + 0.1 * sg.sum(W * W), "the mean squared error plus L2"),
        # differences that are no errors
        (sg.sum((W[1:] - W[:-1]) ** 2), ""),
        (sg.sum((W - 1.0) ** 2), ""),
        ((1 - W[0]) ** 2, ""),
        (sg.sum((X - sg.mean(X)) ** 2), ""),
        (sg.sum(Y * R**2), ""),
        (sg.sum((X @ W - 1.0) ** 2), ""),
        (sg.mean(sg.relu(1 - Y * (X @ W))), "the max-margin loss"),
        (sg.mean(sg.softplus(-Y * (X @ W))), "the logistic loss"),
        (sg.sum(sg.softplus(-Y * (X @ W))) / 2, "half the sum of logistic losses"),
        (sg.losses.bce_with_logits(X @ W, Y), "the binary cross-entropy"),
        (sg.losses.cross_entropy(X @ K, LABELS), "the cross-entropy"),
        (sg.logsumexp(W) - W[1], "the cross-entropy"),
        (sg.losses.huber(X @ W, Y), "the Huber loss"),
        (sg.sum(R**2) * (2.0 * X.shape[0]) ** -1, "half the mean squared error"),
    ],
)
def test_a_loss_is_called_what_it_is(loss: Any, said: str) -> None:
    """By its pattern and by its factor; where neither is known, nothing is said."""
    assert phrase(loss.instr) == said


@pytest.mark.parametrize(
    ("factor", "said"), [(1.0, "The sum of s"), (0.5, "Half the sum of s"), (0.2, "The loss, ")]
)
def test_a_loss_of_values_is_called_what_it_is(factor: float, said: str) -> None:
    """Whether the loop over the examples was found or not."""
    a, b = sg.Value(0.5, label="a"), sg.Value(1.0, label="b")
    xs, ys = [1.0, 2.0, 3.0], [2.0, 3.5, 5.0]
    for target in ("numpy", "python"):
        loss = sum((a * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) * factor
        assert sg.compile(loss, [a, b], target=target).source.startswith(f'"""{said}')


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda z: sg.sum(z) / sg.sum(z > 0), "count"),
        (lambda z: sg.sum(sg.astype(z > 0, float) * z), "mask"),
        (lambda z: sg.sum(sg.astype(sg.floor(z), int) * z), "floats"),
    ],
)
def test_a_cast_is_called_for_what_it_holds(make: Callable[[Any], Any], name: str) -> None:
    """A mask is made of truths, a count is a sum of them."""
    assert f" {name} = " in sg.compile(make(X @ W)).source
