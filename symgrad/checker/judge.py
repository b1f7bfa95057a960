r"""The verdicts: does a text compute the gradient of a reference?

``check_identity`` runs both on elements of a prime field, ``check_balls`` on enclosures and in
float64.  Nothing undecided prints as verified.

>>> text, types = "def f(x):\n    return x * x, (2.0 * x,)\n", {"x": "f64[]"}
>>> print(check_identity(Claim(text, lambda x: x * x, types, ("x",))))
identity mod 2**127 - 1 in 2 trials: degree 2, error <= 2^-124, seed 0
>>> text = text.replace("2.0", "2.0000000000000004")
>>> print(check_balls(Claim(text, lambda x: x * x, types, ("x",))))
refuted in d_x at x = 0.7335340242483723: the exact values differ
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from itertools import chain, cycle, islice
from typing import Any, NamedTuple

import numpy as np

from symgrad.checker import samples
from symgrad.checker.arrays import ArrayTrial
from symgrad.checker.ball_arrays import available
from symgrad.checker.balls import Balls, precision
from symgrad.checker.claim import Claim, Draw, Trial
from symgrad.checker.comparisons import Watch
from symgrad.checker.exact_text import explained
from symgrad.checker.failures import refute_nan, tried
from symgrad.checker.prime_field import Field
from symgrad.checker.real_functions import reading
from symgrad.checker.residues import RELATED, SMALL, Residues
from symgrad.checker.results import (
    DOUBLE,
    ENOUGH,
    PRIMES,
    Agrees,
    Identity,
    Refuted,
    Result,
    Skipped,
    shown,
)
from symgrad.checker.rounding import Point, at_point, measured, overflow, rounded, rounds_well
from symgrad.checker.samples import drawn
from symgrad.checker.ties import Ties
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError

SIZES = (1, 2, 7)  # of N, and one that goes with the seed
TRIALS = (2, 8)  # at least, and at most while some comparison went one way alone
BITS = 256  # of a ball
UNLIKE = "not the reference"
_NO_SAMPLE: SymgradError = DomainError("no sample")
ROOTS = 24  # more samples, for half of all residues have no root
MANY = 1000  # numbers among the arguments, above which arrays of pairs of floats are tried
NARROW = 20  # digits that a point has to show where there are others
MIXED = 2  # points at least of each size where a text compares, some of whose numbers are equal
TIES = (6, 2, 1, 0)  # pairs of points on a lattice for a text that compares, by sizes


def drawn_size(seed: int) -> int:
    """The size that shows a branch for N above 7: 33 seeds in a row have each from 8 to 40.

    >>> [drawn_size(seed) for seed in range(3)], len({drawn_size(seed) for seed in range(33)})
    ([13, 26, 39], 33)
    """
    return 8 + (5 + 13 * seed) % 33


class Modulus(NamedTuple):
    """The modulus of an identity: a prime, number by number; or several, arrays at once.

    related   of arrays, among how many exponentials relations are looked for
    """

    primes: tuple[int, ...]
    related: int = 0

    @property
    def trial(self) -> type[Trial]:
        return ArrayTrial if len(self.primes) > 1 else Trial

    def field(self, seed: str, filename: str) -> Any:
        if len(self.primes) > 1:
            return Residues(seed, filename, self.primes, self.related)
        return Field(seed, self.primes[0], filename)

    def larger(self, degree: float, bits: float) -> Modulus | None:
        """One for a degree at which this one left so many bits."""
        if len(self.primes) == 1:
            return next((Modulus((p,)) for p in PRIMES if p > self.primes[0]), None)
        each = math.log2(self.primes[-1]) - math.log2(degree)
        count = len(self.primes) + math.ceil((44 - bits) / each) if each > 1 else math.inf
        return Modulus(SMALL[: int(count)], self.related) if count <= len(SMALL) else None


def _once(check: Callable[..., Result], *args: Any, **named: Any) -> Result:
    """A check whose exceptions are results."""
    try:
        with np.errstate(all="ignore"):
            return check(*args, **named)
    except VerificationError as error:
        return Refuted("the text", {}, str(error))
    except SymgradError as error:
        return Skipped(str(error))


def _settled(check: Callable[..., Result]) -> Callable[..., Result]:
    """A check whose exceptions are results; one that fails is made again with literals as they are
    written, if one of them was read as an irrational number."""

    @wraps(check)
    def settled(claim: Claim, *args: Any, **named: Any) -> Result:
        claim.decks.clear()
        read = set[float]()
        with reading(read):
            found = _once(check, claim, *args, **named)
        if verified((found,)) or not read:
            return found
        with reading(None):
            again = _once(check, replace(claim), *args, **named)
        return again if verified((again,)) else found

    return settled


@_settled
def check_identity(
    claim: Claim, sizes: tuple[int, ...] = (), seed: int = 0, prime: int = PRIMES[0]
) -> Result:
    """True if text and reference are the same function of exact numbers.

    Two runs at each size, on one workspace and without; more while a comparison went one way alone.
    All of it again mod a larger prime where the degree is too large for this one.  Large arrays
    are tried as such first, which are run once where they compare nothing, but at one size.
    """
    sizes = (sizes or (*SIZES, drawn_size(seed))) if claim.dims else (1,)
    if claim.is_large(max(sizes)):
        for related in (0, RELATED):
            found = _once(_identity, claim, sizes, seed, Modulus(SMALL[:4], related))
            if isinstance(found, Identity):
                return found
            if not str(getattr(found, "reason", "")).startswith(UNLIKE):
                break
        if not claim.numbers_too(max(sizes)):
            return found
    return _identity(claim, sizes, seed, Modulus((prime,)))


def _identity(claim: Claim, sizes: tuple[int, ...], seed: int, modulus: Modulus) -> Result:
    sizes = sizes if claim.dims else ()
    fields: list[Any] = []
    watch, several = Watch(""), len(modulus.primes)
    for n in sorted(sizes or (1,), reverse=several > 1):  # the hardest degree first
        work = _workspace(claim, n, modulus)
        kept: list[Trial] = []
        for k in range(TRIALS[1]):
            searching = k >= TRIALS[0]
            if searching and not watch.is_unsure():
                break
            if several > 1 and k and n > min(sizes, default=1) and not watch.compares():
                break  # each prime is a trial; one size shows what is kept between calls
            first = samples.near(*claim.literals) if searching else samples.ordinary
            try:
                trial, component = _field_trial(claim, n, f"{seed}, {n}, {k}", modulus, first, work)
            except UnsupportedError:
                if searching:  # beyond what has a meaning here, such as an infinity
                    continue
                raise
            if component and searching and _agrees_at(claim, trial.point, seed):
                continue  # in a branch that differs by less than float64 can tell
            if component:
                return Skipped(f"{UNLIKE}{f' at N = {n}' if sizes else ''}: {component}")
            fields.append(trial.algebra)
            if trial.algebra.bits() < 40:
                return _larger(claim, sizes, seed, modulus, trial.algebra)
            kept.append(trial)
            watch.add(trial.algebra.watch)
        if not all(trial.intact() for trial in kept):
            raise VerificationError("a call changes the gradient that an earlier call returned")
    bits = min(f.bits() for f in fields) - math.log2(len(fields))
    degree = max(f.degree for f in fields)
    ways, prime = watch.one_sided(), math.prod(modulus.primes)
    return Identity(prime, sizes, len(fields), int(degree), int(bits), seed, ways, several)


def _larger(
    claim: Claim, sizes: tuple[int, ...], seed: int, modulus: Modulus, field: Any
) -> Result:
    larger = modulus.larger(field.degree, field.bits())
    if larger is None:
        degree = shown(int(field.degree))
        raise UnsupportedError(f"the degree, {degree}, is too large for the primes")
    return _identity(claim, sizes, seed, larger)


def _agrees_at(claim: Claim, point: Mapping[str, Any], seed: int) -> bool:
    """True if the exact values are the same at a point, to more digits than floats have range."""
    try:
        with precision(8 * BITS):
            trial = Trial(claim, Balls(), point, str(seed))
            return trial.differs(*tried(trial, True)) is None
    except SymgradError:
        return False


def _workspace(claim: Claim, n: int, modulus: Modulus) -> Any:
    """The result of the text's own ``workspace``, unwritten memory as such; None without it."""
    if "workspace" not in claim.program.functions:
        return None
    one = modulus.field("workspace", "").one
    with explained("the text"):
        return claim.program.run(one, name="workspace", **claim.sizes(n))


