"""Sums of products by an explicit spec: ``"ij,jk->ik"``, without ellipses.

>>> EINSUM.infer(Type("f64", ("N", 3)), Type("f64", (3,)), spec="ij,j->i")
f64[N]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.dims import Dim
from symgrad.ir.op import Op
from symgrad.ir.types import Type
from symgrad.ops import intervals as iv
from symgrad.ops.table import register


def parse_spec(spec: str, operands: int) -> tuple[tuple[str, ...], str]:
    """The operands' indices and the result's.  Raises ShapeError for a spec not understood."""
    left, arrow, result = spec.replace(" ", "").partition("->")
    terms = tuple(left.split(","))
    if not arrow:
        raise ShapeError(f"einsum: expected a spec such as 'ij,jk->ik', got {spec!r}; add '->'")
    for term in (*terms, result):
        if term and not (term.isascii() and term.isalpha()):
            raise ShapeError(f"einsum: expected letters as indices, got {term!r} in {spec!r}")
        if len(set(term)) != len(term):
            raise ShapeError(
                f"einsum: expected distinct indices, got {term!r} in {spec!r}; "
                f"take the diagonal first"
            )
    if len(terms) != operands:
        raise ShapeError(f"einsum: expected {len(terms)} operands for {spec!r}, got {operands}")
    for letter in result:
        if letter not in left:
            raise ShapeError(f"einsum: index {letter!r} of the result has no operand in {spec!r}")
    return terms, result


def _result(*xs: Type, spec: str) -> Type:
    terms, result = parse_spec(spec, len(xs))
    sizes: dict[str, Dim] = {}
    for term, x in zip(terms, xs, strict=True):
        if x.dtype != xs[0].dtype or x.dtype == "bool":
            raise DTypeError(f"einsum: expected numbers of one dtype, got {xs}; cast")
        if x.rank != len(term):
            raise ShapeError(f"einsum: expected rank {len(term)} for {term!r}, got {x}")
        for letter, size in zip(term, x.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ShapeError(
                    f"einsum: index {letter!r} of {spec!r} is {sizes[letter]} and {size}"
                )
    return xs[0].with_shape(tuple(sizes[letter] for letter in result))


def _pullback(f: Any, g: Any, y: Any, *xs: Any, spec: str) -> tuple[Any, ...]:
    terms, result = parse_spec(spec, len(xs))
    cotangents = []
    for i, (term, x) in enumerate(zip(terms, xs, strict=True)):
        others = [*terms[:i], *terms[i + 1 :]]
        # An index of this operand alone was only summed over: its cotangent repeats along it.
        kept = "".join(c for c in term if c in result or any(c in o for o in others))
        back = f.einsum(g, *xs[:i], *xs[i + 1 :], spec=f"{','.join([result, *others])}->{kept}")
        if kept != term:
            shape = f.type(x).shape
            ones = tuple(d if c in kept else 1 for c, d in zip(term, shape, strict=True))
            back = f.broadcast_to(f.reshape(back, shape=ones), shape=shape)
        cotangents.append(back)
    return tuple(cotangents)


EINSUM = register(
    Op(
        "einsum",
        "product",
        None,
        infer=_result,
        evaluate=lambda *xs, spec: np.einsum(spec, *xs),
        pullback=_pullback,
        attributes=("spec",),
        rests=iv.as_sum_of_products,
        interval=iv.sum_of_products,
        called="product",
        doc="the sums of products that the spec names",
    )
)
