"""Patterns of IR, written as formulas, and the search for them.

A rule's two sides are ordinary functions of an algebra, ``lambda f, x: f.log(1.0 + f.exp(x))``, so
that one declaration serves the search (here), the replacement (IR), the proof (SymPy) and the
measurement (floats, 50 digits).  ``pattern`` runs the left side on names and keeps the tree.

>>> import symgrad.ops
>>> from symgrad.ir import Type, emit, parameter
>>> from symgrad.ops import OPS
>>> tree = pattern(lambda f, x: f.exp(x) - f.exp(-x), ["x"])
>>> x = parameter("x", Type("f64"))
>>> down = emit(OPS["exp"], [emit(OPS["negative"], [x])])
>>> found = emit(OPS["subtract"], [emit(OPS["exp"], [x]), down])
>>> next(Matcher(lambda a, b: a is b).matches(tree, found, {}))
{'x': <x = parameter : f64[]>}

Beside the ops of the table, patterns know three forms that stand for families:

    f.total("exp", xs)   a sum of two or more terms, each an exp (or a square), in any nesting
    f.summed(u, axis)    a sum over axes whose result still lies along them, however written
    f.moved(u)           an op that moves elements of u, such as an index; ``f.again`` repeats it
    f.level(c)           c once more, with or without its axes of size 1
    f.shifted(xs, c)     the logaddexp of two or more x - c, for one c
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symgrad.ir.function import Instr
from symgrad.ops.table import OPS, IRAlgebra, Term

Bindings = Mapping[str, Any]


def _with(*traits: str) -> tuple[str, ...]:
    return tuple(op.name for op in OPS.values() if {*traits} <= {*op.traits})


# How else an op is written: a pattern of the one meets an instruction of the other.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "square": ("multiply", "power"),
    "divide": ("reciprocal",),
    "multiply": ("divide",),
    "subtract": ("add",),
    "total": ("add",),
    "summed": ("sum", *_with("picks", "view")),
    "shifted": ("logaddexp", "softplus"),
    "moved": _with("picks"),
}


class Families:
    """The families, for an algebra that computes: each in its plainest form."""

    def total(self, kind: str, xs: Sequence[Any]) -> Any:
        terms = [1.0 if isinstance(x, float) else getattr(self, kind)(x) for x in xs]
        whole = terms[0]
        for t in terms[1:]:
            whole = whole + t
        return whole

    def summed(self, u: Any, axis: Any) -> Any:
        return getattr(self, "sum")(u, axis=axis, keepdims=True)  # noqa: B009

    def moved(self, u: Any) -> Any:
        return u

    def again(self, move: Any, u: Any) -> Any:
        return u

    def level(self, c: Any) -> Any:
        return c

    def squeezed(self, move: Any, c: Any) -> Any:
        return c

    def shifted(self, xs: Sequence[Any], c: Any) -> Any:
        return getattr(self, "log")(self.total("exp", [x - c for x in xs]))  # noqa: B009


@dataclass(frozen=True)
class Pattern:
    """An op of a pattern: operands are nodes, names of variables, or numbers."""

    op: str
    operands: tuple[Any, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ops(self) -> tuple[str, ...]:
        """The ops of the instructions that the node may meet."""
        own = () if self.op in ("total", "summed", "moved", "shifted") else (self.op,)
        return (*own, *SPELLINGS.get(self.op, ()))


class PatternAlgebra(IRAlgebra):
    """Builds nodes in place of instructions."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *xs, **attributes: self.apply(name, *xs, **attributes)

    def apply(self, name: str, *xs: Any, **attributes: Any) -> Term:
        parts = tuple(x.instr if isinstance(x, Term) else x for x in xs)
        return Term(self, Pattern(name, parts, attributes))  # type: ignore[arg-type]


def pattern(
    formula: Callable[..., Any], names: Sequence[str], attributes: Sequence[str] = ()
) -> Pattern:
    """The tree of a formula of the named variables and attributes."""
    f = PatternAlgebra()
    variables = {name: Term(f, name) for name in names}  # type: ignore[arg-type]
    built = formula(f, **variables, **{name: name for name in attributes})
    node = built.instr
    assert isinstance(node, Pattern)
    return node


