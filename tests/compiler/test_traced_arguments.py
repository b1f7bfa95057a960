"""What a traced function takes: data of any kind are read once, numbers are inputs, and what is
static is told."""

from __future__ import annotations

import array
import collections
import io
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import symgrad as sg
from symgrad.compiler.specialise import KEPT
from symgrad.engine import Value
from symgrad.errors import ArgumentError, DTypeError, TraceError


def tensors() -> Any:
    """PyTorch, where it is installed."""
    return pytest.importorskip("torch")


W = [Value(0.5, label="w1"), Value(2.0, label="w2")]
XS = np.array([1.0, -2.0, 3.0])
TARGETS = [{}, {"target": "python"}]


def by_hand(loss: Callable[..., Any], *args: Any) -> tuple[float, list[float]]:
    value = loss(*[a.tolist() if isinstance(a, np.ndarray) else a for a in args])
    for w in W:
        w.grad = 0
    value.backward()
    return value.data, [w.grad for w in W]


def assert_right(f: Any, loss: Callable[..., Any], *args: Any) -> None:
    value, gradient = f(*args)
    expected, slopes = by_hand(loss, *args)
    assert value == pytest.approx(expected, rel=1e-12)
    assert list(gradient) == pytest.approx(slopes, rel=1e-11, abs=1e-14)


def line(xs: Any) -> Any:
    return sum((W[0] * x + W[1]).tanh() for x in xs) / len(xs)


def pairs(data: Any) -> Any:
    return sum((W[0] * x - y) ** 2 for x, y in data)


NUMBERS = [1.0, -2.0, 3.0, 0.25]
ONCE: dict[str, Callable[[], Any]] = {
    "generator": lambda: (x for x in NUMBERS),
    "map": lambda: map(float, NUMBERS),
    "filter": lambda: filter(None, NUMBERS),
    "iter": lambda: iter(NUMBERS),
    "reversed": lambda: reversed([0.25, 3.0, -2.0, 1.0]),
    "chain": lambda: itertools.chain(NUMBERS[:1], NUMBERS[1:]),
    "islice": lambda: itertools.islice(NUMBERS, 4),
    "accumulate": lambda: itertools.accumulate([1.0, -3.0, 5.0, -2.75]),
    "iterator of an array": lambda: iter(np.array(NUMBERS)),
    "flat": lambda: np.array(NUMBERS).flat,
    "values": lambda: dict(enumerate(NUMBERS)).values(),
    "keys": lambda: dict.fromkeys(NUMBERS).keys(),
    "deque": lambda: collections.deque(NUMBERS),
    "array.array": lambda: array.array("d", NUMBERS),
    "memoryview": lambda: memoryview(array.array("d", NUMBERS)),
    "Series": lambda: pd.Series(NUMBERS),
    "Index": lambda: pd.Index(NUMBERS),
    "tensor": lambda: tensors().tensor(NUMBERS, dtype=tensors().float64),
    "tuple": lambda: tuple(NUMBERS),
}
PAIRS: dict[str, Callable[[], Any]] = {
    "zip": lambda: zip(NUMBERS, [0.5, 1.0, 1.5, 2.0], strict=True),
    "items": lambda: dict(zip(NUMBERS, [0.5, 1.0, 1.5, 2.0], strict=True)).items(),
    "generator of generators": lambda: ((a for a in p) for p in PAIRS["zip"]()),
    "tuple of iterators": lambda: tuple(iter(p) for p in PAIRS["zip"]()),
    "list of iterators": lambda: [iter(p) for p in PAIRS["zip"]()],
    "DataFrame": lambda: pd.DataFrame({"x": NUMBERS, "y": [0.5, 1.0, 1.5, 2.0]}).to_numpy(),
}


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("kind", ONCE)
def test_what_can_be_gone_through_once_is_read_once_and_kept(kind: str, target: Any) -> None:
    """Numbers and gradients are those of a list, at the first call and the second."""
    f = sg.value_and_grad(line, wrt=W, **target)
    expected, slopes = by_hand(line, NUMBERS)
    for _ in range(2):
        value, gradient = f(ONCE[kind]())
        assert value == pytest.approx(expected, rel=1e-13)
        assert list(gradient) == pytest.approx(slopes, rel=1e-12)
    assert f.compiled(ONCE[kind]()).verify().verdict == "verified"


