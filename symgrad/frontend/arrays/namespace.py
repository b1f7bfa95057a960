"""All functions of the array front end, by their public names.

``FUNCTIONS`` is the namespace: ``FUNCTIONS["tanh"]`` takes expressions, or plain arrays and then
computes at once, so that code written against NumPy runs against it.

>>> import symgrad.ops
>>> FUNCTIONS["maximum"](2.0, 3.0)
np.float64(3.0)
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from symgrad.frontend.arrays import composed, manipulation, reductions, ufuncs

_HELPERS = ("axis_of", "axes_of", "condition_of", "diagonal_of", "index_within", "size_of")


def _public(module: ModuleType, helpers: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and not isinstance(value, type)
        and name not in helpers
        and getattr(value, "__module__", "") == module.__name__
    }


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **_public(ufuncs, _HELPERS),
    **_public(reductions, _HELPERS),
    **_public(manipulation, _HELPERS),
    **_public(composed, _HELPERS),
}

__all__ = ["FUNCTIONS"]
