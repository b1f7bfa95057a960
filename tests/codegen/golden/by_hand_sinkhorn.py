"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from sinkhorn.py:43 (`loss`).
Needs NumPy and nothing else.

    work  10,690 M + 599 flops
    ir    sha256 82d72da3091b1c04
"""

import numpy as np


def finite_max(x, axis, keepdims=False):
    """The maximum, and 0 where that is infinite: -inf less itself would be nan."""
    top = np.max(x, axis=axis, keepdims=keepdims)
    return np.where(np.isfinite(top), top, 0.0)


def loss_and_grads(points, anchors, log_a, log_b):
    """The loss `forward`, sum(plan * cost), and its gradient.

    points   f64[60, 2]  parameter
    anchors  f64[M, 2]   input
    log_a    f64[60]     input
    log_b    f64[M]      input
    returns  (loss, (d_points,)): a float, and a new array

    The name d_v stands for d loss / d v. M must be at least 1. Short rows are kept column by
    column in memory, where sums over them are fast.
    """

    # forward
    gaps = (                                                 # (60, M, 2)  sinkhorn.py:34
        np.asfortranarray(points)[:, None] - np.asfortranarray(anchors)[None]
    )
    cost = np.einsum("ijk,ijk->ij", gaps, gaps)              # (60, M)     sinkhorn.py:35
    scores = -cost / 0.05                                    # (60, M)     sinkhorn.py:36
    top_scores = scores.max(axis=1)                          # (60,)       sinkhorn.py:37
    exps_scores = np.exp(scores - top_scores[:, None])       # (60, M)
    sum_exps_scores = exps_scores.sum(axis=1)                # (60,)
    f1 = log_a - (np.log(sum_exps_scores) + top_scores)      # (60,)
    logits1 = scores + f1[:, None]                           # (60, M)     sinkhorn.py:38
    top_logits1 = finite_max(logits1, axis=0)                # (M,)
    exps_logits1 = np.exp(logits1 - top_logits1)             # (60, M)
    sum_exps_logits1 = exps_logits1.sum(axis=0)              # (M,)
    g1 = log_b - (np.log(sum_exps_logits1) + top_logits1)    # (M,)
    logits2 = scores + g1                                    # (60, M)     sinkhorn.py:40
    top_logits2 = finite_max(logits2, axis=1)                # (60,)
    exps_logits2 = np.exp(logits2 - top_logits2[:, None])    # (60, M)
    sum_exps_logits2 = exps_logits2.sum(axis=1)              # (60,)

    # loss
    f2 = log_a - (np.log(sum_exps_logits2) + top_logits2)    # (60,)       sinkhorn.py:40
    logits3 = scores + f2[:, None]                           # (60, M)     sinkhorn.py:41
    top_logits3 = finite_max(logits3, axis=0)                # (M,)
    exps_logits3 = np.exp(logits3 - top_logits3)             # (60, M)
    sum_exps_logits3 = exps_logits3.sum(axis=0)              # (M,)
    g2 = log_b - (np.log(sum_exps_logits3) + top_logits3)    # (M,)
    logits4 = scores + g2                                    # (60, M)     sinkhorn.py:40
    top_logits4 = finite_max(logits4, axis=1)                # (60,)
    exps_logits4 = np.exp(logits4 - top_logits4[:, None])    # (60, M)
    sum_exps_logits4 = exps_logits4.sum(axis=1)              # (60,)
    f3 = log_a - (np.log(sum_exps_logits4) + top_logits4)    # (60,)
    logits5 = scores + f3[:, None]                           # (60, M)     sinkhorn.py:41
    top_logits5 = finite_max(logits5, axis=0)                # (M,)
    exps_logits5 = np.exp(logits5 - top_logits5)             # (60, M)
    sum_exps_logits5 = exps_logits5.sum(axis=0)              # (M,)
    g3 = log_b - (np.log(sum_exps_logits5) + top_logits5)    # (M,)
    logits6 = scores + g3                                    # (60, M)     sinkhorn.py:40
    top_logits6 = finite_max(logits6, axis=1)                # (60,)
    exps_logits6 = np.exp(logits6 - top_logits6[:, None])    # (60, M)
    sum_exps_logits6 = exps_logits6.sum(axis=1)              # (60,)
    f4 = log_a - (np.log(sum_exps_logits6) + top_logits6)    # (60,)
    logits7 = scores + f4[:, None]                           # (60, M)     sinkhorn.py:41
    top_logits7 = finite_max(logits7, axis=0)                # (M,)
    exps_logits7 = np.exp(logits7 - top_logits7)             # (60, M)
    sum_exps_logits7 = exps_logits7.sum(axis=0)              # (M,)
    g4 = log_b - (np.log(sum_exps_logits7) + top_logits7)    # (M,)
    logits8 = scores + g4                                    # (60, M)     sinkhorn.py:40
    top_logits8 = finite_max(logits8, axis=1)                # (60,)
    exps_logits8 = np.exp(logits8 - top_logits8[:, None])    # (60, M)
    sum_exps_logits8 = exps_logits8.sum(axis=1)              # (60,)
    f5 = log_a - (np.log(sum_exps_logits8) + top_logits8)    # (60,)
    logits9 = scores + f5[:, None]                           # (60, M)     sinkhorn.py:41
    top_logits9 = finite_max(logits9, axis=0)                # (M,)
    exps_logits9 = np.exp(logits9 - top_logits9)             # (60, M)
    sum_exps_logits9 = exps_logits9.sum(axis=0)              # (M,)
    g5 = log_b - (np.log(sum_exps_logits9) + top_logits9)    # (M,)
    logits10 = scores + g5                                   # (60, M)     sinkhorn.py:40
    top_logits10 = finite_max(logits10, axis=1)              # (60,)
    exps_logits10 = np.exp(logits10 - top_logits10[:, None])  # (60, M)
    sum_exps_logits10 = exps_logits10.sum(axis=1)            # (60,)
    f6 = log_a - (np.log(sum_exps_logits10) + top_logits10)  # (60,)
    logits11 = scores + f6[:, None]                          # (60, M)     sinkhorn.py:41
    top_logits11 = finite_max(logits11, axis=0)              # (M,)
    exps_logits11 = np.exp(logits11 - top_logits11)          # (60, M)
    sum_exps_logits11 = exps_logits11.sum(axis=0)            # (M,)
    g6 = log_b - (np.log(sum_exps_logits11) + top_logits11)  # (M,)
    logits12 = scores + g6                                   # (60, M)     sinkhorn.py:40
    top_logits12 = finite_max(logits12, axis=1)              # (60,)
    exps_logits12 = np.exp(logits12 - top_logits12[:, None])  # (60, M)
    sum_exps_logits12 = exps_logits12.sum(axis=1)            # (60,)
    f7 = log_a - (np.log(sum_exps_logits12) + top_logits12)  # (60,)
    logits13 = scores + f7[:, None]                          # (60, M)     sinkhorn.py:41
    top_logits13 = finite_max(logits13, axis=0)              # (M,)
    exps_logits13 = np.exp(logits13 - top_logits13)          # (60, M)
    sum_exps_logits13 = exps_logits13.sum(axis=0)            # (M,)
    g7 = log_b - (np.log(sum_exps_logits13) + top_logits13)  # (M,)
    logits14 = scores + g7                                   # (60, M)     sinkhorn.py:40
    top_logits14 = finite_max(logits14, axis=1)              # (60,)
    exps_logits14 = np.exp(logits14 - top_logits14[:, None])  # (60, M)
    sum_exps_logits14 = exps_logits14.sum(axis=1)            # (60,)
    f8 = log_a - (np.log(sum_exps_logits14) + top_logits14)  # (60,)
    logits15 = scores + f8[:, None]                          # (60, M)     sinkhorn.py:41
    top_logits15 = finite_max(logits15, axis=0)              # (M,)
    exps_logits15 = np.exp(logits15 - top_logits15)          # (60, M)
    sum_exps_logits15 = exps_logits15.sum(axis=0)            # (M,)
    g8 = log_b - (np.log(sum_exps_logits15) + top_logits15)  # (M,)
    logits16 = scores + g8                                   # (60, M)     sinkhorn.py:40
    top_logits16 = finite_max(logits16, axis=1)              # (60,)
    exps_logits16 = np.exp(logits16 - top_logits16[:, None])  # (60, M)
    sum_exps_logits16 = exps_logits16.sum(axis=1)            # (60,)
    f9 = log_a - (np.log(sum_exps_logits16) + top_logits16)  # (60,)
    logits17 = scores + f9[:, None]                          # (60, M)     sinkhorn.py:41
    top_logits17 = finite_max(logits17, axis=0)              # (M,)
    exps_logits17 = np.exp(logits17 - top_logits17)          # (60, M)
    sum_exps_logits17 = exps_logits17.sum(axis=0)            # (M,)
    g9 = log_b - (np.log(sum_exps_logits17) + top_logits17)  # (M,)
    logits18 = scores + g9                                   # (60, M)     sinkhorn.py:40
    top_logits18 = finite_max(logits18, axis=1)              # (60,)
    exps_logits18 = np.exp(logits18 - top_logits18[:, None])  # (60, M)
    sum_exps_logits18 = exps_logits18.sum(axis=1)            # (60,)
    f10 = log_a - (np.log(sum_exps_logits18) + top_logits18)  # (60,)
    logits19 = scores + f10[:, None]                         # (60, M)     sinkhorn.py:41, 42
    top_logits19 = finite_max(logits19, axis=0)              # (M,)        sinkhorn.py:41
    exps_logits19 = np.exp(logits19 - top_logits19)          # (60, M)
    sum_exps_logits19 = exps_logits19.sum(axis=0)            # (M,)
    g10 = log_b - (np.log(sum_exps_logits19) + top_logits19)  # (M,)
    plan = np.exp(logits19 + g10)                            # (60, M)     sinkhorn.py:42
    loss = np.vdot(plan, cost)                               #             sinkhorn.py:43

    # gradients of the values, from the loss back
    d_pre_plan = cost * plan                                 # (60, M)     of sinkhorn.py:42
    d_g10 = d_pre_plan.sum(axis=0)                           # (M,)
    d_logits19 = (                                           # (60, M)     of sinkhorn.py:41, 42
        d_pre_plan - exps_logits19 * (d_g10 / sum_exps_logits19)
    )
    sum_d_logits19 = d_logits19.sum(axis=1, keepdims=True)   # (60, 1)     of sinkhorn.py:40
    logits18_scale = sum_d_logits19 / sum_exps_logits18[:, None]  # (60, 1)
    d_logits18 = -exps_logits18 * logits18_scale             # (60, M)
    d_g9 = d_logits18.sum(axis=0)                            # (M,)
    d_logits17 = -exps_logits17 * (d_g9 / sum_exps_logits17)  # (60, M)     of sinkhorn.py:41
    sum_d_logits17 = d_logits17.sum(axis=1, keepdims=True)   # (60, 1)     of sinkhorn.py:40
    logits16_scale = sum_d_logits17 / sum_exps_logits16[:, None]  # (60, 1)
    d_logits16 = -exps_logits16 * logits16_scale             # (60, M)
    d_g8 = d_logits16.sum(axis=0)                            # (M,)
    d_logits15 = -exps_logits15 * (d_g8 / sum_exps_logits15)  # (60, M)     of sinkhorn.py:41
    sum_d_logits15 = d_logits15.sum(axis=1, keepdims=True)   # (60, 1)     of sinkhorn.py:40
    logits14_scale = sum_d_logits15 / sum_exps_logits14[:, None]  # (60, 1)
    d_logits14 = -exps_logits14 * logits14_scale             # (60, M)
    d_g7 = d_logits14.sum(axis=0)                            # (M,)
    d_logits13 = -exps_logits13 * (d_g7 / sum_exps_logits13)  # (60, M)     of sinkhorn.py:41
    sum_d_logits13 = d_logits13.sum(axis=1, keepdims=True)   # (60, 1)     of sinkhorn.py:40
    logits12_scale = sum_d_logits13 / sum_exps_logits12[:, None]  # (60, 1)
    d_logits12 = -exps_logits12 * logits12_scale             # (60, M)
    d_g6 = d_logits12.sum(axis=0)                            # (M,)
    d_logits11 = -exps_logits11 * (d_g6 / sum_exps_logits11)  # (60, M)     of sinkhorn.py:41
    sum_d_logits11 = d_logits11.sum(axis=1, keepdims=True)   # (60, 1)     of sinkhorn.py:40
    logits10_scale = sum_d_logits11 / sum_exps_logits10[:, None]  # (60, 1)
    d_logits10 = -exps_logits10 * logits10_scale             # (60, M)
    d_g5 = d_logits10.sum(axis=0)                            # (M,)
    d_logits9 = -exps_logits9 * (d_g5 / sum_exps_logits9)    # (60, M)     of sinkhorn.py:41
    sum_d_logits9 = d_logits9.sum(axis=1, keepdims=True)     # (60, 1)     of sinkhorn.py:40
    logits8_scale = sum_d_logits9 / sum_exps_logits8[:, None]  # (60, 1)
    d_logits8 = -exps_logits8 * logits8_scale                # (60, M)
    d_g4 = d_logits8.sum(axis=0)                             # (M,)
    d_logits7 = -exps_logits7 * (d_g4 / sum_exps_logits7)    # (60, M)     of sinkhorn.py:41
    sum_d_logits7 = d_logits7.sum(axis=1, keepdims=True)     # (60, 1)     of sinkhorn.py:40
    logits6_scale = sum_d_logits7 / sum_exps_logits6[:, None]  # (60, 1)
    d_logits6 = -exps_logits6 * logits6_scale                # (60, M)
    d_g3 = d_logits6.sum(axis=0)                             # (M,)
    d_logits5 = -exps_logits5 * (d_g3 / sum_exps_logits5)    # (60, M)     of sinkhorn.py:41
    sum_d_logits5 = d_logits5.sum(axis=1, keepdims=True)     # (60, 1)     of sinkhorn.py:40
    logits4_scale = sum_d_logits5 / sum_exps_logits4[:, None]  # (60, 1)
    d_logits4 = -exps_logits4 * logits4_scale                # (60, M)
    d_g2 = d_logits4.sum(axis=0)                             # (M,)
    d_logits3 = -exps_logits3 * (d_g2 / sum_exps_logits3)    # (60, M)     of sinkhorn.py:41
    sum_d_logits3 = d_logits3.sum(axis=1, keepdims=True)     # (60, 1)     of sinkhorn.py:40
    logits2_scale = sum_d_logits3 / sum_exps_logits2[:, None]  # (60, 1)
    d_logits2 = -exps_logits2 * logits2_scale                # (60, M)
    d_g1 = d_logits2.sum(axis=0)                             # (M,)
    d_logits1 = -exps_logits1 * (d_g1 / sum_exps_logits1)    # (60, M)     of sinkhorn.py:38
    sum_d_logits1 = d_logits1.sum(axis=1, keepdims=True)     # (60, 1)     of sinkhorn.py:37
    scores_scale = sum_d_logits1 / sum_exps_scores[:, None]  # (60, 1)
    d_scores = (                                             # (60, M)     of sinkhorn.py:36, 37
        d_logits1 - exps_scores * scores_scale + d_logits2 + d_logits3 + d_logits4 + d_logits5
        + d_logits6 + d_logits7 + d_logits8 + d_logits9 + d_logits10 + d_logits11 + d_logits12
        + d_logits13 + d_logits14 + d_logits15 + d_logits16 + d_logits17 + d_logits18 + d_logits19
    )

    # gradients of the parameters
    d_points = np.einsum(                                    # (60, 2)     of sinkhorn.py:34, 35, 36
        "ij,ijk->ik", 2.0 * (plan - d_scores / 0.05), gaps
    )

    return float(loss), (d_points,)
