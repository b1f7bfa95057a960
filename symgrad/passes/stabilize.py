"""Stabilise: what overflows, cancels or is nan at 0 becomes an op that does not.

Runs before differentiation, so that gradients profit: the derivative of log(1 + exp(x)) as written
is exp(x)/(1 + exp(x)), nan at 1000; that of softplus is a sigmoid.  The rules are declared in
``stable_rules``; what fired is told beside the function.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N]) {
...   %0 = exp %x : f64[N]                             // train.py:3
...   %1 = constant 1.0 : f64[]                        // train.py:3
...   %2 = add %1, %0 : f64[N]                         // train.py:3
...   %3 = log %2 : f64[N]                             // train.py:3
...   return %3
... }''', symgrad.ops.OPS)
>>> g, fired = stabilized(f)
>>> print(g)
func @f(input %x: f64[N]) {
  %0 = softplus %x : f64[N]                        // train.py:3
  return %0
}
<BLANKLINE>
>>> print(*fired)
log(1 + exp(x)) = softplus(x)  at train.py:3
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from symgrad.errors import SymgradError
from symgrad.ir.function import Function, Instr, Origins
from symgrad.ir.op import Op
from symgrad.ops.algebra import IRAlgebra, Term
from symgrad.passes.patterns import Bindings, Families, Node, Search, pattern
from symgrad.passes.rewriting import ROUNDING, live, moved_operands, needed_by, rewrite
from symgrad.passes.stable_rules import RULES, Rule

_ROUNDS = 16  # a replacement may be rewritten again; the bound guards against rules that disagree


class Fired(NamedTuple):
    """A rule that was applied, and the user's lines that it was applied to."""

    rule: Rule
    origins: Origins

    def __str__(self) -> str:
        where = ", ".join(map(str, self.origins))
        return f"{self.rule}  at {where}" if where else str(self.rule)


@rewrite("stabilize", preserves=ROUNDING)
def stabilize(function: Function) -> Function:
    return stabilized(function)[0]


def stabilized(function: Function) -> tuple[Function, tuple[Fired, ...]]:
    """The function with every rule applied where it holds, and what was applied."""
    walk = _Walk(function)
    return walk.run(), tuple(walk.fired)


@cache
def _patterns() -> dict[Rule, Node]:
    return {rule: pattern(rule.left, tuple(rule.domain), rule.attributes) for rule in RULES}


@cache
def _roots() -> frozenset[str]:
    """The ops that a left side may end in."""
    return frozenset(op for node in _patterns().values() for op in node.ops)


@cache
def _candidates(op: Op, *operands: Op) -> tuple[tuple[Rule, Node], ...]:
    """The rules that may hold for an op of such operands, in order."""
    names = {o.name for o in operands}
    found = []
    for rule, node in _patterns().items():
        # In another spelling an operand may be wrapped: a - b is a + -b.
        wrapped = {"negative"} if op.name != node.op else set()
        inner = [wrapped.union(part.ops) for part in node.operands if isinstance(part, Node)]
        if op.name in node.ops and all(names & ops for ops in inner):
            found.append((rule, node))
    return tuple(found)


class _Builder(IRAlgebra, Families):
    """Builds replacements; -(-x) is x."""

    total, summed = Families.total, Families.summed

    def apply(self, name: str, *xs: Any, **attributes: Any) -> Term:
        if name == "negative" and isinstance(xs[0], Term) and xs[0].instr.op.name == "negative":
            return self.term(xs[0].instr.operands[0])
        return super().apply(name, *xs, **attributes)

    def again(self, move: Instr, u: Term) -> Term:
        """The move of another value of the same shape."""
        rest = [self.term(o) for o in move.operands[1:]]
        return self.apply(move.op.name, u, *rest, **dict(move.attributes))


class _Walk:
    """One walk over a body, operands before results."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.moved: dict[Instr, Instr] = {}
        self.body: list[Instr] = []
        self.entered: set[Instr] = set(function.parameters)
        self.numbers: dict[Instr, int] = {}
        self.keys: dict[Any, int] = {}
        self.fired: list[Fired] = []
        self.search = Search(self.same)

    def run(self) -> Function:
        roots, moved, entered = _roots(), self.moved, self.entered
        for x in self.function.body:
            y = moved_operands(x, moved)
            if y.op.name in roots:
                y = self.rewritten(y)
            if y is not x:
                moved[x] = y
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
            for rule, node in _candidates(x.op, *[o.op for o in x.operands]):
                y = self.applied(rule, node, x)
                if y is not None:
                    self.fired.append(Fired(rule, x.origins))
                    fresh = not (y.hint or y.is_parameter or y in self.entered)
                    x = y.replace(hint=x.hint) if fresh and x.hint else y
                    break
            else:
                break
        return x

    def applied(self, rule: Rule, node: Node, x: Instr) -> Instr | None:
        for bound in self.search.matches(node, x, {}):
            if rule.condition(bound):
                y = self.replacement(rule, bound, x)
                if y is not None and y.type == x.type:
                    return y
        return None

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
