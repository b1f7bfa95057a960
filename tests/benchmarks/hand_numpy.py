"""The bar in NumPy: both nets' loss and gradient as an expert writes them by hand.

Both take the parameters as one vector, each row of a layer a neuron: its weights, then its bias.
"""

import numpy as np


def lecture(theta, X, y):
    """Sum of squared errors of MLP(3, [4, 4, 1]) with tanh on every layer."""
    layer1 = theta[0:16].reshape(4, 4)
    layer2 = theta[16:36].reshape(4, 5)
    layer3 = theta[36:41]
    w1, b1 = layer1[:, :-1], layer1[:, -1]
    w2, b2 = layer2[:, :-1], layer2[:, -1]
    w3, b3 = layer3[:-1], layer3[-1]

    h1 = np.tanh(X @ w1.T + b1)
    h2 = np.tanh(h1 @ w2.T + b2)
    predictions = np.tanh(h2 @ w3 + b3)
    errors = predictions - y
    loss = errors @ errors

    d_z3 = 2.0 * errors * (1.0 - predictions * predictions)
    d_z2 = np.outer(d_z3, w3) * (1.0 - h2 * h2)
    d_z1 = (d_z2 @ w2) * (1.0 - h1 * h1)

    d_theta = np.empty(41)
    d_layer1 = d_theta[0:16].reshape(4, 4)
    d_layer2 = d_theta[16:36].reshape(4, 5)
    d_layer1[:, :-1] = d_z1.T @ X
    d_layer1[:, -1] = d_z1.sum(axis=0)
    d_layer2[:, :-1] = d_z2.T @ h1
    d_layer2[:, -1] = d_z2.sum(axis=0)
    d_theta[36:40] = d_z3 @ h2
    d_theta[40] = d_z3.sum()
    return float(loss), d_theta


def moons(theta, X, y):
    """Max-margin loss of MLP(2, [16, 16, 1]) with relu, plus L2."""
    N = len(X)
    layer1 = theta[0:48].reshape(16, 3)
    layer2 = theta[48:320].reshape(16, 17)
    layer3 = theta[320:337]
    w1, b1 = layer1[:, :-1], layer1[:, -1]
    w2, b2 = layer2[:, :-1], layer2[:, -1]
    w3, b3 = layer3[:-1], layer3[-1]

    z1 = X @ w1.T + b1
    h1 = np.maximum(z1, 0.0)
    z2 = h1 @ w2.T + b2
    h2 = np.maximum(z2, 0.0)
    scores = h2 @ w3 + b3
    margins = 1.0 - y * scores
    loss = np.maximum(margins, 0.0).sum() * (1.0 / N) + 1e-4 * (theta @ theta)

    d_scores = (-1.0 / N) * y * (margins > 0.0)
    d_z2 = np.outer(d_scores, w3) * (z2 > 0.0)
    d_z1 = (d_z2 @ w2) * (z1 > 0.0)

    d_theta = 2e-4 * theta
    d_layer1 = d_theta[0:48].reshape(16, 3)
    d_layer2 = d_theta[48:320].reshape(16, 17)
    d_layer3 = d_theta[320:337]
    d_layer1[:, :-1] += d_z1.T @ X
    d_layer1[:, -1] += d_z1.sum(axis=0)
    d_layer2[:, :-1] += d_z2.T @ h1
    d_layer2[:, -1] += d_z2.sum(axis=0)
    d_layer3[:-1] += d_scores @ h2
    d_layer3[-1] += d_scores.sum()
    return float(loss), d_theta


def moons_arrays(w1, b1, w2, b2, w3, b3, X, y):
    """The same loss with one argument a parameter, w1 of shape (2, 16), as symgrad is given it."""
    z1 = X @ w1 + b1
    h1 = np.maximum(z1, 0.0)
    z2 = h1 @ w2 + b2
    h2 = np.maximum(z2, 0.0)
    scores = h2 @ w3 + b3
    margins = 1.0 - y * scores
    squares = sum(np.vdot(p, p) for p in (w1, b1, w2, b2, w3)) + b3 * b3
    loss = np.maximum(margins, 0.0).sum() * (1.0 / len(X)) + 1e-4 * squares

    d_scores = (-1.0 / len(X)) * y * (margins > 0.0)
    d_z2 = np.outer(d_scores, w3) * (z2 > 0.0)
    d_z1 = (d_z2 @ w2.T) * (z1 > 0.0)
    d_w1 = X.T @ d_z1 + 2e-4 * w1
    d_b1 = d_z1.sum(axis=0) + 2e-4 * b1
    d_w2 = h1.T @ d_z2 + 2e-4 * w2
    d_b2 = d_z2.sum(axis=0) + 2e-4 * b2
    d_w3 = d_scores @ h2 + 2e-4 * w3
    d_b3 = d_scores.sum() + 2e-4 * b3
    return float(loss), (d_w1, d_b1, d_w2, d_b2, d_w3, d_b3)
