"""Array layers: affine maps with named params."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.leaf import input
from symgrad.nn.array import Linear, Sequential
from symgrad.ops.table import OPS


def test_one_seed_gives_one_net() -> None:
    a, b = Linear(2, 3, seed=4), Linear(2, 3, seed=4)
    np.testing.assert_array_equal(a.w.data, b.w.data)
    assert np.ptp(a.w.data) > 0
    assert a.b is not None
    assert not a.b.data.any()


def test_layers_of_a_sequence_have_distinct_names() -> None:
    net = Sequential([Linear(2, 4), sg.tanh, Linear(4, 1, bias=False), Linear(1, 1, name="out")])
    assert [p.name for p in net.parameters()] == ["l1_w", "l1_b", "l2_w", "out_w", "out_b"]


def test_layers_may_come_one_by_one() -> None:
    one = Sequential(Linear(2, 4, seed=0), sg.tanh, Linear(4, 1, seed=1))
    assert [p.name for p in one.parameters()] == ["l1_w", "l1_b", "l2_w", "l2_b"]
    assert one(input("x", ("N", 2))).shape == ("N", 1)
    assert [p.name for p in Sequential(Linear(2, 4)).parameters()] == ["l1_w", "l1_b"]
    assert Sequential([]).parameters() == Sequential().parameters() == []
    with pytest.raises(ArgumentError, match="expected layers to call, got int at 1"):
        Sequential(sg.tanh, 3)


def test_a_copy_of_a_net_has_params_of_its_own() -> None:
    net = Sequential(Linear(2, 4, seed=0), sg.tanh)
    net.parameters()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        w, own = other.parameters()[0], net.parameters()[0]
        np.testing.assert_array_equal(w.data, own.data)
        w.data += 1.0
        assert (w.name, w.shape, w.kind) == ("l1_w", (2, 4), "param")
        assert (w.data != own.data).all()


def test_sizes_are_positive() -> None:
    for nin in (0, 2.5, "2"):
        with pytest.raises(ArgumentError, match="positive ints"):
            Linear(nin, 2)  # type: ignore[arg-type]


@pytest.mark.skipif("matmul" not in OPS, reason="needs structural ops")
def test_shapes_follow_the_layers() -> None:
    net = Sequential([Linear(2, 4), sg.tanh, Linear(4, 1)])
    assert net(input("x", ("N", 2))).shape == ("N", 1)
