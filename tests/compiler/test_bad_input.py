"""Bad input: what the user gets, in both targets, row by row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import (
    ArgumentError,
    DomainError,
    DTypeError,
    LimitError,
    NamingError,
    ShapeError,
)

INF, NAN = math.inf, math.nan
TARGETS = ["numpy", "python"]

# A function of one number, the number, what NumPy gives, its derivative, and strict's words.
Row = tuple[Callable[[Any], Any], float, float, float, str]
OUTSIDE: dict[str, Row] = {
    "log(0)": (sg.log, 0.0, -INF, INF, r"log of 0\.0 is -inf"),
    "log(-1)": (sg.log, -1.0, NAN, -1.0, r"log of -1\.0 is nan"),
    "1/0": (lambda x: 1 / x, 0.0, INF, -INF, r"(divide of 1\.0 and|reciprocal of) 0\.0 is inf"),
    "x/0": (lambda x: x / 0.0, 1.0, INF, INF, r"divide of 1\.0 and 0\.0 is inf"),
    "0/0": (lambda x: x / x, 0.0, NAN, NAN, r"divide of 0\.0 and 0\.0 is nan"),
    "exp(1000)": (sg.exp, 1000.0, INF, INF, r"exp of 1000\.0 is inf"),
    "expm1(1000)": (sg.expm1, 1000.0, INF, INF, r"expm1 of 1000\.0 is inf"),
    "sinh(-1000)": (sg.sinh, -1000.0, -INF, INF, r"sinh of -1000\.0 is -inf"),
    "(-8)**(1/3)": (lambda x: x ** (1 / 3), -8.0, NAN, NAN, r"power of -8\.0 and 0\.333\d* is nan"),
    "0**-1": (lambda x: x**-1.0, 0.0, INF, -INF, r"of 0\.0.* is inf"),
    "(1e200)**2": (lambda x: x**2, 1e200, INF, 2e200, r"of 1e\+200.* is inf"),
    "(1e200)**3": (lambda x: x**3, -1e200, -INF, INF, r"square of -1e\+200 is inf"),
    "sqrt(-1)": (sg.sqrt, -1.0, NAN, NAN, r"sqrt of -1\.0 is nan"),
    "arcsin(2)": (sg.arcsin, 2.0, NAN, NAN, r"arcsin of 2\.0 is nan"),
    "log1p(-1)": (sg.log1p, -1.0, -INF, INF, r"log1p of -1\.0 is -inf"),
    "arctanh(1)": (sg.arctanh, 1.0, INF, INF, r"arctanh of 1\.0 is inf"),
    "2**2000": (lambda x: 2.0**x, 2000.0, INF, INF, r"of .*2000\.0 is inf"),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_of_a_domain_floats_do_as_numpys_do(name: str, target: str) -> None:
    """-inf, inf or nan, and the derivative's formula; never an exception or a complex number."""
    build, point, value, slope, _ = OUTSIDE[name]
    f = sg.compile(build(sg.param("x", point)), target=target)
    with np.errstate(all="ignore"):
        got, (d_x,) = f()
        np.testing.assert_equal(got, value)
        np.testing.assert_allclose(d_x, slope, rtol=1e-14)
        assert type(got) is type(d_x) is float
        # what NumPy itself gives for the same function
        np.testing.assert_equal(float(np.asarray(build(np.float64(point)))), value)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", OUTSIDE)
def test_strict_names_the_operation_the_line_and_the_value(name: str, target: str) -> None:
    """DomainError instead of a number that is none."""
    build, point, *_, words = OUTSIDE[name]
    f = sg.compile(build(sg.param("x", point)), target=target, strict=True)
    with pytest.raises(DomainError, match=rf"{words}; built at test_bad_input\.py:\d+"):
        f()
    if name != "x/0":
        assert f(0.5)[0] == pytest.approx(float(build(np.float64(0.5))))


