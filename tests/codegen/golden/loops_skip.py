"""The mean squared error, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from loops.py:127.
Needs NumPy and nothing else.

    traced  3, 4 and 7 examples, 3,484 scalar nodes
    work    613 N - 112 flops
    ir      sha256 81e2016eeaa29014
"""

import numpy as np


def loss_and_grads(theta, X, y):
    """The mean squared error, and its gradient with respect to every parameter.

    theta    f64[113]   the parameters, in order
    X        f64[N, 3]  input
    y        f64[N]     input
    returns  (loss, d_theta): a float, and a new f64[113] in the order of theta

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(X)

    # parameters
    first = theta[0:32].reshape(8, 4)
    second = theta[32:104].reshape(8, 9)
    last = theta[104:113]
    first_w, first_b = first[:, :-1], first[:, -1]
    second_w, second_b = second[:, :-1], second[:, -1]
    last_w, last_b = last[:-1], last[-1]

    # forward
    h1 = np.tanh(X @ first_w.T + first_b)                  # (N, 8)  loops.py:124
    h2 = np.tanh(h1 @ second_w.T + second_b)               # (N, 8)  loops.py:125
    sums = h1 + h2                                         # (N, 8)

    # loss
    errors = sums @ last_w + last_b - y                    # (N,)    loops.py:126
    total = errors @ errors
    loss = total / N                                       #         loops.py:127

    # gradients of the values, from the loss back
    d_errors = 2.0 / N * errors                            # (N,)    of loops.py:126
    d_sums = np.outer(d_errors, last_w)                    # (N, 8)
    d_z2 = d_sums * (1.0 - h2 * h2)                        # (N, 8)  of loops.py:125
    d_z1 = (d_z2 @ second_w + d_sums) * (1.0 - h1 * h1)    # (N, 8)  of loops.py:124, 125

    # gradients of the parameters
    d_theta = np.empty(113)
    d_first = d_theta[0:32].reshape(8, 4)
    d_second = d_theta[32:104].reshape(8, 9)
    d_last = d_theta[104:113]
    d_first[:, :-1] = d_z1.T @ X                           # (8, 3)  of loops.py:124
    d_first[:, -1] = d_z1.sum(axis=0)                      # (8,)
    d_second[:, :-1] = d_z2.T @ h1                         # (8, 8)  of loops.py:125
    d_second[:, -1] = d_z2.sum(axis=0)                     # (8,)
    d_last[:-1] = d_errors @ sums                          # (8,)    of loops.py:126
    d_last[-1] = d_errors.sum()

    return float(loss), d_theta
