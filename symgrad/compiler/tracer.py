"""Runs a user's function: once with traced scalars, or with plain floats for comparison.

Its results are read in the same way both times: the loss, and with ``has_aux`` what comes along
with it, scalars or (nested) lists of them, which become arrays.

>>> from symgrad.frontend.scalars.value import Value
>>> out = read((Value(1.0), ([Value(2.0), 3.0], Value(4.0))), has_aux=True)
>>> out.structure, out.shapes, [g.tolist() for g in out.numbers()]
((0, (1, 2)), [(), (2,), ()], [1.0, [2.0, 3.0], 4.0])
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import numpy as np

from symgrad.codegen import Structure
from symgrad.compiler.calls import Call, Shape
from symgrad.errors import ArgumentError, ShapeError, TraceError
from symgrad.frontend.refusals import AUX
from symgrad.frontend.scalars.backprop import reach
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.lower import hint_of
from symgrad.frontend.scalars.nested import Nested
from symgrad.frontend.scalars.node import serial
from symgrad.frontend.scalars.traced import Tracing
from symgrad.frontend.scalars.value import Condition, Value, leaf
from symgrad.frontend.source.origin import decode
from symgrad.ir.function import Origin, uncollected
from symgrad.ir.program import Array, ScalarProgram
from symgrad.ir.types import Type

DRAWS = 3  # ways through what is chosen by numbers read from .data: first, last, at random

# Results that are no loss, and advice.
RETURNED: tuple[tuple[Any, str], ...] = (
    (type(None), "None; does the function end with return?"),
    (tuple, "tuple; pass has_aux=True for a pair (loss, aux)"),
    (list | Nested | np.ndarray, "list; add it up with sum(), or return it as aux (has_aux=True)"),
    (Generator, "generator; add it up with sum(), and write return in place of yield"),
    (Condition | bool, "truth; choose between values with sg.where(condition, a, b)"),
)


@dataclass(frozen=True)
class Outputs:
    """Scalars in groups, one a result; ``structure`` nests the results, the loss first."""

    groups: list[list[Any]]
    shapes: list[Shape]
    structure: Structure

    def nodes(self) -> list[Any]:
        """All scalars, numbers among them as leaves."""
        every = [x for group in self.groups for x in group]
        return [x if isinstance(x, Value | Condition) else leaf(x) for x in every]

    def numbers(self) -> list[Any]:
        """An array for each result."""
        return [
            np.array([_number(x) for x in group]).reshape(shape)
            for group, shape in zip(self.groups, self.shapes, strict=True)
        ]


def read(result: Any, has_aux: bool) -> Outputs:
    """The results of the user's function.  Raises ArgumentError or ShapeError."""
    loss, aux = result, None
    if has_aux:
        if not isinstance(result, tuple) or len(result) != 2:
            raise ArgumentError(
                f"expected a pair (loss, aux), got {type(result).__name__}; has_aux says that the "
                "function returns a pair"
            )
        loss, aux = result
    if not _is_scalar(loss) or isinstance(loss, Condition | bool):
        kind = next((name for kinds, name in RETURNED if isinstance(loss, kinds)), "")
        shown = kind or f"{type(loss).__name__}; return a Value or a number"
        raise ArgumentError(f"expected a scalar loss, got {shown}")
    out = Outputs([[loss]], [()], 0)
    if not has_aux:
        return out
    return Outputs(out.groups, out.shapes, (0, _place(aux, out, "aux")))


def _place(x: Any, out: Outputs, path: str) -> Structure:
    """Appends what is in x to the groups, and says where it went."""
    if isinstance(x, tuple):
        return tuple([_place(item, out, f"{path}[{i}]") for i, item in enumerate(x)])
    items, shape = _flat(x, path)
    out.groups.append(items)
    out.shapes.append(shape)
    return len(out.groups) - 1