@pytest.mark.parametrize("target", TARGETS)
def test_strict_finds_the_element_on_the_branch_that_was_taken(target: str) -> None:
    """log(0) of the other branch is no fault; 1/0 is."""
    x = sg.param("x", np.array([0.0, 2.0, 0.0]))
    y = sg.where(x > 1, 1 / (x - 2), sg.where(x > 0, sg.log(x), x))
    f = sg.compile(sg.sum(y), target=target, strict=True)
    with pytest.raises(DomainError, match=r"0\.0 is inf at index 1; built at test_bad_input"):
        f()
    assert f([0.0, 3.0, 0.0])[0] == 1.0
    with pytest.raises(DomainError, match=r"x is nan at index 2; expected a finite number"):
        f([0.0, 3.0, NAN])


def test_strict_says_where_a_gradient_is_infinite() -> None:
    """sqrt(0) is finite, its derivative is not."""
    f = sg.compile(sg.sqrt(sg.param("x", 0.0)), strict=True)
    with pytest.raises(DomainError, match=r"is inf; in the gradient of test_bad_input\.py:\d+"):
        f()
    g = f.bind()
    with pytest.raises(DomainError):
        g(0.0)
    with pytest.raises(DomainError):
        f.flat()(np.zeros(1))


def test_strict_judges_scalar_programs_too() -> None:
    """theta is one vector, whose entries are the program's parameters."""
    from symgrad.engine import Value

    a, b = Value(1.0), Value(2.0)
    f = sg.compile((a / b).log(), wrt=[a, b], target="python", strict=True)
    assert f([1.0, 1.0])[0] == 0.0
    with pytest.raises(DomainError, match=r"log of 0\.0 is -inf"):
        f([0.0, 1.0])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["max", "min", "maximum", "minimum", "clip", "relu", "sum"])
def test_nan_stays_nan(name: str, target: str) -> None:
    """In both targets, wherever it stands."""
    for row in ([NAN, 1.0, 2.0], [1.0, NAN, 2.0], [1.0, 2.0, NAN]):
        x = sg.param("x", row)
        whole = {
            "maximum": lambda x: sg.sum(sg.maximum(x, 1.5)),
            "minimum": lambda x: sg.sum(sg.minimum(1.5, x)),
            "clip": lambda x: sg.sum(sg.clip(x, 0, 1)),
            "relu": lambda x: sg.sum(sg.relu(x)),
        }.get(name, lambda x: getattr(sg, name)(x))
        with np.errstate(all="ignore"):
            value, _ = sg.compile(whole(x), target=target)()
        assert math.isnan(value)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("given", [3, np.int32(3), np.float32(3.0), np.array(3), np.float64(3.0)])
def test_an_integer_becomes_a_float_at_entry(target: str, given: Any) -> None:
    """Value and gradient are floats."""
    f = sg.compile(sg.square(sg.param("w", 1.0)), target=target)
    value, (d_w,) = f(given)
    assert (value, d_w) == (9.0, 6.0)
    assert type(value) is type(d_w) is float


@pytest.mark.parametrize("target", TARGETS)
def test_integers_stay_integers_and_bools_are_refused(target: str) -> None:
    """An input of int64 takes no float; a float argument takes no bool."""
    n, w = sg.input("n", (2,), int), sg.param("w", 1.0)
    f = sg.compile(w * sg.sum(n), target=target)
    assert f(n=[2**53, 1])[0] == 2.0**53
    for wrong in ([1.5, 2.0], [True, False]):
        with pytest.raises(DTypeError, match="n: expected i64"):
            f(n=wrong)
    with pytest.raises(DTypeError, match="w: expected f64"):
        f(w=True, n=[1, 2])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_reductions_of_nothing(target: str, shape: tuple[int, ...]) -> None:
    """The sum is 0, the product 1, the mean nan; gradients are empty."""
    x = sg.param("x", np.zeros(shape))
    for name, want in (("sum", 0.0), ("prod", 1.0), ("mean", NAN), ("var", NAN), ("norm", 0.0)):
        value, (d_x,) = sg.compile(getattr(sg, name)(x), target=target)()
        np.testing.assert_equal(value, want)
        # Tuples of no tuples have no second size.
        assert np.array(d_x).shape == (shape if target == "numpy" or shape[0] else (0,))
    for name in ("max", "min", "argmax", "argmin", "logsumexp"):
        with pytest.raises(ValueError, match=rf"{name}: axis \d .*empty.*test_bad_input\.py"):
            getattr(sg, name)(x)


