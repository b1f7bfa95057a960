"""Instructions and functions: the IR proper, in static single assignment form.

An instruction *is* the value it defines: its operands are instructions.  A function lists its
parameters, a body in topological order, and its results.  Both are immutable; a pass builds new
ones.  Equality of functions is structural (names and origins included); that of instructions is
identity.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple, TypeVar

import numpy as np

from symgrad.ir.op import CONSTANT, PARAMETER, Attribute, Op
from symgrad.ir.types import Type

_F64 = Type("f64")
KINDS = ("param", "input", "constant")


class Origin(NamedTuple):
    """The user's line that a value came from, by file name; ``derived`` for gradients."""

    file: str
    line: int
    derived: bool = False

    @property
    def function(self) -> str:
        """The user's function that returns a value made there, or ``f(x)`` for one that takes it as
        its ``x``, if it is known and its name says something."""
        return ""

    def __str__(self) -> str:
        return f"{'of ' if self.derived else ''}{self.file}:{self.line}"


Origins = tuple[Origin, ...]


def union(*groups: Origins) -> Origins:
    """All origins of the groups, sorted, each once."""
    distinct = [group for i, group in enumerate(groups) if group and group not in groups[:i]]
    if len(distinct) <= 1:
        return distinct[0] if distinct else ()
    return tuple(sorted({origin for group in distinct for origin in group}))


def derived(origins: Origins) -> Origins:
    """The origins of a gradient of something with these origins."""
    return tuple(sorted({Origin(o.file, o.line, True) for o in origins}))


class Role:
    """What a value that nobody named stands for, so that a text can find a name for it.

    value     the instruction as the user wrote it, which passes may have replaced since
    operands  of that instruction, under the names that derivatives want
    called    a name by the part that it plays for its reader; ``owner`` is what it is a part of
    of        the role of the value that this one is the derivative by; ``value`` is that one's
    apart     the value was one of several when they were differentiated, so that no derivative by
              it is the whole one
    """

    __slots__ = ("apart", "called", "of", "operands", "owner", "value")

    def __init__(
        self,
        value: Instr,
        called: str = "",
        of: Role | None = None,
        operands: tuple[Instr, ...] | None = None,
        owner: str = "",
    ) -> None:
        self.value, self.called, self.owner, self.of, self.apart = value, called, owner, of, False
        self.operands = value.operands if operands is None else operands

    def derivative(self) -> Role:
        """The role of the derivative by this one's value."""
        return Role(self.value, of=self, operands=self.operands, owner=self.owner)


class Instr:
    """An instruction, which is also the value it defines.

    ``attributes`` is a tuple of (key, value) in the order the op declares; ``hint`` a name for
    people, or ``""``; ``role`` helps to name what has no hint, and is no part of the text.
    """

    __slots__ = (
        *("__weakref__", "attributes", "hint", "op", "operands", "origins", "role", "serial"),
        "type",
    )

    op: Op
    operands: tuple[Instr, ...]
    attributes: tuple[tuple[str, Attribute], ...]
    type: Type
    hint: str
    origins: Origins
    role: Role | None
    serial: int

    def __init__(
        self,
        op: Op,
        operands: tuple[Instr, ...],
        attributes: tuple[tuple[str, Attribute], ...],
        type: Type,
        hint: str = "",
        origins: Origins = (),
        role: Role | None = None,
    ) -> None:
        _put_op(self, op)
        _put_operands(self, operands)
        _put_attributes(self, attributes)
        _put_type(self, type)
        _put_hint(self, hint)
        _put_origins(self, origins)
        _put_role(self, role)
        _put_serial(self, next(_serials))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an instruction is immutable; build a new one instead of {name}=")

    def __getitem__(self, key: str) -> Attribute:
        """An attribute by its name."""
        for own, value in self.attributes:
            if own == key:
                return value
        raise KeyError(key)

    @property
    def is_parameter(self) -> bool:
        return self.op is PARAMETER

    @property
    def is_constant(self) -> bool:
        return self.op is CONSTANT

    @property
    def is_derived(self) -> bool:
        """True of what differentiation made: all lines that it comes from are derived."""
        return bool(self.origins) and all(o.derived for o in self.origins)

    def replace(
        self,
        operands: tuple[Instr, ...] | None = None,
        hint: str | None = None,
        origins: Origins | None = None,
        role: Role | None = None,
    ) -> Instr:
        """A copy with other operands (of the same types), hint, origins or role."""
        return Instr(
            self.op,
            self.operands if operands is None else operands,
            self.attributes,
            self.type,
            self.hint if hint is None else hint,
            self.origins if origins is None else origins,
            self.role if role is None else role,
        )

    def __repr__(self) -> str:
        return f"<{self.hint or '_'} = {self.op.name} : {self.type}>"


