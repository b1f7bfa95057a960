"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from arm.py:53 (`loss`).
Needs NumPy and nothing else.

    work  117,903 flops
    ir    sha256 8acff6780985bdcd
"""

import numpy as np

X = np.array([1.0, 0.0, 0.0])
Y = np.array([0.0, 1.0, 0.0])
Y_2 = np.array([0.0, 0.0, 1.0])
DATA = np.array([0.0, 0.0, 0.089159])


def loss_and_grads(angles, targets, aims, rest):
    """The loss `forward`, and its gradient with respect to each parameter.

    angles   f64[300, 6]  parameter
    targets  f64[300, 3]  input
    aims     f64[300, 3]  input
    rest     f64[6]       input
    returns  (loss, (d_angles,)): a float, and a new array

    The name d_v stands for d loss / d v.
    """

    # forward
    pre_c_a = angles[:, :1]                                         # (300, 1)  arm.py:45
    c_a = np.cos(pre_c_a)                                           # (300, 1)
    s_a = np.sin(pre_c_a)                                           # (300, 1)
    x1 = X * c_a + Y * s_a                                          # (300, 3)  arm.py:46
    z_a = X * s_a - Y * c_a                                         # (300, 3)  arm.py:49
    pre_c_b = angles[:, 1:2]                                        # (300, 1)  arm.py:45
    c_b = np.cos(pre_c_b)                                           # (300, 1)
    s_b = np.sin(pre_c_b)                                           # (300, 1)
    x2 = c_b * x1 + Y_2 * s_b                                       # (300, 3)  arm.py:46
    y_b = Y_2 * c_b - s_b * x1                                      # (300, 3)
    pre_c_c = angles[:, 2:3]                                        # (300, 1)  arm.py:45
    c_c = np.cos(pre_c_c)                                           # (300, 1)
    s_c = np.sin(pre_c_c)                                           # (300, 1)
    x3 = c_c * x2 + s_c * y_b                                       # (300, 3)  arm.py:46
    y_c = c_c * y_b - s_c * x2                                      # (300, 3)
    pre_c_d = angles[:, 3:4]                                        # (300, 1)  arm.py:45
    c_d = np.cos(pre_c_d)                                           # (300, 1)
    s_d = np.sin(pre_c_d)                                           # (300, 1)
    x4 = c_d * x3 + s_d * y_c                                       # (300, 3)  arm.py:46
    z_b = s_d * x3 - c_d * y_c                                      # (300, 3)  arm.py:49
    pre_c_e = angles[:, 4:5]                                        # (300, 1)  arm.py:45
    c_e = np.cos(pre_c_e)                                           # (300, 1)
    s_e = np.sin(pre_c_e)                                           # (300, 1)
    y_f = c_e * z_a - s_e * x4                                      # (300, 3)  arm.py:46
    tip = (                                                         # (300, 3)  arm.py:47
        DATA - 0.425 * x2 - 0.39225 * x3 + 0.10915 * z_a + 0.09465 * z_b + 0.0823 * y_f
    )
    errors_a = tip - targets                                        # (300, 3)  arm.py:50
    miss = (errors_a * errors_a).sum(axis=1)                        # (300,)
    errors_b = y_f - aims                                           # (300, 3)  arm.py:51
    tilt = (errors_b * errors_b).sum(axis=1)                        # (300,)
    errors_c = angles - rest                                        # (300, 6)  arm.py:52
    bend = np.einsum("ij,ij->i", errors_c, errors_c)                # (300,)

    # loss
    loss = (miss + 0.1 * tilt + 0.001 * bend).sum() / 300           #           arm.py:53

    # gradients of the values, from the loss back
    d_errors_a = 2.0 / 300.0 * errors_a                             # (300, 3)  of arm.py:50
    d_z_c = 0.0823 * d_errors_a + 0.2 / 300.0 * errors_b            # (300, 3)  of arm.py:47, 49, 51
    d_y_d = -0.09465 * d_errors_a                                   # (300, 3)  of arm.py:49
    d_x4 = -d_z_c * s_e                                             # (300, 3)  of arm.py:46
    d_x3 = -0.39225 * d_errors_a - d_y_d * s_d + d_x4 * c_d         # (300, 3)  of arm.py:46, 47
    d_y_a = -(0.10915 * d_errors_a + d_z_c * c_e)                   # (300, 3)  of arm.py:46, 47, 49
    d_s_d = (d_x4 * y_c - d_y_d * x3).sum(axis=1, keepdims=True)    # (300, 1)  of arm.py:45, 46
    d_c_d = (d_y_d * y_c + d_x4 * x3).sum(axis=1, keepdims=True)    # (300, 1)
    d_y_c = d_y_d * c_d + d_x4 * s_d                                # (300, 3)  of arm.py:46
    d_x2 = d_x3 * c_c - 0.425 * d_errors_a - d_y_c * s_c            # (300, 3)
    d_s_c = (d_x3 * y_b - d_y_c * x2).sum(axis=1, keepdims=True)    # (300, 1)  of arm.py:45, 46
    d_c_c = (d_x3 * x2 + d_y_c * y_b).sum(axis=1, keepdims=True)    # (300, 1)
    d_y_b = d_x3 * s_c + d_y_c * c_c                                # (300, 3)  of arm.py:46
    d_x1 = d_x2 * c_b - d_y_b * s_b                                 # (300, 3)
    d_pre_c_e = (                                                   # (300, 1)  of arm.py:45, 46
        -(d_z_c * x4).sum(axis=1, keepdims=True) * c_e
        - (d_z_c * z_a).sum(axis=1, keepdims=True) * s_e
    )
    d_s_b = (Y_2 * d_x2 - d_y_b * x1).sum(axis=1, keepdims=True)    # (300, 1)
    d_c_b = (d_x2 * x1 + Y_2 * d_y_b).sum(axis=1, keepdims=True)    # (300, 1)
    d_s_a = (Y * d_x1 - X * d_y_a).sum(axis=1, keepdims=True)       # (300, 1)
    d_c_a = (X * d_x1 + Y * d_y_a).sum(axis=1, keepdims=True)       # (300, 1)

    # gradients of the parameters
    d_angles = 0.002 / 300.0 * errors_c                             # (300, 6)  of arm.py:45, 52
    d_angles[:, 1:2] += d_s_b * c_b - d_c_b * s_b                   # (300, 1)  of arm.py:45
    d_angles[:, :1] += d_s_a * c_a - d_c_a * s_a                    # (300, 1)
    d_angles[:, 2:3] += d_s_c * c_c - d_c_c * s_c                   # (300, 1)
    d_angles[:, 3:4] += d_s_d * c_d - d_c_d * s_d                   # (300, 1)
    d_angles[:, 4:5] += d_pre_c_e                                   # (300, 1)

    return float(loss), (d_angles,)
