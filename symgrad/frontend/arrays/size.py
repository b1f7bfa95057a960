"""``Size``: a named size in ``x.shape``, which is both a text and a number.

As a text it declares shapes.  In arithmetic it is the number that a call gives it: sums and
products with ints and sizes are sizes, other arithmetic and comparisons with numbers are
expressions.  An operation that needs the number while building raises TraceError.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> n = input("x", ("N", 2)).shape[0]
>>> n == "N", 2 * n + 1, n / 2, n > 3
(True, '2*N + 1', <expr divide: f64[]>, <expr greater: bool[]>)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from symgrad.errors import TraceError
from symgrad.frontend.namespace import DEFERRED, with_method_names
from symgrad.frontend.numpy_protocol import OnUfuncs
from symgrad.frontend.operands import NUMBERS, WEAK, is_int
from symgrad.frontend.operators import Arithmetic
from symgrad.frontend.refusals import refusing
from symgrad.frontend.source.origin import caller
from symgrad.ir.types import Dim, add, divide, multiply, product, subtract

# The ops whose results on sizes are sizes, as functions of dims.
_EXACT = {exact.__name__: exact for exact in (add, subtract, multiply)}


def as_size(dim: Dim) -> int | Size:
    """A dim of the IR as the user sees it."""
    return Size(dim) if isinstance(dim, str) else dim


def as_dim(value: Any) -> Dim | None:
    """The dim that an int or a Size is; None for anything else."""
    if isinstance(value, Size):
        return str(value)
    return int(value) if is_int(value) else None


def _operator(name: str, reflected: bool = False) -> Callable[[Size, Any], Any]:
    def method(self: Size, other: Any) -> Any:
        return _applied(name, other, self) if reflected else _applied(name, self, other)

    return method


def _applied(name: str, a: Any, b: Any) -> Any:
    """An op on a size and something else: a size if there is one, else an expression.

    Texts are left to Python.
    """
    x, y = as_dim(a), as_dim(b)
    if name in _EXACT and x is not None and y is not None:
        return as_size(_EXACT[name](x, y))
    if any(isinstance(v, str) and not isinstance(v, Size) for v in (a, b)):
        return NotImplemented
    return DEFERRED["operated"](name, a, b)


def _refusal(what: str, size: str, instead: str) -> TraceError:
    return TraceError(
        f"{what} needs the number that {size} stands for, which is unknown until the function "
        f"runs; {instead}, or give the size as a number when making the input; built at {caller()}"
    )


_refused = refusing(lambda size, what, instead: _refusal(what.format(size), size, instead))


def _is_numeric(x: object) -> bool:
    return isinstance(x, (*NUMBERS, np.ndarray)) or hasattr(x, "instr")


@with_method_names
class Size(OnUfuncs, Arithmetic[Any], str, operator=_operator):
    """A named size, or a polynomial of some."""

    __slots__ = ()

    def __pow__(self, exponent: Any) -> Any:
        """A whole power is a size."""
        if type(exponent) is int and exponent >= 0:
            return as_size(product([str(self)] * exponent))
        return _applied("power", self, exponent)

    def __floordiv__(self, other: Any) -> Any:
        """A size, if the division is exact.  Raises TraceError otherwise."""
        dim = as_dim(other)
        quotient = divide(str(self), dim) if dim else None
        if quotient is None:
            instead = "its floor as a number is sg.floor of the quotient"
            raise _refusal(f"{self} // {other}", self, instead)
        return as_size(quotient)

    def __mod__(self, other: Any) -> NoReturn:
        raise _refusal(f"{self} % {other}", self, "the rest of n is n - m * sg.floor(n / m)")

    def __rmod__(self, other: Any) -> Any:
        if isinstance(other, str):
            return NotImplemented
        raise _refusal(f"{other} % {self}", self, "the rest of m is m - n * sg.floor(m / n)")

    def __divmod__(self, other: Any) -> tuple[Any, NoReturn]:
        return self // other, self % other

    def __round__(self, digits: Any = None) -> Size:
        return self

    def __format__(self, spec: str) -> str:
        """The text.  Raises TraceError for a format of numbers."""
        if not spec or spec[-1] not in "bcdoxXneEfFgG%":
            return str.__format__(self, spec)
        raise _refusal(f"the format {spec!r} of {self}", self, "format what a call gives")

    def __neg__(self) -> Any:
        return as_size(multiply(-1, str(self)))

    def __pos__(self) -> Size:
        return self

    def __eq__(self, other: object) -> Any:
        return _applied("equal", self, other) if _is_numeric(other) else str.__eq__(self, other)

    def __ne__(self, other: object) -> Any:
        return _applied("not_equal", self, other) if _is_numeric(other) else str.__ne__(self, other)

    __hash__ = str.__hash__
    __bool__ = _refused("the truth of {}", "an empty array needs no case of its own")
    __iter__ = _refused("a loop over {}", "use whole-array functions")
    __int__ = _refused("int({})", "divide and multiply by the size itself")
    __float__ = _refused("float({})", "compute with the size itself; for math.log write sg.log")
    __index__ = _refused(
        "range({0}), np.zeros({0}) or an index",
        "use whole-array functions, sg.zeros, sg.ones or sg.full",
    )


WEAK.add(Size)
