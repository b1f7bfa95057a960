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

from collections.abc import Iterator, Sequence
from typing import Any

from symgrad.ir.function import Function, Instr
from symgrad.ops.intervals import Intervals

_OWN = "the derivative is that of the branch that holds there alone, not a limit"
_TOLD: dict[Any, str] = {
    None: _OWN,
    True: "the derivative is the limit from beside it, which SymPy found",
    False: f"{_OWN}: SymPy was stopped while it looked for one",
}


def points_of(f: Function, wrt: Sequence[Instr]) -> tuple[str, ...]:
    """What there is to say of such branches that depend on the parameters ``wrt``."""
    moving, intervals = set(wrt), Intervals()
    for x in f.body:
        if x.type.is_float and not moving.isdisjoint(x.operands):
            moving.add(x)
    said: dict[str, None] = {}
    for x in f.body:
        derived = any(origin.derived for origin in x.origins)
        if x.op.name != "where" or x not in moving or derived:
            continue
        condition, *branches = x.operands
        for branch, holds in zip(branches, (True, False), strict=True):
            for a, b in _pins(condition, holds, intervals):
                if a in moving or b in moving:
                    told = branch["found"] if branch.op.name == "continued" else None
                    how = _TOLD[told]
                    said[f"Where {_called(a)} = {_called(b)} {how}{_line(x)}"] = None
    return tuple(said)


def _pins(condition: Instr, holds: bool, intervals: Intervals) -> Iterator[tuple[Instr, Instr]]:
    """The values that are equal wherever a condition holds, or does not."""
    name, operands = condition.op.name, condition.operands
    if name == "logical_not":
        yield from _pins(operands[0], not holds, intervals)
    elif name in ("logical_and", "logical_or"):
        if (name == "logical_and") == holds:
            for part in operands:
                yield from _pins(part, holds, intervals)
    elif len(operands) == 2 and operands[0].type.is_float:
        a, b = operands
        above, below = intervals.of(a).low, intervals.of(b).high
        touches = above == below  # a >= b everywhere
        mirrored = intervals.of(a).high == intervals.of(b).low
        equal = {
            "equal": holds,
            "not_equal": not holds,
            "greater": not holds and touches,
            "less_equal": holds and touches,
            "less": not holds and mirrored,
            "greater_equal": holds and mirrored,
        }
        if equal.get(name, False):
            yield a, b


def _called(x: Instr) -> str:
    return str(x["value"]) if x.is_constant else x.hint or f"a value ({x.op.name})"


def _line(x: Instr) -> str:
    return f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
