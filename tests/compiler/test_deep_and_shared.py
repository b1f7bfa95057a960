"""Deep graphs, and graphs that share: nothing recurses on operands or goes along every path.

Sixty doublings have 2**60 paths and sixty nodes; a walk that goes along the paths does not end.
The calls that a compilation makes are counted, so that the test is bounded and no clock decides.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from types import FrameType
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.errors import LimitError
from symgrad.ir.function import emit, made_of, parameter
from symgrad.ir.types import Type
from symgrad.ops import OPS

DOUBLINGS = 60
CALLS = 6_000_000  # sixty powers, with 1,250 operations, make 3.5 million: some 2,800 for each
STEPS: dict[str, Callable[[Any], Any]] = {
    "add": lambda y: y + y,
    "subtract": lambda y: y - y,
    "multiply": lambda y: y * y,
    "divide": lambda y: y / y,
    "power": lambda y: y**y,
    "maximum": lambda y: sg.maximum(y, y),
    "minimum": lambda y: sg.minimum(y, y),
    "where": lambda y: sg.where(y > 0.0, y, -y),
    "hypot": lambda y: sg.hypot(y, y),
    "logaddexp": lambda y: sg.logaddexp(y, y),
    "arctan2": lambda y: sg.arctan2(y, y),
    "xlogy": lambda y: sg.xlogy(y, y),
    "clip": lambda y: sg.clip(y, -1.0, y),
    "halves": lambda y: 0.5 * (y + y),
    "difference of signs": lambda y: y - (-y),
    "sum and product": lambda y: y + y * y,
    "one minus": lambda y: y * (1.0 - y),
    "quotient of products": lambda y: (y * y) / y,
    "tanh of a sum": lambda y: sg.tanh(y + y),
    "sigmoid as written": lambda y: 1.0 / (1.0 + sg.exp(-y)),
    "softmax as written": lambda y: sg.log(sg.exp(y) / (sg.exp(y) + sg.exp(y))),
    "root of a square": lambda y: sg.sqrt(y * y),
    "mixed": lambda y: (y + y) * 0.5 - y * 0.25 + sg.maximum(y, -y),
    "negative": lambda y: -y,
    "tanh": lambda y: sg.tanh(y),
    "softplus as written": lambda y: sg.log(1.0 + sg.exp(y)),
}


class TooManyCallsError(Exception):
    """Something goes along every path."""


@contextmanager
def counted(limit: int) -> Iterator[None]:
    """Raises where more than ``limit`` calls are made within."""
    left = [limit]
    before = sys.getprofile()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            left[0] -= 1
            if left[0] < 0:
                sys.setprofile(before)
                raise TooManyCallsError(f"over {limit} calls")

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def doubled(step: Callable[[Any], Any], y: Any, times: int = DOUBLINGS) -> Any:
    return reduce(lambda y, _: step(y), range(times), y)


def looks(f: Any) -> None:
    """Runs a function, and reads all that it tells."""
    with np.errstate(all="ignore"):
        f()
    assert all(map(str, (f, f.source, f.ir, f.history, f.notes, f.signature)))


@pytest.mark.parametrize("name", STEPS)
def test_sixty_doublings_compile_in_each_front_end(name: str) -> None:
    """Values and expressions, in both targets, with the passes on and off."""
    v, w = sg.Value(0.7), sg.param("w", 0.7)
    off = {"simplify": False, "reassociate": False, "stabilize": False, "strict": True}
    with counted(CALLS), np.errstate(all="ignore"):
        scalar = doubled(STEPS[name], v)
        scalar.backward()
        looks(sg.compile(scalar, wrt=[v], target="python"))
        looks(sg.compile(doubled(STEPS[name], w), wrt=[w], target="numpy"))
        f = sg.compile(doubled(STEPS[name], w), wrt=[w], target="python", accurate=True, **off)
        assert f.source


@pytest.mark.parametrize("name", ["add", "multiply", "maximum"])
def test_sixty_doublings_of_each_example_are_rolled_up(name: str) -> None:
    """A loop over examples, and a traced function of any number of them."""
    data = (0.1, 0.2, 0.3)
    w = sg.Value(0.7)
    with counted(CALLS), np.errstate(all="ignore"):
        loss = sum(doubled(STEPS[name], w * x) for x in data)
        looks(sg.compile(loss, wrt=[w]))
        f = sg.value_and_grad(lambda xs: sum(doubled(STEPS[name], w * x) for x in xs), wrt=[w])
        f(np.array(data))
        assert f.source


@pytest.mark.parametrize("name", ["add", "multiply"])
def test_sixty_doublings_are_verified(name: str) -> None:
    """The checker goes over the text and the reference once a value."""
    w = sg.param("w", 0.7)
    f = sg.compile(doubled(STEPS[name], w), wrt=[w], target="python")
    with counted(4 * CALLS):
        assert "refuted" not in str(f.verify())


@pytest.mark.parametrize("name", STEPS)
def test_doublings_are_written_for_sympy_or_refused(name: str) -> None:
    """Where SymPy itself goes along every path, an error says so."""
    y = doubled(STEPS[name], sg.param("w", 0.7), 30)  # SymPy is slow: 2**30 paths are enough
    for evaluate in (True, False):
        with counted(10 * CALLS):  # SymPy folds choices slowly
            try:
                sg.to_sympy(y, evaluate=evaluate)
            except LimitError as error:
                assert name in ("where", "mixed") or not evaluate
                assert "all paths" in str(error)  # noqa: PT017


def test_fibonacci_of_shared_sums_has_no_phrase() -> None:
    """Sums that share sums are neither opened twice nor taken for a mean."""
    v = sg.Value(0.7)
    a, b = v, v * 1.5
    for _ in range(DOUBLINGS):
        a, b = b, a + b
    with counted(CALLS):
        looks(sg.compile(b, wrt=[v]))


N = 1200
CHAINS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda y, w: y + w,
    "sum to the right": lambda y, w: w + y,
    "quotient": lambda y, w: y / w,
    "negative": lambda y, w: -y,
    "exp": lambda y, w: sg.exp(0.1 * y),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_of_any_length_compiles(name: str) -> None:
    """1,200 steps, more than Python's frames; and one over it, whose divisor is the chain."""
    w = [sg.Value(0.5), sg.Value(0.75), sg.Value(1.25)]
    chain = reduce(CHAINS[name], (w[i % 3] for i in range(N)))
    for loss, target in ((chain, "python"), (1.0 / chain, "numpy")):
        assert sg.compile(loss, wrt=w, target=target)()[0] == pytest.approx(loss.data, rel=1e-9)


