"""``.data`` in a traced function: let in where no result depends on what it reads, else refused.

Whether one does is an identity of exact numbers, tried in balls of 256 bits at random points, with
other numbers read and others of them chosen by ``max``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from campaign import spoken

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import TraceError

ROWS = [[Value(0.1 * (i - j) + 0.05, label=f"w{i}{j}") for j in range(2)] for i in range(3)]
W = [w for row in ROWS for w in row]
XS = np.random.default_rng(0).normal(size=(5, 2))
TARGETS = [{}, {"target": "python"}]


def logits(x: Any) -> list[Any]:
    return [sum(w * v for w, v in zip(row, x, strict=True)) for row in ROWS]


def softmax(z: Any) -> list[Any]:
    """As in microgpt."""
    top = max(v.data for v in z)
    exps = [(v - top).exp() for v in z]
    total = sum(exps)
    return [e / total for e in exps]


def cross_entropy(xs: Any) -> Any:
    return sum(-softmax(logits(x))[i % 3].log() for i, x in enumerate(xs)) / len(xs)


def one_class(xs: Any) -> Any:
    return sum(-softmax(logits(x))[1].log() for x in xs) / len(xs)


def attention(xs: Any) -> Any:
    """Each example asks all of them: a sum of values by the weights of a softmax."""
    total = 0.0
    for x in xs:
        scores = [sum(a * b for a, b in zip(logits(x), logits(y), strict=True)) for y in xs]
        total = total + sum(w * y[0] for w, y in zip(softmax(scores), xs, strict=True))
    return total


def log_sum_exp(xs: Any) -> Any:
    total = 0.0
    for x in xs:
        z = logits(x)
        top = np.max([v.data for v in z])
        total = total + top + sum((v - top).exp() for v in z).log()
    return total


def by_the_smallest(xs: Any) -> Any:
    total = 0.0
    for x in xs:
        z = logits(x)
        low = min(z, key=lambda v: v.data).data
        total = total + low - sum((low - v).exp() for v in z).log()
    return total


def in_any_order(xs: Any) -> Any:
    return sum(sum(v * v for v in sorted(logits(x), key=lambda v: v.data)) for x in xs)


def unused(xs: Any) -> Any:
    total = sum(v.tanh() for x in xs for v in logits(x))
    seen = [total.data, total.data * 2.0]
    return total + 0.0 * len(seen)


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize(
    "loss",
    [cross_entropy, one_class, attention, log_sum_exp, by_the_smallest, in_any_order, unused],
    ids=lambda f: f.__name__,
)
def test_a_number_on_which_nothing_depends_is_let_in(loss: Any, target: Any) -> None:
    """It is not frozen: the text is right at other parameters, is verified, and a note tells."""
    f = sg.value_and_grad(loss, wrt=W, **target)
    before = [w.data for w in W]
    try:
        for scale in (1.0, -3.0, 20.0):
            for w, x in zip(W, before, strict=True):
                w.data = scale * x
                w.grad = 0
            value, gradient = f(XS)
            expected = loss(XS.tolist())
            expected.backward()
            assert value == pytest.approx(expected.data, rel=1e-11)
            slopes = [w.grad for w in W]
            assert list(gradient) == pytest.approx(slopes, rel=1e-9, abs=1e-13)
    finally:
        for w, x in zip(W, before, strict=True):
            w.data = x
    assert "test_data_in_a_trace.py" in f.notes[-1]
    assert "no result depends on it" in f.notes[-1]
    assert f.compiled(XS).verify().verdict == "verified"


def test_far_out_it_is_as_stable_as_with_the_shift() -> None:
    """The softmax that it becomes has a shift of its own."""
    f = sg.value_and_grad(cross_entropy, wrt=W)
    far = XS * 1e3
    assert f(far)[0] == pytest.approx(cross_entropy(far.tolist()).data, rel=1e-12)


def relu_by_hand(xs: Any) -> Any:
    return sum(v if v.data > 0 else 0.0 * v for x in xs for v in logits(x))


def largest(xs: Any) -> Any:
    return sum(max(logits(x), key=lambda v: v.data) for x in xs)


def top_two(xs: Any) -> Any:
    return sum(sum(sorted(logits(x), key=lambda v: v.data)[1:]) for x in xs)


def a_little(xs: Any) -> Any:
    return sum(v + 1e-13 * v.data for x in xs for v in logits(x))


def normalised(xs: Any) -> Any:
    return sum(v / (1.0 + abs(v.data)) for x in xs for v in logits(x))


def chosen(xs: Any) -> Any:
    return sum(sg.where(v.data > 0, v, 0.0) for x in xs for v in logits(x))


def late(xs: Any) -> Any:
    """Only where there are more than three examples."""
    return sum(v + 0.0 for x in xs for v in logits(x)) + sum(
        v.data for x in xs[3:] for v in logits(x)
    )


def formatted(xs: Any) -> Any:
    total = sum(v for x in xs for v in logits(x))
    return total * float(f"{total.data:.3f}")


def unstable(xs: Any) -> Any:
    """No softmax: without the shift the exponentials overflow."""
    total = 0.0
    for x in xs:
        z = logits(x)
        top = max(v.data for v in z)
        exps = [(v - top).exp() for v in z]
        total = total + sum(e * float(i) for i, e in enumerate(exps)) / sum(exps)
    return total


def counted(xs: Any) -> Any:
    """The loss is independent, what comes along is not."""
    z = [logits(x) for x in xs]
    return sum(v for row in z for v in row), max(v.data for row in z for v in row)


REFUSED: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (relu_by_hand, {}, "a choice in Python"),
    (largest, {}, "the results depend on it"),
    (top_two, {}, "the results depend on it"),
    (a_little, {}, "the results depend on it"),
    (normalised, {}, "the results depend on it"),
    (chosen, {}, "the results depend on it"),
    (late, {}, "the results depend on it"),
    (formatted, {}, "a format"),
    (unstable, {}, "overflows without it"),
    (counted, {"has_aux": True}, "the results depend on it"),
]


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize(("loss", "options", "named"), REFUSED, ids=spoken)
def test_a_number_on_which_something_depends_is_refused(
    loss: Any, options: Any, named: str, target: Any
) -> None:
    """With the line that reads it; the parameters are as they were."""
    before = [w.data for w in W]
    with pytest.raises(TraceError, match=f"{named}.*test_data_in_a_trace|test_data.*{named}"):
        sg.value_and_grad(loss, wrt=W, **options, **target)(XS)
    assert [w.data for w in W] == before


def test_another_thread_reads_no_data_in_a_trace() -> None:
    """What it would get is no number."""
    raised: list[str] = []

    def look() -> None:
        try:
            raised.append(f"got {W[0].data}")
        except TraceError as error:
            raised.append(str(error))

    def loss(xs: Any) -> Any:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return sum(v for x in xs for v in logits(x))

    sg.value_and_grad(loss, wrt=W)(XS)
    assert any(".data asks a traced value" in text for text in raised)
    assert not any("traced" in text for text in raised if text.startswith("got"))


def test_zero_parameters_hide_no_dependence() -> None:
    """The points at which it is tried are near the call's, and none of them special."""
    w = [Value(0.0, label="w")]
    with pytest.raises(TraceError, match="depend on it"):
        sg.value_and_grad(lambda xs: sum(w[0] * w[0].data * x for x in xs), wrt=w)([1.0, 2.0])