def _field_trial(
    claim: Claim, n: int, seed: str, modulus: Modulus, first: Draw, work: Any
) -> tuple[Trial, str | None]:
    """One trial, at the first sample that meets no pole."""
    failure = DomainError("no sample")
    others = (*samples.OTHERS, samples.large, samples.dense, samples.sought, *samples.FAR)
    others += (first,) * ROOTS
    for attempt, draw in enumerate((first, *others)):
        field = modulus.field(f"{seed}, {attempt}", claim.program.filename)
        try:
            trial = modulus.trial(claim, field, drawn(claim, n, f"{seed}, {attempt}", draw), seed)
            component = trial.differs(*trial.run())
            if component and field.left:
                raise DomainError("a function left its domain")
            if component is None and work is not None:
                component = trial.differs(*trial.run(work))
            return trial, component
        except DomainError as error:
            failure = error
    raise UnsupportedError(f"every sample left the domain: {failure}")


@_settled
def check_balls(
    claim: Claim, sizes: tuple[int, ...] = (), seed: int = 0, bits: int = BITS
) -> Result:
    """True if the exact values at some points are the same, and how far float64 is from them.

    The points are ordinary, on a lattice where ties are met, and large.  Balls that do not meet
    refute; so does a float64 result that is worse than the reference's own by far, and at huge
    points one that is not finite where the reference's own is.
    """
    sizes = (sizes or (*SIZES, drawn_size(seed))) if claim.dims else (1,)
    for kind in _in_arrays(claim, max(sizes)) if bits == BITS else ():
        shown = DOUBLE if kind == "pairs" else bits
        found = _once(_agreement, replace(claim, whole=kind), sizes, seed, shown)
        if (isinstance(found, Agrees) and found.is_enough()) or not claim.numbers_too(max(sizes)):
            return found
    return _agreement(claim, sizes, seed, bits)


