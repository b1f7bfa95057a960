"""The cross-entropy, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from conv_net.py:37 (`loss`).
Needs NumPy and nothing else.

    work  167,674 N + 635 flops
    ir    sha256 38e79278e2f7df6a
"""

import numpy as np


def loss_and_grads(w1, b1, w2, b2, w3, b3, signals, labels):
    """The cross-entropy, and its gradient with respect to each parameter.

    w1       f64[5, 3, 8]   parameter
    b1       f64[8]         parameter
    w2       f64[3, 8, 16]  parameter
    b2       f64[16]        parameter
    w3       f64[16, 5]     parameter
    b3       f64[5]         parameter
    signals  f64[N, 64, 3]  input
    labels   i64[N]         input, 0..4
    returns  (loss, (d_w1, d_b1, d_w2, d_b2, d_w3, d_b3)): a float, and new arrays

    The name d_v stands for d loss / d v. The derivative of relu at 0 is 0. N must be at least
    1. Short rows are kept column by column in memory, where sums over them are fast.
    """
    N = len(signals)

    # forward
    z1 = (                                                      # (N, 60, 8)   conv_net.py:34
        signals[:, :60] @ w1[0] + signals[:, 1:61] @ w1[1] + signals[:, 2:62] @ w1[2]
        + signals[:, 3:63] @ w1[3] + signals[:, 4:] @ w1[4] + b1
    )
    h1 = np.maximum(z1, 0.0)                                    # (N, 60, 8)
    z2 = (                                                      # (N, 58, 16)  conv_net.py:35
        h1[:, :58] @ w2[0] + h1[:, 1:59] @ w2[1] + h1[:, 2:] @ w2[2] + b2
    )
    h2 = np.maximum(z2, 0.0)                                    # (N, 58, 16)
    mean_h2 = np.einsum("ijk->ik", h2) / 58                     # (N, 16)      conv_net.py:36
    logits = np.matmul(mean_h2, w3, order="F") + b3             # (N, 5)
    top = logits.max(axis=1)                                    # (N,)         conv_net.py:37
    exps = np.exp(logits - top[:, None])                        # (N, 5)
    sum_exps = exps.sum(axis=1)                                 # (N,)

    # loss
    loss = (np.log(sum_exps) + top - logits[np.arange(N), labels]).sum() / N  # conv_net.py:37

    # gradients of the values, from the loss back
    # softmax minus one-hot
    d_logits = (                                                # (N, 5)       of conv_net.py:36, 37
        exps / sum_exps[:, None] - np.eye(5)[labels]
    ) / N
    d_z2 = (d_logits @ w3.T / 58.0)[:, None] * (z2 > 0.0)       # (N, 58, 16)  of conv_net.py:35, 36
    flat_d_z2 = d_z2.reshape(-1, 16)                            # (58*N, 16)   of conv_net.py:35
    d_h1 = np.zeros((N, 60, 8))
    d_h1[:, :58] = (flat_d_z2 @ w2[0].T).reshape(N, 58, 8)      # (N, 58, 8)
    d_h1[:, 1:59] += (flat_d_z2 @ w2[1].T).reshape(N, 58, 8)    # (N, 58, 8)
    d_h1[:, 2:] += (flat_d_z2 @ w2[2].T).reshape(N, 58, 8)      # (N, 58, 8)
    d_z1 = d_h1 * (z1 > 0.0)                                    # (N, 60, 8)   of conv_net.py:34
    flat_d_z1 = d_z1.reshape(-1, 8)                             # (60*N, 8)

    # gradients of the parameters
    d_w1 = np.empty((5, 3, 8))
    d_w1[0] = signals[:, :60].reshape(-1, 3).T @ flat_d_z1      # (3, 8)       of conv_net.py:34
    d_w1[1] = signals[:, 1:61].reshape(-1, 3).T @ flat_d_z1     # (3, 8)
    d_w1[2] = signals[:, 2:62].reshape(-1, 3).T @ flat_d_z1     # (3, 8)
    d_w1[3] = signals[:, 3:63].reshape(-1, 3).T @ flat_d_z1     # (3, 8)
    d_w1[4] = signals[:, 4:].reshape(-1, 3).T @ flat_d_z1       # (3, 8)
    d_b1 = np.einsum("ijk->k", d_z1)                            # (8,)
    d_w2 = np.empty((3, 8, 16))
    d_w2[0] = h1[:, :58].reshape(-1, 8).T @ flat_d_z2           # (8, 16)      of conv_net.py:35
    d_w2[1] = h1[:, 1:59].reshape(-1, 8).T @ flat_d_z2          # (8, 16)
    d_w2[2] = h1[:, 2:].reshape(-1, 8).T @ flat_d_z2            # (8, 16)
    d_b2 = np.einsum("ijk->k", d_z2)                            # (16,)
    d_w3 = mean_h2.T @ d_logits                                 # (16, 5)      of conv_net.py:36
    d_b3 = d_logits.sum(axis=0)                                 # (5,)

    return float(loss), (d_w1, d_b1, d_w2, d_b2, d_w3, d_b3)
