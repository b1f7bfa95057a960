"""micrograd's neurons: lists of ``Value``s that take and give Values or numbers.

The same ``random.seed`` gives the same initial numbers as micrograd, and the same reprs.

>>> model = MLP(3, [4, 4, 1])
>>> len(model.parameters()), model.layers[2]
(41, Layer of [LinearNeuron(4)])
>>> model.parameter_names()[:5]
['w1_11', 'w1_12', 'w1_13', 'b1_1', 'w1_21']

All parameters of a module are one vector, ``module.theta``, whose order is that of
``parameters()``; writing to it moves the parameters, and the other way round.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence, Sized
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.namespace import pickled_from
from symgrad.frontend.scalars.lower import hint_of
from symgrad.frontend.scalars.parameters import Buffer, bind
from symgrad.frontend.scalars.value import Value
from symgrad.ir.function import uncollected

ACTIVATIONS = {
    "linear": "Linear",
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "exp": "Exp",
}


class Module:
    """Something with parameters.  A subclass says which, in ``parameters()``."""

    __reduce_ex__ = pickled_from("symgrad.nn", "Module", "Neuron", "Layer", "MLP")

    def zero_grad(self) -> None:
        """Sets every parameter's gradient to 0."""
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        """The parameters, in the order of ``theta``."""
        return []

    def parameter_names(self) -> list[str]:
        """A name for each of ``parameters()``: its label, else p1, p2, ..."""
        return [hint_of(p) or f"p{i + 1}" for i, p in enumerate(self.parameters())]

    @property
    def theta(self) -> Buffer:
        """The parameters as one float64 vector, made on first use; each ``p.data`` lives in it.

        The outermost module that was asked holds the memory, inner ones give views of it.
        """
        return bind(*_lists(self))

    @theta.setter
    def theta(self, theta: Any) -> None:
        own, given = self.theta, np.asarray(theta, dtype=np.float64)
        if own.shape != given.shape:
            raise ShapeError(
                f"theta: expected shape {own.shape}, one number a parameter, got {given.shape}"
            )
        own[...] = given


def _lists(module: Any) -> list[list[Value]]:
    """The lists that hold the parameters, without a look at any value.

    A subclass that defines ``parameters()`` is asked for those instead.
    """
    for space in (vars(module), *map(vars, type(module).__mro__)):
        if "_parameter_lists" in space:
            lists: list[list[Value]] = module._parameter_lists()
            return lists
        if "parameters" in space:
            break
    return [module.parameters()]


