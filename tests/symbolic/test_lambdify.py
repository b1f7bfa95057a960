"""``sg.lambdify`` beside SymPy's: the same calls, the same values, and the gradient."""

import doctest
import importlib
import pickle

import numpy as np
import pytest
import sympy as sp
from counting import calls

import symgrad as sg
from symgrad.errors import ArgumentError, DTypeError, ShapeError, UnsupportedError

x, y, z = sp.symbols("x y z")
FORMULA = sp.exp(-(x**2)) * sp.sin(y) + sp.sqrt(z) / (x + 2) + sp.Max(x, y)


def test_a_scalar_formula_gives_value_and_gradient():
    """f(*args) is (value, gradient), as SymPy's own function of f and its derivatives."""
    f = sg.lambdify([x, y, z], FORMULA, grad=True)
    g = sp.lambdify([x, y, z], [FORMULA, *(FORMULA.diff(s) for s in (x, y, z))])
    value, gradient = f(0.3, 1.1, 2.0)
    np.testing.assert_allclose([value, *gradient], g(0.3, 1.1, 2.0), rtol=1e-14)
    assert f(1, 2, 3)[0] == pytest.approx(g(1, 2, 3)[0])
    assert sg.lambdify([x, y, z], FORMULA)(0.3, 1.1, 2.0) == value
    assert "def lambdified(x, y, z):" in f.source
    assert "numpy" not in f.source


