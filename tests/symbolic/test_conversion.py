"""SymPy to symgrad and back: values, sharing, shapes, and what is refused."""

import doctest
import importlib
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from campaign import many
from counting import calls
from hypothesis import given, settings
from hypothesis import strategies as st

import symgrad as sg
from symgrad.errors import (
    ArgumentError,
    DomainError,
    DTypeError,
    LimitError,
    NamingError,
    ShapeError,
    SymgradError,
    UnsupportedError,
)

x, y, z = sp.symbols("x y z", real=True)
POINT = {"x": 0.7, "y": 1.3, "z": 0.4}

FORMULAS = [
    (x - y) / (3 * y**2) - sp.Rational(2, 3) * x * y,
    sp.sqrt(x) / y ** sp.Rational(3, 2) + x ** sp.Rational(1, 3),
    x**y + 2**x + sp.exp(x * y) + sp.log(x, 10) + sp.E**y,
    sp.sin(x) + sp.cos(y) + sp.tan(z) + sp.cot(x) + sp.sec(x) + sp.csc(x),
    sp.asin(x) + sp.acos(z) + sp.atan(y) + sp.atan2(y, x),
    sp.sinh(x) + sp.cosh(y) + sp.tanh(z) + sp.coth(x) + sp.sech(x) + sp.csch(x),
    sp.asinh(x) + sp.acosh(y) + sp.atanh(z) + sp.erf(x) + sp.erfc(y),
    sp.Abs(x - y) + sp.sign(x - y) + sp.floor(3 * y) + sp.ceiling(3 * y) + sp.frac(3 * y),
    sp.Max(x, y, z) + sp.Min(x, y, z) + sp.Heaviside(x - y) + sp.Heaviside(x, 0),
    sp.Piecewise((x**2, x > y), (y, (x < y) & (z > 0)), (0, True)),
    sp.Piecewise((1, sp.Eq(x, y) | sp.Ne(y, z)), (x, sp.Not(x >= y)), (z, x <= y)),
    sp.ITE(x > y, x > z, y > z) & sp.Xor(x > y, y > z) & (x > 0),
    sp.pi * x + sp.sqrt(2) * y - sp.EulerGamma / 7 + sp.oo * z - sp.Float("0.1"),
    -x * y / (-z) / (x + y) ** 2 / 7,
    sp.UnevaluatedExpr(x) * 2 + sp.sin(1) * x,
]


def value_of(expression: sg.Expr, leaves: list[sg.Expr]) -> float:
    return float(sg.function(leaves, expression)(**POINT))


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_a_formula_keeps_its_value(formula):
    """from_sympy evaluates as SymPy does, and to_sympy leads back to the same number."""
    leaves = {s: sg.input(s.name) for s in (x, y, z)}
    numbers = {s: sp.Float(repr(POINT[s.name]), 30) for s in leaves}
    want = formula.doit().subs(numbers)
    want = bool(want) if isinstance(want, sp.logic.boolalg.Boolean) else float(want)
    ours = sg.from_sympy(formula, leaves)
    assert value_of(ours, list(leaves.values())) == pytest.approx(float(want), rel=1e-14)
    back = ours.to_sympy(symbols={leaf: s for s, leaf in leaves.items()}, exact=True)
    again = back.subs(numbers)
    again = bool(again) if isinstance(want, bool) else float(again)
    assert again == (want if isinstance(want, bool) else pytest.approx(want, rel=1e-14))


LEAF = st.sampled_from([x, y, z, sp.Integer(2), sp.Rational(1, 3), sp.Float(0.25)])


@st.composite
def formulas(draw):
    pool = [draw(LEAF) for _ in range(3)]
    for _ in range(draw(st.integers(1, 12))):
        a, b = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
        kind = draw(st.sampled_from(["add", "mul", "div", "tanh", "exp", "pow", "where", "max"]))
        pool.append(
            {
                "add": lambda a, b: a + b,
                "mul": lambda a, b: a * b,
                "div": lambda a, b: a / (b**2 + 1),
                "tanh": lambda a, b: sp.tanh(a),
                "exp": lambda a, b: sp.exp(-(sp.tanh(a) ** 2)),
                "pow": lambda a, b: (sp.tanh(a) ** 2 + 1) ** sp.tanh(b),
                "where": lambda a, b: sp.Piecewise((a, a > b), (b + 1, True)),
                "max": lambda a, b: sp.Max(a, b),
            }[kind](a, b)
        )
    return pool[-1]


