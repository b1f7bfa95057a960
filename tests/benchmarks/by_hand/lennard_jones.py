"""The energy of a Lennard-Jones cluster with a cut-off, in reduced units.

    energy = sum of 4 (r**-12 - r**-6) - SHIFT over the pairs that are nearer than CUT

where SHIFT is the pair's energy at the cut-off, so that the energy has no step there. The
parameter is the position of every atom; the gradient is the force with its sign turned.

Source: Allen & Tildesley, Computer Simulation of Liquids (2017), 1.3 and 5.2.
"""

import numpy as np

PARAMS = ("positions",)
SHAPES = {}

ATOMS = 125
CUT = 2.5
SHIFT = 4.0 * (CUT**-12 - CUT**-6)


def data(rng):
    grid = np.stack(np.meshgrid(*3 * [np.arange(5.0)], indexing="ij"), axis=-1).reshape(-1, 3)
    return {"positions": 1.12 * grid + rng.normal(0.0, 0.08, grid.shape)}


def forward(sg, positions):
    spans = positions[:, None, :] - positions[None, :, :]
    squares = sg.sum(spans * spans, axis=2) + CUT**2 * sg.eye(ATOMS)  # no atom is its own neighbour
    inverse6 = (1.0 / squares) ** 3
    energies = 4.0 * (inverse6 * inverse6 - inverse6) - SHIFT
    return 0.5 * sg.sum(sg.where(squares < CUT**2, energies, 0.0))


def loss_and_grads(positions):
    """The energy, and (d_positions,)."""
    N = len(positions)
    columns = np.ascontiguousarray(positions.T)

    # all distances, each pair twice
    spans = columns[:, :, None] - columns[:, None, :]  # (3, N, N)
    squares = np.einsum("kij,kij->ij", spans, spans)  # (N, N)
    np.fill_diagonal(squares, np.inf)

    # energy of the pairs within the cut-off, P of them
    near = np.flatnonzero(squares < CUT * CUT)  # (P,)
    inverse = 1.0 / squares.ravel()[near]  # (P,)
    inverse6 = inverse * inverse * inverse  # (P,)
    energy = 2.0 * (inverse6 @ inverse6 - inverse6.sum()) - 0.5 * SHIFT * len(near)

    # gradient: each pair pulls along its span, once at either end
    pull = np.zeros(N * N)
    pull[near] = inverse6 * (24.0 - 48.0 * inverse6) * inverse  # (P,)
    d_positions = np.einsum("ij,kij->ik", pull.reshape(N, N), spans)

    return float(energy), (d_positions,)


def torch_loss(torch, positions):
    i, j = torch.triu_indices(len(positions), len(positions), 1)
    squares = ((positions[i] - positions[j]) ** 2).sum(dim=1)
    inverse6 = squares**-3
    energies = 4.0 * (inverse6**2 - inverse6) - SHIFT
    return energies[squares < CUT**2].sum()
