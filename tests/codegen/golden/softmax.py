"""The cross-entropy, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:76 (`loss`).
Needs NumPy and nothing else.

    work  74 N - 15 flops
    ir    sha256 f4649047fc8e12e3
"""

import numpy as np


def loss_and_grads(w, b, x, labels):
    """The cross-entropy, and its gradient with respect to each parameter.

    w        f64[4, 3]  parameter
    b        f64[3]     parameter
    x        f64[N, 4]  input
    labels   i64[N]     input, 0..2
    returns  (loss, (d_w, d_b)): a float, and new arrays

    The name d_v stands for d loss / d v. N must be at least 1. Short rows are kept column by
    column in memory, where sums over them are fast.
    """
    N = len(x)

    # forward
    logits = np.matmul(x, w, order="F") + b                          # (N, 3)  programs.py:75
    top = logits.max(axis=1)                                         # (N,)    programs.py:76
    exps = np.exp(logits - top[:, None])                             # (N, 3)
    sum_exps = exps.sum(axis=1)                                      # (N,)

    # loss
    loss = (np.log(sum_exps) + top - logits[np.arange(N), labels]).sum() / N  # programs.py:76

    # gradients
    # softmax minus one-hot
    d_logits = (exps / sum_exps[:, None] - np.eye(3)[labels]) / N    # (N, 3)  of programs.py:75, 76
    d_w = x.T @ d_logits                                             # (4, 3)  of programs.py:75
    d_b = d_logits.sum(axis=0)                                       # (3,)

    return float(loss), (d_w, d_b)
