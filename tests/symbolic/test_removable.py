"""Branches that hold at one point have the slope of the one beside it, where there is a limit."""

from __future__ import annotations

import time
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.certify import lone_branches
from symgrad.errors import DomainError, LimitError
from symgrad.symbolic import removable
from symgrad.symbolic.removable import LimitPieces

a, b = sp.symbols("a b", real=True)
PIECES: dict[str, tuple[Any, Any, float]] = {
    "Ne": (sp.Piecewise((sp.sin(a) / a, sp.Ne(a, 0)), (1, True)), a, 0.0),
    "Eq": (sp.Piecewise((sp.Rational(1, 2), sp.Eq(a, 0)), ((1 - sp.cos(a)) / a**2, True)), a, 0.0),
    "elsewhere": (sp.Piecewise(((a**3 - 8) / (a - 2), sp.Ne(a, 2)), (12, True)), a, 2.0),
    "log": (sp.Piecewise((sp.log(a) / (a - 1), sp.Ne(a, 1)), (1, True)), a, 1.0),
}


@pytest.mark.parametrize("name", PIECES)
def test_the_slope_is_the_limit(name: str) -> None:
    """Both derivatives at the point are mpmath's beside it."""
    expr, symbol, at = PIECES[name]
    f = sg.lambdify([symbol], expr, grad=True)
    general = next(e for e, c in expr.args if e.has(symbol))
    beside = sp.lambdify(symbol, general, "mpmath")
    with mpmath.workdps(60):
        near = mpmath.mpf(at) + mpmath.mpf(10) ** -20
        want = [float(mpmath.diff(beside, near, k, h=mpmath.mpf(10) ** -25)) for k in (0, 1)]
    value, (slope,) = f(at)
    assert (value, slope) == pytest.approx(want, abs=1e-9)
    assert "the limit from beside it, which SymPy found" in f.scalar.notes[0]
    x = sg.param("x", at)
    with np.errstate(all="ignore"):
        second = sg.compile(sg.grad(sg.from_sympy(expr, {symbol: x}), x), [x])()
    with mpmath.workdps(60):
        curvature = float(mpmath.diff(beside, near, 2, h=mpmath.mpf(10) ** -18))
    assert second[1].x == pytest.approx(curvature, abs=1e-7)


def test_other_symbols_move_the_slope() -> None:
    """The limit is an expression of them, and their own slopes stay."""
    f = sg.lambdify([a, b], sp.Piecewise((sp.sin(a * b) / a, sp.Ne(a, 0)), (b, True)), grad=True)
    assert f(0.0, 3.0) == (3.0, (0.0, 1.0))
    growth = sp.Piecewise(((sp.exp(a * b) - 1) / a, sp.Ne(a, 0)), (b, True))
    assert sg.lambdify([a, b], growth, grad=True)(0.0, 3.0) == (3.0, (4.5, 1.0))


def test_a_branch_where_two_are_equal() -> None:
    """A divided difference on its diagonal has half the second derivative as each slope."""
    quotient = sp.Piecewise(((sp.exp(a) - sp.exp(b)) / (a - b), sp.Ne(a, b)), (sp.exp(a), True))
    value, slopes = sg.lambdify([a, b], quotient, grad=True)(0.5, 0.5)
    e = float(np.exp(0.5))
    assert (value, *slopes) == pytest.approx((e, e / 2, e / 2), rel=1e-14)


def test_a_sum_of_two_points_has_both_slopes() -> None:
    """An integral by cases, of a and of b, at each of their zeros."""
    x = sp.Symbol("x", real=True)
    integral = sp.integrate(sp.sin(a * x) + sp.cos(b * x), (x, 0, 2 * sp.pi))
    f = sg.lambdify([a, b], integral, grad=True)
    for at in ((0.0, 0.0), (0.0, 0.25), (0.5, 0.0)):
        (d_a, d_b), step = f(*at)[1], 1e-4
        beside = [f(at[0] + s, at[1])[0] for s in (step, -step)]
        assert d_a == pytest.approx((beside[0] - beside[1]) / (2.0 * step), abs=1e-5)
        beside = [f(at[0], at[1] + s)[0] for s in (step, -step)]
        assert d_b == pytest.approx((beside[0] - beside[1]) / (2.0 * step), abs=1e-5)


