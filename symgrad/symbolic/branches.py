"""The cells of a Piecewise: where each factor of its conditions is below 0, 0 or above 0.

In a cell one branch holds throughout.  A cell is thin where some factors are 0 and none of the
cells around it, where they are not, has its branch.  Relations between real numbers are read as
signs: Ne(p**2, q**2) as those of p - q and p + q, Abs(a) > 0 as that of a.

>>> a = sp.Symbol("a", real=True)
>>> space = Space([(a > 0) | (a < 0), sp.true])
>>> [(cell.pinned, cell.branch) for cell in space.thin()]
[({a: 0}, 1)]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import sympy as sp

MOST = 1000  # cells
LONG = 60  # operations of a difference that is not factored, nor expanded
WIDE = 100  # the same for terms that it has when expanded
DEGREE = 12  # and for powers
_HOLDS: dict[type, Any] = {
    sp.Eq: lambda sign: sign == 0,
    sp.Ne: lambda sign: sign != 0,
    sp.Gt: lambda sign: sign > 0,
    sp.Ge: lambda sign: sign >= 0,
    sp.Lt: lambda sign: sign < 0,
    sp.Le: lambda sign: sign <= 0,
}

Signs = tuple[int, ...]


class Cell(NamedTuple):
    """The signs of the factors; what symbols are where some are 0, if that is known; the branch."""

    signs: Signs
    pinned: Mapping[Any, Any] | None
    branch: int


class Strange(Exception):
    """A condition that is not made of relations between real numbers."""


class Space:
    """The cells of some conditions, of which the first that holds decides."""

    def __init__(self, conditions: Sequence[Any]) -> None:
        """Raises Strange where it cannot read them, or where there are too many cells."""
        self.conditions = conditions
        self.factors: list[Any] = []
        self.signed: set[int] = set()  # factors of which inequalities ask more than being 0
        self.relations: dict[Any, tuple[int, list[tuple[int, int]]]] = {}
        for condition in conditions:
            for relation in sorted(condition.atoms(sp.core.relational.Relational), key=str):
                self._read(relation)
        self.states = [self._states(k) for k in range(len(self.factors))]
        if prod(map(len, self.states)) > MOST:
            raise Strange(self.conditions)
        every = ((signs, self.branch(signs)) for signs in product(*self.states))
        self.branches = {signs: branch for signs, branch in every if branch is not None}

    def _read(self, relation: Any) -> None:
        if relation in self.relations or relation.has(sp.oo, -sp.oo):
            return
        if relation.has(sp.I):
            raise Strange(relation)
        scale, powers = _factored(relation.lhs - relation.rhs)
        found = []
        for factor, power in powers:
            if factor not in self.factors:
                self.factors.append(factor)
            k = self.factors.index(factor)
            if power % 2 and not isinstance(relation, sp.Eq | sp.Ne):
                self.signed.add(k)
            found.append((k, 2 - power % 2))
        self.relations[relation] = scale, found
        if 2 ** len(self.factors) > MOST:
            raise Strange(relation)

    def branch(self, signs: Signs) -> int | None:
        """The branch that holds; None where none does."""
        return next((i for i, c in enumerate(self.conditions) if self._holds(c, signs)), None)

    def _holds(self, condition: Any, signs: Signs) -> bool:
        if condition in (sp.true, sp.false):
            return bool(condition)
        if isinstance(condition, sp.And | sp.Or):
            combine = all if isinstance(condition, sp.And) else any
            return combine(self._holds(part, signs) for part in condition.args)
        if isinstance(condition, sp.Not | sp.Xor | sp.ITE):
            parts = [self._holds(part, signs) for part in condition.args]
            if isinstance(condition, sp.ITE):
                return parts[1] if parts[0] else parts[2]
            return sum(parts) % 2 == 1 if isinstance(condition, sp.Xor) else not parts[0]
        if condition in self.relations:
            scale, powers = self.relations[condition]
            sign = scale * prod(signs[k] ** power for k, power in powers)
        elif sp.oo in condition.args or -sp.oo in condition.args:  # every number is finite
            left, right = ((x == sp.oo) - (x == -sp.oo) for x in condition.args)
            sign = left - right
        else:
            raise Strange(condition)
        return bool(_HOLDS[type(condition)](sign))

    def _states(self, k: int) -> Signs:
        """The signs that a factor may have; 1 for not 0 where no more is asked."""
        factor = self.factors[k]
        below = k in self.signed and not factor.is_nonnegative
        above = k not in self.signed or not factor.is_nonpositive
        return (-1,) * below + (0,) * (not factor.is_nonzero) + (1,) * above

    def _met(self, signs: Signs) -> bool:
        """True if the factors can have these signs at once, as far as that is told here."""
        pinned = self._pinned(signs)
        for k, factor in enumerate(self.factors):
            left = _expanded(factor.subs(pinned)) if pinned else factor
            low = left.is_positive or (left.is_nonzero and k not in self.signed)
            if (left.is_zero and signs[k]) or (left.is_nonzero and not signs[k]):
                return False
            if k in self.signed and ((low and signs[k] < 0) or (left.is_negative and signs[k] > 0)):
                return False
        return True

    def _pinned(self, signs: Signs) -> dict[Any, Any] | None:
        """The values of symbols where these factors are 0; None where that is not solved here."""
        pinned: dict[Any, Any] = {}
        for factor, sign in zip(self.factors, signs, strict=True):
            left = _expanded(factor.subs(pinned)) if not sign else sp.S.Zero
            if left.is_number:
                continue
            if (pin := _pin(left)) is None:
                return None
            pinned = {s: _expanded(at.subs(*pin)) for s, at in pinned.items()}
            pinned[pin[0]] = pin[1]
        return pinned

    def thin(self) -> list[Cell]:
        """The cells whose branch is none of those around them.

        >>> x, y = sp.symbols("x y", real=True)
        >>> [cell.pinned for cell in Space([sp.Ne(x, 0) & sp.Ne(y, 0), sp.true]).thin()]
        [{x: 0, y: 0}, {x: 0}, {y: 0}]
        >>> Space([x > 0, sp.true]).thin()
        []
        """
        return [
            Cell(signs, self._pinned(signs), branch)
            for signs, branch in self.branches.items()
            if 0 in signs and self._is_thin(signs) and self._met(signs)
        ]

    def elsewhere(self, cells: Iterable[Cell]) -> set[int]:
        """The branches that hold in other cells, too."""
        told = {cell.signs for cell in cells}
        found: set[int] = set()
        for signs, branch in self.branches.items():
            if branch not in found and signs not in told and self._met(signs):
                found.add(branch)
        return found

    def _is_thin(self, signs: Signs) -> bool:
        ways = [
            (sign,) if sign else [s for s in self.states[k] if s] for k, sign in enumerate(signs)
        ]
        return all(self.branches.get(s) != self.branches[signs] for s in product(*ways))

    def ends(self, cell: Cell) -> bool:
        """True if a factor that is 0 in a cell has but one sign beside it."""
        zero = [k for k in self.signed if not cell.signs[k]]
        return any(len(self.states[k]) == 2 for k in zero)

    def beside(self, cell: Cell, symbol: Any, way: int) -> Cell | None:
        """The cell that is entered where a pinned symbol is raised (1) or lowered (-1) a little.

        None where none is, or where it is not known which.
        """
        pinned = cell.pinned or {}
        rest = {s: at for s, at in pinned.items() if s != symbol}
        ways: list[Signs] = []
        for k, (factor, sign) in enumerate(zip(self.factors, cell.signs, strict=True)):
            moved = _expanded(factor.subs(rest)) if not sign else sp.S.Zero
            if sign or moved.is_zero or not moved.has(symbol):
                ways.append((sign,))
                continue
            slope = sp.sign(sp.diff(moved, symbol).subs(symbol, pinned[symbol]))
            known = slope.is_number and slope.is_nonzero and k in self.signed
            allowed = tuple(s for s in self.states[k] if s)
            ways.append((int(slope) * way,) if known else allowed)
            if not set(ways[-1]) <= set(allowed):
                return None
        cells = [Cell(signs, rest, self.branches.get(signs, -1)) for signs in product(*ways)]
        return cells[0] if len({c.branch for c in cells}) == 1 and cells[0].branch >= 0 else None


def _factored(difference: Any) -> tuple[int, list[tuple[Any, int]]]:
    """The sign of a constant, and the factors that may be 0 or change sign, with their powers."""
    try:
        short = _is_short(difference)
        scale, parts = sp.factor_list(difference) if short else (sp.S.One, [(difference, 1)])
    except (sp.PolynomialError, NotImplementedError, ValueError):
        scale, parts = sp.S.One, [(difference, 1)]
    sign, found = sp.sign(scale), []
    if not sign.is_Integer:
        raise Strange(difference)
    for factor, power in parts:
        if isinstance(factor, sp.Abs):
            inner, powers = _factored(factor.args[0])
            sign *= abs(inner)
            found += [(f, 2 * p) for f, p in powers]
        elif factor.is_negative:
            sign *= (-1) ** int(power)
        elif not factor.is_positive:
            found.append((factor, int(power)))
    return int(sign), found


def _expanded(x: Any) -> Any:
    return sp.expand(x) if _is_short(x) else x


def _is_short(x: Any) -> bool:
    """True if an expression is quickly expanded."""
    return bool(x.count_ops() <= LONG and _terms(x) <= WIDE)


def _terms(x: Any) -> float:
    """The number of terms that an expression may have when expanded."""
    if isinstance(x, sp.Add):
        return sum(map(_terms, x.args))
    if isinstance(x, sp.Mul):
        return prod(map(_terms, x.args))
    if isinstance(x, sp.Pow) and x.exp.is_Integer and abs(x.exp) <= DEGREE:
        return float(_terms(x.base) ** abs(int(x.exp)))
    return 1 if not isinstance(x, sp.Pow) or not x.exp.is_Integer else WIDE + 1


def _pin(factor: Any) -> tuple[Any, Any] | None:
    """A symbol, and the value at which a factor is 0 that is linear in it.

    The symbol's coefficient is a number; or other symbols are, and it is not 0 where the factor is.
    """
    for plain in (True, False):
        for symbol in sorted(factor.atoms(sp.Symbol), key=sp.default_sort_key):
            slope, rest = sp.diff(factor, symbol), factor.subs(symbol, 0)
            fixed = slope if plain else rest
            if fixed.is_number and fixed.is_real and fixed.is_nonzero and not slope.has(symbol):
                at = _expanded(-rest / slope)
                if not at.has(symbol, sp.nan, sp.zoo, sp.oo):
                    return symbol, at
    return None
