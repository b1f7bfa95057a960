"""Functions that rearrange and multiply arrays, under NumPy's names.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> reshape(input("x", ("N", 2, 3)), (-1, 6)).shape
('N', 6)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgrad.errors import ArgumentError, DomainError, DTypeError, ShapeError
from symgrad.frontend.arrays.eager import public
from symgrad.frontend.arrays.expr import Expr, apply, as_expr, promote, raw
from symgrad.frontend.arrays.leaf import dims_of, dtype_of
from symgrad.frontend.arrays.reductions import axes_of, axis_of, diagonal_of
from symgrad.frontend.arrays.subscript import check_places, known_data, read_of
from symgrad.frontend.operands import whole
from symgrad.ir.types import Dim, divide, product


@public
def reshape(x: Any, shape: Any) -> Any:
    """``x`` in another shape of as many elements; one size may be -1.  Raises ShapeError."""
    x = as_expr(x)
    items = list(shape) if isinstance(shape, tuple | list) else [shape]
    free = [i for i, d in enumerate(items) if not isinstance(d, str) and d == -1]
    if len(free) > 1:
        raise ShapeError(f"reshape: one size may be -1, got {shape}")
    if free:
        rest = dims_of([d for i, d in enumerate(items) if i != free[0]], "reshape")
        count = product(rest)
        size = None if count == 0 else divide(x.instr.type.size, count)
        if size is None:
            raise ShapeError(f"reshape: {x.dims} does not divide into {tuple(items)}")
        items[free[0]] = size
    new = dims_of(items, "reshape")
    return x if new == x.dims else raw("reshape", x, shape=new)


@public
def ravel(x: Any) -> Any:
    """``x`` as one axis."""
    return reshape(as_expr(x), (-1,) if as_expr(x).instr.type.size != 0 else (0,))


@public
def broadcast_to(x: Any, shape: Any) -> Any:
    """``x`` repeated to ``shape``."""
    return raw("broadcast_to", as_expr(x), shape=dims_of(shape, "broadcast_to"))


@public
def transpose(x: Any, axes: Any = None) -> Any:
    """``x`` with its axes in the order ``axes``, or reversed."""
    x = as_expr(x)
    order = range(x.ndim)[::-1] if axes is None else axes
    return _permuted(x, [axis_of(i, x.ndim, "transpose") for i in order])


def _permuted(x: Expr, order: Sequence[int]) -> Expr:
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(f"transpose: {tuple(order)} does not name each axis of {x.dims} once")
    return x if list(order) == sorted(order) else raw("transpose", x, axes=tuple(order))


@public
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """``x`` with two axes exchanged."""
    x = as_expr(x)
    order = list(range(x.ndim))
    i, j = axis_of(axis1, x.ndim, "swapaxes"), axis_of(axis2, x.ndim, "swapaxes")
    order[i], order[j] = order[j], order[i]
    return _permuted(x, order)


@public
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """``x`` with one axis, or several, moved to other places."""
    x = as_expr(x)
    old, new = ([v] if isinstance(v, int) else list(v) for v in (source, destination))
    if len(old) != len(new):
        raise ShapeError(f"moveaxis: {len(old)} axes to move to {len(new)} places")
    moved = {
        axis_of(j, x.ndim, "moveaxis"): axis_of(i, x.ndim, "moveaxis")
        for i, j in zip(old, new, strict=True)
    }
    order = [k for k in range(x.ndim) if k not in moved.values()]
    for j in sorted(moved):
        order.insert(j, moved[j])
    return _permuted(x, order)


@public
def expand_dims(x: Any, axis: int) -> Any:
    """``x`` with a new axis of size 1 at ``axis``."""
    x = as_expr(x)
    i = axis_of(axis, x.ndim + 1, "expand_dims")
    return raw("reshape", x, shape=(*x.dims[:i], 1, *x.dims[i:]))


@public
def squeeze(x: Any, axis: Any = None) -> Any:
    """``x`` without its axes of size 1, or without the given ones.  Raises ShapeError."""
    x = as_expr(x)
    ones = tuple(i for i, d in enumerate(x.dims) if d == 1)
    axes = ones if axis is None else axes_of(axis, x.ndim, "squeeze")
    if any(i not in ones for i in axes):
        raise ShapeError(f"squeeze: axes {axes} of {x.dims} are not all of size 1")
    return raw("reshape", x, shape=tuple(d for i, d in enumerate(x.dims) if i not in axes))


@public
def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """The arrays one after another along ``axis`` (None: flattened); dtypes are promoted."""
    arrays = several(arrays, "concatenate")
    if axis is None:
        return _joined("concatenate", [ravel(x) for x in arrays], 0)
    return _joined("concatenate", arrays, axis)


def several(arrays: Sequence[Any], name: str) -> Sequence[Any]:
    """The arrays, if there are any.  Raises ArgumentError."""
    if not len(arrays):
        raise ArgumentError(f"{name}: expected one array at least, got none")
    return arrays


def _joined(name: str, arrays: Sequence[Any], axis: int) -> Expr:
    """The arrays one after another; errors name the function that was called."""
    xs = promote(name, *arrays)
    i = axis_of(axis, xs[0].ndim, name)
    rest = {(*x.dims[:i], *x.dims[i + 1 :]) for x in xs}
    if len(rest) > 1 or len({x.ndim for x in xs}) > 1:
        shapes = " and ".join(str(shape) for shape in dict.fromkeys(x.dims for x in xs))
        raise ShapeError(f"{name}: expected shapes equal but for axis {i}, got {shapes}")
    return raw("concatenate", *xs, axis=i)


@public
def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """The arrays side by side along a new axis."""
    xs = promote("stack", *several(arrays, "stack"))
    i = axis_of(axis, xs[0].ndim + 1, "stack")
    if len({x.dims for x in xs}) > 1:
        shapes = " and ".join(str(shape) for shape in dict.fromkeys(x.dims for x in xs))
        raise ShapeError(f"stack: expected equal shapes, got {shapes}")
    if not xs[0].ndim:
        return raw("vector", *xs)
    return raw("concatenate", *[as_expr(expand_dims(x, i)) for x in xs], axis=i)


@public
def vstack(arrays: Sequence[Any]) -> Any:
    """The arrays as rows, one under another."""
    xs = [as_expr(x, name="vstack") for x in several(arrays, "vstack")]
    rows = [reshape(x, (1, *(x.dims or (1,)))) if x.ndim < 2 else x for x in xs]
    return _joined("vstack", rows, 0)


@public
def hstack(arrays: Sequence[Any]) -> Any:
    """The arrays beside each other: along axis 1, or axis 0 where they have but one."""
    xs = [as_expr(x, name="hstack") for x in several(arrays, "hstack")]
    xs = [x if x.ndim else reshape(x, (1,)) for x in xs]
    return _joined("hstack", xs, 1 if xs[0].ndim > 1 else 0)


@public
def flip(x: Any, axis: Any = None) -> Any:
    """``x`` in reverse order along ``axis`` (None: all)."""
    x = as_expr(x)
    return raw("flip", x, axis=axes_of(axis, x.ndim, "flip"))


@public
def tril(x: Any, k: int = 0) -> Any:
    """The lower triangle of a matrix; zeros above."""
    return apply("tril", x, k=whole(k, "tril: k"))


@public
def triu(x: Any, k: int = 0) -> Any:
    """The upper triangle of a matrix; zeros below."""
    return apply("triu", x, k=whole(k, "triu: k"))


@public
def diagonal(x: Any, offset: int = 0) -> Any:
    """A diagonal of a matrix, above the main one where ``offset`` is positive."""
    return diagonal_of(x, offset, "diagonal")


@public
def diag(x: Any, k: int = 0) -> Any:
    """A vector as a diagonal matrix, or the diagonal of a matrix."""
    x = as_expr(x, name="diag")
    return raw("diag", x, k=whole(k, "diag: k")) if x.ndim == 1 else diagonal_of(x, k, "diag")


def _index_array(indices: Any, name: str, size: Dim, read: str = "") -> Expr:
    """Indices of i64; ``read`` describes the indexed axis in errors."""
    index = as_expr(indices, name="indices")
    if index.instr.type.dtype != "i64":
        raise DTypeError(f"{name}: indices are {index.dtype}, expected int64; use astype")
    check_places(name, known_data(index), size, read)
    return index


def index_within(index: Expr, size: Dim, name: str) -> Expr:
    """``index``, whose elements are from 0 to ``size - 1``: -1 is an error.

    Raises DomainError where the elements are known already.
    """
    data = known_data(index)
    if data is not None and isinstance(size, int):
        wrong = data[(data < 0) | (data >= size)]
        if wrong.size:
            raise DomainError(f"{name}: expected labels from 0 to {size - 1}, got {wrong.flat[0]}")
    return raw("within", index, size=size)


@public
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The entries of ``x`` at ``indices`` along ``axis`` (None: flattened).

    Raises ShapeError for indices that are known, and outside of a known size.
    """
    x = as_expr(x)
    if axis is None:
        x, axis = as_expr(ravel(x)), 0
    i = axis_of(axis, x.ndim, "take")
    return raw("take", x, _index_array(indices, "take", x.dims[i], read_of(x, i)), axis=i)


