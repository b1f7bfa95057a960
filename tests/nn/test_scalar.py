"""micrograd's networks: same numbers, same reprs, and one vector of parameters."""

from __future__ import annotations

import copy
import gc
import importlib
import random
from typing import Any

import numpy as np
import pytest

from symgrad.engine import Value
from symgrad.errors import ArgumentError, ShapeError
from symgrad.nn import MLP, Layer, Neuron


def test_the_same_seed_gives_the_same_numbers() -> None:
    """Weights are drawn neuron by neuron from uniform(-1, 1); biases are 0."""
    random.seed(1337)
    model = MLP(2, [2, 1])
    random.seed(1337)
    drawn = [random.uniform(-1, 1) for _ in range(6)]
    expected = [*drawn[:2], 0.0, *drawn[2:4], 0.0, *drawn[4:], 0.0]
    assert [p.data for p in model.parameters()] == expected


def test_reprs_are_micrograds() -> None:
    """ReLU inside, a linear output."""
    assert repr(MLP(2, [2, 1])) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    assert repr(Neuron(3)) == "ReLUNeuron(3)"
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"


def test_activation_goes_on_every_layer_and_output_on_the_last() -> None:
    """The lecture's net is tanh throughout."""
    kinds = [layer.neurons[0].activation for layer in MLP(3, [4, 4, 1], "tanh").layers]
    assert kinds == ["tanh", "tanh", "tanh"]
    model = MLP(3, [4, 4, 1], activation="tanh", output="linear")
    assert [layer.neurons[0].activation for layer in model.layers] == ["tanh", "tanh", "linear"]
    with pytest.raises(ArgumentError, match="expected one of linear, relu"):
        MLP(3, [1], activation="swish")


def test_a_neuron_is_its_formula() -> None:
    """tanh(b + w.x), by NumPy."""
    random.seed(3)
    n = Neuron(2, activation="tanh")
    n.b.data = 0.25
    expected = np.tanh(0.25 + np.dot([w.data for w in n.w], [0.5, -1.5]))
    assert n([0.5, -1.5]).data == pytest.approx(expected, rel=1e-15)
    assert n([Value(0.5), Value(-1.5)]).data == n([0.5, -1.5]).data


def test_a_lone_neuron_may_stand_between_layers() -> None:
    """Its output, which comes unwrapped, is the next layer's only input."""
    model = MLP(2, [1, 3, 1], activation="tanh")
    first, *rest = model.layers
    assert model([0.5, -1.0]).data == rest[1](rest[0]([first([0.5, -1.0])])).data


def test_a_single_output_comes_unwrapped() -> None:
    """One Value from one neuron, a list from several."""
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert isinstance(Layer(2, 3)([1.0, 2.0]), list)


def test_wrong_number_of_inputs_is_refused() -> None:
    """zip would have dropped the surplus without a word."""
    with pytest.raises(ShapeError, match=r"ReLUNeuron\(2\): expected 2 inputs, got 3"):
        Neuron(2)([1.0, 2.0, 3.0])


def test_zero_grad_clears_the_parameters() -> None:
    """All of them, to the integer 0 as micrograd does."""
    model = MLP(2, [2, 1])
    (model([1.0, 2.0]) ** 2).backward()
    model.zero_grad()
    assert all(p.grad == 0 for p in model.parameters())


def test_theta_and_parameters_are_the_same_numbers() -> None:
    """Both are read and written through either."""
    model = MLP(2, [2, 1])
    numbers = [p.data for p in model.parameters()]
    theta = model.theta
    assert theta.tolist() == numbers
    assert theta.dtype == np.float64
    model.theta -= 0.5 * np.ones(9)
    assert model.theta is theta
    assert [p.data for p in model.parameters()] == [n - 0.5 for n in numbers]
    p = model.parameters()[4]
    p.data += 2.0
    assert theta[4] == p.data
    assert type(p.data) is float
    assert repr(p) == f"Value(data={p.data}, grad=0)"
    model.theta = np.zeros(9)
    assert [p.data for p in model.parameters()] == [0.0] * 9
    with pytest.raises(ShapeError, match=r"expected shape \(9,\)"):
        model.theta = np.zeros(8)


def test_the_outermost_module_owns_theta() -> None:
    """A layer that was asked first moves into the network's vector, and views it after."""
    model = MLP(2, [2, 1])
    early = model.layers[1].theta
    theta = model.theta
    assert model.layers[1].theta.base is theta
    model.layers[1].theta[:] = 7.0
    assert theta[6:].tolist() == [7.0, 7.0, 7.0]
    assert early.tolist() != [7.0, 7.0, 7.0]
    assert model.theta is theta


def test_training_through_theta_is_training_through_data() -> None:
    """Both ways to step give the same parameters."""
    finals = []
    for by_theta in (False, True):
        random.seed(5)
        model = MLP(2, [3, 1], activation="tanh")
        for _ in range(5):
            model.zero_grad()
            ((model([0.5, -1.0]) - 0.3) ** 2).backward()
            if by_theta:
                model.theta -= 0.1 * np.array([p.grad for p in model.parameters()])
            else:
                for p in model.parameters():
                    p.data -= 0.1 * p.grad
        finals.append([p.data for p in model.parameters()])
    assert finals[0] == finals[1]


def test_a_copied_network_has_its_own_theta() -> None:
    """copy.deepcopy copies the buffer with the parameters."""
    model = MLP(2, [1])
    model.theta[:] = 1.0
    twin = copy.deepcopy(model)
    twin.theta[:] = 2.0
    assert model.theta.tolist() == [1.0, 1.0, 1.0]
    assert [p.data for p in twin.parameters()] == [2.0, 2.0, 2.0]


def test_micrograds_demo_runs_with_the_word_replaced() -> None:
    """The demo notebook's loss and step give what micrograd gives, on NumPy's rows."""
    results = []
    for package in ("micrograd", "symgrad"):
        pytest.importorskip(package)
        engine = importlib.import_module(f"{package}.engine")
        nn = importlib.import_module(f"{package}.nn")
        results.append(_demo(engine.Value, nn.MLP))
    assert results[0] == pytest.approx(results[1], rel=1e-9)


def _demo(Value: Any, MLP: Any) -> list[float]:
    random.seed(1337)
    generator = np.random.default_rng(1337)
    X, y = generator.normal(size=(12, 2)), np.repeat([1, -1], 6)
    model = MLP(2, [5, 5, 1])
    for k in range(4):
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
    return [float(total_loss.data), *[float(p.data) for p in model.parameters()]]


def test_a_forward_pass_leaves_the_collector_as_it_was() -> None:
    """It is held off while the graph grows, and comes back however the pass ends."""
    model, seen = MLP(2, [3, 1]), []

    class Watching(float):
        def __float__(self) -> float:
            seen.append(gc.isenabled())
            return 1.0

    model([Watching(), 2.0])
    assert seen
    assert not any(seen)
    assert gc.isenabled()
    with pytest.raises(ArgumentError):
        model([None, 2.0])
    assert gc.isenabled()
    gc.disable()
    try:
        model([1.0, 2.0])
        assert not gc.isenabled()
    finally:
        gc.enable()
