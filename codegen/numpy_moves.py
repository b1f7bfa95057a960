"""The texts of ops that move elements: views, subscripts, reading and adding up by index.

>>> from symgrad.codegen.target import atom
>>> shape_text(("N", 3)), shape_text((4,))
('(N, 3)', '(4,)')
>>> key_text(("N", 3), (("slice", 1, "N", 1), ("new",), ("int", 2)))
'1:, None, 2'

An index that was counted from the end is written so again, for then NumPy itself refuses an element
that a small array lacks.

>>> key_text(("N",), (("slice", "N - 5", "N - 1", 1),))
'-5:-1'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgrad.codegen.numpy_idioms import eye
from symgrad.codegen.target import (
    ADD,
    ATOM,
    COMPARE,
    ByInstr,
    Form,
    Placement,
    Reading,
    Text,
    atom,
    call,
    count,
    infix,
    suffix,
    within,
)
from symgrad.codegen.vectors import cut
from symgrad.ir.function import Instr, made_of
from symgrad.ir.types import Dim, subtract
from symgrad.ops.shape import ARANGE

Rule = Callable[[Instr], Form]
MOVES: dict[str, Form | ByInstr] = {}


def _written(op: str, helper: str = "") -> Callable[[Rule], Rule]:
    """Enters the rule by which an op is written."""

    def enter(rule: Rule) -> Rule:
        MOVES[op] = ByInstr(rule, helper)
        return rule

    return enter


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


@_written("view")
def _view(x: Instr) -> Form:
    block = (x["offset"], x["shape"], x["strides"])
    return cut(block, int(x.operands[0].type.shape[0]))


@_written("ordered_sum")
def _ordered_sum(x: Instr) -> Form:
    axis = x["axis"]
    behind = ", :" * (x.operands[0].type.rank - axis - 1)
    key = f"[{':, ' * axis}-1{behind}]"
    return lambda a: suffix(key)(call("np.add.accumulate", f"axis={axis}")(a))


@_written("segment_spread")
def _spread(x: Instr) -> Form:
    size = str(x["size"])

    def form(g: Text, starts: Text) -> Text:
        ends = Text(f"np.concatenate([{starts.text}[1:], [{size}]])", ATOM, 2, 1)
        return call("np.repeat")(g, infix("-", ADD)(ends, starts))

    return form


DTYPES = {"f64": "np.float64", "f32": "np.float32", "i64": "np.int64", "bool": "np.bool_"}


def shape_text(shape: tuple[Dim, ...]) -> str:
    inner = ", ".join(map(str, shape))
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def typed(x: Instr, form: Form) -> Form:
    """The form, with an operand that the text has as a Python number given its dtype."""
    operand = x.operands[0]
    if not is_python_number(operand):
        return form
    return lambda a: form(call(DTYPES[operand.type.dtype])(a))


def is_python_number(x: Instr) -> bool:
    """True of a value made of literals and sizes alone, which is a Python number in the text."""
    return made_of(x, lambda o: not (o.type.rank or o.is_parameter), lambda o: False)


@_written("reshape")
def _reshape(x: Instr) -> Form:
    """A new or dropped axis of size 1 is written by index, everything else by reshape."""
    old, new = x.operands[0].type.shape, x["shape"]
    if tuple(d for d in new if d != 1) == old and old:
        rest = list(old)
        key = []
        for d in new:
            if rest and d == rest[0]:
                key.append(":")
                rest.pop(0)
            else:
                key.append("None")
        while len(key) > 1 and key[-1] == ":" and "None" in key[:-1]:
            key.pop()
        return suffix(f"[{', '.join(key)}]")
    if old and (*new, 1) == old:
        return suffix("[:, 0]" if len(old) == 2 else "[..., 0]" if new else "[0]")
    if x.operands[0].type.rank == 0:
        return typed(x, call("np.reshape", shape_text(new)))
    compound = [d for d in new if isinstance(d, str) and not d.isidentifier()]
    sizes = ["-1" if len(compound) == 1 and d is compound[0] else str(d) for d in new]
    return suffix(f".reshape({', '.join(sizes) if new else '()'})")


@_written("broadcast_to")
def _broadcast_to(x: Instr) -> Form:
    (operand,) = x.operands
    shape = shape_text(x["shape"])
    if operand.type.rank == 0:
        floats = x.type.dtype == "f64" and operand.op.name != "size"
        dtype = "" if floats else f", dtype={DTYPES[x.type.dtype]}"
        if operand.is_constant and operand["value"] in (0.0, 1.0) and x.type.is_float:
            name = "np.ones" if operand["value"] else "np.zeros"
            shape = str(*x["shape"]) if x.type.rank == 1 else shape
            return lambda a: call(name)(atom(shape + dtype))
        return lambda a: call("np.full")(atom(shape), Text(a.text + dtype, 0, a.depth, a.ops))
    return lambda a: call("np.broadcast_to")(a, atom(shape))


@_written("transpose")
def _transpose(x: Instr) -> Form:
    axes = x["axes"]
    if axes == tuple(reversed(range(len(axes)))):
        return suffix(".T")
    return suffix(f".transpose({', '.join(map(str, axes))})")


def _same(a: Text) -> Text:
    return a


@_written("index")
def _index(x: Instr) -> Form:
    if x.operands[0].type.rank == 0:  # a scalar may be a float of Python's own
        return typed(x, call("np.reshape", shape_text(x.type.shape))) if x.type.rank else _same
    return typed(x, suffix(f"[{key_text(x.operands[0].type.shape, x['key'])}]"))


@_written("embed", helper="embed")
def _embed(x: Instr) -> Form:
    key = key_text(x["shape"], x["key"])
    shape = atom(shape_text(x["shape"]))
    return typed(x, lambda a: call("embed")(a, shape, atom(f"np.s_[{key}]")))


def one_hot(x: Instr) -> Reading:
    """The comparison that is true in one place along a new last axis."""
    rank = x.operands[0].type.rank
    column = ("", "[:, None]")[rank] if rank < 2 else "[..., None]"

    def form(i: Text) -> Text:
        index = suffix(column)(i) if column else i
        text = f"{within(index, COMPARE + 1).text} == np.arange({x['size']})"
        return Text(text, COMPARE, index.depth + 1, count(i))

    return form, x.operands


@_written("one_hot")
def _one_hot(x: Instr) -> Form:
    chosen, _ = one_hot(x)
    if x.type.dtype == "bool":
        return chosen
    return lambda i: suffix(f".astype({DTYPES[x.type.dtype]})")(chosen(i))


@_written("concatenate")
def _concatenate(x: Instr) -> Form:
    def form(*xs: Text) -> Text:
        inner = Text("[" + ", ".join(a.text for a in xs) + "]", ATOM, 1, count(*xs))
        return call("np.concatenate", *([f"axis={x['axis']}"] if x["axis"] else []))(inner)

    return form


@_written("take")
def _take(x: Instr) -> Form:
    """By subscript, but for rows by many an index: there np.take is several times as fast."""
    source, index = x.operands
    few = source.type.rank == 1 or (isinstance(index.type.size, int) and index.type.size <= 32)
    identity = source.op.name == "diag" and eye(source)
    if index.type.rank == 0 or not (few or identity):
        return call("np.take", f"axis={x['axis']}")
    before = ":, " * x["axis"]
    return lambda a, i: suffix(f"[{before}{i.text}]")(a)._replace(ops=count(a, i))


@_written("gather")
def _gather(x: Instr) -> Form:
    def form(a: Text, *indices: Text) -> Text:
        return suffix(f"[{', '.join(i.text for i in indices)}]")(a)

    return form


def array(x: Instr) -> Form:
    """An operand whose shape a helper reads: a Python float becomes a NumPy scalar."""
    scalar = x.operands[0].type.rank == 0
    return call(DTYPES[x.operands[0].type.dtype]) if scalar else _same


@_written("scatter_add", helper="scatter_add")
def _scatter_add(x: Instr) -> Form:
    scatter = call("scatter_add", f"axis={x['axis']}", f"size={x['size']}")
    return lambda a, i: scatter(array(x)(a), i)


@_written("scatter_nd", helper="scatter_nd")
def _scatter_nd(x: Instr) -> Form:
    shape = atom(shape_text(x["shape"]))

    def form(a: Text, *indices: Text) -> Text:
        inner = ", ".join(i.text for i in indices) + ("," if len(indices) == 1 else "")
        return call("scatter_nd")(array(x)(a), atom(f"({inner})"), shape)

    return form


@_written("vector")
def _vector(x: Instr) -> Form:
    dtype = "" if x.type.dtype == "f64" else f", dtype={DTYPES[x.type.dtype]}"

    def form(*xs: Text) -> Text:
        depth = 2 + max(a.depth for a in xs)
        text = f"np.array([{', '.join(a.text for a in xs)}]{dtype})"
        return Text(text, ATOM, depth, count(*xs))

    return form


@_written("arange")
def _arange(x: Instr) -> Form:
    dtype = "" if x.type.dtype == "i64" else f", dtype={DTYPES[x.type.dtype]}"
    return lambda: Text(f"np.arange({x['dim']}{dtype})", ATOM, 1)


def _turned(axes: tuple[int, ...]) -> Form:
    """The elements in reverse order along some axes."""
    if not axes:
        return _same
    key = ["::-1" if i in axes else ":" for i in range(max(axes) + 1)]
    return suffix(f"[{', '.join(key)}]")


@_written("flip")
def _flip(x: Instr) -> Form:
    return _turned(x["axis"])


@_written("cumsum")
def _cumsum(x: Instr) -> Form:
    axis = x["axis"]
    running = suffix(f".cumsum(axis={axis})" if x.type.rank > 1 else ".cumsum()")
    turned = _turned((axis,))
    return (lambda a: turned(running(turned(a)))) if x["reverse"] else running


@_written("wrap")
def _wrap(x: Instr) -> Form:
    """range(3)[i]: Python's own counting from the end, and its IndexError."""
    return lambda i: Text(f"range({x['size']})[{i.text}]", ATOM, 1 + i.depth, count(i))


