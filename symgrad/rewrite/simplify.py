"""Simplify: value and gradient together become cheaper, by declared identities.

A rule is applied only where the cost falls: what it builds, less what stands above it already,
against what nothing needs any more.  So x**6 and its derivative 6*x**5 share the squares of x, and
the two quotients in the gradient of a/b become one.  The order of statements counts: a*(b/c) is
b*(a/c) where a/c stands above it, not where it stands below.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = constant 4.0 : f64[]
...   %1 = power %x, %0 : f64[]
...   return %1
... }''', symgrad.ops.OPS)
>>> print(simplify(f))
func @f(input %x: f64[]) {
  %0 = square %x : f64[]
  %1 = square %0 : f64[]
  return %1
}
<BLANKLINE>

A saving that must come before differentiation is a rule of ``stable_rules``: where the gradient
reads the same sqrt, max or sin, nothing goes, and here the rule would not pay.

A rule is proved with SymPy in the tests, and tried at huge and tiny values.  A new one needs beside
that a program before and after, and one that stays as it is, in ``tests/rewrite/test_simplify.py``.
Powers by products are within 8 ulp, as measured there;
each other right side rounds no more often than its left side.

The cost is in additions: the ratios of the emitted operations on numbers, rounded.  A
transcendental is worth sixteen additions or products, a division or a root four; an op that targets
write with simpler ones costs what those cost, and one that only moves or names elements costs
nothing.

>>> cost(f)
24
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from symgrad.ir.function import Function, Instr
from symgrad.ir.rebuild import moved_operands, needed_by
from symgrad.ir.types import names_in, size_at
from symgrad.rewrite.conditions import is_extreme
from symgrad.rewrite.passes import cse
from symgrad.rewrite.patterns import Bindings, literal_value
from symgrad.rewrite.rewriter import Rewriter, RuleSet, apply_rules
from symgrad.rewrite.rule import CHEAPEN, POSITIVE, REAL, REALS, Applied, Pass, Rule

NOMINAL = 100  # what a named size counts for


def cost(function: Function) -> int:
    """The sum over the body."""
    return total(function.body)


def total(body: Iterable[Instr]) -> int:
    return sum(cost_of(x) for x in body)


def cost_of(x: Instr) -> int:
    """The cost of one instruction on all its elements."""
    weight = x.op.weight
    return weight * max([elements(x), *map(elements, x.operands)]) if weight else 0


def elements(x: Instr) -> int:
    """How many elements a value has, named sizes taken as ``NOMINAL``."""
    if not x.type.shape:
        return 1
    size = x.type.size
    if isinstance(size, int):
        return size
    return max(0, size_at(size, dict.fromkeys(names_in(size), NOMINAL)))


class Prices:
    """The cost of a replacement: of the values that go, and of those that are new."""

    def __init__(self, rewriter: Rewriter) -> None:
        self.rewriter = rewriter
        self.first: dict[int, Instr] = {}  # by number, what stands above
        self.counted = 0

    def of(self, x: Instr, y: Instr, bound: Any) -> tuple[int, int]:
        """The cost before and after, where a rule with these bindings puts y in place of x."""
        body = self.rewriter.body
        for z in body[self.counted :]:
            self.first.setdefault(self.rewriter.number_of(z), z)
        self.counted = len(body)
        return self.freed(x, {v for v in bound.values() if isinstance(v, Instr)}), self.added(y)

    def freed(self, x: Instr, kept: set[Instr]) -> int:
        """The cost of what only ``x`` needs, short of what the rule keeps."""
        uses, left = self.rewriter.uses, dict[Instr, int]()
        whole, stack = 0, [x]
        while stack:
            z = stack.pop()
            whole += cost_of(z)
            for o in z.operands:
                left[o] = left.get(o, max(uses.get(o, 0), 1)) - 1
                if left[o] == 0 and o not in kept:
                    stack.append(o)
        return whole

    def added(self, y: Instr) -> int:
        """The cost of what is new: neither above nor equal to something in use there."""
        whole = 0
        for z in needed_by(y, self.rewriter.entered):
            known = self.first.get(self.rewriter.number_of(z))
            if known is None or not self.rewriter.uses.get(known, 0):
                whole += cost_of(z)
        return whole

    def shared(self, y: Instr) -> Instr:
        """The value made of what stands above already, as far as it does."""
        made: dict[Instr, Instr] = {}
        for z in needed_by(y, self.rewriter.entered):
            known = self.first.get(self.rewriter.number_of(z))
            made[z] = known or moved_operands(z, made)
        return made.get(y, y)


_POWERS = range(3, 17)
_HALVES = range(1, 10, 2)


def chain(f: Any, x: Any, n: int) -> Any:
    """x**n by squarings, for n >= 1."""
    if n == 1:
        return x
    half = chain(f, x, n // 2)
    return x * f.square(half) if n % 2 else f.square(half)


def _root_chain(f: Any, x: Any, n: int) -> Any:
    """x**(n/2) for an odd n."""
    return f.sqrt(x) if n == 1 else chain(f, x, n // 2) * f.sqrt(x)


def _power(exponent: float) -> Callable[..., Any]:
    return lambda f, x: f.power(x, exponent)


def _products(n: int) -> Rule:
    return Rule(f"x**{n} by products", _power(float(n)), lambda f, x: chain(f, x, n), {"x": REAL})


def _quotients(n: int) -> Rule:
    return Rule(
        f"x**-{n} = 1/x**{n}",
        _power(-float(n)),
        lambda f, x: f.divide(1.0, chain(f, x, n)),
        {"x": POSITIVE},
    )


def _roots(n: int) -> Rule:
    name = f"x**{n / 2} by a root"
    return Rule(name, _power(n / 2), lambda f, x: _root_chain(f, x, n), {"x": POSITIVE})


def _inverse_roots(n: int) -> Rule:
    name = f"x**-{n / 2} by a root"
    return Rule(
        name, _power(-n / 2), lambda f, x: f.divide(1.0, _root_chain(f, x, n)), {"x": POSITIVE}
    )


def _is_moderate(x: Instr) -> bool:
    """True for a size, and for a literal by which no product overflows or vanishes that is not
    near it."""
    if not x.is_constant:
        return x.op.name == "size"
    sizes = np.abs(np.asarray(x["value"], dtype=float))
    return bool(np.all((sizes >= 1e-100) & (sizes <= 1e100)))


def _shrinks_nothing(bound: Bindings) -> bool:
    """True unless the literal a is small, perhaps lest b/c overflow."""
    a = literal_value(bound["a"])
    return a is None or abs(a) >= 1.0


def _shares(x: Instr) -> bool:
    """True if the two operands have an operand in common."""
    first, second = (o.operands for o in x.operands)
    return any(a is b for a in first for b in second)


_ABC = {"a": REAL, "b": REAL, "c": POSITIVE}

CHEAP: tuple[Rule, ...] = tuple(replace(rule, purpose=CHEAPEN) for rule in (
    *map(_products, _POWERS),
    *map(_quotients, range(2, 17)),
    *map(_roots, _HALVES),
    *map(_inverse_roots, _HALVES),
    Rule("a*(1/c) = a/c", lambda f, a, c: a * f.divide(1.0, c), lambda f, a, c: f.divide(a, c),
         {"a": REAL, "c": POSITIVE}),
    Rule("a*(b/c) = b*(a/c)", lambda f, a, b, c: a * f.divide(b, c),
         lambda f, a, b, c: b * f.divide(a, c), _ABC,
         deviates=lambda a, b, c: c == 0.0 or is_extreme(a / c)),  # a/c often stands there anyway
    Rule("(a*b)/c = a*(b/c)", lambda f, a, b, c: f.divide(a * b, c),
         lambda f, a, b, c: a * f.divide(b, c), _ABC, condition=_shrinks_nothing,
         deviates=lambda a, b, c: is_extreme(a * b) or (c != 0.0 and is_extreme(b / c))),
    Rule("(a/c)/b = a/(b*c)", lambda f, a, b, c: f.divide(f.divide(a, c), b),
         lambda f, a, b, c: f.divide(a, b * c), {"a": REAL, "b": POSITIVE, "c": POSITIVE},
         condition=lambda bound: any(_is_moderate(bound[k]) for k in "bc")),  # b*c may overflow
    Rule("a/c + b/c = (a + b)/c", lambda f, a, b, c: f.divide(a, c) + f.divide(b, c),
         lambda f, a, b, c: f.divide(a + b, c), _ABC, quick=_shares),
    Rule("a/c - b/c = (a - b)/c", lambda f, a, b, c: f.divide(a, c) - f.divide(b, c),
         lambda f, a, b, c: f.divide(a - b, c), _ABC, quick=_shares),
    Rule("a*c + b*c = (a + b)*c", lambda f, a, b, c: a * c + b * c,
         lambda f, a, b, c: (a + b) * c, _ABC, quick=_shares),
    Rule("a*c - b*c = (a - b)*c", lambda f, a, b, c: a * c - b * c,
         lambda f, a, b, c: (a - b) * c, _ABC, quick=_shares),
))  # fmt: skip


RULES = RuleSet(CHEAP, prices=Prices)


def _simplified(function: Function) -> Applied:
    """The cheaper function, and what was applied; the function itself if nothing helps."""
    after, fired = apply_rules(function, RULES)
    if not fired:
        return function, ()
    after = cse(after)
    return (after, fired) if cost(after) < cost(function) else (function, ())


simplify = Pass("simplify", REALS, _simplified)
