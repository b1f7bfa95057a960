"""Arrays of known shape as scalars: what the ``python`` target is made of.

Each array becomes a NumPy array of scalar instructions, by one rule a family of ops: elementwise
ops apply to each element, reductions fold, and ops that only move elements are *run on the
positions* of the elements, so that their reference semantics says what goes where.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalar_indexing import (
    MAX_ELEMENTS,
    READERS,
    Elements,
    Wrapped,
    box,
    gather,
    place,
    scatter,
)
from symgrad.codegen.unit import ROLES, Pack, Structure, Unit, VectorArgument
from symgrad.errors import LimitError, UnsupportedError
from symgrad.ir.function import Function, Instr, as_given, constant, function, parameter
from symgrad.ir.op import Op
from symgrad.ir.run import run
from symgrad.ir.types import Type
from symgrad.ops.index_slices import entries
from symgrad.ops.strong import rank_one, strong_product
from symgrad.ops.table import IRAlgebra, Term
from symgrad.rewrite.passes import expand

Shape = tuple[int, ...]
OpRule = Callable[[IRAlgebra, Instr, list[Elements], Shape], Elements]
_RULES: dict[str, OpRule] = {}


def scalarize(unit: Unit) -> Unit:
    """The unit with every array as scalars; arguments and results keep their nesting.

    Raises UnsupportedError for a named size, or an op that has no scalar form; LimitError for more
    than ``MAX_ELEMENTS`` elements in one array.
    """
    f = unit.function
    if all(x.type.rank == 0 for x in (*f.parameters, *f.body)):
        return unit
    for x in (*f.parameters, *f.body):
        check(x)
    wrapped: Wrapped = {}
    given = [split(p) for p in f.parameters]
    parameters: list[Instr] = []
    groups: list[VectorArgument] = []
    places: dict[int, int] = {}
    for i, (p, elements) in enumerate(zip(f.parameters, given, strict=True)):
        places[i] = len(parameters)
        if p.type.rank:
            k, role, dtype = len(parameters), ROLES[p["kind"]], p.type.dtype
            members = tuple(range(k, k + elements.size))
            groups.append(VectorArgument(p.hint, members, (), shape_of(p), (), role, dtype, k))
        parameters += [t.instr for t in elements.flat]
    for g in unit.groups:
        before = places.get(g.before, len(parameters))
        groups.append(replace(g, members=tuple(places[i] for i in g.members), before=before))
    found = run(f, lambda x, operands: named(x, elements_of(x, operands, wrapped)), given)
    results: list[Instr] = []
    spots: list[int | Pack] = []
    for r, elements in zip(f.results, found, strict=True):
        flat = [t.instr for t in elements.flat]
        members = tuple(range(len(results), len(results) + len(flat)))
        spots.append(Pack(members, shape=shape_of(r)) if r.type.rank else members[0])
        results += flat
    return replace(
        unit,
        function=function(f.name, parameters, results),
        structure=relocate(unit.structure, spots),
        groups=tuple(groups),
    )


def scalar_function(f: Function) -> Function:
    """A function of small fixed shapes as one of scalars, with composite ops written out."""
    return scalarize(Unit(expand(PYTHON.lacks)(f), 0)).function


def relocate(part: Structure, spots: Sequence[int | Pack]) -> Structure:
    """The structure with each result's new place."""
    if isinstance(part, int):
        return spots[part]
    if isinstance(part, Pack):
        members = [spots[i] for i in part.members]
        return Pack(tuple(m for m in members if isinstance(m, int)), part.rows, part.shape)
    return tuple(relocate(p, spots) for p in part)


def shape_of(x: Instr) -> tuple[int, ...]:
    return tuple(d for d in x.type.shape if isinstance(d, int))


def check(x: Instr) -> None:
    """Raises where a value has no fixed, moderate shape."""
    where = place(x)
    size = x.type.size
    if isinstance(size, str):
        raise UnsupportedError(
            f"the python target takes fixed shapes, but {x.hint or x.op.name!r} is {x.type}; "
            f"give the option sizes={{...}}, or compile with target='numpy'{where}"
        )
    if size > MAX_ELEMENTS:
        raise LimitError(
            f"the python target takes arrays of at most {MAX_ELEMENTS} elements, but "
            f"{x.hint or x.op.name!r} has {size}; compile with target='numpy'{where}"
        )


