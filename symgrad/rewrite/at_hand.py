"""Values at hand: products that stand above, or that several products have in common.

Reverse mode makes d*(a*b) as (d*a)*b, though a*b stands in the forward part.  Products are taken
for what they are made of, in whatever order: two factors whose product is at hand become that, and
so does a pair that two products share, as weights*residuals in a loss and in its gradient.  What
divides comes last, as one writes it: w*r/s for 1/s*w*r.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> from symgrad.rewrite.rewriter import rules_pass
>>> f = parse('''
... func @f(input %d: f64[N], input %a: f64[N], input %b: f64[N]) {
...   %z = multiply %a, %b : f64[N]
...   %0 = multiply %d, %a : f64[N]
...   %1 = multiply %0, %b : f64[N]
...   return %z, %1
... }''', symgrad.ops.OPS)
>>> print(rules_pass("at hand", RULES)(f))
func @f(input %d: f64[N], input %a: f64[N], input %b: f64[N]) {
  %z = multiply %a, %b : f64[N]
  %0 = multiply %d, %z : f64[N]
  return %z, %0
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from symgrad.ir.function import Instr
from symgrad.ops.arithmetic import DIVIDE, MULTIPLY
from symgrad.ops.powers import SQUARE
from symgrad.ops.product import VDOT
from symgrad.ops.reduction import SUM
from symgrad.ops.selection import CAST
from symgrad.ops.shape import SIZE
from symgrad.ops.transcendental import EXP
from symgrad.rewrite.conditions import is_extreme
from symgrad.rewrite.factors import with_a_term
from symgrad.rewrite.rewriter import Rewriter, RuleSet, scalar
from symgrad.rewrite.rule import built
from symgrad.rewrite.simplify import elements

PARTS = 12  # products within a product that are opened
PRODUCTS = (MULTIPLY, DIVIDE, SQUARE, VDOT)


def _made_of(r: Rewriter, x: Instr) -> tuple[list[Instr], list[Instr]]:
    """The factors of a product, and the products within it, itself first, that nothing else reads
    and nobody named."""
    parts, inner, stack = list[Instr](), list[Instr](), [x]
    while stack and len(inner) < PARTS:
        y = stack.pop()
        opens = y is x or (r.once(y) and not y.hint)
        if opens and y.op in PRODUCTS:
            inner.append(y)
            stack += _factors(y)[::-1]
        else:
            parts.append(y)
    return [*parts, *stack], inner


def _factors(x: Instr) -> list[Instr]:
    if x.op is DIVIDE:
        return [x.operands[0]]
    return [*x.operands] * (2 if x.op is SQUARE else 1)


def _is_inner(r: Rewriter, x: Instr) -> bool:
    """True for a product that is nothing but a factor of another."""
    readers = r.readers_of(x)
    if x.hint or x.op is VDOT or len(readers) != 1 or not r.once(x):
        return False
    (reader,) = readers
    return reader.op in PRODUCTS and (reader.op is not DIVIDE or reader.operands[1] is not x)


class Products:
    """Products of two arrays: those that stand above, and pairs of factors that several have.

    above   by their factors
    shared  pairs in two products or more of the function as it came
    """

    def __init__(self, r: Rewriter) -> None:
        self.r, self.counted = r, 0
        self.above: dict[frozenset[Instr], Instr] = {}
        seen, self.shared = set[frozenset[Instr]](), set[frozenset[Instr]]()
        for x in r.function.body:
            arrays = x.op in PRODUCTS and any(o.type.rank for o in x.operands)
            if arrays and not _is_inner(r, x):
                own = {frozenset(pair) for pair in self.pairs(*_made_of(r, x)) if pair[0].type.rank}
                self.shared |= seen & own
                seen |= own

    def pairs(self, parts: list[Instr], inner: list[Instr]) -> Iterator[tuple[Instr, Instr]]:
        """The pairs of arrays among some factors; of numbers, too, where one is divided first."""
        divides = any(z.op is DIVIDE for z in inner[1:])
        known = [o for o in parts if not o.is_constant and (o.type.rank or divides)]
        return combinations(known, 2) if divides or len(parts) > 2 else iter(())

    def of(self, a: Instr, b: Instr) -> Instr | None:
        """The product of two factors, if it stands above."""
        body = self.r.body
        for z in body[self.counted :]:
            if z.op in (MULTIPLY, SQUARE):
                self.above.setdefault(frozenset(z.operands), z)
        self.counted = len(body)
        found = self.above.get(frozenset((a, b)))
        if found is None or not self.r.uses.get(found, 0):
            return None
        summed = self.r.once(found) and any(y.op is SUM for y in self.r.readers_of(found))
        return None if summed else found  # it may become a product of matrices

    def is_shared(self, a: Instr, b: Instr) -> bool:
        of = self.r.sources.get
        return frozenset((of(a, a), of(b, b))) in self.shared


def _products(r: Rewriter) -> Products:
    """Those of the function, found once."""
    found: Products | None = r.notes.get(Products)
    if found is None:
        found = r.notes[Products] = Products(r)
    return found


def _of_products_at_hand(r: Rewriter, x: Instr) -> Instr | None:
    """a*c*b is (a*b)*c where a*b stands above, or is a factor of another product, too."""
    size = max(map(elements, x.operands))
    parts, inner = _made_of(r, x)
    divides = any(z.op is DIVIDE for z in inner[1:])
    if not divides and (len(parts) < 3 or not any(o.type.rank for o in x.operands)):
        return None
    if _is_inner(r, x):
        return None
    products = _products(r)
    for a, b in products.pairs(parts, inner):
        whole = products.of(a, b)
        if any(
            z is whole or [*map(id, _factors(z))] in ([id(a), id(b)], [id(b), id(a)]) for z in inner
        ):
            continue
        if any(o.op is EXP and o is not a and o is not b for o in parts):
            continue  # it may be 0 where a*b overflows
        full = elements(a) == elements(b) == size
        if whole is None and full and products.is_shared(a, b):
            whole = r.build("multiply", a, b)
        if whole is not None:
            place, gone = (a, b) if elements(a) >= elements(b) else (b, a)
            found = _exchanged(r, inner, [(place, whole), (gone, None)])
            if found is not None:
                return found
    return None


def _exchanged(
    r: Rewriter, inner: list[Instr], instead: list[tuple[Instr, Instr | None]]
) -> Instr | None:
    """A product with other factors in the places of some, or with none there."""
    made: dict[Instr, Instr | None] = {}
    for y in reversed(inner):
        now = []
        for o in _factors(y):
            at = next((pair for pair in instead if pair[0] is o), None)
            if at is not None:
                instead.remove(at)
            now.append(made[o] if o in made else at[1] if at else o)
        left = [o for o in now if o is not None]
        if y.op is DIVIDE and left:
            made[y] = r.build(DIVIDE, left[0], y.operands[1])
        elif len(left) == 2:
            made[y] = r.build(VDOT if y.op is VDOT else MULTIPLY, *left)
        elif y.op in (DIVIDE, VDOT):
            return None
        else:
            made[y] = left[0] if left else None
    return made[inner[0]]


def _factor_in_common(r: Rewriter, x: Instr) -> Instr | None:
    """a*c + b*c is (a + b)*c for an array c as large as the sum, which does not vanish where a and
    b overflow."""
    if not x.type.rank or x.operands[1].op not in PRODUCTS:
        return None
    size = elements(x)

    def join(u: Instr, v: Instr, sign: int) -> Instr | None:
        fit = u.op in PRODUCTS and r.once(u) and r.once(v) and not (u.hint or v.hint)
        if not fit or u is v or u.type != v.type:
            return None
        (first, inner), (second, others) = _made_of(r, u), _made_of(r, v)
        for c in second:
            if c in first and not (c.is_constant or c.op is EXP) and elements(c) == size:
                a, b = _exchanged(r, inner, [(c, None)]), _exchanged(r, others, [(c, None)])
                if a is not None and b is not None:
                    total = r.build("add" if sign > 0 else "subtract", a, b)
                    return r.build(MULTIPLY, total, c)
        return None

    return with_a_term(r, x, join)


def _sum_at_hand(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a*b)*s is sum(a*(b*s)) where b*s stands above and s is level."""
    for y, s in (x.operands, x.operands[::-1]):
        if y.op is not SUM or y["keepdims"] or not r.once(y) or y.hint or s.type != x.type:
            continue
        (p,) = y.operands
        if p.op is not MULTIPLY or not r.once(p):
            continue
        axes = y["axis"]
        shape = tuple(1 if i in axes else d for i, d in enumerate(p.type.shape))
        leading = axes == tuple(range(len(axes)))
        level = s if leading else r.build("reshape", s, shape=shape)
        products = _products(r)
        for a, b in (p.operands, p.operands[::-1]):
            whole = products.of(b, level)
            if whole is not None and whole.type == p.type:
                inner = r.build(MULTIPLY, a, whole)
                return r.build(SUM, inner, axis=axes, keepdims=False)
    return None


