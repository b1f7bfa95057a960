"""The residual of Burgers' equation at a small tanh net, as a physics-informed net is trained.

    u(x, t)  = tanh(a x + b t + c) . v + d, its derivatives written out:
    u_x      = (1 - s**2) . (a v),  u_t = (1 - s**2) . (b v)
    u_xx     = -2 s (1 - s**2) . (a**2 v),  s = tanh(a x + b t + c)
    loss     = mean((u_t + u u_x - NU u_xx)**2) + mean((u(x0, t0) - u0)**2)

with the first mean over collocation points (x, t), the second over points of the boundary, where u
is known.

Source: Raissi, Perdikaris & Karniadakis, Physics-informed neural networks (2019), 3.1.
"""

import numpy as np

PARAMS = ("a", "b", "c", "v", "d")
SHAPES = {"x": ("N",), "t": ("N",), "x0": ("M",), "t0": ("M",), "u0": ("M",)}

NU = 0.01 / np.pi


def data(rng):
    x0 = np.concatenate((rng.uniform(-1.0, 1.0, 60), rng.choice((-1.0, 1.0), 40)))
    t0 = np.concatenate((np.zeros(60), rng.uniform(0.0, 1.0, 40)))
    return {
        **{name: rng.normal(0.0, 1.5, 24) for name in "abc"},
        "v": rng.normal(0.0, 0.4, 24),
        "d": 0.1,
        "x": rng.uniform(-1.0, 1.0, 600),
        "t": rng.uniform(0.0, 1.0, 600),
        "x0": x0,
        "t0": t0,
        "u0": np.where(t0 > 0.0, 0.0, -np.sin(np.pi * x0)),
    }


def forward(sg, a, b, c, v, d, x, t, x0, t0, u0):
    s = sg.tanh(sg.outer(x, a) + sg.outer(t, b) + c)
    slope = 1.0 - s * s
    u = s @ v + d
    u_x = slope @ (a * v)
    u_t = slope @ (b * v)
    u_xx = (-2.0 * s * slope) @ (a * a * v)
    residual = u_t + u * u_x - NU * u_xx
    errors = sg.tanh(sg.outer(x0, a) + sg.outer(t0, b) + c) @ v + d - u0
    return sg.mean(residual * residual) + sg.mean(errors * errors)


def loss_and_grads(a, b, c, v, d, x, t, x0, t0, u0):
    """The loss, and (d_a, d_b, d_c, d_v, d_d)."""
    N, M = len(x), len(x0)
    layer = np.stack((a, b, c))  # (3, H)
    inner, edge = np.stack((x, t, np.ones(N))), np.stack((x0, t0, np.ones(M)))
    av, bv = a * v, b * v  # (H,)
    kv = 2.0 * NU * a * av  # (H,): -NU u_xx is curve . kv

    # forward inside
    s = np.tanh(inner.T @ layer)  # (N, H)
    slope = 1.0 - s * s  # (N, H)
    curve = s * slope  # (N, H)
    u, u_x = s @ v + d, slope @ av  # (N,)
    residual = slope @ bv + u * u_x + curve @ kv  # (N,)

    # forward on the boundary
    s0 = np.tanh(edge.T @ layer)  # (M, H)
    errors = s0 @ v + d - u0  # (M,)

    # loss
    loss = residual @ residual / N + errors @ errors / M

    # gradients inside
    d_r = 2.0 / N * residual  # (N,)
    d_u, d_u_x = d_r * u_x, d_r * u  # (N,)
    d_av, d_bv, d_kv = d_u_x @ slope, d_r @ slope, d_r @ curve  # (H,)
    # d_z = slope (d_u v + d_r kv - s (2 (d_u_x av + d_r bv) + 3 s d_r kv)), outer products all
    d_z = np.outer(d_r, 3.0 * kv)  # (N, H)
    d_z *= s
    d_z += np.stack((d_u_x, d_r), axis=1) @ np.stack((2.0 * av, 2.0 * bv))
    d_z *= s
    np.subtract(np.stack((d_u, d_r), axis=1) @ np.stack((v, kv)), d_z, out=d_z)
    d_z *= slope

    # gradients on the boundary
    d_errors = 2.0 / M * errors  # (M,)
    d_z0 = np.outer(d_errors, v)  # (M, H)
    d_z0 *= 1.0 - s0 * s0

    # gradients of the parameters
    d_a, d_b, d_c = inner @ d_z + edge @ d_z0  # (H,)
    d_a += v * d_av + 4.0 * NU * av * d_kv
    d_b += v * d_bv
    d_v = d_u @ s + d_errors @ s0
    d_v += a * d_av + b * d_bv + 2.0 * NU * a * a * d_kv
    d_d = d_u.sum() + d_errors.sum()

    return float(loss), (d_a, d_b, d_c, d_v, float(d_d))


def torch_loss(torch, a, b, c, v, d, x, t, x0, t0, u0):
    def u(x, t):
        return torch.tanh(x[:, None] * a + t[:, None] * b + c) @ v + d

    def derivative(y, x):
        return torch.autograd.grad(y.sum(), x, create_graph=True)[0]

    x, t = x.clone().requires_grad_(), t.clone().requires_grad_()
    inside = u(x, t)
    u_x, u_t = derivative(inside, x), derivative(inside, t)
    residual = u_t + inside * u_x - NU * derivative(u_x, x)
    return (residual**2).mean() + ((u(x0, t0) - u0) ** 2).mean()