def test_float32_stays_float32() -> None:
    """Weak numbers take it; it meets float64 as in NumPy; overflow is inf of float32."""
    w, x = sg.param("w", np.float32([1.5, 2.0])), sg.input("x", (2,), np.float32)
    f = sg.compile(sg.sum(w * x * 3 + 0.1))
    value, (d_w,) = f(x=np.float32([1.0, 2.0]))
    want = np.float32([1.5, 2.0]) * np.float32([1.0, 2.0]) * np.float32(3) + np.float32(0.1)
    assert value == float(want.sum())
    assert d_w.dtype == np.float32
    assert (w * sg.input("d", (2,))).dtype == np.float64
    with np.errstate(over="ignore"):
        assert sg.compile(sg.sum(sg.exp(w * 100)))()[0] == INF


def test_a_parameter_that_the_loss_does_not_reach_is_noted() -> None:
    """Its gradient is zero, and the function says so."""
    w, unused = sg.param("w", 2.0), sg.param("unused", np.ones((2, 2)))
    f = sg.compile(w * w, wrt=[w, unused])
    np.testing.assert_array_equal(f()[1].unused, np.zeros((2, 2)))
    assert "unused" in " ".join(f.notes)
    assert "does not reach unused" in f.source


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("constant", [INF, -INF, NAN, -0.0, -1.5, 1e-320, 2**53 + 1])
def test_a_constant_is_emitted_as_it_is(target: str, constant: float) -> None:
    """By name where it has no literal, in brackets where it is negative."""
    x = sg.param("x", 2.0)
    with np.errstate(all="ignore"):
        value, _ = sg.compile(sg.maximum(x - constant, constant) * 1.0, target=target)()
    np.testing.assert_equal(value, float(np.maximum(2.0 - constant, constant)))
    assert math.copysign(1.0, value) == math.copysign(1.0, np.maximum(2.0 - constant, constant))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "name",
    ["lambda", "class", "len", "float", "np", "x", "exp", "print", "None_", "match", "_", "d"],
)
def test_a_name_that_means_something_is_mangled(name: str, target: str) -> None:
    """The emitted text keeps clear of it; the caller's keyword stays."""
    x, a = sg.param(name, 2.0), sg.input("a_" if name == "x" else "x")
    f = sg.compile(sg.exp(x * a), target=target)
    value, grads = f(**{a.name: 0.5, name: 1.0})
    assert value == pytest.approx(math.exp(0.5))
    assert grads[name] == pytest.approx(0.5 * math.exp(0.5))


@pytest.mark.parametrize("size", ["x", "w", "N", "loss", "f", "N_1", "product", "d_w", "sigmoid"])
def test_a_size_keeps_its_name_beside_values_of_that_name(size: str) -> None:
    """Sizes are written as they are, so the values give way."""
    x, w = sg.input("x", (size, 2)), sg.param("w", np.ones(2))
    f = sg.compile(sg.mean(sg.concatenate([x @ w, sg.relu(x @ w)[1:]])))
    assert f(x=np.ones((3, 2)))[0] == 2.0


@pytest.mark.parametrize("size", ["lambda", "len", "np", "float", "max", "raise", "__a", "_"])
def test_a_size_that_the_text_needs_for_itself_is_refused(size: str) -> None:
    """It would be a variable of the emitted function."""
    with pytest.raises(NamingError, match=rf"{size!r}.*choose another.*test_bad_input\.py"):
        sg.input("x", (size, 2))