@settings(max_examples=many(20, 1200))
@given(formulas())
def test_random_formulas_keep_their_values(formula):
    """Random formulas, shared parts included, evaluate as SymPy does at 30 digits."""
    leaves = {s: sg.input(s.name) for s in (x, y, z)}
    want = (
        sp.sympify(formula).subs({s: sp.Float(repr(POINT[s.name]), 30) for s in leaves}).evalf(30)
    )
    ours = value_of(sg.from_sympy(formula, leaves), list(leaves.values()))
    assert ours == pytest.approx(float(want), rel=1e-9, abs=1e-9)


def test_shared_parts_stay_shared():
    """20 doublings of h*h + h convert both ways in thousands of calls, not in 2**20 steps."""
    leaf = sg.param("x", 0.1)
    ours, theirs = leaf, x
    for _ in range(20):
        ours, theirs = ours * ours + ours, theirs * theirs + theirs
    value = sg.Value(0.1, label="x")
    for _ in range(20):
        value = value * value + value
    found = []

    def both_ways():
        found.append(sg.from_sympy(theirs, {x: leaf}))
        found.append(ours.to_sympy(symbols={leaf: x}))
        found.append(sg.to_sympy(value, symbols={value: None, "x": x}))

    assert calls(both_ways) < 100_000
    read, written, scalar = found
    assert written == scalar == theirs
    assert len(sg.function([leaf], read).ir.body) < 60


def test_deep_expressions_neither_recurse_nor_hang():
    """1,500 nested sines: refused where SymPy itself recurses, converted with evaluate=False."""
    leaf = sg.param("x", 0.1)
    deep = leaf
    for _ in range(1_500):
        deep = sg.sin(deep + 1)
    with pytest.raises(LimitError, match="evaluate=False"):
        deep.to_sympy()
    back = sg.from_sympy(deep.to_sympy(symbols={leaf: x}, evaluate=False), {x: leaf})
    f, g = sg.function([leaf], deep, target="python"), sg.function([leaf], back, target="python")
    assert f(0.25) == g(0.25)


def test_literals_are_exact_on_demand():
    """exact=True gives the rational that a float64 is; otherwise a float stays one."""
    leaf = sg.input("x")
    assert (leaf * 0.1).to_sympy(symbols={leaf: x}, exact=True) == sp.Rational(0.1) * x
    assert (leaf * 0.1).to_sympy(symbols={leaf: x}) == 0.1 * x
    assert (leaf * 3.0).to_sympy(symbols={leaf: x}) == 3 * x
    assert sg.from_sympy(x / 3, {x: leaf}).to_sympy(symbols={leaf: x}, exact=True) == x / 3


def test_sums_over_indices_are_sums_over_axes():
    """Least squares with IndexedBase compiles for any N, gradient included."""
    i, n = sp.symbols("i n", integer=True)
    xs, ys = sp.IndexedBase("xs", shape=(n,)), sp.IndexedBase("ys", shape=(n,))
    a, b = sp.symbols("a b")
    leaves = {xs: sg.input("xs", "n"), ys: sg.input("ys", "n")}
    pa, pb = sg.param("a", 0.5), sg.param("b", -1.0)
    loss = sg.from_sympy(
        sp.Sum((ys[i] - a * xs[i] - b) ** 2, (i, 0, n - 1)) / n, {**leaves, a: pa, b: pb}
    )
    f = sg.compile(loss)
    X, Y = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, -1.0])
    value, grads = f(xs=X, ys=Y)
    r = Y - 0.5 * X + 1.0
    assert value == pytest.approx((r @ r) / 3)
    assert grads.a == pytest.approx(-2 * (r @ X) / 3)


