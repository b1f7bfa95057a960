"""``sg.check_gradient``: proofs, agreement, counterexamples, and the term at fault."""

import doctest
import importlib
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.checker import samples
from symgrad.errors import ArgumentError

x, y = sp.symbols("x y")
X, Y = sg.param("x", 0.5), sg.param("y", 1.5)
LOSS = sg.sin(X) * Y + sg.exp(X * Y) - X * X
RIGHT = [sp.cos(x) * y + y * sp.exp(x * y) - 2 * x, sp.sin(x) + x * sp.exp(x * y)]


def test_a_right_formula_is_proved():
    """SymPy shows it, whatever the symbols were declared as, and however it is written."""
    check = sg.check_gradient(LOSS, [X, Y], RIGHT)
    assert check.verdict == "proved"
    assert check
    assert str(check) == "proved: SymPy shows that all 2 components are equal for all real numbers"
    other = [sp.expand(y * (sp.cos(x) + sp.exp(x * y))) - 2 * x, RIGHT[1]]
    assert sg.check_gradient(LOSS, [X, Y], other).verdict == "proved"
    half = sg.check_gradient(sg.tanh(X), X, 4 / (sp.exp(x) + sp.exp(-x)) ** 2)
    assert half.verdict == "proved"


FAULTS = [
    (RIGHT[0] + 4 * x, "the term 2*x should be -2*x"),
    (RIGHT[0] - y * sp.cos(x) / 2, "the term y*cos(x)/2 should be y*cos(x)"),
    (RIGHT[0] + x * y, "the term x*y should not be there"),
    (RIGHT[0] - y * sp.exp(x * y), "the term y*exp(x*y) is missing"),
    (2 * RIGHT[0], "the claim is off by a factor: it should be -2*x + y*exp(x*y) + y*cos(x)"),
    (sp.cos(x) * y + y * sp.exp(x * y) - 2 * x**2, ""),
    (RIGHT[1], "it is the gradient of y: are they in another order?"),
    (RIGHT[0] * (1 + sp.Rational(1, 10**9)), "the claim is 1.00000000100 times what it should be"),
    (RIGHT[0] + 1e-9, "the term 1.00000000000000e-9 should not be there"),
    (
        RIGHT[0] + sp.Piecewise((0, sp.Abs(x) < 3), (x, True)),
        "it is right at 5 other points: on a part of the domain only?",
    ),
]


@pytest.mark.parametrize(("claim", "fault"), FAULTS, ids=lambda v: str(v)[:40])
def test_a_wrong_formula_is_refuted_with_the_term_at_fault(claim, fault):
    """A counterexample point, both values there, and the term where it can be told."""
    check = sg.check_gradient(LOSS, [X, Y], [claim, RIGHT[1]])
    assert check.verdict == "refuted"
    assert not check
    assert check.component == "d_x"
    point = {s: float(check.point[s.name]) for s in (x, y)}
    assert check.expected == pytest.approx(float(RIGHT[0].subs(point)))
    assert check.claimed == pytest.approx(float(claim.subs(point)))
    assert check.fault == fault
    assert "refuted: d_x is" in str(check)


@pytest.mark.parametrize("power", [7, 14, 17, 30])
def test_a_formula_that_differs_is_refuted_however_little(power):
    """1 + 1e-7, which no finite difference shows, and 1 + 1e-17, which float64 does not hold."""
    off = 1 + sp.Rational(1, 10**power)
    assert sg.check_gradient(LOSS, [X, Y], [RIGHT[0] * off, RIGHT[1]]).verdict == "refuted"
    assert sg.check_gradient(X**2, X, 2 * x * off).verdict == "refuted"


def test_literals_count_as_far_as_floats_round_them():
    """0.1 in the loss may be meant as 1/10, and sg.pi as pi; what differs by more is refuted."""
    rounded = [
        (0.1 * X * X, x / 5),
        ((1 / 3) * X * X, 2 * x / 3),
        (sg.sin(sg.pi * X), sp.pi * sp.cos(sp.pi * x)),
        (X * X / 3, x * sp.Float(2 / 3)),
        (X**0.3, sp.Rational(3, 10) * sp.Pow(x, sp.Rational(-7, 10))),
    ]
    for loss, claim in rounded:
        check = sg.check_gradient(loss, X, claim)
        assert (check.verdict, check.reason) == (
            "agrees",
            "the difference is within the rounding of the literals",
        )
        assert 14 <= check.digits <= 18
        off = sg.check_gradient(loss, X, claim * (1 + sp.Rational(1, 10**15)))
        assert off.verdict == "refuted"
    for loss, claim in [(0.1 * X * X, 0.2 * x), (0.5 * X * X, x), (0.75 * X * X, 3 * x / 2)]:
        assert sg.check_gradient(loss, X, claim).verdict == "proved"


