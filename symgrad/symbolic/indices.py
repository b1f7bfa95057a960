"""Indexed values and sums over them: ``Sum(x[i]**2, (i, 0, N - 1))`` is a sum over an axis.

An index that runs over a whole axis becomes that axis; a whole number picks an element.

>>> import symgrad.ops
>>> from symgrad.ir import Type, parameter
>>> from symgrad.ops import IRAlgebra
>>> i, N, x, f = sp.Symbol("i"), sp.Symbol("N"), sp.IndexedBase("x"), IRAlgebra()
>>> x_term = f.term(parameter("x", Type("f64", ("N",))))
>>> r = Reader(f, {x: x_term}.__getitem__, {})
>>> _sum(r, sp.Sum(x[i], (i, 0, N - 1)), [Lane(x_term, (i,))]).instr
<_ = sum : f64[]>
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symgrad.errors import ShapeError, UnsupportedError
from symgrad.ir.types import Dim, add, product
from symgrad.symbolic.reader import Entry, Lane, Reader


def dim_of(size: Any) -> Dim:
    """A size of SymPy's, a polynomial in symbols, as a dim.  Raises ShapeError for another."""
    total: Dim = 0
    for monomial, coefficient in sp.expand(size).as_coefficients_dict().items():
        powers = monomial.as_powers_dict()
        whole = coefficient.is_Integer and all(
            (b == 1 or isinstance(b, sp.Symbol)) and p.is_Integer and p >= 0
            for b, p in powers.items()
        )
        if not whole:
            raise ShapeError(f"the size {size} is no polynomial of names with whole coefficients")
        factors = [b.name for b, p in powers.items() if b != 1 for _ in range(int(p))]
        total = add(total, product([int(coefficient), *factors]))
    return total


def element(r: Reader, base: Any, places: Sequence[Any], what: Any) -> Any:
    """``base[places]``, by whole numbers and by symbols that stand for a whole axis."""
    shape = r.f.type(base).shape
    if len(places) != len(shape):
        raise ShapeError(f"{what} has {len(places)} indices, but its base is {r.f.type(base)}")
    key: list[tuple[Any, ...]] = []
    indices: list[Any] = []
    for place, dim in zip(places, shape, strict=True):
        if isinstance(place, sp.Symbol | sp.Idx):
            indices.append(place)
            key.append(("slice", 0, dim, 1))
        elif place.is_Integer:
            n = int(place)
            key.append(("int", n if n >= 0 or not isinstance(dim, int) else n + dim))
        else:
            raise UnsupportedError(
                f"the index {place} of {what} is neither a whole number nor a symbol; "
                "sum over whole axes, or slice the expression itself"
            )
    if len(set(indices)) != len(indices):
        raise UnsupportedError(f"{what} repeats an index; a diagonal is written with sg.diagonal")
    picked = base if len(indices) == len(places) else r.f.index(base, key=tuple(key))
    return Lane(picked, tuple(indices)) if indices else picked


def _indexed(r: Reader, x: Any, values: list[Any]) -> Any:
    return element(r, r.bind(x.base), x.indices, x)


def _limits(r: Reader, x: Any) -> list[Any]:
    """The indices that a Sum or Product runs over, each checked against its axis later."""
    for limit in x.limits:
        if len(limit) != 3 or limit[1] != 0:
            raise UnsupportedError(
                f"{type(x).__name__} over {limit}: expected limits (i, 0, N - 1) over a whole axis"
            )
    return list(x.limits)


def _reduced(r: Reader, x: Any, value: Any, op: str) -> Any:
    for index, _, last in _limits(r, x):
        size = dim_of(r.sized(last + 1))
        if not isinstance(value, Lane) or index not in value.indices:
            raise UnsupportedError(
                f"{type(x).__name__} over {index}, which its body does not depend on; "
                "call .doit() on it first"
            )
        axis = value.indices.index(index)
        own = r.f.type(value.term).shape[axis]
        if own != size:
            named = "" if dim_of(last + 1) == size else f" ({last + 1} is bound)"
            raise ShapeError(f"{index} runs over {size} values{named}, but the axis has {own}")
        total = getattr(r.f, op)(value.term, axis=(axis,), keepdims=False)
        rest = tuple(i for i in value.indices if i != index)
        value = Lane(total, rest) if rest else total
    return value


def _sum(r: Reader, x: Any, values: list[Any]) -> Any:
    return _reduced(r, x, values[0], "sum")


def _product(r: Reader, x: Any, values: list[Any]) -> Any:
    return _reduced(r, x, values[0], "prod")


INDEXED: dict[type, Entry] = {
    sp.Indexed: Entry(_indexed, lambda x: ()),
    sp.Sum: Entry(_sum, lambda x: (x.function,)),
    sp.Product: Entry(_product, lambda x: (x.function,)),
}