@pytest.mark.parametrize("kind", PAIRS)
def test_rows_come_from_iterators_too(kind: str) -> None:
    f = sg.value_and_grad(pairs, wrt=W)
    expected, slopes = by_hand(pairs, list(PAIRS["zip"]()))
    for _ in range(2):
        value, gradient = f(PAIRS[kind]())
        assert value == pytest.approx(expected, rel=1e-13)
        assert list(gradient) == pytest.approx(slopes, rel=1e-12)


@pytest.mark.parametrize("kind", ["iter", "generator", "map", "filter", "reversed", "chain"])
def test_an_iterator_that_was_used_up_before_is_refused(kind: str) -> None:
    """One that serves a loop of calls gives its numbers to the first: the others would see a loss
    of nothing."""
    f = sg.value_and_grad(line, wrt=W)
    given = ONCE[kind]()
    f(given)
    with pytest.raises(
        ArgumentError, match=r"xs: the .* gives nothing, as after a first use; make"
    ):
        f(given)


@pytest.mark.parametrize("make", [lambda: pd.Series(NUMBERS), lambda: tensors().tensor(NUMBERS)])
def test_a_tensor_or_a_frame_that_changes_is_seen(make: Any) -> None:
    """They are data, which are read at each call, and no static values."""
    f, given = sg.value_and_grad(line, wrt=W), make()
    before = f(given)[0]
    given[0] = 7.0
    assert f(given)[0] == pytest.approx(by_hand(line, [7.0, *NUMBERS[1:]])[0], rel=1e-7)
    assert f(given)[0] != before


@pytest.mark.parametrize(
    ("given", "error", "named"),
    [
        (lambda: io.StringIO("1\n2\n"), ArgumentError, "xs: got a file"),
        (lambda: io.BytesIO(b"1"), ArgumentError, "xs: got a file"),
        (lambda: itertools.count(1.0), ArgumentError, "count does not end"),
        (lambda: itertools.cycle(NUMBERS), ArgumentError, "cycle does not end"),
        (lambda: set(NUMBERS), ArgumentError, "a set has no order"),
        (lambda: {"a": 1.0}, ArgumentError, "a dict is no array"),
        (lambda: zip([[1.0], [2.0]], [1.0, 2.0], strict=True), DTypeError, "zip them in the"),
        (lambda: zip("ab", "cd", strict=True), ArgumentError, "xs: expected numbers"),
        (lambda: (Value(x) for x in NUMBERS), ArgumentError, "xs: expected numbers"),
        (lambda: tensors().ones(2, requires_grad=True), DTypeError, "requires grad.*detach"),
        (lambda: np.ma.masked_array([1.0, 2.0], [True, False]), DTypeError, "mask"),
        (lambda: pd.Series(["a", "b"]), DTypeError, "xs: expected real numbers"),
    ],
)
def test_data_that_are_none_are_refused_by_name(given: Any, error: Any, named: str) -> None:
    with pytest.raises(error, match=named):
        sg.value_and_grad(line, wrt=W)(given())


class DynamicJaxprTracer:
    """As JAX has it: it hands out no array."""

    __module__ = "jax._src.interpreters.partial_eval"

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("The numpy.ndarray conversion method was called on a tracer")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (DynamicJaxprTracer, "JAX tracer.*jax.jit"),
        (lambda: tensors().ones(2, requires_grad=True), "torch tensor.*detach"),
    ],
)
def test_values_of_other_tools_graphs_are_refused_in_every_call(make: Any, named: str) -> None:
    """A compiled function, a param and an expression refuse them as well."""
    w, x = sg.param("w", 2.0), sg.input("x", ("N",))
    f = sg.compile(sg.sum(w * x))
    given = make()
    for use in (
        lambda: sg.value_and_grad(line, wrt=W)(given),
        lambda: f(x=given),
        lambda: sg.param("p", given),
        lambda: sg.exp(w) * given,
    ):
        with pytest.raises(DTypeError, match=named):
            use()


