"""The mean squared error, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from loops.py:107.
Needs NumPy and nothing else.

    traced  3, 4 and 7 examples, 980 scalar nodes
    work    125 N - 10 flops
    ir      sha256 849744477a0f5016
"""

import numpy as np

PLACES = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]])


def loss_and_grads(theta, signals, targets):
    """The mean squared error, and its gradient with respect to every parameter.

    theta    f64[11]    the parameters, in order
    signals  f64[N, 8]  input
    targets  f64[N]     input
    returns  (loss, d_theta): a float, and a new f64[11] in the order of theta

    The name d_v stands for d loss / d v. The derivative of relu at 0 is 0. N must be at least
    1.
    """
    N = len(signals)

    # parameters
    kernel = theta[0:4]
    top = theta[4:11]
    kernel_w, kernel_b = kernel[:-1], kernel[-1]
    top_w, top_b = top[:-1], top[-1]

    # forward
    features_picked = signals[:, PLACES]                    # (N, 6, 3)
    pre_features = features_picked @ kernel_w + kernel_b    # (N, 6)     loops.py:105
    features = np.maximum(pre_features, 0.0)                # (N, 6)

    # loss
    errors = features @ top_w + top_b - targets             # (N,)       loops.py:106
    total = errors @ errors
    loss = total / N                                        #            loops.py:107

    # gradients of the values, from the loss back
    d_errors = 2.0 / N * errors                             # (N,)       of loops.py:106
    d_features = np.outer(d_errors, top_w)                  # (N, 6)
    d_pre_features = d_features * (pre_features > 0.0)      # (N, 6)     of loops.py:105
    d_kernel_w = d_pre_features.reshape(-1) @ features_picked.reshape(-1, 3)  # (3,)

    # gradients of the parameters
    d_theta = np.empty(11)
    d_kernel = d_theta[0:4]
    d_top = d_theta[4:11]
    d_kernel[:-1] = d_kernel_w                              # (3,)       of loops.py:105
    d_kernel[-1] = d_pre_features.sum()
    d_top[:-1] = d_errors @ features                        # (6,)       of loops.py:106
    d_top[-1] = d_errors.sum()

    return float(loss), d_theta
