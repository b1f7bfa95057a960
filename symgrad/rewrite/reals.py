"""Rewrites that keep the real function and may round differently.

Nothing here assumes that a value is finite: x*0 stays, for x may be inf or nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.ir.function import Instr, made_of
from symgrad.ir.types import Dim, divide, polynomial, product
from symgrad.ops.intervals import MIRRORED
from symgrad.ops.reduction import padded, reduced
from symgrad.rewrite.conditions import is_extreme, is_product, may_be_infinite
from symgrad.rewrite.factors import joins, without_axes
from symgrad.rewrite.monomials import term_of, without
from symgrad.rewrite.patterns import Bindings, literal_value
from symgrad.rewrite.rewriter import Rewriter, RuleSet, is_number, rules_pass, scalar
from symgrad.rewrite.rule import BITS, CANONICAL, REAL, Rule, built


def _plus_zero(r: Rewriter, x: Instr) -> Instr | None:
    a, b = x.operands
    if is_number(b, 0):
        return a
    return b if is_number(a, 0) else None


def _twice(r: Rewriter, x: Instr) -> Instr | None:
    a, b = x.operands
    return r.build("multiply", r.number(2, a.type.dtype), a) if a is b else None


def _literal_first(r: Rewriter, x: Instr) -> Instr | None:
    """a*(c*b) is (c*a)*b, as people write it, where the literal may meet another."""
    a, inner = x.operands
    if inner.op.name != "multiply" or a.is_constant or not r.once(inner):
        return None
    for c, b in (inner.operands, inner.operands[::-1]):
        if scalar(c) is not None and a.type == b.type and not b.is_constant:
            return r.build("multiply", r.build("multiply", c, a), b)
    return None


def _constant_over(r: Rewriter, x: Instr) -> Instr | None:
    """c1*(c2/a) is (c1*c2)/a."""
    for o, inner in (x.operands, x.operands[::-1]):
        c1 = scalar(o)
        if c1 is None or inner.op.name != "divide" or (inner.type.rank and not r.once(inner)):
            continue
        c2 = scalar(inner.operands[0])
        if c2 is not None and joins(c1, c2):
            return r.build("divide", r.number(c1 * c2, x.type.dtype), inner.operands[1])
    return None


def _in_lowest_terms(r: Rewriter, x: Instr) -> Instr | None:
    """6/(4*n) is 3/(2*n) for a size n."""
    c, size = x.operands
    number = scalar(c)
    if number is None or x.type.rank or not float(number).is_integer():
        return None
    common = math.gcd(int(number), *polynomial(size["dim"]).values())
    rest = divide(size["dim"], common) if common > 1 else None
    if rest is None:
        return None
    return r.build("divide", r.number(number / common, x.type.dtype), number_of(r, rest, x))


def inner_product(r: Rewriter, x: Instr) -> Instr | None:
    """The sum of all elements of a*b is their inner product."""
    (inner,) = x.operands
    if inner.op.name not in ("multiply", "square") or not r.once(inner):
        return None
    a, b = inner.operands * (2 if inner.op.name == "square" else 1)
    whole = x["axis"] == tuple(range(inner.type.rank)) and not x["keepdims"]
    masked = any(o.op.name == "cast" for o in (a, b))
    if not whole or masked or not a.type == b.type == inner.type or not x.type.is_float:
        return None
    return r.build("vdot", a, b)


def _scalars_first(r: Rewriter, x: Instr) -> Instr | None:
    """(s*A)*t is (s*t)*A: the numbers meet first, and the array is gone over once."""
    if not x.type.shape:
        return None
    for t, inner in (x.operands, x.operands[::-1]):
        if t.type.rank or inner.op.name != "multiply" or not r.once(inner):
            continue
        for s, a in (inner.operands, inner.operands[::-1]):
            if s.type.rank == 0 and a.type.rank > 0:
                return r.build("multiply", r.build("multiply", s, t), a)
    return None


def _scalars_first_over(r: Rewriter, x: Instr) -> Instr | None:
    """(s*A)/t is (s/t)*A: the array is gone over once."""
    inner, t = x.operands
    if not x.type.shape or t.type.rank or inner.op.name != "multiply" or not r.once(inner):
        return None
    for s, a in (inner.operands, inner.operands[::-1]):
        if s.type.rank == 0 and a.type.rank > 0:
            return r.build("multiply", r.build("divide", s, t), a)
    return None


def _power(r: Rewriter, x: Instr) -> Instr | None:
    a, p = x.operands
    exponent = scalar(p)
    if exponent == 1:
        return a
    if exponent == 2:
        return r.build("square", a)
    if exponent == 3:
        return r.build("multiply", r.build("square", a), a)
    if exponent == 0.5:
        return r.build("sqrt", a)
    return r.build("reciprocal", a) if exponent == -1 and x.type.is_float else None


def _reduced_in_shape(r: Rewriter, x: Instr) -> Instr | None:
    """A reduction whose axes come back as ones keeps them; one whose ones go drops them; a literal
    in front of it stays there."""
    (a,) = x.operands
    c = a.operands[0] if a.op.name == "multiply" and scalar(a.operands[0]) is not None else None
    whole = a if c is None else a.operands[1]
    if "reduces" not in whole.op.traits or not (r.once(a) and r.once(whole)):
        return None
    keepdims = not whole["keepdims"]
    if x.type.shape != tuple(reduced(whole.operands[0].type.shape, whole["axis"], keepdims)):
        return None
    found = r.build(whole.op, *whole.operands, axis=whole["axis"], keepdims=keepdims)
    return found if c is None else r.build("multiply", c, found)


def _negate_difference(r: Rewriter, x: Instr) -> Instr | None:
    (a,) = x.operands
    if a.op.name != "subtract" or not r.once(a):
        return None
    return r.build("subtract", a.operands[1], a.operands[0])


def _sum_of_broadcast(r: Rewriter, x: Instr) -> Instr | None:
    """The sum along axes on which a value is repeated is the value times their count.

    None of an infinity is nan then, and was 0.
    """
    (o,), axes = x.operands, x["axis"]
    if o.op.name != "broadcast_to" or x["keepdims"] or not x.type.is_float:
        return None
    (s,), whole = o.operands, o.type.shape
    shape = padded(s.type.shape, len(whole))
    count = product([whole[i] for i in axes])
    if count in (0, 1) or not axes or any(shape[i] != 1 for i in axes):
        return None
    once = without_axes(r, s, len(whole), axes)
    times = r.build("multiply", number_of(r, count, x), once)
    return times if times.type == x.type else r.build("broadcast_to", times, shape=x.type.shape)


def number_of(r: Rewriter, count: Dim, x: Instr) -> Instr:
    """A count as a number of x's dtype."""
    if isinstance(count, int):
        return r.number(float(count), x.type.dtype)
    return r.build("size", dim=count, dtype=x.type.dtype)


