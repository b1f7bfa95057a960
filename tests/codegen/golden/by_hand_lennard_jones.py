"""The loss `forward`, and its gradient, in NumPy.

Emitted by symgrad 0.1.0, target `numpy`, from lennard_jones.py:31 (`loss`).
Needs NumPy and nothing else.

    work  562,875 flops
    ir    sha256 31fa953987abe2c6
"""

import numpy as np


def loss_and_grads(positions, c1):
    """The loss `forward`, and its gradient with respect to each parameter.

    positions  f64[125, 3]    parameter
    c1         f64[125, 125]  constant
    returns    (loss, (d_positions,)): a float, and a new array

    The name d_v stands for d loss / d v. Short rows are kept column by column in memory, where
    sums over them are fast.
    """

    # forward
    positions_columns = np.asfortranarray(positions)     # (125, 3)       lennard_jones.py:27
    spans = positions_columns[:, None] - positions_columns[None]  # (125, 125, 3)
    squares = np.einsum("ijk,ijk->ij", spans, spans) + c1  # (125, 125)     lennard_jones.py:28
    inverse_squares = 1.0 / squares                      # (125, 125)     lennard_jones.py:29
    inverse6_square = inverse_squares * inverse_squares  # (125, 125)
    inverse6 = inverse6_square * inverse_squares         # (125, 125)
    energies = (                                         # (125, 125)     lennard_jones.py:30
        4.0 * (inverse6 * inverse6 - inverse6) + 0.016316891136
    )
    below = squares < 6.25                               # (125, 125)     lennard_jones.py:31

    # loss
    loss = 0.5 * np.where(below, energies, 0.0).sum()    #                lennard_jones.py:31

    # gradients
    positions_product = (                                # (125, 125)     of lennard_jones.py:29, 30
        -6.0 * (4.0 * inverse6 - 2.0) * inverse6_square
    )
    positions_chosen = np.where(                         # (125, 125)     of lennard_jones.py:27, 29
        below, positions_product * (inverse_squares / squares), 0.0
    )
    d_positions = (                                      # (125, 3)       of lennard_jones.py:27
        np.einsum("ij,ijk->ik", positions_chosen, spans)
        - np.einsum("ij,ijk->jk", positions_chosen, spans)
    )

    return float(loss), (d_positions,)
