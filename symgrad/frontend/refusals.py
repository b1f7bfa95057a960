"""Errors of the front ends, with the name that was meant or the remedy, and the user's line.

>>> print(surplus("sum", "dim", ("x", "axis", "keepdims")))
sum: unknown argument 'dim'; did you mean 'axis'?
>>> print(surplus("sum", "out", ("x", "axis", "keepdims")))
sum: takes no out=; an expression is not written into: use what the function returns
>>> str(unknown("float()")).split(", at ")[0]
'float() asks a traced value for its number'
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, NoReturn, TypeVar

from symgrad.errors import ArgumentError, SymgradError, TraceError
from symgrad.frontend.source.origin import caller

F = TypeVar("F", bound=Callable[..., Any])

_LINE = re.compile(r" at [^ ]+:\d+")
_NO_FILE = "<string>"  # the file of ``python -c``

# PyTorch's and TensorFlow's words for NumPy's.
_FOREIGN = {
    "dim": "axis",
    "axes": "axis",
    "keepdim": "keepdims",
    "keep_dims": "keepdims",
    "correction": "ddof",
    "p": "ord",
    "other": "x2",
}
# Arguments of NumPy's functions that an expression has no use for.
_INSTEAD = {
    "out": "an expression is not written into: use what the function returns",
    "where": "choose with sg.where(condition, x, y) first",
    "dtype": "cast with .astype(dtype) first",
    "initial": "add it, or compare with it, afterwards",
    "mode": "an index outside of the array is refused; bring it inside first",
    "order": "elements are in row-major order; transpose first",
    "casting": "cast with .astype(dtype) first",
}
_NEAR = 0.65  # of difflib's ratio: at its 0.6, linalg is near diag, and hessian near sin

CHOOSE = "choose with sg.where(condition, a, b)"
AUX = "return the value as aux (has_aux=True) and compute with it outside"
PICK = "pick by a traced index with sg.pick(values, index)"


def refusing(error: Callable[..., Exception]) -> Callable[..., Callable[..., NoReturn]]:
    """A maker of methods that refuse: ``maker(*said)`` raises ``error(self, *said)`` when called.

    >>> refused = refusing(lambda self, asked: TypeError(f"{self} has no {asked}"))
    >>> refused("length")("x")
    Traceback (most recent call last):
    TypeError: x has no length
    """

    def maker(*said: str) -> Callable[..., NoReturn]:
        def method(self: Any, *args: Any, **options: Any) -> NoReturn:
            raise error(self, *said)

        return method

    return maker


def unknown(asked: str, instead: str = AUX, value: object = None) -> TraceError:
    """The error for asking a traced value for its number, with the user's line."""
    error = TraceError(
        f"{asked} asks a traced value for its number, at {caller()}; while a function is traced "
        f"its values are not known: {instead}"
    )
    error.asked = value
    return error


def located(function: F) -> F:
    """Ends the message of each of our errors with the user's line, unless one is in it.

    A keyword that the function does not take is an ArgumentError that says what was meant.
    """

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            if kwargs:
                check_keywords(function, kwargs)
            return function(*args, **kwargs)
        except SymgradError as error:
            at = caller()
            if _LINE.search(str(error)) or at.file == _NO_FILE:
                raise
            raise type(error)(f"{error}; built at {at}") from error

    return wrapper  # type: ignore[return-value]


def check_keywords(function: Callable[..., Any], given: Iterable[str]) -> None:
    """Raises ArgumentError for a keyword that the function does not take."""
    known = _known(function)
    if known is not None:
        for name in given:
            if name not in known:
                raise surplus(function.__name__, name, sorted(known))


@cache
def _known(function: Callable[..., Any]) -> frozenset[str] | None:
    """The keywords that a function takes; None if it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return frozenset(
        p.name for p in parameters if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)
    )


def surplus(name: str, given: str, known: Iterable[str]) -> ArgumentError:
    """The error for a keyword that the function of that name does not take."""
    known = tuple(known)
    foreign = _FOREIGN.get(given)
    if foreign in known:
        return ArgumentError(f"{name}: unknown argument {given!r}; did you mean {foreign!r}?")
    if given in _INSTEAD:
        return ArgumentError(f"{name}: takes no {given}=; {_INSTEAD[given]}")
    return ArgumentError(f"{name}: unknown argument {given!r}; {nearest(given, known)}")


def nearest(name: str, known: Sequence[str]) -> str:
    """The end of a message about an unknown name: the name that was meant, or all known ones."""
    near = get_close_matches(name, known, 1, _NEAR)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"one of {', '.join(known)}" if known else "there is none"
