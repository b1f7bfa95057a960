"""The one door of the room: a unit and a target's name in, source text out."""

from __future__ import annotations

from dataclasses import replace

from symgrad.codegen.expansion import expanded
from symgrad.codegen.loops import LOOPED
from symgrad.codegen.module import write_module
from symgrad.codegen.numpy_target import NUMPY
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.scalarize import scalarize
from symgrad.codegen.target import Target
from symgrad.codegen.unit import Unit
from symgrad.errors import ArgumentError

TARGETS: dict[str, Target] = {"numpy": NUMPY, "python": PYTHON}


def emit(unit: Unit, target: str = "numpy") -> str:
    """The source text of a module with one function.

    Raises ArgumentError for an unknown target, and UnsupportedError, with the user's line, for an
    op or a size that the target cannot express.
    """
    if target not in TARGETS:
        raise ArgumentError(f"unknown target {target!r}; one of {', '.join(TARGETS)}")
    chosen = TARGETS[target]
    if unit.loop:
        return write_module(replace(unit, function=expanded(unit.function, LOOPED)), LOOPED)
    simple = replace(unit, function=expanded(unit.function, chosen))
    return write_module(scalarize(simple) if chosen.compact else simple, chosen)
