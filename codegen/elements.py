"""Arrays of scalar instructions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.ir.function import Instr

Elements = np.ndarray[Any, np.dtype[np.object_]]

MAX_ELEMENTS = 100_000


def box(items: Sequence[Any], shape: tuple[int, ...]) -> Elements:
    """An object array of a shape from a flat list."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(shape)


def place(x: Instr) -> str:
    """Where the user built it, for the end of a message."""
    return f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