@pytest.mark.parametrize("given", [(XS,), (XS, 1.0), (1.0,), (), (np.ones(12),)], ids=repr)
@pytest.mark.parametrize("late", ["", "asks", "fails", "wants ten"])
def test_an_iterator_in_the_closure_is_named(given: Any, late: str) -> None:
    """The first trace would use it up, and the loss would be that of nothing: whether or not the
    function asks for a number, or raises, behind it."""
    data = iter([1.0, 2.0, 3.0])

    def loss(*args: Any) -> Any:
        total = sum(W[1] * x for x in data)
        for a in args:
            whole = hasattr(a, "__len__")
            total = total + (sum(W[0] * x for x in a) if whole else W[0] * a)
            if late == "asks" and not whole and a > 0.5:
                total = total * 2.0
            if late == "fails" and not whole:
                total = total * np.sqrt(a)
            if late == "wants ten" and whole and len(a) < 10:
                raise ValueError("ten are needed")
        return total

    with pytest.raises((TraceError, ValueError), match=r"goes through data|ten are needed"):
        sg.value_and_grad(loss, wrt=W)(*given)


def annealed(xs: Any, a: float) -> Any:
    return sum(a * W[0] * x + (1 - a) * W[1] for x in xs)


def decayed(xs: Any, k: int) -> Any:
    return sum((W[0] * x).tanh() / (1 + k) + W[1] * 0.5**k for x in xs)


def picked(xs: Any, k: int) -> Any:
    return W[0] * sg.pick(list(xs), k) + W[1]


def chosen(xs: Any, a: float) -> Any:
    return sum(sg.where(W[0] * x > a, W[0] * x, W[1] * a) for x in xs)


def curved(xs: Any, p: float) -> Any:
    return sum((W[0] * x * x + W[1]) ** p for x in xs)


