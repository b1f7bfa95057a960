"""Branches that hold at one point alone: where(n > 0, ..., c) for a norm n, at n = 0.

The derivative there is that of the branch, whatever the function is beside it; in what comes from
SymPy it is the limit, if SymPy found one.  Notes and certificate tell which, with the line.

Every comparison of floats compares a value with a mark on a line: x with 2.0, or a - b with 0.
The marks part each line, and the lines together part the space into cells.  A cell at some marks
holds alone if its branch is that of no cell around it that is off these marks.

>>> import symgrad as sg
>>> x = sg.param("x", 3.0)
>>> f = sg.compile(sg.where(x > 0, sg.exp(x), sg.where(x < 0, 1.0 + x, 1.0)))
>>> {alone.pins for nest in nests(f.ir) for alone in nest.alone()}
{((<x = parameter : f64[]>, 0.0),)}
>>> print(*f.notes)  # doctest: +ELLIPSIS
Where x = 0.0 the derivative is that of the branch that holds there alone, ...
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from symgrad.ir.function import Function, Instr
from symgrad.ops.intervals import INF, Intervals

MOST = 10_000_000  # conditions and branches, times cells
DEPTH = 32  # ops between a where and one behind it
SHARED = 8  # wheres of a nest that are used outside it, too, and are nests of their own

_OWN = "the derivative is that of the branch that holds there alone, not a limit"
_PERHAPS = "the derivative may be that of a branch that holds there alone, not a limit"
_TOLD: dict[Any, str] = {
    None: _OWN,
    True: "the derivative is the limit from beside it, which SymPy found",
    False: f"{_OWN}: SymPy was stopped while it looked for one",
}

Users = Mapping[int, list[tuple[Instr, int]]]  # of a value: who has it, as which operand


class Compared(NamedTuple):
    """A comparison: whether way*(left - right) is so to way*mark; a right of None is 0."""

    left: Instr
    right: Instr | None
    mark: float
    way: int


class Alone(NamedTuple):
    """Pairs of values, or of a value and a number, that are equal where a branch holds alone.

    ``branch`` is None, and so is ``where``, if there were too many cells to find out.
    """

    pins: tuple[tuple[Instr, Instr | float], ...]
    branch: Instr | None
    where: Instr | None


@dataclass
class NumberLine:
    """A value, or the difference of two, its marks, and the places that it may have.

    Place 2*k + 1 is mark k, and the even ones lie between.  ``beside`` tells, of the indices of
    places at a mark, those of the places next to it.
    """

    left: Instr
    right: Instr | None = None
    marks: list[float] = field(default_factory=list)
    places: Any = field(default_factory=lambda: np.array([0, 1]))
    beside: dict[int, tuple[int, int]] = field(default_factory=dict)
    place_of: dict[float, int] = field(default_factory=dict)

    def settle(self, intervals: Intervals) -> None:
        """Sorts the marks and finds the places."""
        low, high = intervals.of(self.left)
        if self.right is not None:
            under, over = intervals.of(self.right)
            low, high = _sign(low, over), _sign(high, under)
        self.marks = sorted(set(self.marks))
        self.place_of = {mark: 2 * k + 1 for k, mark in enumerate(self.marks)}
        ends = [-INF, *(m for mark in self.marks for m in (mark, mark)), INF]
        there = [
            place
            for place, (a, b) in enumerate(pairwise(ends))
            if ((a < high and b > low) if a < b else low <= a <= high)
        ]
        self.places = np.array(there, np.int64)
        index = {place: k for k, place in enumerate(there)}
        for place, k in index.items():
            near = [index[p] for p in (place - 1, place + 1) if p in index]
            if place % 2 and near:
                self.beside[k] = near[0], near[-1]

    def around(self) -> Any:
        """The indices below, and those above, of places at marks; of others, their own."""
        return np.array([self.beside.get(k, (k, k)) for k in range(len(self.places))]).T


class Nest:
    """A where, those that are its branches, and the conditions under which it is used at all."""

    def __init__(
        self,
        root: Instr,
        guards: Iterable[tuple[Instr, bool]],
        known: Intervals,
        roots: Container[int] = (),
    ) -> None:
        self.root = root
        self.guards = list(guards)
        self.order = list(_ordered([root, *(condition for condition, _ in self.guards)], roots))
        self.compared: dict[int, tuple[NumberLine, Compared]] = {}
        self.opaque: dict[int, NumberLine] = {}
        self.lines: dict[tuple[int, int], NumberLine] = {}
        for x in self.order:
            if not _is_choice(x) and not _is_logic(x):
                self._place(x)
        for line in self.lines.values():
            line.settle(known)
        self.axes = [*self.lines.values(), *self.opaque.values()]
        self.shape = tuple(len(line.places) for line in self.axes)

    def _place(self, x: Instr) -> None:
        """Puts a condition on its line."""
        compared = _compared(x)
        if compared is None:
            self.opaque[id(x)] = NumberLine(x)
            return
        left, right, mark, way = compared
        key = id(left), id(right)
        if key[::-1] in self.lines and right is not None:
            left, right, way, key = right, left, -way, key[::-1]
        line = self.lines.setdefault(key, NumberLine(left, right))
        if math.isfinite(mark):
            line.marks.append(mark)
        self.compared[id(x)] = line, Compared(left, right, mark, way)

    def alone(self) -> list[Alone]:
        """The cells that hold alone, each with as few pins as will do."""
        if self._is_plain():
            return []
        if math.prod(self.shape) * len(self.order) > MOST:
            return list(self._suspected())
        taken, leaves = self._branches()
        ways, found = [line.around() for line in self.axes], []
        for number, (leaf, where) in enumerate(leaves):
            if leaf.is_constant and not math.isfinite(leaf["value"]):
                continue  # there is no derivative to tell of
            around = own = taken == number
            for axis, sides in enumerate(ways):
                around = np.any([around.take(way, axis) for way in sides], axis=0)
            if leaf.op.name == "continued":  # SymPy knows that there is nothing on the other side
                around = np.zeros_like(own)
            least: list[frozenset[tuple[int, int]]] = []
            for cell in sorted(np.argwhere(own & ~around).tolist(), key=self._pins_in):
                pins = frozenset(self._pins(cell))
                if pins and not any(fewer <= pins for fewer in least):
                    least.append(pins)
            found += [Alone(self._told(pins), leaf, where) for pins in least]
        return found

    def _is_plain(self) -> bool:
        """True if there is but one choice, by an inequality that may go either way."""
        parts = (*self.order, *self.root.operands)
        return (
            len(self.order) == 2
            and not any(is_equality(x) or x.op.name == "continued" for x in parts)
            and all(low < high for line in self.axes for low, high in line.beside.values())
        )

    def _suspected(self) -> Iterator[Alone]:
        """Each equality, where there are too many cells."""
        for x in self.order:
            if id(x) in self.compared and is_equality(x):
                left, right, mark, _ = self.compared[id(x)][1]
                yield Alone(((left, mark if right is None else right),), None, None)

    def _pins(self, cell: list[int]) -> list[tuple[int, int]]:
        return [(i, k) for i, k in enumerate(cell) if k in self.axes[i].beside]

    def _pins_in(self, cell: list[int]) -> int:
        return len(self._pins(cell))

    def _told(self, pins: Iterable[tuple[int, int]]) -> tuple[tuple[Instr, Instr | float], ...]:
        lines = [(self.axes[i], k) for i, k in sorted(pins)]
        return tuple(
            (line.left, line.marks[line.places[k] // 2] if line.right is None else line.right)
            for line, k in lines
        )

    def _branches(self) -> tuple[Any, list[tuple[Instr, Instr]]]:
        """The number of the branch in each cell, -1 where the nest is not used; the branches."""
        values: dict[int, Any] = {}
        leaves: dict[Any, tuple[int, Instr, Instr]] = {}
        for x in self.order:
            if _is_choice(x):
                for branch in x.operands[1:]:
                    if not _is_choice(branch) or id(branch) not in values:
                        key = ("", branch["value"]) if branch.is_constant else id(branch)
                        number, *_ = leaves.setdefault(key, (len(leaves), branch, x))
                        values[id(branch)] = np.int64(number)
                values[id(x)] = np.where(*(values[id(operand)] for operand in x.operands))
            elif _is_logic(x):
                values[id(x)] = x.op.evaluate(*(values[id(operand)] for operand in x.operands))
            else:
                values[id(x)] = self._condition(x)
        used = np.ones(self.shape, bool)
        for condition, holds in self.guards:
            used = used & (values[id(condition)] == holds)
        taken = np.where(used, values[id(self.root)], -1)
        return np.broadcast_to(taken, self.shape), [(leaf, x) for _, leaf, x in leaves.values()]

    def _condition(self, x: Instr) -> Any:
        """A comparison, or a condition that nothing is known of, in all cells."""
        line, compared = self.compared.get(id(x), (self.opaque.get(id(x)), None))
        axis = next(i for i, own in enumerate(self.axes) if own is line)
        places = self.axes[axis].places
        if compared is None:
            along = places == 1
        else:
            mark = compared.mark
            at = self.axes[axis].place_of[mark] if math.isfinite(mark) else mark
            along = x.op.evaluate(compared.way * np.sign(places - at), 0.0)
        return along.reshape([-1 if i == axis else 1 for i in range(len(self.axes))])


def lone_branches(f: Function, wrt: Sequence[Instr]) -> tuple[str, ...]:
    """A note for each such branch that depends on the parameters ``wrt``."""
    moving = set(wrt)
    for x in f.body:
        if x.type.is_float and not moving.isdisjoint(x.operands):
            moving.add(x)
    said: dict[str, None] = {}

    def asked(x: Instr) -> bool:
        return x in moving and not any(origin.derived for origin in x.origins)

    for nest in nests(f, asked):
        for pins, branch, where in nest.alone():
            if not moving.isdisjoint(x for pin in pins for x in pin if isinstance(x, Instr)):
                at = " and ".join(f"{_called(a)} = {_called(b)}" for a, b in pins)
                said[f"Where {at} {_told(branch)}{_line(where or nest.root)}"] = None
    return tuple(said)


def _told(branch: Instr | None) -> str:
    if branch is None:
        return _PERHAPS
    return _TOLD[branch["found"] if branch.op.name == "continued" else None]


def _called(x: Instr | float) -> str:
    if not isinstance(x, Instr):
        return str(x)
    if x.op.name == "negative":
        return f"-{_called(x.operands[0])}"
    return str(x["value"]) if x.is_constant else x.hint or f"a value ({x.op.name})"


def _line(x: Instr) -> str:
    return f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""


def nests(f: Function, asked: Callable[[Instr], bool] = lambda x: True) -> Iterator[Nest]:
    """The nests of wheres of floats in a function, of those that are asked for."""
    if not any(_is_choice(x) and asked(x) for x in f.body):
        return
    users: dict[int, list[tuple[Instr, int]]] = {}
    for x in f.body:
        for k, operand in enumerate(x.operands):
            users.setdefault(id(operand), []).append((x, k))
    results, known, roots = {id(x) for x in f.results}, Intervals(), set[int]()
    for x in f.body:
        inner = all(_is_choice(user) and k for user, k in users.get(id(x), []))
        outer = not inner or id(x) in results or id(x) not in users
        if _is_choice(x) and outer and asked(x):
            yield Nest(x, _guards(x, users, results), known, roots)
            roots.add(id(x))


def _guards(x: Instr, users: Users, results: set[int]) -> Iterator[tuple[Instr, bool]]:
    """The conditions of the wheres behind a value that nothing else is made of."""
    for _ in range(DEPTH):
        if id(x) in results or len(users.get(id(x), ())) != 1:
            return
        ((user, k),) = users[id(x)]
        if user.op.partials is None and not _is_choice(user):
            return
        if _is_choice(user):
            if not k:
                return
            yield user.operands[0], k == 1
        x = user


def _is_choice(x: Instr) -> bool:
    return x.op.name == "where" and x.type.is_float


def is_equality(x: Instr) -> bool:
    """True if it compares, and is the same on both sides of the tie: ``==`` and ``!=``."""
    if "comparison" not in x.op.traits or not x.operands[0].type.is_float:
        return False
    return bool(x.op.evaluate(1.0, 0.0) == x.op.evaluate(-1.0, 0.0))


def _is_logic(x: Instr) -> bool:
    of_truths = all(o.type.dtype == "bool" for o in x.operands)
    return of_truths and ("condition" in x.op.traits or x.op.name == "where")


def _ordered(roots: Iterable[Instr], others: Container[int]) -> Iterator[Instr]:
    """The wheres and conditions under some, operands first; few that are roots of others."""
    seen, shared = set[int](), set[int]()
    stack = [(root, False) for root in roots]

    def entered(x: Instr) -> bool:
        if id(x) in others and len(shared) < SHARED:
            shared.add(id(x))
        return _is_choice(x) and (id(x) not in others or id(x) in shared)

    while stack:
        x, ready = stack.pop()
        if ready:
            yield x
        elif id(x) not in seen:
            seen.add(id(x))
            stack.append((x, True))
            if _is_choice(x):
                condition, *branches = x.operands
                stack += [
                    (o, False)
                    for o in (*branches[::-1], condition)
                    if o.type.dtype == "bool" or entered(o)
                ]
            elif _is_logic(x):
                stack += [(o, False) for o in x.operands[::-1]]


def _compared(x: Instr) -> Compared | None:
    """A comparison of floats, signs and differences taken apart; None for other conditions."""
    if "comparison" not in x.op.traits or not x.operands[0].type.is_float:
        return None
    (a, b), way = x.operands, 1
    if _number(a) is not None:
        a, b, way = b, a, -1
    mark = _number(b)
    while mark is not None and not math.isnan(mark):
        difference = _difference(a) if mark == 0.0 else None
        if a.op.name == "negative":
            a, mark, way = a.operands[0], -mark, -way
        elif difference is None:
            return Compared(a, None, mark + 0.0, way)
        else:
            a, b = difference
            if _number(a) is not None:
                a, b, way = b, a, -way
            mark = _number(b)
    return None if mark is not None else Compared(a, b, 0.0, way)


def _difference(x: Instr) -> tuple[Instr, Instr] | None:
    """The a and b of a - b."""
    if x.op.name == "subtract":
        return x.operands[0], x.operands[1]
    if x.op.name == "add":
        for a, b in (x.operands, x.operands[::-1]):
            if b.op.name == "negative":
                return a, b.operands[0]
    return None


def _number(x: Instr) -> float | None:
    return x["value"] if x.is_constant and isinstance(x["value"], float) else None


def _sign(a: float, b: float) -> float:
    return float((a > b) - (a < b))
