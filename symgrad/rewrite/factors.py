"""Factors where they cost least: signs and numbers leave sums, literals go to small operands.

Reverse mode multiplies cotangents by what is at hand, so a factor of -1, 2 or 1/N often stands
before an array where it could stand before a number, and what is constant along an axis stands
inside the sum over it.  These rules move factors as one does by hand: ``(-x).sum()`` is
``-x.sum()``, ``(x*s).sum()`` is ``x.sum()*s``, and ``row[:, None]*(2.0*x)`` is
``(2.0*row)[:, None]*x``.  Like terms and choices by one condition become one.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N, 3], input %s: f64[N]) {
...   %0 = reshape %s {shape = ("N", 1)} : f64[N, 1]
...   %1 = multiply %x, %0 : f64[N, 3]
...   %2 = sum %1 {axis = (1,), keepdims = false} : f64[N]
...   return %2
... }''', symgrad.ops.OPS)
>>> print(factors(f))
func @f(input %x: f64[N, 3], input %s: f64[N]) {
  %0 = sum %x {axis = (1,), keepdims = false} : f64[N]
  %1 = multiply %0, %s : f64[N]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symgrad.ir.function import Instr
from symgrad.ops.intervals import Intervals
from symgrad.ops.reduction import padded
from symgrad.rewrite.conditions import is_extreme, is_positive, is_product
from symgrad.rewrite.monomials import (
    factored,
    multiplied,
    product_of,
    term_of,
    together,
    with_factor_out,
)
from symgrad.rewrite.patterns import pattern
from symgrad.rewrite.rewriter import Rewriter, RuleSet, rules_pass, scalar
from symgrad.rewrite.rule import built
from symgrad.rewrite.simplify import elements

DEPTH = 8  # operands within operands that are searched for a literal
BETWEEN = 3  # sums between two like terms


@lru_cache(maxsize=4096)
def joins(a: float, b: float) -> bool:
    """True if the product of two literals is exact, and neither tiny nor huge."""
    if not 1e-30 < abs(a * b) < 1e30:
        return False
    (i, j), (k, m), (p, q) = (float(v).as_integer_ratio() for v in (a, b, a * b))
    return i * k * q == p * j * m


def is_linear(x: Instr) -> bool:
    """True if a value is linear in its first operand: it moves, repeats or adds up elements."""
    traits = x.op.traits
    moves = "moves" in traits and len(x.operands) == 1  # concatenate has parts
    return moves or "carries" in traits or {"reduces", "sums"} <= {*traits}


def rebuilt_on(r: Rewriter, x: Instr, first: Instr) -> Instr:
    """The op of ``x`` applied to another first operand."""
    return r.build(x.op, first, *x.operands[1:], **dict(x.attributes))


def absorbed(
    r: Rewriter, x: Instr, c: float, depth: int = DEPTH, named: bool = False
) -> Instr | None:
    """c*x, if a literal factor of x can take c; what others read stays as it is, and so does what
    is ``named``, unless the literal goes: d_v times a number is no d_v."""
    rest = _cleared(r, x, c)
    if rest is not None:
        return rest
    number = scalar(x)
    if number is not None:
        kept = not number or not joins(c, number) or (named and abs(c * number) != 1.0)
        return None if kept else r.number(c * number, x.type.dtype)
    if not r.once(x) or not depth:
        return None
    named = named or (bool(x.hint) and depth < DEPTH)
    first = x.op.name in ("divide", "negative") or _is_linear_in_a_value(x)
    if first or x.op.name == "multiply":
        # A divisor keeps its numbers: -(a/2) reads better than a/-2.
        for i in range(1 if first else 2):
            factor = absorbed(r, x.operands[i], c, depth - 1, named)
            if factor is not None:
                return r.build(
                    x.op, *x.operands[:i], factor, *x.operands[i + 1 :], **dict(x.attributes)
                )
    return None


def _cleared(r: Rewriter, x: Instr, c: float, depth: int = 2) -> Instr | None:
    """c*x where literals leave nothing, whoever else reads x: 2*(0.5*a) and 3*(a/3) are a, and
    2*((0.5*a)*b) is a*b, which is no product more."""
    if x.op.arity != 2 or not is_product(x.op):
        return None
    divides = not x.op.commutative
    for a, o in (x.operands, x.operands[::-1])[: 1 if divides else 2]:
        d = None if a.is_constant else scalar(o)
        if d and (abs(c) == abs(d) if divides else abs(c * d) == 1.0 and joins(c, d)):
            return a if c * d > 0.0 else r.build("negative", a)
        rest = _cleared(r, o, c, depth - 1) if depth > 1 and not divides and d is None else None
        if rest is not None and not x.hint:
            return r.build(x.op, rest, a)
    return None


def _is_linear_in_a_value(x: Instr) -> bool:
    return is_linear(x) and not any(o.is_constant or "arranges" in o.op.traits for o in x.operands)


def _sign_out(r: Rewriter, x: Instr) -> Instr | None:
    """f(-a) is -f(a) for an f that is linear in a, where the sign then meets no more elements, or a
    sum."""
    several = len(x.operands) > 1 and "contracts" in x.op.traits
    for i, a in enumerate(x.operands if several else x.operands[:1]):
        if a.op.name != "negative" or not (several or is_linear(x)) or not r.once(a):
            continue
        added = [y for y in r.readers_of(x) if "adds" in y.op.traits]
        if added or not (several or elements(x) > elements(a)):
            operands = (*x.operands[:i], a.operands[0], *x.operands[i + 1 :])
            return r.build("negative", r.build(x.op, *operands, **dict(x.attributes)))
    return None


def _collected(r: Rewriter, x: Instr) -> Instr | None:
    """c1*(c2*a) is (c1*c2)*a, however deep in a the literal c2 stands."""
    for c, a in (x.operands, x.operands[::-1]):
        number = scalar(c)
        if number is not None and x.type.is_float:
            return absorbed(r, a, number)
    return None


def _nothing_less(r: Rewriter, x: Instr) -> Instr | None:
    """0 - a is -a."""
    a, b = x.operands
    return r.build("negative", b) if is_zero(a) and a.type.dtype == b.type.dtype else None


def _literal_to_the_small(r: Rewriter, x: Instr) -> Instr | None:
    """a*(c*b) is (c*a)*b where a has a literal that takes c, or fewer elements than b."""
    for i, inner in enumerate(x.operands):
        a = x.operands[1 - i]
        if inner.op.name != "multiply" or not r.once(inner) or a.is_constant:
            continue
        for c, b in (inner.operands, inner.operands[::-1]):
            number = scalar(c)
            if number is None or b.is_constant or not x.type.is_float:
                continue
            scaled = absorbed(r, a, number)
            if scaled is None and elements(a) < elements(b):
                scaled = r.build("multiply", c, a)
            if scaled is not None:
                return r.build("multiply", *((scaled, b) if i else (b, scaled)))
    return None


def _factor_out(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a*b) is sum(a)*b where b is the same along the axes of the sum."""
    (a,), axes = x.operands, x["axis"]
    if a.op.name not in ("multiply", "divide") or not x.type.is_float:
        return None
    full = a.type.shape

    def is_level(o: Instr) -> bool:
        shape = padded(o.type.shape, len(full))
        return all(shape[i] == 1 != full[i] for i in axes)

    parts = list(product_of(r, a))
    some = all(isinstance(full[i], int) and full[i] for i in axes)
    outside = [p for p in parts if is_level(p[0]) and (some or not p[1] or not may_vanish(p[0]))]
    inside = [p for p in parts if p not in outside]
    if not outside or not inside:
        return None
    if all(below or o.is_constant for o, below in inside):
        return None  # a sum of reciprocals is one of the user's, as a rule
    whole = multiplied(r, inside)
    front = len(full) - whole.type.rank  # axes that only what is outside has
    whole = r.build(x.op, whole, axis=tuple(i - front for i in axes), keepdims=x["keepdims"])
    kept = [(without_axes(r, o, len(full), () if x["keepdims"] else axes), b) for o, b in outside]
    numbers = [p for p in kept if not p[0].type.rank and not p[1]]
    return multiplied(r, [*numbers, (whole, False), *[p for p in kept if p not in numbers]])