# The setters of the slots: past __setattr__, and by a third faster than by name.
_put_op, _put_operands, _put_attributes, _put_type, _put_hint, _put_origins, _put_role = [
    Instr.__dict__[name].__set__
    for name in ("op", "operands", "attributes", "type", "hint", "origins", "role")
]
_put_serial = Instr.__dict__["serial"].__set__
_serials = count()


V = TypeVar("V")
Algebra = Callable[[Instr, list[V]], V]  # an instruction and its operands' values, to its value


def parameter(name: str, type: Type, kind: str = "input", origins: Origins = ()) -> Instr:
    """A parameter of a function.  ``kind`` is param, input or constant."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of parameter {kind!r}; one of {', '.join(KINDS)}")
    return Instr(PARAMETER, (), (("kind", kind),), type, name, origins)


def constant(value: Any, type: Type, hint: str = "", origins: Origins = ()) -> Instr:
    """A literal: a Python scalar, or nested tuples of them for a small array."""
    return Instr(CONSTANT, (), (("value", freeze(value, type)),), type, hint, origins)


def as_given(value: Any, type: Type) -> Any:
    """A literal as an array: of float64 where it is of any float type, since none is rounded."""
    return np.asarray(value, dtype=np.float64 if type.is_float else type.numpy)


def freeze(value: Any, type: Type) -> Any:
    """``value`` as Python scalars of the type's kind, in nested tuples of the type's shape.

    A float32 is kept as the float64 that was given, as Python's own numbers are where NumPy gives
    them the dtype of what they meet.
    """
    if value.__class__ is float and type == _F64:
        return value
    array = as_given(value, type)
    if array.shape != type.shape:
        raise ValueError(f"a literal of shape {array.shape} for {type}")

    def nest(items: Any) -> Any:
        return tuple(map(nest, items)) if isinstance(items, list) else items

    return nest(array.tolist())


def emit(
    op: Op,
    operands: Sequence[Instr],
    attributes: Mapping[str, Attribute] | None = None,
    hint: str = "",
    origins: Origins = (),
) -> Instr:
    """An instruction whose type the op infers.  Raises what the op's shape rule raises."""
    given = attributes or {}
    type = op.infer(*[x.type for x in operands], **given)
    own = tuple([(k, given[k]) for k in op.attributes])
    return Instr(op, tuple(operands), own, type, hint, origins)


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """Typed parameters, a body in topological order, and results.

    ``repr`` tells functions apart, by a hash of their structure; so it does attributes that hold
    them.
    """

    name: str
    parameters: tuple[Instr, ...]
    body: tuple[Instr, ...]
    results: tuple[Instr, ...]

    def structure(self, names: bool = True) -> tuple[Any, ...]:
        """A hashable description; without ``names``, neither hints nor origins take part."""
        numbers = {x: i for i, x in enumerate((*self.parameters, *self.body))}
        rows: list[Any] = []
        for x in numbers:
            row: tuple[Any, ...] = (
                x.op.name,
                tuple([numbers[o] for o in x.operands]),
                repr(x.attributes),
                x.type,
            )
            # The text form has no place for a parameter's origins.
            origins = () if x.is_parameter else x.origins
            rows.append((*row, x.hint, origins) if names else row)
        return (
            self.name if names else "",
            len(self.parameters),
            tuple(rows),
            tuple([numbers[r] for r in self.results]),
        )

    def structure_text(self) -> str:
        """``repr(self.structure(names=False))``, in a third of the time."""
        numbers = {x: i for i, x in enumerate((*self.parameters, *self.body))}
        types: dict[Type, str] = {}
        rows = []
        for x in numbers:
            operands = tuple([numbers[o] for o in x.operands])
            attributes = repr(repr(x.attributes)) if x.attributes else "'()'"
            type = types.get(x.type) or types.setdefault(x.type, repr(x.type))
            rows.append(f"({x.op.name!r}, {operands}, {attributes}, {type})")
        body = ", ".join(rows) + ("," if len(rows) == 1 else "")
        results = tuple([numbers[r] for r in self.results])
        return f"('', {len(self.parameters)}, ({body}), {results})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and self.structure() == other.structure()

    def __hash__(self) -> int:
        return hash(self.structure())

    def __repr__(self) -> str:
        return f"<function {sha256(self.structure_text().encode()).hexdigest()}>"


