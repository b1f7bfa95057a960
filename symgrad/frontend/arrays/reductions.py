"""Reductions under NumPy's names: sum, mean, norm, softmax and their kin.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> softmax(input("x", ("N", 3))).shape
('N', 3)
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from symgrad.errors import ArgumentError, ShapeError
from symgrad.frontend.arrays.eager import public
from symgrad.frontend.arrays.expr import Expr, apply, as_expr, raw
from symgrad.frontend.arrays.ufuncs import as_float, condition_of
from symgrad.frontend.namespace import alias, named
from symgrad.frontend.operands import real, whole
from symgrad.ir.types import product


def axis_of(axis: Any, rank: int, name: str) -> int:
    """One axis as an int >= 0.  Raises ShapeError if the array has no such axis."""
    try:
        i = operator.index(axis)
    except TypeError as error:
        raise ShapeError(f"{name}: axis is an int, got {axis!r}") from error
    if not -rank <= i < rank:
        known = f"an axis from {-rank} to {rank - 1}" if rank else "no axis of a scalar"
        raise ShapeError(f"{name}: expected {known}, got axis {i}")
    return i % rank


def axes_of(axis: Any, rank: int, name: str) -> tuple[int, ...]:
    """The axes, sorted, each >= 0; None is all.  Raises ShapeError for a repeated one."""
    if axis is None:
        return tuple(range(rank))
    items = axis if isinstance(axis, tuple | list) else (axis,)
    axes = tuple(sorted(axis_of(i, rank, name) for i in items))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name}: an axis is named twice in {axis!r}")
    return axes


def _reduction(name: str, doc: str, of_bools: str = "") -> Callable[..., Any]:
    """A reduction; ``of_bools`` is "truths" or "counts": bools are taken as such, or counted."""

    def function(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = as_expr(x, name=name)
        if of_bools == "truths":
            x = condition_of(x)
        elif x.instr.type.dtype == "bool" and of_bools == "counts":
            x = as_expr(x, "i64")
        axes = axes_of(axis, x.ndim, name)
        return apply(name, x, axis=axes, keepdims=bool(keepdims))

    return public(named(function, name, f"{doc} over ``axis`` (None: all; an int or a tuple)."))


def _arg(name: str) -> Callable[..., Any]:
    def function(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = as_expr(x, name=name)
        if axis is None:
            flat = raw("reshape", x, shape=(product(x.dims),))
            y = raw(name, flat, axis=0, keepdims=False)
            return raw("reshape", y, shape=(1,) * x.ndim) if keepdims else y
        return raw(name, x, axis=axis_of(axis, x.ndim, name), keepdims=bool(keepdims))

    doc = "The i64 index of the extreme element along ``axis`` (None: flattened)."
    return public(named(function, name, doc))


sum = _reduction("sum", "The sum", "counts")
mean = _reduction("mean", "The mean", "counts")
prod = _reduction("prod", "The product", "counts")
max = _reduction("max", "The largest element; ties share the gradient evenly,")
min = _reduction("min", "The smallest element; ties share the gradient evenly,")
any = _reduction("any", "Whether some element is true", "truths")
all = _reduction("all", "Whether every element is true", "truths")
logsumexp = _reduction("logsumexp", "log(sum(exp(x))), without overflow,")
argmax, argmin = _arg("argmax"), _arg("argmin")
amax, amin = alias("amax", max), alias("amin", min)


@public
def var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The variance over ``axis``; divides by the count less ``ddof``."""
    return _var(x, axis, ddof, keepdims, "var")


def _var(x: Any, axis: Any, ddof: float, keepdims: bool, name: str) -> Any:
    x = as_float(x, name)
    axes = axes_of(axis, x.ndim, name)
    less = real(ddof, f"{name}: ddof")
    squares = apply("square", x - mean(x, axes, keepdims=True))
    if not less:
        return mean(squares, axes, keepdims)
    count = product(x.dims[i] for i in axes)
    dtype = x.instr.type.dtype
    if isinstance(count, str):
        divisor: Any = apply("maximum", raw("size", dim=count, dtype=dtype) - less, 0)
    else:
        divisor = count - less if count > less else 0.0
    return sum(squares, axes, keepdims) / divisor


@public
def std(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """The standard deviation over ``axis``; its gradient is 0 where all elements are equal."""
    return apply("sqrt", _var(x, axis, ddof, keepdims, "std"))


@public
def norm(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = None) -> Any:
    """The 2-norm over ``axis``; its gradient at 0 is 0.  ``ord`` as in ``np.linalg.norm``.

    The root of the sum of squares, which overflow beyond 1e154 and vanish below 1e-162 as in NumPy;
    ``hypot`` does not.  ``ord`` may be 1, 2, inf or -inf for vectors and "fro" for matrices.
    Raises ArgumentError for another one.
    """
    x = as_float(x, "norm")
    axes = axes_of(axis, x.ndim, "norm")
    if ord is None or (len(axes), ord) in ((1, 2), (2, "fro")):
        return apply("sqrt", sum(apply("square", x), axes, keepdims))
    for own, reduce in ((1, sum), (math.inf, max), (-math.inf, min)):
        if len(axes) == 1 and ord == own:
            return reduce(apply("absolute", x), axes, keepdims)
    raise ArgumentError(
        f"norm: expected an ord of 1, 2, inf or -inf for a vector, or 'fro' for a matrix, got "
        f"{ord!r} for {x.instr.type} over {len(axes)} axes"
    )


@public
def log_softmax(x: Any, axis: int = -1) -> Any:
    """x - logsumexp(x) along ``axis``."""
    return _log_softmax(x, axis, "log_softmax")


def _log_softmax(x: Any, axis: Any, name: str) -> Any:
    x = as_float(x, name)
    return x - logsumexp(x, axes_of(axis, x.ndim, name), keepdims=True)


@public
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along ``axis``, without overflow."""
    return apply("exp", _log_softmax(x, axis, "softmax"))


@public
def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of the elements up to each place along ``axis`` (None: flattened)."""
    x = as_expr(x, name="cumsum")
    x = as_expr(x, "i64") if x.instr.type.dtype == "bool" else x  # NumPy counts
    if axis is None:
        x, axis = raw("reshape", x, shape=(x.instr.type.size,)), 0
    return raw("cumsum", x, axis=axis_of(axis, x.ndim, "cumsum"), reverse=False)


@public
def trace(x: Any, offset: int = 0) -> Any:
    """The sum of a diagonal of a matrix."""
    return sum(diagonal_of(x, offset, "trace"))


def diagonal_of(x: Any, offset: Any, name: str) -> Expr:
    """A diagonal of a matrix.  Raises ShapeError, which names the caller."""
    x = as_expr(x, name=name)
    if x.ndim != 2:
        raise ShapeError(f"{name}: expected a matrix, got {x.instr.type}; reshape it")
    return raw("diagonal", x, k=whole(offset, f"{name}: offset"))