def _divided_last(r: Rewriter, x: Instr) -> Instr | None:
    """a*(c/b) is c*a/b; c/b stays before a where it is smaller, unless c is 1 or -1."""
    found = _without_divisor(r, x, elements(x))
    if found is None:
        return None
    readers = r.readers_of(x)
    if _is_inner(r, x) and elements(readers[0]) == elements(x):
        return None
    if len(readers) == 1 and readers[0].op is SUM:
        return None  # a product may be summed as a product of matrices
    c, s, rest = found
    first = rest
    while first.op is MULTIPLY:
        first = first.operands[0]
    if (c < 0.0 and first.op is CAST) or (s.op is SIZE and not x.type.rank):
        return None  # a mask takes no sign, and -1/N is computed once for all examples of a loop
    if abs(c) != 1.0:
        rest = r.build(MULTIPLY, r.number(c, x.type.dtype), rest)
    whole = r.build(DIVIDE, rest, s)
    return r.build("negative", whole) if c == -1.0 else whole


def _without_divisor(r: Rewriter, x: Instr, size: int) -> tuple[float, Instr, Instr] | None:
    """A product that has c/s among its factors, as c, s, and the rest."""
    path, y = list[tuple[Instr, Instr]](), x
    stack = [(x, path)]
    while stack:
        y, path = stack.pop()
        for o, other in (y.operands, y.operands[::-1]):
            if not r.once(o) or (o.hint and not o.is_derived) or len(path) == PARTS:
                continue
            c = scalar(o.operands[0]) if o.op is DIVIDE else None
            if c and (abs(c) == 1.0 or elements(o) == size):
                rest = other
                for above in path:
                    rest = r.build(
                        MULTIPLY, *[rest if v is above[1] else v for v in above[0].operands]
                    )
                return float(c), o.operands[1], rest
            if o.op is MULTIPLY and elements(o) == size:
                stack.append((o, [(y, o), *path]))
    return None


RULES = RuleSet((
    built("a*c*b = (a*b)*c", "multiply vdot", _of_products_at_hand, "multiply divide square",
          deviates=lambda c, a, b: is_extreme(a * b)),
    built("a*c + b*c = (a + b)*c for an array c", "add subtract", _factor_in_common,
          "multiply divide square"),
    built("sum(a*b)*s = sum(a*(b*s))", "multiply", _sum_at_hand, "sum",
          deviates=lambda s, a: is_extreme(s * s)),
    built("a*(c/b) = c*a/b", "multiply", _divided_last, "multiply divide",
          deviates=lambda a, b, c: is_extreme(a / b if b else a) or is_extreme(a * c)),
))  # fmt: skip
