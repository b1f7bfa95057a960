"""Simplification: cheaper, equal, and never by a rule that does not pay."""

import doctest
import importlib
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import ArgumentError, LimitError
from symgrad.ir import interpret, parse, verify
from symgrad.ops import OPS, FloatAlgebra
from symgrad.rewrite.simplify import CHEAP as RULES
from symgrad.rewrite.simplify import cost, simplify
from symgrad.symbolic import regions
from symgrad.symbolic.from_sympy import leaves
from symgrad.symbolic.precise import PRECISE, digits, ulps

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from formulas import FORMULAS

HEAD = "func @f(input %a: f64[], input %b: f64[], input %c: f64[]) {\n"


def text(body):
    return HEAD + "".join(f"  {line.strip()}\n" for line in body.split(";")) + "}\n"


def compiled(formula, **options):
    known = {s: sg.param(s.name, 1.0) for s in leaves(formula.expression)}
    loss = sg.from_sympy(formula.expression, known)
    return sg.compile(loss, wrt=[known[s] for s in formula.wrt], target="python", **options)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)
def test_a_textbook_formula_gets_no_dearer_and_keeps_its_values(formula):
    """Value and gradient, before and after, at ten points; the cost never rises."""
    plain, frugal = compiled(formula, simplify=False), compiled(formula)
    verify(frugal.ir)
    assert cost(frugal.ir) <= cost(plain.ir)
    rng = np.random.default_rng(len(formula.name))
    names = [a.name for a in plain.signature.arguments]
    for _ in range(10):
        point = dict(zip(names, rng.uniform(0.6, 0.9, len(names)), strict=True))
        before, after = plain(**point), frugal(**point)
        np.testing.assert_allclose(after[0], before[0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(after[1], before[1], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("rule", [r for r in RULES if r.name.startswith("x**")], ids=str)
def test_products_are_as_accurate_as_powers_nearly(rule):
    """x**n by products is within 8 ulp for n up to 16, on each sign that it is for."""
    for x in (0.37, 0.9999, 1.7, 3.3, 42.0, 1e-6):
        got = float(rule.second(FloatAlgebra(), {"x": x}))
        with digits(60):
            assert ulps(got, rule.first(PRECISE, {"x": mpmath.mpf(x)})) <= 8.0


def test_the_suite_as_a_whole_gets_cheaper():
    """Thirty formulas: a tenth of the operations goes."""
    plain = sum(cost(compiled(f, simplify=False).ir) for f in FORMULAS)
    frugal = sum(cost(compiled(f).ir) for f in FORMULAS)
    assert len(FORMULAS) == 30
    assert frugal < 0.9 * plain


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "%0 = constant 5.0 : f64[]; %1 = power %a, %0 : f64[]; return %1",
            "%0 = square %a : f64[]; %1 = square %0 : f64[]; %2 = multiply %a, %1 : f64[]; "
            "return %2",
        ),
        (
            "%0 = multiply %a, %c : f64[]; %1 = multiply %c, %b : f64[]; %2 = add %0, %1 : f64[]; "
            "return %2",
            "%0 = add %a, %b : f64[]; %1 = multiply %0, %c : f64[]; return %1",
        ),
        (
            "%0 = divide %a, %c : f64[]; %1 = divide %b, %c : f64[]; "
            "%2 = subtract %0, %1 : f64[]; return %2",
            "%0 = subtract %a, %b : f64[]; %1 = divide %0, %c : f64[]; return %1",
        ),
        (
            "%0 = constant 3.0 : f64[]; %1 = divide %a, %c : f64[]; %2 = divide %1, %0 : f64[]; "
            "return %2",
            "%0 = constant 3.0 : f64[]; %1 = multiply %0, %c : f64[]; %2 = divide %a, %1 : f64[]; "
            "return %2",
        ),
        (
            "%0 = divide %a, %c : f64[]; %1 = divide %b, %c : f64[]; "
            "%2 = multiply %a, %1 : f64[]; return %0, %2",
            "%0 = divide %a, %c : f64[]; %1 = multiply %b, %0 : f64[]; return %0, %1",
        ),
        (
            "%0 = divide %a, %c : f64[]; %1 = multiply %b, %a : f64[]; "
            "%2 = divide %1, %c : f64[]; return %0, %2",
            "%0 = divide %a, %c : f64[]; %1 = multiply %b, %0 : f64[]; return %0, %1",
        ),
    ],
)
def test_a_rule_before_and_after(before, after):
    """One idea each, on a line or two."""
    assert str(simplify(parse(text(before), OPS))) == str(parse(text(after), OPS))