@pytest.mark.parametrize("helper", ["sigmoid", "softplus"])
def test_a_size_named_as_a_helper_is_refused(helper: str) -> None:
    """The helper could not be called."""
    x, w = sg.input("x", (helper, 2)), sg.param("w", np.ones(2))
    with pytest.raises(NamingError, match=repr(helper)):
        sg.compile(sg.mean(sg.softplus(x @ w)))


def test_a_graph_over_the_limit_is_refused_with_count_and_setting() -> None:
    """Before anything is derived from it."""
    x = sg.param("x", 1.0)
    y = x
    for _ in range(50):
        y = sg.sin(y)
    with pytest.raises(LimitError, match=r"51 instructions|50 instructions.*'limit' allows 40"):
        sg.compile(y, limit=40)
    assert sg.compile(y, limit=60)()[0] < 1.0


def test_sizes_are_fixed_when_compiling() -> None:
    """The python target takes the program then, and other sizes are refused at the call."""
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.array([1.0, -2.0]))
    loss = sg.mean(sg.square(x @ w)[1:]) + sg.mean(x)
    X = np.random.default_rng(0).normal(size=(4, 2))
    want, want_grads = sg.compile(loss)(x=X)
    for target in TARGETS:
        f = sg.compile(loss, target=target, sizes={"N": 4})
        value, grads = f(x=X)
        assert value == pytest.approx(want)
        np.testing.assert_allclose(grads.w, want_grads.w)
        assert "N" not in str(f.signature)
        with pytest.raises(ShapeError, match=r"x: expected f64\[4, 2\]"):
            f(x=X[:3])
    g = sg.function(None, x @ w, sizes={"N": 4}, target="python")
    np.testing.assert_allclose(g(w.data, X), X @ w.data)


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ({"M": 3}, ArgumentError, "no size is named 'M'; the named sizes are: N"),
        ({"NN": 3}, ArgumentError, "did you mean 'N'"),
        ({"N": -1}, ArgumentError, "ints >= 0, got 'N': -1"),
        ({"N": 2.0}, ArgumentError, "ints >= 0"),
        ({"N": True}, ArgumentError, "ints >= 0"),
        (3, ArgumentError, "expected a dict"),
        ({"N": 2}, ShapeError, r"N = 2, expected N >= 3 for the slice of x; built at test_bad"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes: Any, error: Any, message: str) -> None:
    """With the nearest name, or what the program needs of the size."""
    x, w = sg.input("x", ("N",)), sg.param("w", 1.0)
    with pytest.raises(error, match=message):
        sg.compile(sg.sum(x[3:] * w), sizes=sizes)


def test_a_size_that_no_argument_tells_is_refused() -> None:
    """2*N alone could be odd; with N beside it, it is checked."""
    y, w = sg.input("y", ("2*N",)), sg.param("w", 1.0)
    with pytest.raises(ShapeError, match=r"y: 2\*N does not tell N.*built at test_bad_input"):
        sg.compile(sg.mean(y) * w)
    assert sg.compile(sg.mean(y) * w, sizes={"N": 2})(y=np.ones(4))[0] == 1.0
    f = sg.compile(sg.mean(y) * w + sg.sum(sg.input("x", ("N",))))
    with pytest.raises(ShapeError, match=r"y: expected 2\*N = 4, got 5"):
        f(y=np.ones(5), x=np.ones(2))


def test_a_masked_array_is_refused() -> None:
    """Its mask would be dropped without a word."""
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    f = sg.compile(sg.sum(sg.param("w", np.ones(2))))
    with pytest.raises(DTypeError, match=r"w: .* masked array"):
        f(masked)
    with pytest.raises(DTypeError, match="w: a masked array"):
        sg.param("w", masked)


def test_no_leaf_to_differentiate_by_is_refused() -> None:
    """An empty list is no wish for the default."""
    x = sg.param("x", 1.0)
    with pytest.raises(ArgumentError, match="expected at least one leaf, got none"):
        sg.compile(x * x, wrt=[])
