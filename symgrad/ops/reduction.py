"""Reductions: attrs ``axis`` (sorted, non-negative ints) and ``keepdims``.

>>> normalize_axis("sum", -1, 2)
(1,)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import Dim, Shape, Type, multiply, product, subtract
from symgrad.ops import array_functions
from symgrad.ops import defining as d
from symgrad.ops import intervals as iv
from symgrad.ops.arithmetic import rounded_off
from symgrad.ops.table import of_arrays, register

Axes = tuple[int, ...]


def normalize_axis(name: str, axis: int | Axes | None, rank: int) -> Axes:
    """Sorted, non-negative axes; None is all.  Raises ShapeError for one out of range or twice."""
    if axis is None:
        return tuple(range(rank))
    given = axis if isinstance(axis, tuple) else (axis,)
    for a in given:
        if not -rank <= a < rank:
            raise ShapeError(f"{name}: expected an axis from {-rank} to {rank - 1}, got {a}")
    axes = tuple(sorted(a % rank for a in given))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name}: expected distinct axes, got {axis}; drop the repeated one")
    return axes


def reduced(shape: Shape, axis: Axes, keepdims: bool) -> Shape:
    """The shape that is left after reducing over the axes."""
    if keepdims:
        return tuple(1 if i in axis else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in axis)


def padded(shape: Shape, rank: int) -> Shape:
    """A shape as it broadcasts to a rank: with ones in front."""
    return (1,) * (rank - len(shape)) + tuple(shape)


def _result(name: str, floats: bool, nonempty: bool) -> Any:
    def infer(x: Type, *, axis: Axes, keepdims: bool) -> Type:
        if x.dtype == "bool" or (floats and not x.is_float):
            raise DTypeError(f"{name}: expected {'floats' if floats else 'numbers'}, got {x}; cast")
        normalize_axis(name, axis, x.rank)
        for a in axis:
            if nonempty and x.shape[a] == 0:
                raise ShapeError(f"{name}: axis {a} of {x} is empty and has no {name}")
        return x.with_shape(reduced(x.shape, axis, keepdims))

    return infer


def kept(f: Any, v: Any, x: Any, axis: Axes) -> Any:
    """A reduced value with its axes back as ones, where leading alignment would not do."""
    shape = f.type(x).shape
    wanted = reduced(shape, axis, True)
    own = f.type(v).shape
    padded = (1,) * (len(shape) - len(own)) + tuple(own)
    return v if padded == tuple(wanted) else f.reshape(v, shape=wanted)


def _spread(f: Any, g: Any, x: Any, axis: Axes) -> Any:
    return f.broadcast_to(kept(f, g, x, axis), shape=f.type(x).shape)


def _mean_pullback(f: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> tuple[Any]:
    t = f.type(x)
    count = product(t.shape[a] for a in axis)
    if isinstance(count, int):
        n: Any = float(max(count, 1))  # nothing is spread over nothing
    else:
        n = f.size(dim=count, dtype=t.dtype)
    return (_spread(f, f.divide(g, n), x, axis),)


def _extremum_pullback(f: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> tuple[Any]:
    hit = f.mask(f.equal(x, kept(f, y, x, axis)))
    ties = f.sum(hit, axis=axis, keepdims=True)
    return (hit * f.divide(kept(f, g, x, axis), ties),)


def _sized(evaluate: Any) -> Any:
    def run(x: Any, *, axis: Axes, keepdims: bool) -> Any:
        return evaluate(np.asarray(x), axis=axis, keepdims=keepdims)

    return run


def _mean(x: Any, *, axis: Axes, keepdims: bool) -> Any:
    total = np.sum(x, axis=axis, keepdims=keepdims)
    count = np.prod([np.shape(x)[a] for a in axis], dtype=total.dtype)
    with np.errstate(all="ignore"):
        return total / count


def _all_but_first(y: Type, x: Type, **_: Any) -> Dim:
    """The elements that are combined with those before them."""
    return subtract(x.size, y.size)


def _reduction(
    name: str,
    evaluate: Any,
    pullback: Any,
    doc: str,
    floats: bool = False,
    flops: Callable[..., Dim] = _all_but_first,
    traits: tuple[str, ...] = (),
    **facts: Any,
) -> Op:
    return register(
        Op(
            name,
            "reduction",
            1,
            infer=_result(name, floats, "nonempty" in traits),
            evaluate=_sized(evaluate),
            pullback=pullback,
            flops=flops,
            attributes=("axis", "keepdims"),
            traits=("reduces", "view", *traits),
            definition=d.call(name),
            doc=doc,
            **facts,
        )
    )


_ADDS: dict[str, Any] = {"rests": iv.together, "interval": iv.by(iv.sign_of_sum)}
_PICKS: dict[str, Any] = {
    "rests": iv.with_operands,
    "interval": iv.by(iv.hull),
    "masks": True,
    "traits": ("exact", "nonempty"),
}
SUM = _reduction(
    "sum",
    np.sum,
    lambda f, g, y, x, *, axis, keepdims: (_spread(f, g, x, axis),),
    "the sum; 0 of nothing",
    called="total",
    **_ADDS,
    named="sum_{}",
    traits=("combines", "contracts", "sums", "terms"),
    folds="add",
)
MEAN = _reduction(
    "mean",
    _mean,
    _mean_pullback,
    "the mean; nan of nothing",
    floats=True,
    **_ADDS,
    named="mean_{}",
    flops=lambda y, x, *, axis, keepdims: x.size,
    traits=("sums", "terms"),
)
MAX = _reduction(
    "max",
    np.max,
    _extremum_pullback,
    "the largest; ties share evenly",
    **_PICKS,
    named="max_{}",
    folds="maximum",
)
MIN = _reduction(
    "min",
    np.min,
    _extremum_pullback,
    "the least; ties share evenly",
    **_PICKS,
    named="min_{}",
    folds="minimum",
)


def exponentials(
    f: Any, x: Any, *, axis: Axes, keepdims: bool, accurate: bool = False
) -> tuple[Any, Any, Any]:
    """The parts of logsumexp and softmax: the top, exp(x - top), and the sum of these.

    The difference is rounded, so that far below the top an exponential is off by up to half an ulp
    for each unit of the distance; ``accurate`` corrects that.
    """
    top = f.max(x, axis=axis, keepdims=keepdims)
    top = f.where(f.isfinite(top), top, 0.0)  # inf - inf would be nan
    below = kept(f, top, x, axis)
    d = x - below
    e = f.exp(d)
    if accurate:
        e = e * (1.0 + rounded_off(f, d, x, below))
    return top, e, f.sum(e, axis=axis, keepdims=keepdims)


def _logsumexp_expansion(f: Any, x: Any, *, axis: Axes, keepdims: bool) -> Any:
    top, _, total = exponentials(f, x, axis=axis, keepdims=keepdims)
    return f.log(total) + top


def _logsumexp_pullback(
    f: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool
) -> tuple[Any]:
    return (kept(f, g, x, axis) * f.exp(x - kept(f, y, x, axis)),)


def _prod_pullback(f: Any, g: Any, y: Any, x: Any, *, axis: Axes, keepdims: bool) -> tuple[Any]:
    """Each element's partial is the product of the others; they are brought to one last axis."""
    shape = f.type(x).shape
    order = (*(i for i in range(len(shape)) if i not in axis), *axis)
    lead = tuple(shape[i] for i in order[: len(shape) - len(axis)])
    moved = f.transpose(x, axes=order) if order != tuple(range(len(shape))) else x
    ahead = f.type(moved).shape
    if len(axis) == 1:
        others = f.prod_others(moved)
    else:
        flat = f.reshape(moved, shape=(*lead, product(shape[i] for i in axis)))
        others = f.reshape(f.prod_others(flat), shape=ahead)
    if moved is not x:
        others = f.transpose(others, axes=tuple(order.index(i) for i in range(len(shape))))
    return (kept(f, g, x, axis) * others,)


