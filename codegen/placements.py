"""Arrays that are filled place by place: the cotangents of slices, and of rows that were indexed.

The cotangent of ``x[:, 0]`` is an array of zeros but for one column, and where several parts of x
are read, these are added up.  A text makes one array and writes each part into its place::

    d_x = np.zeros((N, 3))
    d_x[:, 0] = ...
    d_x[:, 2] = ...
    for k in range(3):
        np.add.at(d_x[:, k], i, d_rows[:, k])

Where a part meets another it is added; what is added as a whole comes first, and is what the array
starts as; rows by an index come last.  Where the parts leave nothing, the array need not be zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from symgrad.codegen.statement_tree import AddInto, Assign, Perform, SubtractFrom, WriteInto
from symgrad.codegen.target import Placement, Target, Text, has_minus, prefix
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


class Row(NamedTuple):
    """The statement of a part.

    value    the instruction that is placed
    of       the instruction that places it
    each     the name and the range of a loop, where the statement stands in one
    """

    value: Instr
    of: Instr
    kind: type[Assign]
    place: str
    text: str
    each: tuple[str, str] | None = None


def added(own: Text, negative: bool = False) -> tuple[type[Assign], str]:
    """The statement that adds a value to what stands in a place, or takes it away, and the text of
    the value, whose minus goes."""
    minus = has_minus(own) and own.text[1] != "("
    kind = SubtractFrom if negative ^ minus else AddInto
    return kind, own.text[1:] if minus else own.text


class Placements:
    """The arrays of a body that are filled, and how."""

    def __init__(
        self, body: Sequence[Instr], is_open: Callable[[Instr], bool], target: Target
    ) -> None:
        """``is_open`` is true of a value that has one reader and no name of its own."""
        self.target = target
        self.fillings: dict[int, Filling] = {}
        self.inside: set[int] = set()
        if target.placed and any(x.op.name in target.placed and x.type.rank for x in body):
            self.find(body, is_open)

    def find(self, body: Sequence[Instr], is_open: Callable[[Instr], bool]) -> None:
        barren: set[int] = set()  # parts of sums in which nothing is placed
        for x in reversed(body):
            if id(x) in self.inside or id(x) in barren or not self.may_be_filled(x):
                continue
            filling = self.filling(x, is_open)
            if filling.parts and filling.fits(x):
                self.fillings[id(x)] = filling
                self.inside.update(map(id, filling.inner))
            elif not filling.parts:
                barren.update(map(id, filling.inner))

    def may_be_filled(self, x: Instr) -> bool:
        found = "adds" in x.op.traits or x.op.name in self.target.placed
        return found and x.type.rank > 0 and x.type.is_float

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
            elif free and x.type.rank and x.op.name in self.target.placed:
                parts.append(part)
            else:
                (whole if x.type.rank else numbers).append(part)
                continue
            inner += [x] if x is not root else []
        parts.sort(key=lambda p: self.place(p.placed).added is not None)
        return Filling(tuple(parts), tuple(whole), tuple(numbers), tuple(inner))

    def place(self, x: Instr) -> Placement:
        return self.target.placed[x.op.name](x)

    def start(
        self, x: Instr, text_of: Callable[[Instr], Text], is_fresh: Callable[[Instr], bool]
    ) -> tuple[str, bool]:
        """The text of the new array that the parts of ``x`` are written into, and whether it is the
        sum of what is added as a whole.

        is_fresh  true of a value whose text makes an array that nothing else reads
        """
        arrays, parts, terms = self.target.arrays, *self.fillings[id(x)][:2]
        assert arrays is not None
        if terms:
            first, *others = terms
            whole = text_of(first.placed)
            if first.negative:
                whole = prefix("-")(whole)
            elif not others and not is_fresh(first.placed):
                whole = arrays.copied(whole)
            for term in others:
                form = self.target.form_of("subtract" if term.negative else "add", x)
                whole = form(whole, text_of(term.placed))
            return whole.text, True
        made = arrays.empty if leaves_nothing(parts, x.type.shape) else arrays.zeros
        shape = ", ".join(map(str, x.type.shape))
        size = shape if x.type.rank == 1 else f"({shape})"
        return f"{made}({size}{arrays.dtype(x.type)})", False

    def rows(
        self, x: Instr, name: str, text_of: Callable[[Instr, bool], Text], fresh: Callable[[], str]
    ) -> Iterator[Row]:
        """For each part of ``x`` its statement.

        text_of  the text of a value, which is given a name first if it is to be read in a loop
        fresh    makes the name of a loop's variable
        """
        parts, whole, numbers, _ = self.fillings[id(x)]
        column = ""
        for part, is_first in zip(parts, first_written(parts), strict=True):
            place = self.place(part.placed)
            value, *indices = part.placed.operands
            if value.op.name == "broadcast_to" and not value.operands[0].type.rank:
                (value,) = value.operands
            looped = place.columns > 0
            key = place.key(*[text_of(i, looped).text for i in indices])
            own = text_of(value, looped)
            if place.added and looped:
                column = column or fresh()
                read = f"{own.text}[:, {column}]" if value.type.rank == 2 else own.text
                text = place.added(part.negative, f"{name}[:, {column}]", key, read)
                loop = (column, f"range({place.columns})")
                yield Row(value, part.placed, Perform, name, text, loop)
            elif place.added:
                text = place.added(part.negative, name, key, own.text)
                yield Row(value, part.placed, Perform, name, text)
            elif whole or not is_first:
                sign, text = added(own, part.negative)
                yield Row(value, part.placed, sign, f"{name}[{key}]", text)
            else:
                signed = prefix("-")(own) if part.negative else own
                yield Row(value, part.placed, WriteInto, f"{name}[{key}]", signed.text)
        for part in numbers:
            sign, text = added(text_of(part.placed, False), part.negative)
            yield Row(part.placed, part.placed, sign, name, text)


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
        not i or (own is not None and all(r is not None and are_apart(own, r) for r in regions[:i]))
        for i, own in enumerate(regions)
    ]


def leaves_nothing(parts: Sequence[Part], shape: Shape) -> bool:
    """True if parts that are apart from each other fill an array of the shape."""
    sizes: list[Dim] = [p.placed.operands[0].type.size for p in parts]
    total: Dim = sizes[0]
    for size in sizes[1:]:
        total = add(total, size)
    known = all(region(p.placed) is not None for p in parts)
    return known and all(first_written(parts)) and total == product(shape)
