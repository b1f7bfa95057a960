"""Every operation that is promised is there, under NumPy's name, in both targets.

Functions are written against a namespace, so that NumPy itself is the oracle where it has the
function; the others are compared with their formulas.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.frontend.arrays import FUNCTIONS
from symgrad.frontend.arrays.trace import trace
from symgrad.ir.run import interpret

PROMISED = """
add subtract multiply divide power negative abs sign square sqrt reciprocal exp exp2 log log2 log10
log1p expm1 sin cos tan asin acos atan atan2 arcsin arccos arctan arctan2 sinh cosh tanh asinh acosh
atanh arcsinh arccosh arctanh sigmoid log_sigmoid softplus relu leaky_relu elu gelu silu erf erfc
maximum minimum clip floor ceil round hypot logaddexp xlogy greater greater_equal less less_equal
equal not_equal logical_and logical_or logical_xor logical_not where piecewise sum mean prod max min
argmax argmin logsumexp softmax log_softmax var std norm any all reshape transpose broadcast_to
expand_dims squeeze concatenate stack hstack vstack ravel swapaxes moveaxis take take_along_axis
scatter_add one_hot cumsum cross select tril triu diag diagonal trace flip matmul dot inner outer
einsum tensordot
stop_gradient isnan isfinite astype full_like zeros_like ones_like
"""

UNARY = """
negative absolute sign square sqrt reciprocal exp exp2 log log2 log10 log1p expm1 sin cos tan
arctan sinh cosh tanh arcsinh floor ceil rint isnan isfinite isinf fabs positive deg2rad degrees
""".split()  # noqa: SIM905
BINARY = """
add subtract multiply divide power arctan2 maximum minimum hypot logaddexp greater greater_equal
less less_equal equal not_equal
""".split()  # noqa: SIM905
REDUCTIONS = ["sum", "mean", "prod", "max", "min", "var", "std"]

Function = Callable[[Any, Any, Any], Any]
A, B = (3, 2), (2,)

OWN: dict[str, tuple[Callable[[Any], Any], Callable[[float], float]]] = {
    "sigmoid": (sg.sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    "log_sigmoid": (sg.log_sigmoid, lambda x: -math.log1p(math.exp(-x))),
    "softplus": (sg.softplus, lambda x: math.log1p(math.exp(x))),
    "relu": (sg.relu, lambda x: max(x, 0.0)),
    "leaky_relu": (sg.leaky_relu, lambda x: x if x > 0 else 0.01 * x),
    "elu": (sg.elu, lambda x: x if x > 0 else math.expm1(x)),
    "gelu": (sg.gelu, lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2)))),
    "silu": (sg.silu, lambda x: x / (1 + math.exp(-x))),
    "erf": (sg.erf, math.erf),
    "erfc": (sg.erfc, math.erfc),
    "ndtr": (sg.ndtr, lambda x: 0.5 * math.erfc(-x / math.sqrt(2))),
    "xlogy": (lambda x: sg.xlogy(x, x * x), lambda x: x * math.log(x * x)),
    "asin": (lambda x: sg.asin(x / 4), lambda x: math.asin(x / 4)),
    "acos": (lambda x: sg.acos(x / 4), lambda x: math.acos(x / 4)),
    "acosh": (lambda x: sg.acosh(x * x + 1), lambda x: math.acosh(x * x + 1)),
    "atanh": (lambda x: sg.atanh(x / 4), lambda x: math.atanh(x / 4)),
    "piecewise": (
        lambda x: sg.piecewise([x < -1, x < 1], [x * x, -x], x + 1),
        lambda x: x * x if x < -1 else -x if x < 1 else x + 1,
    ),
}

STRUCTURAL: dict[str, Function] = {
    "negative axes": lambda np, a, b: np.sum(a, axis=-1) + np.max(a, axis=-1),
    "several axes": lambda np, a, b: np.sum(np.reshape(a * a, (3, 1, 2)), axis=(0, -1)),
    "kept axes": lambda np, a, b: a - np.mean(a, axis=(0, 1), keepdims=True),
    "no axes": lambda np, a, b: np.sum(a, axis=()) + np.prod(a, axis=()),
    "var with ddof": lambda np, a, b: np.var(a, axis=0, ddof=1) + np.std(a, axis=0, ddof=1),
    "any and all": lambda np, a, b: np.where(np.any(a > 1, axis=1) | np.all(a < 0), 1.0, 0.0),
    "logic": lambda np, a, b: np.where(
        np.logical_xor(np.logical_and(a > 0, b > 0), np.logical_not(np.logical_or(a > 1, b > 1))),
        a,
        b,
    ),
    "argmax": lambda np, a, b: np.argmax(a, axis=0) + np.argmin(a, axis=-1, keepdims=True),
    "argmax of all": lambda np, a, b: np.argmax(a) * np.argmin(b),
    "clip": lambda np, a, b: np.clip(a, -1.0, b) + np.clip(a, None, 1.0),
    "round": lambda np, a, b: np.round(a) + np.floor(b) + np.ceil(a) + np.round(a, 1),
    "reshape": lambda np, a, b: np.reshape(a, (2, -1)) + np.ravel(a)[:3],
    "transpose": lambda np, a, b: np.transpose(np.reshape(a, (3, 2, 1)), (2, 0, 1)),
    "swapaxes": lambda np, a, b: np.swapaxes(a, 0, -1) + np.moveaxis(a, 0, -1),
    "expand and squeeze": lambda np, a, b: np.squeeze(np.expand_dims(a, -1) * 2, axis=-1),
    "broadcast_to": lambda np, a, b: np.broadcast_to(b, (4, 3, 2)) * a,
    "concatenate": lambda np, a, b: np.concatenate([a, a * 2], axis=-1),
    "stack": lambda np, a, b: np.stack([a, a + b], axis=1),
    "stack of scalars": lambda np, a, b: np.stack([a[0, 1], b[0], a[2, 0] * 2]),
    "hstack and vstack": lambda np, a, b: np.vstack([np.hstack([a, a]), np.hstack([b, b])]),
    "index": lambda np, a, b: a[1] + a[-1, :] * b[None, 0] + a[..., -1][0],
    "slices": lambda np, a, b: a[::-1, ::-1] * a[:, 1:] + a[2:0:-1][:1],
    "take": lambda np, a, b: np.take(a, [2, 0, -1], axis=0) * np.take(a, [3, 1, 0])[:, None],
    "integer arrays": lambda np, a, b: a[[0, 2], [1, -1]],
    "take_along_axis": lambda np, a, b: np.take_along_axis(a, np.argmax(a, axis=1)[:, None], 1),
    "mask": lambda np, a, b: (
        a[[True, False, True]] * a[1:, [False, True]] + a[a.shape[0] - 1] * b[[True, False]]
    ),
    "mask of all axes": lambda np, a, b: a[[[True, False], [True, True], [False, False]]],
    "one index array": lambda np, a, b: (
        a[1:, [1, 0, 1]] * a[[2, 0], None, 1] + a[None, [0, 1], 0].T
    ),
    "cumsum": lambda np, a, b: np.cumsum(a, axis=0) * np.cumsum(a, axis=-1) + np.cumsum(a)[-2:],
    "cumsum of bools": lambda np, a, b: np.cumsum(a > 0) + np.cumsum(a > 0, axis=1)[0, 1],
    "cross": lambda np, a, b: np.cross(a.T, a.T[0] * 2 - 1) + np.cross(a[:, 0], a, axis=0).T,
    "select": lambda np, a, b: np.select([a > 1, a > b], [a * a, b - a], default=-1.0),
    "moveaxis": lambda np, a, b: np.moveaxis(a[None], (0, 1), (-1, 0)),
    "diff": lambda np, a, b: np.diff(a, axis=0) * np.diff(a)[1:] + np.diff(a, n=2, axis=0),
    "roll": lambda np, a, b: np.roll(a, 1) + np.roll(a, -2, axis=0) * np.roll(b, 4),
    "average": lambda np, a, b: (
        np.average(a, axis=0, weights=b[:1] * b[:1] + a * a)
        + np.average(a, axis=0)
        - np.average(a, axis=1, weights=np.abs(b))[:2] * np.average(b, weights=[1, 2])
    ),
    "ptp": lambda np, a, b: np.ptp(a) + np.ptp(a, axis=0) * np.count_nonzero(a > 0, axis=0),
    "vdot": lambda np, a, b: np.vdot(a, a) * np.vdot(b, b),
    "at least": lambda np, a, b: np.atleast_2d(b) + np.atleast_1d(b[0]) + np.atleast_2d(a[0, 0]),
    "column_stack": lambda np, a, b: np.column_stack([a, a[:, 0]]) * np.column_stack([b[0], 1, 2]),
    "repeat": lambda np, a, b: np.repeat(a, 2, axis=0)[1:4] * np.repeat(b, 2)[2:],
    "tile": lambda np, a, b: np.tile(a, (2, 1, 2)) + np.tile(b, 2) + np.tile(a, 2),
    "split": lambda np, a, b: np.split(a, 3)[1] + np.split(a, [1, 2], axis=0)[2],
    "polyval": lambda np, a, b: np.polyval([1.0, -2.0, 0.5], a) + np.polyval(b, a[0]),
    "flat concatenate": lambda np, a, b: (
        np.concatenate([a, b], axis=None) + np.flipud(np.fliplr(a))[0, 0]
    ),
    "tril and triu": lambda np, a, b: np.tril(a) + np.triu(a, 1) + np.tril(a, -1),
    "diag": lambda np, a, b: np.diag(b, 1)[:2, :2] + np.diag(np.diag(a)),
    "diagonal": lambda np, a, b: np.diagonal(a, -1) + np.trace(a) + np.trace(a, 1),
    "flip": lambda np, a, b: np.flip(a) + np.flip(a, 0) + np.flip(a, (0, -1)),
    "matmul": lambda np, a, b: np.matmul(a, b) + (a @ a.T)[0],
    "matmul of batches": lambda np, a, b: np.stack([a, a * 2]) @ np.stack([a.T, a.T + 1]),
    "dot": lambda np, a, b: np.dot(a, b) + np.inner(a, b) + np.dot(b, b),
    "outer": lambda np, a, b: np.outer(a, b) + np.outer(b, b)[0],
    "einsum": lambda np, a, b: np.einsum("ij,j->i", a, b) + np.einsum("ij->i", a),
    "einsum without arrow": lambda np, a, b: np.einsum("ij,kj", a, a),
    "tensordot": lambda np, a, b: np.tensordot(a, a, axes=((0,), (0,))),
    "like": lambda np, a, b: np.zeros_like(a) + np.ones_like(b) + np.full_like(a, 2),
    "constants of NumPy": lambda np, a, b: a * np.eye(3)[:, :2] + np.arange(2) + np.pi * np.ones(2),
    "python numbers": lambda np, a, b: (2 * a - b / 3) ** 2 + 2.0**b - 1 / (b * b + 1) + abs(-a),
    "comparison of bools": lambda np, a, b: np.where((a > 0) == (b > 0), a, b),
}


def sampled(name: str, shape: tuple[int, ...], dtype: str) -> Any:
    """Numbers in the domain of every function of the tables."""
    rng = np.random.default_rng(7)
    values = rng.uniform(0.3, 2.5, size=shape)
    if name in (*STRUCTURAL, *REDUCTIONS, *BINARY) and name != "power":
        values *= rng.choice([-1.0, 1.0], size=shape)
    return np.rint(values * 2).astype(dtype) if dtype == "int64" else values.astype(dtype)


def agrees(function: Function, a: Any, b: Any, target: str) -> None:
    """Compiled and called, the function gives what NumPy gives: shape, dtype and values."""
    x, y = sg.input("a", a.shape, a.dtype), sg.input("b", b.shape, b.dtype)
    expression = function(sg, x, y)
    with np.errstate(all="ignore"):
        want = np.asarray(function(np, a, b))
        got = sg.function([x, y], expression, target=target)(a, b)
        (reference,) = interpret(sg.function([x, y], expression).ir, [a, b])
    assert expression.shape == want.shape
    tolerance = 2e-6 if "32" in str(a.dtype) else 1e-13
    np.testing.assert_allclose(reference, want, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(np.asarray(got), want, rtol=tolerance, atol=tolerance)
    if target == "numpy" and want.dtype != bool and want.ndim:
        assert got.dtype == want.dtype == expression.dtype


CASES: dict[str, Function] = {
    **{name: lambda np, a, b, name=name: getattr(np, name)(a) for name in UNARY},
    **{name: lambda np, a, b, name=name: getattr(np, name)(a, b) for name in BINARY},
    **{
        name: lambda np, a, b, name=name: getattr(np, name)(a, axis=0) * getattr(np, name)(a)
        for name in REDUCTIONS
    },
    **STRUCTURAL,
}


def test_every_name_is_there() -> None:
    """Each promised name is a function of ``sg`` and has a docstring."""
    assert [n for n in PROMISED.split() if not callable(getattr(sg, n, None))] == []
    assert [n for n in PROMISED.split() if not FUNCTIONS[n].__doc__] == []


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize("name", CASES)
def test_a_function_written_for_numpy_runs(name: str, dtype: str) -> None:
    """In the numpy target, for three dtypes."""
    if dtype == "int64" and name in ("power", "reciprocal", "floor", "ceil", "round"):
        pytest.skip("NumPy refuses or truncates integers here, or does so from some version on")
    agrees(CASES[name], sampled(name, A, dtype), sampled(name, B, dtype), "numpy")


@pytest.mark.parametrize("name", CASES)
def test_numpys_own_function_is_ours(name: str) -> None:
    """Called with expressions, NumPy's functions build what those of ``sg`` build."""
    x, y = sg.input("a", A), sg.input("b", B)
    theirs, ours = (trace([CASES[name](module, x, y)]).function for module in (np, sg))
    assert theirs.structure(names=False) == ours.structure(names=False)


