"""Arrays that are filled place by place: the cotangents of slices, and of rows that were indexed.

The cotangent of ``x[:, 0]`` is an array of zeros but for one column, and where several parts of x
are read, these are added up.  A text makes one array and writes each part into its place::

    d_x = np.zeros((N, 3))
    d_x[:, 0] = ...
    d_x[:, 2] = ...
    np.add.at(d_x, i, d_rows)

Where a part meets another it is added; what is added as a whole comes first, and is what the array
starts as.  Where the parts leave nothing, the array need not be zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from symgrad.codegen.statement_tree import AddInto, Assign, Perform, SubtractFrom, WriteInto
from symgrad.codegen.target import Placement, Target, Text, prefix
from symgrad.ir.function import Instr
from symgrad.ir.types import Dim, Shape, add, product

_FEW = 32  # parts that are compared with each other
Region = tuple[tuple[int, int] | None, ...]  # of each axis, from where to where; None for unknown


class Part(NamedTuple):
    """A term of the sum that an array is: the instruction that places it, and its sign."""

    placed: Instr
    negative: bool


class Filling(NamedTuple):
    """An array as its parts, the terms that are added as a whole, and numbers that are."""

    parts: tuple[Part, ...]
    whole: tuple[Part, ...]
    numbers: tuple[Part, ...]
    inner: tuple[Instr, ...]  # sums that have no text of their own

    def fits(self, x: Instr) -> bool:
        """True if no term has to be spread over the array."""
        return all(p.placed.type == x.type for p in self.whole)


class Placements:
    """The arrays of a body that are filled, and how."""

    def __init__(
        self, body: Sequence[Instr], is_open: Callable[[Instr], bool], target: Target
    ) -> None:
        """``is_open`` is true of a value that has one reader and no name of its own."""
        self.target = target
        self.fillings: dict[int, Filling] = {}
        self.inside: set[int] = set()
        barren: set[int] = set()  # parts of sums in which nothing is placed
        for x in reversed(body) if target.placed and target.arrays else ():
            if id(x) in self.inside or id(x) in barren:
                continue
            filling = self.filling(x, is_open)
            if filling.parts and x.type.is_float and filling.fits(x):
                self.fillings[id(x)] = filling
                self.inside.update(map(id, filling.inner))
            elif not filling.parts:
                barren.update(map(id, filling.inner))

    def writes(self, x: Instr) -> bool:
        """True of a value that is filled, or that is placed in one: it is no expression."""
        return id(x) in self.fillings or id(x) in self.inside

    def filling(self, root: Instr, is_open: Callable[[Instr], bool]) -> Filling:
        """The parts of an array, and what is added as a whole."""
        parts, whole, numbers, inner = list[Part](), list[Part](), list[Part](), list[Instr]()
        stack = [Part(root, False)]
        while stack:
            part = stack.pop()
            x, negative = part
            free = x is root or is_open(x)
            same = all(o.type == root.type or not o.type.rank for o in x.operands)
            if free and "adds" in x.op.traits and same and x.type == root.type:
                left, right = x.operands
                stack += [Part(right, negative ^ (x.op.name == "subtract")), Part(left, negative)]
            elif free and self.place(x):
                parts.append(part)
            else:
                (whole if x.type.rank else numbers).append(part)
                continue
            inner += [x] if x is not root else []
        return Filling(tuple(parts), tuple(whole), tuple(numbers), tuple(inner))

    def place(self, x: Instr) -> Placement | None:
        return self.target.placed(x) if self.target.placed and x.type.rank else None

    def start(self, x: Instr) -> str:
        """The text of the new array that the parts of ``x`` are written into."""
        arrays, parts = self.target.arrays, self.fillings[id(x)].parts
        assert arrays is not None
        made = arrays.empty if leaves_nothing(parts, x.type.shape) else arrays.zeros
        shape = ", ".join(map(str, x.type.shape))
        return f"{made}({shape if x.type.rank == 1 else f'({shape})'}{arrays.dtype(x.type)})"

    def statements(
        self, x: Instr, name: str, text_of: Callable[[Instr], Text]
    ) -> Iterator[tuple[Instr, type[Assign], str, str]]:
        """For each part of ``x`` the value that is placed, and the kind, the place and the text of
        its statement."""
        parts, whole, numbers, _ = self.fillings[id(x)]
        for part, is_first in zip(parts, first_written(parts), strict=True):
            place = self.place(part.placed)
            assert place is not None
            value, *indices = part.placed.operands
            if value.op.name == "broadcast_to" and not value.operands[0].type.rank:
                (value,) = value.operands
            key, own = place.key(*[text_of(i).text for i in indices]), text_of(value)
            if place.repeats:
                run = "subtract" if part.negative else "add"
                yield value, Perform, name, f"np.{run}.at({name}, {key}, {own.text})"
            elif whole or not is_first:
                kind = SubtractFrom if part.negative else AddInto
                yield value, kind, f"{name}[{key}]", own.text
            else:
                signed = prefix("-")(own) if part.negative else own
                yield value, WriteInto, f"{name}[{key}]", signed.text
        for part in numbers:
            kind = SubtractFrom if part.negative else AddInto
            yield part.placed, kind, name, text_of(part.placed).text


def region(x: Instr) -> Region | None:
    """Where an embedding stands, as far as it is known; None for other placements."""
    if x.op.name != "embed":
        return None
    known: list[tuple[int, int] | None] = []
    for entry, dim in zip(x["key"], x["shape"], strict=False):
        if entry[0] == "int":
            known.append((entry[1], entry[1] + 1) if isinstance(entry[1], int) else None)
        elif all(isinstance(v, int) for v in entry[1:]) and entry[3] > 0:
            known.append((entry[1], entry[2]))
        else:
            known.append((0, -1) if entry[1:] == (0, dim, 1) else None)
    return tuple(known)


def are_apart(a: Region, b: Region) -> bool:
    """True if two regions are known to have no element in common."""
    pairs = [(p, q) for p, q in zip(a, b, strict=False) if p and q and -1 not in (p[1], q[1])]
    return any(p[1] <= q[0] or q[1] <= p[0] for p, q in pairs)


def first_written(parts: Sequence[Part]) -> list[bool]:
    """For each part, whether no part before it can have an element in common with it."""
    if len(parts) > _FEW:  # of many, only the first is known to be
        return [p.placed.op.name == "embed" and i == 0 for i, p in enumerate(parts)]
    regions = [region(p.placed) for p in parts]
    return [
        own is not None and all(r is not None and are_apart(own, r) for r in regions[:i])
        for i, own in enumerate(regions)
    ]


def leaves_nothing(parts: Sequence[Part], shape: Shape) -> bool:
    """True if parts that are apart from each other fill an array of the shape."""
    sizes: list[Dim] = [p.placed.operands[0].type.size for p in parts]
    total: Dim = sizes[0]
    for size in sizes[1:]:
        total = add(total, size)
    return all(first_written(parts)) and total == product(shape)
