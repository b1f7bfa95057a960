"""Several instructions that NumPy writes as one call: idioms, read from the last of them.

An idiom gives the form of the call and the operands that it takes, or None where the instructions
before it are others.
"""

from __future__ import annotations

from collections.abc import Callable

from symgrad.codegen.target import ATOM, Idiom, Reading, Text, call, count, suffix
from symgrad.ir.function import Instr
from symgrad.ops import OPS
from symgrad.ops.gathering import TAKE
from symgrad.ops.product import MATMUL
from symgrad.ops.shape import TRANSPOSE
from symgrad.rewrite.patterns import is_squeeze, is_view

IDIOMS: dict[str, Idiom] = {}
HELPERS: dict[str, str] = {}  # that an op's idiom calls


def _read_from(*ops: str, helper: str = "") -> Callable[[Idiom], Idiom]:
    """Enters an idiom under the ops that may be the last of it."""

    def enter(idiom: Idiom) -> Idiom:
        IDIOMS.update(dict.fromkeys(ops, idiom))
        if helper:
            HELPERS.update(dict.fromkeys(ops, helper))
        return idiom

    return enter


@_read_from("reshape", "index")
def _pick(x: Instr) -> Reading | None:
    """One element a row (or a column) of a matrix, by a vector of indices."""
    (taken,) = x.operands
    if taken.op.name != "take_along_axis" or taken.operands[0].type.rank != 2 or x.type.rank != 1:
        return None
    matrix, places = taken.operands
    added = len(places.operands) == 1 and (places.op.name == "reshape" or is_view(places))
    if not added or places.operands[0].type.shape != x.type.shape:
        return None
    if places.type.shape[taken["axis"]] != 1 or not (x.op.name == "reshape" or is_squeeze(x)):
        return None
    every, last = f"np.arange({x.type.shape[0]})", taken["axis"] == 1

    def form(a: Text, i: Text) -> Text:
        key = f"{every}, {i.text}" if last else f"{i.text}, {every}"
        picked = suffix(f"[{key}]")(a)
        return picked._replace(depth=max(a.depth, i.depth) + 2, ops=count(a, i))

    return form, (matrix, places.operands[0])


@_read_from("diag")
def eye(x: Instr) -> Reading | None:
    """The identity matrix: ones on a diagonal."""
    (ones,) = x.operands
    one = ones.operands[0] if ones.op.name == "broadcast_to" else ones
    if not one.is_constant or one["value"] != 1 or x["k"] != 0:
        return None
    dtypes = {"f64": "", "f32": ", dtype=np.float32", "bool": ", dtype=bool", "i64": ", dtype=int"}
    text = f"np.eye({ones.type.shape[0]}{dtypes[x.type.dtype]})"
    return (lambda: Text(text, ATOM, 1)), ()


@_read_from("concatenate")
def _stack(x: Instr) -> Reading | None:
    """Arrays side by side along a new axis."""
    axis, parts = x["axis"], [o.operands[0] for o in x.operands if o.op.name == "reshape"]
    new = (*x.type.shape[:axis], 1, *x.type.shape[axis + 1 :])
    alike = {p.type.shape for p in parts} == {(*new[:axis], *new[axis + 1 :])}
    if len(parts) < len(x.operands) or not alike or x.type.rank == 1:
        return None
    if any(o.type.shape != new for o in x.operands):
        return None
    behind = [f"axis={axis}"] if axis else []

    def form(*xs: Text) -> Text:
        inner = ", ".join(a.text for a in xs)
        return call("np.stack", *behind)(Text(f"({inner})", ATOM, 1, count(*xs)))

    return form, tuple(parts)


@_read_from("by_column")
def _by_column(x: Instr) -> Reading | None:
    """A product of matrices, or rows read by index, with one column after another in memory."""
    (whole,) = x.operands
    if whole.op is MATMUL:
        return call("np.matmul", 'order="F"'), whole.operands
    if whole.op is not TAKE:
        return None
    (table, index), turn = whole.operands, suffix(".T")
    columns = call("np.take", "axis=1")
    if table.op is TRANSPOSE:
        return (lambda a, i: turn(columns(a, i))), (*table.operands, index)
    return (lambda a, i: turn(columns(turn(a), i))), (table, index)


@_read_from("where", helper="finite_max")
def _finite_max(x: Instr) -> Reading | None:
    """What a logsumexp is shifted by."""
    condition, top, other = x.operands
    is_zero = other.is_constant and not other.type.rank and other["value"] == 0.0
    if not is_zero or condition.op is not OPS["isfinite"] or condition.operands != (top,):
        return None
    if top.op is not OPS["max"] or not top.operands[0].type.rank:
        return None
    axis = top["axis"][0] if len(top["axis"]) == 1 else top["axis"]
    keep = ["keepdims=True"] if top["keepdims"] else []
    return call("finite_max", f"axis={axis}", *keep), top.operands
