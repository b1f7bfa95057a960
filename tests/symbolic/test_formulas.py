"""Operations from formulas: derived by SymPy, like any other op from then on."""

import doctest
import importlib
import math
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.errors import (
    ArgumentError,
    DomainError,
    LimitError,
    NamingError,
    UnsupportedError,
)
from symgrad.ir import interpret
from symgrad.ops import OPS
from symgrad.ops.float_algebra import on_floats
from symgrad.symbolic.budget import within
from symgrad.symbolic.derive import exact_slopes

FORMULAS = {
    "f_mish": lambda x: x * sp.tanh(sp.log(1 + sp.exp(x))),
    "f_softsign": lambda x: x / (1 + sp.Abs(x)),
    "f_hardswish": lambda x: x * sp.Min(sp.Max(x + 3, 0), 6) / 6,
    "f_gauss": lambda x, mu, s: sp.exp(-((x - mu) ** 2) / (2 * s**2)) / (s * sp.sqrt(2 * sp.pi)),
    "f_morse": lambda r, d, a: d * (1 - sp.exp(-a * (r - 1))) ** 2,
    "f_planck": lambda x: x**3 / (sp.exp(x) - 1),
    "f_bump": lambda x: sp.Piecewise((sp.exp(-1 / (1 - x**2)), sp.Abs(x) < 1), (0, True)),
}
POINTS = {
    "f_mish": [(0.5,), (-3.0,), (30.0,), (-800.0,), (800.0,)],
    "f_softsign": [(0.5,), (-3.0,), (1e6,)],
    "f_hardswish": [(0.5,), (-4.0,), (4.0,)],
    "f_gauss": [(0.3, 0.1, 2.0), (40.0, 0.0, 1.0)],
    "f_morse": [(1.5, 2.0, 0.7), (1.0 + 1e-9, 2.0, 0.7)],
    "f_planck": [(0.5,), (1e-8,), (30.0,)],
    "f_bump": [(0.5,), (-0.9,), (2.0,)],
}


@pytest.fixture(scope="module")
def ops():
    return {name: sg.elementwise(name, formula) for name, formula in FORMULAS.items()}


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_slopes_are_those_of_the_formula(ops, name, target):
    """Against mpmath at 60 digits, in both targets, extremes included."""
    arity = len(POINTS[name][0])
    params = [sg.param(f"p{i}", 0.0) for i in range(arity)]
    f = sg.compile(ops[name](*params), wrt=params, target=target)
    symbols = sp.symbols(f"s0:{arity}", real=True)
    exact = sp.lambdify(symbols, FORMULAS[name](*symbols), "mpmath")
    for point in POINTS[name]:
        with np.errstate(all="ignore"):
            value, grads = f(*point)
        with mpmath.workdps(400):
            numbers = [mpmath.mpf(v) for v in point]
            want = exact(*numbers)
            slopes = [
                mpmath.diff(exact, numbers, tuple(int(i == j) for j in range(arity)))
                for i in range(arity)
            ]
        assert value == pytest.approx(float(want), rel=1e-13, abs=1e-300)
        np.testing.assert_allclose(grads, [float(s) for s in slopes], rtol=1e-7, atol=1e-300)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_partials_are_proved(name, ops):
    """The rule that was chosen is the derivative of the formula, at 30 digits on samples."""
    made = OPS[name].made
    back = [interpret(made.partials, point) for point in POINTS[name][:1]]
    wanted = [
        [
            float(sp.diff(made.expression, s).subs(dict(zip(made.symbols, point, strict=True))))
            for s in made.symbols
        ]
        for point in POINTS[name][:1]
    ]
    np.testing.assert_allclose(back, wanted, rtol=1e-13)


def test_second_derivatives_are_right(ops):
    """The gradient of the gradient of mish, against mpmath."""
    x = sg.param("x", 0.7)
    (slope,) = sg.grad(ops["f_mish"](x), [x])
    _, grads = sg.compile(slope)()
    with mpmath.workdps(40):
        want = mpmath.diff(lambda t: t * mpmath.tanh(mpmath.log(1 + mpmath.exp(t))), 0.7, 2)
    assert grads.x == pytest.approx(float(want), rel=1e-13)


def test_a_formula_works_on_arrays_numbers_and_values(ops):
    """The function computes with arrays at once, and makes Values with their gradients."""
    mish = ops["f_mish"]
    xs = np.array([-1000.0, 0.0, 1000.0])
    np.testing.assert_array_equal(mish(xs), [0.0, 0.0, 1000.0])
    v = sg.Value(0.5, label="v")
    out = mish(v) * 2.0
    out.backward()
    f = sg.compile(out, wrt=[v], target="python")
    assert f([0.5]) == (out.data, (v.grad,))
    gauss = ops["f_gauss"](sg.Value(0.3), 0.1, 2.0)
    assert gauss.data == pytest.approx(float(ops["f_gauss"](0.3, 0.1, 2.0)))
    with pytest.raises(ArgumentError, match="takes 3 arguments, got 1"):
        ops["f_gauss"](1.0)


def test_value_and_gradient_share_their_parts(ops):
    """The formula takes the op's place before common subexpressions are found."""
    x = sg.param("x", 0.5)
    f = sg.compile(ops["f_mish"](x) * 1.5, target="python")
    names = [instr.op.name for instr in f.ir.body]
    assert names.count("tanh") == names.count("softplus") == 1
    assert "f_mish" not in names
    assert [step.name for step in f.history].count("inline") == 1


