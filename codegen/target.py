"""Expressions as text, and a target: a table from op to text, helpers, and the ops it refuses.

An expression knows its precedence, so that it gets brackets where it must, and how deep these nest.
``emit[op name]`` is a ``Form`` of the operands' texts, or for ops whose text depends on attributes
and types, a ``ByInstr`` that gives the form for an instruction.  A helper is a small function that
is written into the emitted module when something needs it.

>>> a, b = atom("a"), atom("b")
>>> infix("*", MUL)(infix("+", ADD)(a, b), b).text
'(a + b) * b'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol

from symgrad.codegen.printer import WIDTH
from symgrad.ir.function import Instr

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


def number(value: bool | int | float) -> Text:
    """A literal: a float by its shortest repr, nan and inf through float().

    >>> [number(x).text for x in (0.0001, 0.001, 2.5, 1e-05, 1e300, -200000.0, 3.0)]
    ['1e-4', '0.001', '2.5', '1e-5', '1e300', '-2e5', '3.0']
    """
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return Text(f'float("{value!r}")', ATOM, 1)
    text = repr(value)
    if isinstance(value, float):
        text = with_exponent(value, text)
    return Text(text, UNARY if text.startswith("-") else ATOM)


def with_exponent(value: float, text: str) -> str:
    """The repr, or the form with an exponent where that saves two characters or more."""
    if "e" in text:
        head, _, power = text.partition("e")
        return f"{head}e{int(power)}"
    sign, digits, tail = Decimal(text).normalize().as_tuple()
    exponent = len(digits) - 1 + int(tail)
    mantissa = "".join(map(str, digits[:1])) + ("." if len(digits) > 1 else "")
    short = f"{'-' * sign}{mantissa}{''.join(map(str, digits[1:]))}e{exponent}"
    far = value and not -4 < exponent < 5
    return short if far and len(short) + 2 <= len(text) else text


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


@dataclass(frozen=True)
class Target:
    """A language to emit.

    needs     what the emitted text needs, as the end of the sentence "Needs ..."
    refusals  op name -> why the target has no text for it, and what to do
    limits    how long its expressions may grow
    takes_arrays  whether values are arrays; if not, a line stands for each scalar
    brackets  what stands around the items of a vector
    medium    how a sentence says it, as "in NumPy"
    styles    the ways of writing that it has, the usual one first
    plain     whether an instruction is written without the helper that its op may use
    style     the way of writing it, where the target has several
    idioms    op name -> a rule that may read several instructions as one: the form, and the
              operands that it takes, or None
    condition  a rule that reads a 0 or 1 as the condition that it stands for
    marker    makes what marks float32 in a function, where numbers would not be of that dtype
    may_alias whether an array could share memory with one that others have, given the count of
              readers of each value
    copied    how a copy of an array is written
    returned  how a result is written, given its text and whether others have its memory
    """

    name: str
    needs: str
    prelude: str
    emit: Mapping[str, Form | ByInstr]
    limits: Limits
    helpers: Mapping[str, Helper] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    takes_arrays: bool = True
    brackets: tuple[str, str] = ("(", ")")
    medium: str = ""
    styles: tuple[str, ...] = ()
    plain: Callable[[Instr], bool] = lambda x: False
    style: str = ""
    idioms: Mapping[str, Idiom] = field(default_factory=dict)
    condition: Idiom = cast_condition
    marker: Callable[[], Marker] | None = None
    may_alias: Callable[[Instr, Mapping[int, int]], bool] = lambda x, uses: False
    copied: Form = _same
    returned: Callable[[Instr, str, bool], str] = lambda x, text, shared: text

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
        product = inner.op.name in ("multiply", "divide") and not condition(_first(inner))
        return _negative_product if product else prefix("-")

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
