"""Products as what they are made of: factors, divisors and a sign.

Two terms of a sum that have factors in common become one product, as one does by hand: the
gradient of u = a/s, where s is the length of a, comes as d_u*(1/s) - (d_u*u).sum()/s*u, and is
written (d_u - (d_u*u).sum()*u)/s.  Terms that differ by a literal alone are one term, in whatever
order their factors stand: g*x*w + g*(w*x) is 2*g*(w*x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from symgrad.ir.function import Instr
from symgrad.rewrite.rewriter import Rewriter, scalar

PARTS = 12  # factors of a term that are compared with those of another, and products opened

Part = tuple[Instr, bool]  # a factor, and whether the product is divided by it


def product_of(r: Rewriter, x: Instr) -> Iterator[Part]:
    """The factors of a product that is neither read again nor named, and whether it is divided by
    them."""
    stack = [(x, False)]
    while stack:
        y, below = stack.pop()
        opens = not below and r.once(y) and not y.hint
        if y.op.name == "multiply" and opens:
            stack += [(o, False) for o in reversed(y.operands)]
        elif y.op.name == "divide" and opens:
            stack += [(y.operands[1], True), (y.operands[0], False)]
        else:
            yield y, below


def multiplied(r: Rewriter, parts: list[Part]) -> Instr:
    """The product of some factors."""
    (first, below), *rest = parts
    whole = r.build("divide", r.number(1.0, first.type.dtype), first) if below else first
    for o, below in rest:
        whole = r.build("divide" if below else "multiply", whole, o)
    return whole


class Monomial(NamedTuple):
    """A term of a sum: the sign, and the factors."""

    sign: int
    parts: list[Part]


def term_of(r: Rewriter, x: Instr, through: bool = False, named: bool = True) -> Monomial:
    """A value as a term.  Of values with a name cotangents are opened, if ``named`` says so, and
    1/s whoever reads it; with ``through``, all products."""
    sign, parts, stack, opened = 1, list[Part](), [(x, False)], 0
    while stack and len(parts) < PARTS and opened < 2 * PARTS:
        y, below = stack.pop()
        opened += 1
        opens = through or (r.once(y) and (not y.hint or (named and y.is_derived)))
        name = y.op.name if y.operands else ""
        if name == "divide" and not below and (opens or scalar(y.operands[0]) == 1):
            stack += [(y.operands[1], True), (y.operands[0], False)]
        elif name == "multiply" and (through or not below) and opens:
            stack += [(o, below) for o in reversed(y.operands)]
        elif name == "negative" and opens:
            sign = -sign
            stack.append((y.operands[0], below))
        elif scalar(y) == -1:
            sign = -sign
        elif scalar(y) != 1:
            parts.append((y, below))
    return Monomial(sign, [*parts, *stack])


def _are_equal(r: Rewriter, a: Part, b: Part) -> bool:
    (x, below), (y, under) = a, b
    if below is not under or x.op is not y.op or x.type != y.type:
        return False
    return x is y or (scalar(x) == scalar(y) if x.is_constant else r.same(x, y))


class Looks(NamedTuple):
    """A term as it is compared with others.

    term      the term
    shareable the divisors and numbers among its factors
    literal   the product of its literals, whatever values stand between them
    others    its other factors, by number and whether they are divisors, in order
    """

    term: Monomial
    shareable: list[Part]
    literal: Fraction
    others: list[tuple[int, bool]]


def looks_of(r: Rewriter, x: Instr) -> Looks:
    """A value as a term; found once."""
    found = r.notes.get(x)
    if found is None:
        term, (sign, parts) = term_of(r, x), term_of(r, x, through=True)
        literal, others = Fraction(sign), list[tuple[int, bool]]()
        for factor, below in parts:
            number = scalar(factor)
            if number is not None and 1e-30 < abs(number) < 1e30:
                literal = literal / Fraction(number) if below else literal * Fraction(number)
            else:
                others.append((r.number_of(factor), below))
        shareable = [part for part in term.parts if part[1] or not part[0].type.rank]
        found = r.notes[x] = Looks(term, shareable, literal, sorted(others))
    return found


def together(r: Rewriter, u: Instr, v: Instr, sign: int) -> Instr | None:
    """u + sign*v as one term, if these differ by a literal alone."""
    if u.type != v.type:
        return None
    p, q = looks_of(r, u), looks_of(r, v)
    whole = p.literal + sign * q.literal
    if p.others != q.others or whole == 0:
        return None
    pairs = [(v, q, whole / q.literal), (u, p, whole / p.literal)]
    exact = [pair for pair in pairs if Fraction(float(pair[2])) == pair[2]]
    if not exact:
        return None
    x, _, ratio = min(exact, key=lambda pair: _products_in(*pair[1:]))
    return r.build("multiply", r.number(float(ratio), x.type.dtype), x)


def _products_in(own: Looks, ratio: Fraction) -> int:
    """How many factors a term has to multiply when it is taken that many times."""
    numbers = [scalar(o) ** (-1 if below else 1) for o, below in _literals(own.term)]
    literal = bool(abs(math.prod(numbers) * ratio) != 1)
    return len(own.term.parts) - len(numbers) + literal


def factored(r: Rewriter, u: Instr, v: Instr, sign: int) -> Instr | None:
    """u + sign*v as a product, if these have a divisor or a number in common."""
    found = shared_factors(r, u, v)
    if found is None:
        return None
    p, q, common = found
    a, b = without(r, p, common), without(r, q, common)
    left_sign, right_sign = p.sign, q.sign * sign
    if left_sign < 0 < right_sign:
        whole = r.build("subtract", b, a)
    else:
        whole = r.build("add" if left_sign == right_sign else "subtract", a, b)
    whole = _times(r, common, whole)
    return r.build("negative", whole) if left_sign < 0 and right_sign < 0 else whole


def with_factor_out(
    r: Rewriter, u: Instr, v: Instr, build: Callable[[Instr, Instr], Instr]
) -> Instr | None:
    """A linear combination of two products without the numbers that they share, times these."""
    found = shared_factors(r, u, v)
    if found is None or any(o.type.rank for o, _ in found[2]):
        return None
    p, q, common = found
    if all(o.is_constant for o, _ in common):
        return None  # a small literal may keep a branch from overflowing
    if p.sign != q.sign:
        return None
    whole = _times(r, common, build(without(r, p, common), without(r, q, common)))
    return r.build("negative", whole) if p.sign < 0 else whole


def shared_factors(r: Rewriter, u: Instr, v: Instr) -> tuple[Monomial, Monomial, list[Part]] | None:
    """Two terms, and what is worth to be taken out of both: divisors, and numbers."""
    first, second = looks_of(r, u), looks_of(r, v)
    common = _common(r, first.shareable, second.shareable)
    if not common:
        return None
    p, q = first.term, second.term
    if all(o.is_constant for o, _ in common):
        if not (u.is_derived and v.is_derived):
            return None  # as the user writes it
        p, q = term_of(r, u, named=False), term_of(r, v, named=False)
        common = _common(r, _literals(p), _literals(q))
    return (p, q, common) if common and _saves(r, common, p, q) else None


def _times(r: Rewriter, common: list[Part], x: Instr) -> Instr:
    numbers = [part for part in common if not (part[0].type.rank or part[1])]
    others = [part for part in common if part not in numbers]
    return multiplied(r, [*numbers, (x, False), *others])


def without(r: Rewriter, term: Monomial, common: list[Part]) -> Instr:
    """A term without its sign and some factors."""
    left = _left(r, term, common)
    one = r.number(1.0, common[0][0].type.dtype)
    return multiplied(r, sorted(left, key=lambda part: part[1])) if left else one


def _left(r: Rewriter, term: Monomial, common: list[Part]) -> list[Part]:
    left = list(term.parts)
    for own in common:
        left.pop(next(i for i, part in enumerate(left) if _are_equal(r, part, own)))
    return left


def _common(r: Rewriter, p: list[Part], q: list[Part]) -> list[Part]:
    """The factors that stand in both lists."""
    rest, found = list(q), list[Part]()
    for part in p if q else ():
        at = next((i for i, other in enumerate(rest) if _are_equal(r, part, other)), None)
        if at is not None:
            found.append(part)
            rest.pop(at)
    return found


def _literals(term: Monomial) -> list[Part]:
    return [part for part in term.parts if scalar(part[0]) is not None]


def _saves(r: Rewriter, common: list[Part], p: Monomial, q: Monomial) -> bool:
    """True if an array is divided once instead of twice, or no array is gone over more often."""
    if any(o.type.rank for o, _ in common):
        return True

    def passes(parts: list[Part]) -> bool:
        return {True, False} == {bool(o.type.rank) for o, _ in parts}

    after = passes(_left(r, p, common)) + passes(_left(r, q, common)) + 1
    return after <= passes(p.parts) + passes(q.parts)
