"""Array layers: affine maps with named params."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad.ops  # noqa: F401  (fills the op table)
from symgrad.errors import ArgumentError
from symgrad.frontend.elementwise import tanh
from symgrad.frontend.leaves import input
from symgrad.nn.array import Linear, Sequential
from symgrad.ops.table import OPS


def test_one_seed_gives_one_net() -> None:
    a, b = Linear(2, 3, seed=4), Linear(2, 3, seed=4)
    np.testing.assert_array_equal(a.w.data, b.w.data)
    assert np.ptp(a.w.data) > 0
    assert a.b is not None
    assert not a.b.data.any()


def test_layers_of_a_sequence_have_distinct_names() -> None:
    net = Sequential([Linear(2, 4), tanh, Linear(4, 1, bias=False), Linear(1, 1, name="out")])
    assert [p.name for p in net.parameters()] == ["l1_w", "l1_b", "l2_w", "out_w", "out_b"]


def test_sizes_are_positive() -> None:
    with pytest.raises(ArgumentError, match="0"):
        Linear(0, 2)


@pytest.mark.skipif("matmul" not in OPS, reason="needs structural ops")
def test_shapes_follow_the_layers() -> None:
    net = Sequential([Linear(2, 4), tanh, Linear(4, 1)])
    assert net(input("x", ("N", 2))).shape == ("N", 1)
