"""What people do with micrograd's objects by hand: the lecture's own loops, NumPy, attributes."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError, DTypeError, UnsupportedError
from symgrad.nn import MLP


def everything(x: Value, y: Value) -> Any:
    """A node of each kind, some of them shared."""
    z = (x * 3.0).tanh() + x.exp() / 2.0 - x**3 + abs(y) - y
    chosen = sg.where(x > y, z * x, y * 2.0)
    return (chosen + z.sigmoid() + (z * z + 1.0).log() + (-z).relu()) ** 2 + 2.0**x + 1.0 / y


def by_hand(top: Any) -> None:
    """The lecture's topological order and loop."""
    order: list[Any] = []
    seen: set[Any] = set()

    def visit(node: Any) -> None:
        if node not in seen:
            seen.add(node)
            for child in node._prev:
                visit(child)
            order.append(node)

    visit(top)
    top.grad = 1.0
    for node in reversed(order):
        node._backward()


def test_backward_by_hand_is_backward() -> None:
    """Node by node, along an order of the user's own, leaves and conditions included."""
    for at in ((0.5, 1.5), (1.5, 0.5), (-0.25, -2.0)):
        x, y = map(Value, at)
        by_hand(everything(x, y))
        u, v = map(Value, at)
        everything(u, v).backward()
        assert (x.grad, y.grad) == pytest.approx((u.grad, v.grad), rel=1e-14)


def test_a_backward_of_the_users_own_is_called_and_not_compiled() -> None:
    """Also on a node that an operator made: from then on only Python knows its derivative."""
    x = Value(2.0)
    clipped = x * 3.0

    def backward() -> None:
        x.grad += min(clipped.grad, 1.0)

    clipped._backward = backward
    loss = clipped * 5.0
    loss.backward()
    assert x.grad == 1.0
    assert clipped._backward is backward
    with pytest.raises(UnsupportedError, match=r"'\*'.*by hand"):
        sg.compile(loss, wrt=[x])


def test_values_take_attributes_of_the_users_own() -> None:
    """A hand-written Adam trains; copies and pickles carry what was attached, theta keeps it."""
    random.seed(1)
    model = MLP(2, [3, 1])
    for p in model.parameters():
        p.m = p.v = 0.0
    xs, ys = [[1.0, 2.0], [-1.0, 0.5], [0.5, -1.5]], [1.0, -1.0, 0.5]
    losses = []
    for step in range(1, 40):
        loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.99 * p.v + 0.01 * p.grad**2
            p.data -= 0.05 * (p.m / (1 - 0.9**step)) / ((p.v / (1 - 0.99**step)) ** 0.5 + 1e-8)
        losses.append(loss.data)
    assert losses[-1] < 0.2 * losses[0]
    first = model.parameters()[0]
    assert model.theta.shape == (13,)
    sg.value_and_grad(lambda xs: sum(map(model, xs)), wrt=model)(xs)
    assert first.m != 0.0
    for twin in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        assert (twin.data, twin.m, twin.v) == (first.data, first.m, first.v)


OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}
SCALARS = [
    *(np.float64(1.5), np.float32(0.25), np.float16(2.0), np.int64(3), np.int8(2), np.uint8(2)),
    *(np.bool_(True), np.array(1.5), np.array(2), True, 3, 1.5),
    *(np.longdouble(1.5), np.array(1.5, np.longdouble)),
]
ARRAYS = [np.array([1.5, 0.5]), np.array([[1, 2]]), np.array([2.0]), pd.Series([1.5, 0.5])]
ARRAYS += [np.array([1.5, 0.5], np.longdouble)]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("other", SCALARS, ids=lambda x: f"{type(x).__name__} {x}")
def test_a_numpy_number_is_a_number_on_either_side(op: str, other: Any) -> None:
    """The result is one Value, with the derivative of the same number of Python's."""
    for left in (True, False):
        v, w = Value(0.75), Value(0.75)
        got = OPERATORS[op](v, other) if left else OPERATORS[op](other, v)
        right = OPERATORS[op](w, float(other)) if left else OPERATORS[op](float(other), w)
        assert isinstance(got, Value)
        got.backward()
        right.backward()
        assert (got.data, v.grad) == (right.data, w.grad)


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("other", ARRAYS, ids=lambda x: f"{type(x).__name__} {np.shape(x)}")
def test_an_array_goes_element_by_element_on_either_side(op: str, other: Any) -> None:
    """As NumPy has it for objects: an array of Values, of the array's shape."""
    for left in (True, False):
        v, w = Value(0.75), Value(0.75)
        got = OPERATORS[op](v, other) if left else OPERATORS[op](other, v)
        assert np.shape(got) == np.shape(other)
        numbers = np.ravel(np.asarray(other)).tolist()
        terms = [OPERATORS[op](w, n) if left else OPERATORS[op](n, w) for n in numbers]
        total, right = np.sum(np.asarray(got)), sum(terms[1:], terms[0])
        total.backward()
        right.backward()
        assert (total.data, v.grad) == pytest.approx((right.data, w.grad), rel=1e-14)