PARTLY = [
    2 * x + sp.floor(x**2 / 100),
    2 * x + sp.Max(x - 100, 0),
    sp.Piecewise((2 * x, x < 5000), (0, True)),
    sp.Piecewise((2 * x, x < 10**8), (0, True)),
    2 * x + sp.Heaviside(-x - 900, 0),
    sp.Piecewise((2 * x, x < 5), (0, True)),
    sp.Piecewise((2 * x, x < 50), (2 * x, x > 51), (0, True)),
    sp.Piecewise((2 * x, (x < 41) | (x > 41 + sp.Rational(1, 10**6))), (0, True)),
    sp.Piecewise((2 * x, sp.Ne(x, 1)), (0, True)),
    2 * sp.Abs(x),
]


@pytest.mark.parametrize("claim", PARTLY, ids=str)
def test_what_is_right_on_a_part_is_refuted(claim):
    """Large and small arguments are looked at, and both sides of each branch of a formula."""
    check = sg.check_gradient(X * X, X, claim)
    assert check.verdict == "refuted"
    point = float(check.point["x"])
    assert check.expected == 2 * point
    assert check.claimed == pytest.approx(float(claim.subs(x, sp.Rational(point))))


KINKS = [
    (
        sg.relu(X),
        sp.Heaviside(x),
        "at x = 0.0, a kink, where d_x is 0.0 by convention, claimed 0.5",
    ),
    (sg.relu(X), sp.Heaviside(x, 1), "claimed 1.0"),
    (sg.relu(X - 2.5), sp.Heaviside(x - sp.Rational(5, 2)), "at x = 2.5, a kink"),
    (abs(X), x / sp.Abs(x), "at x = 0.0, where the claim has no value"),
    (X * X, 2 * sp.sinh(x) * x / (sp.exp(x) / 2 - sp.exp(-x) / 2), "the claim has no value"),
]


@pytest.mark.parametrize(("loss", "claim", "says"), KINKS, ids=str)
def test_single_points_are_told(loss, claim, says):
    """At a kink the slope is a convention: another one does not refute a claim, but is named."""
    check = sg.check_gradient(loss, X, claim)
    assert check
    assert says in check.but
    assert f", but {check.but}" in str(check)


def test_the_slope_at_a_kink_may_be_the_stated_one():
    """Then nothing is to be told."""
    for loss, claim in [(sg.relu(X), sp.Heaviside(x, 0)), (abs(X), sp.sign(x))]:
        check = sg.check_gradient(loss, X, claim)
        assert (check.verdict, check.but) == ("proved", "")


def test_what_was_not_compared_is_told():
    """A function may overflow far out, and a formula branch where no point went."""
    check = sg.check_gradient(sg.sigmoid(X), X, lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2)
    assert check.verdict == "agrees"
    assert "not compared, at x = -1000.0" in check.reason
    check = sg.check_gradient(sg.sigmoid(X), X, lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2)
    assert "not compared, at x = -1000.0" in check.reason
    slope = sg.check_gradient(sg.tanh(X), X, lambda x: 1 - np.tanh(x) ** 2)
    assert slope.verdict == "agrees"  # 0 where 1e-17 is right: float64 holds no more beside 1
    never = sp.Piecewise((2 * x, sp.exp(x) > -1), (0, True))
    check = sg.check_gradient(X * X, X, never, seconds=0)
    assert check.verdict == "agrees"
    assert "1 of the claim's comparisons came out one way alone" in str(check)


def test_an_angle_is_right_all_around():
    """arctan2 is more than the arctan of a quotient: it is right on the left, too."""
    angle = sg.arctan2(Y, X)
    a = sp.atan2(y, x)
    right = [-2 * y * a / (x * x + y * y), 2 * x * a / (x * x + y * y)]

    def function(x, y):
        b = np.arctan2(y, x)
        return -2 * y * b / (x * x + y * y), 2 * x * b / (x * x + y * y)

    assert sg.check_gradient(angle * angle, [X, Y], right).verdict in ("proved", "agrees")
    assert sg.check_gradient(angle * angle, [X, Y], function).verdict == "agrees"
    quotient = [c.subs(a, sp.atan(y / x)) for c in right]
    assert sg.check_gradient(angle * angle, [X, Y], quotient).verdict == "refuted"


