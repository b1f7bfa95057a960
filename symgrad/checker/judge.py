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
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, NamedTuple

import numpy as np

from symgrad.checker import draws
from symgrad.checker.algebras import Ball, Balls, Field, precision
from symgrad.checker.claim import Claim, Draw, Trial, entangled, explained, outline
from symgrad.checker.doubles import Doubles
from symgrad.checker.draws import drawn
from symgrad.checker.exact import leaves
from symgrad.checker.results import PRIMES, Agrees, Identity, Refuted, Result, Skipped, shown
from symgrad.checker.watch import Watch
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError

SIZES = (1, 2, 7)
TRIALS = (2, 8)  # at least, and at most while some comparison went one way alone
SLACK = 2.0**20  # how much worse than the reference, or than one rounding of 1, a text may be
BITS = 256  # of a ball
MANY = 2_000_000  # balls at a size, after which no more ties are looked for
NARROW = 20  # digits that a point has to show where there are others
HUGE = 4  # points at each size
TIES = 16  # pairs of points on a lattice for a text that compares, at the first size; then 2


class Part(NamedTuple):
    """Of the value, or of the whole gradient: its size, float64's error, the reference's own."""

    name: str
    size: float
    gap: float = 0.0
    noise: float = 0.0


class Point(NamedTuple):
    """What one point showed: digits of agreement, the branches, how float64 rounds there, and the
    largest error and bound of a component, where it is an ordinary one."""

    at: Mapping[str, Any]
    digits: float
    watch: Watch
    parts: tuple[Part, Part]
    rounded: tuple[float, float] | None = None


def _settled(check: Callable[..., Result]) -> Callable[..., Result]:
    """A check whose exceptions are results."""

    @wraps(check)
    def settled(claim: Claim, *args: Any, **named: Any) -> Result:
        try:
            return check(claim, *args, **named)
        except VerificationError as error:
            return Refuted("the text", {}, str(error))
        except SymgradError as error:
            return Skipped(str(error))

    return settled


@_settled
def check_identity(
    claim: Claim, sizes: tuple[int, ...] = SIZES, seed: int = 0, prime: int = PRIMES[0]
) -> Result:
    """Whether text and reference are the same function of exact numbers.

    Two runs at each size, on one workspace and without; more while a comparison went one way alone.
    All of it again mod a larger prime where the degree is too large for this one.
    """
    sizes = sizes if claim.dims else ()
    fields: list[Field] = []
    watch = Watch("")
    for n in sizes or (1,):
        work = _workspace(claim, n, prime)
        kept: list[Trial] = []
        for k in range(TRIALS[1]):
            if k >= TRIALS[0] and not watch.is_unsure():
                break
            searching = k >= TRIALS[0]
            first = draws.near(*claim.literals) if searching else draws.ordinary
            try:
                trial, component = _field_trial(claim, n, f"{seed}, {n}, {k}", prime, first, work)
            except UnsupportedError:
                if searching:  # beyond what has a meaning here, such as an infinity
                    continue
                raise
            if component and searching and _agrees_at(claim, trial.point, seed):
                continue  # in a branch that differs by less than float64 can tell
            if component:
                return Skipped(f"not the reference{f' at N = {n}' if sizes else ''}: {component}")
            fields.append(trial.algebra)
            kept.append(trial)
            watch.add(trial.algebra.watch)
        if not all(trial.intact() for trial in kept):
            raise VerificationError("a call changes the gradient that an earlier call returned")
    bits = min(f.bits() for f in fields) - math.log2(len(fields))
    degree = max(f.degree for f in fields)
    if bits < 40:
        for larger in PRIMES:
            if larger > prime:
                return check_identity(claim, sizes, seed, larger)
        raise UnsupportedError(f"the degree, {shown(degree)}, is too large for the primes")
    return Identity(prime, sizes, len(fields), degree, int(bits), seed, watch.one_sided())


