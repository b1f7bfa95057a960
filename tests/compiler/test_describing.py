"""What an emitted text says of itself."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad import losses
from symgrad.nn import MLP


def leaves() -> tuple[Any, Any, Any]:
    x, y = sg.input("x", ("N", 2)), sg.input("y", ("N",))
    return x @ sg.param("w", np.zeros(2)), y, sg.param("v", np.zeros(3))


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "The mean squared error": lambda s, y, v: losses.mse(s, y),
    "The sum of squared errors": lambda s, y, v: sg.sum((s - y) ** 2),
    "The mean absolute error": lambda s, y, v: sg.mean(abs(s - y)),
    "The max-margin loss": lambda s, y, v: losses.hinge(s, y),
    "The max-margin loss plus L2": lambda s, y, v: losses.hinge(s, y) + 0.1 * sg.sum(v * v),
    "The logistic loss": lambda s, y, v: sg.mean(sg.softplus(-y * s)),
    "The binary cross-entropy": lambda s, y, v: losses.bce_with_logits(s, y),
    "The Huber loss": lambda s, y, v: losses.huber(s, y),
    "The loss": lambda s, y, v: sg.mean(s * y),
}


@pytest.mark.parametrize("said", LOSSES)
def test_a_loss_is_named_by_its_form(said: str) -> None:
    """The table of patterns, each with a loss as users write it; no pattern, no claim."""
    loss = LOSSES[said](*leaves())
    source = sg.compile(loss).source
    assert source.startswith(f'"""{said}, and its gradient, in NumPy.')
    assert f'    """{said}, and its gradient with respect to each parameter.' in source


def test_the_cross_entropy_is_told_by_the_logits_it_picks() -> None:
    z, labels = sg.param("z", np.zeros((4, 3))), sg.input("labels", (4,), dtype="i64")
    assert sg.compile(losses.cross_entropy(z, labels)).source.startswith('"""The cross-entropy, ')


def test_conventions_are_stated_where_they_apply() -> None:
    """The derivative at a kink is in the docstring of a function that has the kink."""
    s, y, _ = leaves()
    assert "The derivative of relu at 0 is 0." in sg.compile(losses.hinge(s, y)).source
    assert "The derivative of abs at 0 is 0." in sg.compile(sg.mean(abs(s - y))).source
    assert "derivative of" not in sg.compile(losses.mse(s, y)).source


def test_a_loss_that_is_built_up_under_one_name_keeps_it() -> None:
    """What it was before is numbered; the docstring speaks of the loss."""
    s, y, v = leaves()
    loss = losses.mse(s, y)
    loss = loss + 0.1 * sg.sum(v * v)
    text = sg.compile(loss).source
    for line in ("returns  (loss, (d_w, d_v))", "d loss / d v", "return float(loss), (d_w, d_v)"):
        assert line in text
    assert "    loss = loss1 + 0.1 * " in text


def test_the_return_is_described_by_its_names() -> None:
    s, y, _ = leaves()
    energy = losses.mse(s, y)
    source = sg.compile(energy).source
    assert "returns  (energy, (d_w,)): a float, and a new array" in source
    assert "The name d_v stands for d energy / d v." in source


def test_a_loss_of_scalars_is_told_when_it_is_rolled_up() -> None:
    """The inner products that re-rolling finds are squares, of errors and of parameters."""
    random.seed(1)
    model = MLP(2, [3, 1])
    rows = [[0.1 * i, 0.2 * i + 1.0] for i in range(6)]
    loss = sum((model(r) - 0.5 * i) ** 2 for i, r in enumerate(rows))
    total = loss + 1e-3 * sum(p * p for p in model.parameters())
    source = sg.compile(total, wrt=model).source
    assert source.startswith('"""The sum of squared errors plus L2, and its gradient, in NumPy.')