@public
def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    """The entries of ``x`` that ``indices``, of the same rank, name along ``axis``."""
    x = as_expr(x)
    i = axis_of(axis, x.ndim, "take_along_axis")
    index = _index_array(indices, "take_along_axis", x.dims[i], read_of(x, i))
    return raw("take_along_axis", x, index, axis=i)


@public
def scatter_add(x: Any, indices: Any, size: int | str, axis: int = 0) -> Any:
    """Zeros, with the slices of ``x`` added up at ``indices`` along an axis of ``size``.

    It undoes ``take``: ``x`` has the shape of ``indices`` from ``axis`` on.  Raises ShapeError.
    """
    x = as_expr(x)
    (dim,) = dims_of(size, "scatter_add")
    index = _index_array(indices, "scatter_add", dim)
    i = axis_of(axis, x.ndim, "scatter_add")
    return raw("scatter_add", x, index, axis=i, size=dim)


@public
def one_hot(labels: Any, size: int | str, dtype: Any = float) -> Any:
    """1 at the label and 0 elsewhere, along a new last axis of ``size``."""
    (dim,) = dims_of(size, "one_hot")
    index = _index_array(labels, "one_hot", dim)
    return raw("one_hot", index, size=dim, dtype=dtype_of(dtype))


@public
def matmul(a: Any, b: Any) -> Any:
    """``a @ b`` with NumPy's rules for vectors and batches.  Raises ShapeError."""
    return apply("matmul", a, b)


