"""``target="auto"``: NumPy, but Python's own numbers where every value is one; and the remark."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError

REMARK = "Every value is a number: target='python' is faster, up to several times."


def springs(rounds: int) -> tuple[Value, list[Value]]:
    k, x0 = Value(2.0), Value(1.0)
    x, v, loss = x0, Value(0.0), Value(0.0)
    for _ in range(rounds):
        v = v - k * x * 0.01
        x = x + v * 0.01
        loss = loss + (x - 0.5) ** 2
    return loss, [k, x0]


def test_numbers_alone_are_pythons() -> None:
    x, y = sg.param("x", 0.3), sg.param("y", 0.5)
    f = sg.compile(sg.exp(-x * y) + x * x, target="auto")
    assert f.signature.target == "python"
    assert f.verify().verdict == "verified"
    assert sg.function([x], x * x, target="auto").signature.target == "python"


def test_arrays_are_numpys() -> None:
    w = sg.param("w", np.ones(3))
    f = sg.compile(sg.sum(w * w), target="auto")
    assert f.signature.target == "numpy"
    assert f.notes == ()


@pytest.mark.parametrize("rounds", [2, 12])
def test_a_straight_line_of_values_is_pythons(rounds: int) -> None:
    f = sg.compile(*springs(rounds), target="auto")
    assert f.signature.target == "python"
    value, gradient = f([2.0, 1.0])
    other, expected = sg.compile(*springs(rounds), target="numpy")(np.array([2.0, 1.0]))
    assert value == pytest.approx(other)
    assert gradient == pytest.approx(expected.tolist())


def test_values_that_are_rolled_to_arrays_are_numpys() -> None:
    net = sg.nn.MLP(3, [8, 8, 1])
    rows = np.random.default_rng(0).normal(size=(20, 3)).tolist()
    loss = sum((net(row) - 1.0) ** 2 for row in rows)
    f = sg.compile(loss, wrt=net, target="auto")
    assert f.signature.target == "numpy"


def test_a_long_line_of_numbers_for_numpy_says_what_is_faster() -> None:
    assert sg.compile(*springs(12), target="numpy").notes == (REMARK,)
    assert sg.compile(*springs(12), target="python").notes == ()


def test_a_style_belongs_to_a_target_that_is_named() -> None:
    with pytest.raises(ArgumentError, match=r"name it, not 'auto'"):
        sg.compile(*springs(2), target="auto", style="looped")


def test_traced_functions_take_numpy() -> None:
    net = sg.nn.MLP(2, [3, 1])
    f = sg.value_and_grad(lambda xs: sum(net(x) ** 2 for x in xs), net, target="auto")
    f(np.ones((4, 2)))
    assert f.compiled(np.ones((4, 2))).signature.target == "numpy"
