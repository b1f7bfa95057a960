"""``Value`` does what micrograd's does, and where it differs it says so here."""

from __future__ import annotations

import gc
import inspect
import math
import random
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest
from counting import calls

from symgrad.engine import Value
from symgrad.errors import ArgumentError
from symgrad.nn import MLP


def test_the_example_of_micrograds_readme_has_its_numbers() -> None:
    """The README's expression gives the numbers that the README prints."""
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f}" == "24.7041"
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_micrograds_sanity_check() -> None:
    """micrograd's test_sanity_check; the numbers are those that PyTorch gives."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert y.data == -20.0
    assert x.grad == 46.0


def test_reprs_and_display_names_are_micrograds() -> None:
    """repr shows data and grad; _op and _prev show the operation and its operands."""
    a = Value(2.0)
    assert repr(a) == "Value(data=2.0, grad=0)"
    shown = [a + 1, a * 3, a**2, a.relu(), a.tanh(), a.exp()]
    assert [v._op for v in shown] == ["+", "*", "**2", "ReLU", "tanh", "exp"]
    assert (a**2)._prev == (a,)
    assert a._op == ""
    assert a._prev == ()


def _probe(x: Any, y: Any) -> dict[str, Any]:
    return {
        "+": x + y,
        "-": x - y,
        "*": x * y,
        "/": x / y,
        "**": x**y,
        "tanh": (x / y).tanh(),
        "exp": (x - y).exp(),
        "log": (x * y).log(),
        "relu": (x - y).relu(),
        "sigmoid": (x * y).sigmoid(),
        "numbers": 1 - 2 / x + 2**y - 3.0 * y**-1.5 + (-x),
    }


@pytest.mark.parametrize("name", _probe(Value(1.3), Value(0.7)))
def test_gradients_agree_with_central_differences(name: str) -> None:
    """Each operation's gradient is the slope of its value, in both operands."""
    x, y = Value(1.3), Value(0.7)
    _probe(x, y)[name].backward()
    h = 1e-6

    def at(dx: float, dy: float) -> Any:
        return _probe(Value(1.3 + dx), Value(0.7 + dy))[name].data

    assert x.grad == pytest.approx((at(h, 0) - at(-h, 0)) / (2 * h), rel=1e-7, abs=1e-8)
    assert y.grad == pytest.approx((at(0, h) - at(0, -h)) / (2 * h), rel=1e-7, abs=1e-8)


def test_edges_follow_ieee_and_not_pythons_exceptions() -> None:
    """Where Python raises or turns complex, values and gradients are inf or nan as in NumPy."""
    zero, one, big = Value(0.0), Value(1.0), Value(1000.0)
    assert (one / zero).data == math.inf
    assert (-one / zero).data == -math.inf
    assert zero.log().data == -math.inf
    assert math.isnan((-one).log().data)
    assert big.exp().data == math.inf
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)
    assert (zero**-1).data == math.inf
    root = zero**0.5
    root.backward()
    assert zero.grad == math.inf
    negative = Value(-8.0)
    (negative**0.5).backward()
    assert math.isnan(negative.grad)


def test_relu_has_slope_zero_at_zero() -> None:
    """The convention at the kink is micrograd's."""
    x = Value(0.0)
    x.relu().backward()
    assert x.grad == 0


class Reference:
    """micrograd's Value (MIT, Andrej Karpathy), as far as the next test needs it."""

    def __init__(self, data: float, children: tuple[Reference, ...] = ()) -> None:
        self.data, self.grad, self.prev = data, 0.0, children
        self.pull: Any = lambda: None

    def __add__(self, other: Any) -> Reference:
        other = other if isinstance(other, Reference) else Reference(other)
        out = Reference(self.data + other.data, (self, other))

        def pull() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out.pull = pull
        return out

    def __mul__(self, other: Any) -> Reference:
        other = other if isinstance(other, Reference) else Reference(other)
        out = Reference(self.data * other.data, (self, other))

        def pull() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pull = pull
        return out

    def __pow__(self, n: float) -> Reference:
        out = Reference(self.data**n, (self,))

        def pull() -> None:
            self.grad += n * self.data ** (n - 1) * out.grad

        out.pull = pull
        return out

    def __sub__(self, other: Any) -> Any:
        return self + other * -1

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1

    def __neg__(self) -> Reference:
        return self * -1

    def backward(self) -> None:
        order: list[Reference] = []
        seen: set[Reference] = set()

        def visit(v: Reference) -> None:
            if v not in seen:
                seen.add(v)
                for child in v.prev:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1
        for v in reversed(order):
            v.pull()


@pytest.mark.parametrize("calls", [1, 2, 4])
def test_repeated_backward_accumulates_as_micrograd(calls: int) -> None:
    """Stale gradients of inner nodes take part in the next call, hidden ones included."""
    grads = []
    kinds: tuple[Any, ...] = (Value, Reference)
    for kind in kinds:
        a, b = kind(1.5), kind(-0.7)
        c = a * b - b / a
        loss = (c - a) * c / (b - a) + -(c**2)
        for _ in range(calls):
            loss.backward()
        grads.append((a.grad, b.grad))
    assert grads[0] == pytest.approx(grads[1], rel=1e-12)


