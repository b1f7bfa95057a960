"""A claimed gradient beside the right one at a point: in how many digits they agree.

The kernel runs both as texts, on balls: balls that do not meet refute.  A formula may differ as far
as a literal may that a float rounds: a loss with 0.1 in it is as good as one with 1/10.  The floats
of a function are compared as far as its precision holds the digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.certify.gradient_claims import ALIKE, GradientClaim, Point, Problem
from symgrad.certify.lone_branches import is_equality
from symgrad.checker.balls import Ball, Balls, Close, precision
from symgrad.checker.comparisons import Place, Watch
from symgrad.checker.exact_text import ExactText, leaves
from symgrad.checker.real_functions import FUNCTIONS
from symgrad.errors import DomainError, ShapeError, SymgradError, UnsupportedError
from symgrad.ir.function import Function
from symgrad.rewrite.passes import inlined
from symgrad.symbolic.reference import GIVEN, text_of
from symgrad.symbolic.sides import all_settled

BITS = (256, 8192)  # of a ball: more where these do not tell
LITERALS = 64  # that may be rounded each in its own way
TAKEN = 12.0  # digits that are enough where there are more
RIGHT, CLAIMED = "loss", "claimed"  # functions of the text
Ways = Mapping[Place, frozenset[int]]


@dataclass(frozen=True)
class Comparison:
    """The component that agrees worst, its digits, and how the comparisons came out.

    flat     its place among all components
    rounded  whether it differs by the rounding of literals alone
    finite   whether the claim is a finite real number there
    loss     which comparisons ran on the way of the right gradient; claim, on that of the claim
    """

    digits: float
    flat: int
    expected: float
    claimed: float
    finite: bool
    loss: Watch
    claim: Watch
    rounded: bool = False

    def is_right(self, claim: GradientClaim) -> bool:
        return self.rounded or self.digits >= claim.enough

    def is_bearable(self, claim: GradientClaim) -> bool:
        """True if it does not refute the claim by itself."""
        return self.rounded or self.digits >= claim.wrong

    @property
    def ways(self) -> Ways:
        """On which sides the comparisons of the right gradient were."""
        return {place: frozenset(sides) for place, sides in self.loss.sides.items()}


class GradientText:
    """Loss and gradient, and the claim where it is symbolic, as one text that the kernel runs.

    loss    the lines that compare on the way of the loss, but for those that ask for equality
    start   the line from which on the claim is written
    """

    def __init__(self, problem: Problem, claim: GradientClaim) -> None:
        self.problem, self.claim = problem, claim
        right = text_of(problem.gradient)
        self.text, self.start = right, right.count("\n") + 1
        names = ", ".join(f"a{i}" for i in range(len(problem.parameters)))
        both = f"{RIGHT}({names})"
        if claim.function is not None:
            own = text_of(claim.function).partition("\n\n\n")[2]
            self.text += "\n\n" + own.replace(f"def {RIGHT}(", f"def {CLAIMED}(")
            both += f", {CLAIMED}({names})"
        self.text += f"\n\ndef both({names}):\n    return {both}\n"
        self.exact = ExactText(self.text, FUNCTIONS, GIVEN)
        self.loss = _deciding(problem.gradient, right)

    def run(
        self, name: str, point: Point, literal: Any = None, watch: Watch | None = None
    ) -> tuple[list[Any], Balls]:
        """The results of a function of the text, as arrays, and the balls that it took."""
        balls = Balls(0.0, self.exact.filename, literal or as_written)
        balls.watch = watch or balls.watch
        arguments = [lifted(balls, point[name]) for name in self.problem.names]
        found = all_settled(self.exact.run(balls.one, *arguments, name=name))
        return [*found] if isinstance(found, tuple) else [found], balls

    def compared(self, point: Point, norm: float = 0.0) -> Comparison | None:
        """The comparison at a point; None where the right gradient, or the claim as far as can be
        computed, is not there.

        norm   how large the gradient is elsewhere: what a function's rounding is measured against
        Raises ShapeError, ArgumentError for a claim that is none.
        """
        point = self.claim.representable(point)
        claimed = None if self.claim.exact else self.claim.values(point)
        for bits in BITS:
            with precision(bits):
                try:
                    right, balls = self.run(RIGHT, point)
                    found = self._beside(right[1:], balls, claimed, point, norm)
                except Close:
                    continue
                except (DomainError, UnsupportedError):
                    return None
                if found is not None:
                    return self._weighed(found, point)
        return None

    def _beside(
        self, right: list[Any], balls: Balls, claimed: Any, point: Point, norm: float
    ) -> Comparison | None:
        """The comparison in balls of some bits; None where these do not tell."""
        want, watch = [*numbers(right, balls)], Watch("")
        if not all(map(is_real, want)):
            raise DomainError("the gradient is not real")
        if claimed is None:
            claimed, watch = self._claimed(right, point)
        else:
            self._check_shapes(right, claimed)
        got = [balls.one.lift(x) if is_real(x) else x for x in leaves(claimed)]
        top = 0.0 if self.claim.exact else max((x.size() for x in want), default=0.0)
        scale = max(top * self.claim.precision.rough, norm)
        pairs = zip(want, got, strict=True)
        digits = [agreed(a, b, 0.0 if self.claim.exact else scale) for a, b in pairs]
        least = min((d for d in digits if not math.isnan(d)), default=math.inf)
        if least >= ALIKE and any(map(math.isnan, digits)):
            return None
        if not digits:
            return Comparison(math.inf, 0, 0.0, 0.0, True, balls.watch, watch)
        i = digits.index(least)
        claim = float(got[i].middle()) if is_real(got[i]) else _plain(got[i])
        finite = all(map(is_real, got))
        return Comparison(least, i, float(want[i].middle()), claim, finite, balls.watch, watch)

    def _claimed(self, right: list[Any], point: Point) -> tuple[list[Any], Watch]:
        """A symbolic claim's components; nan where it has no value.  Raises Close."""
        try:
            found, balls = self.run(CLAIMED, point)
        except Close:
            raise
        except DomainError as error:
            if "as far as" in str(error) or "beyond" in str(error):
                raise Close(str(error)) from error
            return [math.nan for g in right for _ in leaves(g)], Watch("")
        self._check_shapes(right, self.claim.arrays or found)
        return [*numbers(found, balls)], balls.watch

    def claims(self, point: Point, balls: Balls) -> list[Any]:
        """The claimed components at a point, as balls where they are finite."""
        if self.claim.exact:
            found, own = self.run(CLAIMED, point)
            return [*numbers(found, own)]
        found = self.claim.values(self.claim.representable(point))
        return [balls.one.lift(x) if is_real(x) else x for x in leaves(found)]

    def _check_shapes(self, right: Sequence[Any], claimed: Sequence[Any]) -> None:
        for name, g, c in zip(self.problem.differentiated, right, claimed, strict=True):
            if np.shape(g) != np.shape(c):
                raise ShapeError(
                    f"claimed: the gradient of {name} has shape {np.shape(g)}, got {np.shape(c)}"
                )

    def _weighed(self, found: Comparison, point: Point) -> Comparison:
        """The comparison, where literals are taken as far as floats round them."""
        if not self.claim.exact or found.digits >= ALIKE or not found.finite:
            return found
        try:
            with precision(BITS[0]):
                (_, *right), balls = self.run(RIGHT, point, as_rounded)
                claimed, own = self.run(CLAIMED, point, as_rounded)
                pairs = zip(numbers(right, balls), numbers(claimed, own), strict=True)
                meets = all(is_real(b) and a.minus(b).vanishes() for a, b in pairs)
        except DomainError:
            return found
        many = len({x for b in (balls, own) for _, x in b.literals if is_rounded(x)}) > LITERALS
        return replace(found, rounded=meets and (not many or found.digits >= TAKEN))

    def moved(self, point: Point, other: Point, norm: float) -> float | None:
        """In how few digits the right gradients of two points agree; None past a kink."""
        try:
            with precision(BITS[0]):
                pairs = [self.run(RIGHT, self.claim.representable(p)) for p in (point, other)]
                a, b = ([*numbers(results[1:], balls)] for results, balls in pairs)
                top = max((x.size() for x in a), default=0.0) * self.claim.precision.rough
                digits = [agreed(x, y, max(top, norm)) for x, y in zip(a, b, strict=True)]
                same = pairs[0][1].watch.sides == pairs[1][1].watch.sides
                return min(digits, default=math.inf) if same else None
        except SymgradError:
            return None

    def error(self, point: Point, flat: int) -> float | None:
        """By how much a function's component is off; None where that cannot be told."""
        try:
            point = self.claim.representable(point)
            with precision(BITS[0]), np.errstate(all="ignore"):
                right, balls = self.run(RIGHT, point)
                want = [*numbers(right[1:], balls)][flat]
                got = [*leaves(self.claim.values(point))][flat]
                return float((balls.variable(got) - want).middle()) if is_real(got) else None
        except (SymgradError, ValueError, TypeError):
            return None

    def one_sided(self, known: Watch) -> tuple[int, int]:
        """How many comparisons of the claim, and of the loss, came out one way alone."""
        lines = known.one_sided()
        return sum(n > self.start for n in lines), sum(n in self.loss for n in lines)


