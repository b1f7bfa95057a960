"""Helpers of an emitted text that are judged by the formulas they stand for.

A series or a continued fraction is no identity, so that no exact arithmetic proves it.  Such a
helper is measured in the test suite; a check takes its formula in its place, where the text of the
helper is the known one to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping

from symgrad.codegen import TARGETS
from symgrad.codegen.helpers import APPROXIMATE


def atoms_of(source: str, target: str) -> Mapping[str, str]:
    """The helpers' sources in a text, each with its formula."""
    from symgrad.symbolic.definitions import formula_of

    return {
        TARGETS[target].helpers[name].source: formula_of(name) for name in names_of(source, target)
    }


def names_of(source: str, target: str) -> tuple[str, ...]:
    """What they are called."""
    helpers = TARGETS[target].helpers
    return tuple(n for n in APPROXIMATE if n in helpers and helpers[n].source in source)