def test_what_saturates_is_computed_to_enough_digits():
    """1 - tanh(1000)**2 is 1e-868, and so is what another formula makes of exponentials."""
    for claim in (1 - sp.tanh(x) ** 2, 4 / (sp.exp(x) + sp.exp(-x)) ** 2):
        assert sg.check_gradient(sg.tanh(X), X, claim).verdict == "proved"
    claims = [y * (1 - sp.tanh(x * y) ** 2), 4 * x / (sp.exp(x * y) + sp.exp(-x * y)) ** 2]
    assert sg.check_gradient(sg.tanh(X * Y), [X, Y], claims)
    tower = sp.exp(sp.exp(sp.exp(x)))
    loss = sg.exp(sg.exp(sg.exp(X)))
    assert sg.check_gradient(loss, X, tower * sp.exp(sp.exp(x)) * sp.exp(x))


w = sg.param("w", np.array([0.5, -0.25]))
b = sg.param("b", 0.1)
data, target = sg.input("X", ("N", 2)), sg.input("t", "N")
residual = data @ w + b - target
squares = sg.mean(residual * residual)


def test_expressions_and_functions_may_be_claims():
    """For array losses: symgrad expressions, and NumPy functions by name or in order."""
    right = [2 * (residual @ data) / sg.sum(target * 0 + 1), 2 * sg.mean(residual)]
    check = sg.check_gradient(squares, [w, b], right)
    assert check.verdict == "agrees"
    assert check.digits > 40
    assert "named size" in check.reason

    def by_name(w, b, X, t):
        r = X @ w + b - t
        return 2 * r @ X / len(X), 2 * r.mean()

    assert sg.check_gradient(squares, [w, b], by_name).digits > 12
    assert sg.check_gradient(squares, [w, b], lambda *a: by_name(*a)).verdict == "agrees"

    def wrong(w, b, X, t):
        r = X @ w + b - t
        return 2 * r @ X / len(X), -2 * r.mean()

    check = sg.check_gradient(squares, [w, b], wrong, sizes={"N": 5})
    assert (check.verdict, check.component) == ("refuted", "d_b")
    assert check.point["X"].shape == (5, 2)
    assert check.claimed == pytest.approx(-check.expected)


def test_what_a_function_shows_in_float64_is_weighed():
    """Right in all digits, and off by 1e-9 or 1e-5, alike at all points: rounding is not."""

    def claim(factor):
        def gradient(x, y):
            first = -2 * x + y * np.exp(x * y) + y * np.cos(x)
            return factor * first, np.sin(x) + x * np.exp(x * y)

        return gradient

    verdicts = [
        sg.check_gradient(LOSS, [X, Y], claim(f)).verdict for f in (1.0, 1.0 + 1e-9, 1.0 + 1e-5)
    ]
    assert verdicts == ["agrees", "refuted", "refuted"]
    assert "agree to 9 digits" in str(sg.check_gradient(LOSS, [X, Y], claim(1.0 + 1e-9)))


def test_a_size_written_as_a_number_is_found():
    """A function that divides by 3 is right for three examples alone."""

    def gradient(w, b, X, t):
        r = X @ w + b - t
        return 2 * r @ X / 3, 2 * r.mean()

    check = sg.check_gradient(squares, [w, b], gradient)
    assert (check.verdict, check.point["X"].shape) == ("refuted", (5, 2))
    assert sg.check_gradient(squares, [w, b], gradient, sizes={"N": 3}).verdict == "agrees"


@pytest.mark.parametrize("function", [math.cos, np.cos, lambda **point: np.cos(point["x"])])
def test_functions_take_their_arguments_as_they_can(function):
    """By name, in order, or all together."""
    assert sg.check_gradient(sg.sin(X), X, function).verdict == "agrees"


