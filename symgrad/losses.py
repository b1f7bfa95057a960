"""Losses: each takes expressions or plain arrays and gives a scalar, the mean over all examples.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> mse(input("y", ("N",)), input("t", ("N",))).shape
()
"""

from __future__ import annotations

from typing import Any

from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.arrays import FUNCTIONS
from symgrad.frontend.arrays.eager import numpy_too
from symgrad.frontend.arrays.expr import apply, as_expr
from symgrad.frontend.arrays.manipulation import expand_dims, index_within, squeeze, take_along_axis
from symgrad.frontend.arrays.reductions import logsumexp, mean, sum
from symgrad.frontend.arrays.ufuncs import where
from symgrad.frontend.refusals import located


def _same_shape(name: str, a: Any, b: Any) -> None:
    # A prediction (N, 1) against a target (N,) would broadcast to (N, N) without a word.
    if a.dims != b.dims:
        raise ShapeError(f"{name}: shapes differ: {a.dims} and {b.dims}; reshape one of them")


@numpy_too
def mse(prediction: Any, target: Any) -> Any:
    """mean((prediction - target)**2); the shapes are equal.  Raises ShapeError."""
    p, t = as_expr(prediction, name="prediction"), as_expr(target, name="target")
    _same_shape("mse", p, t)
    return mean(apply("square", p - t))


@numpy_too
def hinge(score: Any, label: Any) -> Any:
    """The max-margin loss mean(relu(1 - label * score)); labels are -1 and 1 (micrograd's demo).

    Raises ShapeError.
    """
    s, y = as_expr(score, name="score"), as_expr(label, name="label")
    _same_shape("hinge", s, y)
    return mean(apply("relu", 1 - y * s))


@numpy_too
def bce_with_logits(logit: Any, label: Any) -> Any:
    """Binary cross entropy of sigmoid(logit), as mean(softplus(z) - z * y); labels in [0, 1].

    It neither overflows nor loses digits for a large logit.  Raises ShapeError.
    """
    z, y = as_expr(logit, name="logit"), as_expr(label, name="label")
    _same_shape("bce_with_logits", z, y)
    return mean(apply("softplus", z) - z * y)


@numpy_too
def cross_entropy(logits: Any, labels: Any) -> Any:
    """mean(logsumexp(logits) - logits[label]) for logits of shape (..., K).

    Labels are int64 of shape (...), from 0 to K - 1, or probabilities of shape (..., K).  Another
    label is wrong, -1 too: DomainError when compiling for labels that are known then, and at each
    call for labels that are an input.  Labels that are computed, and emitted text that runs alone,
    index as NumPy does: from the end if negative, IndexError beyond.

    Raises ShapeError, DomainError.

    >>> import symgrad.ops
    >>> from symgrad.frontend.arrays.leaf import input
    >>> cross_entropy(input("z", ("N", 3)), input("y", ("N",), int)).shape
    ()
    """
    z, y = as_expr(logits, name="logits"), as_expr(labels, name="labels")
    if not z.ndim:
        raise ShapeError("cross_entropy: logits are a scalar")
    if y.instr.type.dtype == "i64" and y.dims == z.dims[:-1]:
        y = index_within(y, z.dims[-1], "labels")
        picked = squeeze(take_along_axis(z, expand_dims(y, -1), -1), -1)
        return mean(logsumexp(z, -1) - picked)
    if y.dims != z.dims:
        raise ShapeError(
            f"cross_entropy: for logits {z.instr.type} expected labels of i64 and shape "
            f"{z.dims[:-1]}, or probabilities of shape {z.dims}; got {y.instr.type}"
        )
    return mean(logsumexp(z, -1) * sum(y, -1) - sum(y * z, -1))


@numpy_too
def huber(prediction: Any, target: Any, delta: float = 1.0) -> Any:
    """r**2 / 2 where abs(r) <= delta, else delta * (abs(r) - delta / 2), averaged (Huber, 1964).

    Raises ShapeError.
    """
    p, t = as_expr(prediction, name="prediction"), as_expr(target, name="target")
    _same_shape("huber", p, t)
    r = apply("absolute", p - t)
    return mean(where(r <= delta, 0.5 * apply("square", r), delta * (r - 0.5 * delta)))


@located
def l2(params: Any) -> Any:
    """The sum of squares of all elements of several params, or of all that a network has.

    Raises ArgumentError for none.
    """
    own = getattr(params, "parameters", None)
    total: Any = None
    for p in params if own is None else own():
        term = sum(FUNCTIONS["square"](p))
        total = term if total is None else total + term
    if total is None:
        raise ArgumentError("l2: expected one param at least, got none")
    return total
