"""Where the user's program falls into rounds: calls of a function, or turns of a loop.

A line knows the instruction of the user's that made its value: a place in a function.  Where lines
of one function go back to an earlier place, a loop has begun another turn, if both places are in
one, or else the function was called again.  Of all such beginnings those are taken that cut the
lines into the largest parts which fit a page; the exact place is the one nearby that fewest values
pass, so that a call of a helper right before or behind falls on the right side.

Lines of gradients go back through the same rounds: the derivative by a value belongs where the
value was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from symgrad.codegen.live_values import LiveLine, LiveLines
from symgrad.frontend.source.loops import UserLoop, function_around, loop_around
from symgrad.frontend.source.origin import PATHS, SitedOrigin
from symgrad.ir.function import Instr

PAGE = 100  # lines that a page may have
_ENOUGH = 0.6  # of the lines that some rounds cover
_WIDE = 16  # values that one line reads
_PHASES = 8  # that a program goes through, each with rounds of its own


CALL, TURN, PART = "call", "turn", "part"


class Stretch(NamedTuple):
    """Items from ``start`` to ``stop``: ``first`` to ``last`` of the calls, the turns or just the
    parts of what is called ``word``.

    place  where these stand in the user's file
    part   a number, where a call or a turn is too long for one page
    """

    start: int
    stop: int
    word: str = ""
    first: int = 0
    last: int = 0
    place: str = ""
    kind: str = PART
    part: int = 0


class MadeAt(NamedTuple):
    """The user's instruction that made a value."""

    scope: int
    at: int
    line: int
    path: str
    function: str
    start: int


def site_of(x: Instr) -> MadeAt | None:
    """The place of a value in the user's program, None where it is not known."""
    for o in x.origins:
        if isinstance(o, SitedOrigin) and o.site is not None:
            code, at = o.site
            return MadeAt(id(code), at, o.line, code.co_filename, code.co_name, code.co_firstlineno)
    return None


@dataclass
class Rounds:
    """The rounds of one function, or of one loop in it: between which items each may begin."""

    site: MadeAt
    loop: UserLoop | None
    first: int
    last: int = 0
    zones: list[tuple[int, int]] = field(default_factory=list)

    @property
    def word(self) -> str:
        """The function's name, or what a turn of the loop goes over."""
        name = self.site.function
        if not name.isidentifier():
            name = function_around(self.site.path, self.site.line)
        name = name.strip("_")
        if self.loop is None:
            return name or "part"
        return self.loop.item or (f"{name}_turn" if name else "turn")

    @property
    def place(self) -> str:
        file = next((f for f, path in PATHS.items() if path == self.site.path), "")
        return f"{file}:{self.loop.start if self.loop else self.site.start}" if file else ""


def all_rounds(items: Sequence[LiveLine], start: int, stop: int) -> list[Rounds]:
    """The rounds of every function and loop that some items come from."""
    found: dict[tuple[int, UserLoop | None], Rounds] = {}
    before: dict[int, tuple[int, MadeAt]] = {}
    ends: dict[int, tuple[int, int]] = {}
    several: set[int] = set()  # functions that make more than one value in a round
    for i in range(start, stop):
        site = site_of(items[i].line.x) if len(items[i].reads) <= _WIDE else None
        if site is None:  # or a sum over all rounds, which stands anywhere
            continue
        j, earlier = before.get(site.scope, (i, site))
        before[site.scope] = i, site
        ends[site.scope] = ends.get(site.scope, (i, i))[0], i
        same = site.at == earlier.at and site.scope not in several
        if site.at > earlier.at or (same and items[j].line.x.op is not items[i].line.x.op):
            several.add(site.scope)
            continue
        loop = loop_around(site.path, site.line, earlier.line)
        if site.at < earlier.at or (same and j < i and loop):
            known = found.setdefault((site.scope, loop), Rounds(site, loop, i))
            known.zones.append((j + 1, i))
    for (scope, _), rounds in found.items():
        rounds.first, rounds.last = ends[scope]
    return [*found.values()]


def best(flow: LiveLines, start: int, stop: int, page: int) -> Rounds | None:
    """The rounds that cover most of the items, of these the largest that fit a page."""
    every = all_rounds(flow.items, start, stop)
    covered = {id(r): flow.height(r.first, r.last + 1) for r in every}
    most = max(covered.values(), default=0)
    wide = [r for r in every if covered[id(r)] >= _ENOUGH * most]

    def fitting(r: Rounds) -> tuple[bool, float]:
        mean = covered[id(r)] / (len(r.zones) + 1)
        return mean <= page, mean if mean <= page else -mean

    return max(wide, key=fitting, default=None)


