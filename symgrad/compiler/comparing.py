"""A claimed gradient beside the right one at a point: in how many digits they agree.

A formula is compared to as many digits as tell it from another.  It may differ as far as a
literal may that a float rounds: a loss with 0.1 in it is as good as one with 1/10.  What a function
gives is compared as far as its precision holds the digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.compiler.claims import ALIKE, Claim, Place, Point, Problem, exact_gradient
from symgrad.errors import ArgumentError, ShapeError, SymgradError
from symgrad.ir.function import Instr

DIGITS = 60
_LITERALS = 64
_LOST = 100  # digits that may cancel where there are MORE
_TAKEN = 12.0  # digits that are enough where there are more literals
_UNREAL = (ZeroDivisionError, ValueError, TypeError)


@dataclass(frozen=True)
class Comparison:
    """The component that agrees worst, its digits, and how the comparisons came out.

    flat       its place among all components
    rounded    whether it differs by the rounding of literals alone
    finite     whether the claim is a finite real number there
    loss, claim   the decisions on the way of each
    ways       the decisions of each instruction on the way of the loss
    """

    digits: float
    flat: int
    place: Place
    expected: Any
    claimed: Any
    rounded: bool
    finite: bool
    loss: tuple[Any, ...]
    claim: tuple[Any, ...]
    ways: Mapping[Instr, Sequence[set[Any]]]

    def is_right(self, claim: Claim) -> bool:
        return self.rounded or self.digits >= claim.enough

    def is_bearable(self, claim: Claim) -> bool:
        """Whether it does not refute the claim by itself."""
        return self.rounded or self.digits >= claim.wrong


class Values:
    """Right and claimed components, flat, at one precision, with one literal nudged or none."""

    def __init__(self, problem: Problem, claim: Claim, point: Point, nudged: int = -1) -> None:
        from symgrad.symbolic.probing import Probe

        loss, own = Probe(nudged), Probe(nudged)
        point = claim.representable(point)
        grads = exact_gradient(problem, point, loss)[1:]
        self.right = _flat(grads)
        if not all(map(is_real, self.right)):
            raise ValueError("the gradient is not real")
        self.claimed = self._claimed(problem, claim, point, grads, own)
        self.loss, self.claim = tuple(loss.decisions), tuple(own.decisions)
        self.ways = loss.ways
        self.literals = max(loss.literals, own.literals)

    @staticmethod
    def _claimed(
        problem: Problem, claim: Claim, point: Point, grads: Sequence[Any], own: Any
    ) -> list[Any]:
        import mpmath

        try:
            got = claim.values(point, own)
        except SymgradError:
            raise
        except _UNREAL:
            return [mpmath.nan for g in grads for _ in np.ravel(g)]
        for i, (g, c) in enumerate(zip(grads, got, strict=True)):
            if np.shape(g) != np.shape(c):
                name = problem.names[problem.wrt[i]]
                raise ShapeError(
                    f"claimed: the gradient of {name} has shape {np.shape(g)}, got {np.shape(c)}"
                )
        return [_real(v) for v in _flat(got)]


def compared(problem: Problem, claim: Claim, point: Point, norm: float = 0.0) -> Comparison | None:
    """The comparison at a point; None where the right gradient, or the claim in digits that can be
    computed, is not there.

    norm   how large the gradient is elsewhere: what a function's rounding is measured against
    Raises ShapeError, ArgumentError for a claim that is none.
    """
    import mpmath

    from symgrad.symbolic.precise import digits
    from symgrad.symbolic.probing import MORE

    try:
        with digits(DIGITS):
            values = Values(problem, claim, point)
            small = (0.0, 0.0) if claim.exact else (claim.precision.rough, norm)
            found = _worst(values, *small, problem, point)
        if not claim.exact or found.digits >= ALIKE:
            return found
        with digits(MORE):
            values = Values(problem, claim, point)
            found = _worst(values, mpmath.mpf(10) ** (_LOST - MORE), 0.0, problem, point)
        if found.digits >= ALIKE or not found.finite:
            return found
        return _weighed(problem, claim, point, values, found)
    except SymgradError:
        raise
    except (*_UNREAL, OverflowError):
        return None


def _worst(values: Values, part: Any, norm: float, problem: Problem, point: Point) -> Comparison:
    """The component that agrees least, beside a part of the largest one and a norm."""
    top = max([abs(v) for v in values.right], default=0)
    digits = [
        agreed(a, b, max(top * part, norm))
        for a, b in zip(values.right, values.claimed, strict=True)
    ]
    i = int(np.argmin(digits)) if digits else 0
    return Comparison(
        digits[i] if digits else np.inf,
        i,
        _place(problem, point, i),
        values.right[i] if digits else 0.0,
        values.claimed[i] if digits else 0.0,
        False,
        all(map(is_real, values.claimed)),
        values.loss,
        values.claim,
        values.ways,
    )


def _weighed(
    problem: Problem, claim: Claim, point: Point, values: Values, found: Comparison
) -> Comparison:
    """The comparison, where literals are taken as far as floats round them."""
    from symgrad.symbolic.precise import digits

    if values.literals > _LITERALS:
        rounded = found.digits >= _TAKEN
    else:
        with digits(DIGITS):
            slack = [0.0 * v for v in values.right]
            plain = Values(problem, claim, point)
            for k in range(values.literals):
                moved = Values(problem, claim, point, k)
                for i, s in enumerate(slack):
                    right = abs(moved.right[i] - plain.right[i])
                    slack[i] = s + right + abs(moved.claimed[i] - plain.claimed[i])
        pairs = zip(values.right, values.claimed, slack, strict=True)
        rounded = all(abs(a - b) <= 2 * s or agreed(a, b, 0) >= ALIKE for a, b, s in pairs)
    return Comparison(**{**vars(found), "rounded": rounded})


def agreed(right: Any, got: Any, scale: Any) -> float:
    """In how many digits two numbers agree, beside the largest of them and a scale."""
    import mpmath

    if not is_real(got):
        return -np.inf
    error = abs(got - right)
    return np.inf if error == 0 else float(-mpmath.log10(error / max(abs(right), abs(got), scale)))


def is_real(v: Any) -> bool:
    """Whether a value is a finite real number."""
    import mpmath

    return isinstance(v, mpmath.mpf | int | float) and bool(mpmath.isfinite(v))


def _real(v: Any) -> Any:
    import mpmath

    return mpmath.nan if isinstance(v, mpmath.mpc) else mpmath.mpf(v)


def _flat(arrays: Sequence[Any]) -> list[Any]:
    return [v for a in arrays for v in np.ravel(np.asarray(a, dtype=object))]


def _place(problem: Problem, point: Point, i: int) -> Place:
    """The place of the i-th component."""
    for j in range(len(problem.wrt)):
        shape = problem.shape(j, point)
        count = int(np.prod(shape))
        if i < count:
            return j, tuple(int(k) for k in np.unravel_index(i, shape)) if shape else ()
        i -= count
    return 0, ()


def is_numeric(error: ArgumentError) -> bool:
    """Whether a function was refused a result by arithmetic alone, as math.exp(1000) is."""
    return isinstance(error.__cause__, ArithmeticError | ValueError)


def is_regular(problem: Problem, claim: Claim, points: Sequence[Point], found: Comparison) -> bool:
    """Whether one component is off alike at points next to each other.

    Rounding is off by another part at each of them, and to both sides; a wrong formula is not.
    """
    from symgrad.symbolic.precise import digits

    errors = []
    for point in points:
        try:
            with digits(DIGITS), np.errstate(all="ignore"):
                values = Values(problem, claim, point)
        except (SymgradError, *_UNREAL, OverflowError):
            return False
        right, claimed = values.right[found.flat], values.claimed[found.flat]
        if not is_real(claimed):
            return False
        errors.append(float(claimed - right))
    sizes = list(map(abs, errors))
    return min(errors) * max(errors) > 0 and max(sizes) <= 2 * min(sizes)


__all__ = [
    "DIGITS",
    "Comparison",
    "agreed",
    "compared",
    "is_numeric",
    "is_regular",
]
