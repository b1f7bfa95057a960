"""NumPy's own functions, sizes, and indices, on expressions and on micrograd's scalars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import ShapeError
from symgrad.frontend.arrays import FUNCTIONS
from symgrad.frontend.numpy_protocol import ours

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


def test_each_function_that_shares_its_name_is_found() -> None:
    """By ``__name__``, whichever alias of it a program uses; np.piecewise means something else."""
    shared = [n for n in FUNCTIONS if hasattr(np, n) and n not in ("piecewise", "astype")]
    assert len(shared) > 90
    for name in shared:
        assert ours(getattr(np, name).__name__) is not None, name
    assert ours("piecewise") is None
    assert ours("norm", "numpy.linalg") is FUNCTIONS["norm"]
    assert ours("sum", "numpy.fft") is None


@pytest.mark.parametrize(
    "function",
    [
        lambda m, x: m.linalg.norm(x, axis=1),
        lambda m, x: m.linalg.norm(x),
        lambda m, x: m.linalg.norm(x, 1, axis=1),
        lambda m, x: m.linalg.norm(x, np.inf, 0, True),
        lambda m, x: m.linalg.norm(x, -np.inf, 1),
        lambda m, x: m.linalg.norm(x, "fro"),
        lambda m, x: m.linalg.norm(x[0], 2),
        lambda m, x: np.add.reduce(x) + np.multiply.reduce(x, axis=0, keepdims=True)[0],
        lambda m, x: np.maximum.reduce(x, axis=1) * np.minimum.reduce(x, axis=None),
        lambda m, x: np.add.accumulate(x) + np.multiply.outer(x[0], x[1])[:2],
        lambda m, x: np.float64(2.0) / (3.0 + x * x) - np.float64(1.5) * x ** np.int64(2),
        lambda m, x: np.array([1.0, 2.0, 3.0]) * x - x @ np.array([1.0, 2.0, 3.0])[:, None],
        lambda m, x: np.sum(a=x, axis=-1) + np.shape(x)[0] + np.ndim(x) * np.size(x),
        lambda m, x: np.einsum("ij,kj->ik", x, x, optimize=True),
        lambda m, x: np.var(x, 0, ddof=1) + np.clip(x, -0.5, a_max=1.0) + np.clip(x, 0.0, None),
        lambda m, x: x.cumsum(1) + x.round(1) + x[:, :2].trace() + x.take([0, 1, 2], axis=1),
        lambda m, x: x[:, :2].diagonal(),
    ],
)
def test_what_numpy_computes_is_computed(function: Any) -> None:
    """Positions and names of arguments are NumPy's."""
    x = sg.input("x", X.shape)
    got = sg.function([x], function(np, x))(X)
    np.testing.assert_allclose(got, function(np, X), rtol=1e-14)


@pytest.mark.skipif(np.__version__ < "2.1", reason="NumPy 2.0 has no such argument")
def test_clip_takes_one_end_by_name() -> None:
    x = sg.input("x", X.shape)
    np.testing.assert_array_equal(sg.function([x], np.clip(x, min=0.0))(X), np.clip(X, min=0.0))


def test_numpys_functions_take_scalars() -> None:
    """np.maximum of a Value is sg.maximum, whose other branch is kept; arrays hold objects."""
    v = sg.Value(-0.5, label="v")
    f = sg.compile(np.maximum(v, 0.25) + np.where(v > 0.0, v, 2.0 * v), [v])
    value, grads = f([1.0])
    assert (value, grads.tolist()) == (2.0, [2.0])
    assert (np.sqrt(sg.Value(4.0)).data, np.clip(v, 0.0, 1.0).data) == (2.0, 0.0)
    assert [x.data for x in np.array([1.0, 2.0]) * v] == [-0.5, -1.0]
    assert isinstance(np.float64(0.0) > v, type(v > 0.0))
    assert ((np.float64(3.0) - v).data, np.sum([v, v]).data) == (3.5, -1.0)
    assert [x.data for x in np.stack([v, v])] == [-0.5, -0.5]


def test_a_traced_function_may_call_numpy() -> None:
    """What is traced is a scalar like any other."""
    w = sg.Value(0.5, label="w")

    def loss(x: Any) -> Any:
        return np.where(w * x > 1.0, np.log1p(w), np.float64(2.0) * np.maximum(w, x))

    f = sg.value_and_grad(loss, [w])
    assert f(4.0) == (np.log1p(0.5), pytest.approx([1 / 1.5]))
    value, grads = f(0.25)
    assert (value, grads.tolist()) == (1.0, [2.0])


