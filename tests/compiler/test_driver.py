"""Every way to a compiled function makes a program, and one path takes it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen import Pack
from symgrad.compiler import compile as front
from symgrad.compiler import specialise
from symgrad.compiler.driver import Program, compile_program
from symgrad.compiler.options import Options
from symgrad.engine import Value

Programs = list[Program]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    """The programs that front doors hand to the driver."""
    found: Programs = []

    def watched(p: Program, options: Options) -> sg.CompiledFunction:
        found.append(p)
        return compile_program(p, options)

    for door in (front, specialise):
        monkeypatch.setattr(door, "compile_program", watched)
    return found


def values(count: int) -> tuple[Value, list[Value]]:
    """A squared error over so many examples, and its two parameters."""
    w, b = Value(0.5, label="w"), Value(0.1, label="b")
    errors = [w * float(i) + b - float(i * i % 7) for i in range(count)]
    return sum((e * e for e in errors), Value(0.0)) / count, [w, b]


def arrays() -> Any:
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
    return sg.mean(sg.square(x @ w - 1.0))


def traced() -> Any:
    w = Value(0.5)
    return sg.value_and_grad(lambda xs: sum(w * x for x in xs), wrt=[w]).compiled([1.0, 2.0])


DOORS: dict[str, Callable[[], Any]] = {
    "gradients": lambda: sg.compile(arrays()),
    "plain": lambda: sg.function(None, arrays()),
    "straight": lambda: sg.compile(*values(2), target="python"),
    "looped": lambda: sg.compile(*values(20), target="python", style="looped"),
    "rolled": lambda: sg.compile(*values(60)),
    "traced": traced,
}
# How results are arranged, and the kinds of the arguments.
EXPECTED: dict[str, tuple[Any, list[str]]] = {
    "gradients": ((0, (1,)), ["param", "input"]),
    "plain": (0, ["param", "input"]),
    "straight": ((0, Pack((1, 2))), ["theta"]),
    "looped": ((0, Pack((1, 2))), ["theta"]),
    "rolled": ((0, 1), ["theta"]),
    "traced": ((0, 1), ["theta", "input"]),
}


@pytest.mark.parametrize("door", DOORS)
def test_each_way_in_makes_one_program(door: str, programs: Programs) -> None:
    """The program tells how results are arranged and what the arguments are, before any pass."""
    f = DOORS[door]()
    (p,) = programs
    structure, kinds = EXPECTED[door]
    assert p.structure == structure
    assert [a.kind for a in p.arguments][: len(kinds)] == kinds
    assert f.reference is p.reference
    assert [s.name for s in f.history][: len(p.steps)] == [s.name for s in p.steps]
    assert bool(p.loop) == (door == "looped")


def test_a_program_compiles_to_the_same_text_again(programs: Programs) -> None:
    """The driver leaves nothing in a program, and reads nothing but it and the options."""
    source = sg.compile(arrays()).source
    (p,) = programs
    assert compile_program(p, Options()).source == source
    assert compile_program(replace(p, target="python"), Options(sizes={"N": 3})).source != source


def test_a_loop_that_cannot_be_written_gives_way(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The straight line takes its place, and history says why."""
    monkeypatch.setattr("symgrad.compiler.driver.obstacle", lambda f: "it has no end")
    f = sg.compile(*values(20), target="python", style="looped")
    assert programs[0].loop
    assert str(f.history[0]).startswith("loop           none: it has no end;")
    assert "for " not in f.source.partition('"""\n\n')[2].partition("def ")[2].split('"""')[2]


def test_remarks_stand_behind_those_of_the_function(programs: Programs) -> None:
    loss, wrt = values(2)
    f = sg.compile(loss, [*wrt, Value(2.0, label="unused")])
    g = compile_program(replace(programs[0], remarks=("as asked for",)), Options())
    assert g.notes == (*f.notes, "as asked for")
    assert "does not reach unused" in f.notes[0]
