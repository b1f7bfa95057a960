"""The cross-entropy, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:76 (`loss`).
Needs NumPy and nothing else.

    work  74 N - 14 flops
    ir    sha256 09e3ac960db67871
"""

import numpy as np


def logsumexp(x, axis, keepdims):
    """log(sum(exp(x))) along axes, without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def loss_and_grads(w, b, x, labels):
    """The cross-entropy, and its gradient with respect to each parameter.

    w        f64[4, 3]  parameter
    b        f64[3]     parameter
    x        f64[N, 4]  input
    labels   i64[N]     input
    returns  (loss, (d_w, d_b)): a float, and new arrays

    The name d_v stands for d loss / d v.
    """
    N = len(x)

    # forward
    logits = x @ w + b                   # (N, 3)  programs.py:75
    lse = logsumexp(logits, 1, False)    # (N,)    programs.py:76
    loss = (lse - logits[np.arange(N), labels]).sum() / N

    # gradients
    d_logits = (                         # (N, 3)  of programs.py:75, 76
        np.exp(logits - lse[:, None]) - np.eye(3)[labels]
    ) / max(N, 1)
    d_w = x.T @ d_logits                 # (4, 3)  of programs.py:75
    d_b = d_logits.sum(axis=0)           # (3,)

    return float(loss), (d_w, d_b)
