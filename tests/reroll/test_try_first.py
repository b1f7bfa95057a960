"""What people write into a loss, micrograd's demo first; each test's docstring says what is due."""
# ruff: noqa: B905, UP034 (as people write it)

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import TraceError
from symgrad.nn import MLP

HERE = __file__.rsplit("/", 1)[-1]


@pytest.fixture
def model() -> MLP:
    random.seed(1337)
    return MLP(2, [4, 1])


def data(n: int) -> tuple[Any, Any]:
    draw = np.random.default_rng(7)
    return draw.normal(size=(n, 2)), np.where(draw.normal(size=n) > 0, 1.0, -1.0)


def by_hand(loss: Any, model: MLP, *args: Any) -> tuple[float, Any]:
    """The user's own loops: an eager pass and micrograd's backward."""
    value = loss(*args)
    value = value[0] if isinstance(value, tuple) else value
    model.zero_grad()
    value.backward()
    return value.data, np.array([p.grad for p in model.parameters()])


def assert_same(loss: Any, model: MLP, got: Any, *args: Any) -> None:
    value, gradient = got
    value = value[0] if isinstance(value, tuple) else value
    expected, slope = by_hand(loss, model, *args)
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-11, atol=1e-14)


def test_micrograds_demo_loss_verbatim_asks_for_data_and_is_told_of_aux(model: MLP) -> None:
    """micrograd's demo, word for word, reads `scorei.data` for its accuracy: TraceError with the
    line, which names aux.  The module is as it was."""
    X, y = data(10)

    # loss function
    def loss(batch_size=None):
        # inline DataLoader :)
        if batch_size is None:
            Xb, yb = X, y
        else:
            ri = np.random.permutation(X.shape[0])[:batch_size]
            Xb, yb = X[ri], y[ri]
        inputs = [list(map(Value, xrow)) for xrow in Xb]

        # forward the model to get scores
        scores = list(map(model, inputs))

        # svm "max-margin" loss
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        # L2 regularization
        alpha = 1e-4
        reg_loss = alpha * sum((p * p for p in model.parameters()))
        total_loss = data_loss + reg_loss

        # also get accuracy
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
        return total_loss, sum(accuracy) / len(accuracy)

    before = [p.data for p in model.parameters()]
    line = loss.__code__.co_firstlineno + 21
    with pytest.raises(TraceError, match=rf"\.data .*{HERE}:{line}.*aux"):
        sg.value_and_grad(loss, wrt=model, has_aux=True)()
    assert [p.data for p in model.parameters()] == before
    assert all(type(p) is not type(None) and p.grad == 0 for p in model.parameters())

    def permuted(batch_size):
        return loss(batch_size)

    state = np.random.get_state()[1].tolist()
    with pytest.raises(TraceError):
        sg.value_and_grad(permuted, wrt=model, has_aux=True)(5)
    assert np.random.get_state()[1].tolist() == state


def test_micrograds_demo_loss_with_aux_in_place_of_data_is_compiled(model: MLP) -> None:
    """The same loss with `scorei > 0` in place of `scorei.data > 0`: loss, accuracy and gradients
    are those of the user's loops, for any number of examples."""

    def loss(Xb, yb):
        inputs = [list(map(Value, xrow)) for xrow in Xb]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum((p * p for p in model.parameters()))
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei > 0) for yi, scorei in zip(yb, scores)]
        return total_loss, sum(accuracy) / len(accuracy)

    f = sg.value_and_grad(loss, wrt=model, has_aux=True)
    for n in (10, 3):
        X, y = data(n)
        got = f(X, y)
        assert_same(loss, model, got, X, y)
        right = [(model(list(x)).data > 0) == (t > 0) for x, t in zip(X, y)]
        assert got[0][1] == pytest.approx(sum(right) / n)
    assert f.notes == ()


def test_the_first_ten_losses_are_found_out_at_the_first_real_size(model: MLP) -> None:
    """`losses[:10]` looks general at 3, 4 and 7 examples.  At 8 it is; at 20 the comparison with
    the user's loops shows that it is not: it is compiled for 20 alone, and a note says so."""

    def loss(xs, ys):
        losses = [(model(x) - t) ** 2 for x, t in zip(xs, ys)]
        return sum(losses[:10])

    f = sg.value_and_grad(loss, wrt=model)
    for n, exact in ((8, False), (20, True), (10, False), (11, True)):
        assert_same(loss, model, f(*data(n)), *data(n))
        assert any("N = " in note for note in f.notes) == exact, (n, f.notes)
    f(*data(11))
    assert "N = 11 alone" in f.notes[0]
    assert "N = 11 alone" in str(f.history)


