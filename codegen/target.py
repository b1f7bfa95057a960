"""Expressions as text, and a target: a table from op to text, helpers, and the ops it refuses.

An expression knows its precedence, so that it gets brackets where it must, and how deep these nest.
``emit[op name]`` is a ``Form`` of the operands' texts, or for ops whose text depends on attributes
and types, a ``ByInstr`` that gives the form for an instruction.  A helper is a small function that
is written into the emitted module when something needs it.  All that a target's language has of its
own, its library and how it writes arrays, stands in its record, and in no other file.

>>> a, b = atom("a"), atom("b")
>>> infix("*", MUL)(infix("+", ADD)(a, b), b).text
'(a + b) * b'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from symgrad.codegen.printer import WIDTH
from symgrad.ir.function import Instr
from symgrad.ir.types import Type
from symgrad.runtime.libraries import Library

TERNARY, COMPARE, ADD, MUL, UNARY, POWER, ATOM = 1, 5, 10, 20, 30, 40, 100


class Text(NamedTuple):
    """An expression, how tightly it binds, how deep its brackets nest, and its weight.

    ``ops`` counts operations, but a sum weighs little more than its heaviest term: a reader takes
    terms one by one.
    """

    text: str
    precedence: int = ATOM
    depth: int = 0
    ops: int = 0


Form = Callable[..., Text]


def atom(text: str) -> Text:
    return Text(text)


def within(x: Text, precedence: int) -> Text:
    """``x`` in brackets unless it binds at least as tightly as ``precedence``."""
    if x.precedence >= precedence:
        return x
    return Text(f"({x.text})", ATOM, x.depth + 1, x.ops)


def count(*xs: Text) -> int:
    return 1 + sum([x.ops for x in xs])


def has_minus(x: Text) -> bool:
    """True if a text is that of a product, or a value, with a minus in front."""
    return x.text.startswith("-") and ADD < x.precedence <= UNARY


def infix(operator: str, precedence: int, space: bool = True) -> Form:
    """A binary operator that groups from the left; comparisons do not, for Python chains them."""
    sign = f" {operator} " if space else operator
    first = precedence + 1 if precedence == COMPARE else precedence

    def form(a: Text, b: Text) -> Text:
        a, b = within(a, first), within(b, precedence + 1)
        weight = 1 + a.ops + b.ops
        if precedence == ADD:
            weight = max(a.ops if a.precedence == ADD else a.ops + 1, b.ops + 1)
        return Text(a.text + sign + b.text, precedence, max(a.depth, b.depth), weight)

    return form


def prefix(operator: str, precedence: int = UNARY) -> Form:
    """A unary operator before its operand."""

    def form(a: Text) -> Text:
        inner = within(a, precedence)
        return Text(operator + inner.text, precedence, inner.depth, count(a))

    return form


def call(name: str, *after: str) -> Form:
    """A call with the operands, then the texts ``after``, as arguments."""

    def form(*xs: Text) -> Text:
        arguments = ", ".join([*[x.text for x in xs], *after])
        depth = 1 + max([x.depth for x in xs], default=0)
        return Text(f"{name}({arguments})", ATOM, depth, count(*xs))

    return form


def helped(name: str) -> ByInstr:
    """A call of the helper, with the op's attributes behind the operands."""
    plain = call(name)

    def form(x: Instr) -> Form:
        if not x.op.attributes:
            return plain
        return call(name, *(repr(x[key]) for key in x.op.attributes))

    return ByInstr(form, helper=name)


def imported_call(module: str, name: str) -> ByInstr:
    """A call of a function that the text imports."""
    form = call(name)
    return ByInstr(lambda x: form, imports=f"from {module} import {name}")


def suffix(text: str) -> Form:
    """A method call, attribute or subscript, written behind its operand."""

    def form(x: Text) -> Text:
        inner = within(x, ATOM)
        depth = max(inner.depth, 1 if text.endswith(("]", ")")) else 0)
        return Text(inner.text + text, ATOM, depth, count(x))

    return form


Reading = tuple[Form, tuple[Instr, ...]]


Idiom = Callable[[Instr], "Reading | None"]


@dataclass(frozen=True)
class ByInstr:
    """The text of an op that looks at the instruction, or that needs more than its operands.

    form     how the instruction is written: by its attributes, ranks, literals
    helper   the helper that the text calls
    imports  the line that imports what it calls
    repeats  it names an operand twice, so that this one has a line of its own
    """

    form: Callable[[Instr], Form]
    helper: str = ""
    imports: str = ""
    repeats: bool = False


