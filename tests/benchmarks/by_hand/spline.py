"""A penalised cubic spline, fitted by weighted least squares (a P-spline).

A point lies in `intervals`, at t in [0, 1) of it, where the curve is a mix of four coefficients
by the uniform cubic B-spline's pieces:

    curve = sum over j of piece_j(t) coefficients[interval + j]
    loss  = mean(weights (curve - y)**2) + SMOOTH sum((second differences of coefficients)**2)

By hand, the coefficients become a cubic for each interval first, once for all its points.

Source: Eilers & Marx, Flexible smoothing with B-splines and penalties (1996); de Boor, A
Practical Guide to Splines (1978), X.
"""

import numpy as np

PARAMS = ("coefficients",)
SHAPES = {"intervals": ("N",), "t": ("N",), "y": ("N",), "weights": ("N",)}

SMOOTH = 0.05
# Row p: what the four coefficients of an interval contribute to the power t**p there.
POWERS = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6.0


def data(rng):
    x = np.sort(rng.uniform(0.0, 60.0, 4000))
    intervals = np.floor(x).astype(np.int64)
    return {
        "coefficients": rng.normal(size=63),
        "intervals": intervals,
        "t": x - intervals,
        "y": np.sin(0.3 * x) + 0.2 * rng.normal(size=4000),
        "weights": rng.uniform(0.5, 1.5, 4000),
    }


def forward(sg, coefficients, intervals, t, y, weights):
    pieces = (
        (1.0 - t) ** 3 / 6.0,
        (3.0 * t**3 - 6.0 * t**2 + 4.0) / 6.0,
        (-3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0) / 6.0,
        t**3 / 6.0,
    )
    curve = sum(piece * coefficients[intervals + j] for j, piece in enumerate(pieces))
    errors = curve - y
    bends = coefficients[2:] - 2.0 * coefficients[1:-1] + coefficients[:-2]
    return sg.mean(weights * errors * errors) + SMOOTH * sg.sum(bends * bends)


def loss_and_grads(coefficients, intervals, t, y, weights):
    """The loss, and (d_coefficients,)."""
    N, M = len(y), len(coefficients) - 3

    # forward: the cubic of each interval, then Horner's scheme at each point
    runs = [coefficients[j : j + M] for j in range(4)]  # (M,) each
    c0, c1, c2, c3 = [power[intervals] for power in POWERS @ runs]
    errors = ((c3 * t + c2) * t + c1) * t + c0 - y  # (N,)
    bends = np.diff(coefficients, 2)  # (M + 1,)

    # loss
    weighted = weights * errors  # (N,)
    loss = weighted @ errors / N + SMOOTH * (bends @ bends)

    # gradient: of the cubics, power by power, then of the coefficients
    d_powers = np.empty((4, M))
    moment = 2.0 / N * weighted  # (N,), times t**p below
    for p in range(4):
        d_powers[p] = np.bincount(intervals, moment, M)
        moment *= t
    d_coefficients = np.zeros(M + 3)
    for j, d_run in enumerate(POWERS.T @ d_powers):
        d_coefficients[j : j + M] += d_run
    d_bends = 2.0 * SMOOTH * bends  # (M + 1,)
    d_coefficients[2:] += d_bends
    d_coefficients[1:-1] -= 2.0 * d_bends
    d_coefficients[:-2] += d_bends

    return float(loss), (d_coefficients,)


def torch_loss(torch, coefficients, intervals, t, y, weights):
    powers = torch.stack([t**p for p in range(4)], dim=1)
    pieces = powers @ torch.from_numpy(POWERS)
    curve = (pieces * coefficients[intervals[:, None] + torch.arange(4)]).sum(dim=1)
    bends = torch.diff(coefficients, 2)
    return (weights * (curve - y) ** 2).mean() + SMOOTH * (bends**2).sum()
