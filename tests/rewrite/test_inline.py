"""Inline: ops that share what they compute are written out where both are wanted."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest

import symgrad as sg
from symgrad.ir import parse
from symgrad.ir.run import interpret
from symgrad.ops import OPS
from symgrad.rewrite import cse, expand, inline, mirror
from symgrad.symbolic.precise import ulps

BOTH = """
func @f(input %x: f64[N], input %z: f64[N]) {
  %s = sigmoid %x : f64[N]
  %r = sigmoid_rest %x : f64[N]
  %d = sigmoid_slope %x : f64[N]
  %alone = sigmoid %z : f64[N]
  return %s, %d, %alone
}
"""


def test_the_slope_of_a_sigmoid_is_the_product_of_both_sides() -> None:
    """Where sigmoid(x) and sigmoid(-x) are computed anyway; else it is an op of its own."""
    body = cse(inline(parse(BOTH, OPS))).body
    assert [x.op.name for x in body] == ["sigmoid", "sigmoid_rest", "multiply", "sigmoid"]
    alone = parse(BOTH.replace("  %r = sigmoid_rest %x : f64[N]\n", ""), OPS)
    assert inline(alone) is alone


@pytest.mark.parametrize(
    ("made", "other"),
    [
        ("negative %x", "%x"),
        ("subtract %x, %z", "subtract %z, %x"),
        ("negative %x", "negative %0"),
    ],
)
def test_mirror_writes_what_takes_the_opposite_as_of_the_same(made: str, other: str) -> None:
    """The first of the two keeps its operand; x - z is the opposite of z - x, to the last bit."""
    second = f"  %1 = {other} : f64[N]\n" if other != "%x" else ""
    program = parse(
        "func @f(input %x: f64[N], input %z: f64[N]) {\n"
        f"  %0 = {made} : f64[N]\n{second}"
        "  %a = sigmoid %0 : f64[N]\n"
        f"  %b = sigmoid {'%1' if second else '%x'} : f64[N]\n"
        "  return %a, %b\n}",
        OPS,
    )
    a, b = mirror(program).results
    assert (a.op.name, b.op.name) == ("sigmoid", "sigmoid_rest")
    assert a.operands == b.operands
    points = np.array([-2.0, 0.0, 3.0]), np.array([1.0, 0.0, -0.5])
    before, after = (interpret(f, points) for f in (program, mirror(program)))
    assert [v.tobytes() for v in before] == [v.tobytes() for v in after]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("at", [-745.0, -40.0, 0.3, 37.5, 40.0, 300.0, 700.0])
def test_the_slope_of_a_sigmoid_has_all_its_digits(target: str, at: float) -> None:
    """Where y*(1 - y) has none, because y is 1; at the second order as well."""
    x = sg.param("x", at)
    _, (slope,) = sg.compile(sg.sigmoid(x), target=target)()
    _, (bend,) = sg.compile(sg.grad(sg.sigmoid(x), x), target=target)()
    with mpmath.workdps(700):
        e = mpmath.exp(-mpmath.mpf(at))
        exact = e / (1 + e) ** 2
        assert ulps(slope, exact) <= 4.0
        assert ulps(bend, exact * (e - 1) / (e + 1)) <= 8.0


def test_the_text_takes_one_exponential() -> None:
    """What the value computed is what its slope is made of."""
    x = sg.input("x", ("N",))
    w = sg.param("w", 0.5)
    f = sg.compile(sg.mean(sg.square(sg.sigmoid(w * x))))
    assert f.source.count("np.exp(") == 1
    value, (slope,) = f(x=np.array([80.0]))
    assert value == 1.0
    assert slope == pytest.approx(160.0 * np.exp(-40.0), rel=1e-14)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_gate_and_its_rest_come_from_one_call(target: str) -> None:
    """Under the user's names, or as the rest of what it is the rest of; both are accurate."""
    x, h = sg.input("x"), sg.input("h")
    w = sg.param("w", 0.5)
    z = sg.sigmoid(w * x)
    f = sg.compile((1.0 - z) * h + z * x, target=target)
    assert "    z, rest_z = sigmoids(" in f.source
    assert f.source.count("exp(-") == 1
    assert f.verify().verified
    keep = 1.0 - sg.sigmoid(w * x)
    f = sg.compile(keep * keep * h, target=target)
    both = "slope_keep = sigmoid_and_slope(" if target == "numpy" else "rest_keep = sigmoids("
    assert f"    keep, {both}" in f.source
    assert f.verify().verified
    _, (d_w,) = f(x=100.0, h=1.0)
    assert d_w == pytest.approx(-200.0 * np.exp(-100.0), rel=1e-14)


def test_what_a_target_lacks_is_expanded_and_shared() -> None:
    """The products of a dot product serve the gradient, too; the history tells the passes."""
    x, y = sg.param("x", np.ones(2)), sg.input("y", (2,))
    f = sg.compile(sg.sum(sg.softmax(x) * y), target="python")
    assert [step.name for step in f.history][-3:] == ["expand", "cse", "dce"]
    assert len(re.findall(r"\*y_1|y_1\*", f.source)) == 1
    assert "expand" not in [step.name for step in sg.compile(sg.sum(x * x)).history]


def test_expand_names_what_nobody_named() -> None:
    """By its op, as long as its formula makes something new; a name of the user's stays."""
    program = parse("func @f(input %x: f64[]) {\n  %0 = logsumexp %x {axis = (), keepdims = false}"
                    " : f64[]\n  return %0\n}", OPS)  # fmt: skip
    body = expand(lambda x: x.op.name == "logsumexp")(program).body
    assert body[-1].hint == "lse"
    assert "logsumexp" not in {x.op.name for x in body}
    assert expand(lambda x: x.op.name == "exp")(program) is program


@pytest.mark.parametrize("options", [{}, {"accurate": True}, {"target": "python"}])
def test_a_gradient_of_silu_takes_the_sigmoid_that_is_there(options: dict) -> None:
    """x*sigmoid(x) and its slope have one sigmoid, or one call that gives both sides of it."""
    x = sg.param("x", np.array([0.5, -3.0]))
    f = sg.compile(sg.sum(sg.silu(x) ** 2), **options)
    body = f.source[f.source.index("    # forward") :]
    assert len(re.findall(r"sigmoids?\(x(?:_1)?\)", body)) == 1
    assert f.verify().verdict == "verified"
