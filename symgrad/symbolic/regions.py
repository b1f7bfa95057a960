"""Simplification by SymPy, on small elementwise regions of value and gradient.

A region is an elementwise value together with what only it needs.  SymPy sees one region at a time,
never a program, in a process of its own; what it gives back is taken where it is proved equal, is
as accurate at samples, and makes the whole function cheaper.  The trials are counted in nodes, so
that the text does not depend on the machine; running out of time is an error.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = sin %x : f64[]
...   %1 = square %0 : f64[]
...   %2 = cos %x : f64[]
...   %3 = square %2 : f64[]
...   %4 = add %1, %3 : f64[]
...   %5 = multiply %4, %x : f64[]
...   return %5
... }''', symgrad.ops.OPS)
>>> g, (change,) = simplified_by_sympy(f)
>>> g.results
(<x = parameter : f64[]>,)
>>> print(change)
x*(sin(x)**2 + cos(x)**2) = x: cost 36 -> 0
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy as sp

from symgrad.errors import LimitError, SymgradError
from symgrad.ir.function import Function, Instr, function, parameter, union
from symgrad.ir.rebuild import live, moved_operands, needed_by, use_counts, with_body
from symgrad.ir.run import by_name, interpret, run
from symgrad.ir.types import Type
from symgrad.ops.table import IRAlgebra, Term
from symgrad.rewrite.identities import fold, identities
from symgrad.rewrite.passes import cse, dce
from symgrad.rewrite.reals import reals
from symgrad.rewrite.rule import Fired
from symgrad.rewrite.simplify import cost, elements, total
from symgrad.symbolic.budget import within
from symgrad.symbolic.from_sympy import read
from symgrad.symbolic.precise import PRECISE, digits, ulps
from symgrad.symbolic.to_sympy import write

MAX_NODES = 40  # of a region
MAX_REGIONS = 40  # of a function, the first ones
SECONDS = 120.0
_POINTS = 24
_ROUNDS = 3
_SLACK = 4.0  # ulps by which a result may be off in any case


class Region(NamedTuple):
    """A value, the values that only it needs, and the function of what they read."""

    root: Instr
    inner: tuple[Instr, ...]
    leaves: tuple[Instr, ...]
    program: Function


def simplified_by_sympy(f: Function) -> tuple[Function, tuple[Fired, ...]]:
    """The function with every region rewritten where that pays, and what was rewritten; the
    function itself if nothing was.

    Raises LimitError where SymPy does not finish in ``SECONDS``.
    """
    told: list[Fired] = []
    for _ in range(_ROUNDS):
        g, changes = _once(f)
        if g is f:
            break
        told += changes
        f = g  # what lost its other users may have become part of a region
    return f, tuple(told)


def _once(f: Function) -> tuple[Function, list[Fired]]:
    found = regions(f)[:MAX_REGIONS]
    if not found:
        return f, []
    expressions = [write(r.program, _symbols(r), exact=True)[0] for r in found]
    forms = _asked("tasks.forms", expressions)
    chosen: list[tuple[Region, Function, Fired]] = []
    proofs: list[Any] = []
    for region, expression, candidates in zip(found, expressions, forms, strict=True):
        best = _cheapest(region, expression, candidates)
        if best is not None:
            price, program, form = best
            chosen.append((region, program, _told(region, expression, form, price)))
            proofs.append(form - expression)
    proved = _asked("tasks.are_zero", proofs) if proofs else []
    sure = [c for c, ok in zip(chosen, proved, strict=True) if ok]
    after = cse(_replaced(f, found, {region.root: program for region, program, _ in sure}))
    return (after, [told for *_, told in sure]) if cost(after) < cost(f) else (f, [])


def _told(region: Region, expression: Any, form: Any, price: int) -> Fired:
    """The change, in the names that the values have."""
    names = {
        symbol: sp.Symbol(x.hint)
        for symbol, x in zip(_symbols(region), region.leaves, strict=True)
        if x.hint
    }
    # SymPy simplifies some things as it reads them.
    was = f"{len(region.inner)} operations" if expression == form else expression.xreplace(names)
    change = f"{was} = {form.xreplace(names)}"
    count = elements(region.root)
    origins = union(*(x.origins for x in region.inner))
    return Fired(change, origins, count * total(region.program.body), count * price)


def _asked(task: str, expressions: Sequence[Any]) -> Any:
    try:
        return within(SECONDS, task, list(expressions))
    except LimitError as error:
        raise LimitError(f"simplify='sympy': {error}; use simplify=True") from error


def regions(f: Function) -> list[Region]:
    """The regions of a function that have between 3 and ``MAX_NODES`` values."""
    uses, taken, found = use_counts(f), set[Instr](), []
    for root in reversed(f.body):
        if root in taken or not _fits(root, root):
            continue
        inner, leaves = _grown(root, uses)
        taken.update(inner)
        if 3 <= len(inner) <= MAX_NODES and any(not x.is_constant for x in leaves):
            found.append(_region(root, inner, leaves))
    return found[::-1]


def _fits(x: Instr, root: Instr) -> bool:
    plain = x.op.kind == "elementwise" and x.op.meaning is not None and not x.attributes
    return plain and x.type == root.type


def _grown(root: Instr, uses: dict[Instr, int]) -> tuple[list[Instr], list[Instr]]:
    """The region of a root, and what it reads; results before operands."""
    inner: list[Instr] = []
    leaves: dict[Instr, None] = {}
    stack = [root]
    while stack:
        x = stack.pop()
        inner.append(x)
        for o in x.operands:
            if _fits(o, root) and uses.get(o, 0) == 1:
                stack.append(o)
            else:
                leaves[o] = None
    return inner, list(leaves)


def _region(root: Instr, inner: list[Instr], leaves: list[Instr]) -> Region:
    scalars = [x for x in leaves if not x.is_constant or x.type.rank]
    stand_ins = {x: parameter(f"v{i}", Type("f64")) for i, x in enumerate(scalars)}
    made: dict[Instr, Instr] = dict(stand_ins)
    f = IRAlgebra()
    for x in leaves:
        if x not in made:
            made[x] = f.number(float(x["value"]), "f64")
    order = [x for x in needed_by(root, set(leaves)) if x in set(inner)]
    for x in order:
        made[x] = f.apply(x.op.name, *[f.term(made[o]) for o in x.operands]).instr
    program = function("region", list(stand_ins.values()), [made[root]])
    return Region(root, tuple(inner), tuple(scalars), program)


def _symbols(region: Region) -> list[Any]:
    return [sp.Symbol(p.hint, real=True) for p in region.program.parameters]


def _cheapest(
    region: Region, expression: Any, candidates: Sequence[Any]
) -> tuple[int, Function, Any] | None:
    """Cost, program and expression of the cheapest form that is as accurate as the region."""
    best: tuple[int, Function, Any] | None = None
    for form in candidates:
        try:
            program = _read(region, form)
        except SymgradError:
            continue  # SymPy wrote it with something that the op table lacks
        price = cost(program)
        bar = best[0] if best else total(region.program.body)
        if price < bar and _is_accurate(region, expression, program):
            best = (price, program, form)
    return best


def _read(region: Region, form: Any) -> Function:
    f = IRAlgebra()
    parameters = [parameter(p.hint, Type("f64")) for p in region.program.parameters]
    bound = {s: f.term(p) for s, p in zip(_symbols(region), parameters, strict=True)}
    value = read(form, f, bound.__getitem__)
    result = value.instr if isinstance(value, Term) else f.number(value, "f64")
    return dce(cse(identities(reals(fold(function("region", parameters, [result]))))))


def _is_accurate(region: Region, expression: Any, program: Function) -> bool:
    """True if at samples the new form is off by no more than the old one, or by little."""
    chance = random.Random(len(region.inner))
    symbols = _symbols(region)
    for _ in range(_POINTS):
        scale = chance.choice((0.01, 1.0, 30.0))
        point = [chance.uniform(-1.0, 1.0) * scale for _ in symbols]
        with digits(400):
            exact = [mpmath.mpf(v) for v in point]
            bound = dict(zip(symbols, exact, strict=True))
            try:
                value = read(expression, PRECISE, bound.__getitem__)
            except (ZeroDivisionError, ValueError, TypeError, OverflowError):
                continue
            if not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value):
                continue
            before, after = (
                ulps(float(interpret(g, [np.float64(v) for v in point])[0]), value)
                for g in (region.program, program)
            )
            if after > max(before, _SLACK):
                return False
    return True


def _replaced(f: Function, found: Sequence[Region], change: dict[Instr, Function]) -> Function:
    """The function with the roots computed by their new programs."""
    by_root = {r.root: r for r in found if r.root in change}
    moved: dict[Instr, Instr] = {}
    body: list[Instr] = []
    known: set[Instr] = set(f.parameters)
    for x in f.body:
        y = moved_operands(x, moved)
        if x in by_root:
            y = _computed(by_root[x], change[x], moved)
        if y is not x:
            moved[x] = y
        new = list(needed_by(y, known))
        known.update(new)
        body += new
    return live(with_body(f, body, moved))


def _computed(region: Region, program: Function, moved: dict[Instr, Instr]) -> Instr:
    origins = union(*(x.origins for x in region.inner))
    f = IRAlgebra(origins, region.root.type.dtype)
    (value,) = run(program, by_name(f), [f.term(moved.get(x, x)) for x in region.leaves])
    instr: Instr = value.instr if isinstance(value, Term) else f.number(value, f.dtype)
    if instr.type != region.root.type:
        instr = f.broadcast_to(f.term(instr), shape=region.root.type.shape).instr
    fresh = not (instr.hint or instr.is_parameter or instr in region.leaves)
    return instr.replace(hint=region.root.hint) if fresh and region.root.hint else instr
