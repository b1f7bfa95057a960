"""Losses agree with their formulas, and stay finite where the formulas do not."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad.ops  # noqa: F401  (fills the op table)
from symgrad import losses
from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.leaves import input
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
