"""Claims that are wrong where a literal of the loss, or what a parameter holds, leads alone."""

import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.certify.survey import Survey

S, Y, Q = sg.param("s", 0.7), sg.param("y", 0.3), sg.param("q", 6000.0)
T = sg.param("t", 0.4)
V = sg.param("v", np.array([0.5, -0.25, 0.125]))
s, y, q = sp.symbols("s y q", real=True)

WRONG = {
    "one side of where": (
        sg.where(S > 1000, S * S, S) * Y,
        [S, Y],
        lambda s, y: ((3 * s if s > 1000 else 1) * y, s * s if s > 1000 else s),
    ),
    "both sides of clip": (sg.clip(S, -5000.0, 5000.0), S, lambda s: 1.0),
    "what the data shows": (sg.maximum(Q, 5000.0) * 2, Q, lambda q: 0.0),
    "a sign that the literal has not": (sg.where(sg.abs(S) > 3e6, S, 0 * S), S, lambda s: s > 0),
    "an offset": (sg.relu(S - 40000.0), S, lambda s: 0.0),
    "a product": (sg.where(S * Y > 1e7, 2 * S, S), S, lambda s, y: 1.0),
    "a third argument": (
        S + Y + sg.maximum(T, 250.0),
        [S, Y, T],
        lambda s, y, t: (1.0, 1.0, 0.0),
    ),
    "a mean": (sg.maximum(sg.mean(V), 2000.0), V, lambda v: 0 * v),
    "a band that is narrow": (
        sg.where((S - 200.0) ** 2 < 1.0, 3 * S, S),
        S,
        lambda s: 1.0,
    ),
    "a formula": (sg.maximum(Q, 5000.0) * 2, Q, sp.Integer(0)),
    "an expression": (sg.clip(S, -5000.0, 5000.0), S, 0 * S + 1.0),
}


@pytest.mark.parametrize(("loss", "wrt", "claim"), WRONG.values(), ids=list(WRONG))
def test_a_claim_that_is_wrong_beyond_a_literal_of_the_loss_is_refuted(loss, wrt, claim):
    """However large the literal: both sides of it are looked at, with both signs."""
    assert sg.check_gradient(loss, wrt, claim).verdict == "refuted"


RIGHT = {
    "one side of where": (
        sg.where(S > 1000, S * S, S) * Y,
        [S, Y],
        lambda s, y: ((2 * s if s > 1000 else 1) * y, s * s if s > 1000 else s),
    ),
    "clip": (sg.clip(S, -5000.0, 5000.0), S, lambda s: float(abs(s) <= 5000)),
    "maximum": (sg.maximum(Q, 5000.0) * 2, Q, lambda q: 2.0 * (q > 5000)),
    "a narrow band": (
        sg.where((S - 200.0) ** 2 < 1.0, 3 * S, S),
        S,
        lambda s: 3.0 if (s - 200) ** 2 < 1 else 1.0,
    ),
    "a formula": (sg.clip(S, -5000.0, 5000.0), S, sp.Piecewise((1, abs(s) <= 5000), (0, True))),
}


@pytest.mark.parametrize(("loss", "wrt", "claim"), RIGHT.values(), ids=list(RIGHT))
def test_a_right_claim_stands_beyond_the_literals(loss, wrt, claim):
    """Both ways of each comparison are seen then."""
    check = sg.check_gradient(loss, wrt, claim)
    assert check.verdict in ("agrees", "proved")
    assert "one way alone" not in check.reason


def test_what_float64_does_not_hold_is_left_out_and_told():
    """Where the gradient turns within an ulp of the arguments, a right function is refuted by none,
    and the comparison of the loss counts as one whose other way was not looked at."""
    loss = sg.sin(S * Y) + sg.maximum(S, 1e9)
    check = sg.check_gradient(loss, S, lambda s, y: y * np.cos(s * y) + (s > 1e9))
    assert check.verdict == "agrees"
    assert "1 of the loss's comparisons came out one way alone" in check.reason
    assert "float64 holds too few digits, so not compared, at s = " in check.reason


def test_each_of_many_literals_is_looked_at():
    """Both sides of whatever the loss compares with, also where it multiplies by a literal."""
    cuts = range(100, 1000, 100)
    loss = sum(sg.where(float(c) < 7.0 * S, S, 2 * S) for c in cuts)
    right = sg.check_gradient(loss, S, lambda s: sum(1.0 + (c >= 7 * s) for c in cuts))
    assert (right.verdict, "one way alone" in right.reason) == ("agrees", False)
    last = lambda s: sum(1.0 + (c >= 7 * s or c == 900) for c in cuts)  # noqa: E731
    wrong = sg.check_gradient(loss, S, last)
    assert wrong.verdict == "refuted"


@pytest.mark.parametrize("value", [0.0, 6000.0])
def test_the_data_of_a_value_is_looked_at(value):
    a = sg.Value(value, label="a")
    b = sg.Value(5000.0, label="b")
    loss = (a - b).relu()
    assert not sg.check_gradient(loss, [a, b], lambda a, b: (0.0, 0.0))
    right = sg.check_gradient(loss, [a, b], lambda a, b: (float(a > b), -float(a > b)))
    assert right.verdict == "agrees"


