"""What the user called a value is what the emitted text calls it."""

from __future__ import annotations

import random
import re
from functools import reduce
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.frontend.source.examples import examples_of
from symgrad.nn import MLP

XS = [[2.0, 3.0], [3.0, -1.0], [0.5, 1.0]]
YS = [1.0, -1.0, 0.5]


def assigned(source: str) -> list[str]:
    """The names of the emitted function's assignments, in order."""
    return re.findall(r"^    (\w+) = ", source, re.MULTILINE)


def net() -> MLP:
    random.seed(1)
    return MLP(2, [2, 1], activation="tanh")


def test_the_elements_of_a_list_bear_its_name_and_a_letter() -> None:
    """ypred of three examples is ypred_a to ypred_c, and the last neuron's sum stays z2."""
    model = net()
    ypred = [model(x) for x in XS]
    loss = sum((p - y) ** 2 for p, y in zip(ypred, YS, strict=True))
    names = assigned(sg.compile(loss, wrt=model, target="python").source)
    assert {"ypred_a", "ypred_b", "ypred_c", "err_a", "err_b", "err_c", "loss"} <= set(names)
    assert {"d_z2a", "d_z2b", "d_z2c"} <= set(names)


def test_each_round_of_a_loop_names_its_value() -> None:
    """A name that the loop assigns anew names every round's value, not the last one's alone."""
    model = net()
    total: Any = 0.0
    for x, y in zip(XS, YS, strict=True):
        score = model(x)
        total = total + (score - y) ** 2
    names = assigned(sg.compile(total, wrt=model, target="python").source)
    assert {"score_a", "score_b", "score_c", "total"} <= set(names)


def advanced(q: Any, p: Any) -> Any:
    q_next = q + 0.1 * p
    p_next = sg.cos(p * 0.9) - 0.1 * sg.sin(q)
    return q_next, p_next


def partial(total: Any, term: Any) -> Any:
    total = total + term * 2.0
    return total  # noqa: RET504


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_each_call_of_a_function_names_the_values_of_its_variables(target: str) -> None:
    """Though each is made by the same statement as the one before, and read by it; a sum that grows
    from call to call is one sum."""
    q, p = start = [sg.param("q", 1.0), sg.param("p", 0.5)]
    for _ in range(3):
        q, p = advanced(q, p)
    names = assigned(sg.compile(q * q * p, wrt=start, target=target).source)
    assert {"q_next1", "q_next2", "p_next1", "p_next2", "q1", "p1"} <= {*names}
    loss = reduce(partial, [sg.sin(k * start[0]) for k in range(1, 4)], start[1])
    assert "total1" not in assigned(sg.compile(loss, wrt=start, target=target).source)


def test_values_made_from_each_other_are_numbered() -> None:
    """The states of a recurrence are h1, h2, h3: a sequence, not examples side by side."""
    w, u = sg.param("w", np.zeros((2, 4))), sg.param("u", np.zeros((4, 4)))
    x = sg.input("x", (3, 2))
    h: Any = np.zeros(4)
    for t in range(3):
        h = sg.tanh(x[t] @ w + h @ u)
    loss = sg.sum(h * h)
    names = assigned(sg.compile(loss).source)
    assert [n for n in names if re.fullmatch(r"h\d", n)] == ["h1", "h2", "h3"]


def test_names_come_from_functions_that_have_returned() -> None:
    """The file says what a value was called where no variable holds it any more."""

    def squash(x: Any, w: Any) -> Any:
        activated = sg.tanh(x @ w)
        return activated * 2.0

    x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
    assert "activated" in assigned(sg.compile(sg.mean(squash(x, w))).source)


def test_a_lambda_names_nothing() -> None:
    """What stands behind a lambda's name is a function, not its value."""
    double = lambda x: x * 2.0  # noqa: E731
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
    z = sg.tanh(double(x @ w))
    assert "double" not in assigned(sg.compile(sg.sum(z * z)).source)


def test_names_of_a_tuple() -> None:
    """The elements of a tuple are named like a list's, unless each has a name of its own."""
    w = Value(0.5, label="w")
    pair = ((w * 2.0).tanh(), (w * 3.0).tanh())
    loss = (pair[0] - 1.0) ** 2 + (pair[1] - 1.0) ** 2
    assert {"pair_a", "pair_b"} <= set(assigned(sg.compile(loss, wrt=[w], target="python").source))
    up, down = (w * 2.0).tanh(), (w * 3.0).tanh()
    both = [up, down]
    loss = (both[0] - 1.0) ** 2 + (both[1] - 1.0) ** 2
    assert {"up", "down"} <= set(assigned(sg.compile(loss, wrt=[w], target="python").source))


def test_examples_are_what_the_loops_run_over() -> None:
    """The loop's names, and the numbers of the lists by these names."""
    model = net()
    ypred = [model(x) for x in XS]
    loss = sum((p - ygt) ** 2 for ygt, p in zip(YS, ypred, strict=True))
    found = examples_of([loss], {"XS": XS, "YS": YS, "ypred": ypred})
    assert list(map(str, found)) == [
        "x = (2.0, 3.0), ygt = 1.0",
        "x = (3.0, -1.0), ygt = -1.0",
        "x = (0.5, 1.0), ygt = 0.5",
    ]


def test_numbers_that_the_program_does_not_read_are_no_examples() -> None:
    """A list by the right name with other numbers in it says nothing."""
    model = net()
    ypred = [model(x) for x in XS]
    loss = sum(p**2 for p in ypred)
    assert examples_of([loss], {"XS": [[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]]}) == ()
