"""Scalars while a function is traced: what they record, what they refuse, and how it ends."""

# ruff: noqa: SIM300 (both sides of a comparison are meant)

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError, TraceError
from symgrad.frontend.scalars.nested import Nested
from symgrad.frontend.scalars.parameters import bind
from symgrad.frontend.scalars.traced import Traced, TracedCondition, TracedNumber, Tracing, Truth


def recorded(build: Callable[[Any, Any, Any], Any]) -> tuple[Any, list[str]]:
    """What ``build(w, x, plain)`` makes: its class, its op and the names of its operands."""
    w, plain = Value(2.0), Value(3.0)
    with Tracing([w]) as tracing:
        x = tracing.element(0, 5, "f64")
        made = build(w, x, plain)
        kind = type(made)
        names = {id(w): "w", id(x): "x", id(plain): "plain"}
        return kind, [made._name, *[names.get(id(o), "leaf") for o in made._operands]]


@pytest.mark.parametrize(
    ("build", "kind", "parts"),
    [
        (lambda w, x, p: w + x, Traced, ["add", "w", "x"]),
        (lambda w, x, p: x + w, Traced, ["add", "x", "w"]),
        (lambda w, x, p: p + w, Traced, ["add", "plain", "w"]),
        (lambda w, x, p: p * x, Traced, ["multiply", "plain", "x"]),
        (lambda w, x, p: x * 2.0, TracedNumber, ["multiply", "x", "leaf"]),
        (lambda w, x, p: 2.0 * x, TracedNumber, ["multiply", "x", "leaf"]),
        (lambda w, x, p: 2.0 - w, Traced, ["subtract", "leaf", "w"]),
        (lambda w, x, p: p - w, Traced, ["subtract", "plain", "w"]),
        (lambda w, x, p: 1 / x, TracedNumber, ["divide", "leaf", "x"]),
        (lambda w, x, p: x / x, TracedNumber, ["divide", "x", "x"]),
        (lambda w, x, p: w**2, Traced, ["power", "w"]),
        (lambda w, x, p: 2**w, Traced, ["power", "leaf", "w"]),
        (lambda w, x, p: x**w, Traced, ["power", "x", "w"]),
        (lambda w, x, p: -x, TracedNumber, ["negative", "x"]),
        (lambda w, x, p: abs(w), Traced, ["absolute", "w"]),
        (lambda w, x, p: w.relu(), Traced, ["relu", "w"]),
        (lambda w, x, p: sg.exp(x), TracedNumber, ["exp", "x"]),
        (lambda w, x, p: sg.maximum(x, w), Traced, ["maximum", "x", "w"]),
        (lambda w, x, p: sum([w]), Traced, ["add", "w", "leaf"]),
        (lambda w, x, p: w > x, TracedCondition, ["less", "x", "w"]),
        (lambda w, x, p: 0 < x, Truth, ["greater", "x", "leaf"]),
        (lambda w, x, p: x == 1, Truth, ["equal", "x", "leaf"]),
        (lambda w, x, p: x != np.int64(1), Truth, ["not_equal", "x", "leaf"]),
        (lambda w, x, p: p <= w, TracedCondition, ["greater_equal", "w", "plain"]),
        (
            lambda w, x, p: sg.where(x > 0, 1.0, 2.0),
            TracedNumber,
            ["where", "leaf", "leaf", "leaf"],
        ),
        (lambda w, x, p: sg.where(w > 0, 1.0, 2.0), Traced, ["where", "leaf", "leaf", "leaf"]),
        (lambda w, x, p: sg.where(x > 0, w, p), Traced, ["where", "leaf", "w", "plain"]),
        (lambda w, x, p: sg.where(True, w, p), Traced, [""]),
        (lambda w, x, p: Value(x), Traced, ["input"]),
    ],
)
def test_what_is_done_is_recorded(build: Any, kind: Any, parts: list[str]) -> None:
    """Each operation gives a node without data; of numbers alone it stays a number."""
    assert recorded(build) == (kind, parts)


