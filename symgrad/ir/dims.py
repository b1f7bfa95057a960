"""Dimensions: sizes that are known, named, or a polynomial of named ones.

A dim is a plain ``int`` or a ``str``.  A string is a polynomial with integer coefficients in
canonical text (``"N"``, ``"2*N"``, ``"N + 1"``), so that equal polynomials are equal strings and
the text can be pasted into emitted code as it is.

>>> add("N", 1), multiply("N", 16), add("N + 1", -1)
('N + 1', '16*N', 'N')
>>> divide("16*N", 16)
'N'
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

Dim = int | str
Terms = tuple[tuple[tuple[str, ...], int], ...]
Polynomial = dict[tuple[str, ...], int]

_POLYNOMIAL = re.compile(r"\s*[+-]?\s*[^\s+-]+(\s*(\+\s*-?|-)\s*[^\s+-]+)*\s*\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
CACHED = 4096  # sizes, or pairs of them, that are kept


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


def text(terms: Polynomial) -> Dim:
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
    return dim if isinstance(dim, int) else text(polynomial(dim))


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
    return text(terms)


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
    return text(terms)


def subtract(a: Dim, b: Dim) -> Dim:
    """a - b."""
    return add(a, multiply(-1, b))


def sides(dim: Dim) -> tuple[str, str]:
    """The two sides of ``dim >= 0``, neither with a minus.

    >>> sides("N - 3"), sides("2*N - M - 1")
    (('N', '3'), ('2*N', 'M + 1'))
    """
    terms = polynomial(dim)
    more = text({key: c for key, c in terms.items() if c > 0})
    less = text({key: -c for key, c in terms.items() if c < 0})
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
    return text(quotient)


def names(dim: Dim) -> tuple[str, ...]:
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
    return text(terms)


def evaluate(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The size of a dim for given named sizes.  Raises KeyError for an unknown name."""
    if isinstance(dim, int):
        return dim
    return sum(c * math.prod(sizes[n] for n in key) for key, c in _terms(dim))
