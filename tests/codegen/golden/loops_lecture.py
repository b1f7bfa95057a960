"""The sum of squared errors, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from loops.py:37 (`loss`).
Needs NumPy and nothing else.

    net     MLP(3, [4, 4, 1]), tanh, 41 parameters
    traced  402 scalar nodes
    work    794 flops
    ir      sha256 456d12a5c676bbe1
"""

import numpy as np

XS = np.array([[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]])
YS = np.array([1.0, -1.0, -1.0, 1.0])


def loss_and_grads(theta):
    """The sum of squared errors, and its gradient with respect to every parameter.

    theta    f64[41]  the parameters, in the order of model.parameters()
    returns  (loss, d_theta): a float, and a new f64[41] in the order of theta

    The name d_v stands for d loss / d v.
    """

    # parameters: each row of a layer is a neuron, its weights and then its bias
    layer1 = theta[0:16].reshape(4, 4)
    layer2 = theta[16:36].reshape(4, 5)
    layer3 = theta[36:41]
    w1, b1 = layer1[:, :-1], layer1[:, -1]
    w2, b2 = layer2[:, :-1], layer2[:, -1]
    w3, b3 = layer3[:-1], layer3[-1]

    # forward
    h1 = np.tanh(XS @ w1.T + b1)                          # (4, 4)  loops.py:36
    h2 = np.tanh(h1 @ w2.T + b2)                          # (4, 4)
    ypred = np.tanh(h2 @ w3 + b3)                         # (4,)
    errors = ypred - YS                                   # (4,)    loops.py:37

    # loss
    loss = errors @ errors                                #         loops.py:37

    # gradients of the values, from the loss back
    d_pre_ypred = 2.0 * errors * (1.0 - ypred * ypred)    # (4,)    of loops.py:36, 37
    d_z2 = np.outer(d_pre_ypred, w3) * (1.0 - h2 * h2)    # (4, 4)  of loops.py:36
    d_z1 = d_z2 @ w2 * (1.0 - h1 * h1)                    # (4, 4)

    # gradients of the parameters
    d_theta = np.empty(41)
    d_layer1 = d_theta[0:16].reshape(4, 4)
    d_layer2 = d_theta[16:36].reshape(4, 5)
    d_layer3 = d_theta[36:41]
    d_layer1[:, :-1] = d_z1.T @ XS                        # (4, 3)  of loops.py:36
    d_layer1[:, -1] = d_z1.sum(axis=0)                    # (4,)
    d_layer2[:, :-1] = d_z2.T @ h1                        # (4, 4)
    d_layer2[:, -1] = d_z2.sum(axis=0)                    # (4,)
    d_layer3[:-1] = d_pre_ypred @ h2                      # (4,)
    d_layer3[-1] = d_pre_ypred.sum()

    return float(loss), d_theta