def test_values_are_compared_by_identity_and_numbers_by_value() -> None:
    """As in the user's loops, where numbers are floats and Values micrograd's."""
    w = Value(1.0)
    with Tracing([w]) as tracing:
        x = tracing.element(0, 0, "f64")
        assert (w == 1.0) is False
        assert (Value(x) == 1.0) is False
        assert (w == x) is False
        assert (x == "a") is False
        with pytest.raises(TraceError):
            bool(x == 1.0)


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda w, x: float(w.data), "aux"),
        (lambda w, x: setattr(w, "data", 1.0), "aux"),
        (lambda w, x: w.grad, "gradient"),
        (lambda w, x: setattr(w, "grad", 0.0), "gradient"),
        (lambda w, x: w.backward(), "gradient"),
        (lambda w, x: bool(w), r"sg\.where"),
        (lambda w, x: 1 if w > 0 else 2, r"sg\.where"),
        (lambda w, x: 1 if x == 0 else 2, r"sg\.where"),
        (lambda w, x: max(w, x), r"sg\.where"),
        (lambda w, x: sorted([x, x]), r"sg\.where"),
        (lambda w, x: 0 < x < 1, r"sg\.where.*&"),
        (lambda w, x: not (w > 0), r"sg\.where"),
        (lambda w, x: x in [1, 2], r"sg\.where"),
        (lambda w, x: float(x), "aux"),
        (lambda w, x: int(x), "aux"),
        (lambda w, x: round(x), r"sg\.round"),
        (lambda w, x: x // 2, r"sg\.floor"),
        (lambda w, x: 7 % x, r"sg\.floor"),
        (lambda w, x: [1, 2][x], r"sg\.pick"),
        (lambda w, x: range(x), r"sg\.pick"),
        (lambda w, x: {1: 2}.get(x), r"sg\.pick"),
        (lambda w, x: {x}, r"sg\.pick"),
        (lambda w, x: f"{w:.2f}", "aux"),
        (lambda w, x: (w > 0).data, "aux"),
        (lambda w, x: float(x > 0), "aux"),
        (lambda w, x: [1, 2][x > 0], r"sg\.where"),
        (lambda w, x: x.relu(), r"Value\(x\)"),
        (lambda w, x: bind([w]), "aux"),
    ],
)
def test_what_only_a_number_has_is_refused_with_the_line(ask: Any, named: str) -> None:
    """TraceError names this file, the line, and what to do."""
    w = Value(2.0)
    line = ask.__code__.co_firstlineno
    with Tracing([w]) as tracing:
        x = tracing.element(0, 0, "f64")
        with pytest.raises(TraceError, match=rf"test_traced\.py:{line}; .*{named}"):
            ask(w, x)


def test_printing_is_harmless() -> None:
    """A repr asks for nothing."""
    w = Value(2.0)
    with Tracing([w]) as tracing:
        assert repr(w.tanh()) == "<traced tanh>"
        assert f"{w} {tracing.element(0, 0, 'f64') > 1}" == "<traced value> <traced greater>"


def test_after_a_trace_all_is_as_before() -> None:
    """Classes, data, gradients and the collector, also where the block raises."""
    a, b = Value(1.0, label="a"), Value(2.0)
    theta = bind([b])
    b.grad = 7.0
    assert gc.isenabled()

    def failing() -> None:
        with Tracing([a, b]):
            assert not gc.isenabled()
            assert a.label == "a"
            _ = a * b / 0.0 + 1 / 0

    with pytest.raises(ZeroDivisionError):
        failing()
    assert gc.isenabled()
    assert (a.data, b.data, b.grad, type(a)) == (1.0, 2.0, 7.0, Value)
    theta[0] = 5.0
    assert b.data == 5.0
    assert not Tracing.is_mine()


def test_a_trace_in_a_trace_is_refused_and_other_threads_wait() -> None:
    """One trace runs at a time: a second one of the same thread would never begin."""
    order = []

    def other() -> None:
        with Tracing([Value(1.0)]):
            order.append("other")

    with Tracing([Value(1.0)]):
        with pytest.raises(TraceError, match="traced"), Tracing([Value(2.0)]):
            pass
        thread = threading.Thread(target=other)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "other"]


def test_values_of_a_class_of_ones_own_are_named() -> None:
    """A subclass with its own layout cannot be traced."""

    class Mine(Value):
        pass

    with pytest.raises(ArgumentError, match="Mine"), Tracing([Mine(1.0)]):
        pass


def test_rows_are_sequences() -> None:
    """Iterated, indexed, sliced, zipped, transposed; refused what computes on whole rows."""
    X = Nested.of("X", list(range(12)), (3, 2, 2))
    assert [len(X), X.shape, X.ndim, X.size] == [3, (3, 2, 2), 3, 12]
    assert X[2][1][0] == X[2, 1, 0] == X[-1, -1, 0] == X[np.int64(2), 1][0] == 10
    assert X[1:].shape == (2, 2, 2)
    assert X[:, 0].tolist() == [[0, 1], [4, 5], [8, 9]]
    assert X[:, :, 1][1:, 0].tolist() == [5, 9]
    assert X[0].T.tolist() == [[0, 2], [1, 3]]
    assert [a + d for (a, b), (c, d) in X] == [3, 11, 19]
    assert list(reversed(X[0][0])) == [1, 0]
    assert not Nested.of("X", [], (0, 2))
    for wrong in (lambda: X[3], lambda: X[0, 0, 0, 0]):
        with pytest.raises(IndexError, match="X"):
            wrong()
    for refused in (
        lambda: np.asarray(X),
        lambda: np.exp(X),
        lambda: np.sum(X),
        lambda: X * 2,
        lambda: X @ X,
        lambda: np.ones(3) * X,
        lambda: X[[0, 1]],
        lambda: X == X,
    ):
        with pytest.raises(TraceError, match=r"X, at test_traced\.py"):
            refused()
    with pytest.raises(AttributeError, match=r"\.mean is not available for the argument X"):
        X.mean()
