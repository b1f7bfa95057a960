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
    from symgrad.ops import OPS
    from symgrad.symbolic.wording import formula_of

    helpers = TARGETS[target].helpers
    return {helpers[n].source: formula_of(OPS[n]) for n in names_of(source, target)}


def names_of(source: str, target: str) -> tuple[str, ...]:
    """What they are called."""
    helpers = TARGETS[target].helpers
    return tuple(n for n in APPROXIMATE if n in helpers and helpers[n].source in source)
