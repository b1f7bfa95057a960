"""The cross-entropy plus L2, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:104 (`loss`).
Needs NumPy and nothing else.

    work  1,258 N + 730 flops
    ir    sha256 b6a6c02824383430
"""

import numpy as np


def loss_and_grads(l1_w, l1_b, l2_w, l2_b, l3_w, l3_b, x, labels):
    """The cross-entropy plus L2, and its gradient with respect to each parameter.

    l1_w     f64[4, 16]  parameter
    l1_b     f64[16]     parameter
    l2_w     f64[16, 8]  parameter
    l2_b     f64[8]      parameter
    l3_w     f64[8, 3]   parameter
    l3_b     f64[3]      parameter
    x        f64[N, 4]   input
    labels   i64[N]      input, 0..2
    returns  (loss, (d_l1_w, d_l1_b, d_l2_w, d_l2_b, d_l3_w, d_l3_b)): a float, and new arrays

    The name d_v stands for d loss / d v. The derivative of relu at 0 is 0. N must be at least
    1. Short rows are kept column by column in memory, where sums over them are fast.
    """
    N = len(x)

    # forward
    z1 = x @ l1_w + l1_b                                             # (N, 16)  programs.py:104
    h1 = np.maximum(z1, 0.0)                                         # (N, 16)
    h2 = np.tanh(h1 @ l2_w + l2_b)                                   # (N, 8)
    logits = np.matmul(h2, l3_w, order="F") + l3_b                   # (N, 3)
    top = logits.max(axis=1)                                         # (N,)
    exps = np.exp(logits - top[:, None])                             # (N, 3)
    sum_exps = exps.sum(axis=1)                                      # (N,)

    # loss
    penalty = 0.001 * (                                              #          programs.py:104
        np.vdot(l1_w, l1_w) + l1_b @ l1_b + np.vdot(l2_w, l2_w) + l2_b @ l2_b + np.vdot(l3_w, l3_w)
        + l3_b @ l3_b
    )
    loss = (np.log(sum_exps) + top - logits[np.arange(N), labels]).sum() / N + penalty

    # gradients of the values, from the loss back
    # softmax minus one-hot
    d_logits = (exps / sum_exps[:, None] - np.eye(3)[labels]) / N    # (N, 3)   of programs.py:104
    d_z2 = d_logits @ l3_w.T * (1.0 - h2 * h2)                       # (N, 8)
    d_z1 = d_z2 @ l2_w.T * (z1 > 0.0)                                # (N, 16)

    # gradients of the parameters
    d_l1_w = x.T @ d_z1 + 0.002 * l1_w                               # (4, 16)  of programs.py:104
    d_l1_b = d_z1.sum(axis=0) + 0.002 * l1_b                         # (16,)
    d_l2_w = h1.T @ d_z2 + 0.002 * l2_w                              # (16, 8)
    d_l2_b = d_z2.sum(axis=0) + 0.002 * l2_b                         # (8,)
    d_l3_w = h2.T @ d_logits + 0.002 * l3_w                          # (8, 3)
    d_l3_b = d_logits.sum(axis=0) + 0.002 * l3_b                     # (3,)

    return float(loss), (d_l1_w, d_l1_b, d_l2_w, d_l2_b, d_l3_w, d_l3_b)
