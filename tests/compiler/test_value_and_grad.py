"""A function of micrograd's scalars, compiled at its first call for every number of examples."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from counting import calls

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import (
    ArgumentError,
    DomainError,
    DTypeError,
    NamingError,
    ShapeError,
    TraceError,
)
from symgrad.nn import MLP

NET = MLP(2, [4, 3])
ONE = MLP(2, [3, 1], activation="tanh")


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    draw = np.random.default_rng(5)
    for model in (NET, ONE):
        model.theta[...] = draw.normal(size=model.theta.shape)


def by_hand(loss: Callable[..., Any], model: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Loss and gradient of the user's own loops over plain lists."""
    plain = [a.tolist() if isinstance(a, np.ndarray) else a for a in args]
    value = loss(*plain, **kwargs)
    value = value[0] if isinstance(value, tuple) else value
    parameters = model.parameters() if hasattr(model, "parameters") else model
    for p in parameters:
        p.grad = 0
    value.backward()
    return value.data, np.array([p.grad for p in parameters])


def assert_right(got: Any, loss: Callable[..., Any], model: Any, *args: Any, **kwargs: Any) -> None:
    value, gradient = got
    value = value[0] if isinstance(value, tuple) else value
    expected, slope = by_hand(loss, model, *args, **kwargs)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10, atol=1e-13)


