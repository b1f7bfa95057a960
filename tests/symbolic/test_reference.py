"""The definitions that the checker is told are what the ops compute."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad.ops
from symgrad.checker.balls import Balls, precision
from symgrad.checker.real_functions import FUNCTIONS
from symgrad.engine import Value
from symgrad.errors import UnsupportedError
from symgrad.frontend.scalars.linearise import linearise
from symgrad.ir import parse
from symgrad.ir.function import Function, emit, parameter
from symgrad.ir.types import Type
from symgrad.ops import OPS
from symgrad.symbolic.quotients import meant
from symgrad.symbolic.reference import Printed, Replay, scalar_text, text_of

ATTRIBUTES = {
    "leaky_relu": {"slope": 0.1},
    "elu": {"alpha": 1.5},
    "strong_product": {"zero": (0, 1)},
    "continued": {"found": True},
    "stumpff": {"k": 1, "d": 0},
    "mills_tail": {"k": 1},
}
INTEGERS: list[tuple[str, dict[str, Any], list[tuple[int, ...]], list[Any]]] = [
    ("take", {"axis": 1}, [(2, 3)], [[0, 2, 2]]),
    ("scatter_add", {"axis": 1, "size": 4}, [(2, 3)], [[0, 2, 2]]),
    ("take_along_axis", {"axis": 1}, [(2, 3)], [[[0, 2], [1, 1]]]),
    ("add_along_axis", {"axis": 1, "size": 3}, [(2, 2)], [[[0, 2], [1, 1]]]),
    ("gather", {}, [(2, 3, 2)], [[0, 1, 1], [2, 2, 0]]),
    ("scatter_nd", {"shape": (2, 3, 2)}, [(3, 2)], [[0, 1, 1], [2, 2, 2]]),
    ("segment_sum", {}, [(5,)], [[0, 1, 4]]),
    ("segment_spread", {"size": 5}, [(3,)], [[0, 1, 4]]),
]


def structural() -> list[tuple[str, dict[str, Any], list[tuple[int, ...]], list[Any]]]:
    """The cases of the pullbacks' own test."""
    path = Path(__file__).parents[1] / "ops" / "test_pullbacks.py"
    spec = importlib.util.spec_from_file_location("pullbacks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plain = [(name, attributes, shapes, []) for name, attributes, shapes in module.CASES]
    filled = [c for c in plain if all(0 not in s for s in c[2]) or c[0] == "concatenate"]
    return [
        c for c in filled if c[1].get("axis") != () and c[1].get("key") != (("slice", 0, 0, 1),)
    ]


def program(name: str, types: list[Type], attributes: dict[str, Any]) -> Function:
    xs = [parameter(f"x{i}", t) for i, t in enumerate(types)]
    y = emit(OPS[name], xs, attributes)
    return Function("f", tuple(xs), (y,), (y,))


def exactly(f: Function, arguments: list[Any]) -> Any:
    """The value by its definition, as floats."""
    with precision(256):
        b = Balls()
        lift = np.frompyfunc(lambda x: b.variable(float(x)), 1, 1)
        given = [a if a.dtype.kind in "ib" else lift(a) for a in map(np.asarray, arguments)]
        y = Printed(f).run(b.one, *given)
        return np.frompyfunc(lambda v: b.one.lift(v).middle(), 1, 1)(y)


@pytest.mark.parametrize(("name", "attributes", "shapes", "indices"), [*structural(), *INTEGERS])
def test_a_structural_op_is_defined_as_it_computes(name, attributes, shapes, indices) -> None:
    """One op, printed and run on exact numbers, gives what ``evaluate`` gives."""
    rng = np.random.default_rng(0)
    arguments = [rng.normal(size=s) for s in shapes] + [np.array(i) for i in indices]
    types = [Type("f64" if a.dtype.kind == "f" else "i64", a.shape) for a in arguments]
    got = exactly(program(name, types, attributes), arguments)
    want = OPS[name].evaluate(*arguments, **attributes)
    np.testing.assert_allclose(np.asarray(got, float), want, rtol=1e-13, atol=1e-14)
    assert np.shape(got) == np.shape(want)


@pytest.mark.parametrize("name", [o.name for o in OPS.values() if o.kind == "elementwise"])
def test_an_elementwise_op_is_defined_as_it_computes(name: str) -> None:
    """At points of its domain."""
    op, rng = OPS[name], np.random.default_rng(1)
    attributes = ATTRIBUTES.get(name, {})
    arguments = [rng.uniform(low, high, 5) for low, high in op.domain]
    written = program(name, [Type("f64", (5,))] * len(arguments), attributes)
    got = exactly(written, arguments)
    want = op.evaluate(*arguments, **attributes)
    np.testing.assert_allclose(np.asarray(got, float), want, rtol=1e-12, atol=1e-14)


OWN = [
    o.name
    for o in OPS.values()
    if o.meaning and not o.definition and o.name in FUNCTIONS and not o.approximate
]


@pytest.mark.parametrize("name", OWN)
def test_a_function_of_the_checker_is_what_the_op_means(name: str) -> None:
    """The trusted functions, written apart, agree with the declared meanings on points."""
    op, rng = OPS[name], np.random.default_rng(2)
    xs = [parameter(f"x{i}", Type("f64", (5,))) for i in range(op.arity or 0)]
    arguments = [rng.uniform(low, high, 5) for low, high in op.domain]
    by_name, by_meaning = [
        exactly(Function("f", tuple(xs), (y,), (y,)), arguments)
        for y in (emit(o, xs) for o in (op, replace(op, definition=op.meaning)))
    ]
    np.testing.assert_allclose(
        np.asarray(by_name, float), np.asarray(by_meaning, float), rtol=1e-15
    )


def test_every_op_has_a_definition() -> None:
    """Also of those that derivatives alone are made of: a loss may hold a gradient."""
    missing = [
        op.name for op in OPS.values() if not (op.definition or op.meaning or op.name in FUNCTIONS)
    ]
    assert missing == ["parameter", "constant"]


def test_an_op_without_definition_is_named() -> None:
    """It is no silent pass."""
    f = program("tanh", [Type("f64")], {})
    op = symgrad.ops.OPS["tanh"]
    strange = Function("f", f.parameters, f.body, f.results)
    meaning = op.meaning
    object.__setattr__(op, "name", "strange")
    object.__setattr__(op, "meaning", None)
    try:
        with pytest.raises(UnsupportedError, match="'strange' has no definition"):
            text_of(strange)
    finally:
        object.__setattr__(op, "name", "tanh")
        object.__setattr__(op, "meaning", meaning)


def test_a_replay_is_the_graph() -> None:
    """Constants, exponents, sums and functions, on balls."""
    w, b = Value(0.5), Value(-0.25)
    y = sum([w * 2.0, b**3, (w - b).tanh(), 1 / (w + 2)])
    replay = Replay(linearise([y, w * b], [w, b]))
    with precision(256):
        balls = Balls()
        theta = np.array([balls.variable(0.5), balls.variable(-0.25)], object)
        got = [balls.one.lift(v).middle() for v in replay.run(balls.one, theta)]
    assert got == pytest.approx([y.data, -0.125], rel=1e-15)


def test_sizes_are_read_off_the_arguments() -> None:
    """Also off a later axis; where no argument has one alone, that is said."""
    f = parse(
        'func @f(input %x: f64[2, N]) {\n  %n = size {dim = "N + 1", dtype = "f64"} : f64[]\n'
        "  return %n\n}\n",
        OPS,
    )
    assert exactly(f, [np.zeros((2, 3))]) == 4.0
    f = parse("func @f(input %x: f64[2*N]) {\n  return %x\n}\n", OPS)
    with pytest.raises(UnsupportedError, match="no argument has N as a plain size"):
        text_of(f)


@pytest.mark.parametrize("n", [3, 7, 10, 49, 100])
def test_numbers_made_of_n_are_told(n: int) -> None:
    """The factor with the fewest digits; an ordinary literal stays itself."""
    for x, shown in ((1.0 / n, f"1.0/{n}"), (0.3 / n, f"0.3/{n}"), (0.1 * (1.0 / n), f"0.1/{n}")):
        reading = meant(x, n)
        assert str(reading if reading else x) in (shown, repr(x))
        if len(repr(x)) >= 14:
            assert str(reading) == shown
    assert meant(0.1, n) is None
    assert meant(0.7390851332151607, n) is None


def test_threads_share_no_text_of_the_ops() -> None:
    """A text reads its literals as the number that was given last, so each thread has its own."""
    x = Value(0.5)
    replay = Replay(linearise([x.exp() * 0.1], [x]))
    mine, theirs = Balls(), Balls()
    found = []
    with precision(64):
        other = threading.Thread(
            target=lambda: found.append(replay.run(theirs.one, [theirs.one / 2]))
        )
        scalar_text().space.one = mine.one
        other.start()
        other.join()
        assert scalar_text().space.one is mine.one
        (y,) = replay.run(mine.one, [mine.one / 2])  # by steps that the other thread made
    assert y.middle() == found[0][0].middle()
