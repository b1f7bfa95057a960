"""The transport cost between two clouds of points by ten rounds of Sinkhorn, in logs.

With the squared distances as cost, and scores = -cost / EPSILON, each round makes the rows and
then the columns of exp(scores + f + g) sum to the weights of the points and of the anchors:

    f = log_a - logsumexp(scores + g, over the anchors)
    g = log_b - logsumexp(scores + f, over the points)

The loss is the sum of plan times cost, plan = exp(scores + f + g). The parameter is the place of
every point, and the gradient goes through all rounds.

Source: Peyre & Cuturi, Computational Optimal Transport (2019), 4.2 and 4.4.
"""

import numpy as np

PARAMS = ("points",)
SHAPES = {"anchors": ("M", 2), "log_a": (60,), "log_b": ("M",)}

EPSILON, ROUNDS = 0.05, 10


def data(rng):
    a, b = rng.uniform(0.5, 1.5, 60), rng.uniform(0.5, 1.5, 80)
    return {
        "points": rng.uniform(0.0, 1.0, (60, 2)),
        "anchors": rng.uniform(0.2, 1.2, (80, 2)),
        "log_a": np.log(a / a.sum()),
        "log_b": np.log(b / b.sum()),
    }


def forward(sg, points, anchors, log_a, log_b):
    gaps = points[:, None, :] - anchors[None, :, :]
    cost = sg.sum(gaps * gaps, axis=2)
    scores = -cost / EPSILON
    f = log_a - sg.logsumexp(scores, axis=1)
    g = log_b - sg.logsumexp(scores + f[:, None], axis=0)
    for _ in range(ROUNDS - 1):
        f = log_a - sg.logsumexp(scores + g, axis=1)
        g = log_b - sg.logsumexp(scores + f[:, None], axis=0)
    plan = sg.exp(scores + f[:, None] + g)
    return sg.sum(plan * cost)


def loss_and_grads(points, anchors, log_a, log_b):
    """The loss, and (d_points,)."""
    N, M = len(points), len(anchors)

    # forward; the exponentials of every half round are kept
    dx, dy = (p[:, None] - a for p, a in zip(points.T, anchors.T, strict=True))
    cost = dx * dx + dy * dy  # (N, M)
    scores = cost / -EPSILON  # (N, M)
    rows, row_totals = np.empty((ROUNDS, N, M)), np.empty((ROUNDS, N))
    columns, column_totals = np.empty((ROUNDS, N, M)), np.empty((ROUNDS, M))
    g = np.zeros(M)
    for k in range(ROUNDS):
        shifted = np.add(scores, g, out=rows[k])
        top = shifted.max(axis=1)  # (N,)
        shifted -= top[:, None]
        np.exp(shifted, out=shifted).sum(axis=1, out=row_totals[k])
        f = log_a - np.log(row_totals[k]) - top  # (N,)

        shifted = np.add(scores, f[:, None], out=columns[k])
        top = shifted.max(axis=0)  # (M,)
        shifted -= top
        np.exp(shifted, out=shifted).sum(axis=0, out=column_totals[k])
        g = log_b - np.log(column_totals[k]) - top  # (M,)
    plan = columns[-1] * (np.exp(log_b) / column_totals[-1])  # (N, M), exp(scores + f + g)
    moved = plan * cost  # (N, M)
    loss = moved.sum()

    # gradients of f and g from the last round back, each by its softmax
    d_scores = moved  # (N, M), summed up in place
    d_f, d_g = moved.sum(axis=1), moved.sum(axis=0)
    for k in reversed(range(ROUNDS)):
        d_g /= column_totals[k]
        d_scores -= columns[k] * d_g
        d_f -= columns[k] @ d_g
        d_f /= row_totals[k]
        d_scores -= rows[k] * d_f[:, None]
        d_f, d_g = np.zeros(N), -(d_f @ rows[k])
    d_cost = plan - d_scores / EPSILON  # (N, M)
    d_points = 2.0 * (d_cost.sum(axis=1)[:, None] * points - d_cost @ anchors)

    return float(loss), (d_points,)


def torch_loss(torch, points, anchors, log_a, log_b):
    cost = ((points[:, None] - anchors) ** 2).sum(dim=2)
    scores = -cost / EPSILON
    g = torch.zeros_like(log_b)
    for _ in range(ROUNDS):
        f = log_a - torch.logsumexp(scores + g, dim=1)
        g = log_b - torch.logsumexp(scores + f[:, None], dim=0)
    return (torch.exp(scores + f[:, None] + g) * cost).sum()
