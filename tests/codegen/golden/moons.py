"""The max-margin loss plus L2, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:65 (`loss`).
Needs NumPy and nothing else.

    work  1,831 N + 1,013 flops
    ir    sha256 98563daf4bd5ca72
"""

import numpy as np


def loss_and_grads(w1, b1, w2, b2, w3, b3, x, y):
    """The max-margin loss plus L2, and its gradient with respect to each parameter.

    w1       f64[2, 16]   parameter
    b1       f64[16]      parameter
    w2       f64[16, 16]  parameter
    b2       f64[16]      parameter
    w3       f64[16]      parameter
    b3       f64[]        parameter
    x        f64[N, 2]    input
    y        f64[N]       input
    returns  (loss, (d_w1, d_b1, d_w2, d_b2, d_w3, d_b3)): floats, and new arrays

    The name d_v stands for d loss / d v. The derivative of relu at 0 is 0. N must be at least
    1.
    """
    N = len(x)

    # forward
    z1 = x @ w1 + b1                                # (N, 16)   programs.py:59
    h1 = np.maximum(z1, 0.0)                        # (N, 16)
    z2 = h1 @ w2 + b2                               # (N, 16)   programs.py:60
    h2 = np.maximum(z2, 0.0)                        # (N, 16)
    scores = h2 @ w3 + b3                           # (N,)      programs.py:61

    # loss
    pre_losses = 1.0 - y * scores                   # (N,)      programs.py:62
    losses = np.maximum(pre_losses, 0.0)            # (N,)
    data_loss = losses.sum() / N                    #           programs.py:63
    reg_loss = 1e-4 * (                             #           programs.py:64
        np.vdot(w1, w1) + b1 @ b1 + np.vdot(w2, w2) + b2 @ b2 + w3 @ w3 + b3 * b3
    )
    loss = data_loss + reg_loss                     #           programs.py:65

    # gradients of the values, from the loss back
    d_scores = -1.0 / N * (pre_losses > 0.0) * y    # (N,)      of programs.py:62, 63
    d_z2 = np.outer(d_scores, w3) * (z2 > 0.0)      # (N, 16)   of programs.py:60, 61
    d_z1 = d_z2 @ w2.T * (z1 > 0.0)                 # (N, 16)   of programs.py:59, 60

    # gradients of the parameters
    d_w1 = x.T @ d_z1 + 2e-4 * w1                   # (2, 16)   of programs.py:59, 64
    d_b1 = d_z1.sum(axis=0) + 2e-4 * b1             # (16,)
    d_w2 = h1.T @ d_z2 + 2e-4 * w2                  # (16, 16)  of programs.py:60, 64
    d_b2 = d_z2.sum(axis=0) + 2e-4 * b2             # (16,)
    d_w3 = d_scores @ h2 + 2e-4 * w3                # (16,)     of programs.py:61, 64
    d_b3 = d_scores.sum() + 2e-4 * b3

    return float(loss), (d_w1, d_b1, d_w2, d_b2, d_w3, float(d_b3))