class Matcher:
    """Matches patterns; ``same`` says whether two instructions are the same value."""

    def __init__(self, same: Callable[[Instr, Instr], bool]) -> None:
        self.same = same

    def matches(self, node: Any, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        """All ways in which the pattern meets an instruction, given what is bound already."""
        if isinstance(node, str):
            yield from self.variable(node, x, bound)
        elif not isinstance(node, Pattern):
            if is_literal(x, float(node)):
                yield bound
        elif node.op == "level":
            if node.operands[0] in bound and self.levels(bound[node.operands[0]], x):
                yield bound
        elif isinstance(x, Instr) and x.op.name in node.ops:
            special = _FAMILIES.get(node.op)
            if special is not None:
                yield from special(self, node, x, bound)
            else:
                own = x.op.name == node.op
                if own and any(x[key] != value for key, value in node.attributes.items()):
                    return
                for operands in self.spelled(node, x):
                    yield from self.all(node.operands, operands, bound)

    def variable(self, name: str, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        if name not in bound and isinstance(x, Instr):
            yield {**bound, name: x}
        elif isinstance(x, Instr) and isinstance(bound[name], Instr) and self.same(bound[name], x):
            yield bound

    def all(self, nodes: Sequence[Any], xs: Sequence[Instr], bound: Bindings) -> Iterator[Bindings]:
        """All ways in which several patterns meet their instructions together."""
        if not nodes:
            yield bound
            return
        for found in self.matches(nodes[0], xs[0], bound):
            yield from self.all(nodes[1:], xs[1:], found)

    def spelled(self, node: Pattern, x: Instr) -> Iterator[Sequence[Any]]:
        """The operands of an instruction, as the op of the pattern would have them."""
        name, operands = x.op.name, x.operands
        if name == node.op:
            yield operands
            if x.op.commutative:
                yield operands[::-1]
        elif name == "reciprocal" and node.operands[0] == 1.0:
            yield (ONE, *operands)
        elif node.op == "square":
            root = self.term_operand("square", x)
            if root is not None:
                yield (root,)
        elif node.op == "subtract":
            yield from differences(operands)
        elif node.op == "multiply" and name == "divide":
            below = literal_value(operands[1])
            if below and abs(math.frexp(below)[0]) == 0.5:  # x/2 is 0.5*x to the bit
                yield Numeral(1.0 / below), operands[0]

    def term_operand(self, kind: str, term: Instr) -> Any:
        """u for a term exp(u) or u*u; 0.0 for 1 = exp(0); None for any other term."""
        if kind == "exp":
            return 0.0 if is_literal(term, 1.0) else operand_if(term, "exp")
        if term.op.name == "multiply" and self.same(*term.operands):
            return term.operands[0]
        if term.op.name == "power" and is_literal(term.operands[1], 2.0):
            return term.operands[0]
        return operand_if(term, kind)

    def total(self, node: Pattern, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        """A sum of terms that are each the op of something; 1 counts as exp(0)."""
        kind, name = node.operands
        terms = terms_of(x)
        inner = [self.term_operand(kind, t) for t in terms]
        found = [i for i in inner if i is not None]
        if len(found) == len(terms) >= 2 and any(isinstance(i, Instr) for i in found):
            if name not in bound:
                yield {**bound, name: tuple(found)}
            elif len(bound[name]) == len(found) and all(map(self.alike, bound[name], found)):
                yield bound

    def alike(self, a: Any, b: Any) -> bool:
        if isinstance(a, Instr) and isinstance(b, Instr):
            return self.same(a, b)
        return type(a) is type(b) and a == b

    def shifted(self, node: Pattern, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        """Nested logaddexps of differences with one shift, which is a value or a literal."""
        name, shift = node.operands
        leaves = [difference_of(leaf) for leaf in chained(x)]
        shifts = [pair[1] for pair in leaves if pair]
        first = bound.get(shift, shifts[0] if shifts else None)
        if len(shifts) == len(leaves) and all(self.levels(first, c) for c in shifts):
            yield {**bound, name: tuple([pair[0] for pair in leaves if pair]), shift: first}

    def levels(self, c: Any, x: Any) -> bool:
        """True if two values are one, but for axes of size 1."""
        value = literal_value(c)
        if value is not None or isinstance(x, Numeral):
            return is_literal(x, value) if value is not None else False
        c, x = bared(c), bared(x)
        if c.op.name == x.op.name and "reduces" in c.op.traits:
            return c["axis"] == x["axis"] and self.same(c.operands[0], x.operands[0])
        return self.same(c, x)

    def summed(self, node: Pattern, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        """A sum that keeps its axes; also one whose axes an index or a reshape brought back."""
        inner, name = node.operands
        total = x if x.op.name == "sum" else x.operands[0]
        if total.op.name != "sum" or (x is not total and not is_view(x)):
            return
        axis, source = total["axis"], total.operands[0]
        kept = tuple(1 if i in axis else d for i, d in enumerate(source.type.shape))
        shape = (1,) * (len(kept) - x.type.rank) + x.type.shape
        if shape == kept and axis:
            for found in self.matches(inner, source, bound):
                yield {**found, name: axis}

    def moved(self, node: Pattern, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        """One move after another; ``move`` has all of them, the last one first."""
        moves: tuple[Instr, ...] = ()
        while "picks" in x.op.traits:
            moves = (*moves, x)
            x = x.operands[0]
            for found in self.matches(node.operands[0], x, bound):
                yield {**found, "move": moves}

    def reduced(self, node: Pattern, x: Instr, bound: Bindings) -> Iterator[Bindings]:
        """A reduction, whose attributes are bound to the names given in their place."""
        for found in self.matches(node.operands[0], x.operands[0], bound):
            yield {**found, **{name: x[key] for key, name in node.attributes.items()}}


_FAMILIES: dict[str, Callable[[Matcher, Pattern, Instr, Bindings], Iterator[Bindings]]] = {
    "total": Matcher.total,
    "summed": Matcher.summed,
    "moved": Matcher.moved,
    "shifted": Matcher.shifted,
    "sum": Matcher.reduced,
    "mean": Matcher.reduced,
    "logsumexp": Matcher.reduced,
}


def differences(operands: Sequence[Instr]) -> Iterator[Sequence[Any]]:
    """a + -b, -b + a and a + literal as differences."""
    for a, b in (operands, operands[::-1]):
        if b.op.name == "negative":
            yield a, b.operands[0]
        value = literal_value(b)
        if value is not None:
            yield a, Numeral(-value)


class Numeral:
    """A literal that no instruction stands for, met by the same literal in a pattern."""

    def __init__(self, value: float) -> None:
        self.value = value


ONE = Numeral(1.0)


def literal_value(x: Any) -> float | None:
    """The number that a scalar literal, or an array that repeats one, holds."""
    if isinstance(x, Numeral):
        return x.value
    while x.op.name == "broadcast_to":
        x = x.operands[0]
    return float(x["value"]) if x.is_constant and not x.type.shape else None


def is_literal(x: Any, value: float) -> bool:
    return literal_value(x) == value


def terms_of(x: Instr) -> list[Instr]:
    """The terms of nested additions, from the left, without zeros."""
    terms: list[Instr] = []
    stack = [x]
    while stack:
        y = stack.pop()
        if y.op.name == "add":
            stack.extend(reversed(y.operands))
        elif not is_literal(y, 0.0):
            terms.append(y)
    return terms


def chained(x: Instr) -> list[Any]:
    """The operands of nested logaddexps; those of softplus(x) are x and 0."""
    found: list[Any] = []
    stack = [x]
    while stack:
        y = stack.pop()
        if y.op.name == "logaddexp":
            stack.extend(reversed(y.operands))
        elif y.op.name == "softplus":
            found += [*y.operands, Numeral(0.0)]
        else:
            found.append(y)
    return found


def difference_of(x: Any) -> tuple[Any, Any] | None:
    """(u, c) for u - c, and for u + c where c is a literal."""
    if isinstance(x, Numeral) or x.op.name not in ("subtract", "add"):
        return None
    if x.op.name == "subtract":
        u, c = x.operands
        return u, c
    return next(((u, c) for u, c in differences(x.operands)), None)


def bared(x: Instr) -> Instr:
    """A value without what only adds or drops axes of size 1."""
    while x.op.name in ("reshape", "index") and (is_view(x) or is_squeeze(x)):
        x = x.operands[0]
    return x


def is_squeeze(x: Instr) -> bool:
    """True if an index takes the only element along some axes, and all along the others."""
    if x.op.name != "index":
        return False
    pairs = zip(x["key"], x.operands[0].type.shape, strict=False)
    return all(
        dim == 1 if entry[0] == "int" else entry == ("slice", 0, dim, 1) for entry, dim in pairs
    )


def operand_if(x: Instr, op: str) -> Instr | None:
    return x.operands[0] if x.op.name == op else None


def is_view(x: Instr) -> bool:
    """True if an instruction only adds axes of size 1."""
    if x.op.name == "reshape":
        old = [d for d in x.operands[0].type.shape if d != 1]
        return [d for d in x.type.shape if d != 1] == old
    if x.op.name != "index":
        return False
    dims = iter(x.operands[0].type.shape)
    for entry in x["key"]:
        if entry[0] == "new":
            continue
        if entry[0] != "slice" or tuple(entry[1:]) != (0, next(dims), 1):
            return False
    return True