def _over_itself(r: Rewriter, x: Instr) -> Instr | None:
    """n*(a/n), and n*a/n, are a for a size n, which is not 0 where it divides."""
    divides = not x.op.commutative
    for a, n in (x.operands, x.operands[::-1])[: 1 if divides else 2]:
        if n.operands or n.is_constant or n.is_parameter or not is_product(a.op):
            continue
        term = term_of(r, a)
        if any(below is not divides and r.same(o, n) for o, below in term.parts):
            rest = without(r, term, [(n, not divides)])
            return rest if term.sign > 0 else r.build("negative", rest)
    return None


def _transposed_product(r: Rewriter, x: Instr) -> Instr | None:
    """(a.T @ b).T is b.T @ a: where it was for the transpose that an operand is there."""
    (o,) = x.operands
    if o.op.name != "matmul" or x.type.rank != 2 or not r.once(o):
        return None
    a, b = o.operands
    if not (_is_transposed(a) or _is_transposed(b)) or {a.type.rank, b.type.rank} != {2}:
        return None
    left, right = [r.build("transpose", v, axes=(1, 0)) for v in (b, a)]
    return r.build("matmul", left, right)


def _is_transposed(x: Instr) -> bool:
    return x.op.name == "transpose"


def _sum_of_sum(r: Rewriter, x: Instr) -> Instr | None:
    """Summed along some axes and then along others: summed along all of them."""
    (o,) = x.operands
    if o.op is not x.op or x["keepdims"] or o["keepdims"] or not r.once(o):
        return None
    left = [i for i in range(o.operands[0].type.rank) if i not in o["axis"]]
    axes = sorted((*o["axis"], *(left[i] for i in x["axis"])))
    return r.build("sum", o.operands[0], axis=tuple(axes), keepdims=False)