def test_arrays_broadcast_and_the_gradient_has_their_shape():
    """Each element is one evaluation; a constant output is repeated, as a value of each point."""
    f = sg.lambdify([x, y, z], FORMULA, grad=True)
    g = sp.lambdify([x, y, z], [FORMULA, *(FORMULA.diff(s) for s in (x, y, z))])
    X, Y = np.linspace(-1, 1, 6).reshape(2, 3), np.array([0.5, 0.6, 0.7])
    value, gradient = f(X, Y, 2.0)
    assert value.shape == gradient[2].shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        want = g(X[i, j], Y[j], 2.0)
        got = [value[i, j], *(d[i, j] for d in gradient)]
        np.testing.assert_allclose(got, want, rtol=1e-13)
    both = sg.lambdify([x], [x**2, 3])(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(both[1], [3.0, 3.0])


def test_arguments_and_outputs_nest():
    """Lists, tuples and matrices of symbols come in, and out, as SymPy arranges them."""
    a, b, c, d = sp.symbols("a:d")
    args = [x, [y, (z, a)], sp.Matrix([[b, c]])]
    values = (1.0, [2.0, (3.0, 4.0)], np.array([[5.0, 6.0]]))
    outputs = [x * y, (z * a, [b]), sp.Matrix([[c, x], [y, 2]])]
    theirs = sp.lambdify(args, outputs[:2])(*values[:2], [5.0, 6.0])
    f = sg.lambdify(args, outputs)
    got = f(*values)
    assert got[:2] == theirs == [2.0, (12.0, [5.0])]
    np.testing.assert_array_equal(got[2], [[6.0, 1.0], [2.0, 2.0]])
    value, gradient = sg.lambdify(args, x * y + z * a * c + b, grad=True)(*values)
    assert value == 79.0
    assert gradient[:2] == (2.0, (1.0, (24.0, 18.0)))
    np.testing.assert_array_equal(gradient[2], [[1.0, 12.0]])
    with pytest.raises(ArgumentError, match="d is bound to nothing"):
        sg.lambdify(args, d)
    assert f(1.0, [2.0, (3.0, 4.0)], [5.0, 6.0])[:2] == theirs  # SymPy's own reads it flat
    with pytest.raises(ShapeError, match="holds 3 values, expected 2"):
        f(1.0, [2.0, (3.0, 4.0)], [5.0, 6.0, 7.0])
    with pytest.raises(ArgumentError, match="expected 3 arguments, got 1"):
        f(1.0)


def test_one_symbol_needs_no_list():
    """lambdify(x, f): the gradient is then one number, not a tuple."""
    f = sg.lambdify(x, x**3, grad=True)
    assert f(2.0) == (8.0, 12.0)
    np.testing.assert_array_equal(f([1.0, 2.0])[1], [3.0, 12.0])


def test_matrices_and_indexed_arrays_are_arguments_as_a_whole():
    """MatrixSymbol, IndexedBase and DeferredVector take arrays; so do their gradients."""
    A, v = sp.MatrixSymbol("A", 2, 2), sp.MatrixSymbol("v", 2, 1)
    value, (dA, dv) = sg.lambdify([A, v], (v.T * A * v)[0, 0], grad=True)(
        np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [2.0]])
    )
    assert value == 27.0
    np.testing.assert_array_equal(dA, [[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_array_equal(dv, [[12.0], [21.0]])
    i, n = sp.symbols("i n", integer=True)
    u = sp.IndexedBase("u", shape=(n,))
    value, (du, dx) = sg.lambdify([u, x], sp.Sum(x * u[i] ** 2, (i, 0, n - 1)), grad=True)(
        np.array([1.0, 2.0, 3.0]), 2.0
    )
    assert (value, dx) == (28.0, 14.0)
    np.testing.assert_array_equal(du, [4.0, 8.0, 12.0])
    w = sp.DeferredVector("w")
    value, (dw,) = sg.lambdify([w], w[0] * w[2], grad=True)([2.0, 5.0, 7.0, 9.0])
    assert (value, dw) == (14.0, (7.0, 0.0, 2.0))


def test_functions_of_time_and_their_derivatives_are_arguments():
    """What sympy.physics.mechanics hands over: q(t) and its derivative, as two numbers."""
    t = sp.Symbol("t")
    q = sp.Function("q")(t)
    energy = q.diff(t) ** 2 / 2 - sp.cos(q)
    value, gradient = sg.lambdify([q, q.diff(t)], energy, grad=True)(0.5, 2.0)
    assert value == pytest.approx(2.0 - np.cos(0.5))
    assert gradient == pytest.approx((np.sin(0.5), 2.0))


@pytest.mark.parametrize(
    "name", ["lambda", "x_{1}", r"\theta", "__import__('os')", "1", "n_points"]
)
def test_any_name_of_a_symbol_is_safe(name):
    """Names are made identifiers; none of them is run as SymPy's lambdify would."""
    s = sp.Symbol(name)
    f = sg.lambdify([s, x], s * x, grad=True)
    assert f(2.0, 3.0) == (6.0, (3.0, 2.0))
    np.testing.assert_array_equal(f([2.0, 1.0], 3.0)[0], [6.0, 3.0])


def test_modules_say_where_it_runs():
    """math takes floats alone, numpy and scipy arrays; the rest is refused by name."""
    assert sg.lambdify([x], sp.erf(x), "math")(0.5) == pytest.approx(0.5204998778)
    with pytest.raises(ShapeError, match="math"):
        sg.lambdify([x], x, "math")([1.0])
    np.testing.assert_array_equal(sg.lambdify([x], 2 * x, ["scipy", "numpy"])([1.0]), [2.0])
    for modules in ("mpmath", "jax", [{"f": abs}, "numpy"]):
        with pytest.raises(UnsupportedError, match="modules"):
            sg.lambdify([x], x, modules)


def test_bad_arguments_are_named():
    """Text, doubled symbols, complex values and lists with a gradient are refused."""
    with pytest.raises(ArgumentError, match="expected a symbol, got str"):
        sg.lambdify("x", x)
    with pytest.raises(ArgumentError, match="twice"):
        sg.lambdify([x, [x]], x)
    with pytest.raises(ArgumentError, match="one scalar"):
        sg.lambdify([x], [x, x**2], grad=True)
    f = sg.lambdify([x, y], x * y, grad=True)
    with pytest.raises(DTypeError, match="convert"):
        f(1j, 1.0)
    with pytest.raises(ShapeError, match="broadcast"):
        f([1.0, 2.0], [1.0, 2.0, 3.0])


def test_it_pickles():
    """A pickled function gives the same numbers."""
    f = pickle.loads(pickle.dumps(sg.lambdify([x, y], x * sp.exp(y), grad=True)))
    assert f(2.0, 0.0) == (2.0, (1.0, 2.0))
    np.testing.assert_array_equal(f([1.0, 2.0], 0.0)[0], [1.0, 2.0])


def test_shared_parts_do_not_explode():
    """20 doublings, whose derivative SymPy writes out in millions of terms, cost little."""
    h = x
    for _ in range(20):
        h = h * h + h
    found = []
    assert calls(lambda: found.extend(sg.lambdify([x], h, grad=True)(1e-3))) < 500_000
    value, gradient = found
    assert value == pytest.approx(1.0195e-3, rel=1e-3)
    assert gradient[0] > 1.0


def test_the_docstring_shows_what_happens():
    """The doctests of the module pass."""
    results = doctest.testmod(importlib.import_module("symgrad.compiler.lambdify"))
    assert results.attempted
    assert not results.failed


def test_arguments_are_given_by_name_as_to_sympys():
    """By name, in order, or some of both; an unknown, a missing and a doubled one are errors."""
    x, y = sp.symbols("x y")
    e = x * y**2
    theirs, ours = sp.lambdify([x, y], e), sg.lambdify([x, y], e)
    assert ours(x=2, y=3) == ours(2, y=3) == theirs(x=2, y=3) == 18
    assert sg.lambdify([x, y], e, grad=True)(y=3.0, x=2.0) == (18.0, (9.0, 12.0))
    np.testing.assert_array_equal(ours(y=np.array([1.0, 2.0]), x=2.0), [2.0, 8.0])
    for named, says in [({"x": 1}, "y is missing"), ({"x": 1, "y": 2, "z": 3}, "z is no argument")]:
        with pytest.raises(ArgumentError, match=says):
            ours(**named)
    with pytest.raises(ArgumentError, match="x is no argument, or given twice"):
        ours(1, 2, x=3)
