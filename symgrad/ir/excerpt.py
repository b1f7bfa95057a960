"""The ten lines of IR text around a fault, for the messages of the parser and the verifier.

>>> print(excerpt(["a", "b"], 2))
     1 | a
  >  2 | b
"""

from __future__ import annotations

from collections.abc import Sequence

_LINES = 10
_WIDTH = 160


def excerpt(lines: Sequence[str], fault: int) -> str:
    """At most ten numbered lines around line ``fault`` (counted from 1), which is marked."""
    first = max(1, min(fault - _LINES // 2, len(lines) - _LINES + 1))
    shown = []
    for number, line in enumerate(lines[first - 1 : first - 1 + _LINES], first):
        text = line if len(line) <= _WIDTH else line[:_WIDTH] + " ..."
        shown.append(f"  {'>' if number == fault else ' '} {number:>2} | {text}".rstrip())
    return "\n".join(shown)