def test_an_element_of_an_array_is_named():
    """Claims for arrays of known shape are matrices, lists or arrays of SymPy expressions."""
    v = sp.IndexedBase("w")
    loss = w[0] * w[0] * w[1] + sg.exp(w[1])
    right = [2 * v[0] * v[1], v[0] ** 2 + sp.exp(v[1])]
    assert sg.check_gradient(loss, w, right).verdict == "proved"
    assert sg.check_gradient(loss, w, sp.Array(right)).verdict == "proved"
    assert sg.check_gradient(loss, w, sp.Matrix(right)).verdict == "proved"
    with pytest.raises(ArgumentError, match=r"w\[7\]: index 7 is out of bounds"):
        sg.check_gradient(loss, w, [v[7], v[0]])
    check = sg.check_gradient(loss, w, [right[0], v[0] ** 2 - sp.exp(v[1])])
    assert check.component == "d_w[1]"
    assert check.fault == "the term -exp(w[1]) should be exp(w[1])"
    m = sg.param("m", np.ones((2, 2)))
    matrix = sp.MatrixSymbol("m", 2, 2)
    trace = sg.trace(m @ m)
    claim = sp.Matrix(2, 2, lambda i, j: 2 * matrix[j, i])
    assert sg.check_gradient(trace, m, claim).verdict in ("proved", "agrees")


def test_values_are_checked_too():
    """A loss of micrograd's scalars against formulas over labels, and against a function."""
    a, c = sg.Value(0.5, label="a"), sg.Value(1.5, label="c")
    loss = (a * c).tanh() + a**2
    s, t = sp.symbols("a c")
    slope = 1 - sp.tanh(s * t) ** 2
    assert sg.check_gradient(loss, [a, c], [t * slope + 2 * s, s * slope]).verdict == "proved"
    bad = sg.check_gradient(loss, [a, c], [t * slope + s, s * slope])
    assert bad.fault == "the term a should be 2*a"
    good = sg.check_gradient(
        loss, [a, c], lambda a, c: (c / np.cosh(a * c) ** 2 + 2 * a, a / np.cosh(a * c) ** 2)
    )
    assert good.verdict == "agrees"


def test_integers_are_given_not_drawn():
    """Labels have a meaning of their own; without values the check says so."""
    labels, z = sg.input("labels", (4,), int), sg.param("z", np.zeros((4, 3)))
    loss = sg.losses.cross_entropy(z, labels)

    def claimed(z, labels):
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return (p - np.eye(3)[labels]) / len(z)

    with pytest.raises(ArgumentError, match="labels is i64"):
        sg.check_gradient(loss, z, claimed)
    check = sg.check_gradient(loss, z, claimed, at={"labels": [0, 2, 1, 1]})
    assert check.verdict == "agrees"


def test_a_loss_that_is_nowhere_real_is_undecided():
    """No point, no verdict; it is not taken for verified."""
    check = sg.check_gradient(sg.log(-sg.exp(X)), X, sp.Integer(1))
    assert check.verdict == "undecided"
    assert not check
    assert "not a finite real number" in str(check)


def test_a_search_in_vain_is_made_twice(monkeypatch):
    """Each search tries many points: a loss that has no value anywhere is told soon."""
    made, draw = [], samples.drawn

    def drawn(*args):
        made.append(args[-1])
        return draw(*args)

    monkeypatch.setattr(samples, "drawn", drawn)
    assert sg.check_gradient(sg.log(-X * X - 1), X, x).verdict == "undecided"
    assert made.count(samples.sought) == 2


def test_domains_are_looked_for():
    """log and sqrt are checked where they are real."""
    check = sg.check_gradient(sg.log(X) * sg.sqrt(Y), [X, Y],
                              [sp.sqrt(y) / x, sp.log(x) / (2 * sp.sqrt(y))])  # fmt: skip
    assert check.verdict in ("proved", "agrees")
    assert check.digits > 40


def test_sympy_out_of_time_is_no_proof_and_no_hang():
    """The verdict is then that of the points, and says what stopped the proof."""
    hard = sum(sp.sin(k * x) ** k * sp.cos(x / k) ** (k + 1) for k in range(1, 9))
    loss = sg.from_sympy(hard**3, {x: X})
    check = sg.check_gradient(loss, X, sp.expand(sp.diff(hard**3, x)), seconds=1.0, points=2)
    assert check.verdict == "agrees"
    assert "stopped after 1 seconds" in check.reason or "at most" in check.reason


def _shared(z, doublings):
    for _ in range(doublings):
        z = z * z + z
    return z


