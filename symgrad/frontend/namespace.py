"""The functions of ``sg`` by their public names, and functions that a class calls by name.

A file of the front end enters its functions as it defines them; importing a room defines them all.
Nothing is imported here, so that every file may read the tables.

>>> METHODS["upper"] = ("string", "capwords")
>>> method("upper")("two words")
'Two Words'
>>> del METHODS["upper"]
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

FUNCTIONS: dict[str, Callable[..., Any]] = {}  # filled by ``frontend.arrays``
ON_SCALARS: set[str] = set()  # those that take a ``Value`` as well as an ``Expr``
DEFERRED: dict[str, Callable[..., Any]] = {}  # written with a class, and called by its methods
METHODS: dict[str, tuple[str, str]] = {}  # of later rooms: name -> the module and the function


def deferred(function: F) -> F:
    """Enters a function that methods look up by name when they are called."""
    DEFERRED[function.__name__] = function
    return function


def alias(name: str, function: F) -> F:
    """Another public name of a function."""
    FUNCTIONS[name] = function
    return function


def method(name: str) -> Callable[..., Any]:
    """The function behind a method whose work is done by a later room, imported when called."""
    module, function = METHODS[name]
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


__all__ = ["DEFERRED", "FUNCTIONS", "METHODS", "ON_SCALARS", "alias", "deferred", "method"]
