"""Methods of expressions whose work is done by rooms that come later.

The package says where they live, by name, so that this room need not know; they are imported when
they are first called.

>>> METHODS["upper"] = ("string", "capwords")
>>> method("upper")("two words")
'Two Words'
>>> del METHODS["upper"]
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

METHODS: dict[str, tuple[str, str]] = {}  # name -> the module and the function


def method(name: str) -> Callable[..., Any]:
    """The function behind a method."""
    module, function = METHODS[name]
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