def may_vanish(x: Instr) -> bool:
    """True unless a divisor is known not to be 0: of no elements, sum(a/0) is 0 and 0/0 is not."""
    return Intervals().of(x).has_zero and not is_positive(x)


def without_axes(r: Rewriter, x: Instr, rank: int, axes: tuple[int, ...]) -> Instr:
    """A value that is the same along some axes of a shape of that rank, without these."""
    left = [d for i, d in enumerate(padded(x.type.shape, rank)) if i not in axes]
    while left and left[0] == 1:
        left.pop(0)
    own = tuple(left)
    while x.op.name == "reshape" and r.once(x) and x.type.shape != own:
        (x,) = x.operands
    return x if x.type.shape == own else r.build("reshape", x, shape=own)


def _cancelled(r: Rewriter, x: Instr) -> Instr | None:
    """(a/s)*s is a where s is positive: an exponential, as in the density of a log-scale."""
    for y, s in (x.operands, x.operands[::-1]):
        if s.op.name == "exp" and y.op.name == "divide" and r.once(y) and y.operands[1] is s:
            return y.operands[0]
    return None


def _guarded(f: Any, s: Any) -> Any:
    return f.where(f.equal(s, 0.0), math.inf, s)


_OVER = (
    pattern(lambda f, a, s: f.divide(a, _guarded(f, s)), ("a", "s")),
    pattern(lambda f, a, b, s: a * f.divide(b, _guarded(f, s)), ("a", "b", "s")),
)