class Neuron(Module):
    """activation(b + w1*x1 + ... + wn*xn), with w uniform in (-1, 1) and b = 0.

    ``activation`` is one of linear, relu, tanh, sigmoid, exp; without it relu, or linear where
    ``nonlin`` is false, as in micrograd.  Raises ArgumentError for any other.
    """

    def __init__(self, nin: int, nonlin: bool = True, activation: str | None = None) -> None:
        chosen = activation or ("relu" if nonlin else "linear")
        if chosen not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ArgumentError(f"activation: expected one of {known}, got {activation!r}")
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = chosen != "linear"
        self.activation = chosen
        self.hint = ""  # the name of the output in drawings and in emitted code

    def __call__(self, x: Iterable[Value | float] | Value) -> Value:
        if isinstance(x, Value):  # a lone neuron's output comes unwrapped
            x = (x,)
        if isinstance(x, Sized) and len(x) != len(self.w):
            raise ShapeError(f"{self!r}: expected {len(self.w)} inputs, got {len(x)}")
        out = self.b
        for wi, xi in zip(self.w, x, strict=False):
            out = out + wi * xi
        if self.activation != "linear":
            out = getattr(out, self.activation)()
        if out is not self.b:
            out.label = self.hint
        return out

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def _parameter_lists(self) -> list[list[Value]]:
        return [self.w, [self.b]]

    def parameter_names(self) -> list[str]:
        return [f"w_{i + 1}" for i in range(len(self.w))] + ["b"]

    def __repr__(self) -> str:
        return f"{ACTIVATIONS[self.activation]}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons side by side; a single one's output comes unwrapped."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        out = []
        with uncollected():
            for n in self.neurons:
                out.append(n(x))
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for n in self.neurons for p in n.parameters()]

    def _parameter_lists(self) -> list[list[Value]]:
        return [part for n in self.neurons for part in _lists(n)]

    def parameter_names(self) -> list[str]:
        return self._names("")

    def _names(self, layer: str) -> list[str]:
        """w{layer}_{neuron}{input} and b{layer}_{neuron}; a lone neuron has no number."""
        widest = max([len(self.neurons), *[len(n.w) for n in self.neurons]])
        joint, lone = ("_" if widest > 9 else ""), len(self.neurons) == 1
        names: list[str] = []
        for j, n in enumerate(self.neurons):
            place = "" if lone else f"{j + 1}{joint}"
            names += [f"w{layer}_{place}{i + 1}" for i in range(len(n.w))]
            names.append(f"b{layer}" if lone else f"b{layer}_{j + 1}")
        return names

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """Layers in a row: ``nin`` inputs, then ``nouts`` neurons a layer.

    Without ``activation`` every layer is relu but the last, which is linear, as in micrograd;
    ``activation`` goes on every layer, the last included, and ``output`` on the last.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | None = None,
        output: str | None = None,
    ) -> None:
        sizes, last = [nin, *nouts], len(nouts) - 1
        kinds = [activation or ("linear" if i == last else "relu") for i in range(len(nouts))]
        if output is not None and kinds:
            kinds[-1] = output
        self.layers = [
            Layer(sizes[i], sizes[i + 1], activation=kind) for i, kind in enumerate(kinds)
        ]
        for i, layer in enumerate(self.layers):
            for j, n in enumerate(layer.neurons):
                n.hint = f"h{i + 1}" if len(layer.neurons) == 1 else f"h{i + 1}_{j + 1}"
        # Labels name the parameters in emitted code and in drawings.
        for p, name in zip(self.parameters(), self.parameter_names(), strict=True):
            p.label = name

    def __call__(self, x: Any) -> Any:
        with uncollected():
            for layer in self.layers:
                x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def _parameter_lists(self) -> list[list[Value]]:
        return [part for layer in self.layers for part in _lists(layer)]

    def parameter_names(self) -> list[str]:
        return [name for i, layer in enumerate(self.layers) for name in layer._names(str(i + 1))]

    def parameter_rows(self) -> list[tuple[int, str]]:
        """The number of parameters of each neuron, and the layer that begins with it, or ``""``."""
        return [
            (len(n.w) + 1, "" if j else f"layer {i + 1}")
            for i, layer in enumerate(self.layers)
            for j, n in enumerate(layer.neurons)
        ]

    def describe(self) -> str:
        """Sizes, activation and count: ``MLP(3, [4, 4, 1]), tanh, 41 parameters``."""
        kinds = [layer.neurons[0].activation for layer in self.layers]
        inner = list(dict.fromkeys(kinds[:-1] if kinds[-1] == "linear" else kinds)) or ["linear"]
        sizes = [len(layer.neurons) for layer in self.layers]
        head = f"MLP({len(self.layers[0].neurons[0].w)}, {sizes})"
        return f"{head}, {' and '.join(inner)}, {len(self.parameters())} parameters"

    def explain(self, names: Collection[str]) -> str:
        """The meaning of names such as w2_31, by an example among ``names``."""
        wide = [i for i, layer in enumerate(self.layers) if len(layer.neurons) > 1]
        if not wide:
            return ""
        layer = wide[min(1, len(wide) - 1)]
        neuron = min(3, len(self.layers[layer].neurons))
        own = self.layers[layer]._names(str(layer + 1))
        step = len(self.layers[layer].neurons[0].w) + 1
        weight, bias = own[(neuron - 1) * step], own[neuron * step - 1]
        if weight not in names:
            return ""  # the text reads whole rows
        said = f"{weight} is the weight of neuron {neuron} in layer {layer + 1} on its input 1"
        output = f"h{layer + 1}_{neuron}"
        said = f"{said}, {bias} that neuron's bias"
        if output + "a" in names:
            return f"{said}, {output}a its output for example a"
        return f"{said}, {output} its output" if output in names else said

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
