"""Stabilise: what overflows, cancels or is nan at 0 becomes an op that does not.

Runs before differentiation, so that gradients profit: the derivative of log(1 + exp(x)) as written
is exp(x)/(1 + exp(x)), nan at 1000; that of softplus is a sigmoid.  The rules are declared in
``stable_rules``; what fired is told beside the function.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[N]) {
...   %0 = exp %x : f64[N]                             // train.py:3
...   %1 = constant 1.0 : f64[]                        // train.py:3
...   %2 = add %1, %0 : f64[N]                         // train.py:3
...   %3 = log %2 : f64[N]                             // train.py:3
...   return %3
... }''', symgrad.ops.OPS)
>>> g, fired = stabilize.apply(f)
>>> print(g)
func @f(input %x: f64[N]) {
  %0 = softplus %x : f64[N]                        // train.py:3
  return %0
}
<BLANKLINE>
>>> print(*fired)
log(1 + exp(x)) = softplus(x)  at train.py:3
"""

from __future__ import annotations

from collections.abc import Sequence

from symgrad.ir.function import Instr, function, parameter, topological
from symgrad.ir.rebuild import rebuilt
from symgrad.rewrite.passes import cse
from symgrad.rewrite.reals import ZEROS
from symgrad.rewrite.rewriter import RuleSet, rules_pass
from symgrad.rewrite.stable_rules import RULES

stabilize = rules_pass("stabilize", RuleSet((*RULES, *ZEROS)))


def shared_value(root: Instr, fixed: Sequence[Instr], stable: bool) -> Instr:
    """A value, made stable or as it is, in which equal values are one; those in ``fixed`` stay what
    it is a function of."""
    stand_ins = {x: x if x.is_parameter else parameter("", x.type) for x in fixed}
    inside = rebuilt(root, stand_ins)
    leaves = dict.fromkeys([*stand_ins.values(), *leaves_of(inside)])
    whole = function("value", list(leaves), [inside])
    (shared,) = cse(stabilize(whole) if stable else whole).results
    return rebuilt(shared, {p: x for x, p in stand_ins.items()})


def leaves_of(root: Instr) -> list[Instr]:
    return [x for x in topological([root]) if x.is_parameter]