def _unguarded(r: Rewriter, x: Instr) -> Instr | None:
    """(a/s)*(b/s) needs no guard where s is 0, for there a/s has no value; as in the gradient of a
    vector over its length."""
    for form in _OVER:
        for found in r.matcher.matches(form, x, {}):
            a, s = found["a"], found["s"]
            if _has_divisor(r, a, s):
                b = r.build("divide", found["b"], s) if "b" in found else None
                return r.build("multiply", a, b) if b else r.build("divide", a, s)
    return None


def _has_divisor(r: Rewriter, x: Instr, s: Instr) -> bool:
    return any(part == (s, True) for part in term_of(r, x, through=True).parts)


def _one_choice(r: Rewriter, x: Instr) -> Instr | None:
    """where(c, a, 0) + where(c, 0, b) is where(c, a, b)."""
    p, q = x.operands
    if not (p.op.name == q.op.name == "where" and r.once(p) and r.once(q)):
        return None
    condition, other, (a, b), (c, d) = p.operands[0], q.operands[0], p.operands[1:], q.operands[1:]
    if other.op.name == "logical_not" and other.operands[0] is condition:
        c, d = d, c
    elif other is not condition:
        return None
    if not (is_zero(a) or is_zero(c)) or not (is_zero(b) or is_zero(d)):
        return None
    first, second = (r.build(x.op, *pair) for pair in ((a, c), (b, d)))
    return r.build("where", condition, first, second)


def is_zero(x: Instr) -> bool:
    return bool(x.is_constant and not x.type.rank and x["value"] == 0)


def _term(x: Instr) -> tuple[float, Instr]:
    """A literal and the value that it is before."""
    if x.op.arity == 1 and x.op.name == "negative":
        count, inner = _term(x.operands[0])
        return -count, inner
    if x.op.arity == 2 and x.op.name == "multiply":
        for c, a in (x.operands, x.operands[::-1]):
            number = scalar(c)
            if number is not None and abs(number) < 1e30:
                return number, a
    return 1.0, x


Join = Callable[[Instr, Instr, int], Instr | None]


def with_a_term(r: Rewriter, x: Instr, join: Join) -> Instr | None:
    """A sum in which the last term is joined with another, if one will; others may stand between
    the two."""
    left, v = x.operands
    sign, above = (1 if x.op.name == "add" else -1), list[Instr]()
    while True:
        found = join(left, v, sign)
        if found is not None:
            break
        if "adds" not in left.op.traits or not r.once(left) or left.hint or len(above) == BETWEEN:
            return None
        s, u = left.operands
        found = join(u, v, sign if left.op.name == "add" else -sign)
        if found is not None:
            found = r.build(left.op, s, found)
            break
        above.append(left)
        left = s
    for y in reversed(above):
        found = r.build(y.op, found, y.operands[1])
    return found


def _like_terms(r: Rewriter, x: Instr) -> Instr | None:
    """c1*a + c2*a is (c1 + c2)*a, also with other terms between the two."""
    if not x.type.is_float:
        return None
    own = _term(x.operands[1])
    return with_a_term(r, x, lambda u, v, sign: _joined(r, u, v, own, sign))