@public
def dot(a: Any, b: Any) -> Any:
    """``a @ b``, or ``a * b`` where one is a scalar."""
    x, y = promote("dot", a, b)
    if not x.ndim or not y.ndim:
        return apply("multiply", x, y)
    if y.ndim > 2:
        raise ShapeError(f"dot: the second operand has rank {y.ndim}; use matmul or einsum")
    return apply("matmul", x, y)


@public
def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axes."""
    x, y = promote("inner", a, b)
    if not x.ndim or not y.ndim:
        return apply("multiply", x, y)
    return tensordot(x, y, ((x.ndim - 1,), (y.ndim - 1,)))


@public
def cross(a: Any, b: Any, axis: int | None = None) -> Any:
    """The vector products of vectors of 3 along ``axis`` (None: the last).

    Raises ShapeError for vectors of another length.
    """
    along = -1 if axis is None else axis
    x, y = (moveaxis(v, along, -1) for v in promote("cross", a, b))
    return moveaxis(apply("cross", x, y), -1, along)


@public
def outer(a: Any, b: Any) -> Any:
    """The product of each element of ``a`` with each of ``b``; both are flattened."""
    x, y = promote("outer", a, b)
    return apply("outer", ravel(x), ravel(y))


@public
def einsum(spec: str, *operands: Any) -> Any:
    """Einstein summation.  Raises ShapeError for a spec that does not fit the operands."""
    if not isinstance(spec, str):
        raise ArgumentError(f"einsum: expected a text such as 'ij,jk->ik', got {spec!r}")
    text = spec.replace(" ", "")
    if "->" not in text:
        letters = text.replace(",", "")
        text += "->" + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return apply("einsum", *operands, spec=text)


@public
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over ``axes``: a count, or a pair of axes or of lists of axes."""
    x, y = promote("tensordot", a, b)
    if isinstance(axes, int):
        axes = (range(x.ndim - axes, x.ndim), range(axes))
    left, right = ([v] if isinstance(v, int) else list(v) for v in axes)
    left = [axis_of(i, x.ndim, "tensordot") for i in left]
    right = [axis_of(i, y.ndim, "tensordot") for i in right]
    if len(left) != len(right):
        raise ShapeError(f"tensordot: {len(left)} axes against {len(right)}")
    if any(x.dims[i] != y.dims[j] for i, j in zip(left, right, strict=True)):
        raise ShapeError(
            f"tensordot: axes {left} of {x.dims} and {right} of {y.dims} differ in size"
        )
    letters = "abcdefghijklmnopqrstuvwxyz"
    s = list(letters[: x.ndim])
    t = list(letters[x.ndim : x.ndim + y.ndim])
    for i, j in zip(left, right, strict=True):
        t[j] = s[i]
    out = [c for i, c in enumerate(s) if i not in left] + [
        c for j, c in enumerate(t) if j not in right
    ]
    return apply("einsum", x, y, spec=f"{''.join(s)},{''.join(t)}->{''.join(out)}")


def size_of(dim: Dim, dtype: str) -> Any:
    """A named size as a scalar expression; a known one as an int."""
    return raw("size", dim=dim, dtype=dtype) if isinstance(dim, str) else dim
