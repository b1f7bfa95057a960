"""Pages that do the same: they differ in the names of their values, and in some literals.

>>> own = {"x", "y"}
>>> a, b = (Likeness(own, [], [Assign("y", t)], []) for t in ("2.0*x", "3.0*x"))
>>> a.key == b.key, a.literals, b.literals
(True, ['2.0'], ['3.0'])
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from symgrad.codegen.identifiers import Names
from symgrad.codegen.live_values import NAME, LiveLine
from symgrad.codegen.printer import in_line
from symgrad.codegen.statement_tree import Assign, Loop, Statement

LITERAL = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:e[+-]?\d+)?(?![\w.])")
MOST = 12  # literals that a page takes as arguments


class Likeness:
    """A text of a page without its names, those in ``own``, and without its literals.

    around  texts of its arguments and results, in which the names count, too
    """

    def __init__(
        self,
        own: Collection[str],
        before: Sequence[str],
        body: Sequence[Statement],
        behind: Sequence[str],
    ) -> None:
        self.literals: list[str] = []
        text = "\n".join([*before, *self.flat(body), *behind])
        numbers: dict[str, str] = {}

        def numbered(found: re.Match[str]) -> str:
            name = found[0]
            return numbers.setdefault(name, f"#{len(numbers)}") if name in own else name

        self.key = NAME.sub(numbered, text)

    def flat(self, body: Sequence[Statement]) -> Iterator[str]:
        for s in body:
            if isinstance(s, Loop):
                yield f"for {s.names} in {s.over}"
                yield from self.flat(s.body)
            elif isinstance(s, Assign):
                value = in_line(s.value)
                self.literals += LITERAL.findall(value)
                kind = type(s).__name__
                yield f"{s.place} {kind} {LITERAL.sub('$', value)} # {s.shape} {s.origin} {s.above}"


def shape(items: Sequence[LiveLine], exact: bool = False) -> str:
    """The text of items with numbers in place of the names, and without literals
    unless it is to be ``exact``."""
    numbers: dict[str, str] = {}
    texts = "\n".join([f"{', '.join(item.writes)}:={item.line.text}" for item in items])
    plain = texts if exact else LITERAL.sub("$", texts)
    return NAME.sub(lambda m: numbers.setdefault(m[0], f"#{len(numbers)}"), plain)


def differing(literals: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The columns of literals, one row a page, that are not the same in all rows."""
    return [column for column in dict.fromkeys(zip(*literals, strict=True)) if len({*column}) > 1]


def with_arguments(
    body: Sequence[Statement], columns: Sequence[tuple[str, ...]], names: dict[tuple[str, ...], str]
) -> tuple[Statement, ...]:
    """The statements with names in place of the literals in some columns."""
    waiting = iter(columns)

    def named(found: re.Match[str]) -> str:
        return names.get(next(waiting), found[0])

    def changed(s: Statement) -> Statement:
        if isinstance(s, Loop):
            return replace(s, body=tuple(map(changed, s.body)))
        if isinstance(s, Assign) and isinstance(s.value, str):
            return replace(s, value=LITERAL.sub(named, s.value))
        return s

    return tuple(map(changed, body))


class NumberNames:
    """Names that each function takes anew for its literals: ``number``, ``number_2``, and so on."""

    def __init__(self, names: Names) -> None:
        self.names, self.known = names, list[str]()

    def first(self, count: int) -> list[str]:
        while len(self.known) < count:
            self.known.append(self.names.fresh("number"))
        return self.known[:count]