def test_a_size_that_is_bound_is_the_size_of_the_axis():
    """A sum to N - 1 with N = 4 runs over 4 values; over others it is refused."""
    A, i, N = sp.IndexedBase("A"), sp.Symbol("i", integer=True), sp.Symbol("N", integer=True)
    mean = sp.Sum(A[i], (i, 0, N - 1)) / N
    four, named = sg.param("A", np.array([1.0, 2.0, 3.0, 6.0])), sg.input("A", ("N",))
    for key in (N, "N"):
        for number in (4, 4.0, np.int64(4)):
            assert sg.compile(sg.from_sympy(mean, {A: four, key: number}))()[0] == 3.0
    total = sp.Sum(A[i], (i, 0, N - 1))
    assert sg.compile(sg.from_sympy(total, {A: four, N: 4}))()[0] == 12.0
    with pytest.raises(
        ShapeError, match=r"i runs over 4 values \(N is bound\), but the axis has N"
    ):
        sg.from_sympy(mean, {A: named, N: 4})
    with pytest.raises(ShapeError, match="i runs over 3 values"):
        sg.from_sympy(mean, {A: four, N: 3})
    for other in (sg.param("n", 4.0), 4.5):
        with pytest.raises(ArgumentError, match="N is a size, and is bound to"):
            sg.from_sympy(mean, {A: four, N: other})
    shaped = sp.IndexedBase("A", shape=(N,))
    with pytest.raises(ShapeError, match=r"A has the shape \(5,\)"):
        sg.from_sympy(sp.Sum(shaped[i], (i, 0, N - 1)), {shaped: four, N: 5})


def test_two_indices_make_two_axes():
    """Sum(A[i, j]*x[j]*y[i]) is y @ A @ x, and Product is a product over an axis."""
    i, j = sp.symbols("i j", integer=True)
    A, u, v = sp.IndexedBase("A"), sp.IndexedBase("u"), sp.IndexedBase("v")
    arrays = {"A": np.arange(6.0).reshape(2, 3), "u": np.array([1.0, 2.0]), "v": np.ones(3) * 2}
    leaves = {A: sg.input("A", (2, 3)), u: sg.input("u", 2), v: sg.input("v", 3)}
    whole = sp.Sum(A[i, j] * v[j] * u[i], (i, 0, 1), (j, 0, 2)) + sp.Product(u[i] + 1, (i, 0, 1))
    got = sg.function(list(leaves.values()), sg.from_sympy(whole, leaves))(**arrays)
    assert got == pytest.approx(arrays["u"] @ arrays["A"] @ arrays["v"] + 6.0)
    picked = sg.from_sympy(A[1, 2] + v[0], leaves)
    assert sg.function(list(leaves.values()), picked)(**arrays) == 7.0


def test_matrix_symbols_multiply():
    """MatMul, MatAdd, Transpose, Trace and elements are the array operations of those names."""
    A, B, c = sp.MatrixSymbol("A", 2, 3), sp.MatrixSymbol("B", 3, 2), sp.MatrixSymbol("c", 3, 1)
    leaves = {A: sg.input("A", (2, 3)), B: sg.input("B", (3, 2)), c: sg.input("c", 3)}
    rng = np.random.default_rng(0)
    a, b, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), rng.normal(size=3)

    def run(expression):
        f = sg.function(list(leaves.values()), sg.from_sympy(expression, leaves))
        return np.asarray(f(A=a, B=b, c=w))

    np.testing.assert_allclose(run(2 * A * B - sp.Identity(2) * A * B), a @ b)
    np.testing.assert_allclose(run(A + B.T), a + b.T)
    np.testing.assert_allclose(run(sp.Trace(A * B)), np.trace(a @ b))
    np.testing.assert_allclose(run((A * B) ** 2), a @ b @ a @ b)
    np.testing.assert_allclose(run(A * c), (a @ w)[:, None])
    np.testing.assert_allclose(run(A[0, 1] * sp.Matrix([[x, 1], [2, x]]).subs(x, A[1, 2])),
                               a[0, 1] * np.array([[a[1, 2], 1], [2, a[1, 2]]]))  # fmt: skip


def test_a_symbol_may_stand_for_an_array():
    """A formula of scalars, bound to arrays, works on each element."""
    xs = sg.input("xs", "N")
    f = sg.function([xs], sg.from_sympy(sp.exp(-x) * 2, {x: xs}))
    np.testing.assert_allclose(f(xs=np.array([0.0, 1.0])), [2.0, 2 / np.e])


