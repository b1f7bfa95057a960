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

from typing import NamedTuple

from symgrad.ir.function import Function, Instr
from symgrad.ir.rebuild import moved_operands, needed_by
from symgrad.ir.types import Shape
from symgrad.ops.reduction import exponentials, kept, reduced
from symgrad.ops.terms import IRAlgebra
from symgrad.rewrite.rewriter import ROUNDING, live, relabel, rewrite, with_body


class Parts(NamedTuple):
    """Of a logsumexp: the top, the exponentials below it, their sum, and the whole."""

    top: Instr
    e: Instr
    total: Instr
    logarithm: Instr


@rewrite("softmax", preserves=ROUNDING)
def softmax(function: Function) -> Function:
    return shared(function, False)


@rewrite("softmax", preserves=ROUNDING)
def accurate_softmax(function: Function) -> Function:
    """The same, with exponentials that are right far below the top too, at the cost of time."""
    return shared(function, True)


def shared(function: Function, accurate: bool) -> Function:
    sources = {x: lse for x in function.body if (lse := source(x)) is not None}
    if not sources:
        return function
    wanted = set(sources.values())
    made: dict[Instr, Parts] = {}
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    known = set(function.parameters)
    for x in function.body:
        y = moved_operands(x, moved)
        if x in wanted:
            made[x] = parts(y, accurate)
            y = made[x].logarithm
        elif x in sources:
            y = quotient(y, sources[x], made[sources[x]])
        if y is not x:
            moved[x] = y
        new = list(needed_by(y, known))
        known.update(new)
        body += new
    hints = {part: name for p in made.values() for part, name in ((p.top, "top"), (p.e, "exps"))}
    return live(relabel(with_body(function, body, moved), hints, {}))


def source(x: Instr) -> Instr | None:
    """The logsumexp behind exp(u - logsumexp(u)), if ``x`` is that."""
    if x.op.name != "exp" or x.operands[0].op.name != "subtract":
        return None
    u, lse = x.operands[0].operands
    spread = lse.type.shape
    while lse.op.name == "reshape":
        (lse,) = lse.operands
    if lse.op.name != "logsumexp" or lse.operands[0] is not u:
        return None
    along = reduced(u.type.shape, lse["axis"], True)
    return lse if aligned(spread, len(along)) == along else None


def aligned(shape: Shape, rank: int) -> Shape:
    """A shape as it broadcasts: with ones in front."""
    return (1,) * (rank - len(shape)) + tuple(shape)


def parts(lse: Instr, accurate: bool) -> Parts:
    """A logsumexp in simpler ops."""
    f = IRAlgebra(lse.origins, lse.type.dtype)
    x = f.term(lse.operands[0])
    top, e, total = exponentials(
        f, x, axis=lse["axis"], keepdims=lse["keepdims"], accurate=accurate
    )
    whole = (f.log(total) + top).instr.replace(hint=lse.hint or "lse")
    return Parts(top.instr, e.instr, total.instr, whole)


def quotient(p: Instr, lse: Instr, made: Parts) -> Instr:
    """The softmax of the exponentials."""
    f = IRAlgebra(p.origins, p.type.dtype)
    e = f.term(made.e)
    whole: Instr = f.divide(e, kept(f, f.term(made.total), e, lse["axis"])).instr
    return whole.replace(hint=p.hint)
