"""Where a claimed gradient is looked at: at points that are drawn, along lines, at branches.

Each line runs through a point along one argument, from -1000 to 1000, and past the thresholds of
the loss.  Where a comparison on the way of the loss or of the claim comes out otherwise at the next
point, the place is found by bisection, and looked at from both sides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any

import numpy as np

from symgrad.compiler.claims import DOUBLE, Claim, Displaced, Point, Problem
from symgrad.compiler.comparing import Comparison, compared, is_numeric, is_regular
from symgrad.compiler.thresholds import beside, displaced, is_equality, is_of_truths
from symgrad.errors import ArgumentError
from symgrad.ir.function import Instr

_SIZES = (0.001, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
_GRID = (*(-s for s in reversed(_SIZES)), 0.0, *_SIZES)
_LINES = {True: 6, False: 2}  # for formulas, and for functions, which may take long
_BRANCHES = 4  # between two points of a line
_HALVINGS = 60
_OPERATIONS = 60_000  # of the gradient, on its elements, that all lines may take
_PART = 6  # one in so many of them is for the thresholds of the loss
_BESIDE = [2.0**-18 * (k + 1) for k in range(12)]  # steps around a point where digits are few
_CLEAR = 2.0  # digits by which a difference is larger than what rounding makes

Line = tuple[str, tuple[int, ...]]  # an argument, and which element of it moves


class Survey:
    """What was seen of a claim so far.

    worst       in how few digits it agreed, and ``worst_at`` where that was
    rounded     whether it differed by the rounding of literals somewhere
    count       at how many points
    exceptions  in words, single points where it differs, and why that does not refute it
    left_out    points where a function was not compared, and why
    """

    def __init__(self, problem: Problem, claim: Claim) -> None:
        self.problem, self.claim = problem, claim
        self.worst, self.count, self.rounded = math.inf, 0, False
        self.worst_at: tuple[Point, Comparison] | None = None
        self.exceptions: list[str] = []
        self.left_out: list[tuple[str, Point]] = []
        self.norm = 0.0
        self._ways: list[set[Any]] = []
        self._of_loss: dict[Instr, list[set[Any]]] = {}

    @property
    def near(self) -> float:
        """How far from a point those next to it are."""
        return self.claim.precision.near

    def one_way(self) -> int:
        """How many comparisons of the claim came out alike at all points."""
        return sum(len(ways) == 1 for ways in self._ways)

    def one_way_of_loss(self) -> int:
        """How many comparisons of the loss did, but for what chooses by them, and equalities."""
        alike = {x for x, ways in self._of_loss.items() if any(len(way) == 1 for way in ways)}
        return sum(
            x in alike and not (is_of_truths(x) or is_equality(x)) for x in self.problem.loss.body
        )

    def drawn(self, points: Sequence[Point]) -> tuple[Point, Comparison] | None:
        """Looks at points; the first one that refutes the claim."""
        for point in points:
            found = compared(self.problem, self.claim, point)
            if found is not None:
                self.norm = max(self.norm, abs(float(found.expected)))
                if not self._taken(point, found) and not self._is_lost(point, found):
                    return point, found
        return None

    def apart(
        self, points: Iterable[tuple[str, Point]], fixed: Mapping[str, Any]
    ) -> tuple[Point, Comparison] | None:
        """Looks at points far from those; the first one that refutes the claim."""
        free = {p.hint for p in self.problem.loss.parameters if p.type.is_float} - set(fixed)
        for where, point in points:
            found = self._looked(point)
            sides = [displaced(point, free, step) for step in (-self.near, self.near)]
            if found is not None and not self._accepted(where, point, found, sides, lone=True):
                return point, found
        return None

    def along_lines(
        self, base: Point, fixed: Mapping[str, Any], levels: Sequence[float]
    ) -> tuple[Point, Comparison] | None:
        """Looks along lines through a point; the first point there that refutes the claim."""
        lines = list(islice(_lines(self.problem, base, fixed), _LINES[self.claim.exact]))
        size = len(self.problem.gradient.body) * max(np.size(v) for v in base.values())
        left = max(len(_GRID), _OPERATIONS // max(size, 1))
        spare = left // _PART
        for line in lines:
            if left <= 0:
                break
            seen: list[tuple[float, Comparison]] = []
            more = beside(levels)[:spare]
            left, spare = left - len(_GRID), spare - len(more)
            for t in sorted({*_GRID, *more}):
                found = self._looked(_moved(base, line, t))
                if found is not None:
                    seen.append((t, found))
                    if not self._accepted_on(base, line, t, found):
                        return _moved(base, line, t), found
            for (low, a), (high, b) in pairwise(seen):
                for k in _differing(a, b)[:_BRANCHES]:
                    left -= _HALVINGS
                    for t in self._edge(base, line, k, (low, a), high) if left > 0 else ():
                        found = self._looked(_moved(base, line, t))
                        if found is not None and not self._accepted_on(base, line, t, found):
                            return _moved(base, line, t), found
        return None

    def _looked(self, point: Point) -> Comparison | None:
        """The comparison far out, where a function may give out without being wrong."""
        try:
            with np.errstate(all="ignore"):
                found = compared(self.problem, self.claim, point, self.norm)
        except ArgumentError as error:
            if not is_numeric(error):
                raise
            self.left_out.append(("no finite number", point))
            return None
        if found is not None and not found.finite and not self.claim.exact:
            self.left_out.append(("no finite number", point))
            return None
        return found

    def is_regular(self, point: Point, found: Comparison) -> bool:
        """Whether a component is off alike at points next to one, as rounding is not."""
        floats = {p.hint for p in self.problem.loss.parameters if p.type.is_float}
        points = [displaced(point, floats, sign * s) for s in _BESIDE for sign in (1.0, -1.0)]
        return is_regular(self.problem, self.claim, points, found)

    def _taken(self, point: Point, found: Comparison) -> bool:
        """Takes note of a comparison that does not refute the claim."""
        if not found.is_bearable(self.claim):
            return False
        self.count += 1
        if found.digits < self.worst:
            self.worst, self.worst_at = found.digits, (point, found)
        self.rounded |= found.rounded
        if len(self._ways) < len(found.claim):
            self._ways = [set() for _ in found.claim]
        for ways, way in zip(self._ways, found.claim, strict=False):
            ways.add(way)
        for x, seen in found.ways.items():
            before = self._of_loss.setdefault(x, [set() for _ in seen])
            for ways, own in zip(before, seen, strict=True):
                ways |= own
        return True

    def _accepted_on(self, base: Point, line: Line, t: float, found: Comparison) -> bool:
        step = self.near * max(1.0, abs(t))
        sides = [_moved(base, line, t + s) for s in (-step, step)]
        return self._accepted(
            f"at {element(*line)} = {t!r}", _moved(base, line, t), found, sides, lone=False
        )

    def _accepted(
        self, where: str, point: Point, found: Comparison, sides: Sequence[Point], *, lone: bool
    ) -> bool:
        """Whether a point is right, or is single: a kink, or a gap of the claim.

        sides   points next to it
        lone    whether it counts as a kink where no comparison shows one, as at equal elements
        """
        if self._is_lost(point, found):
            self.left_out.append((f"{self.claim.precision.name} holds too few digits", point))
            return True
        if self._taken(point, found):
            return True
        there = [s for s in map(self._looked, sides) if s is not None]
        if not there or not all(s.is_bearable(self.claim) for s in there):
            return False
        is_kink = lone or any(s.loss != found.loss for s in there)
        if found.finite and not is_kink and len(there) == 2:
            return False
        if is_kink and self.claim.precision != DOUBLE:
            name = self.claim.precision.name
            self.left_out.append((f"{name} rounds to the other side of a kink", point))
            return True
        told = self._told(where, found, is_kink)
        self.exceptions += [told] if told not in self.exceptions else []
        return True

    def _is_lost(self, point: Point, found: Comparison) -> bool:
        """Whether a function differs no more than the gradient moves by rounding the arguments."""
        judged = self.claim.exact or self.claim.rtol is not None
        if judged or not found.finite or found.digits >= self.claim.enough:
            return False
        floats = {p.hint for p in self.problem.loss.parameters if p.type.is_float}
        for step in (-self.claim.precision.step, self.claim.precision.step):
            moved = Displaced(self.problem, displaced(point, floats, step))
            other = compared(self.problem, moved, point, self.norm)
            if other is not None and other.loss == other.claim:  # not past a kink
                return found.digits > other.digits - _CLEAR
        return False

    def _told(self, where: str, found: Comparison, is_kink: bool) -> str:
        i, index = found.place
        component = element(f"d_{self.problem.names[self.problem.wrt[i]]}", index)
        if not found.finite:
            return f"{where}, where the claim has no value"
        what = "a kink" if is_kink else "the edge of the domain"
        return (
            f"{where}, {what}, where {component} is {float(found.expected)!r} by convention, "
            f"claimed {float(found.claimed)!r}"
        )

    def _edge(
        self, base: Point, line: Line, k: int, below: tuple[float, Comparison], high: float
    ) -> tuple[float, ...]:
        """The two points between which one comparison comes out otherwise, next to each other."""
        low, way = below[0], _ways(below[1])[k]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            found = self._looked(_moved(base, line, middle))
            if found is None:
                return ()
            if _ways(found)[k] == way:
                low = middle
            else:
                high = middle
        return low, high


def element(name: str, index: tuple[int, ...]) -> str:
    """How an element of an argument is written."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _ways(found: Comparison) -> tuple[Any, ...]:
    return (*found.claim, *found.loss)


def _differing(a: Comparison, b: Comparison) -> list[int]:
    """Which decisions came out otherwise."""
    pairs = enumerate(zip(_ways(a), _ways(b), strict=False))
    return [k for k, (x, y) in pairs if x != y]


def _lines(problem: Problem, base: Point, fixed: Mapping[str, Any]) -> Iterator[Line]:
    """The first element of each argument, then the second of each, and so on."""
    free = [
        list(np.ndindex(np.shape(base[p.hint])))
        for p in problem.loss.parameters
        if p.type.is_float and p.hint not in fixed
    ]
    names = [p.hint for p in problem.loss.parameters if p.type.is_float and p.hint not in fixed]
    for i in range(max(map(len, free), default=0)):
        for name, places in zip(names, free, strict=True):
            if i < len(places):
                yield name, places[i]


def _moved(base: Point, line: Line, t: float) -> Point:
    """The point with one element set."""
    name, index = line
    value = np.array(base[name])
    value[index] = t
    return {**base, name: value}
