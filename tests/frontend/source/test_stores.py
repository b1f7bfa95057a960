"""The variable that a value is stored in, by the instruction that made it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.frontend.source.stores import RETURNED, stores


def pair(a: Any, b: Any) -> Any:
    c, s = a @ b, abs(a)
    return c, s


def three(a: Any, b: Any) -> Any:
    c, s, t = a @ b, b + a, -b
    return c, s, t


def four(a: Any, b: Any) -> Any:
    c, s, t, u = a @ b, b + a, -b, a[0]
    return c, s, t, u


def chained(a: Any, b: Any) -> Any:
    c = s = a @ b
    return c, s


BESIDE = "def beside(a, b): c = a @ b; s = c + b; t: object = s - a; return c, s, t"


def nested(a: Any, b: Any) -> Any:
    c, s = max(a, key=lambda v: v + 1), (a +
                                         b)  # fmt: skip
    return c, s


def looped(a: Any, b: Any) -> Any:
    for _ in range(3):
        c, s = a.dot(b), b.sum(axis=0)
        a, b = c + s, c - s
    return a


def chosen(a: Any, b: Any) -> Any:
    c, s = a + b if a else b, a @ b
    return c, s


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (pair, ["c", "s"]),
        (three, ["c", "s", "t"]),
        (four, ["c", "s", "t", "u"]),
        (chained, ["c"]),
        (nested, ["c", "s"]),
        (looped, ["a", "b", "c", "s"]),
        (chosen, ["s"]),
    ],
)
def test_each_value_is_found_in_its_variable(function: Any, names: list[str]) -> None:
    """On every version of Python alike; behind a jump a value may come from either side."""
    assert sorted({*stores(function.__code__).values()} - {RETURNED}) == names


def test_statements_on_one_line_are_told_apart(tmp_path: Path) -> None:
    """The formatter of this file would put them on lines of their own."""
    space: dict[str, Any] = {}
    exec(BESIDE, space)
    assert sorted({*stores(space["beside"].__code__).values()} - {RETURNED}) == ["c", "s", "t"]
    program = tmp_path / "beside.py"
    program.write_text("def angles(q): a = q[0]; b = a + q[1]; c = b*q[2]; return a, b, c\n")
    exec(compile(program.read_text(), str(program), "exec"), space)
    a, b, c = space["angles"](sg.param("q", np.ones(3)))
    names = assigned(sg.compile(sg.sin(a) * sg.sin(b) * sg.sin(c) * a * b * c).source)
    assert {"a", "b", "c"} <= {*names}


def assigned(source: str) -> list[str]:
    return re.findall(r"^    (\w+) = ", source, re.MULTILINE)


def test_the_names_of_a_tuple_are_kept() -> None:
    """Each part of a tuple assignment is called what the user calls it."""
    x = sg.input("x", ("N", 2))
    w, u = sg.param("w", np.ones((2, 3))), sg.param("u", np.ones((2, 3)))
    q, k = x @ w, x @ u
    c, s = sg.cos(q), sg.sin(k)
    names = assigned(sg.compile(sg.mean(c * s * q * k)).source)
    assert {"q", "k", "c", "s"} <= {*names}


def test_two_states_of_a_loop_are_numbered() -> None:
    """As in an LSTM, whose cell and output are assigned together."""
    x, w = sg.input("x", (3, 2)), sg.param("w", np.ones(2))
    h = c = np.zeros(2)
    for t in range(3):
        c, h = sg.tanh(c * w + x[t]), sg.tanh(c + h * w)
    names = assigned(sg.compile(sg.sum(h * c)).source)
    assert {"c1", "c2", "c3", "h1", "h2", "h3"} <= {*names}