def squares(xs, ys):
    return sum((ONE(x) - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


def hinge(xs, ys):
    losses = [(1 + -y * ONE(x)).relu() for x, y in zip(xs, ys, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in ONE.parameters())


def asymmetric(xs, ys):
    errors = [ONE(x) - y for x, y in zip(xs, ys, strict=True)]
    return sum(sg.where(e > 0, e * e, -0.5 * e) for e in errors)


def clipped(xs, ys):
    return sum(sg.maximum(ONE(x), 0.1) * sg.clip(y, -1.0, 1.0) for x, y in zip(xs, ys, strict=True))


def neighbours(xs, ys):
    return ONE(xs[0]) + sum(ONE(xs[i]) * ONE(xs[i + 1]) for i in range(len(xs) - 1))


def columns(xs, ys):
    return sum(ONE([xs[i, 1], xs[i, 0]]) * ys[i] for i in range(xs.shape[0]))


def wrapped(xs, ys):
    rows = [list(map(Value, x)) for x in xs]
    return sum((ONE(x) * Value(y)).exp() for x, y in zip(rows, ys, strict=True)).log()


def last(xs, ys):
    return ONE(xs[-1]) * ys[-1] + len(xs)


def batch(n: int, seed: int = 0) -> tuple[Any, Any]:
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n, 2)), draw.normal(size=n)


class Rows(list):
    """Nested lists with a shape and [i, j], for loops that use them on plain numbers."""

    shape = property(lambda self: (len(self), len(self[0])))

    def __getitem__(self, key: Any) -> Any:
        row, *rest = key if isinstance(key, tuple) else (key,)
        found = list.__getitem__(self, row)
        return found[rest[0]] if rest else found


@pytest.mark.parametrize(
    "loss",
    [squares, hinge, asymmetric, clipped, neighbours, columns, wrapped, last],
    ids=lambda f: f.__name__,
)
def test_one_function_serves_every_number_of_examples(loss: Callable[..., Any]) -> None:
    """At N = 1, 2, 5, 8 and 100, and at other parameters than the traced ones, loss and gradient
    are those of the user's loops; one text serves all."""
    f = sg.value_and_grad(loss, wrt=ONE)
    texts = set()
    for n in (5, 1, 2, 8, 100):
        ONE.theta[...] += 0.1
        xs, ys = batch(n)
        assert_right(f(xs, ys), loss, ONE, Rows(xs.tolist()), ys)
        texts.add(f.source)
        assert f.notes == ()
    assert len(texts) == 1
    assert [step.name for step in f.history][:2] == ["reroll", "generalise"]


def test_theta_is_read_at_each_call_and_the_gradient_is_fresh() -> None:
    """The usual loop trains the module, and f.theta is its vector."""
    f = sg.value_and_grad(squares, wrt=ONE)
    xs, ys = batch(20)
    losses = []
    for _ in range(50):
        loss, d_theta = f(xs, ys)
        losses.append(loss)
        ONE.theta -= 0.05 * d_theta
    assert losses[-1] < 0.9 * losses[0]
    assert f.theta is ONE.theta
    assert f(xs, ys)[1] is not f(xs, ys)[1]


def test_parameters_that_move_to_another_vector_are_followed() -> None:
    """A bigger module that takes the parameters into its own vector is seen at the next call; so
    is one whose parameters were replaced, once its theta is read."""
    small = MLP(2, [1])

    class Pair(sg.nn.Module):
        def parameters(self) -> list[Value]:
            return [*ONE.parameters(), *small.parameters()]

    f = sg.value_and_grad(lambda xs: sum(small(x) for x in xs), wrt=small)
    xs = batch(4)[0]
    f(xs)
    whole = Pair().theta
    whole += 1.0
    assert_right(f(xs), f.__wrapped__, small, xs)
    small.layers[0].neurons[0].w[0] = Value(7.0)
    assert small.theta[0] == 7.0
    assert_right(f(xs), f.__wrapped__, small, xs)


def test_it_is_a_decorator_and_says_what_it_is() -> None:
    """Name, docstring and wrapped function are the user's; nothing is compiled before a call."""

    @sg.value_and_grad(wrt=ONE)
    def loss(xs):
        """How bad it is."""
        return sum(ONE(x) for x in xs)

    assert (loss.__name__, loss.__doc__) == ("loss", "How bad it is.")
    assert "loss(xs)" in repr(loss)
    with pytest.raises(ArgumentError, match="first call"):
        _ = loss.source
    compiled = loss.compiled(batch(6)[0])
    assert [(a.name, str(a.type)) for a in compiled.signature.arguments] == [
        ("theta", "f64[13]"),
        ("xs", "f64[N, 2]"),
    ]
    assert compiled is loss.compiled(batch(9)[0])
    assert loss.source == compiled.source
    with pytest.raises(ArgumentError, match="pickle"):
        pickle.dumps(loss)
    restored = pickle.loads(pickle.dumps(compiled))
    assert restored(ONE.theta, batch(3)[0])[0] == pytest.approx(loss(batch(3)[0])[0])


def test_aux_comes_along_as_numbers_and_arrays() -> None:
    """A scalar is a float, nested lists are arrays, a tuple is a tuple of them, for every N."""

    def loss(xs, ys):
        scores = [NET(x) for x in xs]
        right = [(s[0] > 0) == (y > 0) for s, y in zip(scores, ys, strict=True)]
        total = sum(s[0] for s in scores)
        return total, (sum(right) / len(right), scores, right, (len(xs), 2), total)

    f = sg.value_and_grad(loss, wrt=NET, has_aux=True)
    for n in (5, 2, 9):
        xs, ys = batch(n)
        (total, (share, scores, right, sizes, again)), d_theta = f(xs, ys)
        expected, (e_share, e_scores, e_right, _, _) = loss(xs.tolist(), ys.tolist())
        assert total == again == pytest.approx(expected.data)
        assert share == pytest.approx(getattr(e_share, "data", e_share))
        np.testing.assert_allclose(scores, [[v.data for v in row] for row in e_scores])
        assert right.tolist() == [bool(r) for r in e_right]
        assert right.dtype == bool
        assert sizes == (n, 2)
        assert_right((total, d_theta), loss, NET, xs, ys)
    assert f.notes == ()


def test_arrays_in_aux_are_fresh() -> None:
    """Parameters and data that come back share no memory with theta or the arguments."""

    def loss(xs):
        return sum(ONE(x) for x in xs), (ONE.parameters()[:2], ONE.parameters(), list(xs))

    f = sg.value_and_grad(loss, wrt=ONE, has_aux=True)
    xs = batch(4)[0]
    (_, (some, every, data)), _ = f(xs)
    assert some.tolist() == ONE.theta[:2].tolist()
    assert every.tolist() == ONE.theta.tolist()
    assert data.tolist() == xs.tolist()
    assert not np.shares_memory(some, ONE.theta)
    assert not np.shares_memory(every, ONE.theta)
    assert not np.shares_memory(data, xs)


def test_integers_and_truths_are_arguments_too() -> None:
    """Labels are compared and picked by, masks choose; integers count as numbers."""

    def loss(xs, labels, mask):
        total = 0
        for x, t, m in zip(xs, labels, mask, strict=True):
            total += sg.where(m, sg.pick(NET(x), t), 0.0)
            total += sg.where(t == 1, 2.0, 0.5) * NET(x)[0] + t * NET(x)[1]
        return total

    f = sg.value_and_grad(loss, wrt=NET)
    for n in (6, 1, 40):
        xs, labels, mask = batch(n)[0], np.arange(n) % 3, np.arange(n) % 2 == 0
        assert_right(f(xs, labels, mask), loss, NET, xs, labels, mask)
        assert f.notes == ()
    for _ in range(3):
        with pytest.raises(DomainError, match="from 0 to 2"):
            f(xs, np.arange(n), mask)


def test_a_table_of_values_is_picked_from() -> None:
    """An embedding: the rows are parameters, the index is data."""
    table = [[Value(0.1 * i + j, label=f"e{i}_{j}") for j in range(2)] for i in range(5)]
    flat = [v for row in table for v in row]

    def loss(tokens, ys):
        columns = list(zip(*table, strict=True))
        picked = [[sg.pick(list(c), t) for c in columns] for t in tokens]
        return sum((a * b - y) ** 2 for (a, b), y in zip(picked, ys, strict=True))

    f = sg.value_and_grad(loss, wrt=flat)
    for n in (4, 11):
        tokens, ys = np.arange(n) % 5, batch(n)[1]
        assert_right(f(tokens, ys), loss, flat, tokens, ys)


def test_static_values_are_part_of_the_key() -> None:
    """Numbers, strings and None stand in the text; 1, 1.0 and True are told apart."""

    def loss(xs, scale=1.0, kind="plain", *, power=None):
        total = sum(ONE(x) for x in xs) * scale
        total = total if power is None else total**power
        return -total if kind == "negative" else total

    f = sg.value_and_grad(loss, wrt=ONE)
    xs = batch(4)[0]
    for args, kwargs in [
        ((xs,), {}),
        ((xs, 2.0), {}),
        ((xs, 2), {}),
        ((xs,), {"kind": "negative"}),
        ((xs, 0.5, "negative"), {"power": 2}),
        ((), {"xs": xs}),
    ]:
        value, _ = f(*args, **kwargs)
        assert value == pytest.approx(_plain(loss, args, kwargs))


def _plain(loss: Any, args: Any, kwargs: Any) -> float:
    lists = [a.tolist() if isinstance(a, np.ndarray) else a for a in args]
    named = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in kwargs.items()}
    return loss(*lists, **named).data