def _joined(r: Rewriter, u: Instr, v: Instr, own: tuple[float, Instr], sign: int) -> Instr | None:
    """u + sign*v, if these are literals times one value, v as ``own`` has it; x - x stays, for x
    may be inf."""
    (c, a), (d, b) = _term(u), own
    if a.op is not b.op or a.is_constant or not (a is b or r.same(a, b)):
        return None
    if not (r.once(u) or u is v) or u.type != v.type or a.type != u.type:
        return None
    whole = Fraction(c) + sign * Fraction(d)
    if whole == 0 or Fraction(float(whole)) != whole:
        return None
    return a if whole == 1 else r.build("multiply", r.number(float(whole), a.type.dtype), a)


def _like_products(r: Rewriter, x: Instr) -> Instr | None:
    """c1*(a*b) + c2*(b*a) is (c1 + c2)*(b*a), for arrays; it looks into values with a name, too."""
    return _of_products(r, x, together)


def _shared_factors(r: Rewriter, x: Instr) -> Instr | None:
    """a/s + b/s is (a + b)/s, and n*a + n*b is n*(a + b) for a number n and arrays."""
    return _of_products(r, x, factored)


def _of_branches(r: Rewriter, x: Instr) -> Instr | None:
    """where(c, n*a, n*b) is n*where(c, a, b) for a number n and arrays."""
    condition, a, b = x.operands
    if not (x.type.rank and is_product(a.op) and is_product(b.op) and r.once(a) and r.once(b)):
        return None
    return with_factor_out(r, a, b, lambda p, q: r.build("where", condition, p, q))


def _sums_together(r: Rewriter, x: Instr) -> Instr | None:
    """sum(a) + sum(b) is sum(a + b) for sums of arrays along some axes, in a gradient."""
    if not x.type.rank:
        return None

    def join(u: Instr, v: Instr, sign: int) -> Instr | None:
        alike = u.op is v.op and u.attributes == v.attributes and "reduces" in u.op.traits
        fit = alike and is_linear(u) and not (u.hint or v.hint) and r.once(u) and r.once(v)
        if not fit or u is v or u.operands[0].type != v.operands[0].type or not x.is_derived:
            return None
        op = "add" if sign > 0 else "subtract"
        return rebuilt_on(r, u, r.build(op, u.operands[0], v.operands[0]))

    return with_a_term(r, x, join)


def _of_products(r: Rewriter, x: Instr, join: Callable[..., Instr | None]) -> Instr | None:
    if not x.type.rank or not x.type.is_float or not is_product(x.operands[1].op):
        return None

    def joined(u: Instr, v: Instr, sign: int) -> Instr | None:
        fit = is_product(u.op) and (r.once(u) or not u.type.rank) and r.once(v) and u is not v
        return join(r, u, v, sign) if fit else None

    return with_a_term(r, x, joined)


RULES = RuleSet((
    built("f(-a) = -f(a) for a linear f", "", _sign_out, "negative"),
    built("c1*f(c2*a) = f((c1*c2)*a)", "multiply", _collected, "constant"),
    built("0 - a = -a", "subtract", _nothing_less, "constant"),
    built("a*(c*b) = (c*a)*b for a small a", "multiply", _literal_to_the_small, "multiply"),
    built("sum(a*s) = sum(a)*s", "sum", _factor_out, "multiply divide"),
    built("(a/exp(s))*exp(s) = a", "multiply", _cancelled, "divide"),
    built("(a/s)/where(s == 0, inf, s) = (a/s)/s", "multiply divide", _unguarded, "divide where"),
    built("where(c, a, 0) + where(c, 0, b) = where(c, a, b)", "add subtract", _one_choice, "where"),
    built("c1*a + c2*a = (c1 + c2)*a", "add subtract", _like_terms),
    built("c1*(a*b) + c2*(b*a) = (c1 + c2)*(b*a)", "add subtract", _like_products,
          "multiply divide", deviates=lambda c, a, b: is_extreme(c * a) or is_extreme(a * b)),
    built("a/s + b/s = (a + b)/s", "add subtract", _shared_factors, "multiply divide"),
    built("where(c, n*a, n*b) = n*where(c, a, b)", "where", _of_branches, "multiply divide"),
    built("sum(a) + sum(b) = sum(a + b)", "add subtract", _sums_together, "sum"),
))  # fmt: skip

factors = rules_pass("factors", RULES)
