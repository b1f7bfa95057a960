"""Arrays with named axes, of which ``plan_to_ir`` makes the plan's instructions.

A ``Named`` is a term of the IR whose dimensions are the plan's axes, in this order.  Operations
align their operands by axis, and broadcast an operand along axes that it lacks.

>>> import symgrad.ops
>>> from symgrad.ir.function import parameter
>>> from symgrad.ir.types import Type
>>> f, n, k = IRAlgebra(), Axis(4), Axis(3)
>>> x = Named(f.term(parameter("x", Type("f64", (4, 3)))), (n, k))
>>> w = Named(f.term(parameter("w", Type("f64", (3,)))), (k,))
>>> elementwise(f, "multiply", [w, x], (n, k)).axes == (n, k)
True
>>> contract(f, w, x, k, (n,)).term.instr
<_ = matmul : f64[4]>
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from symgrad.ops.table import IRAlgebra, Term
from symgrad.reroll.tensors import Axes, Axis


class Named(NamedTuple):
    """A term and the axes of its dimensions."""

    term: Term
    axes: Axes

    def renamed(self, names: dict[Axis, Axis]) -> Named:
        return Named(self.term, tuple(names[a] for a in self.axes))


def arranged(f: IRAlgebra, x: Named, axes: Sequence[Axis]) -> Term:
    """The term with its dimensions in the order of ``axes``, which are its own."""
    order = tuple(x.axes.index(a) for a in axes)
    if order == tuple(range(len(order))):
        return x.term
    return f.transpose(x.term, axes=order)


def aligned(f: IRAlgebra, x: Named, axes: Sequence[Axis]) -> Term:
    """The term, shaped to broadcast along those of ``axes`` that it lacks."""
    own = [a for a in axes if a in x.axes]
    term = arranged(f, x, own)
    needed = list(axes)
    while needed and needed[0] not in x.axes:
        needed.pop(0)
    if len(needed) == len(own):
        return term
    return f.reshape(term, shape=tuple(a.size if a in x.axes else 1 for a in needed))


def joint(order: Sequence[Axis], *xs: Named) -> Axes:
    """The axes of any of the operands, in ``order``."""
    return tuple(a for a in order if any(a in x.axes for x in xs))


def elementwise(
    f: IRAlgebra, op: str, xs: Sequence[Named], order: Sequence[Axis], **attributes: Any
) -> Named:
    """An elementwise op on operands that are aligned by axis."""
    axes = joint(order, *xs)
    return Named(f.apply(op, *[aligned(f, x, axes) for x in xs], **attributes), axes)


def product(f: IRAlgebra, xs: Iterable[Named], order: Sequence[Axis]) -> Named:
    """The product of one factor or more, those with the fewest axes first."""
    total, *rest = sorted(xs, key=lambda x: len(x.axes))
    for x in rest:
        total = elementwise(f, "multiply", [total, x], order)
    return total


def summed(f: IRAlgebra, x: Named, axes: Axes) -> Named:
    """The sum along axes; times the size of each axis that the value lacks."""
    own = tuple(k for k, a in enumerate(x.axes) if a in axes)
    count = math.prod(a.size for a in axes if a not in x.axes)
    term = f.sum(x.term, axis=own, keepdims=False) if own else x.term
    if count != 1:
        term = f.multiply(float(count), term)
    return Named(term, tuple(a for a in x.axes if a not in axes))


def sum_of_product(f: IRAlgebra, factors: Sequence[Named], axes: Axes, order: Axes) -> Named:
    """The sum along ``axes`` of a product, innermost axis first.

    Factors without the axis are taken out of the sum along it.
    """
    if len(axes) > 1 and len(factors) == 2 and (joined := _joined(f, factors, axes)):
        return sum_of_product(f, *joined, order)
    *others, axis = axes
    inside = [x for x in factors if axis in x.axes]
    outside = [x for x in factors if axis not in x.axes]
    if len(factors) == 1:
        return summed(f, factors[0], axes)
    whole = (*order, *others)
    if not inside:
        total = Named(f.term(f.number(float(axis.size), "f64")), ())
    else:
        *first, last = sorted(inside, key=lambda x: len(x.axes))
        left = product(f, first, (*whole, axis)) if first else None
        total = summed(f, last, (axis,)) if left is None else contract(f, left, last, axis, whole)
    rest = [*outside, total] if inside else [total, *outside]
    return sum_of_product(f, rest, tuple(others), order) if others else product(f, rest, order)


def _joined(f: IRAlgebra, factors: Sequence[Named], axes: Axes) -> tuple[list[Named], Axes] | None:
    """Two factors whose sum over several axes is one matrix product, with these axes as one."""
    x, y = factors
    rest = [[a for a in z.axes if a not in axes] for z in factors]
    if len(x.axes) + len(y.axes) != sum(map(len, rest)) + 2 * len(axes):
        return None  # one lacks some of the axes
    if not any(rest) or set(rest[0]) & set(rest[1]):
        return None
    one = Axis(math.prod(a.size for a in axes))
    flat = []
    for z, own in zip(factors, rest, strict=True):
        shape = (*(a.size for a in own), one.size)
        flat.append(Named(f.reshape(arranged(f, z, (*own, *axes)), shape=shape), (*own, one)))
    return flat, (one,)


def contract(f: IRAlgebra, x: Named, y: Named, axis: Axis, order: Sequence[Axis]) -> Named:
    """The sum along ``axis`` of x * y, both of which have it, as a matrix product if it is one.

    Other axes of both are a batch; the remaining axes of x are rows, those of y columns.
    """
    batch = [a for a in order if a in x.axes and a in y.axes]
    rows = [a for a in order if a in x.axes and a not in y.axes]
    columns = [a for a in order if a in y.axes and a not in x.axes]
    if not rows and columns:
        return contract(f, y, x, axis, order)
    if columns and order.index(columns[0]) < order.index(rows[0]):
        return contract(f, y, x, axis, order)
    if batch and not columns:
        return summed(f, elementwise(f, "multiply", [x, y], (*order, axis)), (axis,))
    left = arranged(f, x, (*batch, *rows, axis))
    if not columns:
        return Named(f.matmul(left, arranged(f, y, (axis,))), tuple(rows))
    if batch or len(columns) == 1:
        if batch and (len(rows) > 1 or len(columns) > 1):
            return summed(f, elementwise(f, "multiply", [x, y], (*order, axis)), (axis,))
        right = arranged(f, y, (*batch, axis, *columns))
        return Named(f.matmul(left, right), (*batch, *rows, *columns))
    right = arranged(f, y, (axis, *columns))
    wide = (axis.size, math.prod(a.size for a in columns))
    flat = f.matmul(left, f.reshape(right, shape=wide))
    shape = tuple(a.size for a in (*rows, *columns))
    return Named(f.reshape(flat, shape=shape), (*rows, *columns))


def spread(f: IRAlgebra, x: Named, axes: Axes) -> Term:
    """The term with all of ``axes`` as dimensions, repeated along those that it lacks."""
    own = tuple(a for a in axes if a in x.axes)
    term = arranged(f, x, own)
    if own == axes:
        return term
    shape = tuple(a.size for a in axes)
    whole = f.reshape(term, shape=tuple(a.size if a in own else 1 for a in axes))
    return whole if f.type(whole).shape == shape else f.broadcast_to(whole, shape=shape)


def added(f: IRAlgebra, total: Named | None, x: Named, negative: bool, order: Axes) -> Named:
    """``total`` with one more term added, or subtracted."""
    if total is None:
        return Named(f.negative(x.term), x.axes) if negative else x
    return elementwise(f, "subtract" if negative else "add", [total, x], order)


def added_in_order(
    f: IRAlgebra, total: Named | None, x: Named, axis: Axis, negative: bool, order: Axes
) -> Named:
    """``total`` with the terms along the axis added, or subtracted, one after another."""
    lanes = joint(order, x, *([] if total is None else [total]))
    terms = spread(f, x, (*lanes, axis))
    if negative:
        terms = f.negative(terms)
    if total is not None:
        head = f.reshape(spread(f, total, lanes), shape=(*(a.size for a in lanes), 1))
        terms = f.concatenate(head, terms, axis=len(lanes))
    return Named(f.ordered_sum(terms, axis=len(lanes)), lanes)


def picked(f: IRAlgebra, index: Named, values: Named, choices: Axis, order: Axes) -> Named:
    """The elements of ``values`` at each index along the axis ``choices``; indices are checked."""
    x = index.term.instr
    whole = x.op.name == "cast" and x.operands[0].type.dtype == "i64"
    integers = f.term(x.operands[0]) if whole else f.cast(index.term, dtype="i64")
    place = Named(f.within(integers, size=choices.size), index.axes)
    lanes = joint(order, index, values)
    rows = joint(order, values)
    if not any(a in index.axes for a in rows):  # a table whose rows are picked
        table = spread(f, values, (choices, *rows))
        return Named(f.take(table, place.term, axis=0), (*index.axes, *rows))
    along = len(lanes)
    places = spread(f, place, lanes)
    places = f.reshape(places, shape=(*(a.size for a in lanes), 1))
    found = f.take_along_axis(spread(f, values, (*lanes, choices)), places, axis=along)
    return Named(f.reshape(found, shape=tuple(a.size for a in lanes)), lanes)
