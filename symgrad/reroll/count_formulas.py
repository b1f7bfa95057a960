"""Formulas for numbers that depend on the number of examples, found from three traces.

Sizes are polynomials in N.  A constant that differs between the traces becomes one of a few
expressions in N that agrees with it bit for bit: ``1.0 / N`` is not ``0.1 * (10.0 / N)``.

>>> dim_of((2, 3, 6), (3, 4, 7)), dim_of((9, 16, 49), (3, 4, 7)), dim_of((3, 4, 5), (3, 4, 7))
('N - 1', 'N*N', None)
>>> form_of((1 / 3, 1 / 4, 1 / 7), (3, 4, 7))
('divide', (1.0, 'N'))
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

from symgrad.ir.types import Dim, dim_text, size_at
from symgrad.ops.float_algebra import value
from symgrad.ops.table import IRAlgebra, Term

DIM = "N"

# A formula in the number of examples: a number, a dim, or an op with its operands.
Form = float | str | tuple[str, "tuple[Form, ...]"]


def dim_of(values: Sequence[int], sizes: Sequence[int]) -> Dim | None:
    """The polynomial in N with these values at these sizes: linear, or a multiple of N*N."""
    if len(set(values)) == 1:
        return values[0]
    slope, rest = divmod(values[1] - values[0], sizes[1] - sizes[0])
    guesses = [{(DIM,): slope, (): values[0] - slope * sizes[0]}] if not rest else []
    guesses += [{(DIM, DIM): values[0] // sizes[0] ** 2}, {(DIM, DIM): 1, (DIM,): -1}]
    for guess in guesses:
        dim = dim_text(guess)
        if all(size_at(dim, {DIM: n}) == v for v, n in zip(values, sizes, strict=True)):
            return dim
    return None


def value_of(form: Form, n: int) -> float:
    """The number that a form stands for at a size."""
    if isinstance(form, float):
        return form
    if isinstance(form, str):
        return float(size_at(form, {DIM: n}))
    op, parts = form
    return value(op)(*[value_of(part, n) for part in parts])


def formed(f: IRAlgebra, form: Form) -> Term:
    """The number that a form stands for, in IR."""
    if isinstance(form, float):
        return f.term(f.number(form, "f64"))
    if isinstance(form, str):
        return f.size(dim=form, dtype="f64")
    op, parts = form
    return f.apply(op, *[formed(f, part) for part in parts])


def form_of(values: Sequence[float], sizes: Sequence[int]) -> Form | None:
    """The expression in N that has exactly these values, or None."""
    if not all(math.isfinite(v) and v for v in values):
        return None
    pairs = list(zip(values, sizes, strict=True))
    for form in _guesses(values, sizes):
        if all(_bits(value_of(form, n)) == _bits(v) for v, n in pairs):
            return form
    return None


def _guesses(values: Sequence[float], sizes: Sequence[int]) -> Iterator[Form]:
    if all(v.is_integer() and abs(v) < 2**53 for v in values):
        dim = dim_of([int(v) for v in values], sizes)
        if isinstance(dim, str):
            yield dim
    for factor in (1.0, -1.0, 2.0, 0.5):  # 1.0 / (10 * N)
        below = [round(factor / v) if abs(factor / v) < 2**53 else 0 for v in values]
        dim = dim_of(below, sizes)
        if isinstance(dim, str) and all(below):
            yield "divide", (factor, dim)
    for dim in (DIM, f"{DIM} - 1", f"{DIM} + 1", f"{DIM}*{DIM}"):
        yield from _scaled(values, sizes, dim)
        yield from _scaled(values, sizes, ("sqrt", (dim,)))


def _scaled(values: Sequence[float], sizes: Sequence[int], unit: Form) -> Iterator[Form]:
    """Multiples and quotients of a unit, with factors that fit one of the values."""
    for v, n in sorted(zip(values, sizes, strict=True), key=lambda pair: pair[1] % 4):
        d = value_of(unit, n)  # the factor is exact if it is a power of two
        yield "divide", (v * d, unit)
        yield "multiply", (v * d, ("divide", (1.0, unit)))
        yield "multiply", (v / d, unit)


def _bits(x: float) -> bytes:
    return struct.pack("<d", x)