def _agrees_at(claim: Claim, point: Mapping[str, Any], seed: int) -> bool:
    """Whether the exact values are the same at a point."""
    try:
        with precision(BITS):
            trial = Trial(claim, Balls(), point, str(seed))
            return trial.differs(*trial.run()) is None
    except SymgradError:
        return False


def _workspace(claim: Claim, n: int, prime: int) -> Any:
    """What the text's own ``workspace`` makes, unwritten memory as such; None without it."""
    if "workspace" not in claim.program.functions:
        return None
    one = Field("workspace", prime, "").one
    with explained("the text"):
        return claim.program.run(one, name="workspace", **claim.sizes(n))


def _field_trial(
    claim: Claim, n: int, seed: str, prime: int, first: Draw, work: Any
) -> tuple[Trial, str | None]:
    """One trial, at the first sample that meets no pole."""
    failure = DomainError("no sample")
    for attempt, draw in enumerate((first, *draws.OTHERS, draws.large, draws.dense, *draws.FAR)):
        field = Field(f"{seed}, {attempt}", prime, claim.program.filename)
        try:
            trial = Trial(claim, field, drawn(claim, n, f"{seed}, {attempt}", draw), seed)
            component = trial.differs(*trial.run())
            if component is None and work is not None:
                component = trial.differs(*trial.run(work))
            return trial, component
        except DomainError as error:
            failure = error
    raise UnsupportedError(f"every sample left the domain: {failure}")


@_settled
def check_balls(
    claim: Claim, sizes: tuple[int, ...] = SIZES, seed: int = 0, bits: int = BITS
) -> Result:
    """Whether the exact values at some points are the same, and how far float64 is from them.

    The points are ordinary, on a lattice where ties are met, and large.  Balls that do not meet
    refute; so does a float64 result that is worse than the reference's own by far, and at huge
    points one that is not finite where the reference's own is.
    """
    judged: list[Point] = []
    with precision(bits):
        for k, n in enumerate(sizes if claim.dims else (1,)):
            here = _at_points(claim, n, seed, 2 if k else TIES)
            if isinstance(here, Refuted):
                return here
            if (point := _overflow(claim, n, seed)) is not None:
                reason = "it overflows, or is nan, where the reference is finite"
                return Refuted("the text", point, reason)
            judged += here
        _rounds_well(claim, judged, seed)
    digits = int(min(bits * math.log10(2), *(p.digits for p in judged)))
    errors = [p.rounded for p in judged if p.rounded]
    worst, bound = (max((e[i] for e in errors), default=math.nan) for i in (0, 1))
    watch = Watch("")
    for p in judged:
        watch.add(p.watch)
    return Agrees(bits, digits, len(judged), worst, bound, watch.one_sided(), watch.untied())


def _at_points(claim: Claim, n: int, seed: int, ties: int) -> Refuted | list[Point]:
    """The digits of agreement at some points of one size; float64's errors where it is tame."""
    judged: list[Point] = []
    failure, compares, made = DomainError("no sample"), False, 0
    numbers = claim.literals or (1.0,)
    tied = [draws.among(numbers[k % len(numbers)]) for k in range(2 * ties)]
    lattice = (draws.zero, draws.level, *draws.LATTICE * ties, *tied)
    far = (draws.large, *tied, *draws.FAR)
    plan = (draws.ordinary, draws.large, *lattice)
    for k, draw in enumerate((*plan, *draws.OTHERS, *draws.FAR)):
        if judged and (k >= len(plan) or (k > 3 and (not compares or made > MANY))):
            break
        point = drawn(claim, n, f"{seed}, {n}, {k}", draw)
        try:
            trial = Trial(claim, Balls(0.0, claim.program.filename), point, str(seed))
            value, grads = _run(trial, point, draw not in far)
            if component := trial.differs(value, grads):
                if "f32" in str(claim.types) and _differs_little(trial, value, grads):
                    raise UnsupportedError("it differs as little as float32 rounds its constants")
                return Refuted(component, point, "the exact values differ")
        except DomainError as error:
            failure = error
            continue
        except UnsupportedError:
            if draw in tied:  # such as beyond the largest exponent, where exp_ gives inf
                continue
            raise
        if draw in lattice and trial.algebra.digits < NARROW:
            continue  # so far out that the balls show nothing
        watch, made = trial.algebra.watch, made + trial.algebra.made
        compares |= bool(watch.sides or watch.others)
        here = Point(point, trial.algebra.digits, watch, _sizes([value, *grads]))
        if draw not in lattice:
            here = _rounding(trial, [value, *grads], here)
        judged.append(here._replace(rounded=None) if draw in far else here)
    if not judged:
        at = f" at N = {n}" if claim.dims else ""
        raise UnsupportedError(f"no point{at} could be judged: {failure}")
    return judged


