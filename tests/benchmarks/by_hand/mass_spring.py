"""The potential energy of a hanging net of masses and springs, in two dimensions.

    energy = sum over springs of stiffness/2 (length - rest)**2
           + GRAVITY sum(mass height)
           + PIN/2 sum over pinned masses of |position - anchor|**2

`start` and `end` number the two masses of each spring, `pins` the masses that are held. The
parameters are the positions and the stiffnesses.

Source: Liu et al., Fast simulation of mass-spring systems (2013), 3.
"""

import numpy as np

PARAMS = ("positions", "stiffness")
SHAPES = {
    "start": (2162,),
    "end": (2162,),
    "rest": (2162,),
    "masses": (576,),
    "pins": ("P",),
    "anchors": ("P", 2),
}

SIDE = 24
GRAVITY, PIN = 9.81, 500.0


def data(rng):
    numbers = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    ends = (  # across, down, and along both diagonals
        (numbers[:, :-1], numbers[:, 1:]),
        (numbers[:-1], numbers[1:]),
        (numbers[:-1, :-1], numbers[1:, 1:]),
        (numbers[:-1, 1:], numbers[1:, :-1]),
    )
    start, end = (np.concatenate([pair[k].ravel() for pair in ends]) for k in (0, 1))
    grid = np.stack((numbers % SIDE, -(numbers // SIDE)), axis=-1).reshape(-1, 2) / SIDE
    pins = numbers[0]
    return {
        "positions": grid + rng.normal(0.0, 0.01, grid.shape),
        "stiffness": rng.uniform(50.0, 150.0, len(start)),
        "start": start,
        "end": end,
        "rest": np.linalg.norm(grid[end] - grid[start], axis=1),
        "masses": rng.uniform(0.01, 0.02, SIDE * SIDE),
        "pins": pins,
        "anchors": grid[pins],
    }


def forward(sg, positions, stiffness, start, end, rest, masses, pins, anchors):
    spans = positions[end] - positions[start]
    lengths = sg.sqrt(sg.sum(spans * spans, axis=1))
    elastic = 0.5 * sg.sum(stiffness * (lengths - rest) ** 2)
    weight = GRAVITY * sg.sum(masses * positions[:, 1])
    held = 0.5 * PIN * sg.sum((positions[pins] - anchors) ** 2)
    return elastic + weight + held


def loss_and_grads(positions, stiffness, start, end, rest, masses, pins, anchors):
    """The energy, and (d_positions, d_stiffness). No spring has length 0; no pin occurs twice."""
    N = len(positions)
    x, y = positions.T

    # forward
    dx, dy = x[end] - x[start], y[end] - y[start]  # (E,)
    lengths = np.sqrt(dx * dx + dy * dy)  # (E,)
    stretch = lengths - rest  # (E,)
    slips = positions[pins] - anchors  # (P, 2)

    # energy
    d_stiffness = 0.5 * stretch * stretch  # (E,), the energy per stiffness
    weight = GRAVITY * (masses @ y)
    energy = stiffness @ d_stiffness + weight + 0.5 * PIN * np.vdot(slips, slips)

    # gradient of the positions: each spring pulls along its span, at both ends
    tension = stiffness * stretch / lengths  # (E,)
    pull_x, pull_y = tension * dx, tension * dy  # (E,)
    d_positions = np.empty((N, 2))
    d_positions[:, 0] = np.bincount(end, pull_x, N) - np.bincount(start, pull_x, N)
    d_positions[:, 1] = np.bincount(end, pull_y, N) - np.bincount(start, pull_y, N)
    d_positions[:, 1] += GRAVITY * masses
    d_positions[pins] += PIN * slips

    return float(energy), (d_positions, d_stiffness)


def torch_loss(torch, positions, stiffness, start, end, rest, masses, pins, anchors):
    lengths = torch.linalg.vector_norm(positions[end] - positions[start], dim=1)
    elastic = 0.5 * (stiffness * (lengths - rest) ** 2).sum()
    held = 0.5 * PIN * ((positions[pins] - anchors) ** 2).sum()
    return elastic + GRAVITY * masses @ positions[:, 1] + held