def test_the_divisor_may_be_a_sum_of_1200_parameters() -> None:
    """Each has its part of the gradient."""
    w = [sg.Value(0.5 + 0.001 * i) for i in range(N)]
    loss = 1.0 / sum(w)
    for target in ("numpy", "python"):
        value, grads = sg.compile(loss, wrt=w, target=target)()
        np.testing.assert_allclose(grads, np.full(N, -(value**2)), rtol=1e-12)


def test_made_of_asks_each_value_once() -> None:
    """A property of operands is found without recursion, and with no value twice."""
    x = parameter("x", Type("f64"))
    y = x
    for _ in range(5000):
        y = emit(OPS["add"], (y, y), {})
    asked: list[Any] = []
    assert made_of(y, lambda o: asked.append(o) is None, lambda o: o is x)
    assert len(asked) == 5000
    assert not made_of(y, lambda o: False, lambda o: o is x)


def test_the_text_follows_the_order_of_the_program() -> None:
    """Whatever reads a value first, it is computed where the user computed it."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.ones(3))
    first = sg.tanh(x @ w)
    second = sg.exp(first * 0.5)
    third = sg.cos(second)
    loss = sg.mean(third * first + second * second)
    lines = sg.compile(loss).source.split("# forward\n")[1].splitlines()
    named = [line.split()[0] for line in lines if line.strip()]
    assert [n for n in named if n in ("first", "second", "third")] == ["first", "second", "third"]
    swapped = sg.compile(sg.mean(second * second + first * third)).source.split("# forward\n")[1]
    assert swapped.index("first =") < swapped.index("second =") < swapped.index("third =")
