"""How the emitted function is called: arguments, docstring, sizes, unpacked vectors, the return.

Results are nested as the caller gets them; floats are floats, and arrays are fresh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symgrad.codegen.body import Writer
from symgrad.codegen.identifiers import Names
from symgrad.codegen.printer import ascii_text, fits, in_line
from symgrad.codegen.statement_tree import (
    Assign,
    Docstring,
    Listing,
    Paragraph,
    Return,
    Section,
    Statement,
    Table,
    Unpack,
)
from symgrad.codegen.target import Target
from symgrad.codegen.unit import ROLES, Pack, Structure, Unit, VectorArgument
from symgrad.ir.function import Instr
from symgrad.ir.types import names_in


class Interface:
    """Arguments in order, and the lines that document and unpack them."""

    def __init__(self, unit: Unit, named: Mapping[int, str], names: Names, target: Target) -> None:
        self.unit = unit
        self.target = target
        self.named = named
        self.f = f = unit.function
        inside = {i for g in unit.groups for i in g.members}
        inside |= unit.loop.members if unit.loop else set()
        self.groups = {g.name: names.fresh(g.name) for g in unit.groups}
        self.notes = [*unit.notes]
        self.arguments: list[str] = []
        self.rows: list[tuple[str, str, str]] = []
        rows: list[tuple[tuple[int, bool], tuple[str, str, str]]] = [
            (g.start, (self.groups[g.name], self.group_type(g), g.role)) for g in unit.groups
        ]
        for i, p in enumerate(f.parameters):
            if i not in inside:
                role = unit.roles.get(p.hint, ROLES[p["kind"]])
                rows.append(((i, True), (self.named[id(p)], str(p.type), role)))
        for _, row in sorted(rows, key=lambda pair: pair[0]):
            self.add(*row)

    def add(self, name: str, type: str, role: str, default: str = "") -> None:
        """One more argument; ``default`` as it stands behind the name."""
        self.arguments.append(f"{name}{default}")
        self.rows.append((name, type, role))

    def group_type(self, g: VectorArgument) -> str:
        shape = g.shape if g.shape is not None else (len(g.members),)
        if not self.target.takes_arrays and len(shape) == 1:
            kind = "floats" if g.dtype.startswith("f") else "ints"
            return f"{len(g.members)} {kind}"
        return f"{g.dtype}[{', '.join(map(str, shape))}]"

    def docstring(self) -> Docstring:
        """The function's docstring: what it returns, and each argument with its type."""
        rows: list[tuple[str, ...]] = [*self.rows]
        if self.unit.loop or (len(self.rows) == 1 and "floats" in self.rows[0][1]):
            rows = [(n, ": ".join(filter(None, texts))) for n, *texts in self.rows]
        told = Table((*rows, ("returns", self.unit.returns)))
        notes = tuple([Paragraph(ascii_text(note)) for note in self.notes])
        return Docstring(ascii_text(self.unit.summary), ((told,), notes) if notes else ((told,),))

    def sizes(self, texts: Iterable[str]) -> tuple[Assign, ...]:
        """``N = len(x)`` for each named size that the texts read."""
        words = set(re.findall(r"[A-Za-z_]\w*", "\n".join(texts)))
        wanted: dict[str, str] = {}
        for p in self.f.parameters:
            for axis, dim in enumerate(p.type.shape):
                for n in names_in(dim):
                    if n == dim and n in words and n not in wanted:
                        name = self.named[id(p)]
                        wanted[n] = f"len({name})" if axis == 0 else f"{name}.shape[{axis}]"
        return tuple([Assign(n, source) for n, source in wanted.items()])

    def unpacking(self) -> list[Statement]:
        """The members of each group by their names."""
        found: list[Statement] = []
        for g in self.unit.groups:
            members = tuple([self.named[id(self.f.parameters[i])] for i in g.members])
            source = self.groups[g.name]
            if members and g.shape is not None and len(g.shape) != 1:
                found.append(Assign(nest(members, g.shape), source))
            elif members:
                rows = g.rows or by_bias(members)
                found.append(Unpack(Listing(members, rows=rows, labels=g.labels), source))
        return found


def by_bias(members: Sequence[str]) -> tuple[int, ...]:
    """A row a neuron: its weights and then its bias; one row where there are no biases."""
    ends = [i + 1 for i, m in enumerate(members) if re.fullmatch(r"(d_)?b\d*(_\d+)*", m)]
    ends += [len(members)] if not ends or ends[-1] != len(members) else []
    return tuple(b - a for a, b in zip([0, *ends], ends, strict=False))


def nest(members: Sequence[str], shape: tuple[int, ...]) -> str:
    """The members as nested tuples of a shape."""
    if not shape:
        return members[0]
    if len(shape) == 1:
        return f"({', '.join(members)}{',' if shape[0] == 1 else ''})"
    step = len(members) // shape[0] if shape[0] else 0
    parts = [nest(members[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
    return f"({', '.join(parts)}{',' if shape[0] == 1 else ''})"


class Returns:
    """Makes ``return loss, (d_a, d_b)`` for a unit."""

    def __init__(self, unit: Unit, writer: Writer) -> None:
        self.target = writer.target
        self.f = unit.function
        self.unit = unit
        self.writer = writer
        self.seen: set[int] = set()
        arrays = self.target.arrays
        self.brackets = arrays.vector if arrays else ("(", ")")

    def statements(self) -> list[Section]:
        """The statement, after another that makes the vector where the line would be too long."""
        structure = self.unit.structure
        if not isinstance(structure, tuple) or len(structure) == 1:
            return [Section("", (Return((self.nested(structure),)),))]
        *others, last = structure
        texts = [self.nested(p) for p in others]
        arrays = self.target.takes_arrays
        if not isinstance(last, Pack) or not (arrays or len(last.shape or (0,)) == 1):
            return [Section("", (Return((*texts, self.nested(last))),))]
        members = tuple(self.members(last))
        vector = Listing(members, *self.brackets, last.rows or by_bias(members))
        line = f"return {', '.join([*texts, in_line(vector)])}"
        if not arrays or fits(line):
            return [Section("", (Return((*texts, vector)),))]
        name = self.writer.names.fresh("d_" + "_".join(g.name for g in self.unit.groups))
        made = Section("", (Assign(name, replace(vector, tall=True)),))
        return [made, Section("", (Return((*texts, name)),))]

    def nested(self, part: Structure) -> str:
        if isinstance(part, int):
            return self.result(self.f.results[part])
        if isinstance(part, Pack):
            return self.pack(part)
        inner = ", ".join(self.nested(p) for p in part)
        return f"({inner},)" if len(part) == 1 else f"({inner})"

    def pack(self, part: Pack) -> str:
        members = self.members(part)
        if self.target.takes_arrays:
            return in_line(Listing(tuple(members), *self.brackets))
        return nest(members, part.shape or (len(members),))

    def members(self, part: Pack) -> list[str]:
        return [self.writer.texts[id(self.f.results[i])].text for i in part.members]

    def result(self, r: Instr) -> str:
        shared = id(r) in self.seen or self.writer.is_shared(r)
        self.seen.add(id(r))
        return self.target.returned(r, self.writer.texts[id(r)].text, shared)