def stretches(flow: LiveLines, page: int = PAGE) -> list[Stretch]:
    """The items cut into rounds, and what is before, between and behind them."""
    found: list[Stretch] = []
    waiting = [(0, len(flow.items), _PHASES)]
    while waiting:
        start, stop, left = waiting.pop()
        tall = 2 * flow.height(start, stop) > page
        chosen = best(flow, start, stop, page) if left and tall else None
        if chosen is None:
            found += [Stretch(start, stop)] if stop > start else []
            continue
        own = in_rounds(flow, chosen, start, stop)
        found += own
        waiting += [(start, own[0].start, left - 1), (own[-1].stop, stop, left - 1)]
    return sorted(found)


def in_rounds(flow: LiveLines, r: Rounds, start: int, stop: int) -> list[Stretch]:
    """The stretches of some rounds; a first and a last one end near their own lines."""
    inner = [flow.quietest(range(a, b + 1)) for a, b in r.zones]
    widths = sorted(b - a for a, b in pairwise(inner))
    width = widths[len(widths) // 2] if widths else stop - start
    spread = max(b - a for a, b in r.zones) + 1
    head = max(start, inner[0] - width) if inner[0] - width > start else start
    first = start if head == start else flow.quietest(range(head, r.first + 1) or [r.first])
    end = min(stop, r.last + 1 + spread)
    last = stop if stop - r.last <= spread + 1 else flow.quietest(range(r.last + 1, end + 1))
    cuts = [first, *inner, last]
    word, place, kind = r.word, r.place, CALL if r.loop is None else TURN
    return [
        Stretch(a, b, word, k + 1, k + 1, place, kind)
        for k, (a, b) in enumerate(pairwise(cuts))
        if b > a
    ]


class StretchOf:
    """The stretch that each value of the way forward was made in, and the first that reads it."""

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self.names: dict[int | str, str] = {}
        self.first: dict[str, int] = {}  # stretch that reads a value
        self.home: dict[str, int] = {}

    def add(self, items: Sequence[LiveLine], s: Stretch) -> None:
        number = len(self.stretches)
        self.stretches.append(s)
        for item in items:
            for name in item.reads:
                self.first.setdefault(name, number)
            for (x, _), name in zip(item.line.values, item.writes, strict=True):
                self.home[name] = number
                if x.role:
                    self.names[id(x.role.value)] = name
                if x.hint:
                    self.names[x.hint] = name

    def of(self, x: Instr) -> int | None:
        """The number of the stretch behind which, on the way back, the derivative ``x`` by a value
        is complete: the first that reads the value."""
        key = id(x.role.of.value) if x.role and x.role.of else x.hint[2:] if x.hint else ""
        name = self.names.get(key)
        return None if name is None else self.first.get(name, self.home[name])

    def backward(self, items: Sequence[LiveLine]) -> tuple[list[LiveLine], list[Stretch]]:
        """The items of gradients, sorted by the stretches that they go back through."""
        numbers = self.numbers(items)
        order = sorted(range(len(items)), key=lambda i: (-numbers[i], i))
        found: list[Stretch] = []
        for place, i in enumerate(order):
            own = self.stretches[numbers[i]]
            if place and numbers[order[place - 1]] == numbers[i]:
                found[-1] = found[-1]._replace(stop=place + 1)
            else:
                found.append(own._replace(start=place, stop=place + 1))
        return [items[i] for i in order], found

    def numbers(self, items: Sequence[LiveLine]) -> list[int]:
        """The stretch of each item: that of the derivative which it is, or is read for; none comes
        before what it reads."""
        own: list[int | None] = [self.of(item.line.x) for item in items]
        wanted: dict[str, int] = {}
        for i in range(len(items) - 1, -1, -1):
            number = own[i]
            if number is None:
                number = max([wanted[n] for n in items[i].writes if n in wanted], default=None)
            own[i] = number
            if number is not None:
                wanted.update((n, max(wanted.get(n, 0), number)) for n in items[i].reads)
        found: dict[str, int] = {}
        last = len(self.stretches) - 1
        for item, number in zip(items, own, strict=True):
            read = min([found[n] for n in item.reads if n in found], default=last)
            found.update(dict.fromkeys(item.writes, read if number is None else min(number, read)))
        return [found[item.name] for item in items]