@dataclass(frozen=True)
class Helper:
    """A function for the emitted module: its source, and the imports and helpers it needs."""

    name: str
    source: str
    imports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How long an expression may grow: characters, and operations; and a row of one that breaks."""

    width: int
    ops: int
    row: int = WIDTH - 8


def _same(a: Text) -> Text:
    return a


def cast_condition(x: Instr) -> Reading | None:
    """A float made of a bool, as the condition that it was made of."""
    if x.op.name == "cast" and x.operands[0].type.dtype == "bool" and x.type.is_float:
        return _same, x.operands
    return None


class Marker(Protocol):
    """Marks the operands of a float32 instruction, given which of them are conditions."""

    def __call__(
        self, x: Instr, texts: Sequence[Text], conditions: Sequence[bool]
    ) -> list[Text]: ...


def no_condition(x: Instr) -> Reading | None:
    """The rule of a language in which a bool is no number: nothing is read as its condition."""
    return None


@dataclass(frozen=True)
class ArrayTexts:
    """How arrays are written.

    literal  what stands around the items of an array of literals
    vector   what stands around the items of a vector of numbers that were computed
    dtypes   the name of each dtype
    is_told  whether an array of literals, or a new one, must be told its dtype, by its type
    empty, zeros  the functions that make an array of a size
    copied   how a copy is written; as it is, where nobody can write into an array
    taken    the function of the library that makes its array of one of NumPy's, "" for NumPy
    """

    literal: tuple[str, str]
    vector: tuple[str, str]
    dtypes: Mapping[str, str]
    is_told: Callable[[Type], bool] = lambda type: True
    empty: str = ""
    zeros: str = ""
    copied: Form = _same
    taken: str = ""

    def dtype(self, type: Type) -> str:
        """The argument ``dtype``, where it must be told."""
        return f", dtype={self.dtypes[type.dtype]}" if self.is_told(type) else ""


class Placement(NamedTuple):
    """Where an instruction places its first operand in an array.

    key      the subscript, given the texts of the other operands
    added    where an index may name an element twice, the statement that adds each by itself, or
             takes it away: whether it does, and the texts of the array, the subscript and the value
    columns  the number of columns if they are gone over one by one, for that is faster; else 0
    """

    key: Callable[..., str]
    added: Callable[[bool, str, str, str], str] | None = None
    columns: int = 0


@dataclass(frozen=True)
class Target:
    """A language to emit.

    needs     what the emitted text needs, as the end of the sentence "Needs ..."
    refusals  op name -> why the target has no text for it, and what to do; or a rule that says so
              of an instruction, and "" of one that has a text
    partial   why it has no text for any other op, for a target that is meant to have few
    limits    how long its expressions may grow
    library   the module that every text imports, None for plain Python
    also      further modules that the allow-list lets its texts import
    arrays    how arrays are written; None where a line stands for each scalar
    sources   which of the sources that an op brings along it takes: 0 for the function of NumPy's
              arrays, 1 for that of floats, None for neither
    medium    how a sentence says it, as "in NumPy"
    styles    the ways of writing that it has, the usual one first
    plain     whether an instruction is written without the helper that its op may use
    style     the way of writing it, where the target has several
    idioms    op name -> a rule that may read several instructions as one: the form, and the
              operands that it takes, or None
    idiom_helpers  op name -> the helper that its idiom calls
    condition  a rule that reads a 0 or 1 as the condition that it stands for, where a bool times a
              float is a float
    marker    makes what marks float32 in a function, where numbers would not be of that dtype
    numbers   dtype -> what makes a Python number of a scalar result
    placed    op name -> a rule that tells where an instruction places its operand in an array, for
              a language whose arrays can be written into
    """

    name: str
    needs: str
    emit: Mapping[str, Form | ByInstr]
    limits: Limits
    library: Library | None = None
    also: tuple[Library, ...] = ()
    arrays: ArrayTexts | None = None
    helpers: Mapping[str, Helper] = field(default_factory=dict)
    refusals: Mapping[str, str | Callable[[Instr], str]] = field(default_factory=dict)
    partial: str = ""
    sources: int | None = None
    medium: str = ""
    styles: tuple[str, ...] = ()
    plain: Callable[[Instr], bool] = lambda x: False
    style: str = ""
    idioms: Mapping[str, Idiom] = field(default_factory=dict)
    idiom_helpers: Mapping[str, str] = field(default_factory=dict)
    condition: Idiom = no_condition
    marker: Callable[[], Marker] | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    placed: Mapping[str, Callable[[Instr], Placement]] = field(default_factory=dict)

    @property
    def libraries(self) -> tuple[Library, ...]:
        """The modules that its texts may import, for the allow-list."""
        return (*(() if self.library is None else (self.library,)), *self.also)

    @property
    def takes_arrays(self) -> bool:
        """True where values are arrays; if not, a line stands for each scalar."""
        return self.arrays is not None

    def returned(self, x: Instr, text: str, shared: bool) -> str:
        """A result, fresh: a number of Python's own, or an array that nobody else has."""
        if x.type.rank == 0:
            made = self.numbers.get(x.type.dtype, "")
            return f"{made}({text})" if made and not x.is_constant else text
        return self.arrays.copied(atom(text)).text if shared and self.arrays else text

    def taking(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of NumPy's arrays, from that of the arrays which a text takes.

        Its library is looked for at each call, for it may be absent while a text is read.
        """
        if self.library is None or self.arrays is None or not self.arrays.taken:
            return function
        alias, name = self.library.called, self.arrays.taken.rpartition(".")[2]

        def run(*values: Any) -> Any:
            taken = getattr(function.__globals__[alias], name)
            return function(*[taken(np.asarray(value)) for value in values])

        return run

    def refusal(self, x: Instr) -> str:
        """Why the target has no text for an instruction; "" where it has one."""
        found = self.refusals.get(x.op.name, "")
        said = found if isinstance(found, str) else found(x)
        if said or x.is_constant or x.op.name in self.emit:
            return said
        mend = "; declare it with an expansion or sources" if x.op.partials else ""
        return self.partial or f"it has no text for it{mend}"

    def lacks(self, x: Instr) -> bool:
        """True of an op that the target does not write itself, but as simpler ones."""
        if x.op.name in self.emit or (x.op.sources and self.sources is not None):
            return False
        return x.op.expansion is not None

    def form(self, x: Instr) -> Form:
        """How an instruction is written.  Raises KeyError for an op without text."""
        return self.form_of(x.op.name, x)

    def reading(self, x: Instr) -> Reading | None:
        """The idiom that an instruction is the end of, if any."""
        rule = self.idioms.get(x.op.name)
        return rule(x) if rule else None

    def repeats(self, op: str) -> bool:
        """True of an op whose text names an operand twice."""
        entry = self.emit.get(op)
        return isinstance(entry, ByInstr) and entry.repeats

    def form_of(self, op: str, x: Instr) -> Form:
        """How an instruction is written as if its op were another."""
        entry = self.emit[op]
        return entry.form(x) if isinstance(entry, ByInstr) else entry


def is_count(x: Instr) -> bool:
    """A size as a number, or one that literals were added to or taken from: an int in the text."""
    while "adds" in x.op.traits and x.operands[1].is_constant:
        x = x.operands[0]
    return x.op.name == "size" and x.type.rank == 0


def is_bounded_count(x: Instr) -> bool:
    """A count with a lower bound, such as max(N, 1)."""
    return x.op.name == "maximum" and is_count(x.operands[0]) and x.operands[1].is_constant


def negation(condition: Idiom) -> ByInstr:
    """-a * b, which is -(a * b) to the last bit, and never goes over more elements.

    A factor that is written as a ``condition`` takes no sign: NumPy has no minus for it.
    """

    def rule(x: Instr) -> Form:
        (inner,) = x.operands
        return prefix("-") if condition(_first(inner)) else _negative_product

    return ByInstr(rule)


def _negative_product(a: Text) -> Text:
    if a.precedence == MUL and not a.text.startswith("-") and "@" not in a.text:
        return a._replace(text=f"-{a.text}", ops=a.ops + 1)
    return prefix("-")(a)


def _first(x: Instr) -> Instr:
    """The factor that a product's text begins with."""
    while x.op.name in ("multiply", "divide"):
        number_first = x.op.name == "multiply" and x.operands[1].is_constant
        x = x.operands[1 if number_first else 0]
    return x
