"""Claims and options of ``sg.check_gradient`` that are none: what the errors say."""

import math
import sys

import numpy as np
import pytest
import sympy as sp

import symgrad as sg
from symgrad.errors import ArgumentError, DomainError, LimitError, ShapeError

x, y = sp.symbols("x y")
X, Y = sg.param("x", 0.5), sg.param("y", 1.5)
LOSS = sg.sin(X) * Y
RIGHT = [sp.cos(x) * y, sp.sin(x)]

w = sg.param("w", np.array([0.5, -0.25]))
b = sg.param("b", 0.1)
data, target = sg.input("X", ("N", 2)), sg.input("t", ("N",))
residual = data @ w + b - target
squares = sg.mean(residual * residual)
element, row = sp.IndexedBase("w"), sp.IndexedBase("X")

BAD = [
    ((LOSS, [X, Y], [RIGHT[0]]), ArgumentError, "expected 2 gradients, got 1"),
    ((LOSS, X, sp.cos(sp.Symbol("x", integer=True))), DomainError, "x is declared integer"),
    ((LOSS, X, lambda x, y: None), ArgumentError, "None is no number"),
    ((LOSS, X, sp.Symbol("q")), ArgumentError, "q is no argument"),
    ((LOSS, X, "cos(x)"), ArgumentError, "text is not read"),
    ((LOSS, X, [x, y]), ShapeError, "gradient of x"),
    ((LOSS, X, sg.param("other", 1.0) * X), ArgumentError, "other is no argument"),
    ((LOSS, X, lambda x, y: [1.0, 2.0]), ShapeError, "shape"),
    ((LOSS, X, lambda x, y: 1 / 0), ArgumentError, "ZeroDivisionError"),
    ((LOSS, X, lambda x, y: np.complex128(1 + 1j)), ArgumentError, "complex128 is not real"),
    ((LOSS, X, lambda x, y: "1.0"), ArgumentError, "real numbers"),
    ((LOSS, "x", x), ArgumentError, "wrt"),
    ((LOSS, [], []), ArgumentError, "wrt: expected one leaf or several, each once"),
    ((LOSS, [X, X], [RIGHT[0]] * 2), ArgumentError, "each once"),
    ((LOSS, [X, Y], {"x": x, "y": y}), ArgumentError, "got 1: dict"),
    ((LOSS, X, lambda x, y: sys.exit(0)), ArgumentError, "raised SystemExit"),
    ((LOSS, [X, Y], lambda x, y: x), ArgumentError, "2 gradients in a tuple"),
    ((residual, w, x), ShapeError, "scalar"),
    ((LOSS, X, x > 1), ArgumentError, "expected a number, got the condition x > 1"),
    ((LOSS, X, X > 1), ArgumentError, "the gradient of x is a number, got a condition"),
    ((squares, b, sp.Symbol("w")), ArgumentError, r"expected a number, got w, which is f64\[2\]"),
    ((squares, b, element[2]), ArgumentError, r"w\[2\]: index 2 is out of bounds for axis 0"),
    ((squares, b, row[3, 0]), ArgumentError, "not there: index 3 is out of bounds .* size 3; ch"),
    ((squares, b, data[3, 0]), ArgumentError, "claimed: the formula takes an element"),
    ((data[3, 0] * b, b, X), ArgumentError, r"x is no argument of the loss \(it has b, X\)"),
    ((data[3, 0] * b, b, row[0, 0]), ArgumentError, "the loss takes an element that is not there"),
    ((x, X, x), ArgumentError, "loss"),
]


@pytest.mark.parametrize(("arguments", "error", "says"), BAD)
def test_a_claim_that_is_none_is_refused(arguments, error, says):
    """The error names what is wrong with it."""
    with pytest.raises(error, match=says):
        sg.check_gradient(*arguments)


OPTIONS = [
    ({"points": "a"}, ArgumentError, "points"),
    ({"points": 1.5}, ArgumentError, "points"),
    ({"seconds": -1}, ArgumentError, "seconds"),
    ({"seconds": math.nan}, ArgumentError, "seconds"),
    ({"at": {"X": "a"}}, ArgumentError, "at: X: expected"),
    ({"sizes": {"M": 3}}, ArgumentError, r"no size is named 'M' \(there: N\)"),
    ({"sizes": {"N": -1}}, ArgumentError, "ints >= 0"),
    ({"sizes": {"N": 10**12}}, LimitError, "2000000000000 elements"),
    ({"at": {"w": [1.0, 2.0, 3.0]}}, ShapeError, r"at: w: expected f64\[2\] with shape \(2,\)"),
    ({"at": {"X": np.ones((4, 3))}}, ShapeError, r"shape \(4, 2\), got \(4, 3\)"),
    ({"at": {"t": [1.0, 2.0]}, "sizes": {"N": 3}}, ShapeError, r"shape \(3,\), got \(2,\)"),
    ({"at": {"X": np.ones((4, 2)), "t": [1.0]}}, ShapeError, r"at: X: .*\(1, 2\), got \(4, 2\)"),
]


@pytest.mark.parametrize(("options", "error", "says"), OPTIONS, ids=str)
def test_an_option_that_is_none_is_refused(options, error, says):
    with pytest.raises(error, match=says):
        sg.check_gradient(squares, b, lambda w, b, X, t: 0.0, **options)


LABELS = [
    ([0, 3], "the loss takes an element that is not there: index 3 is out of bounds .* size 3"),
    ([-4, 0], "index -4 is out of bounds"),
    ([0.5, 1.0], "at: labels: expected i64.2., got .* not all of them are whole numbers"),
]


@pytest.mark.parametrize(("labels", "says"), LABELS, ids=str)
def test_a_label_that_is_none_is_refused(labels, says):
    """NumPy's own error tells an index, and not what to change."""
    z, known = sg.param("z", np.zeros((2, 3))), sg.input("labels", (2,), int)
    loss = sg.losses.cross_entropy(z, known)
    with pytest.raises(ArgumentError, match=says):
        sg.check_gradient(loss, z, lambda z, labels: z, at={"labels": labels})
