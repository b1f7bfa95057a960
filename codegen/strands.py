"""Parts of a scalar program that do the same for one example each.

Values of isomorphic parts are told apart by a letter at the end of their names, ``h1_1a`` and
``h1_1b``.  Where the lines of such parts do not read each other, each part is a section.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.codegen.lines import Line
from symgrad.codegen.naming import lettered_names
from symgrad.ir.derived_names import letter_of

Needs = dict[int, set[int]]


def members(lines: Sequence[Line], needs: Needs) -> dict[int, str]:
    """The letter of each line that belongs to one part, by ``id`` of its value.

    A line without a letter belongs to the part that it reads; one that reads several, or none,
    belongs to none.
    """
    named = lettered_names(line.name for line in lines)
    if not named:
        return {}
    reached: dict[int, set[str]] = {}
    result: dict[int, str] = {}
    for line in lines:
        own = named.get(line.name)
        found = {own} if own else set[str]().union(*[reached[n] for n in needs[id(line.x)]])
        reached[id(line.x)] = found if len(found) < 2 else set(sorted(found)[:2])  # several
        if len(found) == 1:
            result[id(line.x)] = next(iter(found))
    return result


def parts(lines: Sequence[Line], member: dict[int, str]) -> dict[str, list[Line]]:
    """The lines of each part, if there are several of two lines or more that look alike."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if id(line.x) in member:
            found.setdefault(member[id(line.x)], []).append(line)
    ordered = {letter: found[letter] for letter in sorted(found)}
    shapes = {tuple(stem(line.name) for line in part) for part in ordered.values()}
    alike = len(shapes) == 1 and len(ordered) > 1 and all(len(p) > 1 for p in ordered.values())
    return ordered if alike else {}


def stem(name: str) -> str:
    found = letter_of(name)
    return found[0] if found else name
