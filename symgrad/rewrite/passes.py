"""Passes that apply no rules: common values, dead values, and formulas in place of ops.

``cse`` makes equal op, operands, attributes and type one value, and so it does x*x and square(x).
The survivor stands where the first one stood, with the origins of all and the first hint; a literal
that several lines have is of none of them.  Attributes are compared by repr, so that 0.0 and -0.0,
and 1 and True, stay apart.  ``dce`` drops what no result needs; parameters stay.

``leading``: what a reduction keeps in front of all axes broadcasts without being kept, so that
h - h.mean(axis=0) is one value, however a variance writes it, before it is differentiated.

``inline``: an op that was defined by a formula becomes the formula.

So does one of two ops that share a part at the same operands: where sigmoid(x) and sigmoid(-x)
are computed, the derivative is their product.  The pass stands behind differentiation, which takes
the op's own derivative, and before simplification, so that what value and derivative have in common
is computed once.

``mirror``: sigmoid(-x) beside sigmoid(x) becomes an op of x, too.  A helper then gives both in one
call, as ``beside`` tells of an op; the first of the two has the statement, which binds both names::

    z, rest_z = sigmoids(pre_z)        %z = sigmoid %pre_z       %0 = sigmoid_rest %pre_z

``expand`` makes the pass that writes out what a target has no text for.  It stands behind
simplification, and ``cse`` behind it, so that what two expansions have in common is computed once.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N]) {
...   %s = sigmoid %x : f64[N]
...   %0 = negative %x : f64[N]
...   %r = sigmoid %0 : f64[N]
...   %d = sigmoid_slope %x : f64[N]
...   return %s, %r, %d
... }''', symgrad.ops.OPS)
>>> [x.op.name for x in dce(cse(inline(mirror(f)))).body]
['sigmoid', 'sigmoid_rest', 'multiply']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from symgrad.ir.function import Function, Instr, Origins, constant, emit, union
from symgrad.ir.rebuild import live, moved_operands, needed_by, relabel, with_body
from symgrad.ir.types import Type
from symgrad.ops.arithmetic import MULTIPLY, NEGATIVE, SUBTRACT
from symgrad.ops.powers import SQUARE
from symgrad.ops.table import OPS, IRAlgebra
from symgrad.rewrite.rewriter import Rewriter, RuleSet, rules_pass
from symgrad.rewrite.rule import BITS, Pass, built


def without_rules(name: str) -> Callable[[Callable[[Function], Function]], Pass]:
    """Declares a pass that keeps every bit and applies no rule."""
    return lambda run: Pass(name, BITS, lambda function: (run(function), ()))


MAX_ELEMENTS = 64


@without_rules("cse")
def cse(function: Function) -> Function:
    first: dict[object, Instr] = {}
    moved: dict[Instr, Instr] = {}
    hints: dict[Instr, str] = {}
    origins: dict[Instr, list[Origins]] = {}
    body: list[Instr] = []
    for x in function.body:
        own = moved_operands(x, moved)
        y = first.setdefault(_key(own), own)
        if y is not x:
            moved[x] = y
        if y is own:
            body.append(y)
            continue
        if x.role and y.role and not x.role.of and not y.role.of:
            x.role.apart = y.role.apart = True
        if x.origins != y.origins:
            origins.setdefault(y, []).append(x.origins)
        if x.hint and not y.hint:
            hints.setdefault(y, x.hint)
    return relabel(with_body(function, body, moved), hints, origins) if moved else function


def _key(x: Instr) -> object:
    """The key of equal instructions.  Only for a literal does the rest not give the type."""
    operands = x.operands
    if not operands:
        return (x.op, repr(x.attributes), x.type)
    if x.op is SQUARE:
        return (MULTIPLY, operands * 2)  # to the bit
    if x.op.commutative:
        # Sorted only to compare: the operands of the survivor keep the order of its author.
        a, b = operands
        operands = operands if id(a) < id(b) else (b, a)
    return (x.op, operands, repr(x.attributes)) if x.attributes else (x.op, operands)


def _is_dear(x: Instr) -> bool:
    return x.op.weight > 1 or "contracts" in x.op.traits


def early_cse(function: Function) -> Function:
    """``cse`` for values that are dear or have a name; the others stay as they are written.

    It runs before differentiation: d_v is then the derivative by all readers of v, and a dear value
    is differentiated once.  Sharing a product or a view there would add up cotangents of values
    that a reader does not see as one.
    """
    classes: dict[object, Instr] = {}
    first: dict[Instr, Instr] = {}  # to the first of several that are equal
    members: dict[Instr, list[Instr]] = {}  # the several, by their first
    for x in function.body:
        y = classes.setdefault(_key(moved_operands(x, first)), x)
        if y is not x:
            first[x] = y
            members.setdefault(y, [y]).append(x)
    shared = {
        y: next((x.hint for x in xs if x.hint), "")
        for y, xs in members.items()
        if y.operands and (_is_dear(y) or any(x.hint for x in xs))
    }
    if not shared:
        return function
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    for x in function.body:
        y = first.get(x, x)
        if y in shared and y is not x:
            moved[x] = moved.get(y, y)
            continue
        own = moved_operands(x, moved)
        if y in shared:
            united = union(*(z.origins for z in members[y]))
            own = own.replace(None, shared[y], united)
        if own is not x:
            moved[x] = own
        body.append(own)
    return with_body(function, body, moved)


def _without_leading_ones(r: Rewriter, x: Instr) -> Instr | None:
    """f(a, sum(b, keepdims)) is f(a, sum(b)) where the axes that are kept lead: they broadcast."""
    operands = [
        r.build(o.op, *o.operands, axis=o["axis"], keepdims=False) if _leads(o) else o
        for o in x.operands
    ]
    if operands == [*x.operands]:
        return None
    whole = r.build(x.op, *operands, **dict(x.attributes))
    return whole.replace(hint=x.hint) if whole.type == x.type else None


def _leads(x: Instr) -> bool:
    """True for a reduction that keeps axes in front of all others, and that nobody named."""
    if "reduces" not in x.op.traits or x.hint or not x["keepdims"]:
        return False
    return x["axis"] == tuple(range(len(x["axis"]))) and len(x["axis"]) < x.type.rank


def _kept_of_all(r: Rewriter, x: Instr) -> Instr | None:
    """A reduction over all axes that keeps them is one number, repeated, for ops that broadcast."""
    readers = r.readers_of(x)
    broadcast = sum(y.operands.count(r.sources.get(x, x)) for y in readers if y.op.partials)
    if not x["keepdims"] or not x.type.rank or any(d != 1 for d in x.type.shape):
        return None
    if len(x["axis"]) < x.type.rank or r.uses.get(x, 0) != broadcast:
        return None
    number = r.build(x.op, *x.operands, axis=x["axis"], keepdims=False)
    number = number.replace(hint=x.hint, role=x.role)
    return r.build("broadcast_to", number, shape=x.type.shape)


def _repeated(r: Rewriter, x: Instr) -> Instr | None:
    """A short array of one literal is that, repeated."""
    if x.hint or not x.type.rank:
        return None
    values = np.asarray(x["value"]).reshape(-1)[:MAX_ELEMENTS].tolist()
    if x.type.size != len(values) or len({repr(v) for v in values}) != 1:
        return None
    number = constant(values[0], Type(x.type.dtype), origins=x.origins)
    return r.build("broadcast_to", number, shape=x.type.shape)


def _of_the_repeated(r: Rewriter, x: Instr) -> Instr | None:
    """A function of a repeated value is computed once."""
    (a,) = x.operands[:1]
    if x.op.partials is None or len(x.operands) > 1:
        return None
    once = r.build(x.op, *a.operands, **dict(x.attributes))
    return r.build("broadcast_to", once, shape=x.type.shape)


REPEATS = RuleSet((
    built("f(spread(a)) = spread(f(a))", "", _of_the_repeated, "broadcast_to", preserves=BITS),
    built("constant(c, c) = spread(c)", "constant", _repeated, preserves=BITS),
    built("f(sum(a, all axes, keepdims)) = f(spread(sum(a)))", "sum mean max min logsumexp",
          _kept_of_all, preserves=BITS),
))  # fmt: skip


leading = rules_pass("leading", RuleSet((
    built("f(a, sum(b, keepdims)) = f(a, sum(b)) for leading axes", "add subtract multiply divide",
          _without_leading_ones, "sum mean max min", preserves=BITS),
), needs="sum mean max min"))  # fmt: skip


@without_rules("dce")
def dce(function: Function) -> Function:
    return live(function)


@without_rules("mirror")
def mirror(function: Function) -> Function:
    first: dict[object, tuple[Instr, bool]] = {}  # by what it is up to its sign
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    for x in function.body:
        y = moved_operands(x, moved)
        if y.op.mirrored:
            (own,) = y.operands
            key, minus = _up_to_sign(own)
            o, other = first.setdefault(key, (own, minus))
            if o is not own:
                op = y.op if minus == other else OPS[y.op.mirrored]
                y = emit(op, [o], origins=y.origins).replace(hint=y.hint, role=y.role)
        if y is not x:
            moved[x] = y
        body.append(y)
    return with_body(function, body, moved) if moved else function


def _up_to_sign(x: Instr) -> tuple[object, bool]:
    """What x or -x is, and whether it is -x: negated, or a difference the other way round."""
    minus = False
    while x.op is NEGATIVE:
        (x,), minus = x.operands, not minus
    if x.op is not SUBTRACT:
        return x, minus
    a, b = x.operands
    return ((a, b), minus) if id(a) < id(b) else ((b, a), not minus)


@without_rules("inline")
def inline(function: Function) -> Function:
    together = sharing(function)
    return inlined(function, lambda x: x.op.inline or x in together)


def expand(lacks: Callable[[Instr], bool]) -> Pass:
    """The pass that writes out the ops which a target lacks.

    Nobody named such a value, so it is called what its op says.
    """
    return Pass("expand", BITS, lambda f: (inlined(f, lacks, lambda x: x.hint or x.op.called), ()))


def inlined(
    function: Function,
    wanted: Callable[[Instr], bool],
    called: Callable[[Instr], str] = lambda x: x.hint,
) -> Function:
    """The function with the expansions of such instructions in their place, and their names."""
    if not any(map(wanted, function.body)):
        return function
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    known: set[Instr] = set(function.parameters)
    for x in function.body:
        y = moved_operands(x, moved)
        if wanted(x) and y.op.expansion is not None:
            whole, hint = expansion_of(y), called(x)
            y = whole if whole in known else whole.replace(hint=hint or None, role=x.role)
        if y is not x:
            moved[x] = y
        new = list(needed_by(y, known))
        known.update(new)
        body += new
    return with_body(function, body, moved)


def expansion_of(x: Instr) -> Instr:
    """An instruction, whose op has an expansion, as simpler ones make it."""
    assert x.op.expansion is not None
    f = IRAlgebra(x.origins, x.type.dtype)
    whole: Instr = x.op.expansion(f, *map(f.term, x.operands), **dict(x.attributes)).instr
    return whole


def sharing(function: Function) -> set[Instr]:
    """The instructions whose operands the op that shares their expansion is applied to as well."""
    at = {(x.op.name, x.operands) for x in function.body}
    return {x for x in function.body if x.op.shares and (x.op.shares, x.operands) in at}


class Pair(NamedTuple):
    """The value that comes with another, and the helper that gives both."""

    second: Instr
    helper: str


def pairs_of(body: Sequence[Instr]) -> tuple[dict[Instr, Pair], dict[int, Instr]]:
    """The pairs in a body by their first values, and these by the ``id`` of the second ones.  Of
    several that could come with one, one does."""
    found: dict[Instr, Pair] = {}
    seconds = [x for x in body if x.op.beside]
    if not seconds:
        return found, {}
    wanted = {x.operands for x in seconds}
    firsts = {(x.op.name, x.operands): x for x in body if x.operands in wanted}
    for x in seconds:
        assert x.op.beside
        name, helper = x.op.beside
        first = firsts.get((name, x.operands))
        if first is not None:
            found.setdefault(first, Pair(x, helper))
    return found, {id(pair.second): x for x, pair in found.items()}
