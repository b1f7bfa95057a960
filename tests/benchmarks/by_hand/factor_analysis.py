"""The expected complete-data negative log-likelihood of factor analysis, which the M-step of EM
minimises; it needs no linear solve.

Each example is x = W z + mu + noise with z ~ N(0, I) and noise ~ N(0, diag(exp(log_variances))).
The E-step gave the posterior of z: a mean m for each example, and one covariance S for all. Up to
a constant,

    loss = 1/2 mean over examples of sum over features of
           log_variance + ((x - W m - mu)**2 + (W S W')_dd) exp(-log_variance)

Source: Rubin & Thayer, EM algorithms for ML factor analysis (1982).
"""

import numpy as np

PARAMS = ("loadings", "mu", "log_variances")
SHAPES = {"x": ("N", 30), "means": ("N", 5), "covariance": (5, 5)}


def data(rng):
    root = rng.normal(size=(5, 5))
    means = rng.normal(size=(800, 5))
    loadings = rng.normal(size=(30, 5))
    x = means @ loadings.T + rng.normal(size=30) + 0.5 * rng.normal(size=(800, 30))
    return {
        "loadings": loadings + 0.3 * rng.normal(size=(30, 5)),
        "mu": rng.normal(size=30),
        "log_variances": rng.normal(-0.5, 0.4, 30),
        "x": x,
        "means": means,
        "covariance": 0.05 * (root @ root.T) + 0.1 * np.eye(5),
    }


def forward(sg, loadings, mu, log_variances, x, means, covariance):
    errors = x - (means @ loadings.T + mu)
    spread = sg.sum(loadings @ covariance * loadings, axis=1)
    misfit = (errors * errors + spread) * sg.exp(-log_variances)
    return 0.5 * sg.mean(sg.sum(log_variances + misfit, axis=1))


def loss_and_grads(loadings, mu, log_variances, x, means, covariance):
    """The loss, and (d_loadings, d_mu, d_log_variances). The covariance is symmetric."""
    N = len(x)
    precisions = np.exp(-log_variances)  # (D,)
    # mu is one more column of the loadings, whose latent variable is 1
    block = np.column_stack((loadings, mu))  # (D, K + 1)
    latents = np.column_stack((means, np.ones(N)))  # (N, K + 1)

    # forward
    errors = latents @ block.T  # (N, D)
    errors -= x
    spread = loadings @ covariance  # (D, K)
    squares = np.einsum("nd,nd->d", errors, errors) / N  # (D,)
    squares += np.einsum("dk,dk->d", spread, loadings)
    misfit = precisions * squares  # (D,)
    loss = 0.5 * (log_variances.sum() + misfit.sum())

    # gradients
    d_block = errors.T @ latents / N  # (D, K + 1)
    d_block[:, :-1] += spread
    d_block *= precisions[:, None]
    d_log_variances = 0.5 - 0.5 * misfit

    return float(loss), (d_block[:, :-1], d_block[:, -1], d_log_variances)


def torch_loss(torch, loadings, mu, log_variances, x, means, covariance):
    errors = x - means @ loadings.T - mu
    spread = torch.diagonal(loadings @ covariance @ loadings.T)
    misfit = (errors**2 + spread) / torch.exp(log_variances)
    return 0.5 * (log_variances + misfit).sum(dim=1).mean()
