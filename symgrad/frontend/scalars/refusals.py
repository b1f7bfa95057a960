"""Errors for asking a traced value for its number.

>>> str(unknown("float()")).split(", at ")[0]
'float() asks a traced value for its number'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from symgrad.errors import TraceError
from symgrad.frontend.source.origin import caller

CHOOSE = "choose with sg.where(condition, a, b)"
AUX = "return the value as aux (has_aux=True) and compute with it outside"
PICK = "pick by a traced index with sg.pick(values, index)"


def unknown(asked: str, instead: str = AUX, value: object = None) -> TraceError:
    """The error for asking a traced value for its number, with the user's line."""
    error = TraceError(
        f"{asked} asks a traced value for its number, at {caller()}; while a function is traced "
        f"its values are not known: {instead}"
    )
    error.asked = value
    return error


def refuse(asked: str, instead: str = AUX) -> Callable[..., NoReturn]:
    """A method that raises ``unknown``."""

    def method(self: Any, *args: Any) -> NoReturn:
        raise unknown(asked, instead, self)

    return method


__all__ = ["AUX", "CHOOSE", "PICK", "refuse", "unknown"]