def _others_result(x: Type) -> Type:
    if not x.is_float or not x.rank:
        raise DTypeError(f"prod_others: expected floats with an axis, got {x}; cast")
    return x


def _others_pullback(f: Any, g: Any, y: Any, x: Any) -> tuple[Any]:
    """Of the others of element i, the product of all but k: a row i with 1 in place of x_i."""
    *lead, n = f.type(x).shape
    square = (*lead, n, n)
    own = f.greater(f.diag(f.broadcast_to(1.0, shape=(n,)), k=0), 0.0)
    own = f.broadcast_to(own, shape=square)
    rows = f.broadcast_to(f.reshape(x, shape=(*lead, 1, n)), shape=square)
    without = f.prod_others(f.where(own, 1.0, rows))
    shares = f.reshape(g, shape=(*lead, n, 1)) * without
    return (f.sum(f.where(own, 0.0, shares), axis=(len(lead),), keepdims=False),)


def _arg_result(name: str) -> Any:
    def infer(x: Type, *, axis: int, keepdims: bool) -> Type:
        (a,) = normalize_axis(name, axis, x.rank)
        if x.shape[a] == 0:
            raise ShapeError(f"{name}: axis {a} of {x} is empty and has no {name}")
        return Type("i64", reduced(x.shape, (a,), keepdims))

    return infer