def split(p: Instr) -> Elements:
    """A parameter as an array of scalar parameters, ``w_12`` for row 1 and column 2 of ``w``."""
    f = IRAlgebra()
    if p.type.rank == 0:
        return box([f.term(p)], ())
    shape, type, kind = shape_of(p), Type(p.type.dtype), p["kind"]
    names = [f"{p.hint}_{suffix}" for suffix in suffixes(shape)]
    return box([f.term(parameter(name, type, kind, p.origins)) for name in names], shape)


def suffixes(shape: Shape) -> list[str]:
    """The place of each element, counted from 1: 12 for row 1 and column 2."""
    glue = "" if all(d < 10 for d in shape) else "_"
    return [glue.join(str(i + 1) for i in index) for index in np.ndindex(shape)]


def named(x: Instr, elements: Elements) -> Elements:
    """Gives the elements of a named array their names; a scalar keeps what it stands for."""
    role = x.role if not x.type.rank else None
    if not (x.hint or role):
        return elements
    items = []
    for t, suffix in zip(elements.flat, suffixes(elements.shape), strict=True):
        hint = f"{x.hint}_{suffix}" if suffix else x.hint
        fresh = not (t.instr.hint or t.instr.is_constant or t.instr.is_parameter)
        items.append(Term(t.f, t.instr.replace(hint=hint, role=role)) if fresh else t)
    return box(items, elements.shape)


def elements_of(x: Instr, operands: list[Elements], wrapped: Wrapped) -> Elements:
    """The elements of one instruction's result."""
    f = IRAlgebra(x.origins, x.type.dtype if x.type.is_float else "f64")
    shape, name = shape_of(x), x.op.name
    if name in READERS:
        return gather(f, x, operands, shape, wrapped)
    if x.op.reader:
        return scatter(f, x, operands, shape, wrapped)
    rule = rule_of(x.op)
    if rule:
        return rule(f, x, operands, shape)
    if x.op.expansion is not None and x.op.partials is None:
        raise UnsupportedError(f"{name} has to be expanded before it is split into scalars")
    if x.op.partials is None and x.op.kind != "selection" and name != "within":
        raise UnsupportedError(
            f"the python target refuses {name!r}: it has no scalar form; "
            f"use the numpy target{place(x)}"
        )
    lanes = [np.broadcast_to(o, shape).reshape(-1) for o in operands]
    items = [f.apply(name, *lane, **dict(x.attributes)) for lane in zip(*lanes, strict=True)]
    return box(items, shape)


def _rule(*names: str) -> Callable[[OpRule], OpRule]:
    """Enters a rule of these ops alone."""

    def enter(rule: OpRule) -> OpRule:
        _RULES.update(dict.fromkeys(names, rule))
        return rule

    return enter


def rule_of(op: Op) -> OpRule | None:
    """How an op of arrays is written with scalars, other than element by element."""
    if op.name in _RULES:
        return _RULES[op.name]
    if op.folds and op.expansion is None:
        return fold
    if "arranges" in op.traits:
        return move
    return product if op.kind == "product" and op.expansion is None else None


def has_scalar_form(op: Op) -> bool:
    """Arrays of this op are taken apart by a rule, not element by element."""
    return bool(op.name in READERS or op.reader or rule_of(op))


