"""What a compiled function needs of its named sizes.

``x[3:]`` of N elements has N - 3 of them only where N is at least 3; NumPy would clamp in silence,
and the emitted text, written for N - 3, would be wrong.  So each such dim is checked at the call.

>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Type
>>> from symgrad.ops import OPS
>>> x = parameter("x", Type("f64", ("N",)))
>>> tail = emit(OPS["index"], [x], {"key": (("slice", 3, "N", 1),)})
>>> needs_of(function("f", [x], [tail]))
(('N - 3', ''),)
"""

from __future__ import annotations

from symgrad.ir.dims import Dim, subtract
from symgrad.ir.function import Function, Instr

Needs = tuple[tuple[str, str], ...]


def needs_of(f: Function) -> Needs:
    """Dims that must not be negative, each with the first line that needs it."""
    found: dict[str, str] = {}
    for x in f.body:
        where = f"{x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
        for dim in _dims(x):
            if isinstance(dim, str) and "-" in dim:
                found.setdefault(dim, where)
    return tuple(found.items())


def _dims(x: Instr) -> list[Dim]:
    dims = list(x.type.shape)
    if x.op.name == "divide" and x.operands[1].op.name == "size":
        dims.append(subtract(x.operands[1]["dim"], 1))  # a float over 0 raises in Python
    if x.op.name == "index":
        axis = 0
        for entry in x["key"]:
            if entry[0] == "new":
                continue
            if entry[0] == "int":
                dims += [entry[1], subtract(subtract(x.operands[0].type.shape[axis], entry[1]), 1)]
            else:
                dims += [d for d in entry[1:3] if d is not None]
                dims.append(subtract(x.operands[0].type.shape[axis], entry[2] or 0))
            axis += 1
    return dims
