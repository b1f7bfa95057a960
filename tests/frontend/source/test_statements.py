"""The variable that a value is stored in, by the instruction that made it."""

from __future__ import annotations

import dis
import re
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.frontend.source.statements import RETURNED, stored


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


def listing(a: Any, b: Any) -> Any:
    """A comprehension is a function of its own before Python 3.12."""
    c = sum([x @ b for x in a])
    for x in a:
        s = x @ b
    try:
        t = a @ b
    except ValueError:
        t = -b
    return c, s, t


def handed(a: Any, b: Any) -> Any:
    c = a(b * 2.0)
    u, v = a(b + 1.0)
    return c, u, v


def taken(code: CodeType) -> list[str]:
    """The variables that take what operators and calls make."""
    makers = ("BINARY", "CALL", "UNARY")
    made = [x for x in dis.get_instructions(code) if x.opname.startswith(makers)]
    return sorted({stored(code, x.offset).name for x in made} - {RETURNED, ""})


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (pair, ["c", "s"]),
        (three, ["c", "s", "t"]),
        (four, ["c", "s", "t", "u"]),
        (chained, ["c"]),
        (nested, ["c", "s"]),
        (looped, ["a", "b", "c", "s"]),
        (chosen, ["c", "s"]),
        (listing, ["c", "s", "t"]),
        (handed, ["c"]),
    ],
)
def test_each_value_is_found_in_its_variable(function: Any, names: list[str]) -> None:
    """On every version of Python alike; behind a condition each branch makes the value."""
    assert taken(function.__code__) == names


def test_statements_on_one_line_are_told_apart(tmp_path: Path) -> None:
    """The formatter of this file would put them on lines of their own."""
    space: dict[str, Any] = {}
    exec(BESIDE, space)
    assert taken(space["beside"].__code__) == ["c", "s", "t"]
    program = tmp_path / "beside.py"
    program.write_text("def angles(q): a = q[0]; b = a + q[1]; c = b*q[2]; return a, b, c\n")
    exec(compile(program.read_text(), str(program), "exec"), space)
    a, b, c = space["angles"](sg.param("q", np.ones(3)))
    names = assigned(sg.compile(sg.sin(a) * sg.sin(b) * sg.sin(c) * a * b * c).source)
    assert {"a", "b", "c"} <= {*names}


def test_parts_are_told_by_their_places() -> None:
    """Those of a tuple that a function returns, and those of one that a call gives."""
    made = list(dis.get_instructions(pair_of_sums.__code__))
    places = [stored(pair_of_sums.__code__, x.offset) for x in made if "BINARY" in x.opname]
    assert [(p.name, p.part) for p in places] == [(RETURNED, 0), (RETURNED, 1)]
    made = [x for x in dis.get_instructions(handed.__code__) if x.opname.startswith("CALL")]
    assert {stored(handed.__code__, x.offset).parts for x in made} == {(), ("u", "v")}


def pair_of_sums(a: Any, b: Any) -> Any:
    return a + b, a - b


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


def weighted(v: Any) -> Any:
    return sg.sum(sg.tanh(v) * v)


def test_an_argument_does_not_bear_the_name_of_the_result() -> None:
    """What the call of y = g(w * 2.0) takes is not y, nor is it F in F = sg.compile(...)."""
    w, b = sg.param("w", np.ones(3)), sg.param("b", np.ones(3))
    y = weighted(w * 2.0)
    names = assigned(sg.compile(y).source)
    assert "y" in names
    assert "y1" not in names
    F = sg.compile(weighted(b * 2.0))
    assert "F" not in F.source.replace("float", "")


def split(v: Any, w: Any) -> Any:
    return v @ w, v @ (w * 2.0), sg.tanh(v) @ w


def mixed(v: Any, w: Any) -> Any:
    q, k, mix = split(v, w)
    return sg.exp(q * k) * sg.cos(mix * q) * sg.sin(k * mix)


def layer(v: Any, w: Any) -> Any:
    return sg.tanh(v @ w)


def deep(v: Any, w: Any) -> Any:
    below = layer(v, w)
    above = layer(below, w)
    return above * below


def test_a_callers_names_are_those_of_what_a_function_returns() -> None:
    """Also where the caller has returned, and no variable holds the values any more."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.ones((3, 3)))
    assert {"q", "k", "mix"} <= {*assigned(sg.compile(sg.mean(mixed(x, w))).source)}
    assert {"below", "above"} <= {*assigned(sg.compile(sg.mean(deep(x, w))).source)}


def scaled(v: Any) -> Any:
    outs = [sg.tanh(v * k) for k in (2.0, 3.0)]
    total = sum([sg.exp(o * v) for o in outs])
    return sg.tanh(total) * outs[0] * outs[1]


def test_a_list_names_its_elements_and_nothing_else() -> None:
    """The elements of outs are called so; what a sum adds up is not the sum."""
    w = sg.param("w", np.ones(3))
    names = assigned(sg.compile(sg.sum(scaled(w))).source)
    assert {"outs_a", "outs_b"} <= {*names}
    assert "total" in names
    assert not {"total_a", "total1"} & {*names}
