"""Level L0: every partial is the derivative of its op's meaning, by SymPy and at 50 digits.

The rules that build IR are run here on SymPy expressions, on each open piece of the domain.
"""

import math
import random

import mpmath
import numpy as np
import pytest
import sympy as sp

from symgrad.ops import OPS, ArrayAlgebra

ELEMENTWISE = [op for op in OPS.values() if op.kind == "elementwise"]
FLAT = ("sign", "side", "floor", "ceil", "round")
DERIVED = [op for op in ELEMENTWISE if op.name not in FLAT]
STEPS = [op for op in ELEMENTWISE if op.name in FLAT]
EXACT = {
    "leaky_relu": {"slope": sp.Rational(1, 8)},
    "elu": {"alpha": sp.Rational(3, 2)},
    "strong_product": {"zero": (0, 1)},
    "continued": {"found": True},
}
ATTRIBUTES = {
    "leaky_relu": {"slope": 0.125},
    "elu": {"alpha": 1.5},
    "strong_product": {"zero": (0, 1)},
    "continued": {"found": True},
}
EXACT |= {"stumpff": {"k": 3, "d": 0}, "mills_tail": {"k": 1}}
ATTRIBUTES |= {"stumpff": {"k": 3, "d": 0}, "mills_tail": {"k": 1}}

# Rules hold rounded constants; the proof is about the numbers that they stand for.
CONSTANTS = {
    math.log(2.0): sp.log(2),
    1 / math.log(2.0): 1 / sp.log(2),
    1 / math.log(10.0): 1 / sp.log(10),
    math.sqrt(0.5): 1 / sp.sqrt(2),
    1.0 / math.sqrt(2.0 * math.pi): 1 / sp.sqrt(2 * sp.pi),
    2.0 / math.sqrt(math.pi): 2 / sp.sqrt(sp.pi),
}
CONSTANTS |= {-value: -exact for value, exact in CONSTANTS.items()}


class SympyAlgebra:
    """Its attributes are the ops' meanings."""

    def __getattr__(self, name):
        meaning = OPS[name].meaning
        return lambda *xs, **attributes: meaning(sp, *map(sp.sympify, xs), **attributes)

    def mask(self, condition):
        return sp.Piecewise((1, condition), (0, True))


def exact(x):
    """The expression with each float replaced by the number that it stands for."""
    x = sp.sympify(x)
    floats = {c: CONSTANTS.get(float(c), sp.Rational(float(c))) for c in x.atoms(sp.Float)}
    return x.xreplace(floats)


def symbols(op):
    return [
        sp.Symbol(f"x{i}", real=True, positive=True if low >= 0 else None)
        for i, (low, _) in enumerate(op.domain)
    ]


def on_piece(expression, conditions):
    """The expression where the conditions hold: a < b becomes b = a + p with p > 0."""
    for i in range(len(conditions)):
        p = sp.Symbol(f"p{i}", positive=True)
        low, high = conditions[i].lts, conditions[i].gts
        change = {high: low + p} if high.is_Symbol else {low: high - p}
        expression = expression.subs(change)
        conditions = [c.subs(change) for c in conditions]
        expression = sp.piecewise_fold(expression)
    return expression


def pieces(op, xs):
    found = op.pieces(*xs) if op.pieces else [()]
    return [list(c) if isinstance(c, tuple) else [c] for c in found]


def meaning_and_partials(op, xs):
    attributes = EXACT.get(op.name, {})
    y = op.meaning(sp, *xs, **attributes)
    return y, [exact(p) for p in op.partials(SympyAlgebra(), y, *xs, **attributes)]


@pytest.mark.parametrize("op", DERIVED, ids=lambda op: op.name)
def test_a_partial_is_the_derivative_of_the_meaning(op):
    """diff(meaning) - partial simplifies to 0 on each open piece."""
    xs = symbols(op)
    y, partials = meaning_and_partials(op, xs)
    assert len(partials) == op.arity
    for conditions in pieces(op, xs):
        for x, partial in zip(xs, partials, strict=True):
            difference = on_piece(sp.diff(y, x) - partial, conditions)
            assert sp.simplify(sp.simplify(difference.rewrite(sp.erf).rewrite(sp.exp))) == 0, (
                conditions,
                x,
            )


def samples(op, count=20):
    """Points of the domain, the same ones each time."""
    chance = random.Random(op.name)
    return [[chance.uniform(low, high) for low, high in op.domain] for _ in range(count)]


@pytest.mark.parametrize("op", DERIVED, ids=lambda op: op.name)
def test_a_partial_agrees_at_50_digits(op):
    """At 20 points meaning' and partial agree to 45 digits, and the float rule to 4 ulp."""
    xs = symbols(op)
    y, partials = meaning_and_partials(op, xs)
    slopes = [sp.diff(y, x) for x in xs]
    with mpmath.workdps(50):
        compute = sp.lambdify(xs, [y, slopes, partials], "mpmath")
        for point in samples(op):
            value, wanted, got = compute(*map(mpmath.mpf, point))
            for a, b in zip(wanted, got, strict=True):
                assert mpmath.almosteq(a, b, 1e-45, 1e-45)
            check_floats(op, point, value, wanted)


def check_floats(op, point, value, slopes):
    """The reference evaluation and the rule on floats have the digits that floats can have."""
    attributes = ATTRIBUTES.get(op.name, {})
    y = op.evaluate(*point, **attributes)
    np.testing.assert_allclose(y, float(value), rtol=2e-15, atol=1e-15)
    partials = op.partials(ArrayAlgebra(), y, *point, **attributes)
    for a, b in zip(partials, slopes, strict=True):
        np.testing.assert_allclose(a, float(b), rtol=4e-15, atol=1e-15)


@pytest.mark.parametrize("op", DERIVED, ids=lambda op: op.name)
def test_a_partial_agrees_with_finite_differences(op):
    """Central differences of the reference evaluation, with nothing symbolic between."""
    attributes = ATTRIBUTES.get(op.name, {})
    h = 1e-5
    for point in samples(op):
        y = op.evaluate(*point, **attributes)
        partials = op.partials(ArrayAlgebra(), y, *point, **attributes)
        for i, partial in enumerate(partials):
            up, down = list(point), list(point)
            up[i], down[i] = point[i] + h, point[i] - h
            slope = (op.evaluate(*up, **attributes) - op.evaluate(*down, **attributes)) / (2 * h)
            np.testing.assert_allclose(partial, slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("op", STEPS, ids=lambda op: op.name)
def test_a_step_has_no_slope(op):
    """A step function is constant around each sample, as its absent partial says."""
    for (x,) in samples(op):
        assert op.evaluate(x - 1e-9) == op.evaluate(x + 1e-9) == float(op.meaning(sp, sp.Float(x)))
        assert op.partials(ArrayAlgebra(), op.evaluate(x), x) == (None,)


def test_the_proof_refutes_a_wrong_rule():
    """A factor of 1 + 2**-20 in tanh' does not simplify away."""
    (x,) = symbols(OPS["tanh"])
    y = sp.tanh(x)
    wrong = (1 - y**2) * (1 + sp.Rational(1, 2**20))
    assert sp.simplify((sp.diff(y, x) - wrong).rewrite(sp.exp)) != 0
