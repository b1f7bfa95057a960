r"""A record of the comparisons of a text: their outcomes, and whether results depend on them.

A *place* is one comparison: its line, the instruction, and where in the checker's own functions it
stands.  The difference of the two numbers has a *side*: 1, -1, or 0 where they tie.  A text that
runs again with one side of a place *taken* for another shows whether its results depend on it: on
an empty array, or among elements that nobody reads, both ways give the same.

>>> text = compile("side = watch.went(1, 0.5)", "<a text>", "exec")
>>> watch = Watch("<a text>")
>>> exec(text)
>>> side, watch.one_sided(), watch.untied(), watch.idle()
(1, (1,), (1,), (1,))
>>> watch.taken = (*watch.sides, 1, -1, None)
>>> exec(text)
>>> side, watch.one_sided()
(-1, (1,))
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from symgrad.checker import real_functions
from symgrad.errors import SymgradError

FUNCTIONS, LARGEST = real_functions.__file__, real_functions.largest.__code__
FEW = 4  # numbers, among which each comparison of a largest is a place of its own
SIDES = (1, -1, 0)
PLAIN = 24  # differences at a place that is settled, after which more of them show little


class Place(NamedTuple):
    """line is 0 where no text is running; inner names the checker's functions, innermost first."""

    line: int
    instruction: tuple[str, int]
    inner: tuple[Any, ...]

    def jumps(self) -> bool:
        """True if the choice matters at a tie: a maximum is the same number whichever it takes."""
        return not self.inner or self.inner[-1] in real_functions.JUMPS


class Enough(SymgradError):
    """All that is asked for was seen."""


class Watch:
    """A record of the comparisons that ran.

    sides   of differences of numbers; whether results were seen to depend on which it was
    others  of comparisons that stand in the text, tests for infinities, whole parts: what came out
    gaps    the first difference at each place, or every one
    seen    how many there were
    ran     which parts of the text
    taken   a place, one of its sides, another one that is taken for it, and there which comparison
            alone; nothing is recorded meanwhile
    enough  a place, and after how many differences there the rest of the text is left out
    """

    def __init__(self, filename: str, every: bool = False) -> None:
        self.filename, self.every = filename, every
        self.sides: dict[Place, dict[int, bool]] = defaultdict(dict)
        self.others: dict[Place, set[Any]] = defaultdict(set)
        self.gaps: dict[Place, list[Any]] = defaultdict(list)
        self.seen = Counter[Place]()
        self.ran: set[Any] = set()
        self.taken: tuple[Place, int, int, int | None] | None = None
        self.enough: tuple[Place, int] | None = None
        self.count = 0

    def went(self, side: int, gap: Any, count: int = 1) -> int:
        """The side, of one difference or of many, or another one that is taken for it."""
        place = self.place()
        if self.taken is not None:
            at, old, new, which = self.taken
            if place != at:
                return side
            self.count += 1
            return new if side == old and which in (None, self.count - 1) else side
        self.sides[place].setdefault(side, False)
        self.seen[place] += count
        self.differs(place, gap)
        return side

    def differs(self, place: Place, gap: Any) -> None:
        """Keeps a difference.  Raises Enough."""
        if self.every or place not in self.gaps:
            self.gaps[place].append(gap)
            if self.enough == (place, len(self.gaps[place])):
                raise Enough("that was the last difference that is asked for")

    def counts(self) -> bool:
        """True if it is to be told of each difference, and not of the first on each side alone."""
        return self.every or (self.taken is not None and self.taken[3] is not None)

    def divided(self, by: Any) -> None:
        """A pole of the text is where this ties with 0, which has no sides."""
        place = self.place()
        if place.line and not place.inner and self.taken is None:
            self.differs(place._replace(inner=("/",)), by)

    def met(self, outcome: Any) -> None:
        if self.taken is None:
            found = {outcome} if isinstance(outcome, bool) else set(np.asarray(outcome).flat)
            self.others[self.place()] |= found

    def passed(self, part: Any) -> None:
        if self.taken is None:
            self.ran.add(part)

    def add(self, other: Watch) -> None:
        for place, ways in other.others.items():
            self.others[place] |= ways
        for place, sides in other.sides.items():
            for side, told in sides.items():
                self.sides[place][side] = told or self.sides[place].get(side, False)
        self.ran |= other.ran
        self.seen += other.seen
        for place, gaps in other.gaps.items():
            self.gaps.setdefault(place, gaps)

    def compares(self) -> bool:
        """True if anything was compared, or tested."""
        return bool(self.sides or self.others)

    def is_unsure(self) -> bool:
        """True if more samples may show another side of some difference."""
        return any(place.line and len(self.ways(place)) < 2 for place in self.sides)

    def ways(self, place: Place) -> set[Any]:
        """The outcomes; of a difference in a function of the checker, its sides."""
        return self.others.get(place) or {*self.sides.get(place, ())} - {0}

    def is_settled(self, place: Place) -> bool:
        """True if results depend on every side, a tie among them, and it came out both ways.  If
        the choice does not jump, nothing hangs on the tie alone, nor on its place."""
        sides = self.sides.get(place, {})
        told = all(found for side, found in sides.items() if side or place.jumps())
        return len(self.ways(place)) > 1 and 0 in sides and told

    def is_plain(self) -> bool:
        """True if every comparison of numbers is settled, by more than a few of them, and every
        test came out both ways."""
        places = [place for place in self.sides if place.line]
        both = all(len(outcomes) > 1 for place, outcomes in self.others.items() if place.line)
        return both and all(self.is_settled(p) and self.seen[p] >= PLAIN for p in places)

    def one_sided(self) -> tuple[int, ...]:
        """The lines in which something came out one way alone."""
        return _lines(p for p in (*self.sides, *self.others) if len(self.ways(p)) < 2)

    def untied(self) -> tuple[int, ...]:
        """The lines in which some two numbers were compared, and never equal, as would matter."""
        return _lines(p for p, sides in self.sides.items() if p.jumps() and 0 not in sides)

    def idle(self) -> tuple[int, ...]:
        """The lines in which some two numbers were compared, and on a side on which they were no
        result depended on it."""
        return _lines(p for p, s in self.sides.items() if not all(s[k] for k in s if k))

    def loose(self) -> tuple[int, ...]:
        """The lines in which some two numbers were equal, and no result depended on it, though one
        might have."""
        return _lines(p for p, sides in self.sides.items() if p.jumps() and not sides.get(0, True))

    def place(self) -> Place:
        """The place at which the text runs, and the checker's own functions on the way there."""
        frame: Any = sys._getframe()
        inner: list[Any] = []
        while frame is not None and frame.f_code.co_filename != self.filename:
            code = frame.f_code
            if code.co_filename == FUNCTIONS:
                inner.append(real_functions.NAMES.get(code, code.co_name))
                if code is LARGEST and len(frame.f_locals["xs"]) <= FEW:
                    inner.append(frame.f_locals["i"])
            frame = frame.f_back
        if frame is None:
            return Place(0, ("", 0), ())
        return Place(int(frame.f_lineno), (frame.f_code.co_name, frame.f_lasti), tuple(inner))


def _lines(places: Iterable[Place]) -> tuple[int, ...]:
    return tuple(sorted({p.line for p in places if p.line}))
