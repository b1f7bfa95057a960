"""What SymPy is asked to do in a process of its own; see ``budget``.

>>> x = sp.Symbol("x", real=True)
>>> is_zero(sp.tanh(x) - (1 - sp.exp(-2 * x)) / (1 + sp.exp(-2 * x)))
True
"""

from __future__ import annotations

import importlib
import pickle
import signal
import sys
from collections.abc import Sequence
from typing import Any

import sympy as sp


def simplified(expressions: Sequence[Any]) -> list[Any]:
    """Each expression as SymPy's ``simplify`` leaves it."""
    return [sp.simplify(e) for e in expressions]


def derived(symbols: Sequence[Any], expression: Any) -> tuple[list[list[Any]], list[Any]]:
    """A formula's partials, raw and simplified, and the exact ones at samples."""
    from symgrad.symbolic.derive import references

    raw = [sp.diff(expression, s) for s in symbols]
    return [raw, simplified(raw)], list(references(symbols, expression))


def forms(expressions: Sequence[Any]) -> list[list[Any]]:
    """For each expression the ways in which SymPy would write it, each once."""
    ways = (sp.simplify, sp.factor_terms, sp.factor, sp.horner)
    return [list(dict.fromkeys(_tried(way, e) for way in ways)) for e in expressions]


def _tried(way: Any, expression: Any) -> Any:
    """The expression in another form; as it is where SymPy has none."""
    try:
        return way(expression)
    except (sp.PolynomialError, NotImplementedError):
        return expression


def is_zero(difference: Any) -> bool:
    """Whether SymPy can show that an expression is 0 for all values of its symbols."""
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


def are_zero(differences: Sequence[Any]) -> list[bool]:
    """``is_zero`` of each."""
    return [is_zero(d) for d in differences]


def proved(claim: Any, n: int) -> Any:
    """Whether a text is the derivative of its reference; see ``symbolically``."""
    from symgrad.symbolic import symbolically

    return symbolically.proved(claim, n)


def continued(piecewise: Any) -> Any:
    """A Piecewise with the slopes of its branches at one point; see ``removable``."""
    from symgrad.symbolic import removable

    return removable.continued(piecewise)


def claim_zeros(*arguments: Any) -> list[bool]:
    """Which components of a claimed gradient are right; see ``claimed``."""
    from symgrad.symbolic import claimed

    return claimed.zeros(*arguments)


def claim_fault(*arguments: Any) -> str:
    """The term at fault in a claimed gradient; see ``claimed``."""
    from symgrad.symbolic import claimed

    return claimed.fault(*arguments)


def main() -> None:
    """Runs one task, from the standard input to the standard output."""
    name, arguments, memory, seconds = pickle.loads(sys.stdin.buffer.read())
    _limit(memory, seconds)
    known = (simplified, derived, forms, are_zero, proved, continued, claim_zeros, claim_fault)
    task: Any = {f.__name__: f for f in known}[name]
    try:
        answer = pickle.dumps((False, task(*arguments)))
    except Exception as error:  # whatever it is, the caller shall see it
        answer = pickle.dumps((True, _portable(error)))
    sys.stdout.buffer.write(answer)


def _portable(error: Exception) -> Exception:
    """The error, or one that says the same where it cannot travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error may refuse to be pickled in any way it likes
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _limit(memory: int, seconds: float) -> None:
    """Holds this process to so many bytes, and so many seconds of the processor."""
    if sys.platform != "win32":
        resource: Any = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        signal.setitimer(signal.ITIMER_PROF, seconds)
