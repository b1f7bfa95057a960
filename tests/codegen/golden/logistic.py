"""The logistic loss, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:44 (`loss`).
Needs NumPy and nothing else.

    work  15 N - 3 flops
    ir    sha256 f49fb46a401dd4fb
"""

import numpy as np


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)


def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def loss_and_grads(w, b, x, y):
    """The logistic loss, and its gradient with respect to each parameter.

    w        f64[2]     parameter
    b        f64[]      parameter
    x        f64[N, 2]  input
    y        f64[N]     input
    returns  (loss, (d_w, d_b)): floats, and a new array

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(x)

    # forward
    score = x @ w + b                # (N,)  programs.py:43
    z = -y * score                   # (N,)  programs.py:44
    loss = softplus(z).sum() / N

    # gradients
    d_score = -sigmoid(z) * y / N    # (N,)  of programs.py:44
    d_w = d_score @ x                # (2,)  of programs.py:43
    d_b = d_score.sum()

    return float(loss), (d_w, float(d_b))
