"""Each op's derivative is within 4 ulp of the true one, special values included."""

import math
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest

import symgrad as sg
from symgrad.autodiff import gradients
from symgrad.ir import Type, function, interpret, parameter
from symgrad.ops import OPS, IRAlgebra
from symgrad.symbolic.precise import ulps

sys.path.insert(0, str(Path(__file__).parent))
import slopes

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("op", slopes.ops(), ids=lambda op: op.name)
def test_a_derivative_is_within_4_ulp(op):
    """At 100 points and more, 500 in a campaign; by the ``accurate`` rule where there is one."""
    known = slopes.references(op)
    assert len(known) >= slopes.COUNT
    error, place = slopes.worst(op, op.accurate or op.partials, known)
    assert error <= 4.0, place


@pytest.mark.parametrize("name", slopes.REDUCTIONS)
def test_a_gradient_of_a_reduction_is_within_4_ulp(name):
    """By ``accurate=True``; by default too but for what the table names.

    That of a softmax is a product of two softmaxes, each of them within 4.
    """
    error, place = slopes.worst_of(name, accurate=True)
    assert error <= (8.0 if name == "softmax" else 4.0), place
    default, place = slopes.worst_of(name)
    assert (default > 8.0) == (f"| {name} |" in README), place


@pytest.mark.parametrize("level", [0.0, 1e3, 1e6])
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_softmax_loses_nothing_where_all_logits_are_large(level, target):
    """Neither in the derivative of logsumexp, nor in its own; only the distances count."""
    z = np.array([0.25, 2.0, -1.5]) + level
    x = sg.param("x", z)
    with mpmath.workdps(50):
        p = [mpmath.exp(v) for v in z]
        p = [v / sum(p) for v in p]
        _, grads = sg.compile(sg.logsumexp(x), target=target)()
        assert max(map(ulps, grads.x, p)) <= 4.0
        value, _ = sg.compile(sg.softmax(x)[1], target=target)()
        assert ulps(value, p[1]) <= 4.0


def test_the_default_is_off_where_the_table_says_so():
    """The table names the ops with an accurate rule, and no other; tanh' at 20 is among them."""
    (table,) = slopes.TABLE.findall(README)
    named = {line.split("|")[1].strip() for line in table.splitlines()[2:]}
    ops = {op.name for op in OPS.values() if op.accurate is not None}
    assert named == ops | {"logsumexp", "log_softmax", "softmax"}
    with mpmath.workdps(50):
        known = [((20.0,), [1 - mpmath.tanh(20) ** 2], None)]
    assert slopes.worst(OPS["tanh"], OPS["tanh"].partials, known)[0] > 1e6


