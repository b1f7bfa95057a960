"""Long expressions over several lines, broken where a reader would: at the terms of a sum.

>>> terms("a*b + f(c - d) - e")
['a*b', '+ f(c - d)', '- e']
>>> broken("y", "2.0 * (a + b)", 12)
['y = 2.0 * (', '    a + b', ')']
"""

from __future__ import annotations

import re

INDENT = "    "
MAX_ROWS = 8

_OPEN, _CLOSE = "([{", ")]}"


def split(text: str, separators: tuple[str, ...]) -> list[str]:
    """The text cut before each separator that stands outside all brackets."""
    parts, start, depth, i = [], 0, 0, 0
    while i < len(text):
        if text[i] in _OPEN:
            depth += 1
        elif text[i] in _CLOSE:
            depth -= 1
        elif depth == 0 and i > start and text.startswith(separators, i):
            parts.append(text[start:i])
            start = i
        i += 1
    return [*parts, text[start:]]


def terms(text: str) -> list[str]:
    """The terms of a sum, each but the first with its sign."""
    return [part.strip() for part in split(text, (" + ", " - "))]


def opening(text: str) -> int:
    """Where the bracket opens that closes at the end of the text."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] in _CLOSE) - (text[i] in _OPEN)
        if depth == 0:
            return i
    return 0


def pieces(text: str) -> tuple[str, list[str]] | None:
    """What stands before the bracket, and what in it, one piece a row at least; None for neither.

    A sum gets brackets of its own; a product with a sum, and a call, break in those they have.
    """
    own = terms(text)
    if len(own) > 1:
        return "", own
    if not text.endswith(")"):
        return None
    start = opening(text)
    head, inner = text[:start], text[start + 1 : -1]
    if re.search(r"[\w\]]\Z", head):
        arguments = [part.strip(", ") for part in split(inner, (", ",))]
        return (head, [f"{a}," for a in arguments]) if len(arguments) > 1 else None
    return (head, terms(inner)) if len(terms(inner)) > 1 else None


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
    """Whether the text fits a few rows of ``width`` without a break inside a term."""
    found = pieces(text)
    if found is None:
        return False
    rows = filled(found[1], width)
    return len(rows) <= MAX_ROWS and all(len(row) <= width for row in rows)


def broken(name: str, text: str, width: int) -> list[str]:
    """An assignment over several lines, without the function's indentation."""
    head, parts = pieces(text) or ("", text.split(" "))
    rows = filled(parts, width - len(INDENT))
    return [f"{name} = {head}(", *(INDENT + row for row in rows), ")"]
