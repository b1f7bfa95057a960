"""A claimed gradient beside the right one at a point: in how many digits they agree.

Loss and claim are one text, which the checker runs on balls: balls that do not meet refute.  The
right gradient is the loss's forward derivative, by the checker's own rules; reverse mode's stands
for it where there are many components, once the two agree.  A formula may differ as far as a
literal may that a float rounds: a loss with 0.1 in it is as good as one with 1/10.  The floats of a
function are compared as far as its precision holds the digits.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from symgrad.certify.agreement import agreed, as_rounded, finite_float, is_real, is_rounded
from symgrad.certify.gradient_claims import ALIKE, GradientClaim, Point, Problem
from symgrad.certify.lone_branches import is_equality
from symgrad.checker import Claim
from symgrad.checker.balls import Ball, Balls, Close, precision
from symgrad.checker.claim import forward, mapped
from symgrad.checker.comparisons import Watch
from symgrad.checker.exact_number import Unwatched
from symgrad.checker.exact_text import ExactText, leaves
from symgrad.checker.real_functions import FUNCTIONS
from symgrad.errors import ArgumentError, DomainError, ShapeError, SymgradError, UnsupportedError
from symgrad.ir.function import function
from symgrad.rewrite.passes import inlined
from symgrad.symbolic.reference import GIVEN, text_of
from symgrad.symbolic.sides import all_settled

BITS = (256, 8192)  # of a ball: more where these do not tell
FEW = 1  # components, up to which each has a forward run of its own, without reverse mode
TRUSTED = 3  # points at which it is compared, for all ways that comparisons go
TINY = 1e-30  # a share of a component by which reverse and forward mode may differ
LITERALS = 64  # that may be rounded each in its own way
TAKEN = 12.0  # digits that are enough where there are more
BALLS = 100_000  # that the search for ties may take
UNWATCHED: Any = Unwatched()  # keeps nothing
LOSS, REVERSE, CLAIMED = "loss", "gradient", "claimed"  # functions of the text


class Seen(NamedTuple):
    """At one point the loss and its gradient, the claim, and the comparisons that either made."""

    right: list[Ball]
    got: list[Any]
    loss: Watch
    claim: Watch


@dataclass(frozen=True)
class Comparison:
    """The component that agrees worst, and its digits.

    flat     its place among all components
    finite   whether the claim is a finite real number there
    seen     what was compared
    rounded  whether it differs by the rounding of literals alone
    """

    digits: float
    flat: int
    expected: float
    claimed: float
    finite: bool
    seen: Seen
    rounded: bool = False

    def reaches(self, digits: float) -> bool:
        """True if so many digits agree, literals aside."""
        return self.rounded or self.digits >= digits

    @property
    def ways(self) -> Any:
        """On which sides the comparisons of the loss were."""
        return ways_of(self.seen.loss)


@dataclass(frozen=True)
class GradientText(Claim):
    """A claim of the checker's: the text's forward derivative is the claimed gradient.

    The text has the loss and, where it is symbolic, the claim; its last function returns both.
    """

    problem: Any = None
    judge: Any = None

    @cached_property
    def program(self) -> ExactText:
        return ExactText(self.text, FUNCTIONS, GIVEN)

    @cached_property
    def expected(self) -> Any:
        return partial(self.run, LOSS)

    def run(self, name: str, one: Any, *at: Any) -> Any:
        """The results of a function of the text.

        Raises ArgumentError for an index that an array does not have.
        """
        try:
            return all_settled(self.program.run(one, *at, name=name))
        except IndexError as error:
            what = "claimed: the formula" if name == CLAIMED else "the loss"
            told = f"{what} takes an element that is not there: {error}; change at= or sizes="
            raise ArgumentError(told) from error

    @cached_property
    def trusted(self) -> Counter[Any]:
        """At how many points reverse mode was right, by the ways that comparisons went."""
        return Counter()

    @cached_property
    def deciding(self) -> frozenset[int]:
        """The lines that compare on the way of the loss, but for those that ask for equality."""
        found = set[int]()
        for name, f in ((LOSS, self.problem.loss), (REVERSE, self.problem.gradient)):
            body = inlined(f, lambda x: x.op.made)
            needed = {*function(name, body.parameters, body.results[:1]).body}
            above, _, text = self.text.partition(f"def {name}(")
            start = above.count("\n") + 1
            for i, x in enumerate(body.body):
                if x in needed and not is_equality(x):
                    found.add(start + text[: text.index(f" v{i} = ")].count("\n"))
        return frozenset(found)

    def one_sided(self, known: Watch) -> tuple[int, int]:
        """How many comparisons of the claim, and of the loss, came out one way alone."""
        lines, (above, own, _) = known.one_sided(), self.text.partition(f"def {CLAIMED}(")
        last = above.count("\n") if own else math.inf
        return sum(n > last for n in lines), sum(n in self.deciding for n in lines)

    def count(self, at: Mapping[str, Any]) -> int:
        """How many components the gradient has."""
        return sum(math.prod(np.shape(at[k])) for k in self.wrt)

    def right(
        self, point: Point, literal: Any = None, also: Any = UNWATCHED
    ) -> tuple[list[Any], Watch]:
        """The loss and its gradient, and the comparisons that ran.

        also   keeps the comparisons of forward derivatives
        Raises DomainError where one of the numbers is not real.
        """
        balls = Balls(0.0, self.program.filename, literal)
        at = {k: mapped(balls.variable, v) for k, v in point.items()}
        count = self.count(at)
        found = self.by_reverse(balls, at) if count > FEW else []
        if not found:
            one, zero = balls.variable(1.0), balls.variable(0.0)
            units = ([one if k == i else zero for k in range(count)] for i in range(count))
            loss = [*leaves(self.expected(balls.one, *at.values()))]
            slopes = [self.slope(balls, at, unit, also) for unit in units]
            found = _lifted(balls.one, loss + slopes)
        if not all(map(is_real, found)):
            raise DomainError("the gradient is not real")
        return found, balls.watch

    def slope(self, balls: Balls, at: Mapping[str, Any], along: Any, also: Any = UNWATCHED) -> Any:
        """The forward derivative of the loss in a direction."""
        watch, balls.watch = balls.watch, also
        try:
            return forward(self, balls.one, at, along)[0][0].slope
        finally:
            balls.watch = watch

    def by_reverse(self, balls: Balls, at: Mapping[str, Any]) -> list[Any]:
        """The loss and reverse mode's gradient, if it agrees with the forward derivative; nothing
        otherwise.

        The two are compared at the first points at which comparisons go the same ways, each time in
        a direction in which all components weigh alike.
        """
        with suppress(DomainError, UnsupportedError):
            found = _lifted(balls.one, self.run(REVERSE, balls.one, *at.values()))
            ways = frozenset(ways_of(balls.watch).items())
            if self.trusted[ways] == TRUSTED or not all(map(is_real, found)):
                return found
            rng = random.Random(self.trusted[ways])
            along = [balls.variable(rng.uniform(0.5, 1.5) * _weight(x)) for x in found[1:]]
            total = sum((x * v for x, v in zip(found[1:], along, strict=True)), 0 * balls.one)
            gap = total - self.slope(balls, at, along)
            self.trusted[ways] += gap.size() < TINY
            if gap.size() < TINY or (balls.literal and gap.vanishes()):
                return found
        return []

    def claimed(self, point: Point, literal: Any = None) -> tuple[list[Any], Watch]:
        """The components of a symbolic claim; nan where it has no value.  Raises Close."""
        balls = Balls(0.0, self.program.filename, literal)
        at = [mapped(balls.variable, v) for v in point.values()]
        try:
            results = self.run(CLAIMED, balls.one, *at)
        except Close:
            raise
        except DomainError as error:
            if "as far as" in str(error) or "beyond" in str(error):
                raise Close(str(error)) from error
            return [math.nan] * self.count(point), Watch("")
        results = results if isinstance(results, tuple) else (results,)
        self._check_shapes(point, self.judge.arrays or results)
        return [*leaves(results)], balls.watch

    def seen(self, point: Point, floats: Any = None, literal: Any = None) -> Seen:
        """Right and claimed gradient; the claim's own floats where it is a function."""
        right, watch = self.right(point, literal)
        if self.judge.exact:
            got, own = self.claimed(point, literal)
            return Seen(right, got, watch, own)
        floats = self.judge.values(point) if floats is None else floats
        self._check_shapes(point, floats)
        return Seen(right, [*leaves(floats)], watch, Watch(""))

    def compared(self, point: Point, norm: float = 0.0) -> Comparison | None:
        """The comparison at a point; None where the right gradient, or the claim as far as can be
        computed, is not there.

        norm   how large the gradient is elsewhere: what a function's rounding is measured against
        Raises ShapeError, ArgumentError for a claim that is none.
        """
        point = self.judge.representable(point)
        floats = None if self.judge.exact else self.judge.values(point)
        for bits in BITS:
            with precision(bits):
                try:
                    found = self._weighed(self.seen(point, floats), norm)
                except Close:
                    continue
                except (DomainError, UnsupportedError):
                    return None
                if found is not None:
                    return self._rounded(found, point)
        return None

    def scale(self, right: Sequence[Ball], norm: float) -> float:
        """The size of a gradient beside which the components of a function are measured."""
        if self.judge.exact:
            return 0.0
        top = max((x.size() for x in right[1:]), default=0.0)
        return max(top * float(self.judge.precision.rough), norm)

    def _weighed(self, seen: Seen, norm: float) -> Comparison | None:
        """The worst component; None where the balls do not tell."""
        (_, *want), got, scale = seen.right, seen.got, self.scale(seen.right, norm)
        least = 0.0 if self.judge.exact else self.judge.precision.least
        digits = [agreed(a, b, scale, least) for a, b in zip(want, got, strict=True)]
        fewest = min((d for d in digits if not math.isnan(d)), default=math.inf)
        if fewest >= ALIKE and any(map(math.isnan, digits)):
            return None
        if not digits:
            return Comparison(math.inf, 0, 0.0, 0.0, True, seen)
        i, finite = digits.index(fewest), all(map(is_real, got))
        return Comparison(fewest, i, float(want[i].middle()), finite_float(got[i]), finite, seen)

    def _rounded(self, found: Comparison, point: Point) -> Comparison | None:
        """The comparison, where literals are taken as far as floats round them; None where the
        balls do not tell."""
        if not self.judge.exact or found.digits >= ALIKE or not found.finite:
            return found
        literals = set[float]()

        def loose(one: Ball, x: float) -> Ball:
            literals.add(x)
            return as_rounded(one, x)

        for bits in BITS:
            with suppress(DomainError, UnsupportedError), precision(bits):
                right, got, _, _ = self.seen(point, literal=loose)
                pairs = zip(right[1:], got, strict=True)
                meets = all(is_real(b) and a.minus(a.lift(b)).vanishes() for a, b in pairs)
                many = sum(map(is_rounded, literals)) > LITERALS
                return replace(found, rounded=meets and (not many or found.digits >= TAKEN))
        return None

    def moved(self, point: Point, other: Point, norm: float) -> float | None:
        """In how few digits the right gradients of two points agree; None past a kink."""
        try:
            with precision(BITS[0]):
                also = Watch(""), Watch("")
                (a, ways), (b, others) = (
                    self.right(self.judge.representable(p), also=kept)
                    for p, kept in zip((point, other), also, strict=True)
                )
                if ways.sides != others.sides or also[0].sides != also[1].sides:
                    return None
                pairs, scale = zip(a[1:], b[1:], strict=True), self.scale(a, norm)
                return min((agreed(x, y, scale) for x, y in pairs), default=math.inf)
        except SymgradError:
            return None

    def error(self, point: Point, flat: int) -> float | None:
        """By how much a function's component is off; None where that cannot be told."""
        try:
            with precision(BITS[0]), np.errstate(all="ignore"):
                seen = self.seen(self.judge.representable(point))
                want, got = seen.right[flat + 1], seen.got[flat]
                return float((want.lift(got) - want).middle()) if is_real(got) else None
        except (SymgradError, ValueError, TypeError):
            return None

    def is_decided(self, point: Point, unit: float) -> bool:
        """True if the loss compares as it does, however its operations are rounded."""
        balls = Balls(unit, self.program.filename)
        at = [mapped(balls.variable, v) for v in point.values()]
        with suppress(DomainError, UnsupportedError), precision(BITS[0]):
            self.program.run(balls.one, *at, name=LOSS)
            return True
        return False

    def is_usable(self, point: Point) -> bool:
        """True if loss and gradient are finite there."""
        try:
            with precision(BITS[0]):
                return all(math.isfinite(x.middle()) for x in self.right(point)[0])
        except (DomainError, UnsupportedError):
            return False

    def _check_shapes(self, point: Point, claimed: Sequence[Any]) -> None:
        for name, c in zip(self.wrt, claimed, strict=True):
            if np.shape(point[name]) != np.shape(c):
                raise ShapeError(
                    f"claimed: the gradient of {name} has shape {np.shape(point[name])}, got "
                    f"{np.shape(c)}"
                )


