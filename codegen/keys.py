"""Basic indices as text: ``x[1:, None, -1]``.

What was counted from the end is written so again, for then NumPy itself refuses an element that a
small array lacks.

>>> key_text(("N", 3), (("slice", 1, "N", 1), ("new",), ("int", 2)))
'1:, None, 2'
>>> key_text(("N",), (("slice", "N - 5", "N - 1", 1),))
'-5:-1'
"""

from __future__ import annotations

from typing import Any

from symgrad.ir.dims import Dim, subtract


def key_text(shape: tuple[Dim, ...], key: tuple[tuple[Any, ...], ...]) -> str:
    """A basic index into an array of the shape, as it stands in square brackets."""
    parts, axis = [], 0
    for entry in key:
        if entry[0] == "new":
            parts.append("None")
            continue
        if entry[0] == "int":
            parts.append(str(_from_end(shape[axis], entry[1])))
        else:
            parts.append(_slice_text(shape[axis], *entry[1:]))
        axis += 1
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts) or "()"


def _slice_text(dim: Dim, start: Any, stop: Any, step: int) -> str:
    first = "" if start == 0 and step > 0 else str(_from_end(dim, start))
    # A falling slice that reaches the front stops at -1, which NumPy would take for the end.
    falls_off = isinstance(stop, int) and stop < 0
    last = "" if stop == dim or falls_off else str(_from_end(dim, stop))
    return f"{first}:{last}" if step == 1 else f"{first}:{last}:{step}"


def _from_end(dim: Dim, place: Any) -> Any:
    """``N - 3`` on an axis of N elements as -3."""
    if not isinstance(place, str):
        return place
    offset = subtract(place, dim)
    return offset if isinstance(offset, int) and offset < 0 else place