x, n = sp.symbols("x n")
p, q = sp.symbols("p q")  # not declared real, as most people write them
t = sp.Symbol("t", nonnegative=True)
N = sp.Symbol("N", integer=True, positive=True)
k = sp.Symbol("k", integer=True)
ROW = sp.IndexedBase("row")


def growth(x: Any) -> Any:
    """Of slope 1/2 at 0, where it is 1."""
    return (sp.exp(x) - 1) / x


HALF = 0.5
DIAGONAL = -0.17283874988117796  # of half the sum of integrals over cos(u*x), u = p - q and p + q
# What SymPy writes for integrals and sums, and what people do: the point, and the slopes there.
COMPOUND: dict[str, tuple[Any, tuple[Any, ...], tuple[float, ...], tuple[float, ...]]] = {
    "finite": (sp.integrate(sp.exp(p * x), (x, 0, 1)), (p,), (0.0,), (HALF,)),
    "moment": (sp.integrate(x * sp.exp(p * x), (x, 0, 1)), (p,), (0.0,), (1 / 3,)),
    "upper end": (sp.integrate(sp.exp(-p * x), (x, 0, q)), (p, q), (0.0, 2.0), (-2.0, 1.0)),
    "power": (sp.integrate(x**n, (x, 1, 2)), (n,), (-1.0,), (np.log(2.0) ** 2 / 2,)),
    "two waves": (
        sp.integrate(sp.cos(a * x) * sp.cos(b * x), (x, 0, 1)),
        (a, b),
        (1.5, 1.5),
        (DIAGONAL, DIAGONAL),
    ),
    "opposite waves": (
        sp.integrate(sp.cos(a * x) * sp.cos(b * x), (x, 0, 1)),
        (a, b),
        (1.5, -1.5),
        (DIAGONAL, -DIAGONAL),
    ),
    "geometric": (sp.summation(p**k, (k, 0, N)), (p, N), (1.0, 3.0), (6.0, 1.0)),
    "product of 1": (
        sp.summation(p**k * q**k, (k, 0, N)),
        (p, q, N),
        (2.0, 0.5, 3.0),
        (3.0, 12.0, 1.0),
    ),
    "difference": (
        sp.integrate(sp.exp((p - q) * x), (x, 0, 1)),
        (p, q),
        (3.0, 3.0),
        (HALF, -HALF),
    ),
    "or": (sp.Piecewise((growth(p), (p > 0) | (p < 0)), (1, True)), (p,), (0.0,), (HALF,)),
    "not or": (sp.Piecewise((1, ~((p > 0) | (p < 0))), (growth(p), True)), (p,), (0.0,), (HALF,)),
    "xor": (sp.Piecewise((growth(a), (a > 0) ^ (a < 0)), (1, True)), (a,), (0.0,), (HALF,)),
    "three ways": (
        sp.Piecewise((growth(a), a > 0), (1, a >= 0), (growth(a), True)),
        (a,),
        (0.0,),
        (HALF,),
    ),
    "sides": (
        sp.Piecewise((growth(a), a > 0), (growth(-a) * sp.exp(a), a < 0), (1, True)),
        (a,),
        (0.0,),
        (HALF,),
    ),
    "two values": (
        sp.Piecewise(
            (growth(p) * growth(p - 1), sp.Ne(p, 0) & sp.Ne(p, 1)),
            (1 - sp.exp(-1), sp.Eq(p, 0)),
            (sp.E - 1, True),
        ),
        (p,),
        (1.0,),
        ((np.e - 1) / 2 + 1,),
    ),
    "two symbols": (
        sp.Piecewise((growth(p * q), sp.Ne(p, 0) & sp.Ne(q, 0)), (1, True)),
        (p, q),
        (0.0, 2.0),
        (1.0, 0.0),
    ),
    "product": (
        sp.Piecewise((growth(p * q), sp.Ne(p * q, 0)), (1, True)),
        (p, q),
        (2.0, 0.0),
        (0.0, 1.0),
    ),
    "squares": (
        sp.Piecewise((growth(a**2 - b**2), sp.Ne(a**2, b**2)), (1, True)),
        (a, b),
        (2.0, -2.0),
        (2.0, 2.0),
    ),
    "a square": (sp.Piecewise((growth(p), p**2 > 0), (1, True)), (p,), (0.0,), (HALF,)),
    "a size": (sp.Piecewise((growth(p), sp.Abs(p) > 0), (1, True)), (p,), (0.0,), (HALF,)),
    "a float": (sp.Piecewise((growth(p - 0.1), sp.Ne(p, 0.1)), (1, True)), (p,), (0.1,), (HALF,)),
    "an edge": (sp.Piecewise((growth(t), t > 0), (1, True)), (t,), (0.0,), (HALF,)),
    "and beyond": (
        sp.Piecewise((1, sp.Eq(a, 0) | (a > 3)), (growth(a), True)),
        (a,),
        (0.0,),
        (HALF,),
    ),
}

