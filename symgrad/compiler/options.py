"""The options of ``sg.compile``, in one place.

>>> parse_options({"strict": True}).strict
True
>>> parse_options({"strikt": True})
Traceback (most recent call last):
symgrad.errors.ArgumentError: unknown option 'strikt'; did you mean 'strict'?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from symgrad.errors import ArgumentError


@dataclass(frozen=True)
class Options:
    """How to compile.

    reassociate   apply rewrites that keep the real function but may round otherwise
    strict        derivatives of relu, maximum, abs select instead of multiplying with a mask, so
                  that an infinite cotangent gives no nan where the derivative is 0
    check         each call checks its arguments' dtypes, shapes and named sizes
    """

    reassociate: bool = True
    strict: bool = False
    check: bool = True


def parse_options(given: Mapping[str, Any]) -> Options:
    """The options for keyword arguments.  Raises ArgumentError for an unknown one."""
    known = [field.name for field in fields(Options)]
    for name, value in given.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}"
            raise ArgumentError(f"unknown option {name!r}; {hint}")
        if not isinstance(value, bool):
            raise ArgumentError(f"option {name!r}: expected True or False, got {value!r}")
    return Options(**given)
