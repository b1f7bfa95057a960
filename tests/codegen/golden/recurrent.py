"""The mean squared error, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from programs.py:93 (`loss`).
Needs NumPy and nothing else.

    work  1,587 N - 95 flops
    ir    sha256 4d2b9dbe214dc87c
"""

import numpy as np


def loss_and_grads(w, u, b, v, x, y):
    """The mean squared error, and its gradient with respect to each parameter.

    w        f64[2, 8]     parameter
    u        f64[8, 8]     parameter
    b        f64[8]        parameter
    v        f64[8]        parameter
    x        f64[N, 4, 2]  input
    y        f64[N]        input
    returns  (loss, (d_w, d_u, d_b, d_v)): a float, and new arrays

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(x)

    # forward
    h1 = np.tanh(x[:, 0] @ w + b)                     # (N, 8)  programs.py:89
    h2 = np.tanh(x[:, 1] @ w + h1 @ u + b)            # (N, 8)  programs.py:91
    h3 = np.tanh(x[:, 2] @ w + h2 @ u + b)            # (N, 8)
    h4 = np.tanh(x[:, 3] @ w + h3 @ u + b)            # (N, 8)
    pred = h4 @ v                                     # (N,)    programs.py:92

    # loss
    errors = pred - y                                 # (N,)    programs.py:93
    loss = errors @ errors / N

    # gradients of the values, from the loss back
    d_errors = 2.0 / N * errors                       # (N,)    of programs.py:93
    d_z4 = np.outer(d_errors, v) * (1.0 - h4 * h4)    # (N, 8)  of programs.py:91, 92
    d_z3 = d_z4 @ u.T * (1.0 - h3 * h3)               # (N, 8)  of programs.py:91
    d_z2 = d_z3 @ u.T * (1.0 - h2 * h2)               # (N, 8)
    d_z1 = d_z2 @ u.T * (1.0 - h1 * h1)               # (N, 8)  of programs.py:89, 91

    # gradients of the parameters
    d_w = (                                           # (2, 8)  of programs.py:89, 91
        x[:, 3].T @ d_z4 + x[:, 2].T @ d_z3 + x[:, 1].T @ d_z2 + x[:, 0].T @ d_z1
    )
    d_u = h1.T @ d_z2 + h2.T @ d_z3 + h3.T @ d_z4     # (8, 8)  of programs.py:91
    d_b = (d_z1 + d_z2 + d_z3 + d_z4).sum(axis=0)     # (8,)    of programs.py:89, 91
    d_v = d_errors @ h4                               # (8,)    of programs.py:92

    return float(loss), (d_w, d_u, d_b, d_v)
