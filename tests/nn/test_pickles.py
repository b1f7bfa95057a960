"""Pickles name public modules, so that they outlive moves of the files that define the classes."""

from __future__ import annotations

import copy
import inspect
import pickle
import pickletools
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.nn import MLP, Layer, Linear, Module, Neuron, Sequential


def modules(data: bytes) -> set[str]:
    """The modules of symgrad that a pickle names."""
    texts = [str(argument) for _, argument, _ in pickletools.genops(data)]
    return {part for text in texts for part in text.split() if part.startswith("symgrad")}


def bound() -> MLP:
    """A network whose parameters live in one vector."""
    net = MLP(2, [3, 1])
    net.theta += 1.0
    return net


class Own(MLP):
    """A user's subclass."""


MADE: dict[str, Any] = {
    "value": lambda: Value(2.0, label="a"),
    "mlp": lambda: MLP(2, [3, 1]),
    "bound": bound,
    "layer": lambda: Layer(2, 3),
    "neuron": lambda: Neuron(2),
    "module": Module,
    "linear": lambda: Linear(2, 3, seed=0),
    "sequential": lambda: Sequential([Linear(2, 3, seed=0), sg.tanh]),
    "input": lambda: sg.input("x", ("N - 1", 2), "f32"),
    "param": lambda: sg.param("w", np.ones(2, np.float32)),
    "constant": lambda: sg.constant([1, 2]),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_pickle_names_public_modules_alone(make: Any, protocol: int) -> None:
    made = make()
    data = pickle.dumps(made, protocol)
    assert modules(data) <= {"symgrad", "symgrad.engine", "symgrad.nn"}
    twin = pickle.loads(data)
    assert type(twin) is type(made)
    assert repr(twin) == repr(made) or isinstance(made, Linear | Sequential | Module)
    assert modules(pickle.dumps(twin, protocol)) == modules(data)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_subclass_of_the_user_is_pickled_as_itself(again: Any) -> None:
    net = Own(2, [3, 1])
    net.theta += 1.0
    twin = again(net)
    assert type(twin) is Own
    np.testing.assert_array_equal(twin.theta, net.theta)
    twin.theta += 1.0
    assert twin.layers[0].neurons[0].w[0].data == net.layers[0].neurons[0].w[0].data + 1.0


@pytest.mark.parametrize("thing", [Value, MLP, Linear, sg.input, sg.param])
def test_the_source_is_still_found(thing: Any) -> None:
    """``inspect.getsource`` reads ``__module__``, which names the file of the class."""
    assert thing.__name__ in inspect.getsource(thing)