def test_small_arrays_are_written_as_matrices_and_arrays():
    """A matrix becomes a Matrix, a vector an Array, their elements Indexed."""
    w = sg.param("w", np.ones((2, 2)))
    base = sp.IndexedBase("w", shape=(2, 2), real=True)
    product = (w @ w).to_sympy()
    assert isinstance(product, sp.ImmutableDenseMatrix)
    assert product[0, 0] == base[0, 0] ** 2 + base[0, 1] * base[1, 0]
    assert isinstance(w[0].to_sympy(), sp.ImmutableDenseNDimArray)
    total = sg.logsumexp(w).to_sympy()
    assert total == sp.log(sum(sp.exp(base[i, j]) for i in (0, 1) for j in (0, 1)))
    assert sg.function([w], sg.from_sympy(total, {base: w}))() == pytest.approx(1 + np.log(4))


K, U, M = sp.Symbol("k"), sp.IndexedBase("u", shape=(3,)), sp.MatrixSymbol("M", 2, 3)
REFUSED = [
    (sp.I * x, DomainError, "not real"),
    (sp.log(-1) * x, DomainError, "not real"),
    (sp.zoo * x, DomainError, "not real"),
    (sp.Symbol("c", complex=True) + x, DomainError, "real=True"),
    (sp.Symbol("c", imaginary=True) + x, DomainError, "real=True"),
    (sp.Integral(sp.exp(x**2), x), UnsupportedError, "Integral.*doit"),
    (sp.Derivative(sp.Function("f")(x), x), UnsupportedError, "Derivative.*doit"),
    (sp.Function("f")(x), UnsupportedError, "undefined function"),
    (sp.gamma(x), UnsupportedError, "gamma"),
    (sp.besselj(0, x), UnsupportedError, "besselj.*sg.elementwise"),
    (sp.DiracDelta(x), UnsupportedError, "DiracDelta"),
    (sp.Mod(x, 3), UnsupportedError, "Mod.*floor"),
    (sp.Interval(0, 1), UnsupportedError, "Interval"),
    (sp.MatrixSymbol("X", 2, 2).inverse(), UnsupportedError, "Inverse"),
    (sp.Array([x, x]), UnsupportedError, "Matrix"),
    (sp.Sum(x**2, (sp.Symbol("k"), 1, 3)), UnsupportedError, "whole axis"),
    (sp.IndexedBase("u", shape=(3,))[sp.Symbol("k")], UnsupportedError, "free"),
    (sp.IndexedBase("u")[0], ArgumentError, "shape"),
    (sp.IndexedBase("u", shape=(3,))[sp.Symbol("k") + 1], UnsupportedError, "whole number"),
    (sp.Symbol("not a name"), NamingError, "symbols="),
    (sp.Integer(10) ** 400 * x, DTypeError, "overflows"),
    (sp.Sum(x**K, (K, 0, 3)), UnsupportedError, r"Sum\(x\*\*k.*the index k .*doit"),
    (sp.Product(K * U[K], (K, 0, 2)), UnsupportedError, r"Product.*the index k .*np\.arange"),
    (sp.Sum(U[K] / 2, (K, 0, 1)), ShapeError, r"Sum\(u\[k\]/2.*runs over 2 values"),
    (U[5], ShapeError, r"u\[5\]: index: expected an index below 3"),
    (sp.Piecewise((x, y), (0, True)), DTypeError, r"Piecewise\(\(x, y\).*not bool; compare"),
    (sp.Limit(sp.sin(x) / x, x, 0), UnsupportedError, "Limit.*doit"),
    (sp.Symbol("c", real=False) + x, DomainError, "real=True"),
    (sp.Symbol("c", commutative=False) * x, DomainError, "commute"),
    (sp.AccumBounds(0, 1), UnsupportedError, "interval"),
    (sp.Poly(x**2, x), UnsupportedError, r"Poly.*\.as_expr"),
    (sp.O(x), UnsupportedError, r"Order.*\.removeO"),
    (sp.CRootOf(x**5 - x + 1, 0), UnsupportedError, r"ComplexRootOf.*\.evalf"),
    (sp.Lambda(x, x**2), UnsupportedError, "Lambda.*apply"),
    (sp.Tuple(x, x), UnsupportedError, "Tuple.*one at a time"),
    ([x, x], UnsupportedError, "got list; convert one at a time"),
    (U, UnsupportedError, r"IndexedBase.*x\[i\]"),
    ("x + 1", UnsupportedError, "text is not read"),
    (None, UnsupportedError, "NoneType"),
]


