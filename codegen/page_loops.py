"""Calls of one page in a row, as a loop.

Each call may take what the one before gave, the same as all others, a literal of its own, or what
an earlier loop collected, in its order or backwards.  What later statements read of any call but
the last is collected in a list::

    q, p = q1, p1
    kept_of_step = []
    for _ in range(48):
        q, p, kept = step(q, p, k, c)
        kept_of_step += [kept]
    for kept in kept_of_step[::-1]:
        d_q, d_p = back_through_step(d_q, d_p, kept, k, c)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from math import inf

from symgrad.codegen.identifiers import Names
from symgrad.codegen.likeness import LITERAL, NumberNames
from symgrad.codegen.line_breaks import INDENT
from symgrad.codegen.live_values import read_names
from symgrad.codegen.page_functions import CallPage
from symgrad.codegen.printer import WIDTH
from symgrad.codegen.statement_tree import (
    AddInto,
    Assign,
    Listing,
    Loop,
    Section,
    Statement,
)

FEWEST = 4  # calls that make a loop
KEPT = "kept"


def in_loops(
    sections: Sequence[Section], last: Sequence[str], names: Names, numbers: NumberNames
) -> list[Section]:
    """The sections with loops; ``last`` are the names that are read behind them."""
    made = Loops(sections, last, names, numbers)
    found = [replace(s, body=tuple(made.folded(s.body))) for s in sections]
    return [replace(s, body=tuple(map(made.indexed, s.body))) for s in found]


@dataclass
class Folded:
    """A run of calls as a loop: what stands before it, what it goes over, and its body."""

    before: list[Statement] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    collected: list[tuple[str, str]] = field(default_factory=list)
    listed: dict[str, tuple[str, int]] = field(default_factory=dict)


class Loops:
    """The calls of one function, and what reads their results."""

    def __init__(
        self, sections: Sequence[Section], last: Sequence[str], names: Names, numbers: NumberNames
    ) -> None:
        self.names, self.numbers = names, numbers
        self.readers: dict[str, list[float]] = {}
        self.plain: set[str] = set(last)  # read by other statements than calls
        self.places: dict[int, int] = {}
        self.listed: dict[str, tuple[str, int]] = {}
        self.lengths: dict[str, int] = {}
        self.named: set[str] = set()  # values of lists that have a name, too
        self.kept = names.fresh(KEPT)
        for place, s in enumerate([s for section in sections for s in section.body]):
            self.places[id(s)] = place
            if isinstance(s, CallPage):
                read = [a for a in s.arguments if a.isidentifier()]
            else:
                read = [*reads(s)]
                self.plain.update(read)
            for name in read:
                self.readers.setdefault(name, []).append(place)
        for name in last:
            self.readers.setdefault(name, []).append(inf)

    def folded(self, body: Sequence[Statement]) -> Iterator[Statement]:
        """The statements, with a loop for each run of calls that can be one."""
        for function, run in groupby(body, lambda s: getattr(s, "function", "")):
            if not function:
                yield from run
                continue
            calls = [c for c in run if isinstance(c, CallPage)]
            a, b = self.listed_part(calls)
            made = self.loop(calls[a:b])
            if made is None:
                yield from calls
                continue
            self.listed.update(made.listed)
            self.lengths.update((name, b - a) for name, _ in made.collected)
            rows = [AddInto(name, f"[{value}]", quiet=True) for name, value in made.collected]
            call = CallPage.of(made.results, function, made.arguments)
            yield from (*calls[:a], *made.before)
            over, round = header(made, b - a), (call.statement(), *rows)
            long = len(f"for {over[0]} in {over[1]}:") > WIDTH - 2 * len(INDENT)
            if long and len(made.over) > 1:
                name = self.names.fresh(f"turns_of_{function}")
                zipped = Listing((*made.over, "strict=True"), opening="zip(")
                yield Assign(name, zipped, quiet=True)
                over = over[0], name
            yield Loop(*over, round)
            yield from calls[b:]

    def listed_part(self, calls: Sequence[CallPage]) -> tuple[int, int]:
        """The longest part of a run in which all that is taken from lists is in one."""
        states = self.states(calls) if len(calls) > 1 else {}
        columns = [*zip(*[c.arguments for c in calls], strict=True)]
        found = [
            [name in self.listed for name in column]
            for j, column in enumerate(columns)
            if j not in states and any(name in self.listed for name in column)
        ]
        whole = [i for i, row in enumerate(zip(*found, strict=True)) if all(row)]
        return (whole[0], whole[-1] + 1) if whole else (0, len(calls))

    def loop(self, calls: Sequence[CallPage]) -> Folded | None:
        if len(calls) < FEWEST:
            return None
        made = Folded()
        states = self.states(calls)
        given = [*zip(*[c.results for c in calls], strict=True)]
        for r, column in enumerate(given):
            made.results.append(column[-1])
            if len({*column}) > 1 and not self.collect(made, calls, column, r in states.values()):
                return None
        first: list[tuple[str, str]] = []
        numbers: list[tuple[str, ...]] = []
        for j, column in enumerate(zip(*[c.arguments for c in calls], strict=True)):
            if j in states:
                own = given[states[j]][-1]
                first += [(own, self.value(column[0]))] if own != column[0] else []
            elif len({*column}) == 1:
                own = self.value(column[0])
            elif all(map(LITERAL.fullmatch, column)):
                numbers.append(column)
                own = self.numbers.first(len(numbers))[-1]
                made.numbers.append(own)
            else:
                own = self.series(made, column)
            if not own:
                return None
            made.arguments.append(own)
        self.begin(made, first, numbers, calls[0].function)
        return made

    def states(self, calls: Sequence[CallPage]) -> dict[int, int]:
        """The places of arguments that take what the call before gave, with the places of these."""
        found = {}
        for j, name in enumerate(calls[1].arguments):
            r = calls[0].results.index(name) if name in calls[0].results else -1
            if r >= 0 and all(b.arguments[j] == a.results[r] for a, b in pairwise(calls)):
                found[j] = r
        return found

    def collect(
        self, made: Folded, calls: Sequence[CallPage], column: Sequence[str], is_state: bool
    ) -> bool:
        """Plans the list of a result, where any but the last is read later; False where that cannot
        be."""
        start, stop = self.places[id(calls[0])], self.places[id(calls[-1])]
        later = False
        for place, name in enumerate(column[:-1], start):
            own = [p for p in self.readers.get(name, []) if not (is_state and p == place + 1)]
            if any(p <= stop for p in own) or (own and name in self.plain):
                return False
            later = later or bool(own)
        if later:
            last, word = column[-1], stem(column[-1])
            name = self.names.fresh(f"{word}_of_{calls[0].function}")
            if last in self.plain or is_state:
                self.named.add(last)
            elif word == KEPT and self.kept not in made.results:
                last = made.results[-1] = self.kept
            made.collected.append((name, last))
            made.listed.update((value, (name, i)) for i, value in enumerate(column))
        return True

    def series(self, made: Folded, column: Sequence[str]) -> str:
        """The name of what goes over a part of a list, "" where the arguments are none."""
        places = [self.listed.get(name, ("", 0)) for name in column]
        name, first = places[0]
        steps = {b - a for (_, a), (_, b) in pairwise(places)}
        if not name or any(n != name for n, _ in places) or steps not in ({1}, {-1}):
            return ""
        last = places[-1][1]
        whole = self.lengths[name] == len(column)
        if steps == {1}:
            part = "" if whole else f"[{first}:{last + 1}]"
        else:
            part = "[::-1]" if whole else f"[{first}:{last - 1}:-1]" if last else f"[{first}::-1]"
        word = name.partition("_of_")[0]
        own = self.kept if word == KEPT and self.kept not in made.series else self.names.fresh(word)
        made.series.append(own)
        made.over.append(f"{name}{part}")
        return own

    def begin(
        self,
        made: Folded,
        first: Sequence[tuple[str, str]],
        numbers: Sequence[tuple[str, ...]],
        function: str,
    ) -> None:
        """What stands before the loop: the first values, empty lists, and literals."""
        if first:
            mine, theirs = zip(*first, strict=True)
            made.before.append(Assign(", ".join(mine), ", ".join(theirs), quiet=True))
        made.before += [Assign(name, "[]", quiet=True) for name, _ in made.collected]
        counted = run_of(numbers[0]) if len(numbers) == 1 else ""
        if counted:
            made.over.append(counted)
        elif numbers:
            name = self.names.fresh(f"numbers_of_{function}")
            rows = [*zip(*numbers, strict=True)]
            items = [Listing(row) if len(numbers) > 1 else row[0] for row in rows]
            made.before.append(Assign(name, Listing(tuple(items)), quiet=True))
            made.over.append(name)

    def indexed(self, s: Statement) -> Statement:
        """A call outside of loops, with places of lists for what these have collected."""
        if not isinstance(s, CallPage):
            return s
        return CallPage.of(s.results, s.function, [*map(self.value, s.arguments)]).statement()

    def value(self, name: str) -> str:
        """A value by its name, or by its place in the list that has collected it."""
        found = self.listed.get(name) if name not in self.named else None
        return f"{found[0]}[{found[1]}]" if found else name


def header(made: Folded, count: int) -> tuple[str, str]:
    """The names and the range of a loop."""
    names, inner = [*made.series], ", ".join(made.numbers)
    if not made.over:
        return "_", f"range({count})"
    if len(made.over) == 1:
        return ", ".join(names) or inner, made.over[0]
    names += [f"({inner})" if len(made.numbers) > 1 else inner] if inner else []
    return ", ".join(names), f"zip({', '.join(made.over)}, strict=True)"


def run_of(numbers: Sequence[str]) -> str:
    """Whole numbers in a row as a range, "" for others.

    >>> run_of(["1", "2", "3"]), run_of(["9", "8"]), run_of(["1", "3"])
    ('range(1, 4)', 'range(9, 7, -1)', '')
    """
    if not all(n.isdigit() for n in numbers):
        return ""
    row = [*map(int, numbers)]
    steps = {b - a for a, b in pairwise(row)}
    if steps not in ({1}, {-1}):
        return ""
    return (
        f"range({row[0]}, {row[-1] + 1})" if steps == {1} else f"range({row[0]}, {row[-1] - 1}, -1)"
    )


def reads(s: Statement) -> Iterator[str]:
    """The names that a statement of the main function reads."""
    if isinstance(s, Loop):
        yield from read_names(s.over)
        for inner in s.body:
            yield from reads(inner)
    elif isinstance(s, Assign) and isinstance(s.value, str):
        yield from read_names(f"{s.place} + {s.value}")


def stem(name: str) -> str:
    """A name without its numbers: ``kept`` of ``kept_3`` and ``q`` of ``q3``."""
    return re.sub(r"(_?\d+)+\Z", "", name) or "value"
