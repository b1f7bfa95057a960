"""Each structural op, written by the numpy target, computes what the interpreter says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen import Unit, emit
from symgrad.ir.function import constant, function, parameter
from symgrad.ir.function import emit as build
from symgrad.ir.run import interpret, resolve
from symgrad.ir.types import Type
from symgrad.ops import OPS

SIZES = {"N": 3}
WHOLE = ("slice", 0, "N", 1)
PLACES, J, SPREAD = [[0, 2, 2], [1, -1, 0]], [1, 0, -1], [[0], [2]]
CASES: list[tuple[str, dict[str, Any], list[Any]]] = [
    *[
        (name, {"axis": axis, "keepdims": keep}, [("N", 4)])
        for name in ("sum", "mean", "prod", "max", "min", "logsumexp")
        for axis in ((), (0,), (1,), (0, 1))
        for keep in (False, True)
    ],
    *[(name, {"axis": (), "keepdims": False}, [()]) for name in ("sum", "max", "logsumexp")],
    *[
        (name, {"axis": axis, "keepdims": keep}, [("N", 4)])
        for name in ("argmax", "argmin")
        for axis in (0, 1)
        for keep in (False, True)
    ],
    ("reshape", {"shape": ("4*N",)}, [("N", 4)]),
    ("reshape", {"shape": ("N", 1)}, [("N",)]),
    ("reshape", {"shape": (1, "N")}, [("N",)]),
    ("reshape", {"shape": ("N",)}, [("N", 1)]),
    ("reshape", {"shape": (1, 1)}, [()]),
    ("reshape", {"shape": ()}, [(1, 1)]),
    ("reshape", {"shape": (0, 2)}, [(3, 0)]),
    ("reshape", {"shape": (3, 1, 1)}, [(1, 3)]),
    ("broadcast_to", {"shape": (2, "N", 4)}, [("N", 1)]),
    ("broadcast_to", {"shape": (2, 3)}, [()]),
    ("broadcast_to", {"shape": (0,)}, [()]),
    ("transpose", {"axes": (1, 0)}, [("N", 4)]),
    ("transpose", {"axes": (1, 2, 0)}, [("N", 4, 2)]),
    ("transpose", {"axes": (0,)}, [("N",)]),
    ("concatenate", {"axis": 0}, [("N", 2), (1, 2), (0, 2)]),
    ("concatenate", {"axis": 1}, [("N", 2), ("N", 1)]),
    ("index", {"key": (WHOLE, ("int", 2))}, [("N", 4)]),
    ("index", {"key": (WHOLE, ("new",), ("slice", 3, -1, -1))}, [("N", 4)]),
    ("index", {"key": (("slice", 3, -1, -2),)}, [(4,)]),
    ("index", {"key": (("slice", 3, 0, -1),)}, [(4,)]),
    ("index", {"key": (("slice", 3, 3, -1),)}, [(4,)]),
    ("index", {"key": (("slice", 1, 4, 2),)}, [(4,)]),
    ("index", {"key": (("slice", 2, 2, 1),)}, [(4,)]),
    ("index", {"key": (("slice", 1, "N", 1),)}, [("N",)]),
    ("index", {"key": (("int", 1), ("int", 0))}, [(2, 2)]),
    ("index", {"key": (("new",),)}, [()]),
    ("index", {"key": ()}, [("N",)]),
    ("embed", {"shape": ("N", 4), "key": (WHOLE, ("slice", 3, -1, -2))}, [("N", 2)]),
    ("embed", {"shape": (4,), "key": (("int", 2),)}, [()]),
    ("embed", {"shape": (4,), "key": (("slice", 1, 3, 1),)}, [(2,)]),
    ("embed", {"shape": ("N",), "key": ()}, [("N",)]),
    ("prod_others", {}, [("N", 3)]),
    ("prod_others", {}, [(1,)]),
    ("vector", {}, [(), ()]),
    ("wrap", {"size": 3}, [-1]),
    ("within", {"size": 4}, [[0, 3, 2]]),
    ("take", {"axis": 0}, [("N", 4), J]),
    ("take", {"axis": 1}, [("N", 4), PLACES]),
    ("take", {"axis": 1}, [("N", 4), 2]),
    ("scatter_add", {"axis": 0, "size": 5}, [(3, 4), J]),
    ("scatter_add", {"axis": 1, "size": "2*N"}, [("N", 2, 3), PLACES]),
    ("scatter_add", {"axis": 1, "size": 3}, [("N", 2), 1]),
    ("scatter_add", {"axis": 0, "size": 3}, [(3, 0), J]),
    ("take_along_axis", {"axis": 1}, [(2, "N"), PLACES]),
    ("take_along_axis", {"axis": 0}, [("N",), J]),
    ("add_along_axis", {"axis": 1, "size": 4}, [(2, 3), PLACES]),
    ("add_along_axis", {"axis": 0, "size": 3}, [(3,), J]),
    ("gather", {}, [("N", 4), J]),
    ("gather", {}, [("N", 3, 2), PLACES, J]),
    ("gather", {}, [("N", 3), SPREAD, J]),
    ("gather", {}, [("N", 3), 1, 2]),
    ("scatter_nd", {"shape": (4, "N")}, [(3, "N"), J]),
    ("scatter_nd", {"shape": (3, 3)}, [(2, 3), SPREAD, J]),
    ("scatter_nd", {"shape": (3, 3)}, [(), 1, 2]),
    ("one_hot", {"size": 3, "dtype": "f64"}, [PLACES]),
    ("one_hot", {"size": 3, "dtype": "bool"}, [1]),
    *[(name, {"k": k}, [("N", 4)]) for name in ("tril", "triu") for k in (-1, 0, 1)],
    *[("diag", {"k": k}, [("N",)]) for k in (-1, 0, 1)],
    *[("diagonal", {"k": k}, [(3, 4)]) for k in (-1, 0, 2)],
    ("diagonal", {"k": 0}, [("N", "N")]),
    ("flip", {"axis": (0,)}, [("N", 4)]),
    *[
        ("cumsum", {"axis": axis, "reverse": reverse}, [shape])
        for axis, shape in ((0, ("N",)), (0, ("N", 4)), (1, ("N", 4)))
        for reverse in (False, True)
    ],
    ("cross", {}, [("N", 3), (3,)]),
    ("cross", {}, [(3,), (3,)]),
    ("flip", {"axis": (0, 1)}, [("N", 4)]),
    ("flip", {"axis": ()}, [("N", 4)]),
    ("matmul", {}, [("N", 4), (4, 2)]),
    ("matmul", {}, [("N", 4), (4,)]),
    ("matmul", {}, [(5, "N", 4), (4, 2)]),
    ("outer", {}, [("N",), (2,)]),
    ("vdot", {}, [("N", 2), ("N", 2)]),
    ("vdot", {}, [("N",), ("N",)]),
    ("einsum", {"spec": "ij,kj->ik"}, [("N", 4), (2, 4)]),
    ("einsum", {"spec": "ij->"}, [("N", 4)]),
]


def run(source: str, name: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(source, name, "exec"), namespace)
    result: Callable[..., Any] = namespace[name]
    return result


@pytest.mark.parametrize(("name", "attributes", "operands"), CASES)
def test_a_structural_op_is_the_same_in_numpy(name, attributes, operands):
    """The text of an op and of an op on its result agree with the interpreter, shapes included."""
    rng, xs, arrays = np.random.default_rng(0), [], []
    for i, operand in enumerate(operands):
        if isinstance(operand, tuple):
            xs.append(parameter(f"x{i}", Type("f64", operand)))
            arrays.append(rng.normal(size=resolve(operand, SIZES)))
        else:
            arrays.append(np.asarray(operand, np.int64))
            xs.append(parameter(f"x{i}", Type("i64", arrays[-1].shape)))
    # A second operand of the same text, an expression, shows whether parentheses are needed.
    expressions = [build(OPS["add"], [x, x]) if x.type.is_float else x for x in xs]
    for chosen in (xs, expressions):
        y = build(OPS[name], chosen, attributes)
        whole = Unit(function("f", xs, [y]), 0, title="An op.")
        (want,) = interpret(whole.function, arrays)
        got = np.asarray(run(emit(whole), "f")(*arrays))
        assert got.shape == want.shape, emit(whole)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-14, err_msg=emit(whole))


@pytest.mark.parametrize("name", ["any", "all"])
def test_any_and_all_are_the_same_in_numpy(name):
    """Over one axis and over both."""
    x = parameter("x", Type("f64", ("N", 3)))
    array = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, 1.0]])
    zero = build(OPS["subtract"], [x, x])
    for axis in ((0,), (1,), (0, 1)):
        truth = build(OPS["greater"], [x, zero])
        y = build(OPS[name], [truth], {"axis": axis, "keepdims": False})
        whole = Unit(function("f", [x], [y]), 0, title="An op.")
        got = run(emit(whole), "f")(array)
        np.testing.assert_array_equal(got, interpret(whole.function, [array])[0])


@pytest.mark.parametrize(
    ("name", "attributes", "leaf"),
    [
        ("broadcast_to", {"shape": (2,)}, "constant"),
        ("broadcast_to", {"shape": (2,)}, "size"),
        ("embed", {"shape": (2,), "key": (("int", 0),)}, "constant"),
        ("embed", {"shape": (2,), "key": (("int", 0),)}, "size"),
        ("reshape", {"shape": (1,)}, "constant"),
        ("reshape", {"shape": (1,)}, "size"),
        ("index", {"key": (("new",),)}, "constant"),
        ("sum", {"axis": (), "keepdims": False}, "constant"),
    ],
)
def test_a_structural_op_takes_leaves(name, attributes, leaf):
    """A constant and a size, which are Python numbers in the text, serve as scalar operands."""
    x = parameter("x", Type("f64", ("N",)))
    size = build(OPS["size"], [], {"dim": "N", "dtype": "f64"})
    scalar = size if leaf == "size" else constant(2.0, Type("f64"))
    y = build(OPS[name], [scalar], attributes)
    whole = Unit(function("f", [x], [y]), 0, title="An op.")
    (want,) = interpret(whole.function, [np.zeros(3)])
    got = np.asarray(run(emit(whole), "f")(np.zeros(3)))
    np.testing.assert_array_equal(got, want, strict=True, err_msg=emit(whole))


@pytest.mark.parametrize("dtype", ["i64", "f64"])
@pytest.mark.parametrize("dim", ["N", "2*N + 1", 3])
def test_a_range_of_a_size_is_the_same_in_numpy(dim, dtype):
    """It has no operand: the size is that of an argument."""
    x = parameter("x", Type("f64", ("N",)))
    y = build(OPS["arange"], [], {"dim": dim, "dtype": dtype})
    whole = Unit(function("f", [x], [y]), 0, title="An op.")
    (want,) = interpret(whole.function, [np.zeros(3)])
    got = run(emit(whole), "f")(np.zeros(3))
    np.testing.assert_array_equal(got, want, strict=True)


def test_a_number_of_pythons_own_is_put_into_an_array():
    """A product of Python floats, as a share of a gradient may be, has no dtype to ask for."""
    x = parameter("x", Type("f64", ()))
    half = build(OPS["multiply"], [x, constant(0.5, Type("f64"))])
    y = build(OPS["embed"], [half], {"shape": (2,), "key": (("int", 1),)})
    whole = Unit(function("f", [x], [y]), 0, title="An op.")
    assert run(emit(whole), "f")(3.0).tolist() == [0.0, 1.5]


@pytest.mark.parametrize("key", [(), (None,), (None, None), (..., None)])
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_scalar_is_indexed_by_new_axes(target, key):
    """A scalar argument is a float of Python's own, which takes no index."""
    p = sg.param("p", 2.0)
    loss, grads = sg.compile(sg.sum(p[key] * p[key]), target=target)()
    assert (loss, grads.p) == (4.0, 4.0)