@pytest.mark.parametrize(
    ("make", "right"),
    [
        (lambda x, n: sg.sum(x) / n, lambda a: a.sum() / 2),
        (lambda x, n: sg.sum(x) / (3 * n - 1), lambda a: a.sum() / 5),
        (lambda x, n: 1 / n * sg.sum(x) + n * 2, lambda a: a.sum() / 2 + 4),
        (lambda x, n: sg.sum(x * n) - sg.sqrt(n) ** n, lambda a: a.sum() * 2 - 2.0),
        (lambda x, n: sg.where(n > 1, sg.sum(x), 0.0), lambda a: a.sum()),
        (lambda x, n: sg.where(n == 3, sg.sum(x), n**0.5), lambda a: 2**0.5),
        (lambda x, n: sg.sum(x / (n - np.float64(1.5))), lambda a: (a / 0.5).sum()),
        (lambda x, n: sg.sum(x[n - 1] * x[: n - 1]), lambda a: (a[1] * a[:1]).sum()),
        (lambda x, n: sg.sum(sg.ones(x.shape) * n), lambda a: 12.0),
        (lambda x, n: sg.sum(sg.arange(n) * x[:, 0]), lambda a: a[1, 0]),
        (lambda x, n: sg.sum(sg.arange(1, n + 1) * x[:, 0]), lambda a: a[0, 0] + 2 * a[1, 0]),
        (lambda x, n: sg.sum(sg.reshape(x, (3 * n,))[n:]), lambda a: a.ravel()[2:].sum()),
        (lambda x, n: sg.sum(np.tile(x[0], (n, 1))) + 0 * n, lambda a: 2 * a[0].sum()),
        (lambda x, n: sg.sum(np.repeat(x[0], n) ** 2), lambda a: 2 * (a[0] ** 2).sum()),
        (lambda x, n: sg.sum(x) / x.size, lambda a: a.mean()),
        (lambda x, n: np.array([1.0, 2.0]) @ sg.stack([n / 2, n * 2]), lambda a: 9.0),
    ],
)
def test_a_size_is_computed_with(make: Any, right: Any) -> None:
    """The number that it has at the call, in values and as a divisor of gradients."""
    x = sg.input("x", ("N", 3))
    loss = make(x, x.shape[0]) + 0.0 * sg.param("w", 1.0) * sg.sum(x)
    assert sg.compile(loss)(x=X)[0] == pytest.approx(right(X), rel=1e-14)
    assert sg.compile(loss, target="python", sizes={"N": 2})(x=X)[0] == pytest.approx(right(X))


@pytest.mark.parametrize(
    "make",
    [
        lambda z, n: z / n,
        lambda z, n: z * (n * 0.5),
        lambda z, n: z ** (1 / n) - -(n / 2) * z,
        lambda z, n: z + (n**0.5 * 2.0 - 1),
        lambda z, n: z * np.float64(2.0) / n,
        lambda z, n: z * np.sqrt(n),
    ],
)
def test_a_number_made_of_sizes_has_the_dtype_of_what_it_meets(make: Any) -> None:
    """As Python's own numbers have; those of NumPy keep theirs."""
    z = sg.input("z", ("N",), "f32")
    array = np.array([0.5, 2.0], np.float32)
    got = sg.function([z], make(z, z.shape[0]))(array)
    want = make(array, len(array))
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_a_size_declares_shapes_and_stays_a_text() -> None:
    """It is the name, and exact arithmetic gives the name of another size."""
    x = sg.input("x", ("N", 3))
    n = x.shape[0]
    assert n == "N"
    assert {n: 1}["N"] == 1
    assert (f"{n}", x.shape, -n) == ("N", ("N", 3), "-N")
    assert (2 * n - n, n - n, n * n // n, n + 1) == ("N", 0, "N", "N + 1")
    assert sg.input("y", x.shape).instr.type == x.instr.type
    w = sg.param("w", np.ones(3))
    assert str(sg.compile(sg.sum(x @ w), sizes={n: 2}).signature.arguments[1].type) == "f64[2, 3]"


def test_the_mean_as_a_quotient_reads_as_it_is_written() -> None:
    """A sum over a size is a sum over a size, in the text too."""
    z = sg.input("z", ("N",))
    mean = sg.sum(z) / z.shape[0]
    assert "mean = z.sum() / N" in sg.function([z], mean).source


def test_no_examples_are_refused_where_the_text_would_divide_by_their_count() -> None:
    """Python's own division would raise ZeroDivisionError."""
    w, x = sg.param("w", np.ones(3)), sg.input("x", ("N", 3))
    f = sg.compile(sg.sum(x @ w) / x.shape[0])
    with pytest.raises(ShapeError, match=r"N is 0 in x, expected N >= 1 for the division by N"):
        f(x=np.zeros((0, 3)))


def test_the_package_shows_its_public_names_and_knows_near_misses() -> None:
    """No helper of its own; a typo of a name or of a method says what was meant."""
    own = dir(sg)
    assert {"sum", "compile", "param", "losses", "pi", "cumsum"} <= set(own)
    assert not {"import_module", "Any", "METHODS", "annotations", "TYPE_CHECKING"} & set(own)
    assert [n for n in own if n.startswith("_")] == ["__version__"]
    with pytest.raises(AttributeError, match="'sofmax'; did you mean 'softmax'"):
        _ = sg.sofmax
    x = sg.input("x", ("N", 3))
    with pytest.raises(AttributeError, match=r"no .meen; did you mean 'mean'"):
        x.meen()
    with pytest.raises(AttributeError, match=r"no .tanh; write sg.tanh\(x\)"):
        x.tanh()
    assert not hasattr(x, "__array_interface__")


def test_a_choice_by_a_size_is_certified() -> None:
    """Between points of different sizes there is no way on which to look for a tie."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.ones(3))
    r = x @ w
    certificate = sg.compile(sg.where(x.shape[0] > 3, sg.sum(r), sg.sum(r * r))).verify()
    assert certificate.verdict == "verified"
    assert "no tie met in line" in str(certificate)
