"""Branches of a Piecewise that hold at one point: their slope is the limit from beside it.

``Piecewise((sin(a)/a, Ne(a, 0)), (1, True))`` is smooth, but the branch at a = 0 is a number, whose
derivative is 0.  A branch that continues the one beside it gets that one's first two derivatives,
as a polynomial in a - 0 that leaves its value alone.  Terms that cancel beside the point are put
over one divisor.

>>> a = sp.Symbol("a", real=True)
>>> whole, found = continued(sp.Piecewise(((1 - sp.exp(-a)) / a, sp.Ne(a, 0)), (1, True)))
>>> whole.args[1][0].args[0], found
(a**2/6 - a/2 + 1, True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import sympy as sp

from symgrad.errors import LimitError
from symgrad.symbolic.budget import within

SECONDS = 10.0  # of the processor, for the limits of one Piecewise
MOST = 4  # relations that are told apart
ORDER = 2


class Continued(sp.Function):  # type: ignore[misc]
    """A branch with the slope of the one beside it."""

    nargs = 1


class Stopped(sp.Function):  # type: ignore[misc]
    """A branch with its own slope: the search for another was stopped."""

    nargs = 1


class Case(NamedTuple):
    """Which branch holds where some symbols have given values."""

    pinned: Mapping[Any, Any]
    branch: int


def with_limits(piecewise: Any) -> Any:
    """The Piecewise, its branches at one point continued where SymPy finds the limits."""
    done = any(isinstance(value, Continued | Stopped) for value, _ in piecewise.args)
    if done or not any(True for _ in _points(piecewise)):
        return piecewise
    return _within_budget(piecewise)


@lru_cache(maxsize=256)
def _within_budget(piecewise: Any) -> Any:
    try:
        whole, found = within(SECONDS, "continued", piecewise)
    except LimitError:
        alone = {case.branch for case in _cases(piecewise) if case.pinned}
        pairs = [(Stopped(e) if i in alone else e, c) for i, (e, c) in enumerate(piecewise.args)]
        return sp.Piecewise(*pairs, evaluate=False)
    return whole if found else piecewise


def _points(piecewise: Any) -> Iterator[tuple[Any, tuple[Any, Any]]]:
    """The relations that hold at one value of a symbol alone, or everywhere but there, and both."""
    for _, condition in piecewise.args:
        for relation in condition.atoms(sp.Eq, sp.Ne):
            if (pin := _pin(relation)) is not None:
                yield relation, pin


def _pin(relation: Any) -> tuple[Any, Any] | None:
    """The symbol of a relation, and the value that it is compared with."""
    for symbol, value in (relation.args, relation.args[::-1]):
        if isinstance(symbol, sp.Symbol) and not value.has(symbol):
            return symbol, value
    return None


def continued(piecewise: Any) -> tuple[Any, bool]:
    """The Piecewise with its branches continued, and whether there were any."""
    cases = _cases(piecewise)
    pairs, found = [], False
    for i, (value, condition) in enumerate(piecewise.args):
        own = [case for case in cases if case.branch == i]
        whole = None
        if len(own) == 1:
            pins = {pin for case in cases for pin in case.pinned.items()}
            value = _joined(value, sorted(pins - set(own[0].pinned.items()), key=str))
            whole = _continued(piecewise, value, own[0], cases) if own[0].pinned else None
        found |= whole is not None
        pairs.append((value if whole is None else Continued(whole), condition))
    return sp.Piecewise(*pairs, evaluate=False), found


def _cases(piecewise: Any) -> list[Case]:
    """The branch for each outcome of the relations; none where there are others among them."""
    relations = list(dict.fromkeys(_points(piecewise)))
    pins = list(dict.fromkeys(pin for _, pin in relations))
    if len(pins) > MOST or len({symbol for symbol, _ in pins}) < len(pins):
        return []
    cases = []
    for outcome in product((False, True), repeat=len(pins)):
        at = dict(zip(pins, outcome, strict=True))
        known = {r: sp.true if isinstance(r, sp.Eq) == at[p] else sp.false for r, p in relations}
        truths = [condition.xreplace(known) for _, condition in piecewise.args]
        if not all(t in (True, False) for t in truths):
            return []
        if True in truths:
            pinned = {symbol: value for (symbol, value), held in at.items() if held}
            cases.append(Case(pinned, truths.index(True)))
    return cases


def _continued(piecewise: Any, value: Any, case: Case, cases: list[Case]) -> Any:
    """The branch with the slopes beside it; None where it does not continue them."""
    whole = value = value.subs(case.pinned)
    for symbol, at in case.pinned.items():
        rest = {s: v for s, v in case.pinned.items() if s != symbol}
        beside = [c.branch for c in cases if c.pinned == rest]
        if len(beside) != 1:
            return None
        near = _joined(piecewise.args[beside[0]][0], [(symbol, at)]).subs(rest)
        limits = [_limit(sp.diff(near, symbol, k), symbol, at) for k in range(ORDER + 1)]
        if None in limits or sp.simplify(limits[0] - value) != 0:
            return None
        steps = [limit * (symbol - at) ** k / sp.factorial(k) for k, limit in enumerate(limits)]
        whole += sum(steps[1:])
    return whole


def _limit(expr: Any, symbol: Any, at: Any) -> Any:
    """The limit from both sides, if it is a number or an expression of other symbols."""
    try:
        limit = sp.simplify(sp.limit(expr, symbol, at, "+-"))
    except (ValueError, NotImplementedError, sp.PoleError):
        return None
    strange = limit.has(sp.nan, sp.oo, sp.zoo, sp.Limit, sp.AccumBounds, symbol)
    return None if strange else limit


def _joined(expr: Any, pins: Any) -> Any:
    """A sum whose terms that have a pole at a pin stand over one divisor."""
    for symbol, at in pins:
        terms = sp.Add.make_args(expr)
        poles = [t for t in terms if sp.fraction(t)[1].subs(symbol, at) == 0]
        if len(poles) > 1:
            expr = sp.Add(*[t for t in terms if t not in poles], sp.together(sp.Add(*poles)))
    return expr
