"""NumPy's functions that are compositions of others: differences, rolls, averages, repeats.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> diff(input("x", ("N", 3)), axis=0).shape, repeat(input("y", ("N",)), 2).shape
(('N - 1', 3), ('2*N',))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from symgrad.errors import ShapeError
from symgrad.frontend.arrays.eager import public
from symgrad.frontend.arrays.expr import Expr, apply, as_expr, promote, raw
from symgrad.frontend.arrays.manipulation import concatenate, flip, ravel, reshape, several
from symgrad.frontend.arrays.reductions import axis_of, max, mean, min, sum
from symgrad.frontend.arrays.size import Size
from symgrad.frontend.arrays.subscript import getitem
from symgrad.frontend.arrays.ufuncs import condition_of
from symgrad.frontend.operands import whole
from symgrad.ir.types import Dim, multiply, product


def _cut(x: Expr, axis: int, part: slice) -> Expr:
    """A slice along one axis."""
    return getitem(x, (*(slice(None),) * axis, part))


@public
def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along ``axis``, ``n`` times."""
    x = as_expr(x, name="diff")
    i = axis_of(axis, x.ndim, "diff")
    for _ in range(whole(n, "diff: n")):
        x = apply("subtract", _cut(x, i, slice(1, None)), _cut(x, i, slice(None, -1)))
    return x


@public
def roll(x: Any, shift: int, axis: int | None = None) -> Any:
    """The elements moved ``shift`` places along ``axis`` (None: flattened); the last ones lead."""
    x = as_expr(x, name="roll")
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.dims)
    i, k = axis_of(axis, x.ndim, "roll"), whole(shift, "roll: shift")
    length = x.dims[i]
    k = k % length if isinstance(length, int) and length else k
    if not k:
        return x
    return concatenate([_cut(x, i, slice(-k, None)), _cut(x, i, slice(None, -k))], i)


@public
def average(x: Any, axis: Any = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    """The mean over ``axis``, or sum(weights * x) / sum(weights); the shapes broadcast."""
    if weights is None:
        return mean(x, axis, keepdims)
    x, w = promote("average", x, weights)
    if w.ndim == 1 and x.ndim > 1 and isinstance(axis, int):
        behind = x.ndim - 1 - axis_of(axis, x.ndim, "average")
        w = as_expr(reshape(w, (*w.dims, *(1,) * behind)))
    weighted = apply("multiply", x, w)
    spread = w if w.dims == weighted.dims else raw("broadcast_to", w, shape=weighted.dims)
    return apply("divide", sum(weighted, axis, keepdims), sum(spread, axis, keepdims))


@public
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element less the smallest."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


@public
def count_nonzero(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """How many elements are not 0, or true."""
    return sum(condition_of(x), axis, keepdims)


@public
def vdot(a: Any, b: Any) -> Any:
    """The sum of the products of all elements."""
    return apply("matmul", ravel(a), ravel(b))


@public
def atleast_1d(x: Any) -> Any:
    """``x``, or a vector of the scalar."""
    x = as_expr(x)
    return x if x.ndim else reshape(x, (1,))


@public
def atleast_2d(x: Any) -> Any:
    """``x``, or a matrix of one row of the vector."""
    x = as_expr(x)
    return x if x.ndim > 1 else reshape(x, (1, *(x.dims or (1,))))


@public
def copy(x: Any) -> Any:
    """``x`` as it is: an expression never changes."""
    return as_expr(x)


@public
def column_stack(tup: Sequence[Any]) -> Any:
    """Vectors as columns, and matrices, beside each other."""
    xs = [as_expr(x, name="column_stack") for x in several(tup, "column_stack")]
    return concatenate([x if x.ndim > 1 else reshape(x, (x.instr.type.size, 1)) for x in xs], 1)


@public
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element ``repeats`` times, one after another, along ``axis`` (None: flattened)."""
    x = as_expr(x, name="repeat")
    x, i = (x, axis_of(axis, x.ndim, "repeat")) if axis is not None else (as_expr(ravel(x)), 0)
    n = _times(repeats, "repeat: repeats")
    lead, length, rest = x.dims[:i], x.dims[i], x.dims[i + 1 :]
    spread = raw(
        "broadcast_to",
        as_expr(reshape(x, (*lead, length, 1, *rest))),
        shape=(*lead, length, n, *rest),
    )
    return reshape(spread, (*lead, multiply(length, n), *rest))


@public
def tile(x: Any, reps: Any) -> Any:
    """The whole array ``reps`` times along each of the last axes."""
    x = as_expr(x, name="tile")
    times = [reps] if not isinstance(reps, tuple | list) else list(reps)
    times = [_times(n, "tile: reps") for n in times]
    rank = x.ndim if x.ndim > len(times) else len(times)
    times = [1] * (rank - len(times)) + times
    own: list[Dim] = [1] * (rank - x.ndim) + list(x.dims)
    ones = [d for n in own for d in (1, n)]
    wide = [d for k, n in zip(times, own, strict=True) for d in (k, n)]
    spread = raw("broadcast_to", as_expr(reshape(x, tuple(ones))), shape=tuple(wide))
    return reshape(spread, tuple(product(pair) for pair in zip(times, own, strict=True)))


def _times(n: Any, name: str) -> Dim:
    if isinstance(n, Size):
        return str(n)
    count = whole(n, name)
    if count < 0:
        raise ShapeError(f"{name}: expected an int >= 0, got {count}")
    return count


@public
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The parts of ``x`` along ``axis``: so many equal ones, or those between the indices."""
    x = as_expr(x, name="split")
    i = axis_of(axis, x.ndim, "split")
    length = x.dims[i]
    if isinstance(indices_or_sections, int):
        if not isinstance(length, int) or length % indices_or_sections:
            raise ShapeError(f"split: {length} does not divide into {indices_or_sections} parts")
        step = length // indices_or_sections
        stops = list(range(step, length, step))
    else:
        stops = list(indices_or_sections)
    edges = [None, *stops, None]
    return [_cut(x, i, slice(a, b)) for a, b in pairwise(edges)]


@public
def polyval(p: Any, x: Any) -> Any:
    """The polynomial with the coefficients ``p``, highest first, at ``x``, by Horner's scheme."""
    p = as_expr(p, name="polyval")
    if p.ndim != 1 or not isinstance(p.dims[0], int):
        raise ShapeError(f"polyval: expected a vector of a known size, got {p.instr.type}")
    total: Any = 0.0
    for k in range(p.dims[0]):
        total = p[k] if not k else total * x + p[k]
    return total


@public
def fliplr(x: Any) -> Any:
    """A matrix with its columns in reverse order."""
    return flip(x, 1)


@public
def flipud(x: Any) -> Any:
    """An array with its rows in reverse order."""
    return flip(x, 0)