def _mean_of_all(r: Rewriter, x: Instr) -> Instr | None:
    """The mean of all elements is their sum over the count, where that sum is another's."""
    (a,) = x.operands
    total = r.build("sum", a, axis=x["axis"], keepdims=False)
    other = inner_product(r, total) or _sum_of_sum(r, total)
    count = a.type.size
    if other is None or x.type.rank or not count:
        return None
    return r.build("divide", other, number_of(r, count, x))


def _one_index_a_row(r: Rewriter, x: Instr) -> Instr | None:
    """One element a row, added up in zeros: rows of the identity matrix, without a scatter."""
    g, places = x.operands
    shape = places.type.shape
    rows = x["axis"] == x.type.rank - 1 and shape[-1] == 1
    if not rows or not isinstance(x["size"], int) or x["size"] > 64:
        return None
    added = places.op.name in ("reshape", "index")  # a last axis that the user added
    index = places.operands[0] if added else places
    if index.type.shape != shape[:-1]:
        index = r.build("reshape", places, shape=shape[:-1])
    number = g.operands[0] if g.op.name == "broadcast_to" else g
    scaled = number.type.rank == 0 and _of_sizes(number)
    one = r.number(1.0, x.type.dtype) if scaled else r.number(True, "bool")
    identity = r.build("diag", r.build("broadcast_to", one, shape=(x["size"],)), k=0)
    chosen = r.build("take", identity, index, axis=0)
    if scaled:
        return r.build("multiply", number, chosen)
    return r.build("where", chosen, g, r.number(0.0, x.type.dtype))


def _of_sizes(x: Instr) -> bool:
    """True for a number that is a product of literals and sizes, and so is finite."""
    return made_of(
        x,
        lambda o: is_product(o.op) or o.op.name == "maximum",
        lambda o: o.is_constant or o.op.name == "size",
    )


def _common_factor(r: Rewriter, x: Instr) -> Instr | None:
    """s*A + s*B is s*(A + B), and with -s for the second it is s*(A - B), for a number s."""
    a, b = x.operands
    if not (a.op.name == b.op.name == "multiply" and r.once(a) and r.once(b)):
        return None
    for s, c in (a.operands, a.operands[::-1]):
        for t, d in (b.operands, b.operands[::-1]):
            if s.type.rank or not c.type.rank or not d.type.rank:
                continue
            op = x.op.name
            if t.op.name == "negative" and t.operands[0] is s:
                op, t = {"add": "subtract", "subtract": "add"}[op], s
            if s is t and not s.is_constant:
                return r.build("multiply", s, r.build(op, c, d))
    return None


def _over_count(r: Rewriter, x: Instr) -> Instr | None:
    """(1/n)*a is a/n for a sum or a number; a product may meet another number."""
    for s, a in (x.operands, x.operands[::-1]):
        single = "adds" in a.op.traits and r.once(a) if a.type.rank else not a.is_constant
        one_over = s.op.name == "divide" and _of_sizes(s) and scalar(s.operands[0]) == 1
        if single and one_over:
            return r.build("divide", a, s.operands[1])
    return None


def _finite_top(r: Rewriter, x: Instr) -> Instr | None:
    """The shift of a logsumexp needs no guard where its operand cannot be infinite."""
    condition, top, other = x.operands
    guards = condition.op.name == "isfinite" and condition.operands[0] is top
    if not guards or top.op.name != "max" or not is_number(other, 0):
        return None
    return None if may_be_infinite(top.operands[0]) else top


def _zero_product(r: Rewriter, x: Instr) -> Instr | None:
    """A product with zeros is 0 where the other factor is finite and made of params, such as a
    state that starts at 0 times a weight; what is read of inputs is checked, though it be 0."""
    for zeros, other in (x.operands, x.operands[::-1]):
        if zeros.is_constant and x.type.is_float and _is_zero_throughout(zeros["value"]):
            params = made_of(
                other, lambda o: not o.is_parameter, lambda o: o.is_constant or _is_param(o)
            )
            if not params or may_be_infinite(other):
                return None
            return r.build("broadcast_to", r.number(0.0, x.type.dtype), shape=x.type.shape)
    return None


