"""``module.theta``: one vector, as cheap to read as a comparison of two lists."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from symgrad.engine import Value
from symgrad.frontend.scalars import parameters
from symgrad.nn import MLP, Layer, Module


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the values of a list are walked."""
    calls: list[int] = []
    walk = parameters._bound

    def bound(values: Any) -> Any:
        calls.append(len(values))
        return walk(values)

    monkeypatch.setattr(parameters, "_bound", bound)
    return lambda: len(calls)


def test_a_second_reading_walks_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the network, and of each of its layers, whichever was read in between."""
    net = MLP(3, [4, 2])
    parts = [net, *net.layers, net.layers[0].neurons[1]]
    views = [part.theta for part in parts]
    walked = counted(monkeypatch)
    for _ in range(3):
        for part, view in zip(parts, views, strict=True):
            assert part.theta is view
    net.theta += 1.0
    net.layers[0].theta -= 0.5
    net.parameters()[0].data = 7.0
    assert walked() == 0
    assert net.theta.tolist() == [p.data for p in net.parameters()]
    assert net.theta[0] == net.layers[0].theta[0] == 7.0


def test_what_moves_or_takes_the_place_of_others_is_seen() -> None:
    """A replaced parameter, a list in another order, and a larger module that takes all over."""
    net, other = MLP(2, [2, 1]), MLP(2, [1])
    before = net.theta
    net.layers[0].neurons[0].w[1] = Value(9.0)
    assert net.theta[1] == 9.0
    assert net.theta is not before
    net.layers[0].neurons.reverse()
    assert net.theta.tolist() == [p.data for p in net.parameters()]

    class Pair(Module):
        def parameters(self) -> list[Value]:
            return [*net.parameters(), *other.parameters()]

    pair, own = Pair(), other.theta
    whole = pair.theta
    whole += 1.0
    assert other.theta.tolist() == [p.data for p in other.parameters()] == (own + 1.0).tolist()
    assert other.theta.base is whole
    assert pair.theta is whole


def test_a_value_that_is_listed_twice_is_one_number() -> None:
    """Tied weights: the vector has it once, at every reading."""
    tied = Value(2.0)

    class Tied(Module):
        def parameters(self) -> list[Value]:
            return [tied, tied]

    module = Tied()
    for _ in range(2):
        assert module.theta.tolist() == [2.0]
    module.theta[0] = 3.0
    assert tied.data == 3.0


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_has_a_vector_of_its_own(twin: Any) -> None:
    net = Layer(2, 2)
    assert net.theta is net.theta
    other = twin(net)
    other.theta[...] = 5.0
    assert [p.data for p in other.parameters()] == [5.0] * 6
    assert 5.0 not in net.theta
    assert net.theta.tolist() == [p.data for p in net.parameters()]


def test_a_class_with_other_parameters_is_asked_for_them() -> None:
    """Where ``parameters()`` is overridden, by a class or on an object, it says what theta is."""

    class Bare(Layer):
        def parameters(self) -> list[Value]:
            return [n.b for n in self.neurons]

    bare = Bare(2, 3)
    assert bare.theta.shape == (3,)
    net = MLP(2, [2])
    net.layers[0] = bare
    assert net.theta.shape == (3,)
    single = Layer(1, 1)
    single.parameters = lambda: single.neurons[0].w  # type: ignore[method-assign]
    assert single.theta.shape == (1,)
