"""The types of the IR: an element dtype and a shape of dims.

A dim is a plain ``int`` or a ``str``: a size that is known, named, or a polynomial of named ones.
A string is a polynomial with integer coefficients in canonical text (``"N"``, ``"2*N"``,
``"N + 1"``), so that equal polynomials are equal strings and the text can be pasted into emitted
code as it is.

>>> Type("f64", ("N", 16))
f64[N, 16]
>>> parse_type("f64[N, 16]") == Type("f64", ("N", 16))
True
>>> add("N", 1), multiply("N", 16), add("N + 1", -1)
('N + 1', '16*N', 'N')
>>> divide("16*N", 16)
'N'
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from symgrad.errors import ShapeError

DTYPES: dict[str, np.dtype[np.generic]] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "i64": np.dtype(np.int64),
    "bool": np.dtype(np.bool_),
}
FLOATS = ("f32", "f64")

Dim = int | str
Shape = tuple[Dim, ...]
Terms = tuple[tuple[tuple[str, ...], int], ...]
Polynomial = dict[tuple[str, ...], int]

_POLYNOMIAL = re.compile(r"\s*[+-]?\s*[^\s+-]+(\s*(\+\s*-?|-)\s*[^\s+-]+)*\s*\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
CACHED = 4096  # sizes, or pairs of them, that are kept


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


def is_name(text: str) -> bool:
    """True if ``text`` may name a size."""
    return _NAME.match(text) is not None


def polynomial(dim: Dim) -> Polynomial:
    """The dim as a map from monomials (sorted names) to their coefficients."""
    if isinstance(dim, int):
        return {(): dim} if dim else {}
    return dict(_terms(dim))


@lru_cache(maxsize=CACHED)
def _terms(dim: str) -> Terms:
    """The monomials of a text and their coefficients.  A program has few sizes, read often."""
    if not _POLYNOMIAL.match(dim):
        raise ValueError(f"not a size: {dim!r}")
    terms: Polynomial = {}
    for sign, body in re.findall(r"([+-]?)\s*([^\s+-]+)", dim):
        coefficient, names = (-1 if sign == "-" else 1), []
        for factor in body.split("*"):
            if factor.isdigit():
                coefficient *= int(factor)
            elif is_name(factor):
                names.append(factor)
            else:
                raise ValueError(f"not a size: {dim!r}")
        key = tuple(sorted(names))
        terms[key] = terms.get(key, 0) + coefficient
    if not terms:
        raise ValueError(f"not a size: {dim!r}")
    return tuple((key, c) for key, c in terms.items() if c)


def dim_text(terms: Polynomial) -> Dim:
    """The canonical dim of a polynomial; an ``int`` where no name is left."""
    terms = {key: c for key, c in terms.items() if c}
    if not terms:
        return 0
    if list(terms) == [()]:
        return terms[()]
    parts: list[str] = []
    for key in sorted(terms, key=lambda names: (-len(names), names)):
        c = terms[key]
        factors = ([str(abs(c))] if abs(c) != 1 or not key else []) + list(key)
        sign = ("- " if c < 0 else "+ ") if parts else ("-" if c < 0 else "")
        parts.append(sign + "*".join(factors))
    return " ".join(parts)


def canonical(dim: Dim) -> Dim:
    """The canonical form of a dim.  Raises ValueError if it is no polynomial of names."""
    return dim if isinstance(dim, int) else dim_text(polynomial(dim))


def add(a: Dim, b: Dim) -> Dim:
    """a + b."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    return _sum(a, b)


@lru_cache(maxsize=CACHED)
def _sum(a: Dim, b: Dim) -> Dim:
    terms = polynomial(a)
    for key, c in polynomial(b).items():
        terms[key] = terms.get(key, 0) + c
    return dim_text(terms)


def multiply(a: Dim, b: Dim) -> Dim:
    """a * b."""
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return _product(a, b)


@lru_cache(maxsize=CACHED)
def _product(a: Dim, b: Dim) -> Dim:
    terms: Polynomial = {}
    for key_a, c_a in polynomial(a).items():
        for key_b, c_b in polynomial(b).items():
            key = tuple(sorted(key_a + key_b))
            terms[key] = terms.get(key, 0) + c_a * c_b
    return dim_text(terms)


def subtract(a: Dim, b: Dim) -> Dim:
    """a - b."""
    return add(a, multiply(-1, b))


def sides(dim: Dim) -> tuple[str, str]:
    """The two sides of ``dim >= 0``, neither with a minus.

    >>> sides("N - 3"), sides("2*N - M - 1")
    (('N', '3'), ('2*N', 'M + 1'))
    """
    terms = polynomial(dim)
    more = dim_text({key: c for key, c in terms.items() if c > 0})
    less = dim_text({key: -c for key, c in terms.items() if c < 0})
    return str(more), str(less)


def product(dims: Iterable[Dim]) -> Dim:
    """The product of all dims; 1 for none."""
    total: Dim = 1
    for dim in dims:
        total = multiply(total, dim)
    return total


def divide(a: Dim, b: Dim) -> Dim | None:
    """a / b where the division is exact, by a monomial; else None."""
    divisor = polynomial(b)
    if len(divisor) != 1:
        return 1 if divisor and canonical(a) == canonical(b) else None
    ((names, c),) = divisor.items()
    quotient: Polynomial = {}
    for key, coefficient in polynomial(a).items():
        rest = list(key)
        for name in names:
            if name not in rest:
                return None
            rest.remove(name)
        if coefficient % c:
            return None
        quotient[tuple(rest)] = coefficient // c
    return dim_text(quotient)


def names_in(dim: Dim) -> tuple[str, ...]:
    """The names a dim depends on, sorted."""
    return () if isinstance(dim, int) else _names(dim)


@lru_cache(maxsize=CACHED)
def _names(dim: str) -> tuple[str, ...]:
    return tuple(sorted({name for key, _ in _terms(dim) for name in key}))


def substitute(dim: Dim, sizes: Mapping[str, int]) -> Dim:
    """The dim with numbers for some of its names.

    >>> substitute("M*N + N - 1", {"N": 4})
    '4*M + 3'
    """
    if isinstance(dim, int):
        return dim
    terms: Polynomial = {}
    for key, c in polynomial(dim).items():
        rest = tuple(n for n in key if n not in sizes)
        terms[rest] = terms.get(rest, 0) + c * math.prod(sizes[n] for n in key if n in sizes)
    return dim_text(terms)


def size_at(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The size of a dim for given named sizes.  Raises KeyError for an unknown name."""
    if isinstance(dim, int):
        return dim
    return sum(c * math.prod(sizes[n] for n in key) for key, c in _terms(dim))
