"""Runs a user's function: once with traced scalars, or with plain floats for comparison.

What it returns is read in the same way both times: the loss, and with ``has_aux`` what comes along
with it, scalars or (nested) lists of them, which become arrays.

>>> from symgrad.frontend.scalar import Value
>>> out = read((Value(1.0), ([Value(2.0), 3.0], Value(4.0))), has_aux=True)
>>> out.structure, out.shapes, [g.tolist() for g in out.numbers()]
((0, (1, 2)), [(), (2,), ()], [1.0, [2.0, 3.0], 4.0])
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from symgrad.codegen import Structure
from symgrad.compiler.calls import Call, Shape
from symgrad.errors import ArgumentError, ShapeError, TraceError
from symgrad.frontend.collector import uncollected
from symgrad.frontend.graph import reach
from symgrad.frontend.linearise import linearise
from symgrad.frontend.lower import hint_of
from symgrad.frontend.nested import Nested
from symgrad.frontend.scalar import Condition, Value, leaf, serial
from symgrad.frontend.traced import Tracing
from symgrad.ir.program import Array, ScalarProgram
from symgrad.ir.types import Type


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
    """What the user's function returned.  Raises ArgumentError or ShapeError."""
    loss, aux = result, None
    if has_aux:
        if not isinstance(result, tuple) or len(result) != 2:
            raise ArgumentError(
                f"expected a pair (loss, aux), got {type(result).__name__}; has_aux says that the "
                "function returns a pair"
            )
        loss, aux = result
    if not _is_scalar(loss) or isinstance(loss, Condition | bool):
        hint = "; pass has_aux=True for a pair (loss, aux)" if isinstance(loss, tuple) else ""
        raise ArgumentError(f"expected a scalar loss, got {type(loss).__name__}{hint}")
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
    """A function, traced.  ``outside`` are the Values that it read though they are not in wrt."""

    program: ScalarProgram
    outputs: Outputs
    outside: tuple[Value, ...]


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
    started = serial()
    alone = {g.place for g in call.given if g.is_number}
    with Undisturbed(fn), Tracing(values) as tracing:

        def present(k: int) -> Any:
            count = int(np.prod(shapes[k], dtype=np.int64))
            dtype = call.dtypes[k]
            scalars = [tracing.element(k, i, dtype, k in alone) for i in range(count)]
            return Nested.of(call.names[k], scalars, shapes[k])

        out = read(call.run(fn, present), has_aux)
        nodes = out.nodes()
    arrays = [
        Array(name, Type(dtype, tuple(shape)))
        for name, dtype, shape in zip(call.names, call.dtypes, shapes, strict=True)
    ]
    with uncollected():
        program = linearise(nodes, values, arrays, None, names)
        own = set(values)
        outside = tuple(
            [v for v in reach(nodes) if v._serial < started and not v._operands and v not in own]
        )
    return Trace(program, out, outside)


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


def described(values: Sequence[Value]) -> str:
    """Values by their labels, for a message."""
    shown = [hint_of(v) or repr(v) for v in values[:5]]
    return ", ".join(shown) + (", ..." if len(values) > 5 else "")


__all__ = ["Call", "Outputs", "Trace", "described", "plain", "read", "trace"]
