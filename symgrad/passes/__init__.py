"""Passes: functions of the IR to simpler ones, each stating what it preserves.

>>> [(p.name, p.preserves) for p in REWRITES]  # doctest: +NORMALIZE_WHITESPACE
[('stabilize', 'rounding'), ('inline', 'bitwise'), ('fold', 'bitwise'),
 ('identities', 'bitwise'), ('reals', 'rounding'), ('packing', 'rounding'),
 ('softmax', 'rounding'), ('simplify', 'rounding'), ('cse', 'bitwise'), ('dce', 'bitwise'),
 ('joining', 'rounding')]
"""

from symgrad.passes.cse import cse
from symgrad.passes.dce import dce
from symgrad.passes.fold import fold
from symgrad.passes.identities import identities
from symgrad.passes.inline import inline
from symgrad.passes.joining import joining
from symgrad.passes.packing import packing
from symgrad.passes.reals import reals
from symgrad.passes.rewriting import BITWISE, ROUNDING, Pass, rewrite
from symgrad.passes.simplify import simplify
from symgrad.passes.softmax import softmax
from symgrad.passes.stabilize import stabilize

REWRITES: tuple[Pass, ...] = (
    stabilize,
    inline,
    fold,
    identities,
    reals,
    packing,
    softmax,
    simplify,
    cse,
    dce,
    joining,
)

__all__ = [
    "BITWISE",
    "REWRITES",
    "ROUNDING",
    "Pass",
    "cse",
    "dce",
    "fold",
    "identities",
    "inline",
    "joining",
    "packing",
    "reals",
    "rewrite",
    "simplify",
    "softmax",
    "stabilize",
]