def _truth(name: str) -> Any:
    def infer(x: Type, *, axis: Axes, keepdims: bool) -> Type:
        if x.dtype != "bool":
            raise DTypeError(f"{name}: expected bool, got {x}; compare first")
        normalize_axis(name, axis, x.rank)
        return x.with_shape(reduced(x.shape, axis, keepdims))

    return infer


def _to_integers(name: str, evaluate: Any, infer: Any, doc: str, **facts: Any) -> Op:
    return register(
        Op(
            name,
            "reduction",
            1,
            infer=infer,
            evaluate=_sized(evaluate),
            attributes=("axis", "keepdims"),
            definition=d.call(name),
            doc=doc,
            **facts,
        )
    )


PROD = _reduction("prod", np.prod, _prod_pullback, "the product; 1 of nothing", folds="multiply")
PROD_OTHERS = register(
    Op(
        "prod_others",
        "reduction",
        1,
        infer=_others_result,
        evaluate=of_arrays(array_functions.prod_others),
        pullback=_others_pullback,
        definition=d.PROD_OTHERS,
        doc="for each element, the product of the others along the last axis; zeros do no harm",
    )
)
LOGSUMEXP = register(
    Op(
        "logsumexp",
        "reduction",
        1,
        infer=_result("logsumexp", floats=True, nonempty=True),
        evaluate=of_arrays(array_functions.logsumexp),
        pullback=_logsumexp_pullback,
        expansion=_logsumexp_expansion,
        attributes=("axis", "keepdims"),
        cost=34,
        flops=lambda y, x, *, axis, keepdims: multiply(3, x.size),
        traits=("reduces", "nonempty"),
        called="lse",
        folds="logaddexp",
        definition=d.LOGSUMEXP,
        doc="log(sum(exp(x))) without overflow; the derivative is the softmax, nan if all are -inf",
    )
)
ARGMAX = _to_integers(
    "argmax",
    np.argmax,
    _arg_result("argmax"),
    "the index of the first largest element",
    traits=("nonempty",),
)
ARGMIN = _to_integers(
    "argmin",
    np.argmin,
    _arg_result("argmin"),
    "the index of the first least element",
    traits=("nonempty",),
)
ANY = _to_integers(
    "any", np.any, _truth("any"), "whether an element is true; false of nothing", folds="logical_or"
)
ALL = _to_integers(
    "all",
    np.all,
    _truth("all"),
    "whether all elements are true; true of nothing",
    folds="logical_and",
)
