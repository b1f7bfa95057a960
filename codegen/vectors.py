"""Blocks of a vector of parameters by name: layers, and the weights and biases in them.

The weights of a layer and its biases are two blocks of theta that interlock, row by row.  They are
cut from the layer they share, for reading and, from the gradient, for writing::

    layer1 = theta[0:48].reshape(16, 3)
    w1, b1 = layer1[:, :-1], layer1[:, -1]

>>> blocks = {(0, (16, 2), (3, 1)): "w1", (2, (16,), (3,)): "b1"}
>>> layout = Layout(blocks, 48, Names())
>>> layout.cuts("theta", "")
[('layer1', 'theta.reshape(16, 3)')]
>>> [layout.place(b, "theta", "") for b in blocks]
['layer1[:, :-1]', 'layer1[:, -1]']
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from symgrad.codegen.identifiers import Names
from symgrad.codegen.target import Form, Target, atom, suffix
from symgrad.ir.function import Function, Instr
from symgrad.ops.index_slices import Block, entries, slice_of


@dataclass
class LayerRows:
    """A run of equal rows of the vector, ``rows`` of ``width`` entries from ``first`` on, that
    blocks share; a single row where ``rows`` is 1."""

    first: int
    rows: int
    width: int
    name: str = ""
    members: list[Block] = field(default_factory=list)

    @property
    def block(self) -> Block:
        if self.rows == 1:
            return self.first, (self.width,), (1,)
        return self.first, (self.rows, self.width), (self.width, 1)

    def takes(self, block: Block) -> bool:
        """True of a block that lies in these rows, in the same columns of each."""
        offset, shape, strides = block
        at = offset - self.first
        if self.rows == 1:
            return not shape or (len(shape) == 1 and strides == (1,))
        same = len(shape) in (1, 2) and shape[0] == self.rows and strides[0] == self.width
        if not same or strides[1:] not in ((), (1,)):
            return False
        return at >= 0 and at + (shape[1] if len(shape) == 2 else 1) <= self.width

    def key(self, block: Block) -> str:
        """The subscript of a block."""
        offset, shape, _ = block
        at = offset - self.first
        if self.rows > 1:
            return key_of((at,), (shape[1] if len(shape) == 2 else 0,), (self.width,))
        if not shape:
            return f"[{at}]" if at != self.width - 1 else "[-1]"
        stop = at + shape[0]
        last = "" if stop == self.width else "-1" if stop == self.width - 1 else str(stop)
        return f"[{at or ''}:{last}]" if (at, last) != (0, "") else ""


class Layout:
    """The layers that the blocks of one vector make; ``blocks`` gives each one's name, or ``""``.

    A layer is called after what its blocks' names have in common.
    """

    def __init__(self, blocks: Mapping[Block, str], size: int, names: Names) -> None:
        self.size = size
        self.layers: list[LayerRows] = []
        self.home: dict[Block, LayerRows] = {}
        for block in sorted(blocks, key=lambda b: (-len(b[1]), b[0])):
            if block != (0, (size,), (1,)):
                self.settle(block, blocks)
        self.layers = [layer for layer in self.layers if self.is_wanted(layer)]
        self.home = {b: layer for layer in self.layers for b in layer.members}
        self.layers.sort(key=lambda layer: layer.first)
        for number, layer in enumerate(self.layers, 1):
            layer.name = names.fresh(called(layer, blocks, number))

    def settle(self, block: Block, names: Mapping[Block, str]) -> None:
        """Puts a block into the layer that it interlocks with, or into one of its own."""
        offset, shape, strides = block
        for layer in self.layers:
            if layer.rows > 1 and layer.takes(block):
                layer.members.append(block)
                return
            end = layer.first + layer.width
            joins = layer.rows == 1 and offset == end and layer.takes(block)
            if joins and stem(names[block]) == stem(names[layer.members[0]]) != "":
                layer.width += shape[0] if shape else 1
                layer.members.append(block)
                return
        rows = slice_of(block, self.size) if len(shape) <= 2 else None
        if rows is None or not shape:
            return
        if len(shape) == 1 and strides == (1,):
            self.layers.append(LayerRows(offset, 1, shape[0], members=[block]))
        elif len(shape) == 2 and strides[1] == 1:
            first = min([rows.first, *self.columns_before(block, names)])
            self.layers.append(LayerRows(first, shape[0], strides[0], members=[block]))

    def columns_before(self, block: Block, blocks: Mapping[Block, str]) -> list[int]:
        """The offsets of blocks that hold columns before those of a matrix, in the same rows."""
        offset, (count, columns), (width, _) = block
        return [
            at
            for at, shape, strides in blocks
            if shape[:1] == (count,)
            and strides[:1] == (width,)
            and offset + columns - width <= at < offset
        ]

    def is_wanted(self, layer: LayerRows) -> bool:
        """True of a layer with a name: a matrix, which is also written into, or a shared row."""
        if layer.rows == 1 and layer.width == self.size:
            return False
        return len(layer.members) > 1 or layer.rows > 1

    def cuts(self, vector: str, prefix: str) -> list[tuple[str, str]]:
        """Name and text of each layer of a vector: theta, or with ``prefix`` d_ its gradient."""
        return [
            (f"{prefix}{layer.name}", cut(layer.block, self.size)(atom(vector)).text)
            for layer in self.layers
        ]

    def place(self, block: Block, vector: str, prefix: str) -> str:
        """A block of the vector, to be read or written."""
        layer = self.home.get(block)
        if layer is None:
            return cut(block, self.size)(atom(vector)).text
        return f"{prefix}{layer.name}{layer.key(block)}"

    def stem(self, block: Block) -> str:
        """A name for a block that the user did not name."""
        if block not in self.home:
            return "part"
        layer = self.home[block]
        last = block[0] - layer.first == layer.width - 1
        lone = len(block[1]) < 2
        kind = "w" if not lone else "b" if last or layer.rows == 1 else "u"
        return f"{kind}{self.layers.index(layer) + 1}"

    def reads(self, names: Mapping[Block, str], vector: str) -> list[tuple[str, str]]:
        """``w1, b1 = layer1[:, :-1], layer1[:, -1]``: the named blocks, a layer a line."""
        lines = []
        for layer in self.layers:
            own = [b for b in sorted(layer.members) if b in names]
            if own:
                left = ", ".join(names[b] for b in own)
                lines.append((left, ", ".join(self.place(b, vector, "") for b in own)))
        lone = [b for b in sorted(names) if b not in self.home]
        return lines + [(names[b], self.place(b, vector, "")) for b in lone]


@dataclass(frozen=True)
class Build:
    """How a vector is put together: from ``base`` or from ``zeros``, and then in ``places``.

    ``adds`` says whether the pieces are added to what stands there, and ``copied`` how a base that
    others have is copied.
    """

    base: Instr | None
    zeros: str
    cuts: list[tuple[str, str]]
    places: list[tuple[Instr, str]]
    adds: bool
    copied: Form


class Vectors:
    """The vectors of one function: parameters that are read by blocks, results written by them.

    ``named`` are the blocks that have a name, by ``id``, and ``placed`` the text that cuts each one
    out; ``uses`` counts the readers of a value.
    """

    def __init__(
        self,
        f: Function,
        parameters: Mapping[int, str],
        names: Names,
        uses: Mapping[int, int],
        target: Target,
    ) -> None:
        self.arrays = target.arrays
        self.named: dict[int, str] = {}
        self.placed: dict[int, str] = {}
        self.layouts: dict[str, Layout] = {}  # by the name of the vector, or of its gradient
        self.lines: list[tuple[str, str]] = []
        self.heading = "parameters"
        packs = [x for x in f.body if x.op.name == "pack"]
        turned = [x for x in f.body if x.op.name == "transpose"]
        cut: dict[int, list[Instr]] = {}
        for x in f.body:
            if x.op.name == "view":
                cut.setdefault(id(x.operands[0]), []).append(x)
        for p in f.parameters:
            if views := cut.get(id(p)):
                self.read(p, parameters[id(p)], views, packs, names, uses, turned)

    def read(
        self,
        p: Instr,
        vector: str,
        views: Sequence[Instr],
        packs: Sequence[Instr],
        names: Names,
        uses: Mapping[int, int],
        turned: Sequence[Instr],
    ) -> None:
        """Names the blocks of a parameter."""
        size = int(p.type.shape[0])
        blocks = {_block(x): x.hint for x in views}
        for x in packs:
            if x.hint == f"d_{p.hint}":
                blocks.update((b, "") for b in x["blocks"] if b not in blocks)
        layout = self.layouts[f"d_{p.hint}"] = Layout(blocks, size, names)
        read = {id(x): uses.get(id(x), 0) for x in views}
        for x in turned:  # a transpose is written wherever it is used
            read[id(x.operands[0])] = read.get(id(x.operands[0]), 0) + uses.get(id(x), 0) - 1
        wanted = [x for x in views if x.hint or read[id(x)] > 1]
        stems: dict[str, list[Instr]] = {}
        for x in wanted:
            stems.setdefault(x.hint or layout.stem(_block(x)), []).append(x)
        for stem, members in stems.items():
            self.named.update(zip(map(id, members), names.series(stem, len(members)), strict=True))
        called = {_block(x): self.named[id(x)] for x in wanted}
        self.placed.update((id(x), layout.place(_block(x), vector, "")) for x in views)
        self.lines += layout.cuts(vector, "") + layout.reads(called, vector)
        if called and all(re.fullmatch(r"[wb]\d+", name) for name in called.values()):
            rows = "each row of a layer is a neuron, its weights and then its bias"
            self.heading = f"parameters: {rows}"

    def is_written(self, x: Instr) -> bool:
        return x.op.name == "pack"

    def build(self, x: Instr, name: str) -> Build:
        """How a pack is written, under a name."""
        size, blocks = int(x["size"]), x["blocks"]
        layout = self.layouts.get(x.hint) or Layout(dict.fromkeys(blocks, ""), size, Names())
        base = x.operands[0] if blocks[0] == (0, (size,), (1,)) else None
        pieces = list(zip(x.operands, blocks, strict=True))[base is not None :]
        counts = np.zeros(size, int)
        for _, block in pieces:
            np.add.at(counts, entries(block), 1)
        assert self.arrays is not None  # plain Python has scalars in place of vectors
        once = counts.min(initial=1) == counts.max(initial=1) == 1
        made = self.arrays.empty if once else self.arrays.zeros
        prefix = "d_" if x.hint in self.layouts else f"{name}_"
        used = {id(layout.home[b]) for _, b in pieces if b in layout.home}
        cuts = [
            cut
            for cut, layer in zip(layout.cuts(name, prefix), layout.layers, strict=True)
            if id(layer) in used
        ]
        places = [(o, subscripted(layout.place(b, name, prefix))) for o, b in pieces]
        adds = base is not None or counts.max(initial=0) > 1
        zeros = f"{made}({size}{self.arrays.dtype(x.type)})"
        return Build(base, zeros, cuts, places, adds, self.arrays.copied)


def _block(x: Instr) -> Block:
    return x["offset"], x["shape"], x["strides"]


def subscripted(place: str) -> str:
    """A place to assign to: a bare name would be bound anew."""
    return place if place.endswith("]") else f"{place}[...]"


def stem(name: str) -> str:
    """The part of a name that the weights and biases of one layer share, or nothing.

    >>> stem("w1"), stem("b1"), stem("kernel_w"), stem("kernel_w_a"), stem("b"), stem("p3")
    ('layer1', 'layer1', 'kernel', 'kernel', 'layer', '')
    """
    found = re.fullmatch(r"(\w+_)?[wb](\d*)(_?[a-z])?", name)
    return ((found[1] or "layer_")[:-1] + found[2]) if found else ""


def called(layer: LayerRows, names: Mapping[Block, str], place: int) -> str:
    """The part of their names that its blocks share, else a number by its place in the vector."""
    stems = {stem(names[b]) for b in layer.members if names[b]}
    return (stems.pop() if len(stems) == 1 else "") or f"layer{place}"


def cut(block: Block, size: int) -> Form:
    """The block of a vector of ``size`` entries, as a view of it.

    >>> cut((2, (3, 2), (4, 1)), 14)(atom("theta")).text
    'theta[2:14].reshape(3, 4)[:, :2]'
    >>> cut((3, (3,), (4,)), 14)(atom("theta")).text
    'theta[3:12:4]'
    """
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


def may_alias(x: Instr, uses: Mapping[int, int]) -> bool:
    """True of an array that could share memory with an argument, or with a value that others read.

    ``uses`` counts the readers of a value.  A broadcast array shares its
    memory with itself, and NumPy lets nobody write into it, nor into a diagonal.

    >>> from symgrad.ir.text import parse
    >>> from symgrad.ops import OPS
    >>> f = parse('''func @f(param %x: f64[2, 2]) {
    ...   %y = transpose %x {axes = (1, 0)} : f64[2, 2]
    ...   %z = square %x : f64[2, 2]
    ...   %w = transpose %z {axes = (1, 0)} : f64[2, 2]
    ...   return %y, %w
    ... }''', OPS)
    >>> [may_alias(r, {}) for r in f.results]
    [True, False]
    """
    while "view" in x.op.traits:
        operand, *others = x.operands
        if others and "contracts" in x.op.traits:
            return False  # a product of several, as an einsum is
        if x.op.name == "broadcast_to":
            return operand.type.rank > 0
        if x.op.name == "diagonal":
            return True
        if "reduces" in x.op.traits and x["axis"]:
            return False
        if x.op.name == "cast" and x.type != operand.type:
            return False
        if uses.get(id(operand), 0) > 1:
            return True
        x = operand
    return x.is_parameter or x.is_constant
