"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from spline.py:47 (`loss`).
Needs NumPy and nothing else.

    work  37 N + 807 flops
    ir    sha256 bc410a3f7103ee94
"""

import numpy as np


def loss_and_grads(coefficients, intervals, t, y, weights):
    """The loss `forward`, and its gradient with respect to each parameter.

    coefficients  f64[63]  parameter
    intervals     i64[N]   input
    t             f64[N]   input
    y             f64[N]   input
    weights       f64[N]   input
    returns       (loss, (d_coefficients,)): a float, and a new array

    The name d_v stands for d loss / d v. N must be at least 1.
    """
    N = len(intervals)

    # forward
    one_minus_t = 1.0 - t                                        # (N,)   spline.py:39
    pieces_a = one_minus_t * one_minus_t * one_minus_t / 6.0     # (N,)
    square_t = t * t                                             # (N,)   spline.py:40, 41, 42
    cube_t = square_t * t                                        # (N,)
    scaled_cube_t = 3.0 * cube_t                                 # (N,)   spline.py:40, 41
    pieces_b = (scaled_cube_t - 6.0 * square_t + 4.0) / 6.0      # (N,)   spline.py:40
    pieces_c = (3.0 * square_t - scaled_cube_t + 3.0 * t + 1.0) / 6.0  # (N,)   spline.py:41
    pieces_d = cube_t / 6.0                                      # (N,)   spline.py:42
    intervals_plus_1 = intervals + 1                             # (N,)   spline.py:44
    intervals_plus_2 = intervals + 2                             # (N,)
    intervals_plus_3 = intervals + 3                             # (N,)
    curve = (                                                    # (N,)
        pieces_a * coefficients[intervals] + pieces_b * coefficients[intervals_plus_1]
        + pieces_c * coefficients[intervals_plus_2] + pieces_d * coefficients[intervals_plus_3]
    )
    errors = curve - y                                           # (N,)   spline.py:45
    bends = coefficients[2:] - 2.0 * coefficients[1:62] + coefficients[:61]  # (61,)  spline.py:46

    # loss
    weights_errors = weights * errors                            # (N,)   spline.py:47
    loss = weights_errors @ errors / N + 0.05 * (bends @ bends)

    # gradients of the values, from the loss back
    d_errors = 2.0 / N * weights_errors                          # (N,)   of spline.py:45
    d_bends = 0.1 * bends                                        # (61,)  of spline.py:47

    # gradients of the parameters
    d_coefficients = np.zeros(63)
    d_coefficients[2:] = d_bends                                 # (61,)  of spline.py:46
    d_coefficients[1:62] -= 2.0 * d_bends                        # (61,)
    d_coefficients[:61] += d_bends                               # (61,)
    np.add.at(d_coefficients, intervals, d_errors * pieces_a)    # (N,)   of spline.py:44
    np.add.at(d_coefficients, intervals_plus_1, d_errors * pieces_b)  # (N,)
    np.add.at(d_coefficients, intervals_plus_2, d_errors * pieces_c)  # (N,)
    np.add.at(d_coefficients, intervals_plus_3, d_errors * pieces_d)  # (N,)

    return float(loss), (d_coefficients,)
