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
    if not any(separator in text for separator in separators):
        return [text]
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


def groups(text: str) -> list[tuple[int, int]]:
    """Where the outermost round brackets open and close."""
    found, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in _OPEN:
            start = i if depth == 0 else start
            depth += 1
        elif c in _CLOSE:
            depth -= 1
            if depth == 0 and c == ")":
                found.append((start, i))
    return found


def pieces(text: str) -> tuple[str, list[str], str] | None:
    """What stands before the bracket, in it (one piece a row at least) and behind it.

    A sum gets brackets of its own; a product breaks in a bracketed sum that it has, a call at its
    arguments.  None where there is nothing to break at.
    """
    own = terms(text)
    if len(own) > 1:
        return "", own, ""
    sums = [
        (stop - start, start, stop)
        for start, stop in groups(text)
        if not re.search(r"[\w\])]\Z", text[:start]) and len(terms(text[start + 1 : stop])) > 1
    ]
    if sums:
        _, start, stop = max(sums)
        return text[:start], terms(text[start + 1 : stop]), text[stop + 1 :]
    called = re.match(r"[\w.]+\(", text)
    if not called or groups(text) != [(called.end() - 1, len(text) - 1)]:
        return None
    arguments = split(text[called.end() : -1], (", ",))
    parts = [a.removeprefix(", ") for a in arguments]
    return (called[0][:-1], [f"{a}," for a in parts], "") if len(parts) > 1 else None


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
    """Whether most of the text fits a few rows of ``width`` without a break inside a term."""
    found = pieces(text)
    if found is None or 2 * len(" ".join(found[1])) < len(text):
        return False
    rows = filled(found[1], width)
    return len(rows) <= MAX_ROWS and all(len(row) <= width for row in rows)


def broken(name: str, text: str, width: int, operator: str = "=") -> list[str]:
    """An assignment over several lines, without the function's indentation."""
    head, parts, tail = pieces(text) or ("", text.split(" "), "")
    rows = filled(parts, width - len(INDENT))
    if parts[0].endswith(","):  # a call: its arguments in one row, or a row each
        rows = [rows[0].rstrip(",")] if len(rows) == 1 else parts
    return [f"{name} {operator} {head}(", *(INDENT + row for row in rows), f"){tail}"]
