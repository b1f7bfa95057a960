"""An IR function of scalars as SymPy expressions, through the meanings that the ops declare.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = constant 0.5 : f64[]
...   %1 = multiply %0, %x : f64[]
...   %2 = tanh %1 : f64[]
...   return %2
... }''', symgrad.ops.OPS)
>>> write(f, [sp.Symbol("x")]), write(f, [sp.Symbol("x")], exact=True)
([tanh(0.5*x)], [tanh(x/2)])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

from symgrad.errors import LimitError, UnsupportedError
from symgrad.ir.function import Function, Instr
from symgrad.ir.rebuild import rebuild, with_operands
from symgrad.ir.run import run
from symgrad.ops.table import IRAlgebra
from symgrad.symbolic import large
from symgrad.symbolic.sympy_numbers import literal

LARGE = 1_000  # parts of an expression, each counted as often as paths lead to it
LONGEST = 5_000  # of what is shared
SHARED = 10  # paths to each part
_BY_PARTS = "convert its parts one by one, with symbols for what they share"


def write(
    f: Function, symbols: Sequence[Any], exact: bool = False, evaluate: bool = True
) -> list[Any]:
    """The results of a function of scalars, for one SymPy expression a parameter.

    exact     literals become the rationals that they are, instead of floats
    evaluate  SymPy's automatic simplification; it recurses, so a deep expression needs False
    Raises UnsupportedError for an op without a meaning, LimitError where SymPy recurses too deep,
    walks too many paths, or writes out too long a number.
    """
    extents: dict[Any, int] = {}
    lengths: dict[Any, int] = {}

    def apply(x: Instr, operands: list[Any]) -> Any:
        evaluates = _largest(x, operands, extents) <= LARGE and evaluate
        if evaluates:
            large.check(x.op.name, operands, lengths)
        with sp.evaluate(evaluates or _folds(x, operands)):
            return _meaning(x, operands, exact, large.Bounded() if evaluates else sp)

    try:
        return run(f, apply, symbols)
    except RecursionError as error:
        instead = "pass evaluate=False" if evaluate else _BY_PARTS
        raise LimitError(f"SymPy recurses too deep in this expression; {instead}") from error


def _largest(x: Instr, operands: list[Any], known: dict[Any, int]) -> int:
    """The extent of an operand that SymPy looks into; 0 of others.  Raises LimitError."""
    name, folds = x.op.name, _folds(x, operands)
    # SymPy looks into these as if they were trees, to see whether they are simpler than they seem;
    # extremes it sorts by the number of their parts, unasked.
    walks = name == "power" or "comparison" in x.op.traits
    if not (walks or folds or "extreme" in x.op.traits):
        return 0
    most = max(_extent(o, known) for o in operands)
    shared = most > SHARED * len(known)
    if shared and most > (LARGE if folds else LONGEST) and not walks:
        raise LimitError(
            f"SymPy would walk all paths to what this {name} is taken of, {most:.1e} of them; "
            f"{_BY_PARTS}"
        )
    return most if walks else 0


def _folds(x: Instr, operands: list[Any]) -> bool:
    """True if it is a choice by a choice, which SymPy simplifies whatever it is told."""
    return x.op.name == "where" and bool(operands[0].has(sp.Piecewise))


def _extent(root: Any, known: dict[Any, int]) -> int:
    """How many parts an expression has, as a tree."""
    return large.folded(root, lambda part, below: 1 + sum(below), known)


def _meaning(x: Instr, operands: list[Any], exact: bool, namespace: Any) -> Any:
    if x.is_constant:
        return literal(x["value"], exact)
    if x.op.spelled is not None:
        return x.op.spelled(sp, *operands)
    if x.op.name == "where" and x.type.dtype == "bool":
        return sp.ITE(*operands)
    if x.op.name == "cast":
        return _cast(x, operands[0])
    if x.op.meaning is None:
        raise UnsupportedError(f"the op {x.op.name!r} has no meaning for SymPy")
    attributes = {
        key: literal(value, exact) if isinstance(value, float) else value
        for key, value in x.attributes
    }
    return x.op.meaning(namespace, *operands, **attributes)


def _cast(x: Instr, operand: Any) -> Any:
    if x.type.dtype == "bool":
        return sp.Ne(operand, 0)
    if x.operands[0].type.dtype == "bool":
        return sp.Piecewise((1, operand), (0, True))
    return operand


def symbols_of(p: Instr, own: Any) -> list[Any]:
    """A real symbol for each element of a parameter, those of ``own`` where that is given."""
    if not p.type.rank:
        return [sp.Symbol(p.hint, real=True) if own is None else sp.sympify(own, strict=True)]
    base = sp.IndexedBase(p.hint, shape=p.type.shape, real=True) if own is None else own
    return [base[i if len(i) > 1 else i[0]] for i in np.ndindex(*map(int, p.type.shape))]


def plain(f: Function) -> Function:
    """log(sum(exp(x))) for logsumexp: in exact arithmetic nothing overflows."""
    if all(x.op.name != "logsumexp" for x in f.body):
        return f

    def change(x: Instr, operands: tuple[Instr, ...]) -> Instr:
        if x.op.name != "logsumexp":
            return with_operands(x, operands)
        a = IRAlgebra(x.origins, x.type.dtype)
        total: Instr = a.log(a.sum(a.exp(a.term(operands[0])), **dict(x.attributes))).instr
        return total

    return rebuild(f, change, in_place=False)