@pytest.mark.parametrize(("expression", "error", "says"), REFUSED, ids=lambda v: str(v)[:30])
def test_what_has_no_meaning_is_refused_by_name(expression, error, says):
    """The error names the object and says what to do."""
    with pytest.raises(error, match=says):
        sg.from_sympy(expression)


def test_an_unbound_symbol_is_an_error():
    """Where symbols= is given it has to hold every symbol."""
    with pytest.raises(ArgumentError, match=r"the symbol y .* \(there: x\)"):
        sg.from_sympy(x + y, {x: sg.input("x")})
    with pytest.raises(ArgumentError, match=r"sg\.param"):
        sg.from_sympy(x, {x: sg.Value(1.0)})
    i, u = sp.Symbol("i"), sp.IndexedBase("u")
    with pytest.raises(ShapeError, match="runs over"):
        sg.from_sympy(sp.Sum(u[i], (i, 0, 3)), {u: sg.input("u", 3)})


@pytest.mark.parametrize(
    ("leaf", "array", "says"),
    [
        (M, np.ones((4, 3)), r"M has the shape \(2, 3\), but is bound to f64\[4, 3\]"),
        (M, np.ones(3), r"M has the shape \(2, 3\), but is bound to f64\[3\]"),
        (U, np.ones(2), r"u has the shape \(3,\), but is bound to f64\[2\]"),
        (U, np.ones((3, 3)), r"u has the shape \(3,\), but is bound to f64\[3, 3\]"),
    ],
)
def test_an_array_of_another_shape_is_not_bound(leaf, array, says):
    with pytest.raises(ShapeError, match=says):
        sg.from_sympy(leaf[0] if leaf is U else leaf * leaf.T, {leaf: array})


def test_matrices_of_sizes_that_do_not_fit_are_named():
    n, m = sp.symbols("n m")
    p, q = sp.MatrixSymbol("P", n, m), sp.MatrixSymbol("Q", m, n)
    with pytest.raises(ShapeError, match=r"P\*Q: matmul: inner sizes differ"):
        sg.from_sympy(p * q, {p: np.ones((2, 3)), q: np.ones((2, 3))})
    with pytest.raises(ShapeError, match=r"P \+ Q\.T: add: shapes do not broadcast"):
        sg.from_sympy(p + q.T, {p: np.ones((2, 3)), q: np.ones((2, 3))})


def test_symbols_are_given_by_name_or_object():
    with pytest.raises(ArgumentError, match="symbols: expected a dict, got list"):
        sg.from_sympy(x, [sg.input("x")])


def test_a_quotient_of_long_integers_is_a_number():
    """10**400 is beyond float64, (10**400 + 1)/10**400 is not."""
    a = sg.param("a", 0.5)
    scale = sp.Rational(10**400 + 1, 10**400)
    assert sg.compile(sg.from_sympy(scale * x, {x: a}))() == (0.5, (1.0,))


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_piecewise_without_a_default_is_nan_and_says_so(target):
    """Where no condition holds; the certificate assumes that one does."""
    a = sg.param("a", 0.5)
    f = sg.compile(sg.from_sympy(sp.Piecewise((x**2, x > 1), (x, x < 0)), {x: a}), target=target)
    (value, grads) = f()
    assert np.isnan(value)
    assert grads.a == 0.0
    assert f(a=2.0) == (4.0, (4.0,))
    certificate = f.verify()
    assert certificate.verified
    assert any("selection that gives nan" in a for a in certificate.assumptions)
    g = sg.compile(sg.from_sympy(sp.Piecewise((x**2, x > 1), (x, True)), {x: a}), target=target)
    assert not any("selection that gives nan" in a for a in g.verify("L1").assumptions)


def test_what_sympy_would_differentiate_through_is_not_written():
    """The derivative of what to_sympy gives is the derivative here, or there is no expression."""
    a = sg.param("a", 0.5)
    for e in (sg.stop_gradient(a) * a, sg.stop_gradient(sg.Value(2.0, label="v")) + 1):
        with pytest.raises(UnsupportedError, match="stop_gradient has no meaning in SymPy"):
            sg.to_sympy(e)


