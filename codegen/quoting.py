"""Texts as literals of Python."""

from __future__ import annotations


def quoted(text: str) -> str:
    r"""A user's text as a literal in double quotes.

    >>> print(quoted('a "b" in C:\\d'))
    "a \"b\" in C:\\d"
    """
    return '"' + ascii(text)[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
