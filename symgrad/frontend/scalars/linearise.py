"""Makes a scalar program of a graph of ``Value``s.

One map over the nodes fills each array of the program, so that a million nodes take about a second.
Nothing is folded or merged: equal numbers stay different nodes.

>>> from symgrad.frontend.scalars.value import Value
>>> w = Value(3.0, label="w")
>>> program = linearise([w * 2.0 + w], [w])
>>> [program.names[c] for c in program.code]
['param', 'constant', 'multiply', 'add']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from symgrad.frontend.scalars.backprop import USER, reach
from symgrad.frontend.scalars.lower import hint_of, made_by_hand
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import decode
from symgrad.ir.function import Origins
from symgrad.ir.program import CONSTANT, EXPONENT, INPUT, LEAVES, PARAM, Array, ScalarProgram

_NAME, _OPERANDS, _SERIAL = attrgetter("_name"), attrgetter("_operands"), attrgetter("_serial")
_CODE, _AT = attrgetter("_code"), attrgetter("_at")
_DATA = attrgetter("data")


class Labels(Sequence[str]):
    """The label of each node: from ``names``, by the ``id`` of the value, or the value's own."""

    def __init__(self, nodes: Sequence[Value], names: Mapping[int, str], shift: int = 0) -> None:
        self.nodes, self.names, self.shift = nodes, names, shift

    def __len__(self) -> int:
        return len(self.nodes) + self.shift

    def __getitem__(self, i: Any) -> Any:
        if i < self.shift:
            return ""
        v = self.nodes[i - self.shift]
        return self.names.get(id(v)) or hint_of(v)


def linearise(
    outputs: Sequence[Value],
    wrt: Sequence[Value],
    arrays: Sequence[Array] = (),
    names: Mapping[int, str] | None = None,
    parameter_names: Sequence[str] = (),
    data: Mapping[tuple[tuple[int, ...], bytes], str] | None = None,
) -> ScalarProgram:
    """The program that computes ``outputs`` of theta = ``wrt`` and the arrays.

    ``names`` maps ``id(value)`` to the user's name for it; for the rest see ``ScalarProgram``.

    Raises UnsupportedError for a node that was made by hand, whose derivative is known to Python
    alone.
    """
    nodes = reach(outputs)
    n = len(nodes)
    ops, code = _codes(nodes)
    arity = np.fromiter(map(len, map(_OPERANDS, nodes)), np.int64, n)
    serial = np.fromiter(map(_SERIAL, nodes), np.int64, n)
    inner = map(_SERIAL, chain.from_iterable(map(_OPERANDS, nodes)))
    operand = np.searchsorted(serial, np.fromiter(inner, np.int64, int(arity.sum())))
    start = np.concatenate([[0], np.cumsum(arity)])
    value, place, array = _leaves(nodes, serial, wrt, code)
    origin, origins = _origins(nodes, np.flatnonzero(arity > 0))
    program = ScalarProgram(
        ops,
        code,
        start,
        operand,
        value,
        place,
        array,
        np.searchsorted(serial, np.fromiter(map(_SERIAL, outputs), np.int64, len(outputs))),
        len(wrt),
        tuple(arrays),
        origin,
        origins,
        Labels(nodes, names or {}),
        parameter_names,
        data or {},
    )
    return _with_exponents(program, nodes)


def _codes(nodes: Sequence[Value]) -> tuple[tuple[str, ...], Any]:
    ops = list(map(_NAME, nodes))
    distinct = dict.fromkeys(ops)
    by_hand = next((name for name in distinct if name.startswith(USER)), None)
    if by_hand is not None:
        raise made_by_hand(by_hand)
    names = (*LEAVES, *sorted(name for name in distinct if name and name not in LEAVES))
    number = {name: i for i, name in enumerate(names)}
    number[""] = CONSTANT
    return names, np.fromiter(map(number.__getitem__, ops), np.int32, len(nodes))


def _leaves(
    nodes: Sequence[Value], serial: Any, wrt: Sequence[Value], code: Any
) -> tuple[Any, Any, Any]:
    """The numbers, places and arrays of the leaves; parameters get their code."""
    value, place, array = np.zeros(len(nodes)), np.zeros(len(nodes), np.int64), np.zeros_like(code)
    for rank, v in enumerate(wrt):
        i = int(np.searchsorted(serial, v._serial))
        if i < len(nodes) and nodes[i] is v:
            code[i], place[i] = PARAM, rank
    for i in np.flatnonzero(code == INPUT).tolist():
        array[i], place[i] = nodes[i]._cell
    constants = np.flatnonzero(code == CONSTANT)
    value[constants] = np.fromiter(
        map(_DATA, map(nodes.__getitem__, constants.tolist())), np.float64, len(constants)
    )
    return value, place, array


def _origins(nodes: Sequence[Value], computed: Any) -> tuple[Any, tuple[Origins, ...]]:
    """For each node the number of its line, -1 for a leaf; and the lines."""
    made = [nodes[i] for i in computed]
    ids = np.fromiter(map(id, map(_CODE, made)), np.int64, len(made))
    at = np.fromiter(map(_AT, made), np.int64, len(made))
    _, code = np.unique(ids, return_inverse=True)
    span = int(at.max(initial=0)) + 1
    _, first, number = np.unique(code * span + at, return_index=True, return_inverse=True)
    origin = np.full(len(nodes), -1, np.int64)
    origin[computed] = number
    lines: list[Origins] = []
    for i in first:
        v = made[i]
        lines.append(() if v._code is None else (decode(v._code, v._at),))
    return origin, tuple(lines)


def _with_exponents(p: ScalarProgram, nodes: Sequence[Value]) -> ScalarProgram:
    """The program in which each literal exponent is a leaf, at the front, and a second operand."""
    short = np.flatnonzero((p.code == p.code_of("power")) & (np.diff(p.start) == 1))
    if not len(short):
        return p
    count, _n = len(short), len(p)
    arity = np.diff(p.start)
    arity[short] += 1
    arity = np.concatenate([np.zeros(count, np.int64), arity])
    start = np.concatenate([[0], np.cumsum(arity)])
    operand = np.zeros(int(start[-1]), np.int64)
    own = np.ones(len(operand), bool)
    own[start[short + count] + 1] = False
    operand[own] = p.operand + count
    operand[~own] = np.arange(count)

    def shifted(kept: Any, fill: Any) -> Any:
        return np.concatenate([np.full(count, fill, kept.dtype), kept])

    value = shifted(p.value, 0.0)
    value[:count] = [nodes[i]._exponent for i in short.tolist()]
    assert p.origin is not None
    return replace(
        p,
        code=shifted(p.code, EXPONENT),
        start=start,
        operand=operand,
        value=value,
        place=shifted(p.place, 0),
        array=shifted(p.array, 0),
        outputs=p.outputs + count,
        origin=shifted(p.origin, -1),
        label=Labels(nodes, p.label.names if isinstance(p.label, Labels) else {}, count),
    )
