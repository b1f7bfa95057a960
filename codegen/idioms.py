"""What NumPy says in fewer words than the IR: several instructions that are read as one.

``x[np.arange(N), i]`` picks one element a row, ``np.eye(3)[i]`` is 1 in one column a row, and a 0
or 1 that meets a float needs no conversion.
"""

from __future__ import annotations

from symgrad.codegen.target import Reading
from symgrad.codegen.text import ATOM, COMPARE, MUL, UNARY, Form, Text, count, suffix, within
from symgrad.ir.function import Instr


def pick(x: Instr) -> Reading | None:
    """One element a row (or a column) of a matrix, by a vector of indices."""
    (taken,) = x.operands
    if taken.op.name != "take_along_axis" or taken.operands[0].type.rank != 2 or x.type.rank != 1:
        return None
    matrix, places = taken.operands
    if places.op.name != "reshape" or places.operands[0].type.shape != x.type.shape:
        return None
    if places.type.shape[taken["axis"]] != 1:
        return None
    every, last = f"np.arange({x.type.shape[0]})", taken["axis"] == 1

    def form(a: Text, i: Text) -> Text:
        key = f"{every}, {i.text}" if last else f"{i.text}, {every}"
        picked = suffix(f"[{key}]")(a)
        return picked._replace(depth=max(a.depth, i.depth) + 2, ops=count(a, i))

    return form, (matrix, places.operands[0])


def eye(x: Instr) -> Reading | None:
    """The identity matrix: ones on a diagonal."""
    (ones,) = x.operands
    one = ones.operands[0] if ones.op.name == "broadcast_to" else ones
    if not one.is_constant or one["value"] != 1 or x["k"] != 0:
        return None
    dtypes = {"f64": "", "f32": ", dtype=np.float32", "bool": ", dtype=bool", "i64": ", dtype=int"}
    text = f"np.eye({ones.type.shape[0]}{dtypes[x.type.dtype]})"
    return (lambda: Text(text, ATOM, 1)), ()


def one_hot(x: Instr) -> Reading:
    """The comparison that is true in one place along a new last axis."""
    rank = x.operands[0].type.rank
    column = ("", "[:, None]")[rank] if rank < 2 else "[..., None]"

    def form(i: Text) -> Text:
        index = suffix(column)(i) if column else i
        text = f"{within(index, COMPARE + 1).text} == np.arange({x['size']})"
        return Text(text, COMPARE, index.depth + 1, count(i))

    return form, x.operands


def bare(x: Instr) -> Reading | None:
    """A 0 or 1 as the condition that it stands for."""
    if x.op.name == "one_hot" and x.type.is_float:
        return one_hot(x)
    if x.op.name == "cast" and x.operands[0].type.dtype == "bool" and x.type.is_float:
        return (lambda a: a), x.operands
    return None


def negation(x: Instr) -> Form:
    """-a * b, which is -(a * b) to the last bit, and never goes over more elements.

    A condition that stands for 0 or 1 takes no sign: NumPy has no minus for it.
    """
    product = x.operands[0].op.name in ("multiply", "divide") and not bare(_first(x.operands[0]))

    def form(a: Text) -> Text:
        if product and a.precedence == MUL and not a.text.startswith("-") and "@" not in a.text:
            return a._replace(text=f"-{a.text}", ops=a.ops + 1)
        inner = within(a, UNARY)
        return Text(f"-{inner.text}", UNARY, inner.depth, count(a))

    return form


def _first(x: Instr) -> Instr:
    """The factor that a product's text begins with."""
    while x.op.name in ("multiply", "divide"):
        number_first = x.op.name == "multiply" and x.operands[1].is_constant
        x = x.operands[1 if number_first else 0]
    return x
