"""From instructions to lines: what is inlined, what gets a line and a name, in which order.

A value that is used once and has no name of the user's becomes part of its user's line, as long as
the line stays short and its brackets shallow.  Literals, sizes and transposed views are written
wherever they are used.  When a line grows too long, its longest part gets a line of its own, or the
value with a name that most of this part is made of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symgrad.codegen.identifiers import (
    Lettering,
    Names,
    is_cheap,
    is_written_out,
    name_values,
)
from symgrad.codegen.line_breaks import is_breakable
from symgrad.codegen.literals import literal_arrays, number
from symgrad.codegen.placements import Placements, added
from symgrad.codegen.sections import Comments, Headed, Line, bare, is_long, sections
from symgrad.codegen.statement_tree import Assign, Section, Statement, WriteInto
from symgrad.codegen.target import (
    ADD,
    Reading,
    Target,
    Text,
    atom,
    call,
    has_minus,
    is_bounded_count,
)
from symgrad.codegen.unit import Unit
from symgrad.codegen.unnamed import Unnamed, written
from symgrad.codegen.vectors import Vectors, may_alias
from symgrad.ir.function import Function, Instr, Role
from symgrad.ir.naming import named_inside
from symgrad.ir.rebuild import derived_values, read_body
from symgrad.ops.shape import BY_COLUMN
from symgrad.rewrite.passes import pairs_of

MAX_DEPTH = 8
_NAME = re.compile(r"[A-Za-z_]\w*")

_OPPOSITE = {"add": "subtract", "subtract": "add"}


class Writer:
    """Plans the body of one function for one target."""

    plan: Sequence[Headed] = ()  # the lines under headings, where they are no loop's

    def __init__(self, unit: Unit, target: Target, names: Names) -> None:
        self.unit, self.target = unit, target
        self.function = function = unit.function
        self.limits = target.limits
        self.lines: list[Line] = []
        self.derived = derived_values(function)
        self.kept = {id(r) for r in function.results}
        self.readings = {id(x): r for x in function.body if (r := target.reading(x))}
        self.conditions = {id(x): r for x in function.body if (r := target.condition(x))}
        self.body = read_body(function, self.operands)
        self.uses = self.count_uses(function)
        self.user: dict[int, Instr] = {}
        for x in self.body:
            for o in self.operands(x):
                self.user.setdefault(id(o), x)
        self.inside = named_inside(function)
        self.texts: dict[int, Text] = {}
        self.mark = target.marker() if target.marker else None
        self.names = names
        self.named = name_values(function.parameters, names)
        for p in function.parameters:
            self.texts[id(p)] = atom(self.named[id(p)])
        given = [x for x in self.body if x.is_constant and x.type.rank]
        arrays, self.constants = literal_arrays(given, names, target) if given else ({}, [])
        self.vectors = Vectors(function, self.named, names, self.uses, target)
        for key, name in (*arrays.items(), *self.vectors.named.items()):
            self.named[key], self.texts[key] = name, atom(name)
        self.placements = Placements(self.body, self.is_part, target)
        self.pairs, self.paired = pairs_of(self.body)
        self.floating = {x for x in self.body if self.floats(x)}
        self.name_hinted(names)
        self.lettering = Lettering(self.named)
        known = (self.named, self.texts, self.derived, function.results, self.floating)
        self.unnamed = Unnamed(self.body, self.user, *known)
        self.roles: dict[Role, str] = {}  # the names of values that nobody named
        self.late: dict[int, Instr] = {}
        self.columns = ""
        self.spent: set[int] = set()  # inlined values, which can get no line any more

    def name_hinted(self, names: Names) -> None:
        """Gives the values with hints their names, the user's own first."""
        hinted = [x for x in self.body if self.is_hinted(x)]
        for later in (False, True):
            part = [x for x in hinted if (id(x) in self.derived) == later]
            self.named.update(name_values(part, names))

    def operands(self, x: Instr) -> tuple[Instr, ...]:
        """The operands of an instruction, or those that the text of its idiom reads."""
        found = self.readings.get(id(x)) if self.readings else None
        return found[1] if found else x.operands

    def count_uses(self, function: Function) -> dict[int, int]:
        """The readers of each value; what reads a view or a number that is written out everywhere
        reads what that is made of."""
        uses: dict[int, int] = {}
        for r in function.results:
            uses[id(r)] = uses.get(id(r), 0) + 1
        for x in reversed(self.body):
            repeated = id(x) not in self.kept and (self.is_subscript(x) or is_cheap(x))
            count = uses.get(id(x), 0) if repeated else 1
            for o in self.operands(x):
                uses[id(o)] = uses.get(id(o), 0) + count
        return uses

    def is_hinted(self, x: Instr) -> bool:
        return bool(x.hint) and id(x) not in self.named and x not in self.floating

    def arguments(self) -> Sequence[tuple[str, str, str, str]]:
        """Arguments that the plan itself needs; see ``Interface.add``."""
        return ()

    def sizes(self, named: tuple[Assign, ...]) -> tuple[Statement, ...]:
        """The statements that begin the body, given those of the sizes which it reads."""
        return named

    def statements(self) -> list[Section]:
        """The body under headings; without comments where it will be cut into pages."""
        self.write()
        self.plan = sections(self.lines, self.function, self.derived, self.unit.examples)
        made = bare if is_long(self.plan) else self.comments().statements
        return [Section(text, made(lines)) for text, lines in self.plan]

    def comments(self) -> Comments:
        return Comments(self.function, self.lines, self.target.takes_arrays)

    def write(self) -> None:
        """Plans all lines, in the order of the function."""
        for x in self.body:
            if id(x) in self.texts:  # a literal array, a block of a vector, or one of a pair
                continue
            x = self.paired.get(id(x), x)
            if id(x) in self.vectors.placed:
                self.texts[id(x)] = Text(self.vectors.placed[id(x)], depth=1, ops=1)
                self.late[id(x)] = x
                continue
            if self.vectors.is_written(x):
                self.put_vector(x)
                continue
            if self.placements.writes(x):
                if id(x) in self.placements.fillings:
                    self.put_filled(x)
                continue
            text = self.render(x)
            if x in self.floating:
                self.texts[id(x)] = text
                self.late[id(x)] = x
            else:
                self.put(x, text)

    def put(self, x: Instr, text: Text) -> None:
        """Gives a value its line."""
        if id(x) not in self.named:
            self.named[id(x)] = self.names.fresh(x.hint or self.called(x))
        if x.role and not x.role.of:
            self.roles[x.role] = self.named[id(x)]
        self.late.pop(id(x), None)
        self.spend(x)
        second = self.second(x) if x in self.pairs else None
        self.lines.append(Line(x, self.named[id(x)], text.text, self.kind(x), second=second))
        self.texts[id(x)] = atom(self.named[id(x)])

    def second(self, x: Instr) -> tuple[Instr, str]:
        """The value that comes with another, and its name."""
        other = self.pairs[x].second
        name = self.named.get(id(other))
        if name is None:
            name = self.names.fresh(other.hint or f"{other.op.called}_{self.named[id(x)]}")
        self.named[id(other)], self.texts[id(other)] = name, atom(name)
        return other, name

    def kind(self, x: Instr) -> type[Assign]:
        """The kind of statement that gives a value its name."""
        return Assign

    def spend(self, x: Instr) -> None:
        stack = [x]
        while stack:
            inside = [o for o in self.operands(stack.pop()) if id(o) in self.late]
            stack += [o for o in inside if id(o) not in self.spent]
            self.spent.update(map(id, inside))

    def called(self, x: Instr) -> str:
        """A name for a value that nobody named, with the letter of the one part that it reads."""
        if x.op is BY_COLUMN and x.operands[0].operands:
            (x,) = x.operands  # it is a value, however its memory is laid out
        of = x.role.of if x.role else None
        if of and not of.apart:
            other = self.roles.get(of) or self.lettering.lettered(written(of), of.operands)
            if of in self.roles or other not in self.names.taken:  # else another value is called so
                return self.lettering.like(f"d_{other}", other)
        best = ""
        for name in self.unnamed.candidates(x):
            own = self.lettering.lettered(name, x.operands)
            if own in self.names.taken:
                own = self.lettering.beside(name, self.unnamed.owner(x))
            if own not in self.names.taken:
                return own
            best = best or own
        return best

    def put_vector(self, x: Instr) -> None:
        """Plans a vector that is made whole and then filled block by block."""
        name = self.named.get(id(x)) or self.names.fresh(x.hint or "packed")
        build = self.vectors.build(x, name)
        rows = []
        for piece, place in build.places:
            text = self.texts[id(piece)]
            if id(piece) in self.late and len(place) + len(text.text) > self.limits.width:
                self.put(piece, text)
                text = self.texts[id(piece)]
            kind, value = added(text) if build.adds else (WriteInto, text.text)
            rows.append(Line(piece, place, value, kind))
        cuts = [Line(x, layer, cut, quiet=True) for layer, cut in build.cuts]
        first, about = build.zeros, None
        if build.base is not None:
            own = self.texts[id(build.base)]
            own = own if self.is_fresh(build.base) else build.copied(own)
            first, about = own.text, build.base
        self.named[id(x)] = name
        line = Line(x, name, first, rows=(*cuts, *rows), about=about, quiet=about is None)
        self.lines.append(line)
        self.texts[id(x)] = atom(name)

    def is_part(self, x: Instr) -> bool:
        """True of a value that one other reads and nobody but its gradient named."""
        alone = self.uses.get(id(x), 0) == 1 and id(x) not in self.kept
        return alone and (not x.hint or id(x) in self.derived)

    def put_filled(self, x: Instr) -> None:
        """Plans an array that is filled place by place."""
        name = self.named.get(id(x)) or self.names.fresh(x.hint or self.called(x))
        first, whole = self.placements.start(x, self.text_of, self.is_fresh)
        rows = [
            Line(row.value, row.place, row.text, row.kind, about=row.of, each=row.each)
            for row in self.placements.rows(x, name, self.text_of, self.column)
        ]
        self.named[id(x)] = name
        self.lines.append(Line(x, name, first, rows=tuple(rows), quiet=not whole))
        self.texts[id(x)] = atom(name)

    def column(self) -> str:
        self.columns = self.columns or self.names.fresh("k")
        return self.columns

    def text_of(self, x: Instr, named: bool = False) -> Text:
        """The text of a value that becomes part of a statement; a long one gets its own line, and
        so does one that is to be ``named``."""
        text = self.texts[id(x)]
        long = len(text.text) > self.limits.width or (named and text.ops > 0)
        if id(x) in self.late and long and id(x) not in self.spent:
            self.put(x, text)
        elif id(x) in self.late:
            self.spent.add(id(x))
            self.spend(x)
        return self.texts[id(x)]

    def is_fresh(self, x: Instr) -> bool:
        """True where the text of a value makes an array that nothing else reads."""
        return self.texts[id(x)].ops > 0 and not self.is_shared(x)

    def is_shared(self, x: Instr) -> bool:
        """True of an array that could share memory with one that others have."""
        return self.target.takes_arrays and may_alias(x, self.uses)

    def is_subscript(self, x: Instr) -> bool:
        return is_written_out(x) and id(x) not in self.readings

    def floats(self, x: Instr) -> bool:
        """True of a value that is inlined, unless its line grows too long."""
        if self.placements.writes(x) or x in self.pairs or id(x) in self.paired:
            return False
        if id(x) in self.kept:
            return x.is_constant and x.type.rank == 0
        if is_cheap(x):
            return not (is_bounded_count(x) and self.uses.get(id(x), 0) > 1)
        if self.is_subscript(x) or (
            x.op.name == "transpose" and not self.is_compound(x.operands[0])
        ):
            return True
        if id(x) in self.conditions and x.op.name == "cast":
            return self.uses[id(x)] == 1 or not self.is_compound(x.operands[0])
        if self.uses.get(id(x), 0) != 1:
            return False
        return not x.hint or id(x) in self.derived or id(x) in self.inside

    def is_compound(self, x: Instr) -> bool:
        known = x.is_parameter or id(x) in self.vectors.named
        return not known and self.uses.get(id(x), 0) == 1 and not x.hint

    def render(self, x: Instr) -> Text:
        """The expression of a value; parts that would make it too long get their own lines."""
        if self.target.repeats(x.op.name):
            for o in x.operands:
                if id(o) in self.late and self.texts[id(o)].ops and id(o) not in self.spent:
                    self.put(o, self.texts[id(o)])
        text = self.compose(x)
        while self.too_long(x, text):
            free = [o for o in self.operands(x) if id(o) in self.late and id(o) not in self.spent]
            parts = [o for o in free if self.texts[id(o)].ops]
            if not parts or (x.op.name == "negative" and len(text.text) > self.limits.width):
                break  # the line of the part would be as long
            texts, conditions = self.texts, self.conditions
            part = max(parts, key=lambda o: (id(o) not in conditions, len(texts[id(o)].text)))
            part, *around = self.known_within(part)
            self.put(part, self.texts[id(part)])
            for o in around:
                self.texts[id(o)] = self.compose(o)
            text = self.compose(x)
        return text

    def known_within(self, x: Instr) -> list[Instr]:
        """The most of a part that has a name, and what stands around it, up to the part itself.

        The derivative by a value of the program says more than a part of a sum does.
        """
        path, least = [x], len(self.texts[id(x)].text) // 2
        while not path[0].hint:
            inner = [o for o in self.operands(path[0]) if id(o) in self.late]
            free = [o for o in inner if id(o) not in self.spent and id(o) not in self.conditions]
            largest = max(free, key=lambda o: len(self.texts[id(o)].text), default=None)
            if largest is None or len(self.texts[id(largest)].text) < least:
                return [x]
            path.insert(0, largest)
        return path

    def too_long(self, x: Instr, text: Text) -> bool:
        if text.depth > MAX_DEPTH or text.ops > self.limits.ops:
            return True
        width = self.limits.width - len(self.named.get(id(x), "d_total"))
        length = len(text.text)
        if length > width and length < self.limits.row:  # a name's owner makes no line too long
            owners = self.unnamed.longer
            length -= sum(owners.get(name, 0) for name in _NAME.findall(text.text))
        return length > width and not is_breakable(text.text, self.limits.row)

    def compose(self, x: Instr) -> Text:
        if x.is_constant:
            return number(x["value"])
        if id(x) in self.readings:
            form, read = self.readings[id(x)]
            return form(*(self.texts[id(o)] for o in read))
        if self.conditions:
            operands = [self.operand(x, o) for o in x.operands]
        else:
            operands = [self.texts[key] for key in map(id, x.operands)]
        if self.mark and x.type.dtype == "f32":
            conditions = [self.condition(x, o) is not None for o in x.operands]
            operands = self.mark(x, operands, conditions)
        if x.op.name == "multiply" and x.operands[1].is_constant and not x.operands[0].is_constant:
            operands.reverse()  # 2.0 * x, as people write it; the product is the same
        form = call(self.pairs[x].helper) if x in self.pairs else self.target.form(x)
        flipped = _OPPOSITE.get(x.op.name)
        if flipped and has_minus(operands[1]):
            # a + -2.0*b is a - 2.0*b, to the last bit
            form = self.target.form_of(flipped, x)
            operands[1] = self.unsigned(x.operands[1], operands[1])
        assert callable(form)
        return form(*operands)

    def unsigned(self, o: Instr, text: Text) -> Text:
        """The text of ``o`` without the minus that it begins with, nor brackets after that."""
        inner = self.texts[id(o.operands[0])] if o.op.name == "negative" else None
        if inner and inner.precedence > ADD and text.text == f"-({inner.text})":
            return inner
        return text._replace(text=text.text[1:])

    def operand(self, x: Instr, o: Instr) -> Text:
        """The text of an operand; a condition that meets a float needs no conversion."""
        condition = self.condition(x, o)
        if condition is None:
            return self.texts[id(o)]
        form, read = condition
        return form(*(self.texts[id(i)] for i in read))

    def condition(self, x: Instr, o: Instr) -> Reading | None:
        found = self.conditions.get(id(o)) if id(o) in self.late else None
        return found if found and self.meets_float(x, o) else None

    def meets_float(self, x: Instr, condition: Instr) -> bool:
        """The other operand is a float, so that the condition counts as 0 or 1."""
        if x.op.name != "multiply" and ("adds" not in x.op.traits or condition.op.name == "cast"):
            return False
        return sum(1 for o in x.operands if id(o) in self.conditions) == 1
