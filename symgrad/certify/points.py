"""Branches that hold at one point alone: where(n > 0, ..., c) for a norm n, at n = 0.

The derivative there is that of the branch, whatever the function is beside it; in what comes from
SymPy it is the limit, where SymPy found one.  Notes and certificate tell which, with the line.

>>> import symgrad as sg
>>> x = sg.param("x", [3.0, 4.0])
>>> n = sg.norm(x)
>>> print(*sg.compile(sg.sum(sg.where(n > 0, x / n, 0.0))).notes)  # doctest: +ELLIPSIS
Where a value (sqrt) = 0.0 the derivative is that of the branch that holds there alone, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgrad.certify.nests import nests
from symgrad.ir.function import Function, Instr

_OWN = "the derivative is that of the branch that holds there alone, not a limit"
_PERHAPS = "the derivative may be that of a branch that holds there alone, not a limit"
_TOLD: dict[Any, str] = {
    None: _OWN,
    True: "the derivative is the limit from beside it, which SymPy found",
    False: f"{_OWN}: SymPy was stopped while it looked for one",
}


def points_of(f: Function, wrt: Sequence[Instr]) -> tuple[str, ...]:
    """What there is to say of such branches that depend on the parameters ``wrt``."""
    moving = set(wrt)
    for x in f.body:
        if x.type.is_float and not moving.isdisjoint(x.operands):
            moving.add(x)
    said: dict[str, None] = {}

    def asked(x: Instr) -> bool:
        return x in moving and not any(origin.derived for origin in x.origins)

    for nest in nests(f, asked):
        for pins, branch, where in nest.alone():
            if not moving.isdisjoint(x for pin in pins for x in pin if isinstance(x, Instr)):
                at = " and ".join(f"{_called(a)} = {_called(b)}" for a, b in pins)
                said[f"Where {at} {_told(branch)}{_line(where or nest.root)}"] = None
    return tuple(said)


def _told(branch: Instr | None) -> str:
    if branch is None:
        return _PERHAPS
    return _TOLD[branch["found"] if branch.op.name == "continued" else None]


def _called(x: Instr | float) -> str:
    if not isinstance(x, Instr):
        return str(x)
    if x.op.name == "negative":
        return f"-{_called(x.operands[0])}"
    return str(x["value"]) if x.is_constant else x.hint or f"a value ({x.op.name})"


def _line(x: Instr) -> str:
    return f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
