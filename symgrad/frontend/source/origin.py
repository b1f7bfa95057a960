"""The origin of a value: the innermost frame outside symgrad, by file name and line.

Looking up a line costs more than building a scalar node.  A node therefore keeps the code object
and the offset of the instruction, and ``decode`` finds the line when it is asked for.

>>> from symgrad.frontend.source.origin import caller
>>> caller().line > 0
True
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from symgrad.frontend.source.statements import RETURNED, Site, Taken, is_return, parameters, stored
from symgrad.ir.function import Origin

_CALLS = 3  # through which a value may be returned before a variable takes it
_PACKAGE = "symgrad"
_PREFIX = "symgrad."


_EVERYDAY = frozenset(  # names of functions that do not say what is returned
    {"f", "fn", "func", "function", "main", "run", "forward", "call", "apply", "step", "build"}
    | {"make", "get", "loss", "model", "net"}
)


class SitedOrigin(Origin):
    """An origin that knows its instruction, and may know the calls that it runs in, the innermost
    first; equal to one that does not.  Copies forget them."""

    site: Site | None = None
    calls: tuple[Site, ...] = ()

    @property
    def function(self) -> str:
        if self.site is None:
            return ""
        code, place = self.site[0], stored(*self.site)
        if place.call:
            name, at = place.call
            own = parameters(code.co_filename, name) if name not in _EVERYDAY else []
            given = own[at] if isinstance(at, int) and at < len(own) else at
            named = given in own and not given.startswith("_")
            return f"{name}({given})" if named else ""
        if code.co_name in _EVERYDAY or not code.co_name[0].isalpha():
            return ""
        found = place == Taken(RETURNED) and is_return(code.co_filename, self.line)
        return code.co_name if found else ""

    def __reduce__(self) -> tuple[Any, ...]:
        return Origin, tuple(self)


def is_internal(module: object) -> bool:
    """True for the name of a module of symgrad (a frame's ``__name__``)."""
    return isinstance(module, str) and (module == _PACKAGE or module.startswith(_PREFIX))


class _Internal(dict[object, bool]):
    """``is_internal`` as a table, for speed: making a scalar node takes a microsecond."""

    def __missing__(self, module: object) -> bool:
        self[module] = is_internal(module)
        return self[module]


INTERNAL = _Internal()


class _Paths(dict[str, str]):
    """The whole path of each file that origins name; "" for an unknown file."""

    def __missing__(self, name: str) -> str:
        return ""


PATHS = _Paths()


def call_site(depth: int = 1) -> Site | None:
    """The innermost frame outside symgrad, undecoded; the search starts ``depth`` frames up."""
    frame = sys._getframe(depth)
    while True:
        if not INTERNAL[frame.f_globals.get("__name__")]:
            return frame.f_code, frame.f_lasti
        if frame.f_back is None:
            return None
        frame = frame.f_back


@lru_cache(maxsize=65536)
def line_of(code: CodeType, offset: int) -> int:
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno


def decode(code: CodeType, offset: int) -> SitedOrigin:
    """The file name, without its folder, and the line of a call site."""
    path = code.co_filename
    name = _name(path)
    PATHS.setdefault(name, path)
    origin = SitedOrigin(name, line_of(code, offset))
    origin.site = code, offset
    return origin


@lru_cache(maxsize=4096)
def _name(path: str) -> str:
    return Path(path).name


def caller() -> Origin:
    """The origin of the call into symgrad that is running: the user's file and line."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and INTERNAL[frame.f_globals.get("__name__")]:
        frame = frame.f_back
    if frame is None:
        return Origin("<unknown>", 0)
    origin = decode(frame.f_code, frame.f_lasti)
    calls: list[Site] = []
    outer = frame.f_back
    while outer is not None and len(calls) < _CALLS:
        if INTERNAL[outer.f_globals.get("__name__")]:
            break
        calls.append((outer.f_code, outer.f_lasti))
        outer = outer.f_back
    origin.calls = tuple(calls)
    return origin


def variable(value: object) -> str:
    """The name of the user's variable that holds an array, as the code that runs sees it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and INTERNAL[frame.f_globals.get("__name__")]:
        frame = frame.f_back
    held = frame.f_locals.items() if frame else ()
    return next((n for n, v in held if v is value and n.isidentifier() and n[0] != "_"), "")
