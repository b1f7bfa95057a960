"""Tables of the functions of ``sg`` by their public names, and of functions that methods call.

Each file of the front end enters its functions here.  This file imports no other one, so that all
of them may read the tables.

>>> METHODS["upper"] = ("string", "capwords")
>>> method("upper")("two words")
'Two Words'
>>> del METHODS["upper"]
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import index
from types import FunctionType
from typing import Any, SupportsIndex, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

FUNCTIONS: dict[str, Callable[..., Any]] = {}  # filled by ``frontend.arrays``
ON_SCALARS: set[str] = set()  # functions that take a ``Value`` as well as an ``Expr``
DEFERRED: dict[str, Callable[..., Any]] = {}  # called by methods of a class that they import
METHODS: dict[str, tuple[str, str]] = {}  # name -> the module and function of a later room


def deferred(function: F) -> F:
    """Enters a function that methods look up by name when they are called."""
    DEFERRED[function.__name__] = function
    return function


def named(function: F, name: str, doc: str) -> F:
    """A function that was made for a name of the table."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def with_method_names(cls: C) -> C:
    """Gives the methods that a function made the names that they have in the class."""
    for name, made in vars(cls).items():
        if isinstance(made, FunctionType) and "<locals>" in made.__qualname__:
            made.__name__, made.__qualname__ = name, f"{cls.__qualname__}.{name}"
    return cls


def alias(name: str, function: F) -> F:
    """Another public name of a function."""
    FUNCTIONS[name] = function
    return function


def method(name: str) -> Callable[..., Any]:
    """The function that a later room has for a method, imported when the method is called."""
    module, function = METHODS[name]
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def restored(module: str, name: str) -> Any:
    """A bare object of a class by its public name, which unpickling fills."""
    return object.__new__(getattr(import_module(module), name))


restored.__module__ = "symgrad.engine"  # pickles name it by a module that never moves


def pickled_from(module: str, *names: str) -> Callable[[Any, SupportsIndex], tuple[Any, ...]]:
    """A ``__reduce_ex__`` by which pickles name these classes as parts of a public module.

    A pickle then outlives a move of the file that defines the class.  ``__module__`` stays as it
    is, because ``inspect.getsource`` reads it.  Subclasses of the user's are pickled as usual.
    """

    def reduce(self: Any, protocol: SupportsIndex) -> Any:
        made: Any = object.__reduce_ex__(self, max(index(protocol), 2))
        kind = type(self)
        if kind.__name__ not in names or not kind.__module__.startswith("symgrad."):
            return made
        return restored, (module, kind.__name__), *made[2:]

    return reduce
