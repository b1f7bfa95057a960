"""Passes: functions of the IR to simpler ones, each stating what it preserves.

>>> [(p.name, p.preserves) for p in REWRITES]  # doctest: +NORMALIZE_WHITESPACE
[('stabilize', 'rounding'), ('inline', 'bitwise'), ('fold', 'bitwise'),
 ('identities', 'bitwise'), ('reals', 'rounding'), ('packing', 'rounding'),
 ('softmax', 'rounding'), ('simplify', 'rounding'), ('cse', 'bitwise'), ('dce', 'bitwise'),
 ('joining', 'rounding')]
"""

from symgrad.rewrite.folding import fold
from symgrad.rewrite.identities import identities
from symgrad.rewrite.inline import inline
from symgrad.rewrite.reals import reals
from symgrad.rewrite.redundancy import cse, dce
from symgrad.rewrite.rewriter import BITWISE, ROUNDING, Pass, rewrite
from symgrad.rewrite.simplify import simplify
from symgrad.rewrite.softmax import softmax
from symgrad.rewrite.stabilize import stabilize
from symgrad.rewrite.sums import joining, packing

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
