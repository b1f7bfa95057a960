"""Rewrites that are declared: two formulas, where they are equal, and the walk that applies them.

A ``Rule`` fires wherever its left side stands in a program.  The same declaration is searched for
and replaced here, proved with SymPy in the tests, and measured in floats and at 50 digits.

>>> rule = Rule("exp(x) - 1 = expm1(x)", lambda f, x: f.exp(x) - 1.0, lambda f, x: f.expm1(x),
...             {"x": REAL})
>>> print(rule, Ruleset([rule]).roots == {"add", "subtract"})
exp(x) - 1 = expm1(x) True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from symgrad.errors import SymgradError
from symgrad.ir.function import Function, Instr, Origins
from symgrad.ir.op import Op
from symgrad.ir.rebuild import moved_operands, needed_by
from symgrad.ops.terms import IRAlgebra, Term
from symgrad.rewrite.patterns import Bindings, Families, Matcher, Pattern, pattern
from symgrad.rewrite.rewriter import live

_ROUNDS = 16  # a replacement may be rewritten again; the bound guards against rules that disagree

Interval = tuple[float, float]
REAL: Interval = (-1e4, 1e4)
POSITIVE: Interval = (0.0, 1e4)
NEGATIVE: Interval = (-1e4, 0.0)


@dataclass(frozen=True, eq=False)
class Rule:
    """left -> right, over the domain.

    name       the rule in formulas
    domain     the interval of each variable, by its name and in order; of each element of an array
    lists      variables that stand for several values (``f.total``)
    arrays     variables that are arrays; the others are values of any shape
    condition  a further demand on what the variables are bound to
    quick      a cheap test that an instruction has to pass before it is searched
    alone      whether the operands of the whole must have no other use
    """

    name: str
    left: Callable[..., Any]
    right: Callable[..., Any]
    domain: Mapping[str, Interval]
    lists: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    condition: Callable[[Bindings], bool] = lambda bound: True
    quick: Callable[[Instr], bool] = lambda x: True
    alone: bool = False

    def __str__(self) -> str:
        return self.name

    def first(self, f: Any, values: Mapping[str, Any]) -> Any:
        """The left side in an algebra that knows the families; arrays are vectors."""
        return self.left(f, **values, **self._given())

    def second(self, f: Any, values: Mapping[str, Any]) -> Any:
        """The right side, likewise."""
        moves = {"move": None} if "move" in self.right.__code__.co_varnames else {}
        return self.right(f, **values, **self._given(), **moves)

    def _given(self) -> dict[str, Any]:
        known = {"axis": (0,), "keepdims": False}
        return {name: known[name] for name in self.attributes}


class Fired(NamedTuple):
    """A rule that was applied, and the user's lines that it was applied to."""

    rule: Rule
    origins: Origins

    def __str__(self) -> str:
        where = ", ".join(map(str, self.origins))
        return f"{self.rule}  at {where}" if where else str(self.rule)


class Ruleset:
    """Rules in order, with their patterns, looked up by the ops of an instruction."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.patterns = [
            (rule, pattern(rule.left, tuple(rule.domain), rule.attributes)) for rule in rules
        ]
        self.roots = frozenset(op for _, node in self.patterns for op in node.ops)
        self.found: dict[tuple[Op, ...], tuple[tuple[Rule, Pattern], ...]] = {}

    def candidates(self, x: Instr) -> tuple[tuple[Rule, Pattern], ...]:
        """The rules that may hold for an instruction, in order."""
        ops = (x.op, *[o.op for o in x.operands])
        if ops not in self.found:
            self.found[ops] = tuple(self._matching(*ops))
        return self.found[ops]

    def _matching(self, op: Op, *operands: Op) -> list[tuple[Rule, Pattern]]:
        names = {o.name for o in operands}
        found = []
        for rule, node in self.patterns:
            # In another spelling an operand may be wrapped: a - b is a + -b.
            wrapped = {"negative"} if op.name != node.op else set()
            parts = [p for p in node.operands if isinstance(p, Pattern) and p.op != "level"]
            inner = [wrapped.union(part.ops) for part in parts]
            if op.name in node.ops and all(names & ops for ops in inner):
                found.append((rule, node))
        return found


class _Builder(IRAlgebra, Families):
    """Builds replacements; -(-x) is x."""

    total, summed = Families.total, Families.summed

    def apply(self, name: str, *xs: Any, **attributes: Any) -> Term:
        if name == "negative" and isinstance(xs[0], Term) and xs[0].instr.op.name == "negative":
            return self.term(xs[0].instr.operands[0])
        return super().apply(name, *xs, **attributes)

    def again(self, moves: Sequence[Instr], u: Term) -> Term:
        """The moves, the last one first, of another value of the same shape."""
        for move in reversed(moves):
            rest = [self.term(o) for o in move.operands[1:]]
            u = self.apply(move.op.name, u, *rest, **dict(move.attributes))
        return u

    def squeezed(self, moves: Sequence[Instr], c: Term) -> Term:
        """What a difference with c loses where one element is picked along c's axes of size 1."""
        shape = moves[0].type.shape
        return c if c.instr.type.shape == shape else self.apply("reshape", c, shape=shape)


