"""The options: one table, which every way to a compiled function checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError, LimitError, NamingError

W = [Value(0.5, label="w1"), Value(-2.0, label="w2")]
P = sg.param("p", 2.0)


def squares(xs: Any) -> Any:
    return sum((W[0] * x + W[1]).tanh() ** 2 for x in xs)


def as_decorator(**options: Any) -> Any:
    return sg.value_and_grad(wrt=W, **options)


WAYS: dict[str, Callable[..., Any]] = {
    "compile of Values": lambda **o: sg.compile(squares([1.0, 2.0, 3.0]), wrt=W, **o),
    "compile of expressions": lambda **o: sg.compile(sg.tanh(P) * P, **o),
    "function": lambda **o: sg.function(None, sg.tanh(P), **o),
    "value_and_grad": lambda **o: sg.value_and_grad(squares, wrt=W, **o),
    "decorator": as_decorator,
}
BAD = [
    ({"style": "nonsense"}, "no style 'nonsense'; one of readable"),
    ({"style": "readble"}, "did you mean 'readable'"),
    ({"style": "looped"}, "no style 'looped'"),
    ({"style": 3}, "expected a name"),
    ({"target": "python", "style": "readable"}, "'python' has no style 'readable'"),
    ({"target": "nunpy"}, "unknown target 'nunpy'; did you mean 'numpy'"),
    ({"target": None}, "unknown target None"),
    ({"strikt": True}, "did you mean 'strict'"),
    ({"strict": 1}, "expected True or False"),
    ({"simplify": "yes"}, "'sympy'"),
    ({"limit": -1}, "expected an int >= 0"),
    ({"limit": True}, "expected an int >= 0"),
    ({"sizes": 3}, "expected a dict"),
    ({"sizes": {"N": -1}}, "ints >= 0"),
    ({"argnums": 0}, "pass wrt="),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("options", "named"), BAD, ids=lambda x: str(x))
def test_every_way_in_refuses_a_bad_option(way: str, options: Any, named: str) -> None:
    """At once, before anything is traced or compiled, and by name."""
    with pytest.raises(ArgumentError, match=named):
        WAYS[way](**options)


@pytest.mark.parametrize("way", [w for w in WAYS if w != "decorator"])
def test_every_way_in_refuses_a_bad_name(way: str) -> None:
    with pytest.raises(NamingError, match="emitted code"):
        WAYS[way](name="print")


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_the_limit_holds_for_every_front_end(target: str) -> None:
    """Also where loops become arrays, whose instructions are counted."""
    many = sum((W[0] * x + W[1]).tanh() * (W[1] * x).exp() for x in np.arange(0.0, 9.0, 0.25))
    with pytest.raises(LimitError, match="limit"):
        sg.compile(many, wrt=W, target=target, limit=3)
    with pytest.raises(LimitError, match="limit"):
        sg.value_and_grad(squares, wrt=W, target=target, limit=3)([1.0, 2.0, 3.0])
    with pytest.raises(LimitError, match="limit"):
        sg.compile(sg.tanh(P) * sg.exp(P) - P / 2.0, target=target, limit=3)


def test_what_value_and_grad_cannot_do_is_refused_by_name() -> None:
    """It has no named sizes, no loops in plain Python, and has_aux is a flag."""
    with pytest.raises(ArgumentError, match="sizes"):
        sg.value_and_grad(squares, wrt=W, sizes={"N": 3})
    with pytest.raises(ArgumentError, match="straight lines"):
        sg.value_and_grad(squares, wrt=W, target="python", style="looped")
    with pytest.raises(ArgumentError, match="has_aux"):
        sg.value_and_grad(squares, wrt=W, has_aux="yes")
    with pytest.raises(ArgumentError, match="stabilize"):
        sg.grad(P * P, P, stabilize="no")


def test_value_and_grad_writes_plain_python_too() -> None:
    """For each shape a text of its own that needs math alone, with the numbers of the other."""
    f = sg.value_and_grad(squares, wrt=W, target="python")
    g = sg.value_and_grad(squares, wrt=W)
    for xs in ([1.0, 2.0, -3.0], np.array([0.5, 0.25])):
        (value, slopes), (expected, gradient) = f(xs), g(xs)
        assert value == pytest.approx(expected, rel=1e-14)
        assert isinstance(slopes, tuple)
        assert slopes == pytest.approx(gradient.tolist(), rel=1e-13)
        assert f"N = {len(xs)} alone" in f.notes[0]
        assert "numpy" not in f.source
        assert "a tuple of 2 floats" in f.source
