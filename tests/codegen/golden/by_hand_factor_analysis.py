"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from factor_analysis.py:39 (`loss`).
Needs NumPy and nothing else.

    work  720 N + 3,932 flops
    ir    sha256 eebc3021072fc979
"""

import numpy as np


def loss_and_grads(loadings, mu, log_variances, x, means, covariance):
    """The loss `forward`, and its gradient with respect to each parameter.

    loadings       f64[30, 5]  parameter
    mu             f64[30]     parameter
    log_variances  f64[30]     parameter
    x              f64[N, 30]  input
    means          f64[N, 5]   input
    covariance     f64[5, 5]   input
    returns        (loss, (d_loadings, d_mu, d_log_variances)): a float, and new arrays

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(x)

    # forward
    errors = x - (means @ loadings.T + mu)          # (N, 30)  factor_analysis.py:36
    spread_terms_product = loadings @ covariance    # (30, 5)  factor_analysis.py:37
    spread = (spread_terms_product * loadings).sum(axis=1)  # (30,)
    inverse_variances = np.exp(-log_variances)      # (30,)    factor_analysis.py:38

    # loss
    total = np.einsum("ij,ij->j", errors, errors) + N * spread  # (30,)    factor_analysis.py:39
    loss = 0.5 * (log_variances.sum() + total @ inverse_variances / N)

    # gradients of the values, from the loss back
    spread_product = 0.5 / N * inverse_variances    # (30,)    of factor_analysis.py:38, 39
    loadings_product = -2.0 * spread_product        # (30,)    of factor_analysis.py:36
    d_spread = N * spread_product                   # (30,)    of factor_analysis.py:38

    # gradients of the parameters
    d_loadings = (                                  # (30, 5)  of factor_analysis.py:36, 37
        loadings_product[:, None] * (errors.T @ means)
        + d_spread[:, None] * (loadings @ covariance.T) + d_spread[:, None] * spread_terms_product
    )
    d_mu = errors.sum(axis=0) * loadings_product    # (30,)    of factor_analysis.py:36
    d_log_variances = 0.5 / N * (                   # (30,)    of factor_analysis.py:38, 39
        N - total * inverse_variances
    )

    return float(loss), (d_loadings, d_mu, d_log_variances)
