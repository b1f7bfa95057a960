"""Breaks of long expressions, laid out as one writes them by hand.

A sum gets brackets of its own and breaks at its terms.  A product or a call whose length lies in
one bracket breaks in that: at the terms of a sum, at the arguments of a call.  Where no bracket
holds half of it, it gets brackets of its own and breaks at its operators.  A part that is still too
long is broken in the same way, one indentation further in.

>>> terms("a*b + f(c - d) - e")
['a*b', '+ f(c - d)', '- e']
>>> broken("y =", "2.0 * (alpha + beta)", 18)
['y = 2.0 * (', '    alpha + beta', ')']
>>> print("\\n".join(broken("y =", "-np.vdot(weights - 1.0, kernel)", 20)))
y = -np.vdot(
    weights - 1.0,
    kernel,
)
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

INDENT = "    "
MAX_ROWS = 8  # of a long expression
_OPEN, _CLOSE = "([{", ")]}"
_TERMS = (" + ", " - ")
_OPERATORS = (  # the loosest first
    (" if ", " else "),
    (" or ",),
    (" and ",),
    (" == ", " != ", " < ", " <= ", " > ", " >= "),
    _TERMS,
    (" * ", " / ", " // ", " % ", " @ "),
)
_BEGINS = re.compile(r"(?:[-+*/@%<>=!]+|if|else|or|and) |\w+=(?!=)")  # of a part, not broken off
_FACTORS = re.compile(r"(?<!\*)(?:\*|//?|@)(?!\*)")


@cache
def _marks(separators: tuple[str, ...]) -> re.Pattern[str]:
    """Brackets, and the empty places before separators."""
    return re.compile(rf"[{re.escape(_OPEN + _CLOSE)}]|(?={'|'.join(map(re.escape, separators))})")


def split(text: str, separators: tuple[str, ...]) -> list[str]:
    """The text cut before each separator that stands outside all brackets."""
    if not any(separator in text for separator in separators):
        return [text]
    parts, start, depth = [], 0, 0
    for found in _marks(separators).finditer(text):
        i, mark = found.start(), found[0]
        if mark:
            depth += 1 if mark in _OPEN else -1
        elif depth == 0 and i > start:
            parts.append(text[start:i])
            start = i
    return [*parts, text[start:]]


def terms(text: str) -> list[str]:
    """The terms of a sum, each but the first with its sign."""
    return [part.strip() for part in split(text, _TERMS)]


def operands(text: str) -> list[str]:
    """What the loosest operator outside all brackets joins, each but the first with its operator.

    >>> operands("a * f(b + c) / d"), operands("a + b if c else d")
    (['a', '* f(b + c)', '/ d'], ['a + b', 'if c', 'else d'])
    """
    found = [text]
    for separators in _OPERATORS:
        found = split(text, separators)
        if len(found) > 1:
            break
    return [part.strip() for part in found]


def groups(text: str) -> list[tuple[int, int]]:
    """The places at which the outermost brackets open and close."""
    found, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in _OPEN:
            start = i if depth == 0 else start
            depth += 1
        elif c in _CLOSE:
            depth -= 1
            if depth == 0:
                found.append((start, i))
    return found


class Break(NamedTuple):
    """The text up to an opening bracket, the pieces in it, and the text from the closing one."""

    head: str
    parts: list[str]
    tail: str


def pieces(text: str) -> Break | None:
    """The pieces of an expression that reads well in several lines: a sum, a product with a sum, or
    a call of several arguments; None for all else."""
    if len(terms(text)) > 1:
        return Break("(", operands(text), ")")
    found = in_bracket(text)
    if found is None or len(found.parts) == 1:
        return None
    if re.search(r"[\w\])][(\[]\Z", found.head):
        called = re.fullmatch(r"[\w.]+\(", found.head) and found.tail == ")"
        return found if called and found.parts[0].endswith(",") else None
    return found if re.match(r"[-+]|if ", found.parts[1]) else None


def in_bracket(text: str) -> Break | None:
    """The break in the longest bracket, and in a subscript only where there is no other."""
    brackets = [
        (text[start] == "(" or not re.search(r"[\w\])]\Z", text[:start]), stop - start, start, stop)
        for start, stop in groups(text)
        if stop - start > 1
    ]
    if not brackets:
        return None
    *_, start, stop = max(brackets)
    inner = text[start + 1 : stop]
    if inner.startswith("[") and groups(inner) == [(0, len(inner) - 1)]:  # a list and nothing else
        start, stop, inner = start + 1, stop - 1, inner[1:-1]
    parts = arguments(inner)
    return Break(text[: start + 1], parts if len(parts) > 1 else operands(inner), text[stop:])


def filled(parts: list[str], width: int) -> list[str]:
    """The parts in rows of at most ``width`` characters, as far as the parts themselves allow."""
    rows, row = [], ""
    for part in parts:
        if row and len(row) + 1 + len(part) > width:
            rows.append(row)
            row = part
        else:
            row = f"{row} {part}" if row else part
    return [*rows, row]


def is_breakable(text: str, width: int) -> bool:
    """Most of the text fits a few rows of ``width`` without a break inside a term."""
    found = pieces(text)
    if found is None or 2 * len(" ".join(found.parts)) < len(text):
        return False
    rows = filled(found.parts, width)
    return len(rows) <= MAX_ROWS and all(len(row) <= width for row in rows)


def broken(start: str, text: str, width: int) -> list[str]:
    """An expression behind ``start``, such as ``y =``, over several lines without indentation."""
    return opened(f"{start} ".lstrip(), text, width)


def opened(start: str, text: str, width: int) -> list[str]:
    """An expression behind ``start``, in a bracket of its own or in one that it has."""
    found = in_bracket(text)
    own = arguments(text)
    if len(own) == 1:
        own = operands(text)
    if len(own) > 1 and own == terms(text):
        found = Break("(", own, ")")
    elif found is None or not holds(found, start, width):
        fits = found is not None and len(INDENT + text) <= width
        found = Break("(", own, ")") if len(own) > 1 or fits else found
    if found is None:
        return [start + text]
    rows = [INDENT + row for row in rows_of(found, width - len(INDENT))]
    return [start + found.head, *rows, found.tail]


def arguments(text: str) -> list[str]:
    """What commas outside all brackets part, each with its comma, if there are any."""
    parts = [part.removeprefix(", ") for part in split(text, (", ",))]
    return [f"{part}," for part in parts] if len(parts) > 1 else parts


def holds(found: Break, start: str, width: int) -> bool:
    """True if most of an expression lies in a bracket, and the rest fits: a factor at most, unless
    a sum is in the bracket."""
    around = found.head[:-1] + found.tail[1:]
    inside = len(" ".join(found.parts))
    is_sum = len(found.parts) > 1 and found.parts[1][0] in "+-"
    few = is_sum or len(_FACTORS.findall(around)) < 2
    long = max(len(start + found.head), len(found.tail)) > width
    return few and not long and inside >= len(around)


def rows_of(found: Break, width: int) -> list[str]:
    """The rows within a bracket: arguments in one row or a row each, all else as many as fit."""
    parts, rows = found.parts, list[str]()
    if parts[0].endswith(","):
        line = " ".join(parts)[:-1]
        if len(line) <= width:
            return [line]
        if found.head.endswith("("):
            return [row for part in parts for row in fitted(part, width)]
    for row in filled(parts, width):
        rows += fitted(row, width)
    return rows


def fitted(part: str, width: int) -> list[str]:
    """A part of an expression in as many rows as it needs."""
    if len(part) <= width:
        return [part]
    comma = "," if part.endswith(",") else ""
    text = part.removesuffix(",")
    begins = _BEGINS.match(text)
    start = begins[0] if begins else ""
    text = text[len(start) :]
    own = operands(text)
    if comma and not start and len(own) > 1 and own == terms(text):  # a sum needs no more brackets
        *rows, last = [row for one in filled(own, width) for row in fitted(one, width)]
    else:
        *rows, last = opened(start, text, width)
    return [*rows, last + comma]