CERTIFIED = ("finite", "upper end", "or", "two symbols", "a float")


@pytest.mark.parametrize("name", COMPOUND)
def test_the_slope_is_the_limit_at_compound_conditions(name: str) -> None:
    """Of each symbol, with a note that the certificate repeats."""
    expr, symbols, at, slopes = COMPOUND[name]
    f = sg.lambdify(symbols, expr, grad=True)
    assert f(*at)[1] == pytest.approx(slopes, abs=1e-12)
    told = [note for note in f.scalar.notes if "which SymPy found" in note]
    assert told
    assert all("test_removable.py:" in note for note in told)
    if name in CERTIFIED:
        certificate = f.scalar.verify()
        assert certificate.verdict == "verified"
        assert told[0] in str(certificate)


def test_where_two_are_pinned_the_mixed_derivative_is_the_limit() -> None:
    """sin(a*x)*sin(b*x) is a*b*x**2 near 0, so that its integral has the mixed derivative 1/3."""
    whole = sp.integrate(sp.sin(a * x) * sp.sin(b * x), (x, 0, 1))
    u, v = sg.param("u", 0.0), sg.param("v", 0.0)
    slope = sg.grad(sg.from_sympy(whole, {a: u, b: v}), u)
    with np.errstate(all="ignore"):
        value, slopes = sg.compile(slope, [u, v])()
    assert (value, slopes.u, slopes.v) == pytest.approx((0.0, 0.0, 1 / 3), abs=1e-12)


def test_terms_that_cancel_are_joined_without_an_overflow() -> None:
    """1/a - exp(-a*b)/a stands over a alone, not over a*exp(a*b)."""
    f = sg.lambdify([p, q], sp.integrate(sp.exp(-p * x), (x, 0, q)), grad=True)
    assert f(1.0, 800.0) == (1.0, (-1.0, 0.0))
    assert f(1e-9, 2.0)[1] == pytest.approx((-2.0, 1.0), rel=1e-6)


LEFT: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "a kink": (sp.Piecewise((growth(a), a > 0), (sp.exp(-2 * a), a < 0), (1, True)), (a,)),
    "a jump": (sp.Piecewise((growth(p), (p > 0) | (p < 0)), (2, True)), (p,)),
    "a norm": (
        sp.Piecewise((growth(a**2 + b**2), a**2 + b**2 > 0), (1, True)),
        (a, b),
    ),
    "a function": (sp.Piecewise((growth(sp.sin(a)), sp.Ne(sp.sin(a), 0)), (1, True)), (a,)),
    "within": (
        sp.Piecewise(
            (growth(a), a > 0), (2 * sp.Piecewise((growth(a) / 2, a < 0), (HALF, True)), True)
        ),
        (a,),
    ),
    "an edge": (sp.Piecewise((sp.sqrt(t), t > 0), (0, True)), (t,)),
    "a sign": (sp.Piecewise((growth(a), sp.Ne(sp.sign(a), 0)), (1, True)), (a,)),
    "many": (
        sp.Piecewise((sp.sin(a), sp.And(*(sp.Ne(a, i) for i in range(12)))), (0, True)),
        (a,),
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_each_branch_with_a_slope_of_its_own_is_told(name: str) -> None:
    """Also where conditions decide together, or the branch is taken behind another op."""
    expr, symbols = LEFT[name]
    f = sg.lambdify(symbols, expr, grad=True)
    assert f(*[0.0] * len(symbols))[1] == (0.0,) * len(symbols)
    told = [note for note in f.scalar.notes if "not a limit" in note]
    assert told
    assert "test_removable.py:" in told[0]


def test_what_is_not_real_is_refused_as_such() -> None:
    """Conditions on I*b are not read here, so that the reader refuses them by name."""
    whole = sp.integrate(sp.exp(a * x) * sp.sin(b * x), (x, 0, 1))
    with pytest.raises(DomainError, match="I is not real"):
        sg.lambdify([a, b], whole, grad=True)


def test_what_sympy_fails_at_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: Any) -> Any:
        raise AttributeError("'int' object has no attribute 'is_integer'")

    monkeypatch.setattr(removable, "_series", failing)
    whole, found = removable.continued(sp.Piecewise((sp.tan(a) / a, sp.Ne(a, 0)), (1, True)))
    assert not found
    assert whole.args[1] == (1, True)