def _flat(x: Any, path: str) -> tuple[list[Any], Shape]:
    """The scalars of nested lists in order, and the shape."""
    if isinstance(x, np.ndarray):
        x = x.tolist()
    if _is_scalar(x):
        return [x], ()
    if not isinstance(x, list | tuple | Nested):
        raise ArgumentError(
            f"{path}: expected scalars or lists of them, got {type(x).__name__}; a tuple of such "
            "gives several results"
        )
    parts = [_flat(item, f"{path}[{i}]") for i, item in enumerate(x)]
    for i, (_, shape) in enumerate(parts):
        if shape != parts[0][1]:
            raise ShapeError(
                f"{path}[0] has shape {parts[0][1]}, {path}[{i}] has {shape}; expected one shape"
            )
    inner = parts[0][1] if parts else ()
    return [item for items, _ in parts for item in items], (len(parts), *inner)


def _is_scalar(x: Any) -> bool:
    return isinstance(x, Value | Condition | bool | int | float | np.number | np.bool_)


def _number(x: Any) -> Any:
    return x.data if isinstance(x, Value | Condition) else x


@dataclass(frozen=True)
class Trace:
    """A function, traced.

    outside   the Values that it read though they are not in wrt
    unread    the lines that read ``.data``, where nothing depends on what they read
    """

    program: ScalarProgram
    outputs: Outputs
    outside: tuple[Value, ...]
    unread: tuple[Origin, ...] = ()


def trace(
    fn: Callable[..., Any],
    call: Call,
    shapes: Sequence[Shape],
    values: Sequence[Value],
    names: Sequence[str],
    has_aux: bool,
) -> Trace:
    """The scalar program of ``fn`` for arrays of these shapes, theta = ``values``.

    Raises TraceError where the function asks for numbers, or draws random ones.
    """
    ways = Ways(fn, call, shapes, values, names, has_aux)
    first, reads = ways.traced(bool)
    if not reads:
        return first
    for k in range(DRAWS):
        coin = random.Random(k)
        answer = (bool, lambda: True, lambda: coin.random() < 0.5)[k]  # noqa: B023
        if not ways.is_same(first, coin, answer):
            origin = reads[0][1]
            raise TraceError(
                f".data asks a traced value for its number, at {origin}, and the results depend on "
                f"it; while a function is traced its values are not known: {AUX}"
            )
    return replace(first, unread=tuple(sorted({origin for _, origin in reads})))


@dataclass(frozen=True)
class Ways:
    """A function to be traced at some shapes, in different ways through what ``.data`` decides."""

    fn: Callable[..., Any]
    call: Call
    shapes: Sequence[Shape]
    values: Sequence[Value]
    names: Sequence[str]
    has_aux: bool

    def traced(
        self, answer: Callable[[], bool], data: Callable[[], float] = float
    ) -> tuple[Trace, list[tuple[Value, Origin]]]:
        """The trace, with numbers from ``data`` for those that were read from ``.data``; and what
        stands for these."""
        started, call, values = serial(), self.call, self.values
        alone = {g.place for g in call.given if g.is_number}
        with Undisturbed(self.fn), Tracing(values, answer) as tracing:

            def present(k: int) -> Any:
                count = int(np.prod(self.shapes[k], dtype=np.int64))
                dtype = call.dtypes[k]
                scalars = [tracing.element(k, i, dtype, k in alone) for i in range(count)]
                return Nested.of(call.names[k], scalars, self.shapes[k])

            out = self.read(call.run(self.fn, present))
            nodes = out.nodes()
        for v, _ in tracing.reads:
            v.data = data()
        arrays = [
            Array(name, Type(dtype, tuple(shape)))
            for name, dtype, shape in zip(call.names, call.dtypes, self.shapes, strict=True)
        ]
        with uncollected():
            program = linearise(nodes, values, arrays, None, self.names)
            own = set(values)
            outside = tuple(
                v for v in reach(nodes) if v._serial < started and not v._operands and v not in own
            )
        return Trace(program, out, outside), tracing.reads

    def read(self, result: Any) -> Outputs:
        """The results of the function, whose line stands in the errors."""
        try:
            return read(result, self.has_aux)
        except (ArgumentError, ShapeError) as error:
            raise type(error)(f"{error}{place_of(self.fn)}") from error

    def is_same(self, first: Trace, coin: random.Random, answer: Callable[[], bool]) -> bool:
        """True if the results stay the same when other numbers are read from ``.data``, and others
        of them chosen; to 40 digits, at a random point near the call's."""
        try:
            other, _ = self.traced(answer, lambda: coin.uniform(-2.0, 2.0))
        except TraceError:
            raise
        except Exception:  # the user's: it goes another way where another number is the largest
            return False
        if other.outputs.structure != first.outputs.structure:
            return False
        from symgrad.symbolic.reference import same_results  # loads SymPy

        for width, largest in ((0.25, 4.0), (0.25, math.inf), (1e-3, math.inf)):
            point = self.point(coin, width, largest)
            found = same_results(first.program, other.program, *point)
            if found is not None:
                return found
        return False

    def point(
        self, coin: random.Random, width: float, largest: float
    ) -> tuple[list[float], list[Any]]:
        """Numbers for the parameters and the arrays, none of them special."""

        def near(x: float) -> float:
            x = max(-largest, min(largest, x))
            return x * (1.0 + width * coin.random()) + width * coin.uniform(-1.0, 1.0)

        arrays = []
        for a, shape in zip(self.call.arrays, self.shapes, strict=True):
            whole = np.resize(a, shape) if a.size else np.zeros(shape, a.dtype)
            moved = [near(x) for x in whole.ravel().tolist()] if a.dtype.kind == "f" else whole
            arrays.append(np.reshape(np.array(moved), shape))
        return [near(v.data) for v in self.values], arrays


