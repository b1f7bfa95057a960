"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from burgers.py:46 (`loss`).
Needs NumPy and nothing else.

    work  437 M + 1,040 N + 242 flops
    ir    sha256 f7ab5625ba67b675
"""

import numpy as np


def loss_and_grads(a, b, c, v, d, x, t, x0, t0, u0):
    """The loss `forward`, and its gradient with respect to each parameter.

    a        f64[24]  parameter
    b        f64[24]  parameter
    c        f64[24]  parameter
    v        f64[24]  parameter
    d        f64[]    parameter
    x        f64[N]   input
    t        f64[N]   input
    x0       f64[M]   input
    t0       f64[M]   input
    u0       f64[M]   input
    returns  (loss, (d_a, d_b, d_c, d_v, d_d)): floats, and new arrays

    The name d_v stands for d loss / d v. M and N must be at least 1.
    """
    N = len(x)
    M = len(x0)

    # forward
    a_and_b = np.stack((a, b))                         # (2, 24)  burgers.py:38, 45
    s = np.tanh(np.stack((x, t), axis=1) @ a_and_b + c)  # (N, 24)  burgers.py:38
    slope = 1.0 - s * s                                # (N, 24)  burgers.py:39
    u = s @ v + d                                      # (N,)     burgers.py:40
    a_v = a * v                                        # (24,)    burgers.py:41
    u_x = slope @ a_v                                  # (N,)
    b_v = b * v                                        # (24,)    burgers.py:42
    u_t = slope @ b_v                                  # (N,)
    scaled_s = -2.0 * s                                # (N, 24)  burgers.py:43
    scaled_s_slope = scaled_s * slope                  # (N, 24)
    square_a = a * a                                   # (24,)
    square_a_v = square_a * v                          # (24,)
    u_xx = scaled_s_slope @ square_a_v                 # (N,)
    residual = u_t + u * u_x - 0.003183098861837907 * u_xx  # (N,)     burgers.py:44
    errors_tanh = np.tanh(np.stack((x0, t0), axis=1) @ a_and_b + c)  # (M, 24)  burgers.py:45

    # loss
    errors = errors_tanh @ v + d - u0                  # (M,)     burgers.py:45
    loss = residual @ residual / N + errors @ errors / M  #          burgers.py:46

    # gradients of the values, from the loss back
    d_errors = 2.0 / M * errors                        # (M,)     of burgers.py:46
    d_residual = 2.0 / N * residual                    # (N,)
    d_errors_total = np.outer(d_errors, v) * (         # (M, 24)  of burgers.py:45
        1.0 - errors_tanh * errors_tanh
    )
    d_u_xx = -0.003183098861837907 * d_residual        # (N,)     of burgers.py:44
    d_u_x = d_residual * u                             # (N,)
    d_scaled_s_slope = np.outer(d_u_xx, square_a_v)    # (N, 24)  of burgers.py:43
    d_square_a_v = d_u_xx @ scaled_s_slope             # (24,)
    slope_joined = np.stack((d_residual, d_u_x), axis=1)  # (N, 2)   of burgers.py:39
    d_b_v = d_residual @ slope                         # (24,)    of burgers.py:42
    d_u = d_residual * u_x                             # (N,)     of burgers.py:44
    d_a_v = d_u_x @ slope                              # (24,)    of burgers.py:41
    d_slope = (                                        # (N, 24)  of burgers.py:39, 43
        slope_joined @ np.stack((b_v, a_v)) + d_scaled_s_slope * scaled_s
    )
    d_pre_s = (                                        # (N, 24)  of burgers.py:38, 40
        np.outer(d_u, v) - 2.0 * (d_slope * s + d_scaled_s_slope * slope)
    ) * slope

    # gradients of the parameters
    d_a = (                                            # (24,)    of burgers.py:38, 41, 43, 45
        x @ d_pre_s + d_a_v * v + 2.0 * (d_square_a_v * a_v) + x0 @ d_errors_total
    )
    d_b = t @ d_pre_s + d_b_v * v + t0 @ d_errors_total  # (24,)    of burgers.py:38, 42, 45
    d_c = d_pre_s.sum(axis=0) + d_errors_total.sum(axis=0)  # (24,)    of burgers.py:38, 45
    d_v = (                                            # (24,)    of burgers.py:40, 41, 42, 43, ...
        d_b_v * b + d_u @ s + d_a_v * a + d_square_a_v * square_a + d_errors @ errors_tanh
    )
    d_d = d_u.sum() + d_errors.sum()                   #          of burgers.py:40, 45

    return float(loss), (d_a, d_b, d_c, d_v, float(d_d))
