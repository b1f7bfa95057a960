"""Elementwise and selection ops: complete declarations, and IEEE values on arrays and floats."""

import doctest
import importlib
import itertools
import math
import pkgutil

import numpy as np
import pytest

from symgrad import ops
from symgrad.errors import DTypeError, NamingError, ShapeError
from symgrad.ir.function import parameter
from symgrad.ir.types import Type
from symgrad.ops import OPS, ArrayAlgebra, FloatAlgebra, IRAlgebra, on_floats, register

ELEMENTWISE = [op for op in OPS.values() if op.kind == "elementwise"]
ATTRIBUTES = {
    "leaky_relu": {"slope": 0.1},
    "elu": {"alpha": 1.5},
    "strong_product": {"zero": (0, 1)},
    "continued": {"found": True},
}
ATTRIBUTES |= {"stumpff": {"k": 3, "d": 0}, "mills_tail": {"k": 1}}
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 40.0, -800.0, 1e308, -1e308, 5e-324, 1e-20]
SPECIAL += [math.inf, -math.inf, math.nan]


def by_name(op):
    return op.name


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
def test_an_elementwise_op_is_declared_completely(op):
    """Meaning, partials, domain, doc and float form are all there, for each operand."""
    assert op.meaning is not None
    assert op.partials is not None
    assert op.doc
    assert len(op.domain) == op.arity
    assert all(low < high for low, high in op.domain)
    assert all(len(kink) == op.arity for kink in op.kinks)
    assert on_floats(op) is not None


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
def test_floats_give_what_arrays_give(op):
    """On every tuple of special values both evaluate alike."""
    attributes = ATTRIBUTES.get(op.name, {})
    values = SPECIAL if op.arity < 3 else [0.0, 1.0, -2.0, math.inf, math.nan]
    for xs in itertools.product(values, repeat=op.arity):
        if op.name == "power" and xs == (-math.inf, 0.5):
            continue  # inf in NumPy 2.2, nan from a later version on
        with np.errstate(all="ignore"):
            want = op.evaluate(*xs, **attributes)
        got = on_floats(op)(*xs, **attributes)
        assert type(got) is float
        np.testing.assert_allclose(got, want, rtol=1e-14, err_msg=f"{op.name}{xs}")


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
def test_partials_on_floats_never_raise(op):
    """IEEE all the way: derivative rules give on floats what they give on arrays."""
    attributes = ATTRIBUTES.get(op.name, {})
    values = SPECIAL if op.arity < 3 else [0.0, 1.0, -2.0, math.inf, math.nan]
    for xs in itertools.product(values, repeat=op.arity):
        y = on_floats(op)(*xs, **attributes)
        got = op.partials(FloatAlgebra(), y, *xs, **attributes)
        arrays = [np.float64(x) for x in xs]
        with np.errstate(all="ignore"):
            want = op.partials(ArrayAlgebra(), np.float64(y), *arrays, **attributes)
        for a, b in zip(got, want, strict=True):
            if b is not None:
                np.testing.assert_allclose(a, b, rtol=1e-13, err_msg=f"{op.name}{xs}")


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
def test_float32_stays_float32(op):
    """The result has the operands' dtype and their common shape."""
    attributes = ATTRIBUTES.get(op.name, {})
    xs = [np.linspace(low, high, 6, dtype=np.float32).reshape(2, 3) for low, high in op.domain]
    y = op.evaluate(*xs, **attributes)
    assert y.dtype == np.float32
    assert y.shape == (2, 3)
    types = [Type("f32", ("N", 3)) for _ in xs]
    assert op.infer(*types, **attributes) == types[0]


@pytest.mark.parametrize("op", ELEMENTWISE, ids=by_name)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_partials_build_ir_of_the_operands_type(op, dtype):
    """A rule applied to instructions gives the operands' dtype, masks and constants included."""
    f = IRAlgebra(dtype=dtype)
    attributes = ATTRIBUTES.get(op.name, {})
    xs = [f.term(parameter(f"x{i}", Type(dtype, ("N",)))) for i in range(op.arity)]
    y = f.apply(op.name, *xs, **attributes)
    for partial in op.partials(f, y, *xs, **attributes):
        if partial is not None and not isinstance(partial, float):
            assert f.type(partial) == Type(dtype, ("N",))


def test_a_partial_of_two_literals_has_the_algebras_dtype():
    """where(condition, 1, slope) has no float operand to take its dtype from."""
    f = IRAlgebra(dtype="f32")
    x = f.term(parameter("x", Type("f32")))
    (partial,) = OPS["leaky_relu"].partials(f, x, x, slope=0.1)
    assert f.type(partial) == Type("f32")


@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus", "logaddexp", "elu"])
def test_stable_ops_neither_overflow_nor_divide_by_zero(name):
    """No exponential of a large positive number is taken on the way."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        for x in (-1e4, -800.0, 800.0, 1e4):
            y = OPS[name].evaluate(*[x] * OPS[name].arity, **ATTRIBUTES.get(name, {}))
            assert np.isfinite(y)


def test_a_shape_rule_names_the_op():
    """The errors say which op refused which operands."""
    with pytest.raises(ShapeError, match="add"):
        OPS["add"].infer(Type("f64", (2,)), Type("f64", (3,)))
    with pytest.raises(DTypeError, match="exp: takes floats"):
        OPS["exp"].infer(Type("i64"))
    with pytest.raises(DTypeError, match="multiply: takes numbers"):
        OPS["multiply"].infer(Type("bool"), Type("bool"))
    with pytest.raises(DTypeError, match="where: the condition"):
        OPS["where"].infer(Type("f64"), Type("f64"), Type("f64"))
    with pytest.raises(DTypeError, match="unknown dtype"):
        OPS["cast"].infer(Type("f64"), dtype="f16")
    with pytest.raises(NamingError, match="tanh"):
        register(OPS["tanh"])


def test_selection_ops_compute_as_numpy_does():
    """Comparisons with nan are false, where selects, cast converts."""
    assert not OPS["greater"].evaluate(math.nan, 1.0)
    assert OPS["isnan"].evaluate(math.nan)
    assert not OPS["isfinite"].evaluate(-math.inf)
    x = np.array([-1.0, 2.0], dtype=np.float32)
    y = OPS["where"].evaluate(OPS["greater"].evaluate(x, 0), x, np.float32(0))
    np.testing.assert_array_equal(y, [0.0, 2.0])
    assert y.dtype == np.float32
    assert OPS["cast"].evaluate(True, dtype="f32").dtype == np.float32
    assert on_floats(OPS["cast"])(True, dtype="f64") == 1.0
    assert on_floats(OPS["logical_xor"])(True, False) is True


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(ops.__path__)])
def test_the_examples_in_the_docstrings_hold(name):
    """Each module's contract carries an example that runs."""
    result = doctest.testmod(importlib.import_module(f"symgrad.ops.{name}"))
    assert result.attempted
    assert not result.failed
