"""The functions of ``sg`` on ``Value``s and conditions.

>>> from symgrad.frontend.scalars.value import Value
>>> x = Value(-2.0)
>>> y = where(x > 0.0, x, 0.5 * x)
>>> y.backward()
>>> y.data, x.grad
(-1.0, 0.5)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from symgrad.errors import ArgumentError, DomainError
from symgrad.frontend.operands import NUMBERS, is_int
from symgrad.frontend.scalars.traced import TracedNumber
from symgrad.frontend.scalars.value import Condition, Value, apply, leaf
from symgrad.ops import OPS


def is_scalar(*xs: Any) -> bool:
    """True if a Value or a condition is among them."""
    return any(isinstance(x, Value | Condition) for x in xs)


def where(condition: Any, a: Any, b: Any) -> Any:
    """a if the condition holds, else b; a number is true if it is not 0."""
    if isinstance(condition, NUMBERS):
        chosen = a if condition else b
        return chosen if is_scalar(chosen) else leaf(chosen)
    if isinstance(condition, Value):
        condition = apply("not_equal", condition, 0.0)
    if not isinstance(condition, Condition):
        kind = type(condition).__name__
        raise ArgumentError(f"where: expected a condition, got {kind} {condition!r}")
    if isinstance(a, Condition | bool) and isinstance(b, Condition | bool):
        return (condition & a) | (~condition & b)
    a, b = (x.as_number() if isinstance(x, Condition) else x for x in (a, b))
    return apply("where", condition, a, b)


class ValueAlgebra:
    """The algebra of ``Value``s, for expanding ops with attributes, which nodes cannot have."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return where if name == "where" else partial(apply, name)


_VALUES = ValueAlgebra()


def apply_op(name: str, *xs: Any, **attributes: Any) -> Any:
    """An elementwise op of the table on scalars."""
    expansion = OPS[name].expansion if attributes else None
    return apply(name, *xs) if expansion is None else expansion(_VALUES, *xs, **attributes)


def pick(values: Sequence[Any], index: Any) -> Any:
    """``values[index]``; the index may be a traced integer.

    >>> pick([Value(1.0), Value(2.0)], 1)
    Value(data=2.0, grad=0)

    Raises DomainError for an index out of range, ArgumentError for one that is no integer.
    """
    if isinstance(index, TracedNumber):
        if not len(values):
            raise ArgumentError("pick: expected values to pick from, got none")
        given = [v.as_number() if isinstance(v, Condition) else v for v in values]
        return apply("pick", index, *given)
    if not is_int(index):
        kind = type(index).__name__
        raise ArgumentError(f"pick: expected an integer as index, got {kind} {index!r}")
    if not 0 <= index < len(values):
        raise DomainError(f"pick: expected an index from 0 to {len(values) - 1}, got {index}")
    return values[int(index)]
