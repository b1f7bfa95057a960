"""What indices are read from, and what they count: vectors of scalars, and places within a size.

>>> VECTOR.infer(Type("f64"), Type("f64"))
f64[2]
>>> int(WRAP.evaluate(-1, size=3))
2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.dims import Dim
from symgrad.ir.function import Function, Instr
from symgrad.ir.op import Op
from symgrad.ir.types import Type
from symgrad.ops.rules import same_dtype
from symgrad.ops.table import register


def _vector_result(*xs: Type) -> Type:
    if not xs or any(x.rank for x in xs):
        raise ShapeError(f"vector: expected scalars, one at least, got {xs}; use concatenate")
    return Type(same_dtype("vector", *xs), (len(xs),))


def _place_result(name: str, scalar: bool) -> Any:
    def infer(index: Type, *, size: Dim) -> Type:
        if index.dtype != "i64":
            raise DTypeError(f"{name}: expected an index of i64, got {index}; cast")
        if scalar and index.rank:
            raise ShapeError(f"{name}: expected a scalar, got {index}")
        return index

    return infer


def _wrapped(index: Any, *, size: int) -> Any:
    return np.arange(size)[np.asarray(index)]


def _within(index: Any, *, size: int) -> Any:
    i = np.asarray(index)
    wrong = i[(i < 0) | (i >= size)]
    if wrong.size:
        raise IndexError(f"expected indices from 0 to {size - 1}, got {wrong.flat[0]}")
    return i[()]


def bounds_of(function: Function) -> dict[str, tuple[Dim, ...]]:
    """For each parameter of integers that indexes something, the sizes that it stays below."""
    found: dict[str, dict[Dim, None]] = {}
    for x in function.body:
        for index, size in indices_of(x):
            while index.op.name in _MOVES:
                index = index.operands[0]
            if index.is_parameter:
                found.setdefault(index.hint, {})[size] = None
    return {name: tuple(sizes) for name, sizes in found.items()}


_MOVES = ("wrap", "within", "reshape", "broadcast_to", "transpose", "index", "flip", "take")


def indices_of(x: Instr) -> Iterator[tuple[Instr, Dim]]:
    """The operands of an instruction that are indices, and the sizes that they are indices into."""
    name, first = x.op.name, x.operands[:1]
    if name in ("wrap", "within", "one_hot"):
        yield first[0], x["size"]
    elif name in ("take", "take_along_axis"):
        yield x.operands[1], first[0].type.shape[x["axis"]]
    elif name in ("scatter_add", "add_along_axis"):
        yield x.operands[1], x["size"]
    elif name == "gather":
        yield from zip(x.operands[1:], first[0].type.shape, strict=False)
    elif name == "scatter_nd":
        yield from zip(x.operands[1:], x["shape"], strict=False)


VECTOR = register(
    Op(
        "vector",
        "shape",
        None,
        infer=_vector_result,
        evaluate=lambda *xs: np.array(xs),
        pullback=lambda f, g, y, *xs: tuple(f.index(g, key=(("int", i),)) for i in range(len(xs))),
        traits=("exact",),
        doc="scalars side by side as a vector",
    )
)
WRAP = register(
    Op(
        "wrap",
        "indexing",
        1,
        infer=_place_result("wrap", scalar=True),
        evaluate=_wrapped,
        attributes=("size",),
        dim_attributes=("size",),
        called="place",
        doc="an index that may count from the end, counted from the front; IndexError beyond",
    )
)
WITHIN = register(
    Op(
        "within",
        "indexing",
        1,
        infer=_place_result("within", scalar=False),
        evaluate=_within,
        attributes=("size",),
        dim_attributes=("size",),
        doc="indices from 0 to size - 1, such as labels: a negative one is an error, no last class",
    )
)
