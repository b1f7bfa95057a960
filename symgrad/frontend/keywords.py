"""Keyword arguments that a function does not take: what was meant, or what to do instead.

>>> print(surplus("sum", "dim", ("x", "axis", "keepdims")))
sum: unknown argument 'dim'; did you mean 'axis'?
>>> print(surplus("sum", "out", ("x", "axis", "keepdims")))
sum: takes no out=; an expression is not written into: use what the function returns
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from symgrad.errors import ArgumentError

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


def check_keywords(function: Callable[..., Any], given: Iterable[str]) -> None:
    """Raises ArgumentError for a keyword that the function does not take."""
    known = _known(function)
    if known is not None:
        for name in given:
            if name not in known:
                raise surplus(function.__name__, name, sorted(known))


@cache
def _known(function: Callable[..., Any]) -> frozenset[str] | None:
    """The keywords that a function takes; None where it takes any."""
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
    """The end of a message about an unknown name: what was meant, or all that there is."""
    near = get_close_matches(name, known, 1, _NEAR)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"one of {', '.join(known)}" if known else "there is none"


__all__ = ["check_keywords", "nearest", "surplus"]