def test_lists_other_dtypes_and_views_are_taken() -> None:
    """Nested lists, float32, integers, strided and read-only arrays give the same numbers."""
    f = sg.value_and_grad(squares, wrt=ONE)
    xs, ys = batch(6)
    expected = f(xs, ys)[0]
    wide = np.zeros((12, 4))
    wide[::2, ::2] = xs
    frozen = xs.copy()
    frozen.flags.writeable = False
    rows = tuple(map(tuple, xs.tolist()))
    for given in (xs.tolist(), rows, wide[::2, ::2], frozen, xs.astype(">f8")):
        for _ in range(2):
            assert f(given, ys)[0] == pytest.approx(expected)
    assert f(xs.astype(np.float32), ys)[0] == pytest.approx(expected, rel=1e-5)
    whole = np.arange(12).reshape(6, 2)
    assert f(whole, ys)[0] == pytest.approx(f(whole.astype(float), ys)[0])


def test_sizes_other_than_the_first_are_exact() -> None:
    """An array whose leading size is not that of the first keeps it; another is another text."""

    def loss(xs, weights):
        return sum(sum(w * ONE(x) for w in weights) for x in xs)

    f = sg.value_and_grad(loss, wrt=ONE)
    for n, k in ((5, 3), (6, 3), (6, 4), (3, 3)):
        xs, weights = batch(n)[0], np.arange(1.0, k + 1.0)
        assert_right(f(xs, weights), loss, ONE, xs, weights)
    kinds = {f.compiled(batch(n)[0], np.ones(k)).source for n, k in ((5, 3), (6, 3), (6, 4))}
    assert len(kinds) == 2


