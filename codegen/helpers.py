"""Helpers: the functions of ``symgrad.ops`` that a module gets which needs them, by their source.

>>> helpers = helpers_of("float_functions")
>>> helpers["cosm1"].needs, helpers["sech"].imports
(('sin_',), ('from math import exp',))
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from importlib.resources import files
from types import ModuleType
from typing import Any

from symgrad.codegen.target import Helper
from symgrad.ops import OPS

APPROXIMATE = tuple(name for name, op in OPS.items() if op.approximate)


def helpers_of(*modules: str) -> dict[str, Helper]:
    """The functions of some files of ``ops``, read and not imported, for some need SciPy."""
    found: dict[str, Helper] = {}
    for module in modules:
        source = files("symgrad.ops").joinpath(f"{module}.py").read_text(encoding="utf-8")
        body, rows = ast.parse(source).body, source.splitlines()
        taken = [n for n in body if isinstance(n, ast.ImportFrom) and n.module != "__future__"]
        home = {a.name: n.module for n in taken for a in n.names}
        functions = [n for n in body if isinstance(n, ast.FunctionDef)]
        own = {f.name for f in functions}
        for f in functions:
            read = sorted({n.id for n in ast.walk(f) if isinstance(n, ast.Name)} - {f.name})
            imports = tuple(f"from {home[n]} import {n}" for n in read if n in home)
            needs = tuple(n for n in read if n in own)
            text = "\n".join(rows[f.lineno - 1 : f.end_lineno]) + "\n"
            found.setdefault(f.name, Helper(f.name, text, imports, needs))
    return found


def pasted(function: Callable[..., Any]) -> Helper:
    """A function that an op brings along, which reads NumPy or functions of math alone."""
    read = inspect.getclosurevars(function).globals
    imports = [f"from math import {k}" for k, f in read.items() if not isinstance(f, ModuleType)]
    return Helper(function.__name__, inspect.getsource(function), tuple(imports))
