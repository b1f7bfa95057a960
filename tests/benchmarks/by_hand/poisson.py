"""Poisson regression with an elastic net: counts over exposures, with a logarithmic link.

    log_rates = x w + b + log_exposures
    loss      = mean(exp(log_rates) - counts log_rates)
              + STRENGTH (MIX |w|_1 + (1 - MIX)/2 |w|**2)

The logarithms of the counts' factorials are constants and left out.

Source: Friedman, Hastie & Tibshirani, Regularization paths for generalized linear models via
coordinate descent (2010), 5.
"""

import numpy as np

PARAMS = ("w", "b")
SHAPES = {"x": ("N", 40), "counts": ("N",), "log_exposures": ("N",)}

STRENGTH, MIX = 0.02, 0.5


def data(rng):
    x = rng.normal(size=(3000, 40))
    truth = rng.normal(0.0, 0.1, 40)
    log_exposures = rng.normal(0.0, 0.3, 3000)
    return {
        "w": truth + rng.normal(0.0, 0.05, 40),
        "b": 0.4,
        "x": x,
        "counts": rng.poisson(np.exp(x @ truth + 0.5 + log_exposures)).astype(float),
        "log_exposures": log_exposures,
    }


def forward(sg, w, b, x, counts, log_exposures):
    log_rates = x @ w + b + log_exposures
    likelihood = sg.mean(sg.exp(log_rates) - counts * log_rates)
    penalty = MIX * sg.sum(sg.abs(w)) + 0.5 * (1.0 - MIX) * sg.sum(w * w)
    return likelihood + STRENGTH * penalty


def loss_and_grads(w, b, x, counts, log_exposures):
    """The loss, and (d_w, d_b). The derivative of |w| at 0 is 0."""
    N = len(counts)

    # forward
    log_rates = x @ w  # (N,)
    log_rates += log_exposures
    log_rates += b
    rates = np.exp(log_rates)  # (N,)

    # loss
    likelihood = (rates.sum() - counts @ log_rates) / N
    penalty = MIX * np.abs(w).sum() + 0.5 * (1.0 - MIX) * (w @ w)
    loss = likelihood + STRENGTH * penalty

    # gradients
    errors = rates - counts  # (N,)
    d_w = errors @ x / N  # (D,)
    d_w += STRENGTH * (MIX * np.sign(w) + (1.0 - MIX) * w)
    d_b = errors.sum() / N

    return float(loss), (d_w, float(d_b))


def torch_loss(torch, w, b, x, counts, log_exposures):
    log_rates = x @ w + b + log_exposures
    likelihood = torch.nn.functional.poisson_nll_loss(log_rates, counts)
    return likelihood + STRENGTH * (MIX * w.abs().sum() + 0.5 * (1.0 - MIX) * (w * w).sum())