INF, NAN = math.inf, math.nan
# The derivatives at -inf and inf: limits where there are any.  At nan they are nan.
AT_INFINITY = {
    **dict.fromkeys(("sigmoid", "sigmoid_rest", "sigmoid_slope", "tanh"), (0.0, 0.0)),
    **dict.fromkeys(("erf", "erfc", "ndtr"), (0.0, 0.0)),
    **dict.fromkeys(("arctan", "arcsinh"), (0.0, 0.0)),
    **dict.fromkeys(("softplus", "relu", "elu"), (0.0, 1.0)),
    **dict.fromkeys(("exp", "exp2", "expm1"), (0.0, INF)),
    **dict.fromkeys(("sin", "cos", "tan", "arcsin", "arccos"), (NAN, NAN)),
    **dict.fromkeys(("sqrt", "arccosh"), (NAN, 0.0)),
    **dict.fromkeys(("square", "cosh"), (-INF, INF)),
    **dict.fromkeys(("gelu", "silu"), (NAN, NAN)),  # 0*inf: at -inf, the value is nan as well
    "log_sigmoid": (1.0, 0.0),
    "log_cosh": (-1.0, 1.0),
    **dict.fromkeys(("cosm1", "stumpff"), (NAN, NAN)),
    **dict.fromkeys(("sech", "csch", "coth", "tanh_by_sech"), (0.0, 0.0)),
    "bose": (0.0, 0.0),
    "sqrt1pm1": (NAN, 0.0),
    "log_abs": (0.0, 0.0),
    "log_ndtr": (INF, 0.0),
    "inverse_mills": (NAN, NAN),
    "mills_tail": (0.0, NAN),
    "leaky_relu": (0.125, 1.0),
    "negative": (-1.0, -1.0),
    "absolute": (-1.0, 1.0),
    "reciprocal": (0.0, 0.0),
    "sinh": (INF, INF),
    # Outside the domain the value is nan, and the derivative what its formula gives.
    **dict.fromkeys(("log", "log2", "log10", "log1p", "arctanh"), (0.0, 0.0)),
    "log1mexp": (0.0, NAN),  # there is no value above 0
}
AT_NAN = {"relu": 0.0, "leaky_relu": 0.125, "negative": -1.0}  # not nan


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("name", [op.name for op in slopes.ops() if op.arity == 1])
def test_derivatives_at_infinity_and_at_nan(name, target):
    """The limit, or nan where there is none; by either rule, in both targets."""
    assert name in AT_INFINITY, f"add {name!r} to AT_INFINITY: its slopes at -inf and inf"
    x = sg.param("x", 0.5)
    loss = sg.frontend.arrays.expr.apply(name, x, **slopes.ATTRIBUTES.get(name, {}))
    for accurate in (False, True):
        f = sg.compile(loss, target=target, accurate=accurate)
        with np.errstate(all="ignore"):
            found = [f(x=v)[1].x for v in (-INF, INF, NAN)]
        np.testing.assert_equal(
            [v + 0.0 for v in found], [*AT_INFINITY[name], AT_NAN.get(name, NAN)]
        )


M = mpmath.mpf
DIGITS_LOST = [
    (sg.tanh, -19.0, lambda x: 4 * mpmath.exp(2 * x) / (1 + mpmath.exp(2 * x)) ** 2),
    (sg.sigmoid, 38.0, lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2),
    (sg.erf, 5.3, lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(x**2))),
    (sg.silu, 37.0, lambda x: 1 + (x - 1) * mpmath.exp(-x)),
    (lambda x: x ** sg.input("n"), 1e-100, lambda x: M(-0.999) * x ** (M(-0.999) - 1)),
    (sg.expm1, -40.0, mpmath.exp),
    (sg.arcsin, 1 - 2.0**-53, lambda x: 1 / mpmath.sqrt(1 - x * x)),
]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize(("formula", "at", "slope"), DIGITS_LOST)
def test_accurate_true_gives_the_digits(target, formula, at, slope):
    """The compiled gradient, in both targets, has them where peers have lost them."""
    x = sg.param("x", at)
    f = sg.compile(formula(x), wrt=[x], target=target, accurate=True)
    inputs = {"n": -0.999} if any(a.name == "n" for a in f.signature.arguments) else {}
    with np.errstate(all="ignore"):
        value, grads = f(**inputs)
    assert math.isfinite(value)
    with mpmath.workdps(60):
        want = float(slope(M(at)))
    assert grads.x == pytest.approx(want, rel=1e-15)


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.accurate], ids=lambda op: op.name)
def test_the_accurate_rule_can_be_differentiated(op):
    """Its own derivative is that of the default rule: second order works with either."""
    xs = [parameter(f"x{i}", Type("f64")) for i in range(op.arity)]
    f = IRAlgebra()
    terms = [f.term(x) for x in xs]
    y = f.apply(op.name, *terms)
    found = []
    for rule in (op.partials, op.accurate):
        slope = rule(f, y, *terms)[0].instr
        found.append(interpret(function("s", xs, gradients(slope, xs)), [0.7, 0.4][: op.arity]))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


@pytest.mark.parametrize("exponent", [0.0, sg.param("n", 0.0)], ids=["literal", "computed"])
def test_accurate_true_keeps_the_derivative_at_0_to_the_power_0(exponent):
    """x**0 is 1 everywhere, so n y/x is not taken at 0: it would be 0/0."""
    x = sg.param("x", 0.0)
    f = sg.compile(x**exponent, wrt=[x], accurate=True)
    with np.errstate(all="ignore"):
        assert f()[1].x == 0.0
