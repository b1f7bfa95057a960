"""Softmax: where a logsumexp serves a softmax too, both are made of the same exponentials.

exp(x - logsumexp(x)), which is also the derivative of logsumexp, becomes exp(x - top) over the sum
of these, and logsumexp(x) the logarithm of that sum, plus top.  That saves half of the
exponentials, and the digits of a difference of two large numbers of which one is rounded: those of
a softmax no longer depend on how large x is, but only on how far it lies below the top.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N, 3]) {
...   %lse = logsumexp %x {axis = (1,), keepdims = true} : f64[N, 1]
...   %0 = subtract %x, %lse : f64[N, 3]
...   %p = exp %0 : f64[N, 3]
...   return %p
... }''', symgrad.ops.OPS)
>>> [x.op.name for x in softmax(f).body if not x.is_constant]
['max', 'isfinite', 'where', 'subtract', 'exp', 'sum', 'divide']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from symgrad.ir.function import Instr, Role
from symgrad.ops.reduction import exponentials, kept, padded, reduced
from symgrad.ops.table import IRAlgebra
from symgrad.rewrite.conditions import is_product, may_be_infinite
from symgrad.rewrite.monomials import Monomial, Part, term_of, without
from symgrad.rewrite.patterns import bared
from symgrad.rewrite.rewriter import Rewriter, RuleSet, rules_pass
from symgrad.rewrite.rule import Pass, built


class Parts(NamedTuple):
    """Of a logsumexp: itself, the top, the exponentials below it, their sum, and the whole."""

    lse: Instr
    top: Instr
    e: Instr
    total: Instr
    logarithm: Instr


def _summed(accurate: bool, r: Rewriter, x: Instr) -> Instr | None:
    """logsumexp(x) is log(sum(exp(x - top))) + top, if a softmax wants it."""
    lse = r.sources.get(x, x)
    if not any(source(y, {}) is lse for y in _exponentials(r, lse)):
        return None
    several = sum(y.op.name == "logsumexp" for y in r.function.body) > 1
    owner = f"_{x.operands[0].hint}" if several and x.operands[0].hint else ""
    made = parts(x, accurate, owner, named=not _is_read_once(r, lse))
    r.notes[x] = r.notes[made.logarithm] = made
    r.called.update({made.top: f"top{owner}", made.e: f"exps{owner}"})
    return made.logarithm


def _is_read_once(r: Rewriter, lse: Instr) -> bool:
    """True if a logsumexp has one reader beside the softmax."""
    stack, count = [lse], 0
    while stack:
        for y in r.readers.get(stack.pop(), ()):
            served = [source(z, {}) is lse for z in r.readers.get(y, ())]
            if y.op.name == "reshape" and len(served) == 1:
                stack.append(y)
            elif not served or not all(served):
                count += 1
    return count <= 1 and lse not in r.function.results


def _exponentials(r: Rewriter, lse: Instr) -> Iterator[Instr]:
    """The exponentials of differences with a logsumexp, reshaped or as it is."""
    stack = [lse]
    while stack:
        for y in r.readers.get(stack.pop(), ()):
            if y.op.name == "reshape":
                stack.append(y)
            elif y.op.name == "subtract":
                yield from r.readers.get(y, ())


def _divided(r: Rewriter, x: Instr) -> Instr | None:
    """exp(x - logsumexp(x)) is exp(x - top) over the sum of these."""
    lse = source(x, r.notes)
    return quotient(x, r.notes[lse]) if lse in r.notes else None


def source(x: Instr, notes: Mapping[Instr, Parts]) -> Instr | None:
    """The logsumexp behind exp(u - logsumexp(u)), if ``x`` is that; notes tell what it became."""
    if x.op.name != "exp" or x.operands[0].op.name != "subtract":
        return None
    u, lse = x.operands[0].operands
    spread = lse.type.shape
    while lse.op.name == "reshape":
        (lse,) = lse.operands
    lse = notes[lse].lse if lse in notes else lse
    if lse.op.name != "logsumexp" or lse.operands[0] is not u:
        return None
    along = reduced(u.type.shape, lse["axis"], True)
    return lse if padded(spread, len(along)) == along else None


def parts(lse: Instr, accurate: bool, owner: str, named: bool) -> Parts:
    """A logsumexp in simpler ops; if it is to be ``named`` and has no name it gets one, which
    ``owner`` ends."""
    f = IRAlgebra(lse.origins, lse.type.dtype)
    x = f.term(lse.operands[0])
    top, e, total = exponentials(
        f, x, axis=lse["axis"], keepdims=lse["keepdims"], accurate=accurate
    )
    whole = (f.log(total) + top).instr
    called = lse.hint or (f"lse{owner}" if named else None)
    whole = whole.replace(hint=called, role=lse.role)
    return Parts(lse, top.instr, e.instr, total.instr, whole)


def quotient(p: Instr, made: Parts) -> Instr:
    """The softmax of the exponentials."""
    f = IRAlgebra(p.origins, p.type.dtype)
    e = f.term(made.e)
    whole: Instr = f.divide(e, kept(f, f.term(made.total), e, made.lse["axis"])).instr
    return whole.replace(hint=p.hint, role=p.role or Role(p, "weights"))


def _shared(accurate: bool) -> Pass:
    rules = (
        built(
            "logsumexp(x) = log(sum(exp(x - top))) + top", "logsumexp", partial(_summed, accurate)
        ),
        built(
            "exp(x - logsumexp(x)) = exp(x - top)/sum(exp(x - top))", "exp", _divided, "subtract"
        ),
    )
    return rules_pass("softmax", RuleSet(rules, needs="logsumexp"))


def _sum_of_weights(r: Rewriter, x: Instr) -> Instr | None:
    """sum(c*(e/sum(e))) is c for exponentials e, where c is the same for all that are summed.

    They are not all 0, as those of -inf would be.
    """
    (a,), axes = x.operands, x["axis"]
    if not is_product(a.op) or not a.type.rank:
        return None
    sign, inner, level = _by_level(r, a, axes)
    if len(inner) != 1 or inner[0][1]:
        return None
    ((e, _),) = inner
    if e.op.name != "exp" or may_be_infinite(e.operands[0]):
        return None
    for s, below in level:
        own = bared(s)
        if below and own.op is x.op and own["axis"] == axes and r.same(own.operands[0], e):
            rest = without(r, Monomial(sign, level), [(s, True)])
            rest = rest if sign > 0 else r.build("negative", rest)
            shapes = {o.type.shape for o, _ in level if o.type.rank}
            if not rest.type.rank:
                return r.build("broadcast_to", rest, shape=x.type.shape)
            fits = len(shapes) == 1 and rest.type.size == x.type.size
            return r.build("reshape", rest, shape=x.type.shape) if fits else None
    return None


def _by_level(r: Rewriter, x: Instr, axes: tuple[int, ...]) -> tuple[int, list[Part], list[Part]]:
    """The sign of a product, its factors that vary along some axes, and those that do not, which
    are looked for behind views, too."""
    sign, parts = term_of(r, x, through=True)
    inner, level = list[Part](), list[Part]()
    for o, below in parts:
        shape = padded(o.type.shape, x.type.rank)
        if not all(shape[i] == 1 for i in axes):
            inner.append((o, below))
        elif below or bared(o) is o:
            level.append((o, below))
        else:
            own = term_of(r, bared(o), through=True)
            sign *= own.sign
            level += own.parts
    return sign, inner, level


WEIGHTS = RuleSet((
    built("sum(c*(e/sum(e))) = c for an exponential e", "sum", _sum_of_weights, "multiply divide"),
))  # fmt: skip

softmax = _shared(accurate=False)
accurate_softmax = _shared(accurate=True)  # right far below the top, too, at the cost of time
