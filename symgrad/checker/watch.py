"""Which ways the comparisons of a text went, by their places: a line may compare twice.

>>> watch = Watch("<a text>")
>>> exec(compile("watch.met(True)", "<a text>", "exec"))
>>> watch.one_sided()
(1,)
>>> both = Watch("<a text>")
>>> exec(compile("both.met(False)", "<a text>", "exec"))
>>> both.add(watch)
>>> both.one_sided()
()
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Any

import numpy as np

from symgrad.checker import functions

Place = tuple[int, int, tuple[Any, ...]]
FUNCTIONS, LARGEST = functions.__file__, functions.largest.__code__
FEW = 4  # numbers, among which each comparison of a largest is a place of its own


class Watch:
    """What was seen while a text ran.

    sides   of differences of numbers: 1, 0, -1
    gaps    the first difference at each place
    others  of comparisons that stand in the text, tests for infinities, whole parts: what came out
    """

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.sides: dict[Place, set[Any]] = defaultdict(set)
        self.others: dict[Place, set[Any]] = defaultdict(set)
        self.gaps: dict[Place, Any] = {}

    def went(self, side: int, gap: Any) -> int:
        place = self.place()
        self.sides[place].add(side)
        self.gaps.setdefault(place, gap)
        return side

    def met(self, outcome: Any) -> None:
        self.others[self.place()] |= set(np.asarray(outcome).flat)

    def add(self, other: Watch) -> None:
        for known, new in ((self.sides, other.sides), (self.others, other.others)):
            for place, seen in new.items():
                known[place] |= seen

    def is_unsure(self) -> bool:
        """Whether more samples may show another side of some difference."""
        return any(place[0] and len(self.ways(place)) < 2 for place in self.sides)

    def ways(self, place: Place) -> set[Any]:
        """What came out; of a difference in a function of the checker, on which sides it was."""
        return self.others.get(place) or self.sides[place] - {0}

    def one_sided(self) -> tuple[int, ...]:
        """The lines in which something came out one way alone."""
        places = [*self.sides, *self.others]
        return tuple(sorted({p[0] for p in places if p[0] and len(self.ways(p)) < 2}))

    def untied(self) -> tuple[int, ...]:
        """The lines in which some two numbers were compared, and never equal."""
        found = {line for (line, *_), ways in self.sides.items() if line and 0 not in ways}
        return tuple(sorted(found))

    def crossed(self) -> list[Place]:
        """Where some two numbers were compared, each the larger at times."""
        return [place for place, ways in self.sides.items() if place[0] and {1, -1} <= ways]

    def place(self) -> Place:
        """The line at which the text is running, the instruction, and where in the checker's own
        functions the comparison stands; zeros where no text is running."""
        frame: Any = sys._getframe()
        inner: list[Any] = []
        while frame is not None and frame.f_code.co_filename != self.filename:
            if frame.f_code.co_filename == FUNCTIONS:
                inner.append(frame.f_code.co_name)
                if frame.f_code is LARGEST and len(frame.f_locals["xs"]) <= FEW:
                    inner.append(frame.f_locals["i"])
            frame = frame.f_back
        if frame is None:
            return 0, 0, ()
        return int(frame.f_lineno), frame.f_lasti, tuple(inner)
