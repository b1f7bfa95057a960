"""Comparisons of Values, choices among them, and the functions of ``sg`` on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError, DomainError
from symgrad.frontend.scalars.value import Condition


def test_comparisons_give_conditions_that_serve_if() -> None:
    """Each comparison, from both sides, with Values and numbers; == stays identity."""
    a, b = Value(2.0), Value(3.0)
    for condition, truth in [
        (a < b, True),
        (a > b, False),
        (a <= 2, True),
        (a >= 2.5, False),
        (a > 1, True),
        (a < 2.0, False),
        ((a < b) & (a > b), False),
        ((a < b) | (a > b), True),
        ((a < b) ^ (a < b), False),
        (~(a > b), True),
        ((a < b) == (b > a), True),
        ((a < b) != (b > a), False),
        ((a < b) == True, True),  # noqa: E712
        (sg.isnan(a), False),
    ]:
        assert isinstance(condition, Condition)
        assert bool(condition) is truth
    assert (a < b) & True
    assert not (a < b) & False
    assert (a == Value(2.0)) is False
    assert a == a
    with pytest.raises(TypeError):
        _ = a < "b"


def test_conditions_count_in_arithmetic() -> None:
    """True is 1 and false 0, without a gradient."""
    values = [Value(-1.0), Value(2.0), Value(3.0)]
    share = sum(v > 0 for v in values) / len(values)
    assert share.data == pytest.approx(2 / 3)
    y = (values[1] > 0) * values[1] + values[2] * (values[2] > 5) - (values[0] > 0)
    y.backward()
    assert y.data == 2.0
    assert [v.grad for v in values] == [0, 1.0, 0.0]


def test_where_selects_value_and_gradient() -> None:
    """The branch that was not taken gets nothing, not even 0 * inf."""
    x = Value(0.0)
    y = sg.where(x > 0, x.log(), 3.0 * x)
    y.backward()
    assert (y.data, x.grad) == (0.0, 3.0)
    assert sg.where(x, 1.0, 2.0).data == 2.0
    assert sg.where(True, x, 2.0) is x
    assert sg.where(x > 0, x > 1, x < 1).data is True
    with pytest.raises(ArgumentError, match="where"):
        sg.where("x", x, x)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda v: sg.maximum(v, 0.0), 0.0),
        (lambda v: sg.minimum(0.0, v), -1.25),
        (lambda v: sg.clip(v, -1.0, 1.0), -1.0),
        (lambda v: sg.clip(v, a_max=1.0), -1.25),
        (lambda v: sg.leaky_relu(v, 0.1), -0.125),
        (lambda v: sg.elu(v), math.expm1(-1.25)),
        (lambda v: sg.softplus(v), math.log1p(math.exp(-1.25))),
        (lambda v: sg.abs(v), 1.25),
        (lambda v: abs(v), 1.25),
        (lambda v: sg.round(v, 1), -1.2),
        (lambda v: sg.sqrt(-v), math.sqrt(1.25)),
        (lambda v: sg.piecewise([v > 0, v < -1], [v, 2.0 * v], 0.0), -2.5),
        (lambda v: sg.stop_gradient(v), -1.25),
        (lambda v: sg.add(v, 1), -0.25),
        (lambda v: sg.hypot(v, 3.0), math.hypot(1.25, 3.0)),
    ],
)
def test_the_functions_take_values(function: Any, expected: float) -> None:
    """Elementwise functions give a Value with the value and derivative of the array function."""
    v = Value(-1.25)
    y = function(v)
    y.backward()
    assert y.data == pytest.approx(expected)
    x = sg.param("x", -1.25)
    value, grads = sg.compile(function(x))()
    assert value == pytest.approx(expected)
    assert v.grad == pytest.approx(grads.x)


def test_a_compiled_choice_keeps_both_branches() -> None:
    """sg.compile of an eager graph does not freeze the branch of the traced point."""
    for target in ("python", "numpy"):
        w, b = Value(1.0, label="w"), Value(2.0, label="b")
        terms = [sg.where(w * x > b, w * x - b, 0.1 * (w * x - b)) for x in (1.0, 2.0, 3.0, 5.0)]
        f = sg.compile(sum(terms), wrt=[w, b], target=target)
        for point in ([1.0, 2.0], [-1.0, 0.5], [0.3, -2.0]):
            at, bt = Value(point[0]), Value(point[1])
            again = sum(
                sg.where(at * x > bt, at * x - bt, 0.1 * (at * x - bt))
                for x in (1.0, 2.0, 3.0, 5.0)
            )
            again.backward()
            value, slope = f(point if target == "python" else np.array(point))
            assert value == pytest.approx(again.data)
            assert list(slope) == pytest.approx([at.grad, bt.grad])


def test_pick_takes_integers_in_range() -> None:
    """An index of the user's own picks at once; a wrong one is named."""
    values = [Value(1.0), Value(2.0)]
    assert sg.pick(values, 1) is values[1]
    assert sg.pick(values, np.int64(0)) is values[0]
    for wrong in (2, -1):
        with pytest.raises(DomainError, match="from 0 to 1"):
            sg.pick(values, wrong)
    for kind in (1.0, True, values[0], "a"):
        with pytest.raises(ArgumentError, match="integer"):
            sg.pick(values, kind)


@pytest.mark.parametrize("x", [-2.0, -0.0, 0.0, 3.0])
@pytest.mark.parametrize(
    ("function", "attribute"), [(sg.elu, 2.0), (sg.elu, 1.0), (sg.leaky_relu, 0.1)]
)
def test_what_is_expanded_on_scalars_keeps_the_ops_slope(function, attribute, x):
    """A Value and an array have one slope, at the kink too."""
    v = Value(x)
    function(v, attribute).backward()
    p = sg.param("p", x)
    assert v.grad == sg.compile(function(p, attribute))()[1].p
