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
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple

import numpy as np

from symgrad.checker.algebras import Ball, Balls, Field, precision
from symgrad.checker.claim import Claim, Draw, Trial, entangled, explained, outline
from symgrad.checker.doubles import Doubles
from symgrad.checker.exact import leaves
from symgrad.checker.watch import Watch
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError

PRIME = 2**127 - 1  # 7 mod 8, so that 2 has a root
SIZES = (1, 2, 7)
TRIALS = (2, 8)  # at least, and at most while some comparison went one way alone
UNIT = 2.0**-53
SLACK = 2.0**20  # how much worse than the reference, or than one rounding of 1, a text may be
HUGE = 4  # points at each size
TIES = 16  # pairs of points on a lattice for a text that compares, at the first size; then 2


def _ordinary(rng: random.Random) -> float:
    return rng.uniform(-1.5, 1.5)


def _large(rng: random.Random) -> float:
    return rng.uniform(-30.0, 30.0)


def _huge(rng: random.Random) -> float:
    return rng.choice((-1.0, 1.0)) * rng.uniform(700.0, 1400.0)  # exp overflows, or is 0


def _dense(rng: random.Random) -> float:
    return rng.choice((-1.0, -0.5, 0.0, 1.0))


def _sparse(rng: random.Random) -> float:
    return rng.choice((-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0))


def _inside(rng: random.Random) -> float:
    return rng.uniform(0.05, 0.95)


def _above(rng: random.Random) -> float:
    return rng.uniform(1.1, 3.0)


LATTICE: tuple[Draw, ...] = (_dense, _sparse)  # where comparisons meet ties
OTHERS: tuple[Draw, ...] = (_inside, _above, _ordinary, _sparse)  # where functions may live


@dataclass(frozen=True)
class Identity:
    """Equal as functions, at these sizes, but for a chance of 2**-bits."""

    prime: int
    sizes: tuple[int, ...]
    trials: int
    degree: int
    bits: int
    seed: int
    one_sided: tuple[int, ...]

    def __str__(self) -> str:
        prime = "2**127 - 1" if self.prime == PRIME else str(self.prime)
        at = f" at N = {', '.join(map(str, self.sizes))}" if self.sizes else ""
        text = f"identity{at} mod {prime} in {self.trials} trials: degree {self.degree}, "
        text += f"error <= 2^-{self.bits}, seed {self.seed}"
        lines = ", ".join(map(str, self.one_sided))
        return text + (f"; comparisons went one way alone in line {lines}" if lines else "")


@dataclass(frozen=True)
class Agrees:
    """The exact values agree to so many digits at points; float64 is off by error at most."""

    bits: int
    digits: int
    points: int
    error: float
    bound: float
    one_sided: tuple[int, ...] = ()

    def __str__(self) -> str:
        return (
            f"agrees to {self.digits} digits of {self.bits} bits at {self.points} points; float64 "
            f"off by {self.error:.1e}, at most {self.bound:.1e}, of the largest component"
        )


@dataclass(frozen=True)
class Refuted:
    """Wrong at a point, in a component."""

    component: str
    point: Mapping[str, Any]
    reason: str

    def __str__(self) -> str:
        shown = [f"{k} = {np.asarray(v).tolist()!r}" for k, v in self.point.items()]
        at = ", ".join(s if len(s) < 60 else s[:56] + " ..." for s in shown)
        return f"refuted in {self.component}{' at ' if at else ''}{at}: {self.reason}"


@dataclass(frozen=True)
class Skipped:
    """Not decided, for a reason."""

    reason: str

    def __str__(self) -> str:
        return f"not decided: {self.reason}"


Result = Identity | Agrees | Refuted | Skipped


class Point(NamedTuple):
    """What one point showed: digits of agreement, float64's error and a bound, the branches."""

    digits: float
    rounded: tuple[float, float] | None
    watch: Watch


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
    claim: Claim, sizes: tuple[int, ...] = SIZES, seed: int = 0, prime: int = PRIME
) -> Result:
    """Whether text and reference are the same function of exact numbers.

    Two runs at each size, on one workspace and without; more while a comparison went one way alone.
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
            trial, component = _field_trial(claim, n, f"{seed}, {n}, {k}", prime, work)
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
        raise UnsupportedError(f"the degree, {degree}, is too large for this prime")
    return Identity(prime, sizes, len(fields), degree, int(bits), seed, watch.one_sided())


def _workspace(claim: Claim, n: int, prime: int) -> Any:
    """What the text's own ``workspace`` makes, unwritten memory as such; None without it."""
    if "workspace" not in claim.program.functions:
        return None
    one = Field("workspace", prime, "").one
    with explained("the text"):
        return claim.program.run(one, name="workspace", **claim.sizes(n))


def _field_trial(
    claim: Claim, n: int, seed: str, prime: int, work: Any
) -> tuple[Trial, str | None]:
    """One trial, at the first sample that meets no pole."""
    failure = DomainError("no sample")
    for attempt, draw in enumerate((_ordinary, *OTHERS, _large, _dense)):
        field = Field(f"{seed}, {attempt}", prime, claim.program.filename)
        try:
            trial = Trial(claim, field, claim.point(n, field.random, draw), seed)
            component = trial.differs(*trial.run())
            if component is None and work is not None:
                component = trial.differs(*trial.run(work))
            return trial, component
        except DomainError as error:
            failure = error
    raise UnsupportedError(f"every sample left the domain: {failure}")


