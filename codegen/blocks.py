"""How blocks of a vector, segments and ordered sums are written with NumPy.

>>> from symgrad.codegen.text import atom
>>> cut((2, (3, 2), (4, 1)), 14)(atom("theta")).text
'theta[2:14].reshape(3, 4)[:, :2]'
>>> cut((3, (3,), (4,)), 14)(atom("theta")).text
'theta[3:12:4]'
"""

from __future__ import annotations

from symgrad.codegen.target import Rule
from symgrad.codegen.text import ADD, ATOM, Form, Text, call, infix, suffix
from symgrad.ir.function import Instr
from symgrad.ops.index_slices import Block, slice_of


def cut(block: Block, size: int) -> Form:
    """The block of a vector of ``size`` entries, as a view of it."""
    offset, shape, strides = block
    if not shape:
        return suffix(f"[{offset}]")
    if len(shape) == 1:
        stop = offset + (shape[0] - 1) * strides[0] + 1
        step = "" if strides[0] == 1 else f":{strides[0]}"
        return suffix("" if (offset, stop) == (0, size) else f"[{offset}:{stop}{step}]")
    rows = slice_of(block, size)
    assert rows is not None
    part = "" if (rows.first, rows.stop) == (0, size) else f"[{rows.first}:{rows.stop}]"
    key = key_of(rows.places, (*shape[1:], 0), rows.dims[1:])
    return suffix(f"{part}.reshape({', '.join(map(str, rows.dims))}){key}")


def key_of(places: tuple[int, ...], shape: tuple[int, ...], dims: tuple[int, ...]) -> str:
    """A subscript behind the first axis: ``shape`` of ``dims`` from ``places`` on; 0 for one."""
    parts = [":"]
    for at, n, d in zip(places, shape, dims, strict=False):
        if n == 0:
            parts.append(str(at) if at != d - 1 or d == 1 else "-1")
        elif n == d:
            parts.append(":")
        else:
            first = str(at) if at else ""
            last = "" if at + n == d else ("-1" if at + n == d - 1 else str(at + n))
            parts.append(f"{first}:{last}")
    return "" if set(parts) == {":"} else f"[{', '.join(parts)}]"


def _view(x: Instr) -> Form:
    block = (x["offset"], x["shape"], x["strides"])
    return cut(block, int(x.operands[0].type.shape[0]))


def _ordered_sum(x: Instr) -> Form:
    axis = x["axis"]
    behind = ", :" * (x.operands[0].type.rank - axis - 1)
    key = f"[{':, ' * axis}-1{behind}]"
    return lambda a: suffix(key)(call("np.add.accumulate", f"axis={axis}")(a))


def _spread(x: Instr) -> Form:
    size = str(x["size"])

    def form(g: Text, starts: Text) -> Text:
        ends = Text(f"np.concatenate([{starts.text}[1:], [{size}]])", ATOM, 2, 1)
        return call("np.repeat")(g, infix("-", ADD)(ends, starts))

    return form


FORMS: dict[str, Form | Rule] = {
    "view": Rule(_view),
    "pack": call("pack"),  # written as statements, see vectors
    "segment_sum": call("np.add.reduceat"),
    "segment_spread": Rule(_spread),
    "ordered_sum": Rule(_ordered_sum),
}
