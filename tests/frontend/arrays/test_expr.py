"""Array expressions agree with NumPy, and refuse what has no meaning."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad.ops  # noqa: F401  (fills the op table)
from symgrad.errors import DTypeError, NamingError, ShapeError, TraceError
from symgrad.frontend.arrays import FUNCTIONS as F
from symgrad.frontend.arrays.eager import evaluate
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.leaf import constant, input, param
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.source.names import expression_nodes, from_frame
from symgrad.ops.table import OPS

A = np.linspace(0.1, 0.9, 6).reshape(2, 3)
B = np.array([0.5, 0.25, 2.0])
ROWS = np.array([1, 0])

# written against a namespace, so that NumPy itself is the oracle
ELEMENTWISE = {
    "operators": lambda np, a, b: (2 * a - b / 3) ** 2 + abs(-a) - 1 / b + b**a,
    "array on the left": lambda np, a, b: np.add(B, a) * 2,
    "functions": lambda np, a, b: np.exp(a) + np.tanh(a) * np.log1p(b) - np.sqrt(a),
    "two operands": lambda np, a, b: np.maximum(a, b) + np.hypot(a, b) + np.arctan2(a, b),
    "where": lambda np, a, b: np.where((a > b) & ~(a > 0.8), a, b),
    "clip": lambda np, a, b: np.clip(a, 0.2, 0.6),
}
STRUCTURAL = {
    "sum": lambda np, a, b: a.sum(axis=0) + np.sum(a) + a.mean(axis=-1, keepdims=True).sum(),
    "var": lambda np, a, b: np.var(a, axis=1, ddof=1) + a.std(),
    "max": lambda np, a, b: a.max(axis=1) + a.min(),
    "matmul": lambda np, a, b: a @ b + np.dot(a, b) + B @ b,
    "transpose": lambda np, a, b: a.T @ a + np.swapaxes(a, 0, 1) @ a,
    "index": lambda np, a, b: a[1, ::-1] + a[0, :] + a[-1] * a[0, 1],
    "new axis": lambda np, a, b: a[..., None, 1:] + a[:, None, :2],
    "steps": lambda np, a, b: a[:, ::2] + a[:, 2::-2],
    "reshape": lambda np, a, b: a.reshape(3, -1).ravel() + np.stack([b, b]).reshape(-1),
    "concatenate": lambda np, a, b: np.concatenate([a, np.expand_dims(b, 0)], axis=0),
    "take": lambda np, a, b: np.take(a, [2, 0], axis=1) + a[:, ROWS] + b[ROWS],
    "gather": lambda np, a, b: a[ROWS, ROWS[::-1]],
    "along axis": lambda np, a, b: np.take_along_axis(a, a.argmax(axis=1)[:, None], axis=1),
    "triangles": lambda np, a, b: np.tril(a) + np.triu(a, 1) + (a @ np.diag(b)),
    "einsum": lambda np, a, b: np.einsum("ij,kj->ik", a, a) + np.inner(a, a) + np.outer(b, b)[0, 0],
}
NEEDS = {
    "index": ("flip",),
    "steps": ("flip",),
    "take": ("take",),
    "gather": ("gather",),
    "along axis": ("argmax", "take_along_axis"),
    "triangles": ("tril", "triu", "diag"),
    "einsum": ("einsum", "outer"),
}


def agrees(f: object) -> None:
    """Traced on leaves, called on plain arrays, and NumPy give one result."""

    class Namespace:
        def __getattr__(self, name: str) -> object:
            return F[name]

    expected = f(np, A, B)
    traced = f(Namespace(), param("a", A), param("b", B))
    assert isinstance(traced, Expr)
    assert traced.shape == expected.shape
    assert traced.dtype == expected.dtype
    np.testing.assert_allclose(evaluate(traced), expected, rtol=1e-14)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_expressions_agree_with_numpy(name: str) -> None:
    agrees(ELEMENTWISE[name])


@pytest.mark.parametrize("name", STRUCTURAL)
def test_structural_expressions_agree_with_numpy(name: str) -> None:
    missing = [op for op in NEEDS.get(name, ()) if op not in OPS]
    if missing:
        pytest.skip(f"the op table lacks {missing}")
    agrees(STRUCTURAL[name])


def test_functions_compute_at_once_on_plain_arrays() -> None:
    """Without an expression among the arguments the result is an array."""
    np.testing.assert_allclose(F["exp"](A), np.exp(A))
    assert F["maximum"](2.0, 3.0) == 3.0


def test_an_array_on_the_left_defers() -> None:
    """NumPy does not loop over the expression."""
    y = A + input("b", (3,))
    assert isinstance(y, Expr)
    assert y.shape == (2, 3)


@pytest.mark.parametrize(
    ("dtype", "other", "result"),
    [
        ("f32", 2, "f32"),
        ("f32", 0.1, "f32"),
        ("i64", 2, "i64"),
        ("i64", 0.5, "f64"),
        ("f32", np.float64(1), "f64"),
        ("f32", np.zeros(3, np.float32), "f32"),
    ],
)
def test_numbers_are_weak_and_arrays_are_not(dtype: str, other: object, result: str) -> None:
    """NEP 50."""
    assert (input("x", (3,), dtype) * other).instr.type.dtype == result


def test_integers_divide_to_floats() -> None:
    i = input("i", (3,), int)
    assert (i / i).instr.type.dtype == F["exp"](i).instr.type.dtype == "f64"


X = input("x", ("N", 3))
BAD = {
    "truth": (lambda: bool(X > 0), TraceError, "sg.where"),
    "float": (lambda: float(X), TraceError, "sg.where"),
    "len": (lambda: len(X), TraceError, "N"),
    "iter": (lambda: list(X), TraceError, "N"),
    "asarray": (lambda: np.asarray(X), TraceError, "symgrad"),
    "shape": (lambda: X + input("v", (4,)), ShapeError, r"built at test_expr\.py:\d+"),
    "bool": (lambda: X + (X > 0), DTypeError, r"built at test_expr\.py:\d+"),
    "weak bool": (lambda: X + True, DTypeError, "bool"),
    "complex": (lambda: X + np.array([1j]), DTypeError, "complex"),
    "python complex": (lambda: X + 1j, DTypeError, "complex"),
    "text": (lambda: param("t", "abc"), DTypeError, "t: expected"),
    "ragged": (lambda: param("r", [[1], [2, 3]]), DTypeError, "r: the rows differ"),
    "object": (lambda: param("o", [None]), DTypeError, "o: expected"),
    "overflow": (lambda: input("h", (), "f32") * 1e39, DTypeError, "overflows float32"),
    "slice": (lambda: X[:5], ShapeError, "unknown until the call"),
    "step": (lambda: X[::2], ShapeError, "unknown until the call"),
    "rank": (lambda: X[0, 0, 0], ShapeError, "rank 2"),
    "range": (lambda: X[:, 3], ShapeError, "size 3"),
    "index": (lambda: X[1.5], DTypeError, "1.5"),
    "axis": (lambda: F["softmax"](X, axis=2), ShapeError, "axis 2"),
    "axis twice": (lambda: X.sum(axis=(0, -2)), ShapeError, "twice"),
    "name": (lambda: input("a b"), NamingError, "identifier"),
    "line break": (lambda: input("a\n"), NamingError, "identifier"),
    "not normal": (lambda: input("ﬁ"), NamingError, "'fi'"),
    "size": (lambda: input("s", (-1,)), ShapeError, "-1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_a_reason(name: str) -> None:
    make, error, message = BAD[name]
    with pytest.raises(error, match=message):
        make()


def test_equality_is_elementwise_and_hashing_by_identity() -> None:
    x = input("x", (3,))
    assert (x == x).instr.type.dtype == "bool"
    assert {x: 1}[x] == 1


def test_data_is_a_fresh_array_that_keeps_its_shape() -> None:
    """Neither the caller's array nor a later assignment is aliased."""
    source = np.zeros(3)
    w = param("w", source)
    source[0] = 1
    assert w.data[0] == 0
    w.data = [1, 2, 3]
    assert w.data.dtype == np.float64
    with pytest.raises(ShapeError, match=r"w\.data"):
        w.data = [1, 2]


