"""Looks at a claimed gradient: at points that are drawn, along lines, and beside each tie.

The checker's search for ties leads to both sides of whatever the loss, or a formula, compares.  At
a single point a claim may differ without being wrong: at a kink of the loss the slope is a
convention, and a formula may have a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from symgrad.certify import gradient_points as points
from symgrad.certify.exact_gradients import BITS, Comparison, GradientText, gradient_text
from symgrad.certify.far_branches import beyond
from symgrad.certify.gradient_claims import DOUBLE, GradientClaim, Point, Problem
from symgrad.certify.gradient_points import displaced
from symgrad.checker import Refuted, samples
from symgrad.checker.balls import precision
from symgrad.checker.claim import Draw
from symgrad.checker.comparisons import Place, Watch
from symgrad.checker.exact_text import leaves
from symgrad.checker.real_functions import JUMPS
from symgrad.checker.rounding import started
from symgrad.checker.ties import Ties, middle
from symgrad.errors import ArgumentError, DomainError, SymgradError, UnsupportedError
from symgrad.ops import OPS

LINES = {True: 6, False: 2}  # for formulas, and for functions, which may take long
OPERATIONS = 60_000  # of the gradient, on its elements, that all lines may take
STEP = Fraction(1, 2**51)  # from a tie to the points beside it, which are floats
NEAR = 2**190  # parts of a way between two points, for a function: its sides are other floats
CLEAR = 2.0  # digits by which a difference is larger than what rounding makes
BESIDE = [2.0**-18 * (k + 1) for k in range(12)]  # steps around a point where digits are few
AWAY = [2.0**k for k in range(-44, 0, 4)]  # steps from where rounding decides a comparison
_FAR = 3
FAR_BALLS = 150_000  # that the search for far branches may take
NEAREST = 1e-30  # a size, of which the sides of a point may be a part
TURN = 2.0**-40  # of a number, how near it comes to where a comparison turns


class TextRun:
    """The text at one point, as the search for ties asks of it."""

    def __init__(self, claim: GradientText, point: Point) -> None:
        self.claim, self.point = claim, point
        self.algebra, self.at = started(claim, point)
        self.values = self.run()
        watch = self.algebra.watch
        for place in filter(is_smooth, [*watch.sides]):
            del watch.sides[place]
            watch.gaps.pop(place, None)

    def run(self) -> list[Any]:
        return [*leaves(self.claim.program.run(self.algebra.one, *self.at.values()))]

    def depends(self, place: Place, old: int, new: int, which: int | None = None) -> bool:
        """True if results are others where one side of a comparison is taken for another."""
        watch = self.algebra.watch
        watch.taken, watch.count = (place, old, new, which), 0
        try:
            pairs = zip(self.values, self.run(), strict=True)
            return not all(a is b or a.minus(b).vanishes() for a, b in pairs)
        except (SymgradError, ValueError, AttributeError):
            return True  # it would have been seen
        finally:
            watch.taken = None


class Survey(Ties):
    """Everything that was seen of a claim so far.

    worst       in how few digits it agreed, and ``worst_at`` at which point
    rounded     whether it differed by the rounding of literals somewhere
    count       at how many points it was compared
    wrong       the first point that refutes it
    ran         which ways comparisons went where it was compared
    sure        which ways those of the text go there, drawn points and ties alone
    exceptions  in words, single points where it differs, and why that does not refute it
    left_out    points where a function was not compared, and why
    """

    def __init__(
        self, problem: Problem, judge: GradientClaim, at: Point, types: Mapping[str, str]
    ) -> None:
        self.problem, self.judge = problem, judge
        self.text = gradient_text(problem, judge, types, at)
        super().__init__(self.text, (1,), 0)
        self.step, self.near = STEP, self.near if judge.exact else NEAR
        self.free = [p.hint for p in problem.parameters if p.type.is_float and p.hint not in at]
        self.worst, self.count, self.rounded, self.norm = math.inf, 0, False, 0.0
        self.worst_at: tuple[Point, Comparison] | None = None
        self.wrong: tuple[Point, Comparison] | None = None
        self.base: list[Point] = []
        self.ran, self.sure = Watch(""), Watch("")
        self.exceptions: list[str] = []
        self.left_out: list[tuple[str, Point]] = []

    def refutes(self, count: int, types: Mapping[str, str]) -> bool:
        """Looks everywhere, from that many points on; whether a point refutes the claim.

        types   of arguments of other sizes, at which a function is looked at as well
        """
        self.base = usual(self.text, count)
        if len(self.base) < count:
            return False
        self.text.compared(self.base[0])  # shows the precision of a function
        far = usual(self.text, _FAR, (samples.large,)) if self.judge.exact else []
        if not self.judge.exact and types != self.text.types:
            far = usual(replace(self.text, types=types), 1)
        drawn = self.drawn([*self.base, *far])
        near = drawn or self.held() or self.along_lines() or self.beside_ties()
        return near or self.far_out()

    def drawn(self, at: Iterable[Point]) -> bool:
        """Looks at points; whether one of them refutes the claim."""
        for point in at:
            found = self.text.compared(point)
            if found is None:
                continue
            self.norm = max(self.norm, abs(found.expected))
            if not self.taken(point, found) and not self.is_lost(point, found):
                self.wrong = point, found
                return True
            if run := self.learned(point):
                self.sure.add(run.algebra.watch)
        return False

    def held(self) -> bool:
        """Looks at the data of the parameters; whether they refute the claim."""
        held = {k: np.asarray(v, float) for k, v in self.problem.held.items() if k in self.free}
        there = "at the data of the parameters"
        return bool(held) and not self.accepts({**self.base[0], **held}, there, lone=True)

    def along_lines(self) -> bool:
        """Looks along lines through the first point; whether a point there refutes the claim."""
        base = self.base[0]
        size = len(self.problem.gradient.body) * max(np.size(v) for v in base.values())
        most = max(1, OPERATIONS // max(1, size * len(points.GRID)))
        most = min(most, LINES[self.judge.exact])
        line = points.along_lines(base, self.free, points.GRID, most)
        return not all(self.accepts(point, f"at {where}") for where, point in line)

    def beside_ties(self) -> bool:
        """Looks beside each tie that is found; whether a point there refutes the claim."""
        with precision(BITS[0]):
            self.fault()
        return self.wrong is not None

    def far_out(self) -> bool:
        """Looks where comparisons that came out one way alone turn; whether a point refutes."""
        end, width = self.made + FAR_BALLS, max(TURN, 8.0 * self.judge.precision.unit)

        def near(point: Point) -> Watch:
            return self.watched(point) if self.made < end else Watch("")

        with precision(BITS[0]):
            found = beyond(self.sure, near, self.base, self.free, width)
            return any(isinstance(self.look(point, place), Refuted) for place, point in found)

    def watched(self, point: Point) -> Watch:
        """The comparisons at a point, as far as the text comes."""
        algebra, at = started(self.text, point)
        with suppress(DomainError, UnsupportedError):
            self.text.program.run(algebra.one, *at.values())
        self.made += algebra.made
        watch: Watch = algebra.watch
        return watch

    def look(self, at: Point, sought: Place | None = None) -> Refuted | Any:
        """Judges a point for the search for ties."""
        point = {k: np.asarray(v, float) if v.dtype.kind == "O" else v for k, v in at.items()}
        count = self.count
        if not self.accepts(point, f"at {shown(point)}"):
            return Refuted("the gradient", point, "beside a tie")
        run = self.learned(point, sought)
        if run is not None and self.count > count:
            self.sure.add(run.algebra.watch)
        return run

    def learned(self, point: Point, sought: Place | None = None) -> TextRun | None:
        """Runs the text at a point, and keeps what it shows of the comparisons."""
        with suppress(DomainError, UnsupportedError), precision(BITS[0]):
            run = TextRun(self.text, point)
            self.made += run.algebra.made
            self.learn(run, sought)  # type: ignore[arg-type]
            return run
        return None

    def start(self, place: Place, k: int) -> tuple[Point, list[Any]]:
        """Also from the text's numbers; a function is judged by floats, at points as they come."""
        own: Iterable[Point] = [] if self.judge.exact else self.base
        found = self.passing(place, self.from_literals() if k % 4 > 1 else own)
        near = sorted(found, key=lambda pair: abs(middle(pair[1][0])))
        return near[k // 4 % len(near)] if near else super().start(place, k)

    def passing(self, place: Place, at: Iterable[Point]) -> Iterator[tuple[Point, list[Any]]]:
        """The points at which the text compares at the place, and its differences there."""
        for point in at:
            with suppress(DomainError, UnsupportedError):
                if gaps := self.gaps(place, point):
                    yield point, gaps

    def from_literals(self) -> Iterator[Point]:
        """The first point with one of its elements set to a number of the text."""
        known = [sign * x for x in self.text.literals for sign in (1.0, -1.0)]
        line = points.along_lines(self.base[0], self.free, known, LINES[False])
        return (point for _, point in line)

    def looked(self, point: Point) -> Comparison | None:
        """The comparison far out, where a function may give out without being wrong."""
        try:
            with np.errstate(all="ignore"):
                found = self.text.compared(point, self.norm)
        except ArgumentError as error:
            if not isinstance(error.__cause__, ArithmeticError | ValueError):
                raise
            found = None
        else:
            if found is None or found.finite or self.judge.exact:
                return found
        self.left_out.append(("no finite number", point))
        return None

    def taken(self, point: Point, found: Comparison) -> bool:
        """Takes note of a comparison that does not refute the claim."""
        if not found.reaches(self.judge.wrong):
            return False
        self.count += 1
        cancels = found.rounded and all(point is not own for own in self.base)
        if found.digits < self.worst and not cancels:  # far out literals' roundings grow
            self.worst, self.worst_at = found.digits, (point, found)
        self.rounded |= found.rounded
        self.ran.add(found.seen.loss)
        self.ran.add(found.seen.claim)
        return True

    def accepts(self, point: Point, where: str, lone: bool = False) -> bool:
        """True if a point is right, or is single: a kink, or a gap of the claim.

        lone   whether it counts as a kink where no comparison shows one, as at equal elements
        """
        found, precise = self.looked(point), self.judge.precision
        if found is not None and self.is_lost(point, found):
            self.left_out.append((f"{precise.name} holds too few digits", point))
            return True
        if found is None or self.taken(point, found):
            return True
        near = [displaced(point, self.free, step) for step in (-precise.near, precise.near)]
        there = [s for s in map(self.looked, near) if s is not None]
        is_kink = lone or any(s.ways != found.ways for s in there)
        right = there and all(s.reaches(self.judge.wrong) for s in there)
        lone = lone or not (found.finite and self.is_branch(point, found))
        if not right or not lone or (found.finite and not is_kink and len(there) == 2):
            if self.is_right_away(point, found):
                self.left_out.append((f"{precise.name} rounds what is compared", point))
                return True
            self.wrong = point, found
            return False
        if is_kink and precise != DOUBLE:
            self.left_out.append((f"{precise.name} rounds to the other side of a kink", point))
            return True
        told = f"{where}, where the claim has no value"
        if found.finite:
            what = "a kink" if is_kink else "the edge of the domain"
            told = (
                f"{where}, {what}, where {self.problem.component(point, found.flat)} is "
                f"{found.expected!r} by convention, claimed {found.claimed!r}"
            )
        self.exceptions += [told] if told not in self.exceptions else []
        return True

    def is_branch(self, point: Point, found: Comparison) -> bool:
        """True if a comparison goes the same way, beyond doubt, and the claim is wrong, so near on
        both sides that no branch is too narrow: then this is no kink."""
        if any(0 in sides for sides in found.ways.values()):
            return False
        for step in (-self.judge.precision.near, self.judge.precision.near):
            beside = self.looked(displaced(point, self.free, step, NEAREST))
            if beside is None or beside.ways != found.ways or beside.reaches(self.judge.wrong):
                return False
        return self.judge.exact or self.text.is_decided(point, self.judge.precision.unit)

    def is_right_away(self, point: Point, found: Comparison) -> bool:
        """True if rounding decides how the loss compares, and a function is right on the same side
        as soon as it does not."""
        unit = self.judge.precision.unit
        if self.judge.exact or not found.finite or self.text.is_decided(point, unit):
            return False
        for step in (sign * s for s in AWAY for sign in (1.0, -1.0)):
            away = displaced(point, self.free, step)
            if self.text.is_decided(away, unit):
                seen = self.looked(away)
                if seen is not None and seen.ways == found.ways:
                    return seen.reaches(self.judge.wrong)
        return False

    def is_lost(self, point: Point, found: Comparison) -> bool:
        """True if a function differs no more than the gradient moves by rounding the arguments."""
        judged = self.judge.exact or self.judge.rtol is not None
        if judged or not found.finite or found.digits >= self.judge.enough:
            return False
        for step in (-self.judge.precision.step, self.judge.precision.step):
            moved = self.text.moved(point, displaced(point, self.free, step), self.norm)
            if moved is not None:  # not past a kink
                return found.digits > moved - CLEAR
        return False

    def is_regular(self, point: Point, found: Comparison) -> bool:
        """True if a component is off alike at points next to one another.

        Rounding is off by another part at each of them, and to both sides; a wrong formula is not.
        """
        names = [p.hint for p in self.problem.parameters if p.type.is_float]
        near = [displaced(point, names, sign * s) for s in BESIDE for sign in (1.0, -1.0)]
        errors = [*map(partial(self.text.error, flat=found.flat), near)]
        known = [e for e in errors if e is not None]
        sizes = [*map(abs, known)]
        alike = len(known) == len(near) and min(known) * max(known) > 0
        return alike and max(sizes) <= 2 * min(sizes)


def is_smooth(place: Place) -> bool:
    """True if an op without a kink compares there, as softplus does, so that no tie is one."""
    op = OPS.get(str(place.inner[-1])) if place.inner else None
    jumps = not JUMPS.isdisjoint(place.inner)
    return op is not None and op.partials is not None and not op.kinks and not jumps


def usual(text: GradientText, count: int, draws: Sequence[Draw] = points.DRAWS) -> list[Point]:
    """That many points of one kind at which loss and gradient are finite, or fewer.

    A search tries many points itself, so that few of them in vain tell that there is none.
    """
    found: list[Point] = []
    for draw in draws:
        found = []
        for k in range(points.TRIES * count):
            if draw is samples.sought and k == points.SEARCHES and not found:
                break
            with suppress(DomainError):
                point = samples.drawn(text, 1, f"usual {k}", draw)
                if text.is_usable(point):
                    found.append(point)
            if len(found) == count:
                return found
    return found


def shown(point: Mapping[str, Any]) -> str:
    """A point in words."""
    return ", ".join(f"{n} = {np.asarray(v).tolist()}" for n, v in point.items())