MOVES["pack"] = call("pack")  # written as statements, see vectors
MOVES["segment_sum"] = call("np.add.reduceat")


_FEW = 16  # columns that are added up one by one: np.add.at is far faster for vectors


def _embedded(x: Instr) -> Placement:
    key = key_text(x["shape"], x["key"])
    return Placement(lambda: key)


def _added(negative: bool, array: str, key: str, value: str) -> str:
    return f"np.{'subtract' if negative else 'add'}.at({array}, {key}, {value})"


def _scattered(x: Instr) -> Placement:
    axis, (value, index) = x["axis"], x.operands
    if axis:
        return Placement(lambda i: f"np.s_[{':, ' * axis}{i}]", _added)
    columns = value.type.shape[-1] if (value.type.rank, index.type.rank) == (2, 1) else 0
    few = columns if isinstance(columns, int) and 1 < columns <= _FEW else 0
    return Placement(lambda i: i, _added, few)


def _scattered_nd(x: Instr) -> Placement:
    """By index, each by itself, but for one place in each row."""
    indices = x.operands[1:]
    if len(indices) == 2 and indices[0].op is ARANGE and indices[0].type == indices[1].type:
        return Placement(lambda rows, i: f"{rows}, {i}")
    return Placement(lambda *i: i[0] if len(i) == 1 else f"({', '.join(i)})", _added)


PLACED: dict[str, Callable[[Instr], Placement]] = {"embed": _embedded, "scatter_add": _scattered}
PLACED["scatter_nd"] = _scattered_nd