def test_parameters_are_params_then_inputs_then_constants() -> None:
    """Each by order of creation; a large array is bound and gets a free name."""
    x, w = input("x"), param("w", 1.0)
    c1, b = param("c1", 2.0), param("unread", 1.0)
    traced = trace([((x * w + c1) * np.arange(65.0))], wrt=[w, b])
    names = [p.hint for p in traced.function.parameters]
    assert names == ["w", "c1", "unread", "x", "c2"]
    assert [leaf.kind for leaf in traced.leaves] == ["param"] * 3 + ["input", "constant"]


def test_two_leaves_of_one_name_are_refused_with_both_lines() -> None:
    pair = param("w", 1.0) * input("w")
    with pytest.raises(NamingError, match=r"test_expr\.py:\d+ and at test_expr\.py:\d+"):
        trace([pair])


def test_variables_name_instructions() -> None:
    x = input("x")
    score = x * 2
    loss = score * score
    reached = {node.key for node in expression_nodes(loss)}
    traced = trace([loss], names=from_frame({"score": score, "loss": loss}, reached))
    assert [i.hint for i in traced.function.body if not i.is_constant] == ["score", "loss"]
    assert constant([1.0]).instr.hint == ""


def test_norm_of_zero_is_zero_and_nan_stays_nan() -> None:
    """The guard that gives the norm a gradient of 0 at 0 hides nothing else."""
    assert F["norm"](np.zeros(3)) == 0
    assert F["norm"](np.array([3.0, 4.0])) == 5
    assert np.isnan(F["norm"](np.array([np.nan, 1.0])))


def test_filled_arrays_keep_shape_and_dtype() -> None:
    x = input("x", ("N", 2), "f32")
    assert F["ones_like"](x).instr.type == x.instr.type
    assert F["zeros_like"](x > 0).instr.type == (x > 0).instr.type


def test_numpys_own_functions_take_expressions() -> None:
    """np.tanh(x) is sg.tanh(x), and an ndarray on the left of an operator stays out of the way."""
    x = input("x", (3,))
    assert np.tanh(x).instr.op.name == "tanh"
    assert (np.ones(3) + x).instr.op.name == "add"
    assert (np.ones((2, 3)) @ x).shape == (2,)
    assert (np.ones(3) < x).dtype == "bool"
    assert (np.float64(2.0) * x).instr.op.name == "multiply"
    assert np.add.reduce(x).instr.op.name == "sum"
    with pytest.raises(TraceError, match=r"np\.subtract\.reduce takes no .*sum"):
        np.subtract.reduce(x)
