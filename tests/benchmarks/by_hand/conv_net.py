"""A one-dimensional convolution net: two layers of windows, mean pooling, and cross entropy.

    h1     = relu(windows of 5 of the signals, times w1, + b1)      (N, L - 4, 8)
    h2     = relu(windows of 3 of h1, times w2, + b2)               (N, L - 6, 16)
    logits = mean of h2 over time, times w3, + b3                   (N, 5)

The kernel w1 is (5, 3, 8): offset, channel in, channel out. By hand, the windows of a layer are
laid out as the columns of one matrix, so that a layer is one product (im2col).

Source: Wang et al., Time series classification from scratch (2017), without its batch norms;
Chellapilla et al., High performance convolutional neural networks (2006), for im2col.
"""

import numpy as np

PARAMS = ("w1", "b1", "w2", "b2", "w3", "b3")
SHAPES = {"signals": ("N", 64, 3), "labels": ("N",)}


def data(rng):
    return {
        "w1": rng.normal(0.0, 0.3, (5, 3, 8)),
        "b1": rng.normal(0.0, 0.1, 8),
        "w2": rng.normal(0.0, 0.3, (3, 8, 16)),
        "b2": rng.normal(0.0, 0.1, 16),
        "w3": rng.normal(0.0, 0.5, (16, 5)),
        "b3": rng.normal(0.0, 0.1, 5),
        "signals": rng.normal(size=(32, 64, 3)),
        "labels": rng.integers(0, 5, 32),
    }


def forward(sg, w1, b1, w2, b2, w3, b3, signals, labels):
    h1 = sg.relu(sum(signals[:, k : k + 60] @ w1[k] for k in range(5)) + b1)
    h2 = sg.relu(sum(h1[:, k : k + 58] @ w2[k] for k in range(3)) + b2)
    logits = sg.mean(h2, axis=1) @ w3 + b3
    return sg.losses.cross_entropy(logits, labels)


def windows(x, size):
    """The windows of (C, N, L) along L as columns: (size C, N (L - size + 1))."""
    L = x.shape[2] - size + 1
    return np.concatenate([x[:, :, k : k + L] for k in range(size)]).reshape(size * len(x), -1)


def loss_and_grads(w1, b1, w2, b2, w3, b3, signals, labels):
    """The loss, and the gradients in the order of the parameters. relu'(0) is 0.

    Channels run down, examples and time across: the inner loops are long, and a bias is a column.
    """
    N, examples = len(labels), np.arange(len(labels))
    size1, size2 = len(w1), len(w2)
    L1 = signals.shape[1] - size1 + 1
    L2 = L1 - size2 + 1
    kernel1, kernel2 = w1.reshape(-1, len(b1)), w2.reshape(-1, len(b2))

    # forward; h stands in the place of relu's operand
    x1 = windows(signals.transpose(2, 0, 1), size1)  # (15, N L1)
    h1 = kernel1.T @ x1  # (8, N L1)
    h1 += b1[:, None]
    np.maximum(h1, 0.0, out=h1)
    x2 = windows(h1.reshape(-1, N, L1), size2)  # (24, N L2)
    h2 = kernel2.T @ x2  # (16, N L2)
    h2 += b2[:, None]
    np.maximum(h2, 0.0, out=h2)
    pooled = h2.reshape(-1, N, L2).sum(axis=2).T / L2  # (N, 16)
    logits = pooled @ w3 + b3  # (N, 5)

    # loss
    logits -= logits.max(axis=1, keepdims=True)
    exps = np.exp(logits)  # (N, 5)
    totals = exps.sum(axis=1)  # (N,)
    loss = (np.log(totals) - logits[examples, labels]).sum() / N

    # gradients, from the loss back
    d_logits = exps / (N * totals)[:, None]  # (N, 5)
    d_logits[examples, labels] -= 1.0 / N
    d_w3, d_b3 = pooled.T @ d_logits, d_logits.sum(axis=0)
    d_pooled = (w3 / L2) @ d_logits.T  # (16, N)
    d_z2 = np.repeat(d_pooled, L2, axis=1)  # (16, N L2)
    d_z2 *= h2 > 0.0
    d_w2, d_b2 = x2 @ d_z2.T, d_z2.sum(axis=1)  # (24, 16)
    d_h1 = np.zeros((len(b1), N, L1))
    for k in range(size2):
        d_h1[:, :, k : k + L2] += (w2[k] @ d_z2).reshape(-1, N, L2)
    d_z1 = d_h1.reshape(len(b1), -1)  # (8, N L1)
    d_z1 *= h1 > 0.0
    d_w1, d_b1 = x1 @ d_z1.T, d_z1.sum(axis=1)  # (15, 8)

    return float(loss), (d_w1.reshape(w1.shape), d_b1, d_w2.reshape(w2.shape), d_b2, d_w3, d_b3)


def torch_loss(torch, w1, b1, w2, b2, w3, b3, signals, labels):
    conv1d, relu = torch.nn.functional.conv1d, torch.relu
    h1 = relu(conv1d(signals.transpose(1, 2), w1.permute(2, 1, 0), b1))
    h2 = relu(conv1d(h1, w2.permute(2, 1, 0), b2))
    return torch.nn.functional.cross_entropy(h2.mean(dim=2) @ w3 + b3, labels)