def made_of(x: Instr, inside: Callable[[Instr], bool], is_leaf: Callable[[Instr], bool]) -> bool:
    """True if a value is made of leaves alone, by what may stand inside; each is asked once."""
    stack, seen = [x], {x}
    while stack:
        top = stack.pop()
        if is_leaf(top):
            continue
        if not inside(top):
            return False
        fresh = [o for o in dict.fromkeys(top.operands) if o not in seen]
        seen.update(fresh)
        stack += fresh
    return True


def topological(results: Iterable[Instr]) -> list[Instr]:
    """All instructions the results need, operands first; deterministic and iterative."""
    order: list[Instr] = []
    done: set[Instr] = set()
    for root in results:
        stack = [root]
        while stack:
            x = stack[-1]
            if x in done:
                stack.pop()
                continue
            missing = [o for o in x.operands if o not in done]
            if missing:
                stack += missing[::-1]
            else:
                stack.pop()
                done.add(x)
                order.append(x)
    return order


def needed_by(root: Instr, known: Container[Instr]) -> Iterator[Instr]:
    """The instructions that ``root`` needs and that are not known yet, operands first."""
    done: set[Instr] = set()
    stack = [(root, False)]
    while stack:
        x, ready = stack.pop()
        if x in done or x in known:
            continue
        if ready:
            done.add(x)
            yield x
        else:
            stack.append((x, True))
            stack.extend((o, False) for o in reversed(x.operands) if o not in known)


def all_values(function: Function, algebra: Algebra[V], arguments: Sequence[V]) -> dict[Instr, V]:
    """The values of all parameters and instructions, by instruction."""
    values = dict(zip(function.parameters, arguments, strict=True))
    for x in function.body:
        values[x] = algebra(x, [values[o] for o in x.operands])
    return values


def function(name: str, parameters: Sequence[Instr], results: Sequence[Instr]) -> Function:
    """The function that computes ``results``; parameters that nothing reads stay."""
    known = {id(p) for p in parameters}
    body = []
    for x in topological(results):
        if id(x) in known:
            continue
        if x.is_parameter:
            raise ValueError(f"{x.hint!r} is reached but is not among the parameters of {name}")
        body.append(x)
    return Function(name, tuple(parameters), tuple(body), tuple(results))


def literal(value: Any) -> str:
    """A scalar or nested tuple as the IR's text: floats by repr, nan and inf by name."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return repr(value)


class uncollected:
    """A block in which the garbage collector is off; afterwards it is as it was.

    Graphs and programs are free of cycles, so reference counts alone free them, and a collector
    that looks at millions of new objects again and again costs more than making them did.

    >>> import gc
    >>> with uncollected():
    ...     gc.isenabled()
    False
    """

    __slots__ = ("was_on",)

    def __enter__(self) -> None:
        self.was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self.was_on:
            gc.enable()
