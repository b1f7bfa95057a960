"""The tasks of SymPy in a process of its own; see ``budget``.

>>> x = sp.Symbol("x", real=True)
>>> are_zero([sp.tanh(x) - (1 - sp.exp(-2 * x)) / (1 + sp.exp(-2 * x)), x])
[True, False]
"""

from __future__ import annotations

import importlib
import pickle
import signal
import sys
from collections.abc import Sequence
from typing import Any

import sympy as sp

from symgrad.symbolic.vanishing import is_zero


def simplified(expressions: Sequence[Any]) -> list[Any]:
    """Each expression as SymPy's ``simplify`` leaves it."""
    return [sp.simplify(e) for e in expressions]


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


def are_zero(differences: Sequence[Any]) -> list[bool]:
    """``is_zero`` of each."""
    return [is_zero(d) for d in differences]


def main() -> None:
    """Runs one task, from the standard input to the standard output."""
    name, arguments, memory, seconds = pickle.loads(sys.stdin.buffer.read())
    _limit(memory, seconds)
    module, _, function = name.rpartition(".")
    task: Any = getattr(importlib.import_module(f"symgrad.symbolic.{module}"), function)
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
