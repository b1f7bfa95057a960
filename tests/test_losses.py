"""Losses agree with their formulas, and stay finite where the formulas do not."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad as sg
import symgrad.ops
from symgrad import losses
from symgrad.errors import ArgumentError, DomainError, ShapeError
from symgrad.frontend.arrays.leaf import input
from symgrad.ops.table import OPS

Z = np.array([[1.0, 2.0, 3.0], [0.5, -0.5, 0.0]])
LABELS = np.array([2, 0])
needs_structural = pytest.mark.skipif(
    "take_along_axis" not in OPS or "mean" not in OPS, reason="needs structural ops"
)


@needs_structural
def test_cross_entropy_takes_labels_and_probabilities_alike() -> None:
    p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(2), LABELS]).mean()
    np.testing.assert_allclose(losses.cross_entropy(Z, LABELS), expected)
    np.testing.assert_allclose(losses.cross_entropy(Z, np.eye(3)[LABELS]), expected)


@needs_structural
def test_losses_agree_with_their_formulas() -> None:
    s, y = np.array([0.3, -2.0, 4.0]), np.array([1.0, -1.0, -1.0])
    r = abs(s - y)
    np.testing.assert_allclose(losses.mse(s, y), ((s - y) ** 2).mean())
    np.testing.assert_allclose(losses.hinge(s, y), np.maximum(0, 1 - s * y).mean())
    np.testing.assert_allclose(losses.huber(s, y), np.where(r <= 1, r * r / 2, r - 0.5).mean())
    np.testing.assert_allclose(losses.l2([s, y]), (s**2).sum() + (y**2).sum())


@needs_structural
def test_binary_cross_entropy_does_not_overflow() -> None:
    """At a logit of 1000 the loss is 1000 for the wrong label and 0 for the right one."""
    assert losses.bce_with_logits(np.array([1000.0]), np.array([0.0])) == 1000
    assert losses.bce_with_logits(np.array([1000.0]), np.array([1.0])) == 0


@pytest.mark.parametrize("loss", ["mse", "hinge", "bce_with_logits", "huber"])
def test_shapes_that_would_broadcast_silently_are_refused(loss: str) -> None:
    with pytest.raises(ShapeError, match=r"test_losses\.py"):
        getattr(losses, loss)(input("p", ("N", 1)), input("t", ("N",)))


def test_a_penalty_of_nothing_is_refused() -> None:
    with pytest.raises(ArgumentError, match="none"):
        losses.l2([])


def test_l2_takes_a_network() -> None:
    """All of its params, as a list of them would."""
    net = sg.nn.Sequential(sg.nn.Linear(2, 3, seed=0), sg.tanh, sg.nn.Linear(3, 1, seed=1))
    value, _ = sg.compile(losses.l2(net))()
    np.testing.assert_allclose(value, sum((p.data**2).sum() for p in net.parameters()))


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("wrong", [-1, 3, -4])
def test_a_wrong_label_is_no_class(target: str, wrong: int) -> None:
    """-1 is not the last class: each call names the argument, the label and the user's line."""
    z, y = sg.param("z", Z), sg.input("y", (2,), int)
    f = sg.compile(losses.cross_entropy(z, y), target=target)
    value, grads = f(y=[2, 0])
    np.testing.assert_allclose(np.array(grads.z).sum(axis=1), 0.0, atol=1e-15)
    message = rf"y: expected labels from 0 to 2, got {wrong}; built at test_losses\.py:\d+"
    for _ in range(2):  # the second call takes the fast way
        with pytest.raises(DomainError, match=message):
            f(y=np.array([0, wrong]))
    assert f(y=[2, 0])[0] == value


def test_a_wrong_label_that_is_known_is_refused_at_once() -> None:
    with pytest.raises(DomainError, match=r"labels: expected labels from 0 to 2, got -1; built at"):
        losses.cross_entropy(input("z", (2, 3)), [0, -1])


def test_labels_of_a_wrong_dtype_are_named() -> None:
    """Float labels are neither classes nor probabilities."""
    with pytest.raises(
        ShapeError, match=r"expected labels of i64 and shape \('N',\).*built at test"
    ):
        losses.cross_entropy(input("z", ("N", 3)), input("y", ("N",)))


def test_the_python_text_alone_counts_labels_as_numpy_does() -> None:
    """Value and gradient take -1 for the same class."""
    z, y = sg.param("z", Z), sg.input("y", (2,), int)
    f = sg.compile(losses.cross_entropy(z, y), target="python").python
    assert f(Z.tolist(), (0, -1)) == f(Z.tolist(), (0, 2))
    with pytest.raises(IndexError):
        f(Z.tolist(), (0, 3))
