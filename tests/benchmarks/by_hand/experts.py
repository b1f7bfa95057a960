"""A mixture of experts: a gate chooses softly among linear experts with Gaussian noise.

    gates = softmax(x gate_weights' + gate_biases)                  (N, K)
    means = x expert_weights' + expert_biases                       (N, K)
    loss  = -mean(log(sum over experts of gate N(target; mean, exp(log_sigmas)**2)))

without the constant log(2 pi)/2. The gradient by hand goes through the responsibilities, which are
the experts' shares in the likelihood of each target.

Source: Jacobs, Jordan, Nowlan & Hinton, Adaptive mixtures of local experts (1991); Bishop,
Pattern Recognition and Machine Learning (2006), 14.5.3.
"""

import numpy as np

PARAMS = ("gate_weights", "gate_biases", "expert_weights", "expert_biases", "log_sigmas")
SHAPES = {"x": ("N", 10), "targets": ("N",)}


def data(rng):
    return {
        "gate_weights": rng.normal(0.0, 0.5, (6, 10)),
        "gate_biases": rng.normal(0.0, 0.5, 6),
        "expert_weights": rng.normal(0.0, 0.5, (6, 10)),
        "expert_biases": rng.normal(0.0, 0.5, 6),
        "log_sigmas": rng.normal(-0.5, 0.3, 6),
        "x": rng.normal(size=(1000, 10)),
        "targets": rng.normal(size=1000),
    }


def forward(sg, gate_weights, gate_biases, expert_weights, expert_biases, log_sigmas, x, targets):
    log_gates = sg.log_softmax(x @ gate_weights.T + gate_biases)
    means = x @ expert_weights.T + expert_biases
    errors = (targets[:, None] - means) / sg.exp(log_sigmas)
    log_densities = -0.5 * errors * errors - log_sigmas
    return -sg.mean(sg.logsumexp(log_gates + log_densities, axis=1))


def softmax(z):
    """The softmax of z over its first axis, and the logarithm of its sum; z is overwritten."""
    top = z.max(axis=0)
    z -= top
    exps = np.exp(z, out=z)
    totals = exps.sum(axis=0)
    exps /= totals
    return exps, np.log(totals) + top


def loss_and_grads(
    gate_weights, gate_biases, expert_weights, expert_biases, log_sigmas, x, targets
):
    """The loss, and the gradients in the order of the parameters.

    Experts run down and examples across, so that each sum over experts adds whole rows.
    """
    N = len(x)
    precisions = np.exp(-2.0 * log_sigmas)[:, None]  # (K, 1)

    # forward
    logits = gate_weights @ x.T + gate_biases[:, None]  # (K, N)
    errors = expert_weights @ x.T + expert_biases[:, None]  # (K, N)
    errors -= targets
    scaled = precisions * errors  # (K, N)
    squares = scaled * errors  # (K, N)
    joint = logits - 0.5 * squares - log_sigmas[:, None]  # (K, N)
    gates, log_total = softmax(logits)
    shares, log_likelihood = softmax(joint)

    # loss
    loss = (log_total.sum() - log_likelihood.sum()) / N

    # gradients
    shares /= N
    d_logits = gates / N - shares  # (K, N)
    d_means = shares * scaled  # (K, N)
    d_log_sigmas = shares.sum(axis=1) - np.einsum("kn,kn->k", shares, squares)
    d_gate_weights, d_gate_biases = d_logits @ x, d_logits.sum(axis=1)
    d_expert_weights, d_expert_biases = d_means @ x, d_means.sum(axis=1)

    grads = d_gate_weights, d_gate_biases, d_expert_weights, d_expert_biases, d_log_sigmas
    return float(loss), grads


def torch_loss(
    torch, gate_weights, gate_biases, expert_weights, expert_biases, log_sigmas, x, targets
):
    log_gates = torch.log_softmax(x @ gate_weights.T + gate_biases, dim=1)
    errors = (targets[:, None] - x @ expert_weights.T - expert_biases) / log_sigmas.exp()
    return -torch.logsumexp(log_gates - 0.5 * errors**2 - log_sigmas, dim=1).mean()
