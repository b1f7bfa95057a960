"""Layouts: an array of short rows is kept column by column in memory.

NumPy goes over the rows of an ``(N, 3)`` array one by one when it reduces them, and when a column
is broadcast against them: a loop of three elements has more overhead than work.  Column by column,
each loop is over N elements, and the same statements are several times as fast.  Values that are
computed from such arrays alone have their layout, for NumPy keeps that of its operands; so it is
enough to make their sources so: products of matrices, at no cost, and arguments, by a copy.

A group of values that are computed from each other gets the layout where it gains more than is lost
with those who read it row by row.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N, 9], param %w: f64[9, 3]) {
...   %0 = matmul %x, %w : f64[N, 3]
...   %1 = exp %0 : f64[N, 3]
...   %2 = sum %1 {axis = (1,), keepdims = false} : f64[N]
...   return %2
... }''', symgrad.ops.OPS)
>>> print(layouts(f))
func @f(input %x: f64[N, 9], param %w: f64[9, 3]) {
  %0 = matmul %x, %w : f64[N, 3]
  %1 = by_column %0 : f64[N, 3]
  %2 = exp %1 : f64[N, 3]
  %3 = sum %2 {axis = (1,), keepdims = false} : f64[N]
  return %3
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symgrad.ir.function import Function, Instr, emit
from symgrad.ir.rebuild import moved_operands, with_body
from symgrad.ir.types import Dim
from symgrad.ops.gathering import TAKE
from symgrad.ops.matrix import DIAG
from symgrad.ops.product import EINSUM, MATMUL, parse_spec
from symgrad.ops.shape import BY_COLUMN, TRANSPOSE
from symgrad.rewrite.patterns import is_view
from symgrad.rewrite.rule import REALS, Applied, Fired, Pass

SHORT = range(2, 17)  # elements of a row
MANY = 64  # rows, from which on it pays
RULE = "rows -> columns"


def is_long(dim: Dim) -> bool:
    return not isinstance(dim, int) or dim >= MANY


def has_rows(x: Instr) -> bool:
    """True of short rows, more than one."""
    shape = x.type.shape
    return 2 <= len(shape) <= 3 and shape[-1] in SHORT and any(d != 1 for d in shape[:-1])


def is_narrow(x: Instr) -> bool:
    """True of many short rows, which stand below each other."""
    return has_rows(x) and is_long(x.type.shape[-2])


def goes_by_element(x: Instr) -> bool:
    return x.op.kind in ("elementwise", "selection")


def only_adds_axes(x: Instr) -> bool:
    """True of a view whose last axis is that of its operand."""
    return is_view(x) and x.type.shape[-1:] == x.operands[0].type.shape[-1:]


def is_of_rows(x: Instr) -> bool:
    """True of rows that a vector of indices reads from a matrix; one-hot rows are not read."""
    if x.op is not TAKE or x["axis"] or not x.type.is_float:
        return False
    table, index = x.operands
    return index.type.rank == 1 and table.op is not DIAG


def adds_up_rows(x: Instr, o: Instr) -> bool:
    """True of an einsum that adds up the last axis of an operand, but not all of its axes."""
    if x.op is not EINSUM or not x.type.rank:
        return False
    terms, result = parse_spec(x["spec"], len(x.operands))
    return all(term[-1] not in result for term, y in zip(terms, x.operands, strict=True) if y is o)


@dataclass
class Group:
    """Values that are computed from each other element by element, and what they would gain.

    sources  the products and arguments that they come from
    size     the number of values
    gain     passes over the array, by element, that would be saved
    loss     those that would be added
    adds_rows, is_stack  whether a row is reduced, and stacks of matrices made: slow row by row
    into     the group that it has become part of
    """

    sources: list[Instr]
    size: int = 1
    gain: int = 0
    loss: int = 0
    adds_rows: bool = False
    is_stack: bool = False
    into: Group | None = None

    def found(self) -> Group:
        """The group that this one has become part of."""
        group = self
        while group.into is not None:
            if group.into.into is not None:
                group.into = group.into.into  # halves the way of whoever asks next
            group = group.into
        return group

    def joined(self, other: Group) -> Group:
        """One group of two; the larger one takes in the smaller one."""
        if other is self:
            return self
        small, large = sorted((other, self), key=lambda group: group.size)
        large.sources += small.sources
        large.size += small.size
        large.gain += small.gain
        large.loss += small.loss
        large.adds_rows |= small.adds_rows
        large.is_stack |= small.is_stack
        small.into = large
        return large

    @property
    def pays(self) -> bool:
        free = not any(x.is_parameter for x in self.sources)
        return self.gain > self.loss and (self.is_stack or (self.adds_rows and free))


class Layouts:
    """The groups of a function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.groups: dict[Instr, Group] = {}
        for x in function.parameters:
            if has_rows(x) and x.type.rank == 2 and x.type.is_float:
                self.groups[x] = Group([x])
        for x in function.body:
            self.look_at(x)
        for x in function.results:
            if x in self.groups and not x.is_parameter:
                self.group_of(x).loss += MANY  # whoever reads it expects rows

    def group_of(self, x: Instr) -> Group:
        return self.groups[x].found()

    def look_at(self, x: Instr) -> None:
        if has_rows(x) and goes_by_element(x):
            self.by_element(x)
            return
        for o in x.operands:
            if o in self.groups:
                self.read(x, o)
        if x.type.rank == 2 and (x.op is MATMUL or is_of_rows(x)) and is_narrow(x):
            self.groups[x] = Group([x])

    def by_element(self, x: Instr) -> None:
        """A value has the layout if all operands of such rows have; if some have, they are read row
        by row."""
        carriers = [o for o in x.operands if has_rows(o)]
        groups = [self.group_of(o) for o in carriers if o in self.groups]
        if not groups or len(groups) < len(carriers):
            for group in groups:
                group.loss += 1
            return
        whole = groups[0]
        for group in groups[1:]:
            whole = whole.found().joined(group.found())
        self.groups[x] = whole
        whole.size += 1
        spread = any(o.type.rank and o.type.shape[-1] == 1 for o in x.operands)
        is_stack = x.type.rank > 2 and is_narrow(x)
        whole.gain += 4 if is_stack else spread
        whole.is_stack |= is_stack

    def read(self, x: Instr, o: Instr) -> None:
        """Tells the group of ``o`` what another reader gains or loses by the layout."""
        group = self.group_of(o)
        if only_adds_axes(x):
            self.groups[x] = group
            group.size += 1
        elif "reduces" in x.op.traits and "axis" in dict(x.attributes):
            axes, last = x["axis"], o.type.rank - 1
            whole = len(axes) == o.type.rank
            group.gain += 0 if whole else (4 if "nonempty" in x.op.traits else 2)
            group.adds_rows |= last in axes and not whole
        elif adds_up_rows(x, o):
            group.gain += 1
            group.adds_rows |= o.type.rank == 2
        elif x.op.reader == TAKE.name:
            group.gain += 1  # which goes over the columns one by one
        elif x.op is TRANSPOSE or (x.op in (MATMUL, EINSUM) and x.type.rank <= 2):
            group.loss += not o.is_parameter and o.type.rank > 2 and x.op is not EINSUM
        elif not o.is_parameter:
            group.loss += 2

    def is_read(self, source: Instr, x: Instr, chosen: Mapping[Instr, Group]) -> bool:
        """True if a value is computed of such a source in its layout."""
        return source in chosen and x in self.groups and self.group_of(x) is chosen[source]

    def chosen(self) -> list[Group]:
        groups = {id(g): g for g in (self.group_of(x) for x in self.groups)}
        return [g for g in groups.values() if g.pays]


def _with_layouts(function: Function) -> Applied:
    found = Layouts(function)
    sources = {x: group for group in found.chosen() for x in group.sources}
    if not sources:
        return function, ()
    moved: dict[Instr, Instr] = {}
    copies: dict[Instr, Instr] = {}
    body: list[Instr] = []
    for x in function.body:
        y = moved_operands(x, moved)
        copied = [o for o in x.operands if o.is_parameter and found.is_read(o, x, sources)]
        for o in copied:
            if o not in copies:
                copies[o] = emit(BY_COLUMN, (o,), origins=x.origins)
                body.append(copies[o])
        if copied:
            y = y.replace(tuple([copies.get(o, o) for o in y.operands]))
        if x in sources:
            body.append(y.replace(hint=""))
            y = emit(BY_COLUMN, body[-1:], hint=x.hint, origins=x.origins).replace(role=x.role)
        if y is not x:
            moved[x] = y
        body.append(y)
    fired = tuple([Fired(RULE, x.origins) for x in sources])
    return with_body(function, body, moved), fired


layouts = Pass("layouts", REALS, _with_layouts)
