"""Rewrites that keep every bit.

Zeros keep their sign: x - 0 and x + -0.0 are x, x + 0.0 is not (-0.0 + 0.0 is 0.0).  The sign of
a nan may change, and a sum of one value is that value, also where NumPy makes 0.0 of a -0.0.

An op on literals becomes its literal if the value is exact: a rounded literal in the text would no
longer be the user's number.  Results of more than 64 elements stay computed, and so does what
merely repeats a literal: a reader wants 1.0, not a list of ones.

>>> from symgrad.ops import OPS
>>> times = OPS["multiply"]
>>> is_exact(times, [0.5, 3.0], 1.5), is_exact(times, [0.1, 3.0], 0.30000000000000004)
(True, False)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from symgrad.errors import SymgradError
from symgrad.ir.function import Instr, as_given, constant
from symgrad.ir.op import CONSTANT, Attribute, Op
from symgrad.rewrite.conditions import is_product
from symgrad.rewrite.rewriter import Rewriter, RuleSet, is_number, rules_pass, scalar
from symgrad.rewrite.rule import BITS, CANONICAL, Ops, Rule, built

MAX_ELEMENTS = 64


def _folded(r: Rewriter, x: Instr) -> Instr | None:
    if any(not _known(value) for key, value in x.attributes if key in x.op.dim_attributes):
        return None
    shape = [dim for dim in x.type.shape if isinstance(dim, int)]
    if len(shape) < x.type.rank or math.prod(shape) > MAX_ELEMENTS:
        return None
    # A repeated number and a turned array read better than the array they make.
    if x.op.kind == "shape" and "view" in x.op.traits and x.type.rank:
        return None
    arrays = [as_given(o["value"], o.type).reshape(_ints(o)) for o in x.operands]
    single = [a.astype(o.type.numpy, copy=False) for a, o in zip(arrays, x.operands, strict=True)]
    try:
        with np.errstate(all="ignore"):
            value = run = x.op.evaluate(*arrays, **dict(x.attributes))
            if any(o.type.dtype == "f32" for o in x.operands):
                run = np.asarray(x.op.evaluate(*single, **dict(x.attributes)))
    except (ArithmeticError, ValueError, IndexError):
        # What NumPy refuses, such as 2 ** -1 on integers, is the run's to report.
        return None
    if x.op.name == "cast" and x.type.dtype == "f32" and np.all(np.isfinite(run)):
        value = arrays[0]  # a literal is rounded where it meets a float32
    if x.type.is_float and not is_exact(x.op, arrays, value):
        return None
    if run is not value and not np.array_equal(
        np.asarray(value).astype(run.dtype), run, equal_nan=x.type.is_float
    ):
        return None  # a float32 is rounded when it runs
    return constant(value, x.type, x.hint, x.origins)


def _ints(x: Instr) -> list[int]:
    return [int(dim) for dim in x.type.shape]


def _known(value: Attribute) -> bool:
    """True if a dim attribute holds no name; the tags of an index key are not names."""
    stack = [(value, False)]
    while stack:
        item, tagged = stack.pop()
        if isinstance(item, str):
            return False
        if isinstance(item, tuple):
            inner = any(isinstance(part, tuple) for part in item)
            head = 1 if tagged and item and isinstance(item[0], str) else 0
            stack.extend((part, inner) for part in item[head:])
    return True


def is_exact(op: Op, operands: Sequence[Any], value: Any) -> bool:
    """True if a float op on these numbers, or arrays of them, has rounded nothing."""
    if "exact" in op.traits:
        return True
    if "rational" not in op.traits:
        return False
    lanes = np.broadcast_arrays(*operands, value)
    for *xs, y in zip(*(lane.reshape(-1).tolist() for lane in lanes), strict=True):
        if not all(map(math.isfinite, (*xs, y))) or op.evaluate(*map(Fraction, xs)) != Fraction(y):
            return False
    return True


FOLD = Rule(
    "op(literals) = literal",
    Ops(among=frozenset({CONSTANT.name}), all=True),
    _folded,
    preserves=BITS,
    purpose=CANONICAL,
)

fold = rules_pass("fold", RuleSet([FOLD]))


def _drop_broadcast(r: Rewriter, x: Instr) -> Instr | None:
    """An elementwise op broadcasts by itself, as long as its result keeps its shape."""
    for i, o in enumerate(x.operands):
        if o.op.name != "broadcast_to":
            continue
        operands = (*x.operands[:i], o.operands[0], *x.operands[i + 1 :])
        try:
            type = x.op.infer(*[a.type for a in operands], **dict(x.attributes))
        except SymgradError:
            continue  # the shapes do not fit without it, so it stays
        if type == x.type:
            return r.build(x.op, *operands, **dict(x.attributes))
    return None


def _late_broadcast(r: Rewriter, x: Instr) -> Instr | None:
    """An op on repeated values is computed once, and its result repeated."""
    sources = [o.operands[0] if o.op.name == "broadcast_to" else o for o in x.operands]
    if sources == list(x.operands):
        return None
    try:
        type = x.op.infer(*[a.type for a in sources], **dict(x.attributes))
    except SymgradError:
        return None
    if type == x.type:
        return None
    small = r.build(x.op, *sources, **dict(x.attributes))
    return r.build("broadcast_to", small, shape=x.type.shape)


def _one_value(r: Rewriter, x: Instr) -> Instr | None:
    """A repeated scalar moved about is that scalar, repeated in the new shape."""
    (a,) = x.operands
    if a.op.name != "broadcast_to" or a.operands[0].type.rank:
        return None
    if x.op.name == "index" and not all(isinstance(d, int) for d in a.type.shape):
        return None  # a place in an array of unknown size is checked
    return r.build("broadcast_to", a.operands[0], shape=x.type.shape)


def _spread_scalar(r: Rewriter, x: Instr) -> Instr | None:
    """A scalar in a shape of ones is repeated once, and most often need not be."""
    (a,) = x.operands
    return None if a.type.rank else r.build("broadcast_to", a, shape=x.type.shape)


def _times(r: Rewriter, x: Instr) -> Instr | None:
    a, b = x.operands
    if is_number(b, 1):
        return a
    if is_number(a, 1):
        return b
    if is_number(b, -1):
        return r.build("negative", a)
    return r.build("negative", b) if is_number(a, -1) else None


def _over(r: Rewriter, x: Instr) -> Instr | None:
    a, b = x.operands
    if is_number(b, 1):
        return a
    return r.build("negative", a) if is_number(b, -1) else None


def _hoist_negation(r: Rewriter, x: Instr) -> Instr | None:
    """(-a)*b is -(a*b): one negation, further out, where a sum may swallow it."""
    a, b = x.operands
    if _negated(a) and _negated(b):
        return r.build(x.op, a.operands[0], b.operands[0])
    for i, (o, other) in enumerate(((a, b), (b, a))):
        if not _negated(o):
            continue
        inner, factor = o.operands[0], other
        if not r.once(o):
            # Others read the negation, so that it stays; here a literal may take the sign.
            signed = _with_sign(r, other, 4) if x.op.name == "multiply" else None
            if signed is not None:
                return r.build(x.op, *((inner, signed) if i == 0 else (signed, inner)))
            if not _is_by_the_way(r, o):
                continue
        number = scalar(other)
        # A literal takes the sign, but -(a/2) reads better than a/-2.
        swallow = x.op.name == "multiply" or i == 1
        if swallow and number:
            factor = r.number(-number, other.type.dtype)
        pair = (inner, factor) if i == 0 else (factor, inner)
        moved = r.build(x.op, *pair)
        return moved if swallow and number else r.build("negative", moved)
    return None


def _is_by_the_way(r: Rewriter, x: Instr) -> bool:
    """True for a negation of what others read, too, if two products read it, which may both take
    its sign."""
    readers = r.readers_of(x)
    known = x.operands[0].is_parameter or not r.once(x.operands[0])
    return known and len(readers) == 2 == r.uses[x] and all(is_product(y.op) for y in readers)


def _negate(r: Rewriter, x: Instr) -> Instr | None:
    (a,) = x.operands
    if _negated(a):
        return a.operands[0]
    if a.op.name not in ("multiply", "divide"):
        return None
    for i, o in enumerate(a.operands):
        if _negated(o) and r.once(a):  # -(-a*b) is a*b, whoever else reads -a
            other = a.operands[1 - i]
            return r.build(a.op, *((o.operands[0], other) if i == 0 else (other, o.operands[0])))
    c, other = a.operands
    if (scalar(c) or 0.0) < 0.0 and not r.once(a):  # whoever else reads c*a
        return r.build(a.op, r.number(-scalar(c), c.type.dtype), other)
    return _with_sign(r, a, 4)


def _with_sign(r: Rewriter, x: Instr, depth: int) -> Instr | None:
    """-x, if a literal factor within a few products and quotients can take the sign."""
    number = scalar(x)
    if number:
        return r.number(-number, x.type.dtype)
    shared = not r.once(x) and not all(o.is_constant or not o.operands for o in x.operands)
    if shared or not x.operands or not depth:
        return None
    if x.op.kind == "shape" and len(x.operands) == 1:
        signed = _with_sign(r, x.operands[0], depth - 1)
        return r.build(x.op, signed, **dict(x.attributes)) if signed is not None else None
    if x.op.name not in ("multiply", "divide"):
        return None
    a, b = x.operands
    signed = _with_sign(r, a, depth - 1)
    if signed is not None:
        return r.build(x.op, signed, b)
    # A divisor keeps its sign: -(a/2) reads better than a/-2.
    signed = _with_sign(r, b, depth - 1) if x.op.name == "multiply" else None
    return r.build(x.op, a, signed) if signed is not None else None


def _plus(r: Rewriter, x: Instr) -> Instr | None:
    a, b = x.operands
    integer = not x.type.is_float
    if is_number(b, -0.0) or (integer and is_number(b, 0)):
        return a
    if is_number(a, -0.0) or (integer and is_number(a, 0)):
        return b
    if _is_below_0(a) and _is_below_0(b):
        return None  # they may have the literal in common
    for first, second in ((a, b), (b, a)):
        if (less := _less(r, second)) is not None:
            return r.build("subtract", first, less)
    return None


def _less(r: Rewriter, x: Instr) -> Instr | None:
    """-x, for a value that is written with a sign: a negation, or a literal below 0 times a."""
    if _negated(x):
        return x.operands[0]
    return _with_sign(r, x, 4) if r.once(x) and _is_below_0(x) else None


def _is_below_0(x: Instr, depth: int = 4) -> bool:
    """True for a product, a quotient or a view of a literal below 0."""
    view = x.op.kind == "shape" and len(x.operands) == 1
    if not depth or not (is_product(x.op) or view):
        return False
    parts = x.operands if x.op.commutative else x.operands[:1]
    return any((scalar(o) or 0) < 0 or _is_below_0(o, depth - 1) for o in parts)


def _minus(r: Rewriter, x: Instr) -> Instr | None:
    a, b = x.operands
    if is_number(b, 0):
        return a
    less = _less(r, b)
    return r.build("add", a, less) if less is not None else None


def _same_branches(r: Rewriter, x: Instr) -> Instr | None:
    _, a, b = x.operands
    return a if a is b else None


def _known_branch(r: Rewriter, x: Instr) -> Instr | None:
    """The branch that a literal condition takes."""
    condition = scalar(x.operands[0])
    if condition is None:
        return None
    return r.build("broadcast_to", x.operands[1 if condition else 2], shape=x.type.shape)


def _known_truth(r: Rewriter, x: Instr) -> Instr | None:
    """``and`` and ``or`` where one side is a literal."""
    for o, other in (x.operands, x.operands[::-1]):
        truth = scalar(o)
        if truth is not None:
            settled = truth is (x.op.name == "logical_or")
            return r.build("broadcast_to", o if settled else other, shape=x.type.shape)
    return None


def _settled_branch(r: Rewriter, x: Instr) -> Instr | None:
    """Within a branch its condition is known, so an inner choice by it is made already."""
    condition, *branches = x.operands
    inner = [
        a.operands[i] if a.op.name == "where" and a.operands[0] is condition else a
        for i, a in enumerate(branches, 1)
    ]
    return r.build(x.op, condition, *inner) if inner != branches else None


def _of_one(r: Rewriter, x: Instr) -> Instr | None:
    """A reduction over axes of size 1 alone reduces nothing."""
    (a,), axes = x.operands, x["axis"]
    if axes is None or any(a.type.shape[i] != 1 for i in axes) or x.type.dtype != a.type.dtype:
        return None
    return a if x["keepdims"] else r.build("reshape", a, shape=x.type.shape)


def _double_transpose(r: Rewriter, x: Instr) -> Instr | None:
    (a,) = x.operands
    if a.op.name != "transpose":
        return None
    return r.build(x.op, a.operands[0], axes=tuple(a["axes"][i] for i in x["axes"]))


def _double_reshape(r: Rewriter, x: Instr) -> Instr | None:
    (a,) = x.operands
    if a.op.name != "reshape":
        return None
    return r.build(x.op, a.operands[0], shape=x["shape"])


def _whole_embedded(r: Rewriter, x: Instr) -> Instr | None:
    """An embedding that leaves no zero, as at column 0 of a single column, changes the shape."""
    (a,) = x.operands
    turned = any(entry[0] == "slice" and entry[3] != 1 for entry in x["key"])
    if turned or a.type.size != x.type.size:
        return None
    return r.build("reshape", a, shape=x.type.shape)


def _negated(x: Instr) -> bool:
    """True for a negation; the sign of a value with a name stays in it."""
    return x.op.name == "negative" and not x.hint


_BROADCASTING = (
    "add subtract multiply divide power arctan2 maximum minimum hypot logaddexp xlogy clip where "
    "greater greater_equal less less_equal equal not_equal logical_and logical_or logical_xor"
)
_keeping = partial(built, preserves=BITS)


def _is_zero(a: float) -> bool:
    """NumPy's sum of -0.0 alone is 0.0."""
    return a == 0.0