@pytest.mark.parametrize("name", CASES)
def test_a_function_written_for_numpy_runs_without_it(name: str) -> None:
    """In the python target."""
    agrees(CASES[name], sampled(name, A, "float64"), sampled(name, B, "float64"), "python")


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("shapes", [((1, 1), (1,)), ((0, 2), (2,)), ((2, 0), (0,)), ((3, 1), (2,))])
@pytest.mark.parametrize("name", [*UNARY, *BINARY, "sum", "prod"])
def test_sizes_1_and_0_broadcast(name: str, shapes: Any, target: str) -> None:
    """As in NumPy."""
    a, b = (sampled(name, shape, "float64") for shape in shapes)
    if target == "python" and 0 in (*a.shape, *b.shape):
        x = sg.input("a", a.shape)
        assert np.size(sg.function([x], CASES["exp"](sg, x, None), target=target)(a)) == 0
        return
    agrees(CASES[name], a, b, target)


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", OWN)
def test_a_function_that_numpy_lacks_is_its_formula(name: str, target: str) -> None:
    """Values by the formula; the gradient is the limit of its differences."""
    function, formula = OWN[name]
    points = np.array([-2.3, -0.7, 0.4, 1.9])
    x = sg.param("x", points)
    f = sg.compile(sg.sum(function(x)), aux=function(x), target=target)
    (_, values), (d_x,) = f()
    np.testing.assert_allclose(values, [formula(p) for p in points], rtol=1e-12)
    h = 1e-6
    slopes = [(formula(p + h) - formula(p - h)) / (2 * h) for p in points]
    np.testing.assert_allclose(d_x, slopes, rtol=1e-7, atol=1e-8)


