"""A target: a name, a table from op to text, helpers, and the ops it refuses.

``emit[op name]`` is a ``Form`` of the operands' texts, or for ops whose text depends on attributes
and types, a ``Rule`` that gives the form for an instruction.  A helper is a small function that
is written into the emitted module when something needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from symgrad.codegen.text import Form
from symgrad.ir.function import Instr

Reading = tuple[Form, tuple[Instr, ...]]
Idiom = Callable[[Instr], "Reading | None"]


@dataclass(frozen=True)
class Rule:
    """The text of an op that looks at the instruction: attributes, ranks, literals."""

    form: Callable[[Instr], Form]


@dataclass(frozen=True)
class Helper:
    """A function for the emitted module: its source, and the imports and helpers it needs."""

    name: str
    source: str
    imports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A language to emit.

    needs     what the emitted text needs, as the end of the sentence "Needs ..."
    imports   op or helper name -> names imported for it from math or elsewhere
    refusals  op name -> why the target has no text for it, and what to do
    repeats   ops whose text names an operand twice, so that it has a line of its own
    single    whether numbers must be told to be float32 where nothing else does
    compact   products are written without spaces (scalar code)
    plain     whether an instruction is written without the helper that its op may use
    style     the way of writing it, where the target has several
    idioms    op name -> a rule that may read several instructions as one: the form, and the
              operands that it takes, or None
    """

    name: str
    needs: str
    prelude: str
    emit: Mapping[str, Form | Rule]
    helpers: Mapping[str, Helper] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    repeats: frozenset[str] = frozenset()
    single: bool = False
    compact: bool = False
    plain: Callable[[Instr], bool] = lambda x: False
    style: str = ""
    idioms: Mapping[str, Idiom] = field(default_factory=dict)

    def form(self, x: Instr) -> Form:
        """How an instruction is written.  Raises KeyError for an op without text."""
        return self.form_of(x.op.name, x)

    def reading(self, x: Instr) -> Reading | None:
        """The idiom that an instruction is the end of, if any."""
        rule = self.idioms.get(x.op.name)
        return rule(x) if rule else None

    def form_of(self, op: str, x: Instr) -> Form:
        """How an instruction is written as if its op were another."""
        entry = self.emit[op]
        return entry.form(x) if isinstance(entry, Rule) else entry