@_settled
def check_balls(
    claim: Claim, sizes: tuple[int, ...] = SIZES, seed: int = 0, bits: int = 256
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
                reason = "float64 overflows, or is nan, where the reference is finite"
                return Refuted("the text", point, reason)
            judged += here
    digits = int(min(bits * math.log10(2), *(p.digits for p in judged)))
    errors = [p.rounded for p in judged if p.rounded]
    worst, bound = (max((e[i] for e in errors), default=math.nan) for i in (0, 1))
    watch = Watch("")
    for p in judged:
        watch.add(p.watch)
    return Agrees(bits, digits, len(judged), worst, bound, watch.one_sided())


def _at_points(claim: Claim, n: int, seed: int, ties: int) -> Refuted | list[Point]:
    """The digits of agreement at some points of one size; float64's errors where it is tame."""
    judged: list[Point] = []
    failure, compares = DomainError("no sample"), False
    plan = (_ordinary, _large, *LATTICE * ties)
    for k, draw in enumerate((*plan, *OTHERS)):
        if judged and (k >= len(plan) or (k > 1 and not compares)):
            break
        point = claim.point(n, random.Random(f"{seed}, {n}, {k}"), draw)
        try:
            trial = Trial(claim, Balls(0.0, claim.program.filename), point, str(seed))
            value, grads = _run(trial, point, draw is not _large)
            if component := trial.differs(value, grads):
                return Refuted(component, point, "the exact values differ")
        except DomainError as error:
            failure = error
            continue
        watch = trial.algebra.watch
        compares |= bool(watch.sides or watch.others)
        rounded = None if draw in LATTICE else _rounding(trial, [value, *grads], point)
        judged.append(Point(trial.algebra.digits, None if draw is _large else rounded, watch))
    if not judged:
        at = f" at N = {n}" if claim.dims else ""
        raise UnsupportedError(f"no point{at} could be judged: {failure}")
    return judged


def _run(trial: Trial, point: Mapping[str, Any], tame: bool) -> tuple[Any, list[Any]]:
    """A run whose failure is the text's own if floats fail too; the reference did not."""
    try:
        return trial.run()
    except (DomainError, UnsupportedError) as error:
        finite = all(map(math.isfinite, _in_floats(trial.claim, point)))
        if isinstance(error, DomainError) and tame and not finite:
            raise VerificationError("it is not finite where the reference is") from error
        raise


def _rounding(
    trial: Trial, exact: list[Ball], point: Mapping[str, Any]
) -> tuple[float, float] | None:
    """The error of float64 and a bound of it, by the largest gradient; None unless finite."""
    claim, balls = trial.claim, trial.algebra
    floats = _in_floats(claim, point)
    if not all(map(math.isfinite, floats)):
        return None
    try:
        noisy = Trial(claim, Balls(UNIT), point, trial.seed)
        value, grads = noisy.run()
    except DomainError:
        return None
    errors = [x - balls.variable(f) for x, f in zip(exact, floats, strict=True)]
    shifted = sum(
        (e * v for e, v in zip(errors[1:], trial.along, strict=True)), balls.variable(0.0)
    )
    sizes = [x.size() for x in exact]
    for name, gap, own, size in (
        ("the value", errors[0], noisy.want.value, sizes[0]),
        ("the gradient", shifted, noisy.want.slope, sum(sizes[1:])),
    ):
        if gap.size() > SLACK * (own.spread() + UNIT * max(size, 1.0)):
            reason = "float64 rounding is far worse than the reference's"
            raise VerificationError(f"{name} at {dict(point)}: {reason}")
    first = 1 if grads else 0  # of a text without gradients, its value counts
    unit = max(sizes[first:]) or 1.0
    worst = max(e.size() for e in errors[first:])
    return worst / unit, max(2 * g.spread() for g in grads or [value]) / unit


def _overflow(claim: Claim, n: int, seed: int) -> Mapping[str, Any] | None:
    """A huge point where the text overflows in float64, and the reference as written does not.

    A gradient counts where nothing overflows on the reference's way: what is infinite and not
    read is 0 * inf backwards, and nothing forwards.
    """
    for k in range(HUGE):
        point = claim.point(n, random.Random(f"{seed}, {n}, huge {k}"), _huge)
        value, *grads = map(math.isfinite, _in_floats(claim, point))
        if value and all(grads):
            continue
        try:
            doubles = Doubles()
            want = Trial(claim, doubles, point, str(seed)).want
        except SymgradError:
            continue
        if doubles.tame if value else math.isfinite(want.value.x):
            return point
    return None


def _in_floats(claim: Claim, point: Mapping[str, Any]) -> list[float]:
    """What the user gets, in NumPy's arrays or in nested tuples."""
    args = [v if claim.arrays and v.ndim else v.tolist() for v in point.values()]
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