def test_a_jump_keeps_its_own_slope_and_says_so() -> None:
    f = sg.lambdify([a], sp.Piecewise((sp.sin(a) / a, sp.Ne(a, 0)), (3, True)), grad=True)
    assert f(0.0) == (3.0, (0.0,))
    (note,) = f.scalar.notes
    assert note.startswith("Where a = 0.0 the derivative is that of the branch that holds there")
    assert "test_removable.py:" in note
    assert note in str(f.scalar.verify())


def test_a_search_that_is_stopped_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: Any) -> Any:
        raise LimitError("stopped")

    monkeypatch.setattr(removable, "within", stopped)
    f = sg.lambdify([a], sp.Piecewise((sp.tan(a) / a, sp.Ne(a, 0)), (1, True)), grad=True)
    removable._within_budget.cache_clear()
    assert f(0.0) == (1.0, (0.0,))
    assert "SymPy was stopped while it looked for one" in f.scalar.notes[0]


def test_what_users_choose_by_hand_is_told_with_its_line() -> None:
    """n > 0 of a norm fails at one point; a choice on both sides of 0 is none of that kind."""
    x = sg.param("x", np.array([3.0, 4.0]))
    n = sg.norm(x)
    f = sg.compile(sg.sum(sg.where(n > 0, x / n, 0.0)))
    (note,) = f.notes
    assert "Where n = 0.0 the derivative is that of the branch" in note
    assert "test_removable.py:" in note
    assert sg.compile(sg.sum(sg.where(x > 0, x, 0.0))).notes == ()
    assert sg.compile(sg.norm(x)).notes == ()


def test_conditions_that_decide_together_are_told() -> None:
    """The last of x > 0, x < 0 and neither; what holds beside the point, too, is not told."""
    x = sg.param("x", 3.0)
    y, z = sg.exp(x), sg.cos(x)
    f = sg.compile(sg.where(x > 0, y, sg.where(x < 0, z, 1.0)))
    assert [note[:37] for note in f.notes] == ["Where x = 0.0 the derivative is that "]
    f = sg.compile(sg.where(x > 0, y, 2.0 * sg.where(-x > 0, z, 1.0)))
    assert [note[:37] for note in f.notes] == ["Where x = 0.0 the derivative is that "]
    for silent in (
        sg.where(x > 0, y, sg.where(x <= 0, z, 1.0)),  # the last is nowhere
        sg.where(x > 0, y, sg.where(x < -1, z, x)),
        sg.where(x > 0, y, sg.where(x < 0, z, y)),  # y is beside the point as well
    ):
        assert sg.compile(silent).notes == ()


def test_where_there_are_too_many_cells_each_equality_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lone_branches, "MOST", 1)
    x = sg.param("x", 3.0)
    (note,) = sg.compile(sg.where(x == 2.0, 1.0, sg.exp(x))).notes
    assert note.startswith("Where x = 2.0 the derivative may be that of a branch that holds there")


def test_conditions_are_read_in_no_time() -> None:
    """A power that would be long to factor, and cells that are too many, are left alone."""
    start = time.process_time()
    for condition in (
        sp.Ne(a**500, b),
        (a + b + x) ** 30 > 1,
        sp.Ne((a + b + x) ** 30, 1),
        sp.And(*(a > i * b for i in range(300))),
    ):
        LimitPieces([condition, sp.true])
    assert time.process_time() - start < 2.0
