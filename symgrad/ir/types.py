"""The types of the IR: an element dtype and a shape of dims.

>>> Type("f64", ("N", 16))
f64[N, 16]
>>> parse_type("f64[N, 16]") == Type("f64", ("N", 16))
True
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from symgrad.errors import ShapeError
from symgrad.ir.dims import Dim, canonical, product

DTYPES: dict[str, np.dtype[np.generic]] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "i64": np.dtype(np.int64),
    "bool": np.dtype(np.bool_),
}
FLOATS = ("f32", "f64")

Shape = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """An element dtype (a key of ``DTYPES``) and a shape of dims."""

    dtype: str
    shape: Shape = ()

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"unknown dtype {self.dtype!r}; one of {', '.join(DTYPES)}")
        known = math.prod(d for d in self.shape if isinstance(d, int))
        if known >= 2**63:
            raise ShapeError(f"{self.shape} has {known} elements; an array holds fewer than 2**63")

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Dim:
        """The number of elements."""
        return product(self.shape)

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATS

    @property
    def numpy(self) -> np.dtype[np.generic]:
        return DTYPES[self.dtype]

    def with_shape(self, shape: Shape) -> Type:
        return Type(self.dtype, tuple(shape))

    def with_dtype(self, dtype: str) -> Type:
        return Type(dtype, self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"

    __repr__ = __str__


def parse_type(text: str) -> Type:
    """The type that prints as ``text``.  Raises ValueError for anything else."""
    head, bracket, rest = text.strip().partition("[")
    if not bracket or not rest.endswith("]"):
        raise ValueError(f"not a type: {text!r}")
    parts = [part.strip() for part in rest[:-1].split(",")] if rest != "]" else []
    dims = tuple(int(p) if p.isdigit() else canonical(p) for p in parts)
    return Type(head, dims)


def dtype_name(dtype: np.dtype[np.generic]) -> str | None:
    """The IR's name of a NumPy dtype, or None where the IR has none."""
    return next((name for name, own in DTYPES.items() if own == dtype), None)
