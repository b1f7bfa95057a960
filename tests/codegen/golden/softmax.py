"""The loss, and its gradient with respect to each parameter.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:76.
Needs NumPy and nothing else.

    ir   sha256 2307c25054d7b564
"""

import numpy as np


def logsumexp(x, axis, keepdims):
    """log(sum(exp(x))) along axes, without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def add_along_axis(x, indices, axis, size):
    """The elements of x added up at their indices along an axis of the given size."""
    whole = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1:]), dtype=x.dtype)
    places = np.indices(indices.shape, sparse=True)
    np.add.at(whole, (*places[:axis], indices, *places[axis + 1:]), x)
    return whole


def loss_and_grads(w, b, x, labels):
    """The loss, and its gradient with respect to each parameter.

    w        f64[4, 3]  parameter
    b        f64[3]     parameter
    x        f64[N, 4]  input
    labels   i64[N]     input
    returns  the loss, and the gradients in order
    """
    N = len(x)

    # forward
    logits = x @ w + b                                              # (N, 3)  programs.py:75
    lse = logsumexp(logits, 1, False)                               # (N,)    programs.py:76

    # loss
    view = labels[:, None]                                          # (N, 1)
    view_2 = np.take_along_axis(logits, view, axis=1).reshape(N)    # (N,)
    loss = (lse - view_2).sum() / N

    # gradients of the values, from the loss back
    spread = np.full((N, 1), -(1.0 / max(N, 1)))                    # (N, 1)  of programs.py:76
    product = 1.0 / max(N, 1) * np.exp(logits - lse[:, None])       # (N, 3)
    placed = add_along_axis(spread, view, axis=1, size=3)           # (N, 3)
    d_logits = product + placed                                     # (N, 3)  of programs.py:75

    # gradients of the parameters
    d_w = x.T @ d_logits                                            # (4, 3)
    d_b = d_logits.sum(axis=0)                                      # (3,)

    return float(loss), (d_w, d_b)
