"""Inline: ops that share what they compute are written out where both are wanted."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest

import symgrad as sg
from symgrad.ir import parse
from symgrad.ops import OPS
from symgrad.rewrite import cse, expand, inline
from symgrad.symbolic.precise import ulps

BOTH = """
func @f(input %x: f64[N], input %z: f64[N]) {
  %s = sigmoid %x : f64[N]
  %d = sigmoid_slope %x : f64[N]
  %alone = sigmoid %z : f64[N]
  return %s, %d, %alone
}
"""


def test_a_sigmoid_and_its_slope_share_their_exponential() -> None:
    """One exp serves both; a sigmoid of something else stays as it is."""
    body = cse(inline(parse(BOTH, OPS))).body
    names = [x.op.name for x in body]
    assert names.count("exp") == 1
    assert names.count("sigmoid") == 1
    assert "sigmoid_slope" not in names


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
