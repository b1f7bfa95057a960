"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from mass_spring.py:58 (`loss`).
Needs NumPy and nothing else.

    work  8 P + 39,778 flops
    ir    sha256 f86185278cd15107
"""

import numpy as np


def loss_and_grads(positions, stiffness, start, end, rest, masses, pins, anchors):
    """The loss `forward`, elastic + weight + held, and its gradient.

    positions  f64[576, 2]  parameter
    stiffness  f64[2162]    parameter
    start      i64[2162]    input, 0..575
    end        i64[2162]    input, 0..575
    rest       f64[2162]    input
    masses     f64[576]     input
    pins       i64[P]       input, 0..575
    anchors    f64[P, 2]    input
    returns    (loss, (d_positions, d_stiffness)): a float, and new arrays

    The name d_v stands for d loss / d v. Where lengths is 0, its gradient is 0. Short rows are
    kept column by column in memory, where sums over them are fast.
    """

    # forward
    spans = (                                                 # (2162, 2)  mass_spring.py:53
        np.take(positions.T, end, axis=1).T - np.take(positions.T, start, axis=1).T
    )
    lengths = np.sqrt(np.einsum("ij,ij->i", spans, spans))    # (2162,)    mass_spring.py:54
    errors_a = lengths - rest                                 # (2162,)    mass_spring.py:55
    square_errors_a = errors_a * errors_a                     # (2162,)

    # loss
    elastic = 0.5 * (stiffness @ square_errors_a)             #            mass_spring.py:55
    weight = 9.81 * (masses @ positions[:, 1])                #            mass_spring.py:56
    errors_b = np.take(positions, pins, axis=0) - anchors     # (P, 2)     mass_spring.py:57
    held = 250.0 * np.vdot(errors_b, errors_b)
    loss = elastic + weight + held                            #            mass_spring.py:58

    # gradients of the values, from the loss back
    safe_lengths = np.where(                                  # (2162,)    of mass_spring.py:54
        lengths == 0.0, float("inf"), lengths
    )
    spans_scale = (                                           # (2162, 1)  of mass_spring.py:54, 55
        (stiffness * errors_a / safe_lengths)[:, None]
    )
    d_errors_b = 500.0 * errors_b                             # (P, 2)     of mass_spring.py:57
    d_spans = spans_scale * spans                             # (2162, 2)  of mass_spring.py:54

    # gradients of the parameters
    d_positions = np.zeros((576, 2))
    d_positions[:, 1] = 9.81 * masses                         # (576,)     of mass_spring.py:56
    for k in range(2):
        np.add.at(d_positions[:, k], end, d_spans[:, k])      # (2162,)    of mass_spring.py:53
        np.subtract.at(d_positions[:, k], start, d_spans[:, k])  # (2162,)
        np.add.at(d_positions[:, k], pins, d_errors_b[:, k])  # (P,)       of mass_spring.py:57
    d_stiffness = 0.5 * square_errors_a                       # (2162,)    of mass_spring.py:55

    return float(loss), (d_positions, d_stiffness)