def _deciding(gradient: Function, text: str) -> frozenset[int]:
    f = inlined(gradient, lambda x: x.op.made)
    needed, stack = set[Any](), [f.results[0]]
    while stack:
        x = stack.pop()
        if x not in needed:
            needed.add(x)
            stack += x.operands
    head = {line.partition(" = ")[0].strip(): n for n, line in enumerate(text.splitlines(), 1)}
    asks = {x for x in f.body if is_equality(x)}
    return frozenset(head[f"v{i}"] for i, x in enumerate(f.body) if x in needed - asks)


def lifted(balls: Balls, x: Any) -> Any:
    """An argument; integers and truth values stay."""
    x = np.asarray(x)
    if x.dtype.kind in "ib":
        return x[()]
    return np.asarray(np.frompyfunc(balls.variable, 1, 1)(x), object)[()]


def numbers(results: Any, balls: Balls) -> Any:
    """All numbers in results, as balls where they are finite."""
    for x in leaves(results):
        yield x if isinstance(x, Ball) or not is_real(x) else balls.one.lift(x)


def as_written(one: Ball, x: float) -> Any:
    """A literal as the float that it is."""
    return one.rational(Fraction(x))


def as_rounded(one: Ball, x: float) -> Any:
    """A literal, with all that a float may stand for."""
    y = one.rational(Fraction(x))
    around = one.balls.arithmetic.about(2.0**-52)
    return Ball(one.balls, y.x * around, 0) if is_rounded(x) else y