@pytest.mark.parametrize(
    "body",
    [
        "%0 = multiply %a, %b : f64[]; %1 = divide %0, %c : f64[]; return %1",
        "%0 = multiply %a, %c : f64[]; %1 = multiply %b, %c : f64[]; %2 = add %0, %1 : f64[]; "
        "return %2, %0, %1",
        "%0 = divide %b, %c : f64[]; %1 = multiply %a, %0 : f64[]; %2 = divide %a, %c : f64[]; "
        "return %1, %2",
        "%0 = divide %a, %c : f64[]; %1 = divide %0, %b : f64[]; return %1, %0",
        "%0 = divide %a, %c : f64[]; %1 = divide %0, %b : f64[]; return %1",
        "%0 = constant 1e+200 : f64[]; %1 = divide %a, %c : f64[]; %2 = divide %1, %0 : f64[]; "
        "return %2",
        "%0 = power %a, %b : f64[]; return %0",
        "%0 = exp %a : f64[]; %1 = exp %b : f64[]; %2 = multiply %0, %1 : f64[]; return %2",
    ],
)
def test_what_would_not_pay_stays(body):
    """Parts with other users are not taken apart, what stands below is not moved up; the function
    itself comes back."""
    function = parse(text(body), OPS)
    assert simplify.apply(function) == (function, ())
    assert simplify(function) is function


def test_value_and_gradient_share_their_powers():
    """x**6 and 6*x**5 are four products and one constant: the squares are common."""
    x = sg.param("x", 1.5)
    f = sg.compile(x**6, target="python")
    ops = [instr.op.name for instr in f.ir.body if not instr.is_constant]
    assert "power" not in ops
    assert len(ops) <= 6
    assert f() == (pytest.approx(1.5**6), (pytest.approx(6 * 1.5**5),))
    assert "power" in sg.compile(x**6, target="python", simplify=False).source


def test_the_history_tells_what_was_written_otherwise():
    """Each rule with its lines, and the cost before and after: of the part, and in all."""
    x, y = sg.param("x", 1.5), sg.param("y", 0.5)
    f = sg.compile(x**6 / y, target="python")
    (step,) = [s for s in f.history if s.name == "simplify"]
    told = [(c.change, c.before, c.after) for c in step.cheaper]
    assert ("x**6 by products", 24, 3) in told
    assert all(c.after < c.before for c in step.cheaper)
    (line,) = {o.file for c in step.cheaper for o in c.origins}
    assert line == "test_simplify.py"
    assert f"in all: cost {cost(step.before)} -> {cost(step.after)}" in str(f.history)
    assert "x**6 by products  at test_simplify.py:" in str(f.history)
    assert f.verify().rewrites == ()  # of the formula, nothing was


def test_the_history_tells_canonical_rules_where_they_save():
    """The slope of a mean of squares is gone over once; steps that save nothing tell no rule."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.ones(3))
    f = sg.compile(sg.mean((x @ w) ** 2), [w])
    first, second = [s for s in f.history if s.name in ("canonicalize", "settle")]
    told = "\n".join(first.details())
    assert "a*(c*b) = (c*a)*b for a small a  of test_simplify.py:" in told
    assert cost(first.after) < cost(first.before)
    assert told.endswith(f"in all: cost {cost(first.before)} -> {cost(first.after)}")
    assert cost(second.after) == cost(second.before)
    assert second.details() == []


def test_the_history_tells_what_sympy_wrote_otherwise():
    """In the user's names."""
    x, y = sg.param("x", 1.5), sg.param("y", 0.5)
    f = sg.compile(sg.sin(x) ** 2 * y + sg.cos(x) ** 2 * y + x, simplify="sympy")
    step = f.history[-1]
    assert step.name == "sympy"
    changes = {c.change: (c.before, c.after) for c in step.cheaper}
    assert changes["sin(x)**2 + cos(x)**2 = 1"] == (35, 0)
    assert cost(step.after) < cost(step.before)
    assert "sin(x)**2 + cos(x)**2 = 1  at test_simplify.py:" in str(f.history)
    without = sg.compile(x + y, simplify="sympy").history
    assert [s.cheaper for s in without if s.name in ("simplify", "sympy")] == [(), ()]


