"""Names for the emitted text, from the user's own.

Hints come first and stay as they are where they can.  A hint that several values share gets a
letter (``h1_1a``, ``h1_1b``) after a digit, or else a number.  Keywords, builtins that the text
uses, and names of the target's prelude get an underscore.  Values without a hint are called after
the op that made them.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from symgrad.ir.function import Instr

RESERVED = frozenset(
    {"np", "math", "float", "int", "bool", "len", "range", "tuple", "abs", "min", "max", "zip"}
    | {"inf", "nan", "print", "sum", "__builtins__"}
    | set(keyword.kwlist)
    | set(keyword.softkwlist)
)

_CALLED = {
    "matmul": "product",
    "outer": "product",
    "einsum": "product",
    "multiply": "product",
    "add": "total",
    "sum": "total",
    "subtract": "difference",
    "divide": "quotient",
    "cast": "mask",
    "index": "part",
    "reshape": "view",
    "broadcast_to": "spread",
    "logsumexp": "lse",
    "take_along_axis": "picked",
    "gather": "picked",
    "wrap": "place",
    "add_along_axis": "placed",
    "scatter_add": "placed",
    "scatter_nd": "placed",
}


class Names:
    """Hands out names, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(RESERVED) | set(taken)
        self.last: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        """``wanted``, or the next free name made from it."""
        name = wanted + "_" if wanted in RESERVED else wanted
        if name.strip("_") == "" or name.startswith("__"):
            name = f"p_{name.strip('_')}"
        number = self.last.get(name, 1)
        candidate = name
        while candidate in self.taken:
            number += 1
            candidate = f"{name}_{number}"
        self.last[name] = number
        self.taken.add(candidate)
        return candidate

    def series(self, wanted: str, count: int) -> list[str]:
        """Names for ``count`` values that share a hint."""
        if count > 1 and wanted[-1].isdigit() and count <= 26:
            letters = [wanted + chr(ord("a") + i) for i in range(count)]
            if not any(name in self.taken for name in letters):
                self.taken.update(letters)
                return letters
        return [self.fresh(wanted) for _ in range(count)]


def name_values(values: Sequence[Instr], names: Names) -> dict[int, str]:
    """A name for each value, by ``id``."""
    groups: dict[str, list[Instr]] = {}
    for x in values:
        groups.setdefault(x.hint or unnamed(x), []).append(x)
    result: dict[int, str] = {}
    for hint, members in groups.items():
        for x, name in zip(members, names.series(hint, len(members)), strict=True):
            result[id(x)] = name
    return result


def unnamed(x: Instr) -> str:
    """What to call a value that nobody named: the op, and the operand if it has a short name."""
    base = _CALLED.get(x.op.name, x.op.name)
    if len(x.operands) == 1 and x.operands[0].hint and x.op.partials is not None:
        base = f"{base}_{x.operands[0].hint}"
    return base