def test_the_formula_is_stabilised(ops):
    """No overflow, no cancellation: log(1 + exp) is a softplus, 1/(exp(x) - 1) a bose."""
    used = {instr.op.name for name in ("f_mish", "f_planck") for instr in OPS[name].made.value.body}
    assert {"softplus", "bose"} <= used
    assert math.isfinite(on_floats(OPS["f_mish"])(1e4))


REFUSED = [
    (lambda x: sp.Function("g")(x), UnsupportedError, "undefined function"),
    (lambda x: x * sp.Symbol("q"), ArgumentError, "q is no argument"),
    (lambda x: sp.Matrix([[x, 1]]), ArgumentError, "one real expression"),
    (lambda x: x > 0, ArgumentError, "one real expression"),
    (lambda x: sp.sqrt(-2) * x, DomainError, "not real"),
    (lambda x: sp.Integral(sp.exp(x**2), x), UnsupportedError, "Integral"),
    (lambda x: sp.gamma(x), UnsupportedError, "gamma"),
    (lambda x: sp.Sum(sp.IndexedBase("u")[sp.Symbol("i")] * x, (sp.Symbol("i"), 0, 2)),
     ArgumentError, "u is no argument"),
    (lambda x: 3, ArgumentError, "constant"),
    (lambda x: "x + 1", UnsupportedError, "text is not read"),
    (lambda *xs: sum(xs), ArgumentError, "fixed number"),
    (lambda: sp.pi, ArgumentError, "fixed number"),
    ("x", ArgumentError, "expected a function"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "error", "says"), REFUSED)
def test_what_is_no_elementwise_formula_is_refused(formula, error, says):
    """By name, and nothing is left in the table."""
    with pytest.raises(error, match=says):
        sg.elementwise("f_refused", formula)
    assert "f_refused" not in OPS


def test_a_name_is_taken_once(ops):
    """The same formula again is the same op; another formula needs another name."""
    assert sg.elementwise("f_mish", FORMULAS["f_mish"])(0.0) == 0.0
    with pytest.raises(NamingError, match="f_mish"):
        sg.elementwise("f_mish", lambda x: x)
    with pytest.raises(NamingError, match="tanh"):
        sg.elementwise("tanh", lambda x: x)
    with pytest.raises(NamingError, match="identifier"):
        sg.elementwise("no name", lambda x: x)


def test_a_formula_may_be_too_large():
    """A limit in nodes, not in seconds, with its name."""

    def sines(x):
        for _ in range(500):
            x = sp.sin(x, evaluate=False)
        return x

    with pytest.raises(LimitError, match="MAX_NODES"):
        sg.elementwise("f_large", sines)


def _nested(depth: int):
    def formula(t):
        for _ in range(depth):
            t = sp.sin(t) * t + sp.cos(t)
        return t

    return formula


LONG = {
    "f_nested": _nested(25),  # 80 nodes that are shared: written out they are 3**25
    "f_waves": lambda t: sum(sp.sin(t * k) ** k for k in range(1, 60)),
    "f_tower": lambda t: sp.exp(sp.exp(sp.exp(t))) / 100,
}


@pytest.mark.parametrize("name", LONG)
def test_a_formula_that_sympy_cannot_simplify_has_the_derivative_of_reverse_mode(name):
    """Nothing hangs, nothing is refused; and asked again, the same operation comes back."""
    op = sg.elementwise(name, LONG[name])
    assert sg.elementwise(name, LONG[name])
    x = sg.param("x", 0.3)
    f = sg.compile(op(x))
    _, (slope,) = f(0.3)
    (exact,) = exact_slopes((t := sp.Symbol("t"),), LONG[name](t), [0.3])
    assert slope == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_out_of_time_a_formula_keeps_the_derivative_of_reverse_mode(monkeypatch):
    """SymPy has a budget of seconds, in a process of its own; what is made does not fail."""
    monkeypatch.setattr("symgrad.symbolic.formulas.SECONDS", 0.01)
    op = sg.elementwise("f_hurried", lambda t: sp.sin(t) * sp.exp(-t))
    assert sg.compile(op(sg.param("x", 0.0)))() == (0.0, (1.0,))


def test_sympy_is_stopped_when_its_time_is_up():
    """A task that would run for hours ends at once, and leaves no process behind."""
    x = sp.Symbol("x")
    hard = [sp.sin(x) ** k + sp.cos(x * k) ** k * sp.exp(sp.sin(k * x)) for k in range(1, 40)]
    with pytest.raises(LimitError, match=r"stopped after 0\.5 seconds"):
        within(0.5, "tasks.simplified", [sum(hard) ** 3])
    children = Path("/proc/self/task") / str(Path("/proc/self").resolve().name) / "children"
    if children.exists():
        assert children.read_text().strip() == ""


def test_an_error_in_the_process_is_the_callers():
    """What a task raises comes back; a task that dies is told so."""
    with pytest.raises(sp.SympifyError, match="sympify"):
        within(60, "tasks.are_zero", [object()])
    with pytest.raises(LimitError, match="ended early"):
        within(60, "tasks.none", [])


def test_importing_leaves_sympy_alone(tmp_path):
    """Only the call imports SymPy; a compile without formulas never does."""
    code = (
        "import sys, symgrad as sg\n"
        "f = sg.compile(sg.log(1 + sg.exp(sg.param('x', 1.0))))\n"
        "f.history, f()\n"
        "assert not {'sympy', 'mpmath'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


@pytest.mark.parametrize(
    "module",
    ["symbolic.formulas", "symbolic.budget", "symbolic.derive", "symbolic.tasks"],
)
def test_docstrings_show_what_happens(module):
    """The doctests of the modules pass."""
    results = doctest.testmod(importlib.import_module(f"symgrad.{module}"))
    assert results.attempted
    assert not results.failed
