"""Literals that leave large arrays.

``d_s = -0.5*d_k`` is a pass over a large array.  Where all that is made of it are sums and products
that are much smaller, the literal belongs to these.  And a product of matrices takes a literal into
the smaller one of the two.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> from symgrad.rewrite.contractions import RULES
>>> from symgrad.rewrite.rewriter import apply_rules
>>> f = parse('''
... func @f(param %q: f64[N, 4], param %k: f64[4, N]) {
...   %0 = constant 0.5 : f64[]
...   %1 = matmul %q, %k : f64[N, N]
...   %2 = multiply %0, %1 : f64[N, N]
...   %3 = exp %2 : f64[N, N]
...   return %3
... }''', symgrad.ops.OPS)
>>> print(apply_rules(f, RULES)[0])
func @f(param %q: f64[N, 4], param %k: f64[4, N]) {
  %0 = constant 0.5 : f64[]
  %1 = multiply %0, %q : f64[N, 4]
  %2 = matmul %1, %k : f64[N, N]
  %3 = exp %2 : f64[N, N]
  return %3
}
<BLANKLINE>
"""

from __future__ import annotations

import math
from fractions import Fraction

from symgrad.ir.function import Instr
from symgrad.ops.arithmetic import DIVIDE, MULTIPLY, NEGATIVE
from symgrad.ops.product import MATMUL
from symgrad.ops.reduction import SUM
from symgrad.ops.selection import WHERE
from symgrad.ops.shape import TRANSPOSE
from symgrad.rewrite.rewriter import Rewriter, scalar
from symgrad.rewrite.simplify import elements

DEPTH = 4  # multiples of multiples
READERS = 8  # of a value, that are looked at
LARGE = 10_000  # elements of a product, from which on its literal is worth moving
TINY = 1e-30
SMALLER = 4  # times as small, so that a literal is worth moving


def multiple_of(r: Rewriter, x: Instr) -> tuple[Fraction, Instr] | None:
    """A literal c, and a with x = c*a, if c is a factor of x, or of a derivative that x alone
    reads."""
    if x.op is NEGATIVE:
        return Fraction(-1), x.operands[0]
    if x.op is WHERE:
        return _multiple_in(r, x, [i for i in (1, 2) if scalar(x.operands[3 - i]) == 0])
    if x.op is not MULTIPLY and x.op is not DIVIDE:
        return None
    for i, o in enumerate(x.operands):
        number, a = scalar(o), x.operands[1 - i]
        if number and math.isfinite(number) and a.type == x.type and (i or x.op is MULTIPLY):
            return Fraction(number) ** (-1 if x.op is DIVIDE else 1), a
    return _multiple_in(r, x, [0, 1] if x.op is MULTIPLY else [0])


def _multiple_in(r: Rewriter, x: Instr, places: list[int]) -> tuple[Fraction, Instr] | None:
    for i in places:
        o = x.operands[i]
        found = multiple_of(r, o) if r.once(o) and o.type == x.type and o.is_derived else None
        if found is not None:
            operands = (*x.operands[:i], found[1], *x.operands[i + 1 :])
            return found[0], r.build(x.op, *operands)
    return None


def times(r: Rewriter, c: Fraction, x: Instr) -> Instr | None:
    """c*x, or x/(1/c), by a literal that is exact and neither tiny nor huge."""
    for op, number in ((MULTIPLY, c), (DIVIDE, 1 / c)):
        if Fraction(float(number)) == number and TINY < abs(number) < 1 / TINY:
            literal = r.number(float(number), x.type.dtype)
            return r.build(op, *((literal, x) if op is MULTIPLY else (x, literal)))
    return None


def only_added_up(r: Rewriter, x: Instr, depth: int = DEPTH) -> bool:
    """True if all that is made of a value, or of multiples of it, are sums and products that are
    much smaller."""
    readers = r.readers_of(x)
    if not depth or not 0 < r.uses.get(x, 0) <= len(readers) <= READERS:
        return False
    for y in readers:
        if "contracts" in y.op.traits or y.op is SUM:
            if SMALLER * elements(y) > elements(x):
                return False
        elif not (_is_multiple(y) and only_added_up(r, y, depth - 1)):
            return False
    return True


def _is_multiple(x: Instr) -> bool:
    """True of a literal times a value, and of that value turned."""
    factors = x.operands if x.op is MULTIPLY else x.operands[1:] if x.op is DIVIDE else ()
    literal = any(scalar(o) is not None for o in factors)
    return literal or x.op is NEGATIVE or x.op is TRANSPOSE


def literal_out(r: Rewriter, x: Instr, side: int) -> Instr | None:
    """f(c*a) is c*f(a) for a sum or a product f, where all that is made of c*a is such."""
    whole = x.operands[side]
    turned = whole.op is TRANSPOSE
    own = a = whole.operands[0] if turned else whole
    c = Fraction(1)
    while (a.is_derived or not a.hint) and (found := multiple_of(r, a)) is not None:
        if not only_added_up(r, a):
            break
        c, a = c * found[0], found[1]
    if a is own or SMALLER * elements(x) > elements(own) or not x.type.is_float:
        return None
    inner = r.build(TRANSPOSE, a, **dict(whole.attributes)) if turned else a
    operands = (*x.operands[:side], inner, *x.operands[side + 1 :])
    rest = r.build(x.op, *operands, **dict(x.attributes))
    return rest if c == 1 else times(r, c, rest)


def literal_in(r: Rewriter, x: Instr) -> Instr | None:
    """c*(a @ b) is (c*a) @ b for an a that is much smaller, and (a @ b)/c is (a/c) @ b."""
    if elements(x) < LARGE or not x.type.is_float:
        return None
    for c, whole in (x.operands, x.operands[::-1]):
        if scalar(c) is None or whole.op is not MATMUL or not r.once(whole) or whole.hint:
            continue
        if x.op is not MULTIPLY and c is x.operands[0]:
            continue
        a, b = whole.operands
        small = min(whole.operands, key=elements)
        if SMALLER * elements(small) > elements(x):
            continue
        scaled = r.build(x.op, *((c, small) if x.op is MULTIPLY else (small, c)))
        return r.build(MATMUL, *((scaled, b) if small is a else (a, scaled)))
    return None