def _in_arrays(claim: Claim, n: int) -> Iterator[str]:
    """As which arrays it is tried before it is tried number by number."""
    if claim.is_large(n, MANY):
        yield "pairs"
    if claim.is_large(n) and available():
        yield "balls"


def _agreement(claim: Claim, sizes: tuple[int, ...], seed: int, bits: int) -> Result:
    judged: list[Point] = []
    search = Ties(claim, sizes, seed)
    with precision(BITS if claim.coarse else bits):
        for k, n in enumerate(_by_ties(sizes)):
            here = _at_points(claim, n, seed, TIES[min(k, len(TIES) - 1)], search)
            if isinstance(here, Refuted):
                return here
            if (point := overflow(claim, n, seed)) is not None:
                reason = "it overflows, or is nan, where the reference is finite"
                return Refuted("the text", point, reason)
            judged += here
        if fault := search.fault():
            return fault
        rounds_well(claim, judged, SIZES[-1], seed)
    digits = int(min(bits * math.log10(2), *(p.digits for p in judged)))
    errors = [p.rounded for p in judged if p.rounded]
    worst, bound = (max((e[i] for e in errors), default=math.nan) for i in (0, 1))
    known, points = search.known, len(judged) + search.points
    compared = len({*known.sides} | {*known.others})
    told: Any = (known.one_sided(), known.idle(), known.untied(), known.loose())
    told += (search.never_ran(), compared, search.wide, search.ended * search.budget)
    return Agrees(bits, digits, points, worst, bound, *told)


