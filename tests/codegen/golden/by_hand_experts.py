"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from experts.py:37 (`loss`).
Needs NumPy and nothing else.

    work  627 N - 52 flops
    ir    sha256 bd20bd73a0260cbb
"""

import numpy as np


def loss_and_grads(
    gate_weights, gate_biases, expert_weights, expert_biases, log_sigmas, x, targets,
):
    """The loss `forward`, and its gradient with respect to each parameter.

    gate_weights    f64[6, 10]  parameter
    gate_biases     f64[6]      parameter
    expert_weights  f64[6, 10]  parameter
    expert_biases   f64[6]      parameter
    log_sigmas      f64[6]      parameter
    x               f64[N, 10]  input
    targets         f64[N]      input
    returns         (loss, gradients): a float, and new arrays in the order of the parameters

    The name d_v stands for d loss / d v. N must be at least 1. Short rows are kept column by
    column in memory, where sums over them are fast.
    """
    N = len(x)

    # forward
    logits1 = np.matmul(x, gate_weights.T, order="F") + gate_biases  # (N, 6)   experts.py:33
    top_logits1 = logits1.max(axis=1, keepdims=True)                 # (N, 1)
    exps_logits1 = np.exp(logits1 - top_logits1)                     # (N, 6)
    sum_exps_logits1 = exps_logits1.sum(axis=1, keepdims=True)       # (N, 1)
    log_gates = logits1 - (np.log(sum_exps_logits1) + top_logits1)   # (N, 6)
    means = np.matmul(x, expert_weights.T, order="F") + expert_biases  # (N, 6)   experts.py:34
    sigmas = np.exp(log_sigmas)                                      # (6,)     experts.py:35

    # loss
    errors = (targets[:, None] - means) / sigmas                     # (N, 6)   experts.py:35
    log_densities = -0.5 * errors * errors - log_sigmas              # (N, 6)   experts.py:36
    logits2 = log_gates + log_densities                              # (N, 6)   experts.py:37
    top_logits2 = logits2.max(axis=1)                                # (N,)
    exps_logits2 = np.exp(logits2 - top_logits2[:, None])            # (N, 6)
    sum_exps_logits2 = exps_logits2.sum(axis=1)                      # (N,)
    loss = -(np.log(sum_exps_logits2) + top_logits2).sum() / N

    # gradients of the values, from the loss back
    logits2_scale = (-1.0 / N / sum_exps_logits2)[:, None]           # (N, 1)   of experts.py:37
    d_logits2 = exps_logits2 * logits2_scale                         # (N, 6)
    d_logits1 = (                                                    # (N, 6)   of experts.py:33, 37
        d_logits2 + exps_logits1 * (1.0 / N / sum_exps_logits1)
    )
    expert_weights_slope = -1.0 / sigmas                             # (6,)     of experts.py:35
    d_errors = -d_logits2 * errors                                   # (N, 6)   of experts.py:35, 36

    # gradients of the parameters
    d_gate_weights = d_logits1.T @ x                                 # (6, 10)  of experts.py:33
    d_gate_biases = d_logits1.sum(axis=0)                            # (6,)
    d_expert_weights = expert_weights_slope[:, None] * (d_errors.T @ x)  # (6, 10)  of experts.py:34
    d_expert_biases = expert_weights_slope * d_errors.sum(axis=0)    # (6,)
    d_log_sigmas = (                                                 # (6,)     of experts.py:35, 36
        -np.einsum("ij,ij->j", d_errors, errors) - d_logits2.sum(axis=0)
    )

    return (
        float(loss), (d_gate_weights, d_gate_biases, d_expert_weights, d_expert_biases,
        d_log_sigmas)
    )