def test_a_permutation_inside_the_loss_is_refused(model: MLP) -> None:
    """A permutation drawn in the loss would be frozen: TraceError that says to pass it in.  So is
    one from a generator of the user's, found because two traces differ.  Drawn outside it works."""

    def loss(xs, ys, draw):
        order = draw(len(xs))
        return sum((model(xs[i]) - ys[j]) ** 2 for j, i in enumerate(order))

    with pytest.raises(TraceError, match=r"draws numbers from np\.random.*argument"):
        sg.value_and_grad(loss, wrt=model)(*data(9), np.random.permutation)

    def shuffled(n):
        return random.sample(range(n), n)

    with pytest.raises(TraceError, match="draws numbers from random"):
        sg.value_and_grad(loss, wrt=model)(*data(9), shuffled)
    own = np.random.default_rng(3)
    with pytest.raises(TraceError, match="two traces of loss differ"):
        sg.value_and_grad(loss, wrt=model)(*data(9), own.permutation)

    def plain(xs, ys):
        return sum((model(x) - t) ** 2 for x, t in zip(xs, ys))

    order = own.permutation(9)
    X, y = data(9)
    assert_same(plain, model, sg.value_and_grad(plain, wrt=model)(X[order], y), X[order], y)


def test_data_read_inside_is_refused_with_the_line(model: MLP) -> None:
    """`.data` of a parameter or of a result, read in the loss: TraceError with the line."""

    def of_a_result(xs, ys):
        return sum(model(x) * model(x).data for x in xs)

    def of_a_parameter(xs, ys):
        return sum(model(x) for x in xs) * model.parameters()[0].data

    def of_all(xs, ys):
        return sum(model(x) for x in xs) + 1e-4 * float(model.theta @ model.theta)

    for loss in (of_a_result, of_a_parameter):
        line = loss.__code__.co_firstlineno + 1
        with pytest.raises(TraceError, match=rf"\.data .*{HERE}:{line}"):
            sg.value_and_grad(loss, wrt=model)(*data(5))
    line = of_all.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=rf"theta .*{HERE}:{line}"):
        sg.value_and_grad(of_all, wrt=model)(*data(5))


def test_the_first_example_may_be_treated_apart(model: MLP) -> None:
    """`if i == 0` chooses by the place of an example, not by its data: it is compiled for any N."""

    def loss(xs, ys):
        total = 0
        for i, (x, t) in enumerate(zip(xs, ys)):
            error = model(x) - t
            total += 3.0 * error * error if i == 0 else error * error
        return total

    f = sg.value_and_grad(loss, wrt=model)
    for n in (6, 1, 2, 30):
        assert_same(loss, model, f(*data(n)), *data(n))
    assert f.notes == ()


@pytest.mark.parametrize(
    "scale",
    [
        lambda total, n: total / n,
        lambda total, n: total * (1.0 / n),
        lambda total, n: total * (0.3 * (1.0 / n)),
        lambda total, n: total / (2 * n),
        lambda total, n: total + 0.01 * n,
        lambda total, n: total * n / (n + 1),
        lambda total, n: total / n**0.5,
        lambda total, n: total * (1.0 / (10 * n)),
        lambda total, n: total * n * n,
    ],
)
def test_the_number_of_examples_may_be_used_as_a_number(model: MLP, scale: Any) -> None:
    """`len(xs)` as a number, in the forms that people write: compiled for any N."""

    def loss(xs, ys):
        return scale(sum((model(x) - t) ** 2 for x, t in zip(xs, ys)), len(xs))

    f = sg.value_and_grad(loss, wrt=model)
    for n in (5, 1, 2, 12):
        assert_same(loss, model, f(*data(n)), *data(n))
    assert f.notes == ()


def test_a_number_that_depends_on_n_in_an_unknown_way_costs_generality_alone(model: MLP) -> None:
    """`n % 3` is no form that is known: the function is right, for one N at a time, and says so."""

    def loss(xs, ys):
        return sum(model(x) for x in xs) * (1.0 + len(xs) % 3)

    f = sg.value_and_grad(loss, wrt=model)
    for n in (5, 6):
        assert_same(loss, model, f(*data(n)), *data(n))
        assert f"compiled for N = {n} alone" in f.notes[0]


def test_a_target_looked_up_by_index_is_refused_and_picked(model: MLP) -> None:
    """`logits[label]` with a label of the data: TraceError that names sg.pick, with which it is
    compiled for any N."""
    random.seed(3)
    net = MLP(2, [4, 3])

    def indexed(xs, labels):
        return sum(net(x)[t] for x, t in zip(xs, labels))

    def picked(xs, labels):
        total = 0
        for x, t in zip(xs, labels):
            logits = net(x)
            total += sum(z.exp() for z in logits).log() - sg.pick(logits, t)
        return total / len(xs)

    labels = np.arange(20) % 3
    line = indexed.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=rf"index .*{HERE}:{line}.*sg\.pick"):
        sg.value_and_grad(indexed, wrt=net)(data(5)[0], labels[:5])
    f = sg.value_and_grad(picked, wrt=net)
    for n in (5, 1, 20):
        xs = data(n)[0]
        assert_same(picked, net, f(xs, labels[:n]), xs.tolist(), labels[:n].tolist())
    assert f.notes == ()