def test_without_arrays_it_compiles_what_the_closure_holds() -> None:
    """Data of the closure are constants of the text."""
    xs, ys = batch(6)
    f = sg.value_and_grad(lambda: squares(xs.tolist(), ys.tolist()), wrt=ONE)
    for _ in range(2):
        ONE.theta[...] += 0.1
        assert_right(f(), f.__wrapped__, ONE)
    assert f.notes == ()


def test_values_outside_of_wrt_are_told_by_the_users_names() -> None:
    """They are constants, and the note says what to do where they change."""
    scale, w = Value(3.0), Value(0.5)
    f = sg.value_and_grad(lambda x: scale * w * x, wrt=[w])
    assert f(2.0)[0] == 3.0
    (note,) = f.notes
    assert "constants: scale; what" in note
    assert "pass such numbers as arguments, or list the Values in wrt" in note


def test_a_function_that_wants_a_certain_size_is_compiled_for_it() -> None:
    """It raises with 3 examples; it is traced at its own size, and a note says why."""

    def loss(xs):
        if len(xs) < 9:
            raise ValueError("nine are needed")
        return sum(ONE(x) for x in xs)

    f = sg.value_and_grad(loss, wrt=ONE)
    assert_right(f(batch(9)[0]), loss, ONE, batch(9)[0])
    assert "N = 9 alone: with 3 examples it raises ValueError: nine are needed" in f.notes[0]
    assert "N = 9 alone" in str(f.history)
    with pytest.raises(ValueError, match="nine are needed"):
        f(batch(4)[0])


def test_values_outside_wrt_are_constants_and_named() -> None:
    """A Value that is not differentiated by is frozen, and a note names it."""
    temperature = Value(0.5, label="temperature")
    f = sg.value_and_grad(lambda xs: sum(ONE(x) * temperature for x in xs), wrt=ONE)
    xs = batch(4)[0]
    assert_right(f(xs), f.__wrapped__, ONE, xs)
    assert "temperature" in f.notes[0]
    assert "not in wrt" in f.notes[0]


def test_parameters_that_the_loss_does_not_reach_have_no_gradient() -> None:
    """A zero, and a note; a loss without any parameter is a number."""
    spare = Value(1.0, label="spare")
    f = sg.value_and_grad(lambda xs: sum(ONE(x) for x in xs), wrt=[*ONE.parameters(), spare])
    _, gradient = f(batch(3)[0])
    assert gradient[-1] == 0.0
    assert "spare" in f.notes[0]
    value, gradient = sg.value_and_grad(lambda xs: sum(x[0] for x in xs), wrt=ONE)(batch(3)[0])
    assert value == pytest.approx(batch(3)[0][:, 0].sum())
    assert not gradient.any()


@pytest.mark.parametrize(
    ("loss", "args", "error", "named"),
    [
        (lambda xs: ONE(xs[0]), ([[1.0, 2.0], [3.0]],), DTypeError, r"xs\[0\] is of length 2"),
        (lambda xs: ONE(xs[0]), (np.ones((3, 2)) * 1j,), DTypeError, "xs: expected real"),
        (lambda xs: ONE(xs[0]), (["a"],), ArgumentError, "xs: expected numbers"),
        (lambda xs: ONE(xs[0]), ({"a": 1},), ArgumentError, "xs: .*dict"),
        (lambda xs: ONE(xs[0]), (np.ones((3, 2)), 1), ArgumentError, "too many"),
        (lambda theta: ONE(theta[0]), (np.ones((3, 2)),), NamingError, "theta"),
        (lambda xs: (ONE(xs[0]), 1), (np.ones((3, 2)),), ArgumentError, "has_aux=True"),
        (lambda xs: [ONE(xs[0])], (np.ones((3, 2)),), ArgumentError, "scalar loss, got list"),
        (lambda xs: ONE(xs[0]) > 0, (np.ones((3, 2)),), ArgumentError, "scalar loss"),
        (lambda xs: ONE(xs[0] * 2), (np.ones((3, 2)),), TraceError, "whole row"),
        (lambda xs: ONE(xs[0]) if xs[0][0] > 0 else 1.0, (np.ones((3, 2)),), TraceError, "where"),
        (lambda xs: ONE(xs[0]) * undefined, (np.ones((3, 2)),), NameError, "undefined"),  # noqa: F821
        (
            lambda xs: sum(map(ONE, xs)) * (1 / len(xs)),
            (np.ones((0, 2)),),
            ZeroDivisionError,
            "zero",
        ),
    ],
)
def test_bad_input_is_named(loss: Any, args: Any, error: Any, named: str) -> None:
    """Each says what is wrong; the module is as it was, and the next call can be right."""
    before = [p.data for p in ONE.parameters()]
    f = sg.value_and_grad(loss, wrt=ONE)
    for _ in range(2):
        with pytest.raises(error, match=named):
            f(*args)
    assert [p.data for p in ONE.parameters()] == before