def _differs_little(trial: Trial, value: Ball, grads: list[Ball]) -> bool:
    slope = sum((g * v for g, v in zip(grads, trial.along, strict=True)), 0 * trial.algebra.one)
    pairs = ((value, trial.want.value), (slope, trial.want.slope))
    return all((got - want).size() <= 2.0**-16 * want.size() for got, want in pairs)


def _run(trial: Trial, point: Mapping[str, Any], tame: bool) -> tuple[Any, list[Any]]:
    """A run whose failure is the text's own if floats fail too; the reference did not."""
    try:
        return trial.run()
    except (DomainError, UnsupportedError) as error:
        finite = all(map(math.isfinite, _in_floats(trial.claim, point)))
        if isinstance(error, DomainError) and tame and not finite:
            raise VerificationError("it is not finite where the reference is") from error
        raise


def _sizes(exact: list[Ball]) -> tuple[Part, Part]:
    value, *grads = [x.size() for x in exact]
    return Part("the value", value), Part("the gradient", sum(grads))


def _rounding(trial: Trial, exact: list[Ball], here: Point) -> Point:
    """With the error of float64 and a bound of it, by the largest gradient, where it is finite."""
    claim, balls = trial.claim, trial.algebra
    floats = _in_floats(claim, here.at)
    if not all(map(math.isfinite, floats)):
        return here
    try:
        noisy = Trial(claim, Balls(_unit(claim)), here.at, trial.seed)
        value, grads = noisy.run()
    except DomainError:
        return here
    errors = [x - balls.variable(f) for x, f in zip(exact, floats, strict=True)]
    shifted = sum(
        (e * v for e, v in zip(errors[1:], trial.along, strict=True)), balls.variable(0.0)
    )
    parts = (
        here.parts[0]._replace(gap=errors[0].size(), noise=noisy.want.value.spread()),
        here.parts[1]._replace(gap=shifted.size(), noise=noisy.want.slope.spread()),
    )
    first = 1 if grads else 0  # of a text without gradients, its value counts
    unit = max(x.size() for x in exact[first:]) or 1.0
    worst = max(e.size() for e in errors[first:])
    bound = max(2 * g.spread() for g in grads or [value])
    if worst > 16 * bound + SLACK * np.finfo(float).tiny:
        raise VerificationError("float64 is farther off than the rounding of its operations")
    rounding = max(2 * x.spread() for x in (value, *grads))
    _same_in_any_order(claim, here.at, floats, 16 * rounding)
    return here._replace(parts=parts, rounded=(worst / unit, bound / unit))


def _same_in_any_order(
    claim: Claim, at: Mapping[str, Any], floats: list[float], rounding: float
) -> None:
    """Refutes where results depend on how the arguments lie in memory."""
    columns = {k: np.asfortranarray(v) if v.ndim > 1 else v for k, v in at.items()}
    turned = _in_floats(claim, columns)
    allowed = max(rounding, SLACK * _unit(claim) * max(map(abs, floats)))
    if any(abs(a - b) > allowed for a, b in zip(floats, turned, strict=True)):
        raise VerificationError("it gives something else where arguments lie column by column")