u, Z = sp.Symbol("u"), sg.param("u", 1.0)
REFUSED = [
    lambda: sg.from_sympy(sp.gamma(u), {u: 1.0}),
    lambda: sg.from_sympy(sp.Mod(u, 2), {u: sg.input("u")}),
    lambda: sg.from_sympy(sp.I * u),
    lambda: sg.from_sympy(sp.Derivative(sp.Function("f")(u), u)),
    lambda: sg.from_sympy(sp.Sum(sp.IndexedBase("A")[u], (u, 0, 3)), {"A": sg.input("A", 3)}),
    lambda: sg.lambdify([u], sp.gamma(u)),
    lambda: sg.lambdify([u], u)(1.0, 2.0),
    lambda: sg.elementwise("c_gamma", lambda t: sp.gamma(t)),
    lambda: sg.check_gradient(Z * Z, Z, sp.gamma(u)),
    lambda: sg.to_sympy(sg.input("A", "N")),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_each_refusal_tells_the_line(call):
    """The user's, wherever in symgrad it was found out."""
    with pytest.raises(SymgradError, match=rf" at {Path(__file__).name}:\d+$"):
        call()


RECIPROCAL = [sp.acot, sp.asec, sp.acsc, sp.acoth, sp.asech, sp.acsch]


@pytest.mark.parametrize("function", RECIPROCAL, ids=str)
def test_inverses_of_reciprocal_functions_have_their_value_and_slope(function):
    """Where they are real; the angle of acot is SymPy's, on both sides of 0 and at it."""
    a = sg.param("a", 1.0)
    f = sg.compile(sg.from_sympy(function(u), {u: a}))
    points = [p for p in (-3.0, -0.5, -1e-9, 0.4, 1e-9, 2.5) if function(p).is_real]
    assert len(points) >= 2
    for p in points:
        value, (slope,) = f(p)
        assert value == pytest.approx(float(function(sp.Rational(p))))
        assert slope == pytest.approx(float(sp.diff(function(u), u).subs(u, sp.Rational(p))))
    if function is sp.acot:
        assert f(0.0) == (math.pi / 2, (-1.0,))
        assert f(-1e100) == (pytest.approx(-1e-100), (pytest.approx(-1e-200),))


def test_only_known_sizes_are_written():
    """A named size has no SymPy expression; an expression it must be."""
    with pytest.raises(UnsupportedError, match="needs a number for each size"):
        sg.sum(sg.input("x", "N")).to_sympy()
    with pytest.raises(ArgumentError, match="float"):
        sg.to_sympy(2.0)


def test_a_value_writes_its_labels():
    """Labelled leaves are symbols; the other leaves are numbers."""
    a, b = sg.Value(2.0, label="a"), sg.Value(3.0)
    assert sg.to_sympy(((a * b).tanh() + a**2), symbols={a: x}) == sp.tanh(3 * x) + x**2
    with pytest.raises(NamingError, match="label"):
        sg.to_sympy(a * sg.Value(1.0, label="a"))


def test_a_name_is_data_not_code():
    """A symbol whose name is code is refused as a name; nothing is run."""
    bomb = sp.Symbol("__import__('os').abort()")
    with pytest.raises(NamingError):
        sg.from_sympy(bomb + 1)
    assert sg.from_sympy(bomb + 1, {bomb: sg.input("x")}).shape == ()


def test_the_text_does_not_depend_on_the_hash_seed(tmp_path):
    """The order of SymPy's arguments reaches the text, and is the same in every process."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sympy as sp, symgrad as sg\n"
        "x, y, z = sp.symbols('x y z')\n"
        "e = sp.Max(x, y, z)*sp.exp(z - x) + sp.cos(y)/x + sp.Piecewise((x, x > y), (z, True))\n"
        "print(sg.function(None, sg.from_sympy(e)).source)\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, str(program)],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    "module",
    [
        "symbolic.elementary",
        "symbolic.from_sympy",
        "symbolic.indices",
        "symbolic.sympy_numbers",
        "symbolic.to_sympy",
        "compiler.sympy_expressions",
        "symbolic.binding",
        "frontend.namespace",
    ],
)
def test_docstrings_show_what_happens(module):
    """The doctests of the room pass."""
    results = doctest.testmod(importlib.import_module(f"symgrad.{module}"))
    assert results.attempted
    assert not results.failed
