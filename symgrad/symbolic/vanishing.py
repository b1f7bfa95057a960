"""True if an expression vanishes identically, as far as SymPy can show it.

>>> x = sp.Symbol("x", real=True)
>>> is_zero(sp.tanh(x) - (1 - sp.exp(-2 * x)) / (1 + sp.exp(-2 * x)))
True
"""

from __future__ import annotations

from typing import Any

import sympy as sp


def is_zero(difference: Any) -> bool:
    """True if SymPy can show that an expression is 0 for all values of its symbols."""
    if difference == 0:
        return True
    if sp.simplify(difference) == 0:
        return True
    simple = sp.simplify(sp.expand_log(sp.simplify(difference.rewrite(sp.exp))))
    if simple == 0 or sp.simplify(difference.rewrite(sp.tanh)) == 0:
        return True
    return _zero_on_each_side(difference)


def _zero_on_each_side(difference: Any) -> bool:
    """The same for positive and for negative values of the first symbol of unknown sign."""
    open_ = (s for s in difference.free_symbols if s.is_real and s.is_positive is None)
    reals = sorted(open_, key=str)
    if not reals or not difference.has(sp.Piecewise, sp.Abs, sp.sign, sp.Max, sp.Min, sp.Heaviside):
        return False
    p = sp.Symbol(f"p_{reals[0]}", positive=True)
    return all(is_zero(sp.piecewise_fold(difference.subs(reals[0], s * p))) for s in (1, -1))