def called_n(xs: Any, N: float, len: float) -> Any:
    return sum(W[0] * x * N + W[1] * len for x in xs)


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize(
    ("loss", "values"),
    [
        (annealed, [(0.1,), (0.2,), (0.0,), (-3.5,)]),
        (decayed, [(0,), (1,), (30,)]),
        (picked, [(0,), (2,), (1,)]),
        (chosen, [(0.7,), (-0.2,), (3.0,)]),
        (curved, [(1.5,), (2.0,), (-1.0,)]),
        (called_n, [(0.5, 1.0), (2.0, -1.0)]),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_numbers_that_are_computed_with_are_inputs(loss: Any, values: Any, target: Any) -> None:
    """One text serves all values, and its certificate speaks of all of them."""
    f = sg.value_and_grad(loss, wrt=W, **target)
    texts = set()
    for given in values:
        assert_right(f, loss, XS, *given)
        texts.add(f.source)
    assert len(texts) == 1
    assert "static" not in " ".join(f.notes)
    assert f.compiled(XS, *values[0]).verify().verdict == "verified"


TABLE = {"k1": 0.5, "k2": 2.0}


def to_power(xs: Any, k: int) -> Any:
    return sum((W[0] * x + W[1]) ** k for x in xs)


def branching(xs: Any, a: float) -> Any:
    return sum(W[0] * x * (2.0 if a > 0.5 else 1.0) + W[1] * a for x in xs)


def rounds(xs: Any, k: int) -> Any:
    return sum(W[0] * x + W[1] * i for x in xs for i in range(k))


def cut(xs: Any, k: int) -> Any:
    return sum(W[0] * x + W[1] for x in xs[:k])


def indexed(xs: Any, k: int) -> Any:
    return W[0] * xs[k] + W[1]


def by_math(xs: Any, a: float) -> Any:
    return sum(W[0] * x * np.cbrt(a) + W[1] for x in xs)


def by_type(xs: Any, a: float) -> Any:
    return sum(W[0] * x * (a if isinstance(a, float) else 0.0) + W[1] for x in xs)


def by_text(xs: Any, k: int) -> Any:
    return sum(W[0] * x * TABLE[f"k{k}"] + W[1] for x in xs)


def by_name(xs: Any, mode: str) -> Any:
    return sum(W[0] * x * (2.0 if mode == "double" else 1.0) + W[1] for x in xs)


@pytest.mark.parametrize(
    ("loss", "values", "why"),
    [
        (to_power, [1, 2, 0], "an exponent .*test_traced_arguments.py"),
        (branching, [0.25, 0.75], "a choice in Python .*test_traced_arguments.py"),
        (rounds, [1, 3], "an index"),
        (cut, [2, 3, 1], "an index"),
        (indexed, [0, 2, -1], "the index into xs"),
        (by_math, [1.0, 2.0], "cbrt|no callable"),
        (by_type, [0.0, 2.0], "by their type"),
        (by_text, [1, 2], "a format"),
        (by_name, ["double", "single"], "mode = 'double' is static"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_what_the_function_asks_for_is_static_and_told(loss: Any, values: Any, why: str) -> None:
    """Right at each value, with a text for each, and a note that says what and where."""
    f = sg.value_and_grad(loss, wrt=W)
    for given in values:
        assert_right(f, loss, XS, given)
    f(XS, values[0])
    note = f.notes[-1]
    assert f"= {values[0]!r} is static" in note
    assert "each new value compiles again" in note
    assert len({f.compiled(XS, v).source for v in values}) == len(values)
    assert re.search(why, note), note


def test_one_number_may_be_static_and_another_an_input() -> None:
    """Only what the function asks for is."""

    def loss(xs: Any, k: int, a: float) -> Any:
        return a * W[0] * xs[k] + W[1]

    f = sg.value_and_grad(loss, wrt=W)
    for k, a in ((0, 0.5), (0, 0.75), (1, 0.75)):
        assert_right(f, loss, XS, k, a)
    assert [a.name for a in f.compiled(XS, 1, 0.75).signature.arguments] == ["theta", "xs", "a"]
    assert f.compiled(XS, 0, 1.0) is f.compiled(XS, 0, 2.0)


def test_an_object_is_static_and_said_to_be_read_once() -> None:
    class Scale:
        by = 2.0

    f = sg.value_and_grad(lambda xs, s: sum(W[0] * x * s.by for x in xs), wrt=W)
    f(XS, Scale())
    assert f.notes[-1] == "s is static: what the Scale holds is read at its first call alone"


def test_the_caches_are_bounded() -> None:
    """The last shapes and static values are kept; older ones are compiled or compared again."""
    f = sg.value_and_grad(branching, wrt=W)
    some = [f.compiled(XS, 1.0 + k / 8) for k in range(KEPT + 3)]
    assert f.compiled(XS, 1.0 + (KEPT + 2) / 8) is some[-1]
    assert f.compiled(XS, 1.0) is not some[0]
    own = f._specialiser
    assert max(map(len, (own.chosen, own.general, own.static))) <= KEPT
    for k in range(2 * KEPT):
        f(np.ones(k % (KEPT + 9) + 1), 1.0)
        assert max(len(f._ready), len(own.chosen)) <= KEPT


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("name", ["N", "len", "np", "math", "xs_1", "loss", "self", "d_theta"])
def test_an_argument_of_any_name_is_verified_by_the_name_that_the_text_has(
    name: str, target: Any
) -> None:
    """``N`` beside the size N, and what would hide a builtin, are spelled otherwise."""
    w, x = sg.param("w", 1.5), sg.input(name, (3,))
    f = sg.compile(sg.sum(sg.tanh(w * x)) / sg.sum(x * x), **target)
    assert f.verify().verdict == "verified"
    f = sg.value_and_grad(lambda **k: annealed(k["xs"], k[name]), wrt=W, **target)
    assert f(xs=XS, **{name: 0.25})[0] == pytest.approx(annealed(XS.tolist(), 0.25).data)
    assert f.compiled(xs=XS, **{name: 0.25}).verify().verdict == "verified"
