"""Gradients by name: a named tuple in which the parameters' names come first.

>>> g = wrapper(("w", "count"))((1.0, 2.0))
>>> g.w, g["w"], g.count, len(g), tuple(g)
(1.0, 1.0, 2.0, 2, (1.0, 2.0))

Any identifier may name a parameter, also one that tuples have themselves, such as ``count``,
``_fields`` or ``__len__``.  As an attribute it is the gradient; all that Python and libraries look
up on the *type*, as ``len(g)``, unpacking, comparing and copying do, is the tuple's.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from symgrad.errors import ArgumentError

_NAMES = "names of the parameters"  # of a class; no identifier, so that no parameter hides it


class Gradients(tuple[Any, ...]):
    """One entry a parameter: ``g.w``, ``g["w"]``, ``g[0]``, or unpacked.

    ``f(**g)`` passes all of them on by name.  ``g.keys()``, ``g._fields``, ``g._asdict()``,
    ``g._replace(w=...)`` and ``type(g)._make(values)`` are those of Python's dicts and named
    tuples, where no parameter is called so.
    """

    __slots__ = ()

    def __new__(cls, *values: Any) -> Gradients:
        return tuple.__new__(cls, values)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return tuple.__getitem__(self, key)
        names = _names(self)
        if key not in names:
            raise ArgumentError(f"no gradient of {key!r}; there is {', '.join(names)}")
        return tuple.__getitem__(self, names.index(key))

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Gradients:
        return tuple.__new__(cls, values)

    def keys(self) -> tuple[str, ...]:
        """The names: with them ``f(**g)`` and ``dict(g)`` go by name."""
        return _names(self)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(_names(self), self, strict=True))

    def _replace(self, **values: Any) -> Gradients:
        whole = dict(zip(_names(self), self, strict=True))
        unknown = [name for name in values if name not in whole]
        if unknown:
            raise ArgumentError(f"no gradient of {unknown[0]!r}; there is {', '.join(whole)}")
        return tuple.__new__(type(self), {**whole, **values}.values())

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no gradient of {name!r}; there is {', '.join(_names(self))}")

    def __repr__(self) -> str:
        inner = ", ".join(f"{n}={v!r}" for n, v in zip(_names(self), self, strict=True))
        return f"Gradients({inner})"

    def __reduce__(self) -> Any:
        return _reduced(self)


def wrapper(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Gradients]:
    """A function of values: the gradients with these names."""
    return partial(tuple.__new__, gradients_class(names))


@lru_cache(maxsize=256)
def gradients_class(names: tuple[str, ...]) -> type[Gradients]:
    """The class for these names."""
    entries = {name: property(itemgetter(i)) for i, name in enumerate(names)}
    special = {name for name in names if name.startswith("__") and name.endswith("__")}
    body: dict[str, Any] = {"__slots__": (), _NAMES: names, "_fields": names, **entries}
    if not special:
        return type("Gradients", (Gradients,), body)

    # Python looks special methods up on the type, where they must stay the tuple's own.
    def read(self: Gradients, name: str) -> Any:
        if name in special:
            return tuple.__getitem__(self, names.index(name))
        return tuple.__getattribute__(self, name)

    body = {name: value for name, value in body.items() if name not in special}
    cls = type("Gradients", (Gradients,), {**body, "__slots__": (), "__getattribute__": read})
    copyreg.pickle(cls, _reduced)  # pickle would ask the instance for __reduce_ex__
    return cls


def _names(g: Gradients) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(type(g), _NAMES)
    return names


def _reduced(g: Gradients) -> Any:
    return _rebuild, (_names(g), tuple(g))


def _rebuild(names: tuple[str, ...], values: Iterable[Any]) -> Gradients:
    return wrapper(names)(values)
