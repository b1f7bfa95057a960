"""The return statement: results nested as the caller gets them, floats as floats, arrays fresh."""

from __future__ import annotations

from symgrad.codegen.aliasing import may_alias
from symgrad.codegen.lines import Writer
from symgrad.codegen.signature import INDENT, WIDTH, by_bias, in_rows, layout, nest, wrap
from symgrad.codegen.target import Target
from symgrad.codegen.unit import Pack, Structure, Unit
from symgrad.ir.function import Function, Instr

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
        if len(self.text) + len(INDENT) + 7 > WIDTH and not target.compact:
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
            if self.target.compact and isinstance(last, Pack) and len(last.shape or (0,)) == 1:
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
        if self.target.compact:
            return nest(members, part.shape or (len(members),))
        return f"np.array([{', '.join(members)}])"

    def members(self, part: Pack) -> list[str]:
        return [self.writer.texts[id(self.f.results[i])].text for i in part.members]

    def result(self, r: Instr) -> str:
        text = self.writer.texts[id(r)].text
        if self.target.compact:
            return text
        if r.type.rank == 0:
            return text if r.is_constant else f"{_CONVERT[r.type.dtype]}({text})"
        shared = id(r) in self.seen or may_alias(r, self.writer.uses)
        self.seen.add(id(r))
        return f"{text}.copy()" if shared else text
