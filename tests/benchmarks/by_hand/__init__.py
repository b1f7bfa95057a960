"""Thirteen problems whose loss and gradient are written by hand, to hold the compiler against.

Each module states one problem: `data(rng)` draws its parameters and inputs, by name; PARAMS names
those that are differentiated, and SHAPES gives the shapes of the others, with named sizes;
`forward(sg, **leaves)` is the loss as a user of symgrad would write it, `loss_and_grads(**data)`
the loss and its gradients as an expert would write them in NumPy, and
`torch_loss(torch, **tensors)` the loss in PyTorch. No gradient here was taken from what the
compiler emits.
"""

from importlib import import_module

import symgrad as sg

NAMES = (
    "arm",
    "lennard_jones",
    "hidden_markov",
    "factor_analysis",
    "attention",
    "conv_net",
    "mass_spring",
    "poisson",
    "experts",
    "spline",
    "sinkhorn",
    "gaussian_process",
    "burgers",
)


def problem(name):
    return import_module(f"by_hand.{name}")


def compiled(module, draw):
    """What symgrad makes of the module's `forward`, for arguments like those of `draw`."""
    leaves = {name: sg.param(name, draw[name]) for name in module.PARAMS}
    for name, shape in module.SHAPES.items():
        leaves[name] = sg.input(name, shape, draw[name].dtype)
    loss = module.forward(sg, **leaves)
    return sg.compile(loss, wrt=[leaves[name] for name in module.PARAMS])