def test_equality_is_identity_and_values_are_hashable() -> None:
    """Two values of equal data differ."""
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert len({a, b, a}) == 2


def test_a_hand_made_node_runs_its_own_backward() -> None:
    """The lecture's way to add an operation: children, and a closure."""
    a = Value(0.5)
    out = Value(math.sin(a.data), (a,), "sin")

    def _backward() -> None:
        a.grad += math.cos(a.data) * out.grad

    out._backward = _backward
    (out * 2).backward()
    assert out._op == "sin"
    assert a.grad == pytest.approx(2 * math.cos(0.5))


def test_numpy_numbers_stand_on_either_side() -> None:
    """A row of a dataset holds NumPy scalars; results are Values of Python floats."""
    a = Value(2.0)
    for out in (np.float64(3.0) * a, a * np.int64(3), np.float32(3.0) * a):
        assert isinstance(out, Value)
        assert type(out.data) is float
        assert out.data == 6.0


@pytest.mark.parametrize("wide", [np.longdouble(0.5), np.array(0.5, np.longdouble)])
def test_a_long_double_is_compared_as_a_number_and_refused_as_one(wide: Any) -> None:
    """Its ``item()`` is a long double again."""
    v = Value(2.0)
    assert [bool(c) for c in (wide < v, wide <= v, v > wide)] == [True] * 3
    assert [bool(c) for c in (wide > v, wide >= v, wide == v)] == [False] * 3
    assert np.maximum(wide, v).data == 2.0
    with pytest.raises(ArgumentError, match="% of a Value is not defined"):
        wide % v
    with pytest.raises(ArgumentError, match="// of a Value is not defined"):
        wide // v


@pytest.mark.parametrize("time", [np.timedelta64(3, "ns"), np.datetime64("2020", "ns")])
def test_a_time_is_no_number_on_either_side(time: Any) -> None:
    """Its ``item()`` may be an int."""
    for call in (lambda: time * Value(1.0), lambda: Value(1.0) * time, lambda: time < Value(1.0)):
        with pytest.raises(ArgumentError, match="expected a real number"):
            call()


@pytest.mark.parametrize("bad", ["two", None, [1.0], 1j])
def test_what_is_no_number_is_refused(bad: Any) -> None:
    """The message says what came."""
    with pytest.raises(ArgumentError, match=f"got {type(bad).__name__}"):
        Value(bad)
    with pytest.raises(ArgumentError, match="expected a real number"):
        Value(1.0) + bad


def test_a_node_knows_the_line_that_made_it() -> None:
    """The innermost line outside symgrad, through a network's calls too."""
    here = inspect.currentframe()
    assert here is not None
    line = here.f_lineno
    product = Value(1.0) * 2.0
    output = MLP(2, [3, 1], activation="tanh")([1.0, 2.0])
    assert product.origin == ("test_value.py", line + 1, False)
    assert output.origin == ("test_value.py", line + 2, False)
    assert Value(1.0).origin is None


def test_a_long_chain_of_nodes_neither_recurse_nor_crash() -> None:
    """backward() and the freeing of a long chain are iterative."""
    x = v = Value(1.0)
    for _ in range(100_000):
        v = v + 1.0  # two nodes: the number is one
    v.backward()
    assert (v.data, x.grad) == (100_001.0, 1)
    last = weakref.ref(v)
    del v
    assert last() is None


def test_graphs_are_freed_without_the_collector() -> None:
    """A graph holds no cycle."""
    gc.disable()
    try:
        a = Value(1.0)
        node = (a * 2).tanh()
        alive = weakref.ref(node)
        node.backward()
        del node
        assert alive() is None
    finally:
        gc.enable()


def test_a_training_loop_keeps_nothing() -> None:
    """A thousand steps in micrograd's way hold no more memory than ten."""
    random.seed(1)
    model = MLP(2, [3, 1], activation="tanh")

    def steps(n: int) -> None:
        for _ in range(n):
            loss = (model([0.5, -1.0]) - 1.0) ** 2
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data += -0.05 * p.grad

    tracemalloc.start()
    try:
        steps(10)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        steps(1000)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 20_000
    finally:
        tracemalloc.stop()


def test_a_node_is_cheap() -> None:
    """A product of two Values, its origin included, takes a handful of calls."""

    def build() -> None:
        v = Value(1.0)
        for _ in range(1_000):
            v = v * v

    assert calls(build) < 12 * 1_000


@pytest.mark.parametrize("data", ["1", b"1", 10**400, 1j, None])
def test_what_is_no_real_number_is_no_value(data: Any) -> None:
    """A text is none either, although ``float`` would read it."""
    with pytest.raises(ArgumentError, match=f"expected a real number, got {type(data).__name__}"):
        Value(data)
