"""Blocks of a vector, segments, and sums in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symgrad.ops
from symgrad.codegen import TARGETS, Unit, emit
from symgrad.errors import ShapeError
from symgrad.ir.function import emit as build
from symgrad.ir.function import function, parameter
from symgrad.ir.run import interpret
from symgrad.ir.types import Type
from symgrad.ops import OPS
from symgrad.ops.index_slices import entries, slice_of
from symgrad.runtime import load_function

THETA = parameter("theta", Type("f64", (24,)), "param")


@st.composite
def blocks(draw):
    """Any (offset, shape, strides) whose entries lie in a vector of 24."""
    rank = draw(st.integers(0, 3))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    strides = tuple(draw(st.integers(1, 12)) for _ in range(rank))
    last = sum(s * (n - 1) for s, n in zip(strides, shape, strict=True))
    return draw(st.integers(0, max(0, 23 - last))), shape, strides


@given(blocks())
def test_a_block_is_cut_by_slices_where_it_can_be(block):
    """The emitted slices and reshapes are the entries that the block names, each once."""
    if slice_of(block, 24) is None:
        with pytest.raises(ShapeError):
            OPS["view"].infer(THETA.type, offset=block[0], shape=block[1], strides=block[2])
        return
    view = build(
        OPS["view"], [THETA], dict(zip(("offset", "shape", "strides"), block, strict=True))
    )
    f = function("f", [THETA], [view])
    run = load_function(emit(Unit(f, 0)), "f")
    theta = np.arange(24.0)
    assert np.array_equal(run(theta), entries(block))
    assert np.array_equal(interpret(f, [theta])[0], entries(block))
    assert len(np.unique(entries(block))) == entries(block).size


def test_pack_adds_pieces_where_view_reads_them():
    whole, row = (0, (2, 3), (3, 1)), (1, (2,), (3,))
    a, b = parameter("a", Type("f64", (2, 3))), parameter("b", Type("f64", (2,)))
    f = function("f", [a, b], [build(OPS["pack"], [a, b], {"size": 6, "blocks": (whole, row)})])
    given = [np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0])]
    expected = [0.0, 11.0, 2.0, 3.0, 24.0, 5.0]
    assert interpret(f, given)[0].tolist() == expected
    assert load_function(emit(Unit(f, 0)), "f")(*given).tolist() == expected


@pytest.mark.parametrize("axis", [0, 1])
def test_an_ordered_sum_rounds_as_a_loop_does(axis):
    x = np.random.default_rng(0).normal(size=(7, 9)) * 1e8
    p = parameter("x", Type("f64", (7, 9)))
    f = function("f", [p], [build(OPS["ordered_sum"], [p], {"axis": axis})])
    expected = x.take(0, axis=axis)
    for k in range(1, x.shape[axis]):
        expected = expected + x.take(k, axis=axis)
    assert np.array_equal(interpret(f, [x])[0], expected)
    assert np.array_equal(load_function(emit(Unit(f, 0)), "f")(x), expected)


def test_a_segment_sum_is_the_adjoint_of_a_segment_spread():
    starts, f = np.array([0, 2, 3]), OPS
    x, g = np.arange(7.0), np.array([1.0, -2.0, 0.5])
    total = f["segment_sum"].evaluate(x, starts)
    assert total.tolist() == [1.0, 2.0, 18.0]
    spread = f["segment_spread"].evaluate(g, starts, size=7)
    assert total @ g == pytest.approx(x @ spread)
    back = f["segment_sum"].pullback(symgrad.ops.ArrayAlgebra(), g, total, x, starts)
    assert np.array_equal(back[0], spread)


def test_segments_are_written_with_numpy_alone():
    x, i = parameter("x", Type("f64", (7,))), parameter("i", Type("i64", (3,)))
    total = build(OPS["segment_sum"], [x, i])
    spread = build(OPS["segment_spread"], [total, i], {"size": 7})
    run = load_function(emit(Unit(function("f", [x, i], [total, spread]), (0, 1))), "f")
    total, spread = run(np.arange(7.0), np.array([0, 2, 3]))
    assert total.tolist() == [1.0, 2.0, 18.0]
    assert spread.tolist() == [1.0, 1.0, 2.0, 18.0, 18.0, 18.0, 18.0]


def test_blocks_are_split_into_scalars_for_the_python_target():
    a, b = parameter("a", Type("f64", (2, 3))), parameter("b", Type("f64", (2,)))
    row = (1, (2,), (3,))
    packed = build(OPS["pack"], [a, b], {"size": 6, "blocks": ((0, (2, 3), (3, 1)), row)})
    names = ("offset", "shape", "strides")
    view = build(OPS["view"], [packed], dict(zip(names, row, strict=True)))
    total = build(OPS["ordered_sum"], [view], {"axis": 0})
    f = function("f", [a, b], [packed, total])
    numbers = [np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0])]
    run = load_function(emit(Unit(f, (0, 1)), TARGETS["python"]), "f")
    expected = interpret(f, numbers)
    got = run(*[x.tolist() for x in numbers])
    assert list(got[0]) == expected[0].tolist()
    assert got[1] == expected[1]