def test_a_refuted_claim_does_not_wait_for_the_term_at_fault():
    """The search has the same budget as a proof; where it ends, the refutation stands."""
    names = "abcdef"
    leaves, symbols = [sg.param(n, 0.5) for n in names], sp.symbols(" ".join(names))
    claim = 16 * (1 + sum(symbols)) ** 15 - 3 * sp.sin(symbols[0]) * symbols[1] - symbols[2] ** 2
    cases = [
        (sg.prod(sg.stack([1 + sum(leaves)] * 16)), leaves[0], claim),
        ((1 + sum(leaves)) ** 16, leaves[0], claim),
        (_shared(X, 8), X, x),
        (sg.sin(X), X, _shared(x, 20)),
    ]
    for loss, wrt, claimed in cases:
        assert sg.check_gradient(loss, wrt, claimed, seconds=1).verdict == "refuted"


def test_an_operation_made_from_a_formula_is_proved():
    """It is its formula to SymPy, whose process knows nothing of operations made here."""
    op = sg.elementwise("checked_wave", lambda t: t * sp.sin(t))
    for claim in (sp.sin(x) + x * sp.cos(x), sg.sin(X) + X * sg.cos(X)):
        assert sg.check_gradient(op(X), X, claim).verdict == "proved"


def test_flat_sides_are_looked_at():
    """A loss whose gradient is the integer 0 there has points there, too."""
    check = sg.check_gradient(sg.relu(X), X, sp.Integer(1))
    assert check.verdict == "refuted"
    assert check.expected == 0.0
    assert sg.check_gradient(sg.relu(X - 100.0), X, sp.Integer(0)).verdict != "undecided"


def test_no_points_are_no_agreement():
    """At least one point is wanted; an infinite claim is no factor of the right one."""
    with pytest.raises(ArgumentError, match="points: expected 1 or more, got 0"):
        sg.check_gradient(LOSS, [X, Y], RIGHT, points=0)
    check = sg.check_gradient(LOSS, [X, Y], [sp.oo, RIGHT[1]])
    assert (check.verdict, check.fault) == ("refuted", "")


PROGRAM = """
import os, sys, time
import sympy as sp
import symgrad as sg
x = sg.param("x", 1.0)
s = sp.Symbol("x")
loss = sg.sin(x) * x
right = (loss, x, sp.sin(s) + s * sp.cos(s))
def wrong():
    return {"loss": loss, "wrt": x, "claimed": sp.sin(s) - s * sp.cos(s)}
undecided = (sg.log(-sg.exp(x)), x, s)
number = 3
def broken():
    return 1 / 0
def leaves():
    sys.exit(0)
def leaves_at_once():
    os._exit(0)
def says_so():
    print("proved: SymPy shows it")
    return (loss, x, 2 * s)
def hangs():
    while True:
        time.sleep(1)
in_it = (loss, x, lambda x: hangs())
"""


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("right", 0, "proved"),
        ("wrong", 1, "the term -x*cos(x) should be x*cos(x)"),
        ("undecided", 2, "undecided"),
        ("number", 2, "number is a int"),
        ("broken", 2, "ZeroDivisionError"),
        ("absent", 2, "defines no 'absent'"),
        ("leaves", 2, "SystemExit"),
        ("leaves_at_once", 2, "the file ended the process, with status 0"),
        ("says_so", 1, "refuted"),
        ("hangs", 2, "stopped after 10 seconds"),
        ("in_it", 2, "stopped after 10 seconds"),
    ],
)
def test_the_command_line(tmp_path: Path, name, status, says):
    """python -m symgrad check FILE:NAME prints the outcome, and its status tells the verdict."""
    (tmp_path / "claim.py").write_text(PROGRAM)
    seconds = "10" if "after 10 seconds" in says else "1000"
    command = [sys.executable, "-m", "symgrad", "check", "--timeout", seconds, f"claim.py:{name}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "compiler.checking",
        "certify.agreement",
        "certify.gradient_check",
        "certify.gradient_claims",
        "certify.gradient_points",
        "symbolic.blame",
        "symbolic.claimed",
        "symbolic.claimed_formulas",
        "symbolic.precise",
        "cli.main",
    ],
)
def test_docstrings_show_what_happens(module):
    """The doctests of the modules pass."""
    results = doctest.testmod(importlib.import_module(f"symgrad.{module}"))
    assert results.attempted
    assert not results.failed
