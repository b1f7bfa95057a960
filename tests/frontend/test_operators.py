"""Python's operators and NumPy's protocols mean the same in both front ends."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import SymgradError
from symgrad.frontend.numpy_protocol import OnNumPy
from symgrad.frontend.operators import NAMES, ON_NUMBERS, REMAINDER
from symgrad.ops import OPS

ARITHMETIC = [name for name in ON_NUMBERS if "condition" not in OPS[name].traits]


def name_of(x: Any) -> str:
    """The op that made an expression or a scalar."""
    return x.instr.op.name if hasattr(x, "instr") else x._name


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_an_operator_is_the_same_op_of_arrays_and_of_scalars(name: str) -> None:
    """With its operand on either side; but == of Values, which is their identity."""
    compute = ON_NUMBERS[name]
    scalars = () if OPS[name].symbol in ("==", "!=") else (Value(0.5), Value(2.0))
    for x in (sg.input("x"), *scalars):
        assert name_of(compute(x, 3.0)) == name
        turned = compute(3.0, x)  # Python turns a comparison round itself
        turns = OPS[name].symbol[0] in "<>"
        assert (name_of(turned) == name) is not turns


@pytest.mark.parametrize("name", ARITHMETIC)
def test_a_condition_counts_as_a_number_on_either_side(name: str) -> None:
    """In every operator of arithmetic: 1 where it holds."""
    holds, compute = Value(2.0) > 1.0, ON_NUMBERS[name]
    assert compute(holds, 3.0).data == compute(1.0, 3.0)
    assert compute(3.0, holds).data == compute(3.0, 1.0)


def test_the_other_operators_are_of_expressions_alone() -> None:
    """@ & | ^ have ops, which scalars are refused by Python itself."""
    b, v = sg.input("b", 3, bool), Value(1.0)
    for symbol, compute in {"&": operator.and_, "|": operator.or_, "^": operator.xor}.items():
        assert name_of(compute(b, b)) == NAMES[symbol]
        with pytest.raises(TypeError, match="unsupported operand"):
            compute(v, v)
    x = sg.input("x", (2, 2))
    assert name_of(x @ x) == NAMES["@"]
    with pytest.raises(TypeError, match="unsupported operand"):
        operator.matmul(v, v)


@pytest.mark.parametrize("compute", [operator.mod, operator.floordiv, divmod])
def test_operators_without_an_op_are_refused_with_one_formula(compute: Any) -> None:
    """By arrays and by scalars, on either side."""
    for x in (sg.input("x"), Value(7.0)):
        for operands in ((x, 2.0), (2.0, x)):
            with pytest.raises(SymgradError) as caught:
                compute(*operands)
            said = str(caught.value)
            assert "sg.floor(x / y)" in said
            assert (REMAINDER in said) is (compute is not operator.floordiv)


def test_both_front_ends_take_numpys_calls_by_one_class() -> None:
    """What sg lacks is refused for expressions; NumPy computes it of scalars, as objects."""
    x, v = sg.input("x"), Value(2.0)
    assert isinstance(x, OnNumPy)
    assert isinstance(v, OnNumPy)
    assert name_of(np.tanh(x)) == name_of(np.tanh(v)) == "tanh"
    assert np.vectorize(lambda a: a.data)(np.sort([v, Value(1.0)])).tolist() == [1.0, 2.0]
    with pytest.raises(SymgradError, match=r"np\.sort takes no symgrad expression"):
        np.sort(x)
