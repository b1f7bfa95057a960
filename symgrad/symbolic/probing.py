"""Evaluation to many digits that tells which way comparisons went, and how literals weigh.

>>> x = sp.Symbol("x")
>>> probe = Probe()
>>> value = read(sp.Piecewise((x / 10, x < 2), (0, True)), probe, {x: mpmath.mpf(3)}.__getitem__)
>>> value, probe.decisions
(mpf('0.0'), [False])
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symgrad.ir.function import Instr
from symgrad.symbolic.from_sympy import read
from symgrad.symbolic.precise import Numbers, PreciseAlgebra

MORE = 2400  # decimal digits that tell numbers apart which are not extreme
ROUNDING = mpmath.mpf(2) ** -53
_BITS = 6000


def is_rounded(literal: float) -> bool:
    """Whether a float may stand for a number beside it: 0.1, which is none, but not 0.5 or 3.

    >>> [is_rounded(v) for v in (0.1, 0.5, 3.0, 1 / 3)]
    [True, False, False, True]
    """
    return bool(np.isfinite(literal)) and Fraction(repr(float(literal))) != Fraction(literal)


_SATURATING = ("exp", "sinh", "cosh", "tanh")
_STEEP = ("erf", "erfc")


def _is_extreme(v: Any) -> bool:
    return isinstance(v, mpmath.mpf) and v != 0 and bool(abs(mpmath.mag(v)) > _BITS)


def _has_extreme(x: Any) -> bool:
    return any(_is_extreme(v) for v in np.ravel(x))


class _Watched(Numbers):
    """Numbers whose selections and steps are written down, and that are refused where they are so
    extreme that the digits of ``MORE`` do not tell them apart: tanh(3000) and 1."""

    def __init__(self, decisions: list[Any]) -> None:
        self.decisions = decisions
        for name in ("floor", "ceiling"):
            setattr(self, name, self._step(getattr(Numbers, name)))
        for name in _SATURATING:
            setattr(self, name, _within(2000, getattr(Numbers, name)))
        for name in _STEEP:
            setattr(self, name, _within(44, getattr(Numbers, name)))

    def _step(self, function: Any) -> Callable[[Any], Any]:
        def step(x: Any) -> Any:
            value = function(x)
            self.decisions.append(value)
            return value

        return step

    def Piecewise(self, *pairs: Any) -> Any:  # type: ignore[override]
        self.decisions += [bool(condition) for _, condition in pairs[:-1]]
        return Numbers.Piecewise(*pairs)


def _within(limit: int, function: Any) -> Callable[[Any], Any]:
    def bounded(x: Any) -> Any:
        if abs(x) > limit:
            raise OverflowError(f"an argument beyond {limit}")
        return function(x)

    return bounded


class Probe(PreciseAlgebra):
    """Computes at the digits of the context.  Raises OverflowError for extreme values.

    decisions   how each comparison, selection and step came out, in order
    ways        for each instruction that decides, how each of its decisions on an element came out
    literals    how many literals were read that a float rounds; the one with the number ``nudged``
                is read half a unit in its last place larger
    """

    def __init__(self, nudged: int = -1) -> None:
        self.decisions: list[Any] = []
        super().__init__()
        self.ways: dict[Instr, list[set[Any]]] = {}
        self._told = 0
        self.namespace = _Watched(self.decisions)
        self.literals = 0
        self.nudged = nudged

    def __getattr__(self, name: str) -> Callable[..., Any]:
        compute = super().__getattr__(name)

        def watched(*xs: Any, **attributes: Any) -> Any:
            result = self.decided(compute(*xs, **attributes))
            if _has_extreme(result) and not any(map(_has_extreme, xs)):  # a literal inf may be
                raise OverflowError(f"a value of more than {_BITS} binary digits")
            return result

        return watched

    def decided(self, result: Any) -> Any:
        """The result, which is written down where it is made of truths."""
        self.decisions += [bool(v) for v in np.ravel(result) if isinstance(v, bool | np.bool_)]
        return result

    def computed(self, x: Instr, size: int) -> None:
        own = self.decisions[self._told :]
        self._told = len(self.decisions)
        if own:
            each = len(own) // size
            self.ways[x] = [set(own[k::each]) for k in range(each)]

    def exactly(self, x: Any) -> Any:
        value = super().exactly(x)
        if not x.has(sp.Float):
            return value
        return self._read(value, not x.is_Float or is_rounded(float(x)))

    def literal(self, x: float) -> Any:
        return self._read(super().literal(x), is_rounded(x))

    def _read(self, value: Any, rounded: bool) -> Any:
        if not rounded:
            return value
        self.literals += 1
        return value * (1 + ROUNDING) if self.literals == self.nudged + 1 else value


__all__ = ["Probe", "is_rounded", "read"]
