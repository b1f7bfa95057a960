"""A dict of bounded size, which lets go of what was not asked for the longest.

>>> kept = Recent(2)
>>> kept["a"], kept["b"] = 1, 2
>>> kept["a"], kept.get("c")
(1, None)
>>> kept["c"] = 3
>>> list(kept)
['a', 'c']
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(dict[Hashable, V], Generic[V]):
    """At most ``size`` entries, least recently used first."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def __getitem__(self, key: Hashable) -> V:
        value = super().pop(key)
        super().__setitem__(key, value)
        return value

    def get(self, key: Hashable, default: V | None = None) -> V | None:  # type: ignore[override]
        """The value, which is then the last to go."""
        if key in self:
            return self[key]
        return default

    def __setitem__(self, key: Hashable, value: V) -> None:
        super().pop(key, None)
        super().__setitem__(key, value)
        while len(self) > self.size:
            del self[next(iter(self))]


__all__ = ["Recent"]
