"""The max-margin loss plus L2, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from loops.py:53.
Needs NumPy and nothing else.

    net     MLP(2, [16, 16, 1]), relu, 337 parameters
    traced  3, 4 and 7 examples, 12,126 scalar nodes
    work    1,831 N + 676 flops
    ir      sha256 ee5a2de1934ef38a
"""

import numpy as np


def loss_and_grads(theta, Xb, yb):
    """The max-margin loss plus L2, and its gradient with respect to every parameter.

    theta    f64[337]   the parameters, in the order of model.parameters()
    Xb       f64[N, 2]  input
    yb       f64[N]     input
    returns  (loss, d_theta): a float, and a new f64[337] in the order of theta

    The name d_v stands for d loss / d v. The derivative of relu at 0 is 0. N must be at least
    1.
    """
    N = len(Xb)

    # parameters: each row of a layer is a neuron, its weights and then its bias
    layer1 = theta[0:48].reshape(16, 3)
    layer2 = theta[48:320].reshape(16, 17)
    layer3 = theta[320:337]
    w1, b1 = layer1[:, :-1], layer1[:, -1]
    w2, b2 = layer2[:, :-1], layer2[:, -1]
    w3, b3 = layer3[:-1], layer3[-1]

    # forward
    z1 = Xb @ w1.T + b1                              # (N, 16)   loops.py:49
    h1 = np.maximum(z1, 0.0)                         # (N, 16)
    z2 = h1 @ w2.T + b2                              # (N, 16)
    h2 = np.maximum(z2, 0.0)                         # (N, 16)
    scores = h2 @ w3 + b3                            # (N,)

    # loss
    pre_losses = 1.0 - yb * scores                   # (N,)      loops.py:50
    losses = np.maximum(pre_losses, 0.0)             # (N,)
    data_loss = losses.sum() / N                     #           loops.py:51
    reg_loss = 1e-4 * (theta @ theta)                #           loops.py:52
    loss = data_loss + reg_loss                      #           loops.py:53

    # gradients of the values, from the loss back
    d_scores = -1.0 / N * (pre_losses > 0.0) * yb    # (N,)      of loops.py:50
    d_z2 = np.outer(d_scores, w3) * (z2 > 0.0)       # (N, 16)   of loops.py:49
    d_z1 = d_z2 @ w2 * (z1 > 0.0)                    # (N, 16)

    # gradients of the parameters
    d_theta = 2e-4 * theta                           # (337,)    of loops.py:49, 52
    d_layer1 = d_theta[0:48].reshape(16, 3)
    d_layer2 = d_theta[48:320].reshape(16, 17)
    d_layer3 = d_theta[320:337]
    d_layer1[:, :-1] += d_z1.T @ Xb                  # (16, 2)   of loops.py:49
    d_layer1[:, -1] += d_z1.sum(axis=0)              # (16,)
    d_layer2[:, :-1] += d_z2.T @ h1                  # (16, 16)
    d_layer2[:, -1] += d_z2.sum(axis=0)              # (16,)
    d_layer3[:-1] += d_scores @ h2                   # (16,)
    d_layer3[-1] += d_scores.sum()

    return float(loss), d_theta