def asked_numbers(error: Exception, call: Call) -> set[str]:
    """The numbers among the arguments that the function must know: those behind the value that it
    asked for its number; all of them where Python's own functions failed on one."""
    if not isinstance(error, TraceError):
        return set(call.numbers)
    asked: Any = error.asked
    if asked is None:
        return set()
    places = {v._cell[0] for v in reach([asked]) if v._name == "input"}
    return {g.name for g in call.given if g.is_number and g.place in places}


def plain(fn: Callable[..., Any], call: Call, has_aux: bool) -> list[Any]:
    """The results of the user's own loops on plain floats, as arrays."""
    with uncollected():
        flat = [a.reshape(-1).tolist() for a in call.arrays]
        result = call.run(fn, lambda k: Nested.of(call.names[k], flat[k], call.arrays[k].shape))
        return read(result, has_aux).numbers()


class Undisturbed(AbstractContextManager[None]):
    """A block in which no random numbers are drawn: a trace would freeze them.

    Raises TraceError at the end where one was; the states are as before, in any case.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = fn

    def __enter__(self) -> None:
        self.states = random.getstate(), np.random.get_state()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        python, numpy = self.states
        now: Any = np.random.get_state()
        drawn = "random" if random.getstate() != python else ""
        if now[2] != numpy[2] or not np.array_equal(now[1], numpy[1]):  # type: ignore[index]
            drawn = "np.random"
        if drawn:
            random.setstate(python)
            np.random.set_state(numpy)
        if drawn and error is None:
            raise TraceError(
                f"{getattr(self.fn, '__name__', 'the function')} draws numbers from {drawn} while "
                "it is traced, and they would never change again; draw them outside and pass them "
                "as arguments, a permutation as the permuted arrays"
            )


def place_of(fn: Callable[..., Any]) -> str:
    """The line of a function, for the end of a message."""
    code = getattr(fn, "__code__", None)
    return "" if code is None else f"; returned by {fn.__name__}, at {decode(code, 0)}"


def described(values: Sequence[Value], variables: Mapping[str, Any]) -> str:
    """Values by their labels, or the user's names for them, for a message."""
    names = {id(v): name for name, v in variables.items()}
    shown = [hint_of(v) or names.get(id(v)) or repr(v) for v in values[:5]]
    return ", ".join(shown) + (", ..." if len(values) > 5 else "")


__all__ = ["Call", "Outputs", "Trace", "described", "plain", "read", "trace"]
