"""What a compiled function needs of its named sizes.

``x[3:]`` of N elements has N - 3 of them only where N is at least 3; NumPy would clamp in silence,
and the emitted text, written for N - 3, would be wrong.  The largest of N elements needs N >= 1.
Each such dim is checked at the call, with the user's line; those that NumPy would not refuse are
checked by the emitted text too.

>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Type
>>> from symgrad.ops import OPS
>>> x = parameter("x", Type("f64", ("N",)))
>>> tail = emit(OPS["index"], [x], {"key": (("slice", 3, "N", 1),)})
>>> needs_of(function("f", [x], [tail]))
(Need(dim='N - 3', why='the slice of x', silent=True),)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from symgrad.ir.dims import Dim, subtract
from symgrad.ir.function import Function, Instr


class Need(NamedTuple):
    """A dim that must not be negative, what needs it, and whether NumPy would keep silent."""

    dim: str
    why: str
    silent: bool


def needs_of(f: Function, written: Function | None = None) -> tuple[Need, ...]:
    """The needs of a function's instructions, each dim once, in order.

    ``written`` is what the user wrote, whose words they are told in, where it needs the same.
    """
    found: dict[str, Need] = {}
    for x in f.body:
        place = f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
        for dim, why, silent in _needs(x):
            if isinstance(dim, str) and "-" in dim:
                known = found.get(dim, Need(dim, why + place, silent))
                found[dim] = known._replace(silent=known.silent or silent)
    told = {need.dim: need.why for need in needs_of(written)} if found and written else {}
    return tuple(need._replace(why=told.get(need.dim, need.why)) for need in found.values())


def ranges_of(f: Function) -> tuple[tuple[str, str, str], ...]:
    """Arguments of labels: the name, the number of classes, and the first line that reads them."""
    found: dict[tuple[str, str], str] = {}
    for x in f.body:
        if x.op.name == "within" and x.operands[0].is_parameter:
            line = f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
            found.setdefault((x.operands[0].hint, str(x["size"])), line)
    return tuple((name, size, line) for (name, size), line in found.items())


def _needs(x: Instr) -> Iterator[tuple[Dim, str, bool]]:
    if x.op.name in ("index", "embed"):
        yield from _of_key(x)
    elif x.op.name == "diagonal":
        yield x.type.shape[0], f"diagonal {x['k']}", True
    elif "nonempty" in x.op.traits:
        axis = x["axis"]
        for a in axis if isinstance(axis, tuple) else (axis,):
            size = x.operands[0].type.shape[a]
            yield subtract(size, 1), f"{x.op.name} over axis {a} of {_called(x)}", False
    elif x.op.name == "divide" and x.operands[1].op.name == "size":
        above, below = x.operands
        if above.is_constant or above.op.name == "size":  # Python's own numbers in the text
            yield subtract(below["dim"], 1), f"the division by {below['dim']}", False


def _of_key(x: Instr) -> Iterator[tuple[Dim, str, bool]]:
    shape = x["shape"] if x.op.name == "embed" else x.operands[0].type.shape
    axis = 0
    for entry in x["key"]:
        if entry[0] == "new":
            continue
        if entry[0] == "int":
            why = f"the index into {_called(x)}"
            yield entry[1], why, False
            yield subtract(subtract(shape[axis], entry[1]), 1), why, False
        else:
            why = f"the slice of {_called(x)}"
            for dim in (entry[1], subtract(entry[2], entry[1]), subtract(shape[axis], entry[2])):
                yield dim, why, True
        axis += 1


def _called(x: Instr) -> str:
    """The operand by its name, or by its type where nobody named it."""
    return x.operands[0].hint or str(x.operands[0].type)
