"""Functions that take plain arrays, too, and then compute at once.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays import FUNCTIONS
>>> FUNCTIONS["exp"](0.0)
np.float64(1.0)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from symgrad.errors import LimitError, TraceError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.leaf import leaf_of
from symgrad.frontend.arrays.size import Size
from symgrad.frontend.namespace import ON_SCALARS, alias
from symgrad.frontend.refusals import located
from symgrad.ir.function import Instr
from symgrad.ir.run import value_of
from symgrad.ir.types import DTYPES

MAX_ELEMENTS = 10**9  # of an array that is computed while building
F = TypeVar("F", bound=Callable[..., Any])


def evaluate(x: Expr) -> Any:
    """The value of an expression of constants and params, by the ops' reference semantics.

    Raises TraceError if it depends on an input.
    """
    with np.errstate(all="ignore"):
        return value_of(x.instr, _value, {})


def check_count(name: str, count: Any) -> None:
    """Raises LimitError for more elements than ``MAX_ELEMENTS``, before memory is taken."""
    if not isinstance(count, str) and count > MAX_ELEMENTS:
        raise LimitError(
            f"{name}: {count:,} elements, more than the {MAX_ELEMENTS:,} of an array that is made "
            "while building (symgrad.frontend.arrays.eager.MAX_ELEMENTS); name the size instead, "
            "as in sg.zeros(('N',)), and give it at the call"
        )


def _value(instr: Instr, operands: list[Any]) -> Any:
    check_count(instr.op.name, instr.type.size)
    leaf = leaf_of(instr)
    if leaf is not None:
        if leaf.data is None:
            raise TraceError(f"{leaf.name!r} is an input without a value; compile and call instead")
        return leaf.data
    if instr.is_constant:
        return np.asarray(instr["value"], DTYPES[instr.type.dtype]).reshape(instr.type.shape)[()]
    return instr.op.evaluate(*operands, **dict(instr.attributes))


def has_expr(args: Any) -> bool:
    """True if an expression is among the arguments, or in a list or tuple among them."""
    stack = list(args)
    while stack:
        x = stack.pop()
        if isinstance(x, Expr | Size):
            return True
        if isinstance(x, list | tuple):
            stack.extend(x)
    return False


def _settled(x: Any) -> Any:
    """The value of an expression of a known size."""
    return evaluate(x) if isinstance(x, Expr) and isinstance(x.instr.type.size, int) else x


def numpy_too(function: F) -> F:
    """Makes ``function`` compute at once when no argument is an expression.

    A result with a named size stays an expression.
    """

    @located
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if isinstance(result, Expr | list) and not has_expr((*args, *kwargs.values())):
            return [*map(_settled, result)] if isinstance(result, list) else _settled(result)
        return result

    return wrapper  # type: ignore[return-value]


def public(function: F) -> F:
    """Enters a function that takes plain arrays too in the namespace, by its own name."""
    made = numpy_too(function)
    made.__module__ = "symgrad"  # pickles name it by the public module
    return alias(function.__name__, made)


def on_scalars(function: F) -> F:
    """Enters a function that takes a ``Value`` or a condition as well."""
    ON_SCALARS.add(function.__name__)
    return public(function)
