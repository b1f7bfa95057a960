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

sys.path.insert(0, str(Path(__file__).parent))
import slopes

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("op", slopes.ops(), ids=lambda op: op.name)
def test_a_derivative_is_within_4_ulp(op):
    """At 500 points and more; by the rule that ``accurate=True`` takes where there is one."""
    known = slopes.references(op)
    assert len(known) >= slopes.COUNT
    error, place = slopes.worst(op, op.accurate or op.partials, known)
    assert error <= 4.0, place


def test_the_default_is_off_where_the_table_says_so():
    """The table names the ops with an accurate rule, and no other; tanh' at 20 is among them."""
    (table,) = slopes.TABLE.findall(README)
    named = {line.split("|")[1].strip() for line in table.splitlines()[2:]}
    assert named == {op.name for op in OPS.values() if op.accurate is not None}
    with mpmath.workdps(50):
        known = [((20.0,), [1 - mpmath.tanh(20) ** 2], None)]
    assert slopes.worst(OPS["tanh"], OPS["tanh"].partials, known)[0] > 1e6


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
