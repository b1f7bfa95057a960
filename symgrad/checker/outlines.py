"""Shapes: the sizes that named dimensions have, and how results are nested.

>>> dims_of("f64[N, 2*N - 1]"), size_of("2*N - 1", {"N": 3})
(['N', '2*N - 1'], 5)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.checker.cells import Cells

DTYPES: dict[str, Any] = {"f64": np.float64, "f32": np.float32, "i64": np.int64, "bool": np.bool_}
OTHERS = (4, 6, 1, 5, 9, 3)  # sizes beside the first, where that is small


def sizes_at(n: int, names: Sequence[str]) -> dict[str, int]:
    """The first is n; the others are neither n nor n + 1, other ones at each n, and above 8 where
    n is.

    >>> [list(sizes_at(n, "NMK").values()) for n in (1, 2, 7, 20)]
    [[1, 4, 6], [2, 1, 5], [7, 9, 3], [20, 10, 14]]
    """
    turn = 2 * (1, 2, 7).index(n) if n in (1, 2, 7) else n
    free = [k for k in (*OTHERS[turn % 6 :], *OTHERS[: turn % 6]) if k not in (n, n + 1)]
    far = [n + 2 + 4 * i if n < 20 else 8 + (n - 18 + 4 * i) % 9 for i in range(len(names))]
    rest = far if n > 8 else free * len(names)
    return dict(zip(names, [n, *rest], strict=False))


def dims_of(type: str) -> list[str]:
    """The sizes of ``f64[N, 2]``, as they are written."""
    return [d.strip() for d in type.partition("[")[2].rstrip("]").split(",") if d.strip()]


def like(promised: Any, sizes: Mapping[str, int], arrays: bool) -> Any:
    """A result of the promised types: numbers, and arrays, or tuples of numbers in their place."""
    if isinstance(promised, tuple):
        return tuple([like(p, sizes, arrays) for p in promised])
    x = np.zeros([size_of(d, sizes) for d in dims_of(promised)], DTYPES[promised.partition("[")[0]])
    return x if arrays and x.ndim else _tuples(x.tolist())


def _tuples(x: Any) -> Any:
    return tuple(map(_tuples, x)) if isinstance(x, list) else x


def outline(x: Any, exact: bool) -> Any:
    """How a result is nested, its shapes, and unless it is exact its types.

    >>> outline((1.0, (np.ones(2),)), False)
    ((False, (), dtype('float64')), ((True, (2,), dtype('float64')),))
    """
    if isinstance(x, tuple):
        return tuple([outline(part, exact) for part in x])
    return (
        list if isinstance(x, list) else (_is_array(x), np.shape(x), exact or np.asarray(x).dtype)
    )


def _is_array(x: Any) -> bool:
    """A number among cells is an array without axes."""
    return isinstance(x, np.ndarray) and not (isinstance(x, Cells) and x.ndim == 0)


def size_of(dim: str, sizes: Mapping[str, int]) -> int:
    """A size such as ``2*N - 1``, for some sizes."""
    terms = dim.replace("- ", "+ -1*").split("+")
    factors = ([f.strip() for f in term.split("*")] for term in terms)
    return sum(math.prod(sizes[f] if f in sizes else int(f) for f in fs) for fs in factors)


def entangled(known: Iterable[Any], result: Any) -> str:
    """Why the arrays of a result are not the caller's own, to write into; nothing where they are.

    >>> x = np.zeros(2)
    >>> entangled([x], (x[:1],)), entangled([x], (x + 1,))
    ('a result shares memory with what it was made of', '')
    """
    taken = [(a, "what it was made of") for a in known if isinstance(a, np.ndarray)]
    for array in arrays(result):
        if not array.flags.writeable:
            return "a result is an array that nobody may write into"
        for other, what in taken:
            if np.shares_memory(array, other):
                return f"a result shares memory with {what}"
        taken.append((array, "another result"))
    return ""


def arrays(result: Any) -> Iterator[Any]:
    """The arrays in nested tuples, in order."""
    if isinstance(result, tuple):
        for part in result:
            yield from arrays(part)
    elif isinstance(result, np.ndarray):
        yield result
