"""Every op on its way to SymPy: evaluated or not, with exact numbers of a bounded size."""

import contextlib
import math

import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.errors import LimitError, SymgradError
from symgrad.frontend.arrays.expr import apply
from symgrad.ops import OPS
from symgrad.symbolic.precise import PRECISE
from symgrad.symbolic.sympy_algebra import SympyAlgebra

MEANT = [op for op in OPS.values() if op.kind == "elementwise" and op.meaning is not None]
ATTRIBUTES = {
    "leaky_relu": [{"slope": 0.125}],
    "elu": [{"alpha": 1.5}],
    "strong_product": [{"zero": (0, 1)}],
    "continued": [{"found": True}],
    "stumpff": [{"k": k, "d": d} for k in range(5) for d in range(3)],
    "mills_tail": [{"k": k} for k in (1, 2, 3)],
}
TIES = [-3.5, -2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.5, 0.49, 0.51, -0.51, 1.0, 2.0, 6.25]


def operands(op):
    """Inputs of the types that the op takes."""
    truths = {"where": 1}.get(op.name, op.arity if op.name.startswith("logical") else 0)
    return [sg.input(f"x{i}", dtype="bool" if i < truths else "f64") for i in range(op.arity)]


@pytest.mark.parametrize("evaluate", [True, False])
@pytest.mark.parametrize("op", MEANT, ids=lambda op: op.name)
def test_each_op_is_written_evaluated_or_not(op, evaluate):
    """Also its slopes; whatever is refused is refused by an error of symgrad's own."""
    for attributes in ATTRIBUTES.get(op.name, [{}]):
        xs = operands(op)
        y = apply(op.name, *xs, **attributes)
        floats = [x for x in xs if x.dtype == float]
        slopes = sg.grad(y, floats) if y.dtype == float and floats else []
        for wanted in (y, *slopes):
            with contextlib.suppress(SymgradError):
                assert isinstance(sg.to_sympy(wanted, evaluate=evaluate), sp.Basic)


@pytest.mark.parametrize("op", MEANT, ids=lambda op: op.name)
def test_a_meaning_has_the_same_value_unevaluated(op):
    """At a point of the op's domain."""
    at = [low + 0.375 * (high - low) for low, high in op.domain]
    for attributes in ATTRIBUTES.get(op.name, [{}]):
        xs = operands(op)
        if any(x.dtype == bool for x in xs):
            continue
        y = apply(op.name, *xs, **attributes)
        names = [sp.Symbol(f"x{i}", real=True) for i in range(op.arity)]
        got = [
            sp.lambdify(names, sg.to_sympy(y, evaluate=evaluate), "mpmath")(*at)
            for evaluate in (True, False)
        ]
        assert float(got[1]) == pytest.approx(float(got[0]), rel=1e-9)


def test_a_quotient_that_became_a_series_is_written_unevaluated():
    """sin(r)/r, whose slope has whole numbers as attributes."""
    x = sg.input("x")
    r = sg.sqrt(x * x)
    for y in (sg.sinc(x), sg.grad(sg.sin(r) / r, x)):
        plain, still = (sg.to_sympy(y, evaluate=e) for e in (True, False))
        (symbol,) = plain.free_symbols
        for v in (0.75, -1.25):
            assert float(still.subs(symbol, v)) == pytest.approx(float(plain.subs(symbol, v)))


def squared(v, times):
    for _ in range(times):
        v = v * v
    return v


w = sg.param("w", 0.5)
LARGE = {
    "squares": lambda: squared(sg.Value(0.7), 20),
    "array": lambda: squared(w * 0 + 0.7, 30),
    "power": lambda: sg.power(w * 0 + 3.0, 1e9),
    "root": lambda: sg.power(sg.sqrt(w * 0 + 3.0) * w, 1e9),
    "below": lambda: sg.power(w * 0 + 3.0, -1e9),
    "exp2": lambda: sg.exp2(w * 0 + 1e9),
    "exp": lambda: sg.exp(1e9 * sg.log(w * 0 + 3.0)),
    "sigmoid": lambda: sg.sigmoid(w - 1e9 * sg.log(w * 0 + 3.0)),
    "floor": lambda: sg.floor(sg.exp(w * 0 + 1e9)),
    "rint": lambda: sg.rint(sg.exp(w * 0 + 1e9)),
}


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE.keys())
def test_exact_numbers_of_any_size_are_refused_before_they_are_made(make):
    """Squares of squares, and powers of them; without evaluation they are written as they stand."""
    with pytest.raises(LimitError, match=r"bits, .*pass evaluate=False"):
        sg.to_sympy(make(), exact=True)
    assert isinstance(sg.to_sympy(make(), exact=True, evaluate=False), sp.Basic)


def test_exact_numbers_of_some_thousand_bits_are_written():
    assert sg.to_sympy(squared(sg.Value(0.7), 5), exact=True) == sp.Rational(0.7) ** 32
    assert sg.to_sympy(sg.power(3.0 * w, 1e3)).as_coeff_Mul()[0] == sp.Integer(3) ** 1000
    assert isinstance(sg.to_sympy(squared(sg.Value(0.7), 20)), sp.Float)


def test_a_depth_that_evaluate_false_does_not_help_is_told_as_one():
    """The advice is no circle."""
    deep = w
    for _ in range(1_200):
        deep = sg.maximum(sg.sin(deep), 0.5)
    for evaluate in (True, False):
        with pytest.raises(LimitError) as caught:
            sg.to_sympy(deep, evaluate=evaluate)
        assert "evaluate=False" not in str(caught.value) or evaluate


@pytest.mark.parametrize("decimals", [0, 1, -1])
def test_halves_are_rounded_to_even_by_all(decimals):
    """NumPy, both targets, SymPy, mpmath and the reference of certificates, at ties."""
    x = sg.input("x")
    y = sg.round(x, decimals)
    symbol = sp.Symbol("x", real=True)
    ties = [sp.Rational(v) * sp.Rational(10) ** -decimals for v in TIES]
    ours = [sg.function([x], y, target=target) for target in ("numpy", "python")]
    for evaluate in (True, False):
        meant = sg.to_sympy(y, evaluate=evaluate).doit()
        for v in ties:
            want = float(np.round(float(v), decimals))
            assert [float(f(float(v))) for f in ours] == [want, want]
            assert float(meant.subs(symbol, v)) == pytest.approx(want)


def test_each_algebra_rounds_halves_to_even():
    for v in TIES:
        assert float(SympyAlgebra().round(v)) == float(PRECISE.round(v)) == np.rint(v)
    w = sg.param("w", np.array(TIES))
    f = sg.compile(sg.sum(sg.rint(w) * w))
    assert f.verify().verdict == "verified"
    assert math.isclose(f()[0], float(np.sum(np.rint(TIES) * TIES)))
