"""The mean squared error, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from loops.py:90.
Needs NumPy and nothing else.

    traced  3, 4 and 7 examples, 4,838 scalar nodes
    work    805 N + 52 flops
    ir      sha256 e25e4abd8c93db4c
"""

import numpy as np


def loss_and_grads(theta, sequences, targets):
    """The mean squared error, and its gradient with respect to every parameter.

    theta      f64[37]       the parameters, in order
    sequences  f64[N, 6, 2]  input
    targets    f64[N]        input
    returns    (loss, d_theta): a float, and a new f64[37] in the order of theta

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(sequences)

    # parameters
    layer1 = theta[0:28].reshape(4, 7)
    read = theta[28:33]
    cell_w1, cell_w2, cell_b = layer1[:, :2], layer1[:, 2:-1], layer1[:, -1]
    read_w, read_b = read[:-1], read[-1]
    start = theta[33:37]

    # forward
    z1 = sequences[:, 0] @ cell_w1.T + cell_w2 @ start + cell_b         # (N, 4)  loops.py:88
    h1 = np.tanh(z1)                                                    # (N, 4)
    z2 = sequences[:, 1] @ cell_w1.T + h1 @ cell_w2.T + cell_b          # (N, 4)
    h2 = np.tanh(z2)                                                    # (N, 4)
    z3 = sequences[:, 2] @ cell_w1.T + h2 @ cell_w2.T + cell_b          # (N, 4)
    h3 = np.tanh(z3)                                                    # (N, 4)
    z4 = sequences[:, 3] @ cell_w1.T + h3 @ cell_w2.T + cell_b          # (N, 4)
    h4 = np.tanh(z4)                                                    # (N, 4)
    z5 = sequences[:, 4] @ cell_w1.T + h4 @ cell_w2.T + cell_b          # (N, 4)
    h5 = np.tanh(z5)                                                    # (N, 4)
    z6 = sequences[:, 5] @ cell_w1.T + h5 @ cell_w2.T + cell_b          # (N, 4)
    h6 = np.tanh(z6)                                                    # (N, 4)

    # loss
    errors = h6 @ read_w + read_b - targets                             # (N,)    loops.py:89
    loss = errors @ errors / N                                          #         loops.py:90

    # gradients of the values, from the loss back
    d_errors = 2.0 / N * errors                                         # (N,)    of loops.py:90
    d_z6 = np.outer(d_errors, read_w) * (1.0 - h6 * h6)                 # (N, 4)  of loops.py:88, 89
    d_z5 = d_z6 @ cell_w2 * (1.0 - h5 * h5)                             # (N, 4)  of loops.py:88
    d_z4 = d_z5 @ cell_w2 * (1.0 - h4 * h4)                             # (N, 4)
    d_z3 = d_z4 @ cell_w2 * (1.0 - h3 * h3)                             # (N, 4)
    d_z2 = d_z3 @ cell_w2 * (1.0 - h2 * h2)                             # (N, 4)
    d_z1 = d_z2 @ cell_w2 * (1.0 - h1 * h1)                             # (N, 4)
    d_cell_w1 = (                                                       # (4, 2)
        d_z6.T @ sequences[:, 5] + d_z5.T @ sequences[:, 4] + d_z4.T @ sequences[:, 3]
        + d_z3.T @ sequences[:, 2] + d_z2.T @ sequences[:, 1] + d_z1.T @ sequences[:, 0]
    )
    d_cell_w2_start = d_z1.sum(axis=0)                                  # (4,)
    d_cell_b = (d_z1 + d_z2 + d_z3 + d_z4 + d_z5 + d_z6).sum(axis=0)    # (4,)
    d_cell_w2 = (                                                       # (4, 4)
        np.outer(d_cell_w2_start, start) + d_z2.T @ h1 + d_z3.T @ h2 + d_z4.T @ h3 + d_z5.T @ h4
        + d_z6.T @ h5
    )

    # gradients of the parameters
    d_theta = np.empty(37)
    d_layer1 = d_theta[0:28].reshape(4, 7)
    d_read = d_theta[28:33]
    d_layer1[:, :2] = d_cell_w1                                         # (4, 2)  of loops.py:88
    d_layer1[:, 2:-1] = d_cell_w2                                       # (4, 4)
    d_layer1[:, -1] = d_cell_b                                          # (4,)
    d_read[:-1] = d_errors @ h6                                         # (4,)    of loops.py:89
    d_read[-1] = d_errors.sum()
    d_theta[33:37] = d_cell_w2_start @ cell_w2                          # (4,)    of loops.py:88

    return float(loss), d_theta
