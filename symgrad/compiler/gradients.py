"""Gradients by name: a tuple whose entries also have the parameters' names.

>>> g = gradients_class(("w", "b"))((1.0, 2.0))
>>> g.w, g["b"], len(g), tuple(g)
(1.0, 2.0, 2, (1.0, 2.0))
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from symgrad.errors import ArgumentError


class Gradients(tuple[Any, ...]):
    """One entry a parameter: ``g.w``, ``g["w"]``, ``g[0]``, or unpacked.

    ``g._fields`` and ``g._asdict()`` are those of Python's named tuples.
    """

    __slots__ = ()
    names: tuple[str, ...] = ()

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return tuple.__getitem__(self, key)
        if key not in self.names:
            raise ArgumentError(f"no gradient of {key!r}; there is {', '.join(self.names)}")
        return tuple.__getitem__(self, self.names.index(key))

    @property
    def _fields(self) -> tuple[str, ...]:
        return self.names

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self.names, self, strict=True))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no gradient of {name!r}; there is {', '.join(self.names)}")

    def __repr__(self) -> str:
        inner = ", ".join(f"{n}={v!r}" for n, v in zip(self.names, self, strict=True))
        return f"Gradients({inner})"

    def __reduce__(self) -> Any:
        return _rebuild, (self.names, tuple(self))


@lru_cache(maxsize=256)
def gradients_class(names: tuple[str, ...]) -> type[Gradients]:
    """The class for these names; a name that tuples have already is read by ``g["index"]``."""
    body: dict[str, Any] = {"__slots__": (), "names": names}
    for i, name in enumerate(names):
        if not hasattr(Gradients, name):
            body[name] = property(itemgetter(i))
    return type("Gradients", (Gradients,), body)


def _rebuild(names: tuple[str, ...], values: Iterable[Any]) -> Gradients:
    return gradients_class(names)(values)