@pytest.mark.parametrize("loss", [sg.max, lambda v: sg.sum(sg.relu(v)), sg.norm])
def test_another_convention_at_the_data_is_told_and_refutes_nothing(loss):
    """Parameters begin at 0, in the middle of a kink."""
    v = sg.param("v", np.zeros(3))

    def claim(v):
        if loss is sg.max:
            return np.eye(3)[np.argmax(v)]
        return v / np.linalg.norm(v) if loss is sg.norm and v.any() else np.float64(v >= 0)

    check = sg.check_gradient(loss(v), v, claim)
    assert check.verdict == "agrees"
    assert "at the data of the parameters" in check.but


def test_given_values_stand_before_the_data():
    """at= says what an argument is, also where the parameter holds something else."""
    loss = sg.where(Q > 5000.0, 2 * Q, 3 * Q) * Y
    claim = lambda q, y: q * 3  # noqa: E731
    assert sg.check_gradient(loss, Y, claim, at={"q": 1.0}).verdict == "agrees"
    assert sg.check_gradient(loss, Y, claim).verdict == "refuted"


def test_comparisons_of_the_loss_that_went_one_way_alone_are_told():
    """For functions as for formulas; each comparison once, however the loss uses it."""
    never = S * S < -3.0
    loss = sg.where(never, S, 2 * S) + sg.where(never, S * S, S)
    for claim in (lambda s: 3.0, 0 * S + 3.0):
        check = sg.check_gradient(loss, S, claim, seconds=0.0)
        assert check.verdict == "agrees"
        assert "1 of the loss's comparisons came out one way alone" in str(check)
    given = sg.check_gradient(sg.relu(Q) * Y, Y, lambda q, y: max(q, 0.0), at={"q": 2.0})
    assert "1 of the loss's comparisons came out one way alone" in given.reason
    size = sg.check_gradient(sg.norm(V), V, lambda v: v / np.linalg.norm(v))
    assert (size.verdict, "one way" in size.reason) == ("agrees", False)  # norm asks for 0
    both = sg.where((V > 0.0) & (V < 1.0), V, 2 * V)
    free = sg.check_gradient(sg.sum(both), V, lambda v: np.where((v > 0) & (v < 1), 1.0, 2.0))
    assert (free.verdict, "one way" in free.reason) == ("agrees", False)


def test_no_tie_is_sought_inside_of_a_smooth_op(monkeypatch):
    """softplus compares with 0 where the checker computes it; only relu's kink is a tie."""
    sought = []
    monkeypatch.setattr(Survey, "ways", lambda survey, place, k: iter(sought.append(place) or ()))
    assert sg.check_gradient(sg.softplus(S), S, lambda s: 1.0 / (1.0 + np.exp(-s)))
    assert not sought
    sg.check_gradient(sg.relu(S), S, lambda s: float(s > 0))
    assert sought


FAR = {
    "a square": S * S > 1e10,
    "a cube": S**3 > 1e15,
    "a cube below 0": S**3 < -1e15,
    "a fifth power": S**5 > 1e20,
    "a line": 3 * S - 1e9 > 0,
    "a line below 0": 3 * S + 1e9 < 0,
    "a cube beside 0": (S - 4) ** 3 > 1e12,
    "a polynomial": S**3 + S > 1e15,
    "a tiny square": S * S < 1e-18,
    "two cubes": S**3 > Y**3 + 1e12,
    "a sum": S + Y > 1e7,
    "a pole": 1 / S > 1e9,
    "an exponential": sg.exp(S) > 1e200,
    "a logarithm": sg.log(S * S + 1) > 50.0,
}


@pytest.mark.parametrize("claim", [lambda s, y=0.0: 1.0, sp.Integer(1), 0 * S + 1.0])
@pytest.mark.parametrize("far", FAR.values(), ids=list(FAR))
def test_a_branch_far_out_or_near_0_is_looked_at(far, claim):
    """Wherever a comparison turns along a line, and however narrow the branch is there."""
    assert sg.check_gradient(sg.where(far, S * S, S), S, claim, seconds=0.0).verdict == "refuted"


@pytest.mark.parametrize("far", FAR.values(), ids=list(FAR))
def test_a_right_claim_stands_in_a_branch_far_out(far):
    """And both ways of the comparison are seen."""
    claim = sg.where(far, 2 * S, 0 * S + 1.0)
    check = sg.check_gradient(sg.where(far, S * S, S), S, claim, seconds=0.0)
    assert check.verdict == "agrees"
    assert "one way alone" not in check.reason


def test_all_elements_far_out_are_looked_at():
    loss = sg.where(sg.min(V) > 1e9, sg.sum(V * V), sg.sum(V))
    wrong = sg.check_gradient(loss, V, lambda v: 0 * v + 1.0)
    assert wrong.verdict == "refuted"
    right = sg.check_gradient(loss, V, lambda v: 2 * v if v.min() > 1e9 else 0 * v + 1.0)
    assert right.verdict == "agrees"


def test_what_a_function_rounds_to_the_other_side_is_no_branch():
    """Near 0 float64 cannot tell 1 + s from 1; the formula can."""
    loss = sg.where(1 + S > 1.0, S * S, S)
    assert sg.check_gradient(loss, S, lambda s: 2 * s if 1 + s > 1.0 else 1.0).verdict == "agrees"


def test_a_tie_that_is_no_kink_to_a_function_shows_no_other_way():
    """Beside 1e10 squares are rounded to the other side; farther out both agree."""
    loss = sg.where(sg.sum(V * V) > 1e20, sg.sum(V), sg.sum(V * V))
    check = sg.check_gradient(loss, V, lambda v: 0 * v + 1.0 if v @ v > 1e20 else 2 * v)
    assert check.verdict == "agrees"
    assert "one way alone" not in check.reason
