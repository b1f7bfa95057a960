"""Whether an array function is worth having, beside a straight line of scalars.

Measured with NumPy 2.4 on Python 3.11: a call on a small array takes about a microsecond, a scalar
operation in straight-line Python about 40 ns, an element of an array about 1 ns.  Arrays also
read better, so they are preferred unless they cost three times as much.

>>> is_cheaper(calls=12, elements=300, scalars=396), is_cheaper(calls=6, elements=6, scalars=10)
(True, False)
"""

from __future__ import annotations

from symgrad.ir.function import Function

CALL, ELEMENT, SCALAR = 1.0, 0.001, 0.04  # microseconds
READABLE = 3.0


def is_cheaper(calls: int, elements: int, scalars: int) -> bool:
    """Whether array code of so many calls is preferred to so many scalar operations."""
    return CALL * calls + ELEMENT * elements <= READABLE * SCALAR * scalars


def prefers_arrays(function: Function, scalars: int) -> bool:
    """Whether the function is preferred to the ``scalars`` operations that it was rolled from."""
    work = [x for x in function.body if x.op.weight]
    sizes = [x.type.size for x in work]
    return is_cheaper(len(work), sum(n for n in sizes if isinstance(n, int)), scalars)
