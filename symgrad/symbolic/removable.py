"""Branches of a Piecewise that hold at one point: their slope is the limit from beside it.

``Piecewise((sin(a)/a, Ne(a, 0)), (1, True))`` is smooth, but the branch at a = 0 is a number, whose
derivative is 0.  A branch that continues those beside it gets their first two derivatives, as a
polynomial in a - 0 that leaves its value alone; ``cells`` finds out which are beside it.  Terms
that cancel beside the point are put over one divisor.

>>> a = sp.Symbol("a", real=True)
>>> whole, found = continued(sp.Piecewise(((1 - sp.exp(-a)) / a, sp.Ne(a, 0)), (1, True)))
>>> whole.args[1][0].args[0], found
(a**2/6 - a/2 + 1, True)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations, combinations_with_replacement
from typing import Any

import sympy as sp

from symgrad.errors import LimitError
from symgrad.symbolic.branches import Cell, Space, Strange
from symgrad.symbolic.budget import within

SECONDS = 10.0  # of the processor, for the limits of one Piecewise
ORDER = 2
ROUNDED = 1e-13  # by how much numbers may differ where literals are floats
POLE = 6  # the highest order of a pole that is divided out
_MATRIX_ELEMENT = sp.matrices.expressions.matexpr.MatrixElement
_KINKED = (sp.Abs, sp.sign, sp.Piecewise, sp.Max, sp.Min, sp.Heaviside, sp.floor, sp.ceiling)
_STRANGE = (sp.nan, sp.oo, -sp.oo, sp.zoo, sp.Limit, sp.AccumBounds, sp.Derivative, sp.Subs)

# SymPy fails in any of these ways at what it cannot do; then a note says that there is no limit.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    sp.PolynomialError,
    Strange,
)

Pins = Mapping[Any, Any]
Group = tuple[Pins, Any]  # what symbols are there; the value with its slopes, None where unknown


class Continued(sp.Function):  # type: ignore[misc]
    """A branch with the slope of the one beside it."""

    nargs = 1


class Stopped(sp.Function):  # type: ignore[misc]
    """A branch with its own slope: the search for another was stopped."""

    nargs = 1


class Own(sp.Function):  # type: ignore[misc]
    """A branch with its own slope where its symbols cannot go on."""

    nargs = 1


def with_limits(piecewise: Any) -> Any:
    """The Piecewise, its branches at one point continued where SymPy finds the limits."""
    if any(isinstance(value, Continued | Stopped | Own) for value, _ in piecewise.args):
        return piecewise
    pieces = LimitPieces([condition for _, condition in piecewise.args])
    return _within_budget(piecewise) if pieces.pins else piecewise


@lru_cache(maxsize=256)
def _within_budget(piecewise: Any) -> Any:
    try:
        whole, found = within(SECONDS, "removable.continued", piecewise)
    except LimitError:
        pieces = LimitPieces([condition for _, condition in piecewise.args])
        alone = {cell.branch for cell in pieces.thin} - pieces.wide
        pairs = [(Stopped(e) if i in alone else e, c) for i, (e, c) in enumerate(piecewise.args)]
        return sp.Piecewise(*pairs, evaluate=False)
    return whole if found else piecewise


def continued(piecewise: Any) -> tuple[Any, bool]:
    """The Piecewise with its branches continued, and whether there were any."""
    pieces = LimitPieces([c for _, c in piecewise.args], [value for value, _ in piecewise.args])
    pairs, found = [], False
    for i, (value, condition) in enumerate(piecewise.args):
        groups = pieces.groups(i)
        found |= any(whole is not None for _, whole in groups)
        if i in pieces.wide:
            value = pieces.told(_joined(pieces.values[i], pieces.pins))
        elif i in pieces.ends:
            value, found = Own(value), True
        pairs += _split(value, condition, groups, i in pieces.wide)
    return (sp.Piecewise(*pairs, evaluate=False), True) if found else (piecewise, False)


def _split(value: Any, condition: Any, groups: Sequence[Group], wide: bool) -> list[Any]:
    """A branch as one for each group of points with slopes of its own; one where all agree."""
    wholes = [whole for _, whole in groups]
    common = next((x for x in wholes[::-1] if all(_agree(x, *group) for group in groups)), None)
    if common is not None and not wide:
        only = _narrowed(condition, groups[0][0]) if len(groups) == 1 else None
        return [(Continued(common), condition if only is None else only)]
    if all(whole is None for whole in wholes):
        return [(value, condition)]
    pairs, told = [], True
    for pins, whole in sorted(groups, key=lambda group: -len(group[0])):
        here = _narrowed(condition, pins)
        told &= here is not None
        here = sp.And(_at(pins), condition) if here is None else here
        pairs.append((value if whole is None else Continued(whole), here))
    if wide or (None in wholes and not told):
        return [*pairs, (value, condition)]
    return pairs if told else [*pairs[:-1], (pairs[-1][0], condition)]


def _at(pins: Pins) -> Any:
    return sp.And(*(sp.Eq(symbol, at) for symbol, at in pins.items()))


def _narrowed(condition: Any, pins: Pins) -> Any:
    """That symbols have these values, if a condition is made of such and follows; or None."""
    relations = condition.atoms(sp.core.relational.Relational)
    known = dict.fromkeys(sp.And.make_args(_at(pins)), sp.true)
    plain = all(
        isinstance(r, sp.Eq) and any(isinstance(x, sp.Symbol) for x in r.args) for r in relations
    )
    return _at(pins) if plain and relations and condition.xreplace(known) == sp.true else None


def _agree(common: Any, pins: Pins, whole: Any) -> bool:
    """True if two values, where symbols are these, are one with their derivatives up to ORDER."""
    if common is None or whole is None:
        return False
    steps = [s for k in range(ORDER + 1) for s in combinations_with_replacement(pins, k)]
    off = common - whole
    slopes = (sp.diff(off, *s) if s else off for s in steps)
    return off == 0 or all(_equal(slope.subs(pins), sp.S.Zero) for slope in slopes)


class LimitPieces:
    """The branches of a Piecewise over real symbols with exact numbers, and their cells.

    Without values, which may be deep, there are the cells alone.
    """

    def __init__(self, conditions: Sequence[Any], values: Sequence[Any] = ()) -> None:
        whole = sp.Tuple(*conditions, *values)
        stand_ins = _stand_ins(whole)
        self.error = ROUNDED if whole.has(sp.Float) else 0.0
        self.back = {new: old for old, new in stand_ins.items() if new.is_Symbol}
        self.values = [value.xreplace(stand_ins) for value in values]
        self.thin: list[Cell] = []
        self.wide: set[int] = set()  # branches that hold elsewhere, too
        self.pins: list[tuple[Any, Any]] = []
        self.ends: set[int] = set()  # branches where a symbol cannot go on
        try:
            self.space = Space([condition.xreplace(stand_ins) for condition in conditions])
        except _FAILURES:
            return
        self.thin = self.space.thin()
        if self.thin:
            self.wide = self.space.elsewhere(cell for cell in self.thin if cell.pinned)
        self.ends = {cell.branch for cell in self.thin if self.space.ends(cell)}
        pins = {pin for cell in self.thin for pin in (cell.pinned or {}).items()}
        self.pins = sorted(pins, key=str)

    def told(self, expr: Any) -> Any:
        """An expression in the symbols of the Piecewise."""
        return expr.xreplace(self.back)

    def groups(self, branch: int) -> list[Group]:
        """The points at which a branch holds alone, with the value and its slopes there."""
        found: dict[Any, list[Any]] = {}
        for cell in self.thin:
            if cell.branch == branch and cell.pinned:
                found.setdefault(tuple(cell.pinned.items()), []).append(self._continued(cell))
        return [
            (
                {self.told(s): self.told(at) for s, at in pins},
                self.told(wholes[0]) if None not in wholes and len(set(wholes)) == 1 else None,
            )
            for pins, wholes in found.items()
        ]

    def _continued(self, cell: Cell) -> Any:
        """The value in a cell with the slopes beside it; None where it does not continue them."""
        try:
            return self._with_slopes(cell)
        except _FAILURES:
            return None

    def _with_slopes(self, cell: Cell) -> Any:
        pinned: Pins = cell.pinned or {}
        whole = value = self.values[cell.branch].subs(pinned)
        for symbol, at in pinned.items():
            terms = self._terms(cell, symbol, at)
            if terms is None or not _equal(terms[0], value, self.error):
                return None
            whole += sum(term * (symbol - at) ** k for k, term in enumerate(terms) if k)
        for (s, s_at), (t, t_at) in combinations(pinned.items(), 2):
            mixed = self._mixed(cell, s, t)
            if mixed is None:
                return None
            whole += mixed * (s - s_at) * (t - t_at)
        return whole

    def _terms(self, cell: Cell, symbol: Any, at: Any) -> list[Any] | None:
        """The first terms of the series in a symbol, if they are the same from both sides."""
        found: dict[Any, Any] = {}
        for way in (1, -1):
            beside = self.space.beside(cell, symbol, way)
            if beside is None and self._may_move(cell, symbol, way):
                return None
            if beside is not None:
                near = self._near(beside, [(symbol, at)])
                found[near, way] = _series(near, symbol, at, way, self.error)
        if not found or None in found.values():
            return None
        first, *others = found.values()
        same = all(
            _equal(x, y, self.error) for other in others for x, y in zip(first, other, strict=True)
        )
        return first if same else None

    def _may_move(self, cell: Cell, symbol: Any, way: int) -> bool:
        """True if there are values of a symbol on that side of its own."""
        off = symbol - (cell.pinned or {})[symbol]
        return not (off.is_nonnegative if way < 0 else off.is_nonpositive)

    def _mixed(self, cell: Cell, s: Any, t: Any) -> Any:
        """The mixed second derivative: of the slope in t, in s; None where there is none."""
        at = cell.pinned or {}
        found = []
        for way in (1, -1):
            off = self.space.beside(cell, s, way)
            for side in (1, -1):
                free = self.space.beside(off, t, side) if off else None
                if free is None:
                    continue
                near = self._near(free, [(t, at[t])])
                slopes = _series(near, t, at[t], side, self.error)
                terms = _series(slopes[1], s, at[s], way, self.error) if slopes else None
                if terms is None:
                    return None
                found.append(terms[1])
        return (
            found[0] if found and all(_equal(found[0], x, self.error) for x in found[1:]) else None
        )

    def _near(self, cell: Cell, pins: Sequence[tuple[Any, Any]]) -> Any:
        return _joined(self.values[cell.branch], pins).subs(cell.pinned or {})


def _stand_ins(whole: Any) -> dict[Any, Any]:
    """Real symbols for what may be complex, and for elements; exact numbers for floats."""
    found: dict[Any, Any] = {}
    for x in whole.atoms(sp.Float):
        found[x] = sp.Rational(repr(float(x))) if x.is_finite else x
    for x in sorted(whole.atoms(sp.Symbol, sp.Indexed, _MATRIX_ELEMENT), key=str):
        if not isinstance(x, sp.Symbol):
            indices = x.indices if isinstance(x, sp.Indexed) else x.args[1:]
            if all(index.is_Integer for index in indices):
                found[x] = sp.Dummy(str(x), real=True)
        elif x.is_extended_real is None and x.is_commutative:
            found[x] = sp.Dummy(x.name, **{**x.assumptions0, "real": True})
    return found


def _equal(a: Any, b: Any, error: float = 0.0) -> bool:
    return bool(a == b or _exactly(sp.simplify(a - b), error) == 0)


def _exactly(x: Any, error: float) -> Any:
    """A number, or 0 where it is that but for the rounding of literals."""
    return sp.S.Zero if error and x.is_number and abs(sp.N(x)) < error else x


def _series(expr: Any, symbol: Any, at: Any, way: int, error: float) -> list[Any] | None:
    """The terms of the Taylor series up to ORDER, from one side; None where there are none."""
    terms = None if expr.has(*_KINKED) else _divided(expr, symbol, at, error)
    if terms is None:
        terms = [_limit(sp.diff(expr, symbol, k), symbol, at, way) for k in range(ORDER + 1)]
        terms = [t if t is None else t / sp.factorial(k) for k, t in enumerate(terms)]
    return None if None in terms else terms


def _divided(expr: Any, symbol: Any, at: Any, error: float) -> list[Any] | None:
    """The terms of a quotient of two functions that are smooth at the point."""
    above, below = sp.fraction(sp.together(expr))
    scale, below = sp.factor_terms(below).as_coeff_Mul()
    above /= scale
    pole = next((k for k in range(POLE) if _term(below, symbol, at, k, error) != 0), POLE)
    over = [_term(above, symbol, at, k, error) for k in range(pole + ORDER + 1)]
    under = [_term(below, symbol, at, pole + k, error) for k in range(ORDER + 1)]
    if pole == POLE or None in (*over, *under) or any(over[:pole]):
        return None
    terms: list[Any] = []
    for k in range(ORDER + 1):
        known = sum(term * under[k - j] for j, term in enumerate(terms))
        terms.append(sp.simplify((over[pole + k] - known) / under[0]))
    return terms


def _term(expr: Any, symbol: Any, at: Any, k: int, error: float) -> Any:
    term = sp.simplify((sp.diff(expr, symbol, k) / sp.factorial(k)).subs(symbol, at))
    return None if term.has(*_STRANGE, symbol) else _exactly(term, error)


def _limit(expr: Any, symbol: Any, at: Any, way: int) -> Any:
    """The limit from one side, if it is a number or an expression of other symbols."""
    try:
        limit = sp.simplify(sp.limit(expr, symbol, at, "+" if way > 0 else "-"))
    except (*_FAILURES, sp.PoleError):
        return None
    return None if limit.has(*_STRANGE, symbol) else limit


def _joined(expr: Any, pins: Sequence[tuple[Any, Any]]) -> Any:
    """A sum whose terms that have a pole at a pin stand over one divisor."""
    for symbol, at in pins:
        terms = sp.Add.make_args(expr)
        poles = {t: under for t in terms if (under := _under(t, symbol, at))}
        if len(poles) > 1:
            powers: dict[Any, Any] = {}
            for base, power in (pair for under in poles.values() for pair in under.items()):
                powers[base] = max(power, powers.get(base, power))
            divisor = sp.Mul(*(base**power for base, power in powers.items()))
            whole = sp.Add(*(t * divisor for t in poles)) / divisor
            expr = sp.Add(*(t for t in terms if t not in poles), whole)
    return expr


def _under(term: Any, symbol: Any, at: Any) -> dict[Any, Any]:
    """The factors below a term that are 0 at a pin, with their powers."""
    factors = (f.as_base_exp() for f in sp.Mul.make_args(sp.fraction(term)[1]))
    return {base: power for base, power in factors if base.subs(symbol, at) == 0}
