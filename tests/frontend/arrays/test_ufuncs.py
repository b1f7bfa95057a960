"""The public names of elementwise ops: one line gives an op all its front ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from symgrad.engine import Value
from symgrad.frontend.arrays import FUNCTIONS, ufuncs
from symgrad.frontend.arrays.leaf import input
from symgrad.frontend.namespace import ON_SCALARS
from symgrad.frontend.scalars.traced import Tracing
from symgrad.ops import OPS
from symgrad.ops.table import elementwise


@pytest.fixture
def cbrt() -> Iterator[None]:
    """An op that NumPy has and symgrad lacks, declared and named as a developer would."""
    elementwise(
        "cbrt",
        np.cbrt,
        meaning=lambda sp, x: sp.cbrt(x),
        partials=lambda f, y, x: (f.divide(1.0, 3.0 * y * y),),
        doc="the cube root",
    )
    ufuncs.enter("cbrt", "cbrt cube_root")
    yield
    del OPS["cbrt"], FUNCTIONS["cbrt"], FUNCTIONS["cube_root"]
    ON_SCALARS.discard("cbrt")


@pytest.mark.usefixtures("cbrt")
def test_one_line_names_an_op_for_expressions_values_traces_and_numpy() -> None:
    """``sg.cbrt`` and ``np.cbrt`` build it, compute it, differentiate it and record it."""
    root = FUNCTIONS["cbrt"]
    assert FUNCTIONS["cube_root"] is root
    assert root(8.0) == 2.0
    assert str(root.__doc__).startswith("the cube root")
    for function in (root, np.cbrt):
        assert repr(function(input("x", ("N",)))) == "<expr cbrt: f64[N]>"
        v = Value(8.0)
        y = function(v)
        y.backward()
        assert (y.data, v.grad) == (2.0, 1 / 12)
        with Tracing([v]):
            assert function(v)._name == "cbrt"


def test_an_op_with_attributes_is_expanded_on_values() -> None:
    """Nodes have no attributes: what the op declares as its expansion takes its place."""
    v = Value(-2.0)
    y = FUNCTIONS["elu"](v, 0.5)
    y.backward()
    assert y.data == pytest.approx(0.5 * np.expm1(-2.0))
    assert v.grad == pytest.approx(0.5 * np.exp(-2.0))


def test_every_listed_op_has_one_or_two_operands() -> None:
    assert {OPS[name].arity for name in ufuncs.UFUNCS} == {1, 2}