def _rounds_well(claim: Claim, judged: list[Point], seed: int) -> None:
    """Refutes where float64 is off by far more than the reference, and than one rounding of what is
    usual: 1 - tanh(x)**2 is 0 for a large x, which is an ulp of its largest value."""
    usual = [max(p.parts[i].size for p in judged) for i in (0, 1)]
    for k, draw in enumerate((draws.sparse, draws.small, draws.sparse, draws.small)):
        if not _far_off(judged, usual, _unit(claim)):
            return
        with suppress(DomainError):
            n = SIZES[-1]
            trial = Trial(claim, Balls(), drawn(claim, n, f"{seed}, usual {k}", draw), str(seed))
            value, grads = trial.run()
            more = _sizes([value, *grads])
            usual = [max(a, b.size) for a, b in zip(usual, more, strict=True)]
    for here, part in _far_off(judged, usual, _unit(claim)):
        if part.name == "the value" and _is_as_written(claim, here.at, seed):
            continue
        reason = "rounding is far worse than the reference's"
        raise VerificationError(f"{part.name} at {dict(here.at)}: {reason}")


def _is_as_written(claim: Claim, at: Mapping[str, Any], seed: int) -> bool:
    """Whether the reference gives the text's value in float64 as well: where -0.0 lies beyond a
    branch cut, where nothing but rounding decides a comparison."""
    try:
        want = Trial(claim, Doubles(claim.real), at, str(seed)).want.value.x
    except SymgradError:
        return False
    value = _in_floats(claim, at)[0]
    return bool(abs(value - want) <= SLACK * _unit(claim) * abs(want))


def _far_off(judged: list[Point], usual: list[float], unit: float) -> list[tuple[Point, Part]]:
    return [
        (p, part)
        for p in judged
        for part, scale in zip(p.parts, usual, strict=True)
        if part.gap > SLACK * (part.noise + unit * max(part.size, scale))
    ]


def _unit(claim: Claim) -> float:
    """The unit roundoff."""
    return float(np.finfo(claim.real).eps) / 2


def _overflow(claim: Claim, n: int, seed: int) -> Mapping[str, Any] | None:
    """A huge point where the text overflows in float64, and the reference as written does not.

    A gradient counts where nothing overflows on the reference's way: what is infinite and not
    read is 0 * inf backwards, and nothing forwards.
    """
    for k in range(HUGE):
        point = drawn(claim, n, f"{seed}, {n}, huge {k}", draws.huge)
        value, *grads = map(math.isfinite, _in_floats(claim, point))
        if value and all(grads):
            continue
        try:
            doubles = Doubles(claim.real)
            want = Trial(claim, doubles, point, str(seed)).want
        except SymgradError:
            continue
        if doubles.tame if value else math.isfinite(want.value.x):
            return point
    return None


def _in_floats(claim: Claim, point: Mapping[str, Any]) -> list[float]:
    """What the user gets, in NumPy's arrays or in nested tuples."""
    plain = [v.ndim == 0 and v.dtype != np.float32 for v in point.values()]
    args = [
        v.tolist() if p or not claim.arrays else v[()]
        for p, v in zip(plain, point.values(), strict=True)
    ]
    try:
        with np.errstate(all="ignore"):
            result = claim.floats(*args)
    except Exception as error:
        raise VerificationError(f"it raises {type(error).__name__}: {error}") from error
    if outline(result, False) != claim.outline(point, False):
        raise VerificationError(f"the shapes and types are not {claim.promised}")
    value, grads = result if claim.wrt else (result, ())
    if reason := entangled([*args, *claim.floats.__globals__.values()], result):
        raise VerificationError(reason)
    return [float(x) for x in (next(leaves(value)), *leaves(grads))]


def verify(claim: Claim, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> tuple[Result, Result]:
    """Both checks: an identity says nothing of rounding, and points say nothing of other points."""
    return check_identity(claim, sizes, seed), check_balls(claim, sizes, seed)


def verified(results: tuple[Result, ...]) -> bool:
    """Whether every check was made and passed."""
    return all(isinstance(r, Identity | Agrees) for r in results)
