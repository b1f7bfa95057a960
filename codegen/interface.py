"""How the emitted function is called: arguments, docstring, sizes, unpacked vectors, the return.

Results are nested as the caller gets them; floats are floats, and arrays are fresh.
"""

from __future__ import annotations

import re

from symgrad.codegen.body import Writer, may_alias
from symgrad.codegen.header import paragraph, table
from symgrad.codegen.identifiers import Names
from symgrad.codegen.syntax import INDENT, WIDTH, ascii_text
from symgrad.codegen.target import Target
from symgrad.codegen.unit import ROLES, Pack, Structure, Unit, VectorArgument
from symgrad.ir.function import Function, Instr
from symgrad.ir.types import names_in


class Interface:
    """Arguments in order, and the lines that document and unpack them."""

    def __init__(
        self, unit: Unit, f: Function, named: dict[int, str], names: Names, target: Target
    ) -> None:
        self.unit = unit
        self.target = target
        self.named = named
        self.f = f
        grouped = {i: g for g in unit.groups for i in g.members}
        looped = unit.loop.members if unit.loop else ()
        self.groups = {g.name: names.fresh(g.name) for g in unit.groups}
        self.notes = [*unit.notes]
        self.arguments: list[str] = []
        self.rows: list[tuple[str, str, str]] = []
        for i, p in enumerate(f.parameters):
            if i in looped:
                continue
            if i not in grouped:
                role = unit.roles.get(p.hint, ROLES[p["kind"]])
                self.add(self.named[id(p)], str(p.type), role)
                continue
            g = grouped[i]
            if self.groups[g.name] not in self.arguments:
                self.add(self.groups[g.name], self.group_type(g), g.role)
        for g in unit.groups:
            if not g.members:
                self.add(self.groups[g.name], self.group_type(g), g.role)

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

    def docstring(self) -> list[str]:
        """The function's docstring: what it returns, and each argument with its type."""
        rows: list[tuple[str, ...]] = [*self.rows]
        if self.unit.loop or (len(self.rows) == 1 and "floats" in self.rows[0][1]):
            rows = [(n, ": ".join(filter(None, texts))) for n, *texts in self.rows]
        told = table([*rows, ("returns", self.unit.returns)])
        notes = [row for note in self.notes for row in paragraph(note)]
        lines = [f'{INDENT}"""{ascii_text(self.unit.summary)}', "", *told]
        if notes:
            lines += ["", *notes]
        return [*lines, f'{INDENT}"""']

    def sizes(self, text: str) -> list[str]:
        """``N = len(x)`` for each named size that the body reads."""
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        wanted: dict[str, str] = {}
        for p in self.f.parameters:
            for axis, dim in enumerate(p.type.shape):
                for n in names_in(dim):
                    if n == dim and n in words and n not in wanted:
                        name = self.named[id(p)]
                        wanted[n] = f"len({name})" if axis == 0 else f"{name}.shape[{axis}]"
        return [f"{INDENT}{n} = {source}" for n, source in wanted.items()]

    def unpacking(self) -> list[str]:
        """The members of each group by their names."""
        lines: list[str] = []
        for g in self.unit.groups:
            members = [self.named[id(self.f.parameters[i])] for i in g.members]
            if members:
                source = self.groups[g.name]
                rows = layout(f"{INDENT}", members, g.rows, g.shape, f" = {source}")
                lines += labelled(rows, g.labels)
        return lines


def labelled(rows: list[str], labels: tuple[str, ...]) -> list[str]:
    """The rows between the brackets with their comments in one column."""
    if len(rows) != len(labels) + 2 or not any(labels):
        return rows
    column = max(len(row) for row in rows) + 2
    inner = [
        f"{row:<{column}}# {label}" if label else row
        for row, label in zip(rows[1:-1], labels, strict=True)
    ]
    return [rows[0], *inner, rows[-1]]


def layout(
    head: str,
    members: list[str],
    rows: tuple[int, ...],
    shape: tuple[int, ...] | None,
    tail: str,
) -> list[str]:
    """Names as a tuple: nested by shape, or in lines of the given lengths."""
    if shape is not None and len(shape) != 1:
        flat = nest(members, shape) if shape else members[0]
        return (
            [f"{head}{flat}{tail}"] if len(head + flat + tail) <= WIDTH else wrap(head, flat, tail)
        )
    one = f"{head}{', '.join(members)}{',' if len(members) == 1 else ''}{tail}"
    if tail.strip().startswith("=") and len(one) <= WIDTH:
        return [one]
    if tail.strip().startswith("=") or len(head) + sum(len(m) + 2 for m in members) > WIDTH:
        return in_rows(head, members, rows or by_bias(members), tail)
    return [f"{head}({', '.join(members)}{',' if len(members) == 1 else ''}){tail}"]


