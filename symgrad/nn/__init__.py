"""Networks: micrograd's scalar ones, and layers of arrays.

>>> from symgrad.nn import MLP
>>> MLP(2, [1])
MLP of [Layer of [LinearNeuron(2)]]
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from symgrad.nn.scalar import MLP, Layer, Module, Neuron

_ARRAY = ("Linear", "Sequential")  # looked up when asked for: a scalar script needs no arrays

__all__ = ["MLP", "Layer", "Linear", "Module", "Neuron", "Sequential"]


def __getattr__(name: str) -> Any:
    if name in _ARRAY:
        return getattr(import_module("symgrad.nn.array"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