def _by_ties(sizes: tuple[int, ...]) -> list[int]:
    """First where most ties tell: at size 1 some slices are empty, and larger ones are dear."""
    return sorted(sizes, key=lambda n: (n != 2, n))


def _at_points(claim: Claim, n: int, seed: int, ties: int, search: Ties) -> Refuted | list[Point]:
    """The digits of agreement at some points of one size; float64's errors where it is tame."""
    judged, failure, compares, made = list[Point](), _NO_SAMPLE, False, 0
    tied = [samples.among(x) for x in islice(cycle(claim.literals or (1.0,)), 2 * ties)]
    pairs = [(*samples.LATTICE, *tied[2 * i : 2 * i + 2]) for i in range(ties)]
    lattice = (samples.zero, samples.level, *chain(*pairs))
    plan = (samples.ordinary, samples.large, *lattice)[: None if ties else 1]
    far = (samples.large, *tied, *samples.FAR)
    for k, draw in enumerate((*plan, *samples.OTHERS, *[samples.sought] * 3, *samples.FAR)):
        if judged and k < len(plan) and _is_shown(claim, search, k, ties, compares, made):
            continue
        if judged and k >= len(plan) and (draw in far or any(p.rounded for p in judged)):
            break
        try:
            point = drawn(claim, n, f"{seed}, {n}, {k}", draw)
            trial = at_point(claim, point, seed)
            value, grads = tried(trial, draw not in far)
            if component := trial.differs(value, grads):
                return Refuted(component, point, "the exact values differ")
        except (DomainError, UnsupportedError) as error:
            if isinstance(error, UnsupportedError) and draw not in tied:
                raise  # those are beyond the largest exponent, where exp_ gives inf, say
            search.passes_by(error, draw not in far)
            failure = error
            continue
        narrow = ENOUGH[0] if claim.coarse else NARROW
        if trial.algebra.digits < narrow and (claim.coarse or draw in lattice):
            search.wide, failure = search.wide + claim.coarse, DomainError("the balls are too wide")
            continue  # so far out that the balls show nothing
        made += trial.algebra.made
        compares |= trial.algebra.watch.compares()
        search.learn(trial)
        here = Point(point, trial.algebra.digits, measured([value, *grads]))
        here = here if draw in lattice else rounded(trial, [value, *grads], here)
        if not (here.rounded or draw in (*lattice, *far)) and (untold := refute_nan(trial)):
            search.passes_by(untold)
        judged.append(here._replace(rounded=None) if draw in far else here)
    if judged:
        return judged
    raise UnsupportedError(f"no point{f' at N = {n}' * bool(claim.dims)} was judged: {failure}")


def _is_shown(claim: Claim, search: Ties, k: int, ties: int, compares: bool, made: int) -> bool:
    """True if more points of one size show little: of what compares nothing; of arrays, many of
    whose numbers were compared, and all comparisons are settled."""
    smooth = claim.whole and not (compares or claim.counts)
    least, over = (ties // 2 if smooth else 3), made > search.budget
    if k <= least:
        return False
    plain = claim.whole != "" and k > least + MIXED and search.known.is_plain()
    search.ended |= compares and not plain and over
    return not compares or plain or over


def verify(claim: Claim, sizes: tuple[int, ...] = (), seed: int = 0) -> tuple[Result, Result]:
    """Both checks: an identity says nothing of rounding, and points say nothing of other points."""
    return check_identity(claim, sizes, seed), check_balls(claim, sizes, seed)


def verified(results: tuple[Result, ...]) -> bool:
    """True if every check was made and passed."""
    return all(isinstance(r, Identity | Agrees) for r in results)
