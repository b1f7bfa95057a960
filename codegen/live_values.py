"""The names that lines read and write, and how many of them are alive at each place.

>>> sorted(read_names("np.sum(x*w.T, axis=0) + einsum('ij', k)"))
['einsum', 'k', 'np', 'w', 'x']
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from symgrad.codegen.line_breaks import INDENT
from symgrad.codegen.printer import WIDTH
from symgrad.codegen.sections import Line

# A text in quotes, or a name: no attribute, and no keyword of a call.
NAME = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.])[A-Za-z_]\w*(?!\w)(?!\s*=[^=])")
_PLACE = re.compile(r"\w+")


class LiveLine(NamedTuple):
    """A line with its rows, what they read and write, and how many lines of text they take."""

    line: Line
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    height: int

    @property
    def name(self) -> str:
        """What it writes, or the first of that."""
        return self.writes[0]


def read_names(text: str) -> dict[str, None]:
    """The names that an expression reads, in their order."""
    return {name: None for name in NAME.findall(text) if name[0] not in "\"'"}


def items_of(lines: Iterable[Line], known: set[str]) -> list[LiveLine]:
    """The lines as items; ``known`` are the variables so far, to which theirs are added."""
    found = []
    for line in lines:
        own = tuple([_stored(name) for _, name in line.values])
        reads = read_names(line.text)
        height = height_of(line.place, line.text)
        for row in line.rows:
            reads.update(read_names(f"{row.name} + {row.text}"))
            height += height_of(row.name, row.text) + (row.each is not None)
            if row.each:
                reads.update(read_names(row.each[1]))
        known_reads = tuple([name for name in reads if name in known and name not in own])
        found.append(LiveLine(line, known_reads, own, height))
        known.update(own)
    return found


def _stored(place: str) -> str:
    matched = _PLACE.match(place)
    return matched[0] if matched else place


def height_of(name: str, text: str) -> int:
    """About how many lines an assignment takes, which breaks at the width."""
    width = len(INDENT) + len(name) + 3 + len(text)
    return 1 if width <= WIDTH else 2 + -(-len(text) // (WIDTH - 12))


class LiveLines:
    """Consecutive items: their heights, and the names that pass between them."""

    def __init__(self, items: Sequence[LiveLine]) -> None:
        self.items = items
        self.tops = [0, *accumulate(item.height for item in items)]
        self.alive = self.counted()

    def counted(self) -> list[int]:
        """For each place between items, how many names are written before and read behind it."""
        made: dict[str, int] = {}
        last: dict[str, int] = {}
        for i, item in enumerate(self.items):
            last.update((name, i) for name in item.reads if name in made)
            for name in item.writes:
                made.setdefault(name, i)
        change = [0] * (len(self.items) + 2)
        for name, i in last.items():
            change[made[name] + 1] += 1
            change[i + 1] -= 1
        return [*accumulate(change)]

    def height(self, start: int, stop: int) -> int:
        """How many lines of text some items take."""
        return self.tops[stop] - self.tops[start]

    def quietest(self, places: Collection[int]) -> int:
        """The first of the places that fewest names pass."""
        return min(places, key=lambda i: self.alive[i])

    def even(self, start: int, stop: int, least: int, most: int) -> list[int]:
        """Where to cut, where nothing else says so: at quiet places, pages of like height."""
        cuts = []
        while self.height(start, stop) > most and start + 1 < stop:
            pages = -(-self.height(start, stop) // most)
            wanted = self.height(start, stop) / pages
            near = []
            for i in range(start + 1, stop):
                tall = self.height(start, i)
                if tall > most:
                    break
                if tall >= min(least, wanted):
                    near.append(i)
            start = self.quietest(near[::-1] or [start + 1])
            cuts.append(start)
        return cuts
