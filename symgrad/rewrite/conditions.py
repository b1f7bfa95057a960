"""Longer parts of the stabilising rules' right sides, and the conditions of rules.

>>> from symgrad.symbolic.sympy_algebra import SympyAlgebra
>>> import sympy as sp
>>> a, b = sp.symbols("a b")
>>> hypots(SympyAlgebra(), [a, b])
sqrt(a**2 + b**2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symgrad.ir.function import Instr
from symgrad.ir.op import Op
from symgrad.ops.arithmetic import DIVIDE, MULTIPLY, NEGATIVE
from symgrad.ops.intervals import Interval, Intervals
from symgrad.ops.powers import SQRT, SQUARE
from symgrad.ops.reduction import SUM, reduced
from symgrad.ops.shape import RESHAPE
from symgrad.rewrite.patterns import Bindings, literal_value

ROOT_2, ROOT_HALF = math.sqrt(2.0), math.sqrt(0.5)
NEAR = 32  # values that are looked at


def logaddexps(f: Any, xs: Sequence[Any]) -> Any:
    """log of the sum of exponentials; a float among them is the 0 of 1 = exp(0)."""
    plain = [x for x in xs if not isinstance(x, float)]
    total = plain[0]
    for x in plain[1:]:
        total = f.logaddexp(total, x)
    for _ in range(len(xs) - len(plain)):
        total = f.logaddexp(total, 0.0) if len(plain) > 1 else f.softplus(total)
    return total


def hypots(f: Any, xs: Sequence[Any]) -> Any:
    total = xs[0]
    for x in xs[1:]:
        total = f.hypot(total, x)
    return total


def root_two_times(f: Any, u: Any) -> Any:
    """sqrt(2)*u; of u = x/sqrt(2), as it is mostly written, x itself."""
    instr, sign = getattr(u, "instr", None), 1.0
    while instr is not None and instr.op.name == "negative":
        (instr,), sign = instr.operands, -sign
    factor = {"divide": ROOT_2, "multiply": ROOT_HALF}.get(instr.op.name if instr else "")
    pairs = [instr.operands, instr.operands[::-1]] if instr and factor else []
    for x, c in pairs[:1] if factor == ROOT_2 else pairs:
        value = literal_value(c)
        if value is not None and abs(value) == factor:
            return f.term(x) if sign * value > 0.0 else -f.term(x)
    return f.sqrt(2.0) * u


def softmax(f: Any, x: Any, axis: Any) -> Any:
    return f.exp(x - f.logsumexp(x, axis=axis, keepdims=True))


def may_be_zero(bound: Bindings) -> bool:
    """True unless x is a product of exponentials, sigmoids, numbers and sizes that are not 0, or
    it is log(y), or y is a number whose logarithm is finite."""
    if (literal_value(bound["y"]) or 0.0) > 0.0:
        return False
    if bound["x"].op.name in ("log", "log1p") and bound["x"].operands[0] is bound["y"]:
        return False
    stack = [bound["x"]]
    while stack:
        x = stack.pop()
        if x.op.name in ("exp", "sigmoid") and not may_be_infinite(x.operands[0]):
            continue  # it is 0 where it is too small for a float alone
        if literal_value(x) in (None, 0.0) and x.op.name != "size":
            if not is_product(x.op):
                return True
            stack.extend(x.operands)
    return False


def is_product(op: Op) -> bool:
    """True if the op multiplies, divides or negates: operands other than 0 give no 0."""
    return op.name == "negative" or ("rational" in op.traits and "adds" not in op.traits)


def squeezes(bound: Bindings) -> bool:
    """True if one element a row is picked along the last axis, of which c has one alone."""
    (move, *others), x, c = bound["move"], bound["x"], bound["c"]
    *rows, columns = x.type.shape or (1,)
    if others or not rows or c.type.shape != (*rows, 1):
        return False
    if columns == 1 and x.op.name != "take_along_axis":
        return False
    if move.op.name == "gather":
        _, first, *last = move.operands
        counted = first.is_constant and first["value"] == tuple(range(len(first["value"])))
        return len(rows) == len(last) == 1 and counted and first.type.shape == tuple(rows)
    whole = [("slice", 0, dim, 1) for dim in rows]
    return move.op.name == "index" and [*move["key"][:-1]] == whole and move["key"][-1][0] == "int"


def is_level(bound: Bindings) -> bool:
    """True if c is the same for all elements of x that are summed."""
    x, c = bound["x"].type.shape, bound["c"].type.shape
    shape = (1,) * (len(x) - len(c)) + tuple(c)
    return len(c) <= len(x) and all(shape[i] == 1 for i in bound["axis"])


def is_from_3(n: Any) -> bool:
    """True for a literal of at least 3, so that x**(n - 1) has two derivatives at 0, and of which
    n - 1 is exact."""
    return 3.0 <= (literal_value(n) or 0.0) < 2.0**53


def is_above_0(bound: Bindings) -> bool:
    """True if c is a number above 0, or an array of such."""
    c = bound["c"]
    if not c.is_constant:
        return False
    return bool(np.all(np.asarray(c["value"]) > 0.0) and np.all(np.isfinite(c["value"])))


def is_extreme(x: float) -> bool:
    """True for a number that has overflowed or vanished, or nearly so; and for nan."""
    return not 1e-300 < abs(x) < 1e300


def is_never_below_0(x: Instr) -> bool:
    """True if the intervals of its operands show that a value is not below 0."""
    return Intervals().of(x).low >= 0.0


def may_be_infinite(root: Instr) -> bool:
    """True if a value may be infinite where params are numbers and nothing overflows.

    An infinite literal may make it so, and an op at its pole, such as log at 0, where it is not
    known to be elsewhere; an input, such as a mask that holds -inf, where it is added, scaled by
    numbers, chosen or moved.
    """
    of = Intervals().of
    stack, seen = [(root, True)], {(root, True)}
    while stack:
        x, direct = stack.pop()
        if x.is_constant and not np.all(np.isfinite(np.asarray(x["value"], dtype=float))):
            return True
        if x.is_parameter and x["kind"] != "param" and direct:
            return True
        if is_direction(x):
            continue  # at most 1, or nan
        last = x.operands[-1] if x.op.unbounded and x.op.partials else None
        if last and of(last).has_zero and not is_positive(last) and has_pole_at_0(x.op):
            return True
        low, high = of(x)
        if max(-low, high) < math.inf and not (x.is_parameter or x.is_constant):
            continue
        scaled = is_product(x.op) and any(o.is_constant or not o.type.rank for o in x.operands)
        handed = scaled or bool({"adds", "exact", "moves", "carries"} & {*x.op.traits})
        direct = direct and handed
        fresh = [(o, direct) for o in x.operands if o.type.is_float and (o, direct) not in seen]
        seen.update(fresh)
        stack += fresh
    return False


def is_nan_with(x: Instr, y: Instr) -> bool:
    """True if x is finite of any numbers and infinities, and nan only where y is, too.

    x is made of bounded functions, such as sigmoids, and y of what they are of by ops that hand a
    nan on, element by element.
    """
    inside, causes = [x], set[Instr]()
    while inside:
        u = inside.pop()
        if u.is_constant and math.isfinite(literal_value(u) or math.inf):
            continue
        if u.type != x.type or len(causes) > NEAR:
            return False
        if hands_nan_on(u.op) and not u.op.unbounded and len(u.operands) > 1:
            inside += u.operands
        elif is_bounded(u):
            (u,) = u.operands
            while u.op is NEGATIVE:
                (u,) = u.operands
            causes.add(u)
        else:
            return False
    stack, left = [y], NEAR
    while stack and causes and left:
        v = stack.pop()
        left -= 1
        if v in causes:
            causes.remove(v)
        elif v.type == x.type and hands_nan_on(v.op):
            stack += v.operands
    return not causes


@lru_cache(maxsize=256)
def hands_nan_on(op: Op) -> bool:
    """True if an elementwise op is nan wherever an operand is."""
    if op.partials is None or not op.arity:
        return False
    if op.arity > 1:
        return "rational" in op.traits
    with np.errstate(all="ignore"):
        return bool(np.isnan(op.evaluate(np.float64(np.nan))))


def is_bounded(x: Instr) -> bool:
    """True for an op of one operand that is finite of all numbers and of both infinities."""
    rule = x.op.interval
    if rule is None or x.op.partials is None or x.op.arity != 1 or x.op.unbounded:
        return False
    low, high = rule(x, lambda operand: Interval())
    return max(-low, high) < math.inf and has_limits(x.op)


@lru_cache(maxsize=256)
def has_limits(op: Op) -> bool:
    """True if an op is finite of both infinities."""
    with np.errstate(all="ignore"):
        return bool(np.all(np.isfinite([op.evaluate(np.float64(v)) for v in (-np.inf, np.inf)])))


def is_direction(x: Instr) -> bool:
    """True of an array over its lengths: the roots of sums of its squares, where axes are kept."""
    if x.op is not DIVIDE:
        return False
    a, root = x.operands
    shape = root.type.shape
    while root.op is RESHAPE:
        (root,) = root.operands
    if root.op is not SQRT:
        return False
    (total,) = root.operands
    while total.op is RESHAPE:
        (total,) = total.operands
    if total.op is not SUM or shape != reduced(a.type.shape, total["axis"], True):
        return False
    (squares,) = total.operands
    return {*squares.operands} == {a} and squares.op in (SQUARE, MULTIPLY)


@lru_cache(maxsize=256)
def has_pole_at_0(op: Op) -> bool:
    """True if the op of ones, but for a last operand of 0, is not finite."""
    ones = [np.float64(1.0)] * ((op.arity or 1) - 1)
    with np.errstate(all="ignore"):
        return not np.isfinite(op.evaluate(*ones, np.float64(0.0)))


def is_positive(x: Instr) -> bool:
    """True for an exponential, and for sums of such, which are above 0 unless they vanish."""
    stack = [x]
    while stack:
        y = stack.pop()
        if "sums" in y.op.traits:
            stack += y.operands
        elif y.op.name != "exp":
            return False
    return True


def is_nonnegative(x: Instr) -> bool:
    """True if an op has no values below 0, whatever its operands are."""
    rule = x.op.interval
    return rule is not None and bool(rule(x, lambda operand: Interval()).low >= 0.0)


def aligned(bound: Bindings) -> bool:
    """True if an index of size 1 picks along an axis that the second operand lacks."""
    (move, *others), c = bound["move"], bound["c"]
    if others or move.op.name != "take_along_axis" or c.type.rank != move.type.rank:
        return False
    return bool(c.type.shape == move.type.shape and c.type.shape[move["axis"]] == 1)


def own_total(bound: Bindings) -> bool:
    """True if each element that is picked stands over its own sum: of all, or of its row, of which
    one element is picked by a column or by an index."""
    x, axis, moves = bound["x"], bound["axis"], bound["move"]
    if len(axis) == x.type.rank and not bound["keepdims"]:
        return True
    if axis != (x.type.rank - 1,) or bound["keepdims"]:
        return False
    rows = tuple(x.type.shape[:-1])
    if len(moves) == 1 and moves[0].op.name == "index":
        *before, column = moves[0]["key"]
        return bool(before == [("slice", 0, n, 1) for n in rows] and column[0] == "int")
    if [move.op.name for move in moves] != ["reshape", "take_along_axis"] or len(rows) != 1:
        return False
    flat, pick = moves
    return bool((pick["axis"], pick.type.shape, flat.type.shape) == (axis[0], (*rows, 1), rows))


def is_finite(x: Instr) -> bool:
    """True if a value of few steps is finite where params are, unless it overflows."""
    stack, left = [x], NEAR
    while stack and left:
        y = stack.pop()
        left -= 1
        if y.is_constant:
            if not np.all(np.isfinite(np.asarray(y["value"], dtype=float))):
                return False
        elif y.op.unbounded or (y.is_parameter and y["kind"] != "param"):
            return False
        stack += y.operands
    return not stack
