"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from gaussian_process.py:44 (`loss`).
Needs NumPy and nothing else.

    work  29 N**2 + 28 N + 8 flops
    ir    sha256 533e11ba4c406dd8
"""

import numpy as np


def loss_and_grads(log_lengths, log_variance, log_noise, x, precision, alpha):
    """The loss `forward`, and its gradient with respect to each parameter.

    log_lengths   f64[3]     parameter
    log_variance  f64[]      parameter
    log_noise     f64[]      parameter
    x             f64[N, 3]  input
    precision     f64[N, N]  input
    alpha         f64[N]     input
    returns       (loss, (d_log_lengths, d_log_variance, d_log_noise)): floats, and a new array

    The name d_v stands for d loss / d v.
    """

    # forward
    z = x * np.exp(-log_lengths)                     # (N, 3)  gaussian_process.py:39
    norms = np.einsum("ij,ij->i", z, z)              # (N,)    gaussian_process.py:40
    twice_z = 2.0 * z                                # (N, 3)  gaussian_process.py:41
    squares = norms[:, None] + norms[None] - twice_z @ z.T  # (N, N)
    kernel = np.exp(log_variance - 0.5 * squares)    # (N, N)  gaussian_process.py:42

    # loss
    weights = precision - np.outer(alpha, alpha)     # (N, N)  gaussian_process.py:43
    sum_weights_kernel = np.vdot(weights, kernel)    #         gaussian_process.py:44
    noise = np.exp(log_noise)
    sum_weights = np.diagonal(weights).sum()
    loss = 0.5 * (sum_weights_kernel + noise * sum_weights)

    # gradients of the values, from the loss back
    weights_kernel = weights * kernel                # (N, N)  of gaussian_process.py:41
    z_product = 0.5 * (                              # (N,)    of gaussian_process.py:39, 40, 41
        weights_kernel.sum(axis=1) + weights_kernel.sum(axis=0)
    )

    # gradients of the parameters
    d_log_lengths = -np.einsum(                      # (3,)    of gaussian_process.py:39, 41
        "ij,ij->j",
        0.5 * (weights_kernel @ z) - z_product[:, None] * z + 0.25 * (weights_kernel.T @ twice_z),
        z,
    )
    d_log_variance = 0.5 * sum_weights_kernel        #         of gaussian_process.py:42
    d_log_noise = 0.5 * sum_weights * noise          #         of gaussian_process.py:44

    return float(loss), (d_log_lengths, float(d_log_variance), float(d_log_noise))