LATER = {"reshape": {"shape": "newshape"}}  # NumPy 2.0 still has the older name


def test_parameters_are_called_as_numpys() -> None:
    """Behind the array, each parameter has the name and the default of NumPy's function."""
    for name, ours in FUNCTIONS.items():
        theirs = getattr(np, name, None)
        if theirs is None or isinstance(theirs, np.ufunc) or name in ("piecewise", "einsum"):
            continue
        try:
            known = inspect.signature(theirs).parameters
        except ValueError:
            continue  # written in C, without a signature
        given = list(inspect.signature(ours).parameters.values())[1:]
        for p in [p for p in given if p.kind is not p.KEYWORD_ONLY]:
            called = p.name if p.name in known else LATER.get(name, {}).get(p.name)
            assert called in known, f"{name}: {p.name}"
            default, none = known[called].default, inspect.Parameter.empty
            # NumPy gains defaults from version to version, such as the axis of take_along_axis.
            same = p.default == default or none in (default, p.default)
            assert same or "no value" in repr(default), f"{name}: {p.name}"


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(
    "layout", ["fortran", "strided", "read-only", "reversed", "list", "float32", "big-endian"]
)
def test_any_layout_of_an_array_is_taken_and_none_is_changed(layout: str, target: str) -> None:
    """Results are the same, fresh, and share no memory with an argument or each other."""
    plain = np.arange(6.0).reshape(2, 3) / 2
    read_only = plain.copy()
    read_only.flags.writeable = False
    given: Any = {
        "fortran": np.asfortranarray(plain),
        "strided": np.repeat(plain, 2, axis=1)[:, ::2],
        "read-only": read_only,
        "reversed": plain[::-1, ::-1].copy()[::-1, ::-1],
        "list": plain.tolist(),
        "float32": plain.astype(np.float32),
        "big-endian": plain.astype(">f8"),
    }[layout]
    before = np.array(given)
    w = sg.param("w", np.zeros((2, 3)))
    f = sg.compile(
        sg.sum(w) + sg.sum(w.T * w.T), aux=(w, w.T, w[0], w.reshape(3, 2)), target=target
    )
    (value, aux), (d_w,) = f(given)
    assert value == plain.sum() + (plain**2).sum()
    np.testing.assert_array_equal(d_w, 1 + 2 * plain)
    for got, want in zip(aux, (plain, plain.T, plain[0], plain.reshape(3, 2)), strict=True):
        np.testing.assert_array_equal(got, want)
    if target == "numpy":
        arrays = [*aux, d_w, *([given] if isinstance(given, np.ndarray) else [])]
        for i, one in enumerate(arrays):
            assert not any(np.shares_memory(one, other) for other in arrays[:i])
            if i < len(aux) + 1:
                one[...] = -1.0
    np.testing.assert_array_equal(given, before)
    np.testing.assert_array_equal(f(given)[1].w, 1 + 2 * plain)
