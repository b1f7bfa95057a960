"""Rewriting: rules as data, one engine that applies them, and the passes made of them.

>>> [(p.name, p.preserves) for p in PASSES]  # doctest: +NORMALIZE_WHITESPACE
[('stabilize', 'reals'), ('inline', 'bits'), ('mirror', 'bits'), ('fold', 'bits'),
 ('identities', 'bits'), ('reals', 'reals'), ('tidy', 'bits'), ('canonicalize', 'reals'),
 ('embeddings', 'reals'), ('packing', 'reals'), ('softmax', 'reals'), ('simplify', 'reals'),
 ('settle', 'reals'), ('contractions', 'reals'), ('cse', 'bits'), ('dce', 'bits'),
 ('joining', 'reals'), ('layouts', 'reals')]

A rule of one's own is a few lines.  No option of compile takes one: it is added to the set that a
pass applies (``RULES`` of ``stable_rules``, ``CHEAP`` of ``simplify``), or to a set of its own:

>>> from symgrad.ir import parse
>>> from symgrad.ops import OPS
>>> halves = Rule("sin(x)*cos(x) = sin(2*x)/2", lambda f, x: f.sin(x) * f.cos(x),
...               lambda f, x: 0.5 * f.sin(2.0 * x), {"x": (-1e4, 1e4)})
>>> program = parse('''
... func @f(input %x: f64[]) {
...   %s = sin %x : f64[]                              // train.py:1
...   %c = cos %x : f64[]                              // train.py:1
...   %y = multiply %s, %c : f64[]                     // train.py:2
...   return %y
... }''', OPS)
>>> function, fired = rules_pass("halves", RuleSet([halves])).apply(program)
>>> [x.op.name for x in function.body if not x.is_constant], *map(str, fired)
(['multiply', 'sin', 'multiply'], 'sin(x)*cos(x) = sin(2*x)/2  at train.py:2')
"""

from symgrad.rewrite.at_hand import RULES as AT_HAND
from symgrad.rewrite.contractions import CONTRACTIONS as OF_CONTRACTIONS
from symgrad.rewrite.contractions import RULES as OF_REDUCTIONS
from symgrad.rewrite.contractions import contractions
from symgrad.rewrite.factors import RULES as OF_FACTORS
from symgrad.rewrite.identities import FOLD, fold, identities
from symgrad.rewrite.identities import RULES as IDENTITIES
from symgrad.rewrite.layouts import layouts
from symgrad.rewrite.passes import REPEATS, cse, dce, expand, inline, leading, mirror
from symgrad.rewrite.reals import RULES as OF_REALS
from symgrad.rewrite.reals import reals
from symgrad.rewrite.rewriter import RuleSet, apply_rules, rules_pass
from symgrad.rewrite.rule import BITS, REALS, Fired, Pass, Rule
from symgrad.rewrite.simplify import simplify
from symgrad.rewrite.softmax import WEIGHTS as OF_WEIGHTS
from symgrad.rewrite.softmax import softmax
from symgrad.rewrite.stabilize import stabilize
from symgrad.rewrite.sums import EMBEDDINGS as OF_EMBEDDINGS
from symgrad.rewrite.sums import embeddings, joining, packing

tidy = rules_pass("tidy", RuleSet((FOLD, *IDENTITIES.rules)))
CANONICAL = (
    FOLD,
    *REPEATS.rules,
    *IDENTITIES.rules,
    *OF_FACTORS.rules,
    *OF_REDUCTIONS.rules,
    *OF_REALS.rules,
)
canonicalize = rules_pass("canonicalize", RuleSet((*CANONICAL, *OF_WEIGHTS.rules)))
settle = rules_pass("settle", RuleSet((*CANONICAL, *OF_WEIGHTS.rules, *AT_HAND.rules)))

PASSES: tuple[Pass, ...] = (
    stabilize,
    inline,
    mirror,
    fold,
    identities,
    reals,
    tidy,
    canonicalize,
    embeddings,
    packing,
    softmax,
    simplify,
    settle,
    contractions,
    cse,
    dce,
    joining,
    layouts,
)

__all__ = [
    "AT_HAND",
    "BITS",
    "IDENTITIES",
    "OF_CONTRACTIONS",
    "OF_EMBEDDINGS",
    "OF_FACTORS",
    "OF_REALS",
    "OF_REDUCTIONS",
    "OF_WEIGHTS",
    "PASSES",
    "REALS",
    "Fired",
    "Pass",
    "Rule",
    "RuleSet",
    "apply_rules",
    "canonicalize",
    "contractions",
    "cse",
    "dce",
    "embeddings",
    "expand",
    "fold",
    "identities",
    "inline",
    "joining",
    "layouts",
    "leading",
    "mirror",
    "packing",
    "reals",
    "rules_pass",
    "settle",
    "simplify",
    "softmax",
    "stabilize",
    "tidy",
]