def test_a_traced_value_beside_an_array_is_the_same() -> None:
    """In a traced function, too, and beside a condition."""
    w = [Value(0.5, label="w1"), Value(2.0, label="w2")]
    weights = np.array([1.0, -2.0])

    def loss(xs: Any) -> Any:
        rows = [w[0] * x * weights + weights * w[1] - (w[0] > x) * weights for x in xs]
        return sum(np.sum(row) for row in rows)

    f = sg.value_and_grad(loss, wrt=w)
    value, gradient = f([0.25, 1.5, -1.0])
    expected = loss([0.25, 1.5, -1.0])
    expected.backward()
    assert value == pytest.approx(expected.data, rel=1e-14)
    assert gradient.tolist() == pytest.approx([v.grad for v in w], rel=1e-14)


@pytest.mark.parametrize(
    "other",
    [
        *(None, "a", b"a", [1.0], (1.0,), {}, object(), 1j, np.complex128(1j), 10**400),
        *(np.timedelta64(3, "s"), np.datetime64("2020-01-01"), np.array("a"), np.array(1j)),
    ],
    ids=lambda x: f"{type(x).__name__} {x!r:.20}",
)
def test_what_is_no_number_is_refused(other: Any) -> None:
    for use in OPERATORS.values():
        for pair in ((Value(0.5), other), (other, Value(0.5))):
            with pytest.raises((TypeError, ValueError)):
                use(*pair)


def test_a_tensor_of_torchs_graph_is_refused() -> None:
    """float() of it would cut off its gradient; one of several numbers is none."""
    torch = pytest.importorskip("torch")
    for use in OPERATORS.values():
        with pytest.raises((TypeError, ValueError)):
            use(Value(0.5), torch.ones(2))
    for use in (lambda t: Value(0.5) * t, lambda t: t * Value(0.5), Value):
        with pytest.raises(DTypeError, match="torch tensor that requires grad"):
            use(torch.tensor(2.0, requires_grad=True))
    with pytest.raises((ArgumentError, DTypeError), match="real number"):
        _ = sg.param("p", [1.0]) + Value(2.0)


def test_a_value_is_formatted_as_its_number() -> None:
    """``f"{loss:.3f}"`` prints the number; without a format it is the repr, as in micrograd."""
    v = Value(0.123456)
    assert (f"{v:.3f}", f"{v:>8.2e}", f"{v}") == (
        "0.123",
        "1.23e-01",
        "Value(data=0.123456, grad=0)",
    )


@pytest.mark.parametrize(
    ("use", "what"),
    [
        (lambda v: v % 2.0, "%"),
        (lambda v: 2.0 % v, "%"),
        (lambda v: divmod(v, 2.0), r"divmod\(\)"),
        (lambda v: v // 2.0, "//"),
        (lambda v: 2 // v, "//"),
    ],
)
def test_remainders_are_refused_with_what_to_write(use: Any, what: str) -> None:
    with pytest.raises(ArgumentError, match=rf"{what} of a Value.*test_micrograd.*sg\.floor"):
        use(Value(3.5))