def _is_zero_throughout(value: Any) -> bool:
    return not (np.any(np.asarray(value)) if isinstance(value, tuple) else value)


def _is_param(x: Instr) -> bool:
    return x.is_constant or (x.is_parameter and x["kind"] == "param")


def _wins(extreme: str) -> Callable[..., Any]:
    """The slope of an extreme of two values by the first: 1 where it is that, 1/2 at a tie."""

    def formula(f: Any, a: Any, c: Any) -> Any:
        y = f.apply(extreme, a, c)
        own, other = (f.mask(f.equal(v, y)) for v in (a, c))
        return f.divide(own, own + other)

    return formula


def _is_finite_number(bound: Bindings) -> bool:
    c = literal_value(bound["c"])
    return c is not None and math.isfinite(c)


STEPS = (
    Rule("[a == max(a, c)]/ties = (1 + sign(a - c))/2", _wins("maximum"),
         lambda f, a, c: 0.5 * (1.0 + f.sign(a - c)), {"a": REAL, "c": REAL},
         condition=_is_finite_number, purpose=CANONICAL),
    Rule("[a == min(a, c)]/ties = (1 - sign(a - c))/2", _wins("minimum"),
         lambda f, a, c: 0.5 * (1.0 - f.sign(a - c)), {"a": REAL, "c": REAL},
         condition=_is_finite_number, purpose=CANONICAL),
)  # fmt: skip


def _negated_side(r: Rewriter, x: Instr) -> Instr | None:
    """A comparison of -a with a number compares a with the number's negation."""
    first, second = x.operands
    for op, a, c in ((MIRRORED[x.op.name], first, second), (x.op.name, second, first)):
        number = scalar(c)
        if number is not None and a.operands and a.op.name == "negative" and not a.hint:
            return r.build(op, a.operands[0], r.number(-number or 0.0, c.type.dtype))
    return None


ZEROS = built("0*a = 0", "multiply matmul outer vdot", _zero_product, "constant")
RULES = RuleSet((
    ZEROS,
    built("abs(-a) = abs(a)", "absolute", lambda r, x: r.build(x.op, *x.operands[0].operands),
          "negative", preserves=BITS),
    built("(-a < c) = (a > -c)", " ".join(MIRRORED), _negated_side, "negative", preserves=BITS),
    *STEPS,
    built("where(isfinite(max(x)), max(x), 0) = max(x)", "where", _finite_top, "isfinite"),
    built("one index a row = rows of the identity", "add_along_axis", _one_index_a_row),
    built("n*(a/n) = a for a size n", "multiply divide", _over_itself, "size"),
    built("6/(4*n) = 3/(2*n) for a size n", "divide", _in_lowest_terms, "size", preserves=BITS),
    built("s*a + s*b = s*(a + b)", "add subtract", _common_factor, "multiply"),
    built("(1/n)*a = a/n", "multiply", _over_count, "divide"),
    built("(a.T @ b).T = b.T @ a", "transpose", _transposed_product, "matmul"),
    built("reshape(sum(a)) = sum(a, keepdims)", "reshape", _reduced_in_shape),
    built("mean(a) = sum(a)/n", "mean", _mean_of_all, "multiply square sum"),
    built("sum(sum(a)) = sum(a)", "sum", _sum_of_sum, "sum"),
    built("a + 0 = a", "add", _plus_zero, "constant"),
    built("a + a = 2*a", "add", _twice),
    built("c1*(c2/a) = (c1*c2)/a", "multiply", _constant_over, "constant"),
    built("a*(c*b) = (c*a)*b", "multiply", _literal_first, "multiply"),
    built("(s*a)*t = (s*t)*a", "multiply", _scalars_first, "multiply",
          deviates=lambda s, a, t: is_extreme(s * t)),
    built("(s*a)/t = (s/t)*a", "divide", _scalars_first_over, "multiply",
          deviates=lambda s, a, t: t == 0.0 or is_extreme(s / t)),
    built("x**n for small n", "power", _power, "constant"),
    built("-(a - b) = b - a", "negative", _negate_difference, "subtract"),
    built("sum(spread(s)) = count*s", "sum", _sum_of_broadcast, "broadcast_to"),
    built("sum(a*b) = vdot(a, b)", "sum", inner_product, "multiply square"),
))  # fmt: skip

reals = rules_pass("reals", RULES)