def in_rows(head: str, members: list[str], rows: tuple[int, ...], tail: str) -> list[str]:
    """The members in brackets, in lines of the given lengths or shorter."""
    lines, i = [], 0
    for length in rows:
        part = members[i : i + length]
        i += length
        row = ""
        for m in part:
            if len(row) + len(m) + 10 > WIDTH:
                lines.append(INDENT * 2 + row.rstrip())
                row = ""
            row += f"{m}, "
        lines.append(INDENT * 2 + row.rstrip())
    return [f"{head}(", *lines, f"{INDENT}){tail}"]


def by_bias(members: list[str]) -> tuple[int, ...]:
    """A row a neuron: its weights and then its bias; one row where there are no biases."""
    ends = [i + 1 for i, m in enumerate(members) if re.fullmatch(r"(d_)?b\d*(_\d+)*", m)]
    ends += [len(members)] if not ends or ends[-1] != len(members) else []
    return tuple(b - a for a, b in zip([0, *ends], ends, strict=False))


def nest(members: list[str], shape: tuple[int, ...]) -> str:
    """The members as nested tuples of a shape."""
    if len(shape) == 1:
        return f"({', '.join(members)}{',' if shape[0] == 1 else ''})"
    step = len(members) // shape[0] if shape[0] else 0
    parts = [nest(members[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
    return f"({', '.join(parts)}{',' if shape[0] == 1 else ''})"


def wrap(head: str, text: str, tail: str) -> list[str]:
    """A long bracketed text over several lines, broken behind commas."""
    rows, row = [], ""
    for part in text[1:-1].split(", "):
        if row and len(row) + len(part) + 12 > WIDTH:
            rows.append(row + ",")
            row = part
        else:
            row = f"{row}, {part}" if row else part
    return [f"{head}(", *(INDENT * 2 + r for r in [*rows, row]), f"{INDENT}){tail}"]


_CONVERT = {"f64": "float", "f32": "float", "i64": "int", "bool": "bool"}


class Returns:
    """Writes ``return loss, (d_a, d_b)`` for a unit."""

    def __init__(self, unit: Unit, f: Function, writer: Writer, target: Target) -> None:
        self.target = target
        self.f = f
        self.unit = unit
        self.writer = writer
        self.seen: set[int] = set()
        self.before: list[str] = []
        self.text = self.nested(unit.structure, top=True)
        if len(self.text) + len(INDENT) + 7 > WIDTH and target.takes_arrays:
            self.split_vector()

    def lines(self) -> list[str]:
        """The statement, over several lines where it is long."""
        return ["", *self.before, *self.wrapped()]

    def wrapped(self) -> list[str]:
        one = f"{INDENT}return {self.text}"
        if len(one) <= WIDTH:
            return [one]
        if isinstance(self.unit.structure, tuple):
            *others, last = self.unit.structure
            vector = isinstance(last, Pack) and len(last.shape or (0,)) == 1
            if isinstance(last, Pack) and vector and not self.target.takes_arrays:
                head = "".join(f"{self.nested(p)}, " for p in others)
                return layout(f"{INDENT}return {head}", self.members(last), last.rows, None, "")
        return wrap(f"{INDENT}return ", f"({self.text})", "")

    def split_vector(self) -> None:
        """Gives a long last vector a statement of its own."""
        structure = self.unit.structure
        if not isinstance(structure, tuple) or not isinstance(structure[-1], Pack):
            return
        vector = structure[-1]
        name = self.writer.names.fresh("d_" + "_".join(g.name for g in self.unit.groups))
        members = self.members(vector)
        _, *rows, _ = in_rows("", members, vector.rows or by_bias(members), "")
        self.before += [f"{INDENT}{name} = np.array([", *rows, f"{INDENT}])", ""]
        self.text = ", ".join([*(self.nested(p) for p in structure[:-1]), name])

    def nested(self, part: Structure, top: bool = False) -> str:
        if isinstance(part, int):
            return self.result(self.f.results[part])
        if isinstance(part, Pack):
            return self.pack(part)
        inner = ", ".join(self.nested(p) for p in part)
        if top and len(part) > 1:
            return inner
        return f"({inner},)" if len(part) == 1 else f"({inner})"

    def pack(self, part: Pack) -> str:
        members = self.members(part)
        if not self.target.takes_arrays:
            return nest(members, part.shape or (len(members),))
        return f"np.array([{', '.join(members)}])"

    def members(self, part: Pack) -> list[str]:
        return [self.writer.texts[id(self.f.results[i])].text for i in part.members]

    def result(self, r: Instr) -> str:
        text = self.writer.texts[id(r)].text
        if not self.target.takes_arrays:
            return text
        if r.type.rank == 0:
            return text if r.is_constant else f"{_CONVERT[r.type.dtype]}({text})"
        shared = id(r) in self.seen or may_alias(r, self.writer.uses)
        self.seen.add(id(r))
        return f"{text}.copy()" if shared else text
