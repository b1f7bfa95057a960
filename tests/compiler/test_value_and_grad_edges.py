"""Batches, results and functions at the edge of what ``value_and_grad`` takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import TraceError
from symgrad.nn import MLP, Layer

W = [Value(0.5, label="w1"), Value(2.0, label="w2")]


def batch(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


def by_hand(loss: Any, *args: Any) -> tuple[float, Any]:
    value = loss(*[a.tolist() for a in args])
    for w in W:
        w.grad = 0
    value.backward()
    return value.data, np.array([w.grad for w in W], dtype=float)


def assert_right(f: Any, loss: Any, *args: Any) -> None:
    value, d_theta = f(*args)
    expected, slope = by_hand(loss, *args)
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(d_theta, slope, rtol=1e-12, atol=1e-14)


def test_results_keep_axes_of_size_one_and_repeated_values() -> None:
    """[[h]] for each example is (N, 1), and the loss several times over is an array of it."""

    def loss(xs):
        rows = [[(W[0] * x[0] + W[1]).tanh()] for x in xs]
        total = sum(row[0] for row in rows)
        return total, (rows, [total, total], [[W[1]], [W[1]]], [rows[0]])

    f = sg.value_and_grad(loss, wrt=W, has_aux=True)
    for n in (5, 1, 2):
        xs = batch(n, 2)
        (total, (rows, twice, column, first)), _ = f(xs)
        assert (rows.shape, column.tolist(), first.shape) == ((n, 1), [[2.0], [2.0]], (1, 1))
        np.testing.assert_allclose(rows[:, 0], np.tanh(0.5 * xs[:, 0] + 2.0))
        assert twice.tolist() == [total, total]
    assert f.notes == ()


def test_a_result_may_have_no_elements() -> None:
    def loss(xs):
        return sum(W[0] * x for x in xs), ([], [[], []], [W[1] * x for x in xs][1:])

    f = sg.value_and_grad(loss, wrt=W, has_aux=True)
    for n, rest in ((4, 3), (1, 0), (0, 0)):
        (_, (none, two, tail)), _ = f(np.ones(n))
        assert (none.shape, two.shape, tail.shape) == ((0,), (2, 0), (rest,))


def test_too_few_examples_for_the_general_function_get_one_of_their_own() -> None:
    """The second example is read only where there is one."""

    def loss(xs):
        total = sum((W[0] * x).tanh() for x in xs)
        return total + sum(W[1] * x for x in xs[1:2]) * xs[-1]

    f = sg.value_and_grad(loss, wrt=W)
    for n in (6, 1, 2):
        if n > 1:
            assert_right(f, loss, batch(n))
            assert f.notes == ()
    value, _ = f(batch(1))
    assert value == pytest.approx(np.tanh(0.5 * batch(1)[0]))
    assert any("N = 1 alone" in note for note in f.notes)


def test_shares_that_are_literals_are_written_into_arrays() -> None:
    """The share of one row of several is 1/5, a Python number in the text."""

    def loss(xs):
        rows = [[(W[0] * x).tanh() for x in row] for row in xs]
        return sum(row[0] * float(i) for i, row in enumerate(rows)) / len(rows)

    assert_right(sg.value_and_grad(loss, wrt=W), loss, batch(5, 3))


def test_examples_that_are_sequences_are_looped_over_for_any_number_of_them() -> None:
    def loss(xs):
        steps = [(W[0] * step[0] + W[1] * step[1]).tanh() for x in xs for step in x]
        return sum(steps) / len(steps)

    f = sg.value_and_grad(loss, wrt=W)
    for n in (5, 1, 8):
        assert_right(f, loss, batch(n, 4, 2))
        assert f.notes == ()


def test_a_function_that_treats_numbers_by_their_type_is_refused() -> None:
    """A traced number is no float; what asks for one gives other numbers than were traced."""

    def loss(xs):
        return sum(W[0] * (2 * x if isinstance(x, float) else x) for x in xs)

    with pytest.raises(TraceError, match=r"loss gives .* for plain floats, but .*isinstance"):
        sg.value_and_grad(loss, wrt=W)(batch(5))


def test_a_variable_that_is_not_bound_yet_does_not_matter() -> None:
    def loss(xs):
        return sum(W[0] * x for x in xs) if len(xs) else later

    f = sg.value_and_grad(loss, wrt=W)
    assert_right(f, loss, batch(5))
    later = None
    assert later is None


def test_a_long_recurrence_over_examples_compiles_in_linear_time() -> None:
    """Each step reads its own element of an array, whose cotangents make one vector."""

    def loss(xs):
        state = W[0]
        for x in xs:
            state = 0.9 * state + x * W[1]
        return state

    f = sg.value_and_grad(loss, wrt=W)
    assert_right(f, loss, batch(1500))
    packing = [step.seconds for step in f.history if step.name == "packing"]
    assert sum(packing) < 0.5


def test_cross_entropy_by_label_stays_finite_far_out() -> None:
    """log(exp(z)[label] / sum(exp(z))) is computed from z, so that nothing overflows."""

    def loss(zs, labels):
        total = 0
        for z, label in zip(zs, labels, strict=True):
            counts = [(W[0] * v + W[1]).exp() for v in z]
            probs = [c / sum(counts) for c in counts]
            total = total - sg.pick(probs, label).log()
        return total / len(zs)

    f = sg.value_and_grad(loss, wrt=W)
    zs, labels = np.array([[2000.0, 0.0, -2000.0], [0.0, 1.0, 2.0]]), np.array([2, 1])
    value, d_theta = f(zs, labels)
    assert value == pytest.approx((2000.0 + np.log(1 + np.exp(0.5) + np.exp(-0.5))) / 2, rel=1e-6)
    assert np.isfinite(d_theta).all()
    near = 0.1 * np.arange(6.0).reshape(2, 3)
    value, d_theta = f(near, labels)
    expected = loss(near.tolist(), labels.tolist())
    for w in W:
        w.grad = 0
    expected.backward()
    assert value == pytest.approx(expected.data, rel=1e-12)
    np.testing.assert_allclose(d_theta, [w.grad for w in W], rtol=1e-10, atol=1e-14)


def test_rows_of_a_table_are_picked_whole() -> None:
    """Embeddings by index are E[ids], and what reads several of them is one matrix product."""
    table = [[Value(0.1 * (i + k)) for k in range(4)] for i in range(5)]
    weights = [[Value(0.3 - 0.1 * (i * k % 7)) for k in range(8)] for i in range(3)]
    wrt = [v for row in (*table, *weights) for v in row]

    def loss(pairs):
        total = 0
        for a, b in pairs:
            x = [sg.pick(list(c), i) for i in (a, b) for c in zip(*table, strict=True)]
            dots = [sum(w * v for w, v in zip(row, x, strict=True)) for row in weights]
            total += sum(z.tanh() for z in dots)
        return total

    f = sg.value_and_grad(loss, wrt=wrt)
    pairs = np.array([[0, 1], [4, 4], [2, 0]])
    value, d_theta = f(pairs)
    expected = loss(pairs.tolist())
    for v in wrt:
        v.grad = 0
    expected.backward()
    assert value == pytest.approx(expected.data, rel=1e-12)
    np.testing.assert_allclose(d_theta, [v.grad for v in wrt], rtol=1e-12, atol=1e-15)
    assert "np.take(layer1, pairs, axis=0)" in f.source
    assert f.source.count(" @ ") == 3
    assert "take_along_axis" not in f.source


def test_a_recurrent_cell_is_one_layer_of_columns() -> None:
    """The weight of the input, those of the state, and the bias stand side by side in each row."""
    cell = Layer(4, 3, activation="tanh")

    def loss(xs):
        total = 0
        for x in xs:
            h = [0.1, 0.2, 0.3]
            for v in x:
                h = cell([v, *h])
            total = total + sum(v * v for v in h)
        return total

    f = sg.value_and_grad(loss, wrt=cell)
    xs = batch(6, 5)
    value, d_theta = f(xs)
    expected = loss(xs.tolist())
    cell.zero_grad()
    expected.backward()
    assert value == pytest.approx(expected.data, rel=1e-12)
    np.testing.assert_allclose(d_theta, [p.grad for p in cell.parameters()], rtol=1e-10)
    assert " = layer1[:, 0], layer1[:, 1:-1], layer1[:, -1]" in f.source


def test_gradients_keep_their_lines_where_an_example_stands_apart() -> None:
    """The scores of one example in aux part it from the others; the weights' gradients are sums."""

    net = MLP(2, [3, 1])

    def loss(xs, ys):
        scores = [net(x) for x in xs]
        return sum((s - y) ** 2 for s, y in zip(scores, ys, strict=True)), scores[0]

    f = sg.value_and_grad(loss, wrt=net, has_aux=True)
    f(np.ones((5, 2)), np.ones(5))
    line = loss.__code__.co_firstlineno + 1
    (text,) = [t for t in f.source.splitlines() if t.lstrip().startswith("d_layer1[:, :-1] =")]
    assert text.endswith(f"of test_value_and_grad_edges.py:{line}")
