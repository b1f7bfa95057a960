"""What a traced function may not do: refused by name, with the user's line and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError, TraceError

W = [Value(0.5, label="w1"), Value(2.0, label="w2")]
TWO = [1.0, 2.0]


def nothing(xs: Any) -> Any:
    _ = W[0] * xs[0]


def yields(xs: Any) -> Any:
    yield W[0] * xs[0]


def assigns(xs: Any) -> Any:
    xs[0] = 2.0
    return W[0] * xs[0]


def adds_to(xs: Any) -> Any:
    xs[0] += 2.0
    return W[0] * xs[0]


def deletes(xs: Any) -> Any:
    del xs[0]
    return W[0] * xs[0]


RETURNED = [
    (nothing, "None; does the function end with return"),
    (lambda xs: [W[0] * x for x in xs], r"list; add it up with sum\(\)"),
    (lambda xs: np.array([W[0] * x for x in xs]), "list; add it up"),
    (lambda xs: (W[0] * x for x in xs), "generator; add it up"),
    (yields, "generator; .*return in place of yield"),
    (lambda xs: (W[0], xs[0]), "tuple; pass has_aux=True"),
    (lambda xs: W[0] > xs[0], "truth; .*sg.where"),
    (lambda xs: {"loss": W[0]}, "dict; return a Value or a number"),
    (lambda xs: "loss", "str; return a Value"),
]


@pytest.mark.parametrize(("loss", "named"), RETURNED)
def test_what_is_no_loss_is_named_with_the_function(loss: Any, named: str) -> None:
    place = f"returned by {loss.__name__}, at test_traced_messages.py:"
    with pytest.raises(ArgumentError, match=rf"expected a scalar loss, got {named}.*; {place}\d"):
        sg.value_and_grad(loss, wrt=W)(TWO)


@pytest.mark.parametrize("loss", [assigns, adds_to, deletes], ids=lambda f: f.__name__)
@pytest.mark.parametrize("given", [TWO, [TWO, TWO]], ids=str)
def test_an_assignment_into_an_argument_is_refused(loss: Any, given: Any) -> None:
    """As a list would take it and a trace cannot; the call's own array stays as it is."""
    with pytest.raises(TraceError, match=r"(to an element|whole row) .*xs, at test_traced_mess"):
        sg.value_and_grad(loss, wrt=W)(np.array(given))


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        (lambda xs: W[0] * (xs[0] % 2), "% asks .*test_traced_messages.*sg.floor"),
        (lambda xs: (W[0] * xs[0]) % 2, "% asks .*test_traced_messages.*sg.floor"),
        (lambda xs: W[0] * (xs[0] // 2), "// asks .*test_traced_messages.*sg.floor"),
        (lambda xs: W[0] * divmod(xs[0], 2)[1], r"divmod\(\) asks .*sg.floor"),
        (lambda xs: (f"{W[0] * xs[0]:.3f}", W[0])[1], "a format asks .*has_aux"),
        (lambda xs: (f"{xs[0]:5d}", W[0])[1], "a format asks .*has_aux"),
    ],
)
@pytest.mark.parametrize("given", [[3.0, 2.0], [3, 2]], ids=str)
def test_remainders_and_formats_are_refused(loss: Any, named: str, given: Any) -> None:
    """Of floats and of integers, which are inputs as well."""
    with pytest.raises(TraceError, match=named):
        sg.value_and_grad(loss, wrt=W)(given)


def test_what_cannot_be_traced_at_all_is_refused_at_once() -> None:
    """When it is decorated, and not at the first call."""

    async def later(xs: Any) -> Any:
        return W[0]

    with pytest.raises(ArgumentError, match="asynchronous; write def"):
        sg.value_and_grad(later, wrt=W)
    for wrt in (0, "w1", 1.5, object()):
        with pytest.raises(ArgumentError, match="wrt: expected a Module or a list of Values"):
            sg.value_and_grad(nothing, wrt=wrt)
    with pytest.raises(ArgumentError, match="'argnums'; pass wrt="):
        sg.value_and_grad(nothing, argnums=0)


def test_parameters_by_name_are_passed_on_by_name() -> None:
    """``f(**f.unravel(theta), x=X)``, and ``dict(grads)``."""
    w, b, x = sg.param("w", [1.0, 2.0]), sg.param("b", 0.5), sg.input("x", ("N", 2))
    f = sg.compile(sg.sum(sg.tanh(x @ w + b)))
    data, theta = np.ones((3, 2)), np.array([0.25, -0.5, 1.0])
    value, grads = f(**f.unravel(theta), x=data)
    assert value == f(theta[:2], 1.0, data)[0]
    assert dict(grads).keys() == {"w", "b"}
    count = sg.compile(sg.square(sg.param("keys", 2.0)))
    assert count()[1].keys == 4.0
