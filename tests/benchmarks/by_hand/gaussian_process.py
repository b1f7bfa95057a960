"""A surrogate of a Gaussian process's negative log-likelihood, without a linear solve.

The kernel is K = variance exp(-|x_i - x_j|**2 / 2) + noise I, each feature of x divided by its own
length. Where `precision` = K**-1 and `alpha` = K**-1 y were made at the same parameters, the
gradient of

    loss = 1/2 sum over i, j of (precision_ij - alpha_i alpha_j) K_ij

is that of -log p(y | x); another gradient needs them anew.

Source: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), 5.9.
"""

import numpy as np

PARAMS = ("log_lengths", "log_variance", "log_noise")
SHAPES = {"x": ("N", 3), "precision": ("N", "N"), "alpha": ("N",)}


def data(rng):
    log_lengths, log_variance, log_noise = rng.normal(0.0, 0.2, 3), 0.3, -2.0
    x = rng.uniform(-2.0, 2.0, (150, 3))
    z = x / np.exp(log_lengths)
    squares = ((z[:, None] - z) ** 2).sum(axis=2)
    kernel = np.exp(log_variance - 0.5 * squares) + np.exp(log_noise) * np.eye(150)
    precision = np.linalg.inv(kernel)
    y = np.sin(x).sum(axis=1) + 0.3 * rng.normal(size=150)
    return {
        "log_lengths": log_lengths,
        "log_variance": log_variance,
        "log_noise": log_noise,
        "x": x,
        "precision": 0.5 * (precision + precision.T),
        "alpha": precision @ y,
    }


def forward(sg, log_lengths, log_variance, log_noise, x, precision, alpha):
    z = x * sg.exp(-log_lengths)
    norms = sg.sum(z * z, axis=1)
    squares = norms[:, None] + norms[None, :] - 2.0 * z @ z.T
    kernel = sg.exp(log_variance) * sg.exp(-0.5 * squares)
    weights = precision - sg.outer(alpha, alpha)
    return 0.5 * (sg.sum(weights * kernel) + sg.exp(log_noise) * sg.trace(weights))


def loss_and_grads(log_lengths, log_variance, log_noise, x, precision, alpha):
    """The loss, and (d_log_lengths, d_log_variance, d_log_noise). The precision is symmetric."""
    z = x * np.exp(-log_lengths)  # (N, D)

    # forward; the kernel's exponent, z_i . z_j - |z_i|**2 / 2 - |z_j|**2 / 2 + log_variance, is one
    # product, of z with two more columns
    halves, ones = 0.5 * np.einsum("nd,nd->n", z, z), np.ones(len(z))
    left = np.column_stack((z, log_variance - halves, ones))  # (N, D + 2)
    right = np.column_stack((z, ones, -halves))  # (N, D + 2)
    kernel = left @ right.T  # (N, N)
    np.exp(kernel, out=kernel)
    weights = np.outer(-alpha, alpha)  # (N, N)
    weights += precision
    shares = np.multiply(weights, kernel, out=kernel)  # (N, N), in place of the kernel

    # loss
    totals = shares.sum(axis=1)  # (N,)
    d_log_variance = 0.5 * totals.sum()
    d_log_noise = 0.5 * np.exp(log_noise) * np.trace(weights)
    loss = d_log_variance + d_log_noise

    # gradient of the lengths: 1/2 sum of shares_ij (z_i - z_j)**2, and shares are symmetric
    d_log_lengths = totals @ (z * z) - np.einsum("nd,nd->d", z, shares @ z)

    return float(loss), (d_log_lengths, float(d_log_variance), float(d_log_noise))


def torch_loss(torch, log_lengths, log_variance, log_noise, x, precision, alpha):
    z = x / log_lengths.exp()
    squares = ((z[:, None] - z) ** 2).sum(dim=2)
    kernel = torch.exp(log_variance - 0.5 * squares)
    kernel = kernel + log_noise.exp() * torch.eye(len(x), dtype=torch.float64)
    return 0.5 * ((precision * kernel).sum() - alpha @ kernel @ alpha)
