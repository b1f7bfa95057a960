"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from poisson.py:38 (`loss`).
Needs NumPy and nothing else.

    work  168 N + 282 flops
    ir    sha256 2659445359f43cc3
"""

import numpy as np


def loss_and_grads(w, b, x, counts, log_exposures):
    """The loss `forward`, and its gradient with respect to each parameter.

    w              f64[40]     parameter
    b              f64[]       parameter
    x              f64[N, 40]  input
    counts         f64[N]      input
    log_exposures  f64[N]      input
    returns        (loss, (d_w, d_b)): floats, and a new array

    The name d_v stands for d loss / d v. The derivative of abs at 0 is 0. N must be at least 1.
    """
    N = len(x)

    # forward
    log_rates = x @ w + b + log_exposures                    # (N,)   poisson.py:35
    rates = np.exp(log_rates)                                # (N,)   poisson.py:36

    # loss
    likelihood = (rates - counts * log_rates).sum() / N      #        poisson.py:36
    penalty = 0.5 * np.absolute(w).sum() + 0.25 * (w @ w)    #        poisson.py:37
    loss = likelihood + 0.02 * penalty                       #        poisson.py:38

    # gradients
    d_log_rates = (rates - counts) / N                       # (N,)   of poisson.py:35, 36
    d_w = d_log_rates @ x + 0.01 * (np.sign(w) + w)          # (40,)  of poisson.py:35, 37
    d_b = d_log_rates.sum()                                  #        of poisson.py:35

    return float(loss), (d_w, float(d_b))