@pytest.mark.parametrize("of", [sg.mean, sg.var])
def test_a_mean_of_no_elements_is_told_with_its_line(of: Any) -> None:
    """It is nan, so that its certificate is undecided; where a size is a name, it may be any."""
    x, b = sg.param("x", np.zeros((0, 2))), sg.param("b", 2.0)
    f = sg.compile(of(x) + b * b, [x, b])
    assert f.notes[0].startswith("The mean of no elements is nan, built at test_describing.py:")
    assert sg.compile(sg.sum(of(x, axis=1)) + b * b, [x, b]).notes == ()
    z = sg.input("z", ("N", 2))
    assert sg.compile(of(z) * b, [b]).notes == ()
    assert "of no elements" in sg.compile(of(z) * b, [b], sizes={"N": 0}).notes[0]


def energy(x: sg.Expr, k: sg.Expr) -> sg.Expr:
    return sg.sum(k * sg.cosh(x))


def test_a_loss_without_a_name_is_called_after_the_function_that_returns_it() -> None:
    """And its formula is told as the user wrote it, without the names of modules."""
    x, k = sg.param("x", (3,)), sg.input("k", (3,))
    source = sg.compile(energy(x, k)).source
    assert '"""The loss `energy`, and its gradient, in NumPy.' in source
    assert '    """The loss `energy`, sum(k * cosh(x)), and its gradient.' in source


def test_a_long_formula_is_not_told() -> None:
    x = sg.param("x", (3,))
    roughness = sg.sum(sg.cosh(x) * sg.sin(x) + sg.cosh(2.0 * x) * sg.sin(2.0 * x))
    source = sg.compile(roughness).source
    assert '"""The loss `roughness`, and its gradient with respect to each parameter.' in source


def test_arguments_say_what_they_are() -> None:
    """Indices tell the first and the last that there is, and an input with a gradient that it has
    one."""
    table, x = sg.param("table", np.zeros((5, 2))), sg.input("x", (3,))
    ids, rows = sg.input("ids", ("N",), "i64"), sg.input("rows", ("N",), "i64")
    loss = sg.sum(sg.take(table, ids, axis=0)) + sg.sum(sg.take(x, rows[1:], axis=0))
    told = sg.compile(loss, wrt=[x, table]).source
    assert re.search(r"ids +i64\[N\] +input, 0\.\.4\n", told)
    assert re.search(r"rows +i64\[N\] +input, 0\.\.2\n", told)
    assert re.search(r"x +f64\[3\] +input, differentiated\n", told)


def test_a_step_that_has_a_name_is_called_by_it() -> None:
    x, labels = sg.input("x", ("N", 4)), sg.input("labels", ("N",), "i64")
    logits = x @ sg.param("w", np.zeros((4, 3)))
    picked = sg.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    f = sg.compile(sg.mean(sg.logsumexp(logits, axis=1) - picked))
    _, below = f.source.split("    # softmax minus one-hot\n")
    assert below.startswith("    d_logits = (")
    assert f.verify().verdict == "verified"


@pytest.mark.parametrize(("least", "told"), [(1e-5, False), (0.0, True)])
def test_a_kink_that_no_argument_meets_is_not_told(least: float, told: bool) -> None:
    """A root of a sum of squares and a number above 0 is never one of 0."""
    w = sg.param("w", np.ones(3))
    source = sg.compile(sg.sqrt(sg.sum(w * w) + least)).source
    assert ("Where loss is 0, its gradient is 0." in source) is told


def test_the_gradient_of_a_length_at_0_is_told_by_its_name() -> None:
    """Of a root that is no length the derivative at 0 is inf, which goes without saying."""
    w, x = sg.param("w", np.ones((4, 3))), sg.param("x", 1.0)
    lengths = sg.norm(w, axis=1)
    source = sg.compile(sg.sum((lengths - 1.0) ** 2)).source
    assert "Where lengths is 0, its gradient is 0." in source
    assert "sqrt at 0" not in sg.compile(sg.sqrt(x)).source
