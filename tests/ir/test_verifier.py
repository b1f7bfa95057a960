"""A function that breaks a rule of the IR is refused with the lines around the fault."""

import pytest

from symgrad.errors import IRError, ShapeError
from symgrad.ir import Function, Type, constant, emit, parameter, verify
from symgrad.ir.function import Instr
from symgrad.ir.op import CONSTANT, Op


def same(a, b):
    if a != b:
        raise ShapeError(f"{a} is not {b}")
    return a


ADD = Op("add", "elementwise", 2, infer=same, evaluate=lambda a, b: a + b)
AXIS = Op("axis", "test", 1, infer=lambda x, axis: x, evaluate=None, attributes=("axis",))
F64 = Type("f64")
X = parameter("x", F64)
Y = emit(ADD, (X, X), hint="y")
Z = emit(ADD, (Y, X), hint="z")


def test_a_good_function_passes():
    """verify returns None for what the builders build."""
    assert verify(Function("f", (X,), (Y, Z), (Z,))) is None


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (Function("f", (X,), (Y, Y), (Y,)), "defined twice"),
        (Function("f", (X,), (Z, Y), (Z,)), "operand 0 of add is not defined above"),
        (Function("f", (X,), (Y,), (Z,)), "result 0 of @f is not defined"),
        (Function("f", (X, parameter("x", F64)), (), ()), "parameter name 'x' is taken"),
        (Function("f", (parameter("", F64),), (), ()), "has no name"),
        (Function("f", (), (X,), (X,)), "stands in the body"),
        (Function("f", (X,), (Instr(ADD, (X,), (), F64),), ()), "takes 2 operands, got 1"),
        (Function("f", (X,), (Instr(ADD, (X, X), (), Type("f32")),), ()), "the line says f32[]"),
        (Function("f", (X,), (Instr(AXIS, (X,), (), F64),), ()), "declares the attributes"),
        (
            Function("f", (X,), (w := constant(1, Type("i64")), Instr(ADD, (X, w), (), F64)), ()),
            "does not take these operands: f64[] is not i64[]",
        ),
        (Function("f", (), (Instr(CONSTANT, (), (("value", 1),), F64),), ()), "not in the form"),
        (Function("f", (), (Instr(CONSTANT, (), (("value", (1.0,)),), F64),), ()), "not a f64[]"),
    ],
)
def test_each_rule_is_checked(function, message):
    """Each rule has its own message, followed by the marked line."""
    with pytest.raises(IRError) as caught:
        verify(function)
    assert message in str(caught.value)
    assert "  > " in str(caught.value)


def test_leaves_without_their_attribute_are_refused():
    """What the printer could not print is refused before it is asked to."""
    with pytest.raises(IRError, match="exactly the attribute 'value'"):
        verify(Function("f", (), (Instr(CONSTANT, (), (), F64),), ()))
    with pytest.raises(IRError, match="but is none"):
        verify(Function("f", (Y,), (), ()))