def test_bad_aux_and_options_are_named() -> None:
    """Ragged lists by their place, options by the nearest name."""

    def ragged(xs):
        return ONE(xs[0]), [[1.0], [1.0, 2.0]]

    with pytest.raises(ShapeError, match=r"aux\[1\] has \(2,\)"):
        sg.value_and_grad(ragged, wrt=ONE, has_aux=True)(batch(3)[0])
    with pytest.raises(ArgumentError, match=r"pair \(loss, aux\)"):
        sg.value_and_grad(squares, wrt=ONE, has_aux=True)(*batch(3))
    with pytest.raises(ArgumentError, match="wrt"):
        sg.value_and_grad(squares)
    with pytest.raises(ArgumentError, match="strict"):
        sg.value_and_grad(squares, wrt=ONE, strikt=True)
    with pytest.raises(ArgumentError, match="function"):
        sg.value_and_grad(3, wrt=ONE)


def test_a_compiled_function_in_a_trace_is_refused() -> None:
    """Its numbers would be frozen, the first time and later."""
    inner = sg.value_and_grad(squares, wrt=ONE)
    outer = sg.value_and_grad(lambda xs, ys: NET(xs[0])[0] * inner(*batch(3))[0], wrt=NET)
    for _ in range(2):
        with pytest.raises(TraceError, match="squares was called while a function is traced"):
            outer(*batch(4))
        inner(*batch(3))


def test_many_threads_share_one_cache() -> None:
    """Calls with several sizes from several threads, the first ones at once: all are right."""
    f = sg.value_and_grad(squares, wrt=ONE)
    expected = {n: by_hand(squares, ONE, *batch(n))[0] for n in (3, 4, 5, 17)}
    wrong: list[Any] = []
    start = threading.Barrier(8)

    def work(k: int) -> None:
        start.wait()
        for i in range(40):
            n = (3, 4, 5, 17)[(i + k) % 4]
            value, _ = f(*batch(n))
            if value != pytest.approx(expected[n]):
                wrong.append((n, value))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_strict_and_ordered_sums_are_options() -> None:
    """strict names what stops being finite; reassociate=False adds as Python does."""

    def logs(xs):
        return sum(ONE.parameters()[0] * sg.log(x[0]) for x in xs)

    strict = sg.value_and_grad(logs, wrt=ONE, strict=True)
    assert np.isfinite(strict(np.ones((3, 2)))[0])
    for _ in range(2):
        with pytest.raises(DomainError, match="log"):
            strict(np.zeros((3, 2)))
    w = [Value(random.Random(1).uniform(-1, 1))]

    def ordered(xs):
        return sum(w[0] * x for x in xs)

    f = sg.value_and_grad(ordered, wrt=w, reassociate=False)
    xs = np.random.default_rng(1).normal(size=1000) * 10.0 ** np.arange(1000).clip(0, 15)
    assert f(xs)[0] == ordered(xs.tolist()).data


def test_a_call_costs_little_more_than_the_function() -> None:
    """Two arrays are checked in fewer than forty calls."""
    f = sg.value_and_grad(squares, wrt=ONE)
    xs, ys = batch(4)
    f(xs, ys)
    f(xs, ys)
    for key in f._ready:
        f._ready[key] = lambda theta, *arrays: None

    assert calls(lambda: f(xs, ys)) < 40