@_rule("constant")
def literal(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    values = as_given(x["value"], x.type).reshape(-1).tolist()
    return box([f.term(constant(v, Type(x.type.dtype))) for v in values], shape)


def product(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """NumPy's own product, run on terms; the sum of no products is 0."""
    result = np.asarray(x.op.evaluate(*operands, **dict(x.attributes)), dtype=object)
    zero = f.term(constant(0, Type(x.type.dtype)))
    return box([t if isinstance(t, Term) else zero for t in result.flat], shape)


@_rule("strong_matmul")
def strong_matmul(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """The matrix product, of strong products."""
    a, b = operands
    strong = np.frompyfunc(lambda p, q: strong_product(f, p, q, zero=(x["zero"],)), 2, 1)
    terms = [np.asarray(strong(*rank_one(a, b, k)), object) for k in range(a.shape[-1])]
    return box(list(np.broadcast_to(sum(terms[1:], terms[0]), shape).flat), shape)


@_rule("mean")
def fold(f: IRAlgebra, instr: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """A reduction as a chain from left to right; a mean divides at the end."""
    (x,) = operands
    name, axes = instr.op.name, instr["axis"]
    kept = [i for i in range(x.ndim) if i not in axes]
    rows = x.transpose([*kept, *axes]).reshape(math.prod(x.shape[i] for i in kept), -1)
    length = math.prod(x.shape[i] for i in axes)
    items = []
    for row in rows if length else [[]] * math.prod(shape):
        if not len(row):
            nothing = instr.op.evaluate(np.zeros(0), axis=(0,), keepdims=False)
            items.append(f.term(constant(nothing.item(), Type(instr.type.dtype))))
            continue
        total = row[0]
        for t in row[1:]:
            total = f.apply(instr.op.folds or "add", total, t)
        items.append(total / float(length) if name == "mean" else total)
    return box(items, shape)


@_rule("prod_others")
def prod_others(f: IRAlgebra, instr: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """For each element the product of those before it and those behind it, along the last axis."""
    (x,) = operands
    length = shape[-1]
    rows = [list(row) for row in x.reshape(math.prod(x.shape[:-1]), length)]
    items = []
    for row in rows:
        if length < 2:
            items += [f.term(constant(1.0, t.instr.type)) for t in row]
            continue
        before = list(itertools.accumulate(row[:-1], f.multiply))
        after = list(itertools.accumulate(row[:0:-1], lambda a, t: f.multiply(t, a)))[::-1]
        inner = [f.multiply(b, a) for b, a in zip(before, after[1:], strict=False)]
        items += [after[0], *inner, before[-1]]
    return box(items, x.shape)


def move(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """An op that moves elements, run on their positions counted from 1; 0 stands for a zero."""
    flat: list[Any] = [None]
    arguments = []
    for values in operands:
        arguments.append(np.arange(len(flat), len(flat) + values.size).reshape(values.shape))
        flat += list(values.flat)
    places = np.asarray(x.op.evaluate(*arguments, **dict(x.attributes))).reshape(-1)
    zero = f.term(constant(0, Type(x.type.dtype)))
    return box([flat[i] if i else zero for i in places.tolist()], shape)


@_rule("pack")
def pack(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """Each entry of the vector as the sum of the elements that its blocks bring."""
    items: list[Any] = [None] * shape[0]
    for piece, block in zip(operands, x["blocks"], strict=True):
        for i, t in zip(entries(block).reshape(-1).tolist(), piece.flat, strict=True):
            items[i] = t if items[i] is None else f.add(items[i], t)
    zero = f.term(constant(0.0, Type(x.type.dtype)))
    return box([zero if t is None else t for t in items], shape)


@_rule("ordered_sum")
def ordered_sum(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """A sum along one axis is added from the first element to the last as it is."""
    lanes = np.moveaxis(operands[0], x["axis"], -1).reshape(math.prod(shape), -1)
    return box([functools.reduce(f.add, lane) for lane in lanes], shape)


@_rule("cumsum")
def cumsum(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """Running sums along an axis, each the one before and an element."""
    lanes = np.moveaxis(operands[0], x["axis"], -1)
    turned = lanes[..., ::-1] if x["reverse"] else lanes
    sums = np.empty(turned.shape, dtype=object)
    for i in np.ndindex(turned.shape[:-1]):
        sums[i] = list(itertools.accumulate(turned[i], f.add))
    return np.moveaxis(sums[..., ::-1] if x["reverse"] else sums, -1, x["axis"])


@_rule("arange")
def arange(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    return box([f.term(constant(i, Type(x.type.dtype))) for i in range(*shape)], shape)


@_rule("one_hot")
def one_hot(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    hits = [f.equal(i, k) for i in operands[0].flat for k in range(shape[-1])]
    return box([f.cast(hit, dtype=x.type.dtype) for hit in hits], shape)


@_rule("argmax", "argmin")
def arg_extremum(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    """The index of the first extreme element of each row."""
    rows = np.moveaxis(operands[0], x["axis"], -1).reshape(-1, operands[0].shape[x["axis"]])
    items = [f.apply(x.op.name, f.vector(*row), axis=0, keepdims=False) for row in rows]
    return box(items, shape)


@_rule("size")
def size(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    return box([f.term(constant(x["dim"], x.type))], ())


@_rule("vector")
def vector(f: IRAlgebra, x: Instr, operands: list[Elements], shape: Shape) -> Elements:
    return box([o[()] for o in operands], shape)