class Walk:
    """One walk over a body, operands before results."""

    def __init__(self, function: Function, rules: Ruleset) -> None:
        self.function = function
        self.rules = rules
        self.moved: dict[Instr, Instr] = {}
        self.body: list[Instr] = []
        self.entered: set[Instr] = set(function.parameters)
        self.numbers: dict[Instr, int] = {}
        self.keys: dict[Any, int] = {}
        self.fired: list[Fired] = []
        self.search = Matcher(self.same)
        self.sources: dict[Instr, Instr] = {}
        self.readers: dict[int, set[int]] = {}

    def run(self) -> Function:
        roots, moved, entered = self.rules.roots, self.moved, self.entered
        for x in self.function.body:
            y = moved_operands(x, moved)
            if y.op.name in roots:
                y = self.rewritten(y)
            if y is not x:
                moved[x] = y
                self.sources.setdefault(y, x)
                new = list(needed_by(y, entered))
            else:
                new = [x]
            entered.update(new)
            self.body += new
        if not self.fired:
            return self.function
        results = tuple(self.moved.get(r, r) for r in self.function.results)
        f = self.function
        return live(Function(f.name, f.parameters, tuple(self.body), results))

    def rewritten(self, x: Instr) -> Instr:
        for _ in range(_ROUNDS):
            for rule, node in self.rules.candidates(x):
                y = self.applied(rule, node, x)
                if y is not None:
                    self.fired.append(Fired(rule, x.origins))
                    fresh = not (y.hint or y.is_parameter or y in self.entered)
                    y = y.replace(hint=x.hint) if fresh and x.hint else y
                    self.took(x, y)
                    x = y
                    break
            else:
                break
        return x

    def applied(self, rule: Rule, node: Pattern, x: Instr) -> Instr | None:
        if not rule.quick(x):
            return None
        for bound in self.search.matches(node, x, {}):
            if rule.alone and not all(map(self.is_read_once, x.operands)):
                return None
            if rule.condition(bound):
                y = self.replacement(rule, bound, x)
                if y is not None and y.type == x.type and self.accepts(x, y, bound):
                    return y
        return None

    def is_read_once(self, x: Instr) -> bool:
        """Whether one value of the function alone, or one result, is computed from a value."""
        if not self.readers:
            for y in self.function.body:
                for o in y.operands:
                    self.readers.setdefault(self.number(o), set()).add(self.number(y))
            for i, r in enumerate(self.function.results):
                self.readers.setdefault(self.number(r), set()).add(-1 - i)
        return len(self.readers.get(self.number(self.sources.get(x, x)), ())) <= 1

    def took(self, x: Instr, y: Instr) -> None:
        """Told of each replacement."""

    def accepts(self, x: Instr, y: Instr, bound: Bindings) -> bool:
        """Whether a replacement is wanted."""
        return True

    def replacement(self, rule: Rule, bound: Bindings, x: Instr) -> Instr | None:
        f = _Builder(x.origins, x.type.dtype if x.type.is_float else "f64")
        try:
            y = rule.right(f, **{name: lifted(f, name, value) for name, value in bound.items()})
        except SymgradError:
            return None  # the shapes do not fit, so the rule does not
        instr: Instr = y.instr
        return instr

    def same(self, a: Instr, b: Instr) -> bool:
        return a is b or self.number(a) == self.number(b)

    def number(self, root: Instr) -> int:
        """A number for each value; equal ops of equal operands have one."""
        for x in list(needed_by(root, self.numbers)):
            key: Any = x
            if not x.is_parameter:
                key = (x.op, tuple(self.numbers[o] for o in x.operands), repr(x.attributes), x.type)
            self.numbers[x] = self.keys.setdefault(key, len(self.keys))
        return self.numbers[root]


def lifted(f: IRAlgebra, name: str, value: Any) -> Any:
    """A bound value for the right side of a rule: terms, but for attributes and the move."""
    if name == "move":
        return value
    if isinstance(value, Instr):
        return f.term(value)
    if isinstance(value, tuple) and any(isinstance(v, Instr) for v in value):
        return [f.term(v) if isinstance(v, Instr) else v for v in value]
    return value