def test_arrays_are_simplified_too():
    """A rule holds for arrays as for numbers, and the cost counts elements."""
    x = sg.param("x", np.array([0.5, 1.5]))
    f = sg.compile(sg.sum(x**5))
    assert "** 5" not in f.source.rpartition('"""')[2]
    np.testing.assert_allclose(f()[1].x, 5 * np.array([0.5, 1.5]) ** 4)
    (value,) = interpret(simplify(parse(text("%0 = square %a : f64[]; return %0"), OPS)), [3, 0, 0])
    assert value == 9.0


BY_SYMPY = [f for f in FORMULAS if f.name in ("Gaussian log density", "Weibull", "reprojection")]


@pytest.mark.parametrize("formula", BY_SYMPY, ids=lambda f: f.name)
def test_sympy_makes_small_regions_cheaper(formula):
    """Proved, as accurate at samples, and cheaper; values and gradients stay."""
    plain, asked = compiled(formula), compiled(formula, simplify="sympy")
    verify(asked.ir)
    assert cost(asked.ir) < cost(plain.ir)
    assert [step.name for step in asked.history][-1] == "sympy"
    names = [a.name for a in plain.signature.arguments]
    point = {name: 0.6 + 0.05 * i for i, name in enumerate(names)}
    before, after = plain(**point), asked(**point)
    np.testing.assert_allclose(after[0], before[0], rtol=1e-13)
    np.testing.assert_allclose(after[1], before[1], rtol=1e-12)


def test_sympy_sees_arrays_element_by_element():
    """sin**2 + cos**2 of an array is 1 in its shape, and its gradient 0."""
    x = sg.param("x", np.array([0.5, 1.5]))
    loss = sg.sum(sg.sin(x) ** 2 + sg.cos(x) ** 2 + x)
    f = sg.compile(loss, simplify="sympy")
    assert "sin" not in f.source.rpartition('"""')[2]
    value, grads = f()
    assert value == pytest.approx(4.0)
    np.testing.assert_allclose(grads.x, [1.0, 1.0])


def test_sympy_does_not_undo_what_is_stable():
    """log(1 + exp(x)) is cheaper than softplus by count, but loses its digits at a sample."""
    x = sg.param("x", 500.0)
    value, grads = sg.compile(sg.log(1 + sg.exp(x)) * 2.0 - x, simplify="sympy")()
    assert (value, grads.x) == (500.0, 1.0)


def test_out_of_time_is_an_error(monkeypatch):
    """What is emitted must not depend on the machine, so there is no second best."""
    monkeypatch.setattr(regions, "SECONDS", 0.01)
    x = sg.param("x", 0.5)
    with pytest.raises(LimitError, match=r"simplify='sympy'.*stopped.*simplify=True"):
        sg.compile(sg.sin(x) ** 2 + sg.cos(x) ** 2 * x, simplify="sympy")


def test_an_unknown_way_to_simplify_is_refused():
    """The option takes True, False and 'sympy'."""
    with pytest.raises(ArgumentError, match="'sympy'"):
        sg.compile(sg.param("x", 0.5) ** 2, simplify="much")


@pytest.mark.parametrize(
    "module", ["rewrite", "rewrite.simplify", "rewrite.passes", "rewrite.rule", "symbolic.regions"]
)
def test_docstrings_show_what_happens(module):
    """The doctests of the modules pass."""
    results = doctest.testmod(importlib.import_module(f"symgrad.{module}"))
    assert results.attempted
    assert not results.failed
