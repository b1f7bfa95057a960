"""Simplify: value and gradient together become cheaper, by declared identities.

A rule is applied only where the cost falls: what it builds, less what exists already, against what
nothing needs any more.  So x**6 and its derivative 6*x**5 share the squares of x, and the two
quotients in the gradient of a/b become one.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse('''
... func @f(input %x: f64[]) {
...   %0 = constant 4.0 : f64[]
...   %1 = power %x, %0 : f64[]
...   return %1
... }''', symgrad.ops.OPS)
>>> print(simplify(f))
func @f(input %x: f64[]) {
  %0 = square %x : f64[]
  %1 = square %0 : f64[]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from symgrad.ir.function import Function
from symgrad.rewrite.cheap_rules import RULES as CHEAP
from symgrad.rewrite.pricing import cost
from symgrad.rewrite.redundancy import cse
from symgrad.rewrite.rewriter import apply_rules
from symgrad.rewrite.rule import REALS, Applied, Pass, RuleSet

RULES = RuleSet(CHEAP)


def _simplified(function: Function) -> Applied:
    """The cheaper function, and what was applied; the function itself if nothing helps."""
    after, fired = apply_rules(function, RULES)
    if not fired:
        return function, ()
    after = cse(after)
    return (after, fired) if cost(after) < cost(function) else (function, ())


simplify = Pass("simplify", REALS, _simplified)
