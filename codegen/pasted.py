"""Helpers that are functions of ours: the text of an emitted module is their own source.

>>> from symgrad.ops import float_functions
>>> pasted(float_functions.cosm1).needs, pasted(float_functions.sech).imports
(('sin_',), ('from math import exp',))
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from symgrad.codegen.target import Helper
from symgrad.ops import OPS

APPROXIMATE = tuple(name for name, op in OPS.items() if op.approximate)


def pasted(function: Callable[..., Any]) -> Helper:
    """A helper of the function's name, with what it reads: math's functions, and other helpers."""
    read = inspect.getclosurevars(function).globals
    functions = {k: f for k, f in read.items() if not isinstance(f, ModuleType)}
    own = tuple(k for k, f in functions.items() if f.__module__ != "math")
    imports = tuple(f"from math import {k}" for k in functions if k not in own)
    return Helper(function.__name__, inspect.getsource(function), imports, own)


def helpers_of(module: ModuleType) -> dict[str, Helper]:
    """Those of the ops that a module has functions for."""
    found: list[Any] = [getattr(module, name, None) for name in OPS]
    own = [f for f in found if getattr(f, "__module__", "") == module.__name__]
    return {f.__name__: pasted(f) for f in own}
