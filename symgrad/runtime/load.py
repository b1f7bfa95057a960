r"""Source text to callables: checked, compiled, and visible to tracebacks, pdb and ``inspect``.

>>> f = load_function("def f(x):\n    return 2.0 * x\n", "f")
>>> f(3.0), f.__code__.co_filename.startswith("<symgrad f ")
(6.0, True)

The names of the prelude (``np``, ``math``, ...) are bound here; the text's own imports do not run,
and the builtins are those of the allow-list.  This module holds the only ``exec`` of the project.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import linecache
import sys
import weakref
from collections.abc import Callable, Mapping
from importlib import import_module
from types import FunctionType
from typing import Any, NoReturn

from symgrad.errors import FormatError, LimitError, MissingExtraError, UnsupportedError
from symgrad.runtime.allowlist import BUILTINS, check_source
from symgrad.runtime.libraries import STANDARD, Library


def _import(name: str, *rest: Any) -> Any:
    # Array methods written in C import parts of NumPy with the builtins of the frame that calls
    # them.  No allowed text can name this function.
    if name.partition(".")[0] == "numpy" or name in sys.modules:
        return builtins.__import__(name, *rest)
    raise ImportError(f"emitted code does not import {name!r}")


_BUILTINS = {name: getattr(builtins, name) for name in BUILTINS if hasattr(builtins, name)}
_BUILTINS["__import__"] = _import
_NOTHING: Mapping[str, Any] = {}
_dead: list[str] = []  # names of texts whose functions are gone


def load_source(
    source: str,
    filename: str | None = None,
    given: Mapping[str, Any] = _NOTHING,
    *,
    modules: Mapping[str, Any] = _NOTHING,
    libraries: tuple[Library, ...] = (),
    rewrite: Callable[[ast.Module], ast.Module] | None = None,
) -> dict[str, Any]:
    """The functions and constants that a text defines, by name.

    filename   what tracebacks call the text; by default ``<symgrad loss_and_grads 1a2b3c>``
    given      what the text may read besides the builtins; for texts of our own
    modules    what stands in for the modules that the text imports, by their names, and for all
               of them; under ``builtins`` a mapping of names that take the place of builtins
    libraries  modules that the text may import besides the standard ones, as a target declares
               them
    rewrite    makes the tree that runs out of the text's own, which has passed the allow-list
    Where an optional module is absent, the functions raise MissingExtraError as they are called.
    Raises FormatError for a text that is not allowed, LimitError for one that is too large,
    MissingExtraError where another module is absent, and UnsupportedError where nothing stands in
    for one.
    """
    tree = check_source(source, given, libraries)
    tree = tree if rewrite is None else rewrite(tree)
    imports = [s for s in tree.body if isinstance(s, ast.Import | ast.ImportFrom)]
    rest = [s for s in tree.body if not isinstance(s, ast.Import | ast.ImportFrom)]
    name = filename or _fresh_name(source, _last_function(rest))
    space: dict[str, Any] = {"__name__": "symgrad_emitted", **given}
    space["__builtins__"] = {**_BUILTINS, **modules.get("builtins", _NOTHING)}
    for statement in imports:
        space.update(_bound(statement, modules, libraries))
    rest = _without_absent(rest, space)
    bound = set(space)
    try:
        code = compile(ast.Module(rest, []), name, "exec", dont_inherit=True)
    except (RecursionError, MemoryError) as error:
        raise LimitError(
            "the text is larger than CPython can compile; compile a smaller program"
        ) from error
    except (SyntaxError, ValueError) as error:
        raise FormatError(f"this is no Python text: {error}") from error
    try:
        exec(code, space)
    except Exception as error:
        if rewrite is not None:
            raise  # by what the rewritten tree calls
        raise FormatError(f"the text fails as it is loaded: {error}") from error
    own = {key: value for key, value in space.items() if key not in bound}
    _register(name, source, own)
    return own


def load_function(
    source: str, name: str, filename: str | None = None, libraries: tuple[Library, ...] = ()
) -> Callable[..., Any]:
    """The function called ``name`` of a text.  Raises FormatError where there is none, and as
    ``load_source`` does."""
    function = load_source(source, filename, libraries=libraries).get(name)
    if not isinstance(function, FunctionType):
        raise FormatError(f"the text defines no function {name!r}")
    return function


class Absent:
    """Stands for a module that is not installed, or for a constant made with it."""

    def __init__(self, error: str) -> None:
        self._error = error

    def __getattr__(self, name: str) -> NoReturn:
        raise MissingExtraError(self._error)


def _without_absent(statements: list[ast.stmt], space: dict[str, Any]) -> list[ast.stmt]:
    """The statements that can run: where a module is absent it stands for all constants, too."""
    lacking = next((x for x in space.values() if isinstance(x, Absent)), None)
    if lacking is None:
        return statements
    assigned = [s for s in statements if isinstance(s, ast.Assign)]
    names = [t.id for s in assigned for t in s.targets if isinstance(t, ast.Name)]
    space.update(dict.fromkeys(names, lacking))
    return [s for s in statements if s not in assigned]


def _bound(
    statement: ast.Import | ast.ImportFrom,
    stand_ins: Mapping[str, Any],
    libraries: tuple[Library, ...],
) -> dict[str, Any]:
    """The names that an import gives a meaning, each with what it means."""
    if isinstance(statement, ast.Import):
        names = [(a.asname or a.name, a.name) for a in statement.names]
        return {own: module_of(name, stand_ins, libraries) for own, name in names}
    if statement.module == "__future__":
        return {}
    module = module_of(str(statement.module), stand_ins, libraries)
    if isinstance(module, Absent):
        return {a.asname or a.name: module for a in statement.names}
    try:
        return {a.asname or a.name: getattr(module, a.name) for a in statement.names}
    except AttributeError as error:
        raise FormatError(f"line {statement.lineno}: {error}") from error


def module_of(name: str, stand_ins: Mapping[str, Any], libraries: tuple[Library, ...]) -> Any:
    """A module that the allow-list has let pass, or what stands in for it."""
    if name in stand_ins:
        return stand_ins[name]
    declared = next(m for m in (*libraries, *STANDARD) if m.name == name)
    if stand_ins and declared in libraries:
        raise UnsupportedError(f"nothing stands in for the module {name}")
    try:
        return import_module(name)
    except ImportError as error:
        said = f"this function needs {name}; {declared.install or f'pip install {name}'}"
        if declared.optional:
            return Absent(said)
        raise MissingExtraError(said) from error


def _last_function(statements: list[ast.stmt]) -> str:
    names = [s.name for s in statements if isinstance(s, ast.FunctionDef)]
    return names[-1] if names else "text"


def _fresh_name(source: str, function: str) -> str:
    digest = hashlib.sha256(source.encode()).hexdigest()[:6]
    name, count = f"<symgrad {function} {digest}>", 1
    while name in linecache.cache:
        count += 1
        name = f"<symgrad {function} {digest}-{count}>"
    return name


def _register(name: str, source: str, own: dict[str, Any]) -> None:
    """Shows the text to linecache for as long as its last function lives.

    The collector may run in the middle of ``linecache.checkcache``, which fails where an entry is
    gone that it has just listed: entries of dead functions go at the next registration.
    """
    while _dead:
        linecache.cache.pop(_dead.pop(), None)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    functions = [f for f in own.values() if isinstance(f, FunctionType)]
    if functions:
        weakref.finalize(functions[-1], _dead.append, name).atexit = False