def gradient_text(
    problem: Problem, judge: GradientClaim, types: Mapping[str, str], given: Point
) -> GradientText:
    """Loss and claim as one text, for arguments of these types."""
    names = ", ".join(f"a{i}" for i in range(len(problem.parameters)))
    text, both = text_of(problem.loss), f"{LOSS}({names})"
    for name, f in ((REVERSE, problem.gradient), (CLAIMED, judge.function)):
        own = text_of(f).partition("\n\n\n")[2] if f is not None else ""
        text += own and "\n\n" + own.replace(f"def {LOSS}(", f"def {name}(")
    both += f", {CLAIMED}({names})" if judge.exact else ""
    text += f"\n\ndef both({names}):\n    return {both}\n"
    wrt = tuple(problem.differentiated)
    return GradientText(
        text, None, types, wrt, given=given, budget=BALLS, problem=problem, judge=judge
    )


def ways_of(watch: Watch) -> dict[Any, frozenset[int]]:
    return {place: frozenset(sides) for place, sides in watch.sides.items()}


def _lifted(one: Ball, results: Any) -> list[Any]:
    """Numbers as balls, but for those that are not finite."""
    return [one.lift(x) if is_real(x) else x for x in leaves(results)]


def _weight(x: Ball) -> float:
    size = x.size()
    return 1.0 if x.vanishes() or not 1e-300 < size < 1e300 else 1.0 / size
