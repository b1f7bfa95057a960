"""Variables beside the loss: whatever they are, they change nothing and are asked nothing."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value

W = [Value(0.5, label="w1"), Value(-2.0, label="w2")]
P = sg.param("p", [1.0, 2.0])


def _raises(self: Any, *args: Any) -> Any:
    raise RuntimeError("asked")


class Mute:
    """Raises whatever it is asked."""

    __eq__ = __len__ = __iter__ = __array__ = __bool__ = __repr__ = __hash__ = _raises  # type: ignore[assignment]
    __getattr__ = __float__ = __index__ = __contains__ = __getitem__ = __call__ = _raises
    __class__ = property(_raises)  # type: ignore[assignment]


class MuteList(list):  # type: ignore[type-arg]
    """A list that raises whatever it is asked."""

    __eq__ = __len__ = __iter__ = __bool__ = __repr__ = __getitem__ = __getattribute__ = _raises  # type: ignore[assignment]
    __hash__ = _raises  # type: ignore[assignment]


class MuteTuple(tuple):  # type: ignore[type-arg]
    __eq__ = __len__ = __iter__ = __hash__ = __getitem__ = _raises  # type: ignore[assignment]


def _itself() -> list[Any]:
    found: list[Any] = [1.0]
    found.append(found)
    return found


BYSTANDERS: dict[str, Any] = {
    "rows and numbers": [[[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0]],
    "ragged": [[1.0, 2.0], [1.0]],
    "ragged deeper": [[[1.0], [2.0]], [[1.0, 2.0]]],
    "arrays of two shapes": [np.ones((2, 2)), np.ones(3)],
    "an array among numbers": [1.0, np.ones(2)],
    "empty rows": [[], [[]]],
    "a list that holds itself": _itself(),
    "large integers": [10**400, 1.0, -(10**19)],
    "complex": [1j, 2.0],
    "texts": ["a", b"b", ["c"]],
    "None": [None, [None]],
    "objects": np.array([object(), None], dtype=object),
    "a masked array": np.ma.masked_array([1.0, 2.0], [True, False]),
    "a structured array": np.zeros(3, dtype=[("a", "f8")]),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "mute": Mute(),
    "a list of mutes": [Mute(), [Mute()], 1.0],
    "a mute list": MuteList([1.0, 2.0, 3.0]),
    "a mute tuple": MuteTuple((1.0, 2.0, 3.0)),
    "a named tuple": collections.namedtuple("Pair", "a b")(1.0, [2.0]),
    "a class": Mute,
    "an iterator": iter([1.0, 2.0]),
    "a dict": {"a": [1.0], 2: Mute()},
    "values of others": [Value(1.0) * 2.0, sg.tanh(P), [Value(3.0)]],
}


def looped(data: Any, bystander: Any, **options: Any) -> Any:
    xs, ys = data
    loss = sum((W[0] * x + W[1] * y).tanh() ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)
    return sg.compile(loss, wrt=W, **options)


def arrays(data: Any, bystander: Any, **options: Any) -> Any:
    loss = sg.sum(sg.tanh(P * 2.0))
    return sg.compile(loss, **options)


def traced(data: Any, bystander: Any, **options: Any) -> Any:
    def loss(xs: Any) -> Any:
        return sum(W[0] * x + W[1] for x in xs) if len(xs) else bystander

    return sg.value_and_grad(loss, wrt=W, **options).compiled(data[0])


WAYS = [
    (looped, {}),
    (looped, {"target": "python"}),
    (looped, {"target": "python", "style": "looped"}),
    (arrays, {}),
    (traced, {}),
]


@pytest.mark.parametrize("kind", BYSTANDERS)
def test_the_text_is_the_same_whatever_stands_beside_the_loss(kind: str) -> None:
    """Bit for bit, in each front end and target."""
    data = [0.5, 1.5, -0.25], [1.0, -1.0, 2.0]
    for way, options in WAYS:
        alone = way(data, None, **options)
        assert way(data, BYSTANDERS[kind], **options).source == alone.source


def test_data_in_one_list_are_found_as_in_two() -> None:
    """``data = [xs, ys]``, the rows of one length and the numbers of another, is no table."""
    xs, ys = [[0.5, 1.0], [1.5, 2.0], [-0.25, 0.0]], [1.0, -1.0, 2.0]
    data = [xs, ys]
    loss = sum((W[0] * x[0] + W[1] * x[1] - y) ** 2 for x, y in zip(*data, strict=True))
    value, gradient = sg.compile(loss, wrt=W)()
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-14)
    assert gradient.tolist() == pytest.approx([w.grad for w in W], rel=1e-14)


NOTHING = {
    "a sum of numbers": lambda: 2 + 3 * 4,
    "a sum of nothing": lambda: sum(W[0] * x for x in []),
    "a Value": lambda: Value(2.0) + Value(3.0) * Value(4.0),
    "many Values": lambda: sum(Value(0.1 * i).tanh() for i in range(40)),
}


@pytest.mark.parametrize("options", [{}, {"target": "python"}], ids=str)
@pytest.mark.parametrize("name", NOTHING)
def test_a_loss_that_reaches_no_parameter_has_zero_gradients(name: str, options: Any) -> None:
    """Its value is right, and a note says so, in each front end."""
    loss = NOTHING[name]()
    right = getattr(loss, "data", loss)
    for f in (
        sg.compile(loss, wrt=W, **options),
        sg.value_and_grad(NOTHING[name], wrt=W, **options).compiled(),
    ):
        value, gradient = f()
        assert value == pytest.approx(right, rel=1e-15)
        assert list(gradient) == [0.0, 0.0]
        assert "does not reach w1, w2" in f.notes[0]
        assert f.verify().verdict == "verified"


def test_an_expression_that_reaches_no_parameter_has_zero_gradients() -> None:
    for loss in (sg.constant(2.0) + 12.0, 14.0, np.float64(14.0), 14):
        f = sg.compile(loss, wrt=P)
        value, gradient = f()
        assert value == 14.0
        assert gradient.p.tolist() == [0.0, 0.0]
        assert "does not reach p" in f.notes[0]
