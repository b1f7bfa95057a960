"""Pages as functions: their arguments, results, names and docstrings, and the calls of them.

A page takes what it reads of what came before, and gives what later ones read.  The order of its
arguments is that in which they were made, so that pages which do the same take the same places; the
arguments of the whole program come last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from symgrad.codegen.identifiers import Names
from symgrad.codegen.likeness import MOST, Likeness, NumberNames, differing, with_arguments
from symgrad.codegen.page_names import Called, names_of
from symgrad.codegen.pages import Page
from symgrad.codegen.printer import WIDTH, in_line
from symgrad.codegen.sections import Line
from symgrad.codegen.statement_tree import (
    Assign,
    Def,
    Docstring,
    Listing,
    Loop,
    Return,
    Section,
    Statement,
    Unpack,
)

MAIN = -1
_FEW, _MORE = 2, 4  # values that are worth a tuple of their own, on their way to another section
_LONGER = 1.4  # times the straight text that pages may be
_GROUP = 8  # members of a vector that are read

Statements = Callable[[Sequence[Line]], tuple[Assign | Loop, ...]]
Tuples = dict[str, tuple[str, ...]]  # the members of each tuple, by its name


@dataclass
class Passage:
    """What a page takes and gives, and the members of the tuples among both."""

    arguments: list[str] = field(default_factory=list)
    unpacked: Tuples = field(default_factory=dict)
    results: list[str] = field(default_factory=list)
    packed: Tuples = field(default_factory=dict)


class Passages:
    """The interface of each page.

    known   the names that the program is given, in their order
    last    the names that are read behind all pages
    groups  the members of each argument that is a vector
    """

    def __init__(
        self,
        pages: Sequence[Page],
        known: Sequence[str],
        last: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        names: Names,
    ) -> None:
        self.pages, self.groups, self.names = pages, groups, names
        self.group_of = {name: g for g, members in groups.items() for name in members}
        self.maker = dict.fromkeys(known, MAIN)
        self.made = {name: i for i, name in enumerate(known)}
        self.given = set(known)
        self.clock = len(known)
        self.readers: dict[tuple[int, str], dict[int, None]] = {}
        self.tuple_of: dict[tuple[int, str, int], str] = {}
        self.giver: dict[str, int] = {}  # of tuples that one page reads
        taken = [self.taken(number, page) for number, page in enumerate(pages)]
        for name in last:
            self.reads(name, MAIN)
        self.found = [Passage() for _ in pages]
        for number, page in enumerate(pages):
            if not page.inline:
                self.give(number, page)
                self.take(number, taken[number])
                self.hand_on(number, taken)

    def reads(self, name: str, reader: int) -> None:
        if name in self.maker:
            self.readers.setdefault((self.maker[name], name), {})[reader] = None

    def taken(self, number: int, page: Page) -> list[tuple[int, str]]:
        """What a page reads of what came before: who made it, and its name."""
        own: set[str] = set()
        found: dict[str, int] = {}
        for item in page.every:
            found.update((name, self.made[name]) for name in item.reads if name not in own)
            own.update(item.writes)
        for name in found:
            self.reads(name, MAIN if page.inline else number)
        order = sorted(found, key=found.__getitem__)
        keys = [(self.maker[name], name) for name in order]
        for item in page.every:
            for name in item.writes:
                self.clock += 1
                self.made[name] = self.clock
                self.maker[name] = MAIN if page.inline else number
        return keys

    def give(self, number: int, page: Page) -> None:
        """Settles the results: a tuple for each page of another section that reads several values,
        and each value that anything else reads."""
        own = self.found[number]
        single: dict[str, None] = {}
        far: dict[int, list[str]] = {}
        written = dict.fromkeys(name for item in page.every for name in item.writes)
        for name in written:
            for reader in self.readers.get((number, name), ()):
                if reader == MAIN or self.pages[reader].section == page.section:
                    single[name] = None
                else:
                    far.setdefault(reader, []).append(name)
        tuples: dict[tuple[str, ...], list[int]] = {}
        most = max(map(len, far.values()), default=0)
        for reader, members in far.items():
            if len(members) < (_FEW if len(members) == most else _MORE):
                single.update(dict.fromkeys(members))
            else:
                tuples.setdefault(tuple(members), []).append(reader)
        order = {name: i for i, item in enumerate(page.every) for name in item.writes}
        own.results = sorted(single, key=order.__getitem__)
        for packed, readers in tuples.items():
            kept = self.names.fresh(f"kept_{number + 1}")
            own.results.append(kept)
            own.packed[kept] = packed
            if len(readers) == 1:
                self.giver[kept] = number
            for reader in readers:
                self.tuple_of.update(((number, name, reader), kept) for name in packed)

    def take(self, number: int, taken: Sequence[tuple[int, str]]) -> None:
        """Settles the arguments: values, tuples of values, and what the program is given."""
        own = self.found[number]
        whole = self.whole_groups([name for _, name in taken if name in self.given])
        first, tuples, rest = list[str](), dict[str, None](), dict[str, None]()
        for maker, name in taken:
            kept = self.tuple_of.get((maker, name, number))
            if kept:
                tuples[kept] = None
                own.unpacked[kept] = self.found[maker].packed[kept]
            elif name in self.given:
                g = self.group_of.get(name, "")
                rest[g if g in whole else name] = None
            else:
                first.append(name)
        own.unpacked.update((g, tuple(self.groups[g])) for g in whole)
        own.arguments = [*first, *tuples, *rest]

    def hand_on(self, number: int, taken: Sequence[Sequence[tuple[int, str]]]) -> None:
        """Lets the page that gives a tuple put into it what it takes itself, in place of a way of
        its own from the page that made it."""
        own = self.found[number]
        for kept in [t for t in own.unpacked if t in self.giver]:
            giver = self.giver[kept]
            direct = {*self.found[giver].arguments}.intersection(own.arguments) - self.given
            both = direct.intersection(n for _, n in {*taken[giver]}.intersection(taken[number]))
            same = [name for _, name in taken[number] if name in both]
            own.unpacked[kept] = (*own.unpacked[kept], *same)
            self.found[giver].packed[kept] = own.unpacked[kept]
            own.arguments = [a for a in own.arguments if a not in both]

    def whole_groups(self, given: Sequence[str]) -> list[str]:
        """The vectors among the arguments of which a page reads most members."""
        counts: dict[str, int] = {}
        for name in given:
            if name in self.group_of:
                g = self.group_of[name]
                counts[g] = counts.get(g, 0) + 1
        return [g for g, n in counts.items() if n >= _GROUP and 2 * n >= len(self.groups[g])]


def pays_off(pages: Sequence[Page], found: Sequence[Passage]) -> bool:
    """False where everything reads everything, so that lists of names would make up a good part of
    the text, and no page could be read by itself."""
    before, behind = 0, 0
    functions: dict[tuple[int, ...], int] = {}  # pages of the same sizes may be one
    for page, i in zip(pages, found, strict=True):
        height = sum(item.height for item in page.every)
        before += height
        called = lines_of(i.arguments) + lines_of(i.results)
        behind += height if page.inline else called
        if not page.inline:
            inside = map(lines_of, (*i.unpacked.values(), *i.packed.values()))
            functions[height, len(i.arguments), len(i.results)] = height + called + sum(inside)
    return behind + sum(functions.values()) <= _LONGER * before


def lines_of(names: Sequence[str]) -> int:
    """About how many lines a list of names takes."""
    return 1 + sum(map(len, names), 2 * len(names)) // (WIDTH - 12)


@dataclass
class Kind:
    """Pages that are alike: their numbers, and the literals in which they differ.

    shown    the page whose text is written
    columns  each literal of its text, as it is in all of them
    taken    the columns that differ, with the names of the arguments which they become
    """

    numbers: list[int]
    literals: list[list[str]]
    shown: int = 0
    columns: list[tuple[str, ...]] = field(default_factory=list)
    taken: dict[tuple[str, ...], str] = field(default_factory=dict)

    def parted(self) -> list[Kind]:
        """The pages by their literals, if they differ in too many."""
        if len(differing(self.literals)) <= MOST:
            return [self]
        found: dict[tuple[str, ...], Kind] = {}
        for number, row in zip(self.numbers, self.literals, strict=True):
            own = found.setdefault((*row,), Kind([], []))
            own.numbers.append(number)
            own.literals.append(row)
        return [*found.values()]

    def settle(self, pages: Sequence[Page], numbers: NumberNames) -> None:
        def shortness(n: int) -> tuple[int, int]:
            return sum(len(line.text) for line in pages[n].lines), n

        self.shown = min(self.numbers, key=shortness)
        self.columns = [*zip(*self.literals, strict=True)]
        columns = differing(self.literals)
        self.taken = dict(zip(columns, numbers.first(len(columns)), strict=True))


def kinds_of(
    pages: Sequence[Page],
    found: Sequence[Passage],
    bodies: Sequence[Sequence[Statement]],
    numbers: NumberNames,
) -> list[Kind]:
    """The pages by what they do, in their order."""
    own = {name for page in pages for item in page.every for name in (*item.writes, *item.reads)}
    own.update(name for i in found for name in i.arguments + i.results)
    sizes = [(*map(len, vars(i).values()), len(b)) for i, b in zip(found, bodies, strict=True)]
    common = Counter(sizes)
    kinds: dict[str, Kind] = {}
    for number, page in enumerate(pages):
        if page.inline:
            continue
        if common[sizes[number]] == 1:  # there is none that could be like it
            kinds[f"{number}"] = Kind([number], [[]])
            continue
        i = found[number]
        before = [", ".join(i.arguments), *told(i.unpacked)]
        like = Likeness(own, before, bodies[number], [*told(i.packed), ", ".join(i.results)])
        known = kinds.setdefault(like.key, Kind([], []))
        known.numbers.append(number)
        known.literals.append(like.literals)
    settled = [part for kind in kinds.values() for part in kind.parted()]
    for kind in settled:
        kind.settle(pages, numbers)
    return sorted(settled, key=lambda kind: kind.numbers[0])


def told(tuples: Tuples) -> list[str]:
    return [f"{t}: {', '.join(members)}" for t, members in tuples.items()]


@dataclass(frozen=True)
class CallPage(Unpack):
    """``a, b = step_3(x, y)``, until it is known whether it is part of a loop."""

    @staticmethod
    def of(results: Sequence[str], function: str, arguments: Sequence[str]) -> CallPage:
        return CallPage(Listing(tuple(results)), Listing(tuple(arguments), opening=f"{function}("))

    @property
    def function(self) -> str:
        assert isinstance(self.value, Listing)
        return self.value.opening[:-1]

    @property
    def arguments(self) -> list[str]:
        assert isinstance(self.value, Listing)
        return [*map(in_line, self.value.items)]

    @property
    def results(self) -> list[str]:
        return [*map(in_line, self.names.items)]

    def statement(self) -> Assign | Unpack:
        """The statement that is written: one result is no tuple."""
        if len(self.names.items) == 1:
            return Assign(self.results[0], self.value, quiet=True)
        return Unpack(self.names, self.value)


@dataclass
class PageTexts:
    """The pages as functions, and the sections of the function that calls them."""

    functions: list[Def]
    sections: list[Section]
    read: set[str]


def written(
    pages: Sequence[Page],
    headings: Sequence[str],
    found: Sequence[Passage],
    statements: Statements,
    names: Names,
    numbers: NumberNames,
) -> PageTexts:
    """The functions of pages with their interfaces, those that are alike as one."""
    bodies = [() if page.inline else statements(page.lines) for page in pages]
    kinds = kinds_of(pages, found, bodies, numbers)
    called = names_of(pages, [kind.numbers for kind in kinds], names)
    alone = names.fresh("kept") if "kept" in names.taken else "kept"  # for lone tuples
    calls: dict[int, CallPage] = {}
    result = PageTexts([], [], set())
    for kind, own in zip(kinds, called, strict=True):
        body: tuple[Statement, ...] = bodies[kind.shown]
        if kind.taken:
            body = with_arguments(body, kind.columns, kind.taken)
        one = shortened(found[kind.shown], alone)
        result.functions.append(
            function_of(own, found[kind.shown], body, [*kind.taken.values()], one)
        )
        for row, number in enumerate(kind.numbers):
            i = found[number]
            result.read.update(i.arguments)
            given = (*i.arguments, *[column[row] for column in kind.taken])
            calls[number] = CallPage.of(i.results, own.name, given)
    parts: dict[int, list[Statement]] = {}
    for number, page in enumerate(pages):
        parts.setdefault(page.section, []).extend(
            statements(page.lines) if page.inline else [calls[number]]
        )
        if page.inline:
            result.read.update(name for item in page.every for name in item.reads)
    result.sections = [Section(headings[s], tuple(body)) for s, body in sorted(parts.items())]
    return result


def shortened(i: Passage, alone: str) -> dict[str, str]:
    """The name of a lone tuple on either side of a page, without its number."""
    sides = [[t for t in tuples if re.match(r"kept_\d", t)] for tuples in (i.unpacked, i.packed)]
    return {kept[0]: alone for kept in sides if len(kept) == 1}


def function_of(
    own: Called,
    i: Passage,
    body: Sequence[Statement],
    literals: Sequence[str],
    short: Mapping[str, str],
) -> Def:
    """The function of a page."""
    taken = [Unpack(Listing(ms), short.get(t, t)) for t, ms in i.unpacked.items()]
    given = [Assign(short.get(t, t), Listing(ms), quiet=True) for t, ms in i.packed.items()]
    results = tuple([short.get(r, r) for r in i.results])
    return Def(
        own.name,
        (*[short.get(a, a) for a in i.arguments], *literals),
        Docstring(own.docstring, ()),
        (*taken, *body, *given, Return(results)),
    )
