"""Rewrites that keep the real function and may round differently.

Nothing here assumes that a value is finite: x*0 stays, for x may be inf or nan.  It goes where x is
made of parameters, which are taken to be numbers, and where the nan of x shows in what it is added
to: 0*sigmoid(-u) + sigmoid(u)*c, the first step of a state that starts at 0, is sigmoid(u)*c.
"""

from __future__ import annotations

import math

import numpy as np

from symgrad.ir.function import Instr, made_of
from symgrad.ir.types import Dim, divide, polynomial, product
from symgrad.ops.arithmetic import DIVIDE, MULTIPLY, NEGATIVE, SUBTRACT
from symgrad.ops.intervals import MIRRORED
from symgrad.ops.reduction import padded, reduced
from symgrad.rewrite.conditions import is_extreme, is_nan_with, is_product, may_be_infinite
from symgrad.rewrite.factors import is_linear, joins, without_axes
from symgrad.rewrite.monomials import term_of, without
from symgrad.rewrite.patterns import literal_value
from symgrad.rewrite.rewriter import Rewriter, RuleSet, is_number, rules_pass, scalar
from symgrad.rewrite.rule import BITS, built
from symgrad.rewrite.stable_rules import STEPS


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
    """-(a - b) is b - a, and so is a product or a sum of it, unless that is added to something."""
    turned = _turned(r, x.operands[0], 4)
    if turned is None or x.operands[0].op is turned.op is SUBTRACT:
        return turned
    return None if any("adds" in y.op.traits for y in r.readers_of(x)) else turned


def _turned(r: Rewriter, x: Instr, depth: int) -> Instr | None:
    if not r.once(x) or not x.operands:
        return None
    if x.op.name == "subtract":
        return r.build(x.op, *x.operands[::-1])
    several = x.op is MULTIPLY or "contracts" in x.op.traits
    is_odd = several or x.op in (DIVIDE, NEGATIVE) or is_linear(x)  # f(-x) is -f(x)
    if depth == 1 or x.hint or not is_odd:
        return None
    for i, o in enumerate(x.operands if several else x.operands[:1]):
        turned = None if o.is_constant or o.hint else _turned(r, o, depth - 1)
        if turned is not None and scalar(o.operands[0]) is None:
            operands = (*x.operands[:i], turned, *x.operands[i + 1 :])
            return r.build(x.op, *operands, **dict(x.attributes))
    return None


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
    """(a.T @ b).T is b.T @ a, of each matrix: an operand is turned because the whole is."""
    (o,), rank = x.operands, x.type.rank
    axes = (*range(rank - 2), rank - 1, rank - 2)
    if o.op.name != "matmul" or x["axes"] != axes or not r.once(o):
        return None
    a, b = o.operands
    turned = any(v.op is x.op and v["axes"] == axes for v in (a, b))
    if not turned or {a.type.rank, b.type.rank} != {rank}:
        return None
    left, right = [r.build(x.op, v, axes=axes) for v in (b, a)]
    return r.build("matmul", left, right)


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


def _scaled_identity(r: Rewriter, x: Instr) -> Instr | None:
    """A diagonal of one number, of literals and sizes, is that number times the identity."""
    (number,) = x.operands[0].operands
    if number.type.rank or not x.type.is_float or scalar(number) == 1.0 or not _of_sizes(number):
        return None
    one = r.build("broadcast_to", r.number(1.0, x.type.dtype), shape=x.operands[0].type.shape)
    return r.build("multiply", number, r.build(x.op, one, **dict(x.attributes)))


def _of_sizes(x: Instr) -> bool:
    """True for a number that is a product of literals and sizes, and so is finite."""
    return made_of(
        x,
        lambda o: is_product(o.op) or o.op.name == "maximum",
        lambda o: o.op.name == "size" or (o.is_constant and math.isfinite(scalar(o) or 0.0)),
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
        if x.type.is_float and _is_zero_throughout(zeros):
            params = made_of(
                other, lambda o: not o.is_parameter, lambda o: o.is_constant or _is_param(o)
            )
            if not params or may_be_infinite(other):
                return None
            return r.build("broadcast_to", r.number(0.0, x.type.dtype), shape=x.type.shape)
    return None


def _is_zero_throughout(x: Instr) -> bool:
    number = literal_value(x)
    if number is not None:
        return number == 0.0
    return bool(x.is_constant and not np.any(np.asarray(x["value"])))


def _nothing_added(r: Rewriter, x: Instr) -> Instr | None:
    """0*f(x) + g(x) is g(x) for a finite f, where g(x) is nan if f(x) is."""
    for p, y in (x.operands, x.operands[::-1])[x.op.name == "subtract" :]:
        if p.op.name != "multiply" or y.type != x.type:
            continue
        for zeros, other in (p.operands, p.operands[::-1]):
            if _is_zero_throughout(zeros) and other.type == x.type and is_nan_with(other, y):
                return y
    return None


def _is_param(x: Instr) -> bool:
    return x.is_constant or (x.is_parameter and x["kind"] == "param")


def _negated_side(r: Rewriter, x: Instr) -> Instr | None:
    """A comparison of -a with a number compares a with the number's negation."""
    first, second = x.operands
    for op, a, c in ((MIRRORED[x.op.name], first, second), (x.op.name, second, first)):
        number = scalar(c)
        if number is not None and a.operands and a.op.name == "negative" and not a.hint:
            return r.build(op, a.operands[0], r.number(-number or 0.0, c.type.dtype))
    return None


ZEROS = (
    built("0*a = 0", "multiply matmul outer vdot", _zero_product, "constant broadcast_to"),
    built("0*f(x) + g(x) = g(x)", "add subtract", _nothing_added, "multiply"),
)
RULES = RuleSet((
    *ZEROS,
    built("abs(-a) = abs(a)", "absolute", lambda r, x: r.build(x.op, *x.operands[0].operands),
          "negative", preserves=BITS),
    built("(-a < c) = (a > -c)", " ".join(MIRRORED), _negated_side, "negative", preserves=BITS),
    *STEPS,
    built("where(isfinite(max(x)), max(x), 0) = max(x)", "where", _finite_top, "isfinite"),
    built("one index a row = rows of the identity", "add_along_axis", _one_index_a_row),
    built("n*(a/n) = a for a size n", "multiply divide", _over_itself, "size"),
    built("diag(n, n) = n*identity", "diag", _scaled_identity, "broadcast_to"),
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
    built("-(a - b) = b - a", "negative", _negate_difference),
    built("sum(spread(s)) = count*s", "sum", _sum_of_broadcast, "broadcast_to"),
    built("sum(a*b) = vdot(a, b)", "sum", inner_product, "multiply square"),
))  # fmt: skip

reals = rules_pass("reals", RULES)
