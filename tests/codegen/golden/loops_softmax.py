"""The loss, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from loops.py:70.
Needs NumPy and nothing else.

    traced  3, 4 and 7 examples, 726 scalar nodes
    work    80 N - 15 flops
    ir      sha256 d81dd0ea2d5ad3a6
"""

import numpy as np


def loss_and_grads(theta, X, targets):
    """The loss, and its gradient with respect to every parameter.

    theta    f64[15]    the parameters, in the order of model.parameters()
    X        f64[N, 4]  input
    targets  f64[N, 3]  input
    returns  (loss, d_theta): a float, and a new f64[15] in the order of theta

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(X)

    # parameters
    layer = theta.reshape(3, 5)
    w, b = layer[:, :-1], layer[:, -1]

    # forward
    logits = X @ w.T + b                                   # (N, 3)  loops.py:67
    top = logits.max(axis=1)                               # (N,)    loops.py:69
    exps = np.exp(logits - top[:, None])                   # (N, 3)
    sum_exps = exps.sum(axis=1)                            # (N,)

    # loss
    loss = (                                               #         loops.py:70
        np.log(sum_exps) + top - np.einsum("ij,ij->i", targets, logits)
    ).sum() / N

    # gradients of the values, from the loss back
    d_logits = (exps / sum_exps[:, None] - targets) / N    # (N, 3)  of loops.py:67, 69

    # gradients of the parameters
    d_theta = np.empty(15)
    d_layer = d_theta.reshape(3, 5)
    d_layer[:, :-1] = d_logits.T @ X                       # (3, 4)  of loops.py:67
    d_layer[:, -1] = d_logits.sum(axis=0)                  # (3,)

    return float(loss), d_theta