_SIGNED = "constant negative multiply divide reshape"
RULES = RuleSet((
    _keeping("f(spread(a), b) = f(a, b)", _BROADCASTING, _drop_broadcast, "broadcast_to"),
    _keeping("f(spread(a), b) = spread(f(a, b))", f"{_BROADCASTING} negative cast",
             _late_broadcast, "broadcast_to"),
    _keeping("moved(spread(s)) = spread(s)", "reshape transpose broadcast_to flip index",
             _one_value, "broadcast_to"),
    _keeping("reshape(s) = spread(s)", "reshape", _spread_scalar),
    _keeping("sum(a, no axes) = a", "sum mean prod max min any all",
             lambda r, x: x.operands[0] if x["axis"] == () else None, deviates=_is_zero),
    _keeping("1*a = a, -1*a = -a", "multiply", _times, "constant"),
    _keeping("a/1 = a, a/-1 = -a", "divide", _over, "constant"),
    _keeping("(-a)*b = -(a*b)", "multiply divide", _hoist_negation, "negative"),
    _keeping("-(c*a) = (-c)*a", "negative", _negate, "negative multiply divide"),
    _keeping("a + -0 = a, a + -b = a - b", "add", _plus, _SIGNED),
    _keeping("a - 0 = a, a - -b = a + b", "subtract", _minus, _SIGNED),
    _keeping("where(c, a, a) = a", "where", _same_branches),
    _keeping("where(true, a, b) = a", "where", _known_branch, "constant broadcast_to"),
    _keeping("a and true = a, a or true = true", "logical_and logical_or", _known_truth,
             "constant"),
    _keeping("where(c, where(c, a, b), d) = where(c, a, d)", "where", _settled_branch, "where"),
    _keeping("sum(a, axes of size 1) = reshape(a)", "sum mean prod max min", _of_one,
             deviates=_is_zero),
    _keeping("a in its own type = a", "cast reshape broadcast_to",
             lambda r, x: x.operands[0]),  # which the engine takes only where the type stays
    _keeping("transpose(a, axes in order) = a", "transpose",
             lambda r, x: x.operands[0] if x["axes"] == tuple(range(x.type.rank)) else None),
    _keeping("transpose(transpose(a)) = transpose(a)", "transpose", _double_transpose,
             "transpose"),
    _keeping("reshape(reshape(a)) = reshape(a)", "reshape", _double_reshape, "reshape"),
    _keeping("embed(a) without a zero = reshape(a)", "embed", _whole_embedded),
))  # fmt: skip

identities = rules_pass("identities", RULES)
