"""How a number depends on the number of examples, told from three traces.

Sizes are polynomials in N; a constant that differs between the traces is one of a few expressions
in N, and it must be so bit for bit: ``1.0 / N`` is not ``0.1 * (10.0 / N)``.

>>> dim_of((2, 3, 6), (3, 4, 7)), dim_of((9, 16, 49), (3, 4, 7)), dim_of((3, 4, 5), (3, 4, 7))
('N - 1', 'N*N', None)
>>> form_of((1 / 3, 1 / 4, 1 / 7), (3, 4, 7))
Form(kind='quotient', factor=1.0, dim='N', root=False)
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from symgrad.ir import dims
from symgrad.ir.dims import Dim
from symgrad.ops.terms import IRAlgebra

NAME = "N"


def dim_of(values: Sequence[int], sizes: Sequence[int]) -> Dim | None:
    """The polynomial in N with these values at these sizes: linear, or a multiple of N*N."""
    if len(set(values)) == 1:
        return values[0]
    slope, rest = divmod(values[1] - values[0], sizes[1] - sizes[0])
    guesses = [{(NAME,): slope, (): values[0] - slope * sizes[0]}] if not rest else []
    guesses += [{(NAME, NAME): values[0] // sizes[0] ** 2}, {(NAME, NAME): 1, (NAME,): -1}]
    for guess in guesses:
        dim = dims.text(guess)
        if all(dims.evaluate(dim, {NAME: n}) == v for v, n in zip(values, sizes, strict=True)):
            return dim
    return None


class Form(NamedTuple):
    """``size`` is d, ``product`` factor * d, ``quotient`` factor / d, ``share`` factor * (1.0 / d),
    where d is the dim, or its square root."""

    kind: str
    factor: float
    dim: Dim
    root: bool = False

    def value(self, n: int) -> float:
        """The number at a size."""
        d = float(dims.evaluate(self.dim, {NAME: n}))
        d = math.sqrt(d) if self.root else d
        if self.kind == "size":
            return d
        if self.kind == "product":
            return self.factor * d
        return self.factor / d if self.kind == "quotient" else self.factor * (1.0 / d)

    def term(self, f: IRAlgebra) -> Any:
        """The same in IR."""
        d = f.size(dim=self.dim, dtype="f64")
        d = f.sqrt(d) if self.root else d
        if self.kind == "size":
            return d
        if self.kind == "product":
            return f.multiply(self.factor, d)
        return f.divide(self.factor, d) if self.kind == "quotient" else self.factor * (1.0 / d)


def form_of(values: Sequence[float], sizes: Sequence[int]) -> Form | None:
    """The expression in N that has exactly these values, or None."""
    if not all(math.isfinite(v) and v for v in values):
        return None
    pairs = list(zip(values, sizes, strict=True))
    for form in _guesses(values, sizes):
        if all(_bits(form.value(n)) == _bits(v) for v, n in pairs):
            return form
    return None


def _guesses(values: Sequence[float], sizes: Sequence[int]) -> Iterator[Form]:
    if all(v.is_integer() and abs(v) < 2**53 for v in values):
        dim = dim_of([int(v) for v in values], sizes)
        if dim is not None:
            yield Form("size", 1.0, dim)
    for factor in (1.0, -1.0, 2.0, 0.5):  # 1.0 / (10 * N)
        below = [round(factor / v) if abs(factor / v) < 2**53 else 0 for v in values]
        dim = dim_of(below, sizes)
        if dim is not None and all(below):
            yield Form("quotient", factor, dim)
    for dim in (NAME, f"{NAME} - 1", f"{NAME} + 1", f"{NAME}*{NAME}"):
        for root in (False, True):
            yield from _scaled(values, sizes, dim, root)


def _scaled(values: Sequence[float], sizes: Sequence[int], dim: Dim, root: bool) -> Iterator[Form]:
    unit = Form("size", 1.0, dim, root)
    for v, n in sorted(zip(values, sizes, strict=True), key=lambda pair: pair[1] % 4):
        d = unit.value(n)  # where it is a power of two, the factor comes out exactly
        yield Form("quotient", v * d, dim, root)
        yield Form("share", v * d, dim, root)
        yield Form("product", v / d, dim, root)


def _bits(x: float) -> bytes:
    return struct.pack("<d", x)


__all__ = ["NAME", "Form", "dim_of", "form_of"]
