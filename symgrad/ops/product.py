"""Matrix products with NumPy's semantics, and einsum by an explicit spec (``"ij,jk->ik"``).

>>> MATMUL.infer(Type("f64", ("N", 3)), Type("f64", (3,)))
f64[N]
>>> EINSUM.infer(Type("f64", ("N", 3)), Type("f64", (3,)), spec="ij,j->i")
f64[N]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.op import Op
from symgrad.ir.types import Dim, Type, add, multiply, product
from symgrad.ops import defining as d
from symgrad.ops import intervals as iv
from symgrad.ops.shape import unbroadcast
from symgrad.ops.table import broadcast, register


def matmul_result(a: Type, b: Type) -> Type:
    if a.dtype != b.dtype or a.dtype == "bool":
        raise DTypeError(f"matmul: expected numbers of one dtype, got {a} and {b}; cast")
    if not a.rank or not b.rank:
        raise ShapeError(
            f"matmul: expected vectors or matrices, got {a} and {b}; use * for scalars"
        )
    inner = b.shape[-2 if b.rank > 1 else 0]
    if a.shape[-1] != inner:
        mend = "transpose one?"
        if isinstance(a.shape[-1], str) ^ isinstance(inner, str):
            name, number = sorted((a.shape[-1], inner), key=lambda d: isinstance(d, int))
            mend = f"the one says {name}, the other has {number}: write {number} for {name}"
        raise ShapeError(f"matmul: inner sizes differ: got {a} and {b}; {mend}")
    batch = broadcast("matmul", a.with_shape(a.shape[:-2]), b.with_shape(b.shape[:-2]))
    return a.with_shape((*batch, *a.shape[:-1][-1:], *(b.shape[-1:] if b.rank > 1 else ())))


def _outer(a: Type, b: Type) -> Type:
    if a.dtype != b.dtype:
        raise DTypeError(f"outer: expected one dtype, got {a} and {b}; cast")
    if a.rank != 1 or b.rank != 1:
        raise ShapeError(f"outer: expected two vectors, got {a} and {b}; reshape them")
    return a.with_shape(a.shape + b.shape)


def _swap(f: Any, x: Any) -> Any:
    n = f.type(x).rank
    return f.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def matmul_pullback(f: Any, g: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    s, t = f.type(a), f.type(b)
    if s.rank == 1 and t.rank == 1:
        return g * b, g * a
    if s.rank == 2 and t.rank == 1:
        return f.outer(g, b), f.matmul(g, a)
    if s.rank == 1 and t.rank == 2:
        return f.matmul(b, g), f.outer(a, g)
    if s.rank > 2 and t.rank <= 2:
        return _shared_pullback(f, g, a, b)
    if s.rank == 1:
        a, g = f.reshape(a, shape=(1, *s.shape)), _with_one(f, g, -1)
    elif t.rank == 1:
        b, g = f.reshape(b, shape=(*t.shape, 1)), _with_one(f, g, None)
    da = unbroadcast(f, f.matmul(g, _swap(f, b)), f.type(a).shape)
    db = unbroadcast(f, f.matmul(_swap(f, a), g), f.type(b).shape)
    return (
        f.reshape(da, shape=s.shape) if s.rank == 1 else da,
        f.reshape(db, shape=t.shape) if t.rank == 1 else db,
    )


def _shared_pullback(f: Any, g: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """For one matrix or vector b that all matrices of a stack meet: the rows of all at once."""
    s, t = f.type(a), f.type(b)
    rows = product(s.shape[:-1])
    flat = f.reshape(a, shape=(rows, s.shape[-1]))
    if t.rank == 1:
        spread = _with_one(f, g, None)
        return spread * b, f.matmul(f.reshape(g, shape=(rows,)), flat)
    h = f.reshape(g, shape=(rows, t.shape[-1]))
    return f.matmul(g, _swap(f, b)), f.matmul(_swap(f, flat), h)


def _with_one(f: Any, g: Any, before: int | None) -> Any:
    shape = f.type(g).shape
    tail = shape[before:] if before is not None else ()
    return f.reshape(g, shape=(*shape[: len(shape) - len(tail)], 1, *tail))


def _of_inner(count: Dim, inner: Dim) -> Dim:
    """Flops of ``count`` elements, each a sum of ``inner`` products."""
    return multiply(count, add(multiply(2, inner), -1))


MATMUL = register(
    Op(
        "matmul",
        "product",
        2,
        infer=matmul_result,
        evaluate=np.matmul,
        pullback=matmul_pullback,
        rests=iv.as_sum_of_products,
        interval=iv.sum_of_products,
        symbol="@",
        called="product",
        named="{}_{}",
        flops=lambda y, a, b: _of_inner(y.size, a.shape[-1]),
        traits=("combines", "contracts", "terms"),
        definition=d.call("matmul"),
        doc="the matrix product; vectors and batches as NumPy has them",
    )
)
OUTER = register(
    Op(
        "outer",
        "product",
        2,
        infer=_outer,
        evaluate=np.outer,
        pullback=lambda f, g, y, a, b: (f.matmul(g, b), f.matmul(a, g)),
        rests=iv.with_operands,
        interval=iv.by(iv.times),
        called="product",
        flops=lambda y, a, b: y.size,
        traits=("combines",),
        definition=d.call("outer"),
        doc="the products of all pairs of two vectors",
    )
)


def _cross(a: Type, b: Type) -> Type:
    if a.dtype != b.dtype or a.dtype == "bool":
        raise DTypeError(f"cross: expected numbers of one dtype, got {a} and {b}; cast")
    if a.shape[-1:] != (3,) or b.shape[-1:] != (3,):
        raise ShapeError(
            f"cross: expected vectors of 3 along the last axis, got {a} and {b}; in the plane "
            "it is a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]"
        )
    return a.with_shape(broadcast("cross", a, b))


def _cross_expansion(f: Any, a: Any, b: Any) -> Any:
    def part(x: Any, i: int) -> Any:
        lead = [("slice", 0, d, 1) for d in f.type(x).shape[:-1]]
        return f.index(x, key=(*lead, ("slice", i, i + 1, 1)))

    parts = [part(a, i) * part(b, j) - part(a, j) * part(b, i) for i, j in ((1, 2), (2, 0), (0, 1))]
    return f.concatenate(*parts, axis=f.type(parts[0]).rank - 1)


CROSS = register(
    Op(
        "cross",
        "product",
        2,
        infer=_cross,
        evaluate=np.cross,
        pullback=lambda f, g, y, a, b: (
            unbroadcast(f, f.cross(b, g), f.type(a).shape),
            unbroadcast(f, f.cross(g, a), f.type(b).shape),
        ),
        expansion=_cross_expansion,
        definition=d.CROSS,
        doc="the vector products of vectors of 3 along the last axis",
    )
)


def _vdot(a: Type, b: Type) -> Type:
    if a != b or not a.is_float:
        raise ShapeError(f"vdot: expected two float arrays of one type, got {a} and {b}")
    return Type(a.dtype)


VDOT = register(
    Op(
        "vdot",
        "product",
        2,
        infer=_vdot,
        evaluate=np.vdot,
        pullback=lambda f, g, y, a, b: (g * b, g * a),
        called="dot",
        expansion=lambda f, a, b: f.sum(a * b, axis=tuple(range(f.type(a).rank)), keepdims=False),
        commutative=True,
        rests=iv.as_sum_of_products,
        interval=iv.sum_of_products,
        flops=lambda y, a, b: _of_inner(1, a.size),
        traits=("contracts", "terms"),
        definition=d.Definition(lambda x, operands: f"np.sum({operands[0]} * {operands[1]})"),
        doc="the sum of the products of all elements of two arrays of one shape",
    )
)


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


def _flops(y: Type, *xs: Type, spec: str) -> Dim:
    """For each choice of all indices, a factor an operand."""
    terms, _ = parse_spec(spec, len(xs))
    sizes = {
        c: d for term, x in zip(terms, xs, strict=True) for c, d in zip(term, x.shape, strict=True)
    }
    return multiply(len(xs), product(sizes.values()))


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
        flops=_flops,
        traits=("combines", "contracts", "view"),
        definition=d.EINSUM,
        doc="the sums of products that the spec names",
    )
)
