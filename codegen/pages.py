"""A long straight line as pages: functions with names, called in order.

What enters are the lines of one function under their headings, as ``sections`` arranges them; what
leaves are pages, and the sections of a function that reads as their table of contents::

    def step(q, p, k, c):
        \"\"\"One of the 48 calls of `step`, rk4.py:6.\"\"\"
        ...
        return q1, p1, kept

    # forward
    q1, p1, kept_1 = step(q, p, k, c)
    q2, p2, kept_2 = step(q1, p1, k, c)

The law:

- No operation is added, left out or moved before another that it needs: the results are the same to
  the last bit.  A sum with terms from many pages is added up page by page, from left to right as
  before, where that spares more values that would have to be kept than it carries along.
- Pages are the user's: rounds of a loop, or calls of a function (see ``rounds``), as many as fit;
  gradients go back through the same.  Where nothing repeats, the cuts are where few values pass.
- Pages that differ in the names of their values, and in literals, are one function; calls of it in
  a row are a loop (see ``page_loops``).
- Values that pages of another section read travel as one tuple, ``kept``, which those unpack.
- No page has more than ``LONG`` lines beside its lists of names.  Where everything reads
  everything, so that these lists would make the text much longer, it stays as it is; most such
  programs are known by a look at their forward lines, before anything is cut.
- The cut is linear in the length of the program, and depends on nothing but the program.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from symgrad.codegen.likeness import shape
from symgrad.codegen.line_breaks import terms
from symgrad.codegen.live_values import NAME, LiveLine, LiveLines, height_of, items_of, read_names
from symgrad.codegen.rounds import PART, Stretch, StretchOf, stretches
from symgrad.codegen.sections import LONG, Headed, Line
from symgrad.codegen.statement_tree import Assign

_SHORT = 40  # lines of a section, or between rounds, that stay where they are
_LEAST = 12  # lines for which a call is worth its time
_TINY = 8  # such lines, where there are many such sections
_FEW, _MANY = 2, 7  # pages that a sum of gradients, or of values, may wait for
_ROW = 30  # terms that one line adds up
_BEGINS = re.compile(r"(\w+) [+-] ")
_TERMS = 4  # of a sum that is worth adding up page by page
_TANGLED = 0.25  # of the lines reach back over more than a page, each as far as no other
_NO_SUM = (" if ", " and ", " or ", "not ", "<", ">", "=")


Group = tuple[int, list[str]]  # terms that can be added in one page


class Sum(NamedTuple):
    """A sum whose terms are made in several pages, the items that it is written as, and the page
    of the last one, whose lines may read it."""

    items: list[LiveLine]
    groups: list[Group]
    page: int


@dataclass(eq=False)
class Page:
    """Items that become a function, or that stay in the main one, where ``inline``.

    section  the number of the section that they stand in
    stretch  what they are of the user's program
    back     they go back through that
    """

    section: int
    items: list[LiveLine]
    stretch: Stretch
    back: bool = False
    inline: bool = False
    added: list[LiveLine] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [item.line for item in (*self.items, *self.added)]

    @property
    def every(self) -> list[LiveLine]:
        return [*self.items, *self.added]


def cut(
    plan: Sequence[Headed],
    derived: set[int],
    results: set[int],
    known: set[str],
    last: Sequence[str] = (),
) -> list[Page]:
    """The pages of a program, in their order, and none of a tangle; ``known`` are the names before
    it, ``last`` those that are read behind it, ``derived`` and ``results`` the values of gradients
    and what is returned, by ``id``."""
    made, pages, known = StretchOf(), list[Page](), set(known)
    if is_tangle([line for _, lines in plan for line in lines if id(line.x) not in derived]):
        return []
    most = LONG // 2 if derived else LONG  # a page's way back is longer than the page
    small = [n for n in (sum(1 + len(i.rows) for i in lines) for _, lines in plan) if n <= _SHORT]
    short = _SHORT if sum(small) <= LONG // 2 else _TINY
    forward = 0  # pages
    flows = [LiveLines(items_of(lines, known)) for _, lines in plan]
    for number, ((heading, lines), flow) in enumerate(zip(plan, flows, strict=True)):
        back = all(id(line.x) in derived for line in lines) and pages != []
        if back and not forward:
            later = [name for f in flows[number:] for item in f.items for name in item.reads]
            pages = add_up(pages, [*later, *last])
            forward = len(pages)
            for page in pages:
                made.add(page.every, page.stretch)
        height = flow.height(0, len(flow.items))
        if height <= short:
            whole = Stretch(0, len(flow.items))
            pages.append(Page(number, [*flow.items], whole, inline=True))
        elif back and not all(id(line.x) in results for line in lines):
            ordered, found = made.backward(flow.items)
            pages += pages_of(LiveLines(ordered), found, number, True)
        else:
            found = stretches(flow)
            groups = in_groups(flow, found)
            found = groups if are_alike(flow, groups) else together(flow, found, most)
            found = [s if s.word else s._replace(word=slug(heading)) for s in found]
            pages += pages_of(flow, found, number, False)
    return add_up(pages, last, forward)


def is_tangle(lines: Sequence[Line]) -> bool:
    """True where many lines read something from more than a page before, and at distances that do
    not repeat, as those in loops do: pages would hand on most of what there is."""
    if len(lines) <= LONG:
        return False
    place = {line.name: i for i, line in enumerate(lines)}
    spans = set()
    for i, line in enumerate(lines):
        span = i - min([place.get(name, i) for name in NAME.findall(line.text)], default=i)
        if span > LONG:
            spans.add(span)
    return len(spans) > _TANGLED * len(lines)


def pages_of(flow: LiveLines, found: Sequence[Stretch], section: int, back: bool) -> list[Page]:
    """The pages of one section: a stretch each, or several for one that is too long."""
    pages = []
    counts: Counter[str] = Counter()
    rounds = any(s.kind != PART for s in found)
    for s in found:
        inline = rounds and flow.height(s.start, s.stop) <= _SHORT and s.kind == PART
        cuts = [s.start, *flow.even(s.start, s.stop, LONG // 2, LONG), s.stop]
        for part, (a, b) in enumerate(pairwise(cuts), 1):
            own = s
            if s.kind == PART and not back and not inline and len(cuts) + len(found) > 3:
                counts[s.word] += 1
                own = s._replace(first=counts[s.word], last=counts[s.word])
            elif len(cuts) > 2:
                own = s._replace(part=part)
            pages.append(Page(section, [*flow.items[a:b]], own, back, inline))
    return pages


def are_alike(flow: LiveLines, found: Sequence[Stretch]) -> bool:
    """True of rounds of which at most half differ in more than their names."""
    shapes = [shape(flow.items[s.start : s.stop]) for s in found if s.kind != PART]
    return len(shapes) > 3 and 2 * len(set(shapes)) <= len(shapes)


def slug(heading: str) -> str:
    """The words of a heading as a name.

    >>> slug("gradients of the values, from the loss back"), slug("example a: x = 2.0")
    ('gradients_of_the_values', 'example_a')
    """
    text = re.split(r"[:,]", heading.lower())[0]
    return re.sub(r"\W+", "_", text).strip("_") or "part"


def in_groups(flow: LiveLines, found: Sequence[Stretch]) -> list[Stretch]:
    """Rounds that are alike, as many in one page as make it worth a call."""
    rounds = [s for s in found if s.kind != PART]
    heights = sorted(flow.height(s.start, s.stop) for s in rounds) or [_LEAST]
    exact = {shape(flow.items[s.start : s.stop], True) for s in rounds}
    same = 2 * len(exact) <= len(rounds)  # and no literals of each round's own
    count = -(-_LEAST // heights[len(heights) // 2]) if same else 1
    joined: list[Stretch] = []
    for s in found:
        last = joined[-1] if joined else None
        goes_on = last and s.kind != PART and (last.word, last.place) == (s.word, s.place)
        if last and goes_on and s.last - last.first < count:
            joined[-1] = last._replace(stop=s.stop, last=s.last)
        else:
            joined.append(s)
    return joined


def together(flow: LiveLines, found: Sequence[Stretch], most: int) -> list[Stretch]:
    """Stretches of the same rounds, as many in one as fit a page; long ones cut to fit."""
    joined: list[Stretch] = []
    for s in found:
        last = joined[-1] if joined else None
        same = last and s.kind != PART and (last.word, last.place) == (s.word, s.place)
        if last and same and flow.height(last.start, s.stop) <= most:
            joined[-1] = last._replace(stop=s.stop, last=s.last)
            continue
        cuts = [s.start, *flow.even(s.start, s.stop, most // 2, most), s.stop]
        parts = [s._replace(start=a, stop=b) for a, b in pairwise(cuts)]
        many = s.kind != PART and len(parts) > 1
        joined += [p._replace(part=k) for k, p in enumerate(parts, 1)] if many else parts
    return joined


def add_up(pages: list[Page], later: Sequence[str], start: int = 0) -> list[Page]:
    """The pages, with sums of terms from many of them added up on the way, where it pays; those
    before ``start`` have their sums already.  What is read ``later``, behind all of them, is no
    mere beginning of another sum."""
    home: dict[str, int] = {}
    uses = Counter(name for page in pages for item in page.every for name in item.reads)
    uses.update(later)
    begun = {m[1] for page in pages for i in page.items if (m := _BEGINS.match(i.line.text))}
    begun = {name for name in begun if uses[name] == 1}
    plans: dict[str, Sum] = {}
    places: dict[str, tuple[int, int]] = {}
    for number, page in enumerate(pages):
        few = _FEW if page.back else _MANY
        for place, item in enumerate(page.every):
            places.update(dict.fromkeys(item.writes, (number, place)))
            groups = by_page(item, home, start, number) if number >= start else []
            first = groups[0][1][0] if groups else ""
            if first in plans and uses[first] == 1:  # the beginning of the same sum
                part = plans.pop(first)
                groups[0][1].pop(0)
                join(part.groups, groups)
                part.items.append(item)
                groups = part.groups
                plans[item.name] = part._replace(page=number)
            elif len(groups) > (0 if page.inline or item.name in begun else few):
                plans[item.name] = Sum([item], groups, number)
            last = groups[-1][0] if item.name in plans else number
            home.update(dict.fromkeys(item.writes, last))
    if not plans or not pays(pages, [*plans.values()], places):
        return pages
    replace(pages, [*plans.values()])
    return [page for page in pages if page.every]


def replace(pages: Sequence[Page], sums: Sequence[Sum]) -> None:
    """Writes each sum in parts, at the end of the pages that have their terms, and the last part
    where the sum stood, if it is in that page."""
    in_place: dict[int, list[LiveLine]] = {id(item): [] for s in sums for item in s.items}
    for s in sums:
        rows = [
            (number, parts[i : i + _ROW])
            for number, parts in s.groups
            for i in range(0, len(parts), _ROW)
        ]
        read = {name for item in s.items for name in item.reads}
        for k, (number, parts) in enumerate(rows):
            made = piece(s.items[-1], read, parts, k > 0)
            at_home = number == s.page
            (in_place[id(s.items[-1])] if at_home else pages[number].added).append(made)
    for page in pages:
        page.items = [new for item in page.items for new in in_place.get(id(item), [item])]


def pays(pages: Sequence[Page], sums: Sequence[Sum], places: dict[str, tuple[int, int]]) -> bool:
    """True if sums that are carried along spare more values than they are; in pages that are alike
    each counts once."""
    kinds = [kind_of(page, number) for number, page in enumerate(pages)]
    read = {name for s in sums for item in s.items for name in item.reads if name in places}
    spared = {(kinds[number], place) for number, place in map(places.__getitem__, read)}
    carried = [{kinds[number] for number, _ in s.groups} for s in sums]
    return 2 * len(spared) >= sum(map(len, carried))


def kind_of(page: Page, number: int) -> str:
    """What tells pages that do the same from others."""
    return f"{number}" if page.stretch.kind == PART else shape(page.items)


def join(a: list[Group], b: list[Group]) -> None:
    """Adds the groups of the rest of a sum to those of its beginning."""
    for number, parts in b:
        if number <= a[-1][0]:
            a[-1][1].extend(parts)
        elif parts:
            a.append((number, parts))


def by_page(item: LiveLine, home: dict[str, int], start: int, own: int) -> list[Group]:
    """The terms of a sum by the pages from ``start`` in which they can be added; nothing for
    anything else."""
    line = item.line
    far = sum(name in home and home[name] < own for name in item.reads)
    if far < _TERMS or line.rows or line.second or line.kind is not Assign:
        return []
    if any(s in line.text for s in _NO_SUM):
        return []
    groups: list[Group] = []
    waiting: list[str] = []  # terms of what is known in every page
    for term in terms(line.text):
        page = max([home[name] for name in read_names(term) if name in home], default=-1)
        page = page if page >= start else -1
        waiting.append(term)
        if groups and page <= groups[-1][0]:
            groups[-1][1].extend(waiting)
        elif page >= 0:
            groups.append((page, waiting))
        else:
            continue
        waiting = []
    if groups:
        groups[-1][1].extend(waiting)
    return groups


def piece(last: LiveLine, read: set[str], parts: Sequence[str], goes_on: bool) -> LiveLine:
    """A part of a sum, which adds to what is there; ``last`` is the last line of the sum, and
    ``read`` all that it reads."""
    text = " ".join([last.name, *parts] if goes_on else parts)
    reads = tuple([name for name in read_names(text) if name in read or name == last.name])
    return LiveLine(last.line._replace(text=text), reads, last.writes, height_of(last.name, text))