def is_rounded(literal: Any) -> bool:
    """True if a float may stand for a number beside it: 0.1, which is none, but not 0.5 or 3.

    >>> [is_rounded(v) for v in (0.1, 0.5, 3.0, 1 / 3)]
    [True, False, False, True]
    """
    return isinstance(literal, float) and Fraction(repr(literal)) != Fraction(literal)


def is_real(x: Any) -> bool:
    """True if a value is a finite real number."""
    if isinstance(x, Ball):
        return bool(x.balls.arithmetic.finite(x.x))
    return isinstance(x, int | float | Fraction | np.number | np.bool_) and math.isfinite(x)


def _plain(x: Any) -> float:
    return float(x) if isinstance(x, float | np.floating) else math.nan


def agreed(right: Ball, got: Any, scale: float) -> float:
    """In how many digits two numbers agree, beside the larger of them and a scale; nan where they
    may be equal, and the balls show too few digits of them."""
    if not is_real(got):
        return -math.inf
    gap = right.minus(got)
    if gap.is_zero():
        return math.inf
    tops = [x for x in (right, got) if not x.vanishes()]
    if scale:
        size = max(scale, *(x.size() for x in (right, got)))
        share = gap.size() / size if math.isfinite(size) else math.inf
    elif tops:
        share = (gap * max(tops, key=Ball.size).inverse()).size()
    else:
        return math.nan if gap.size() else math.inf
    digits = -math.log10(share) if share else math.inf
    return digits if not gap.vanishes() or digits >= ALIKE or scale else math.nan
