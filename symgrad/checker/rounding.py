r"""Runs a text in floats: how far off they are, where they overflow, and what they return.

>>> text, types = "def f(x):\n    return x * x, (2.0 * x,)\n", {"x": "f64[]"}
>>> claim = Claim(text, lambda x: x * x, types, ("x",))
>>> in_floats(claim, {"x": np.array(3.0)})
array([9., 6.])
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from symgrad.checker import samples
from symgrad.checker.arrays import ArrayTrial, whole_arguments
from symgrad.checker.ball_arrays import BallArrays
from symgrad.checker.balls import Balls
from symgrad.checker.claim import Claim, Trial, arguments
from symgrad.checker.doubles import Doubles
from symgrad.checker.enclosures import Enclosures
from symgrad.checker.exact_text import leaves
from symgrad.checker.outlines import entangled, outline
from symgrad.checker.samples import drawn
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError

# How much worse than the reference, or than one rounding of what is usual, a text may be.
SLACK = {np.float64: 2.0**20, np.float32: 2.0**9}
WRONG = 2.0**20  # and from where on it is wrong; of float32, between the two it is not decided
HUGE = 4  # points at each size
USUAL = (samples.sparse, samples.small, samples.sparse, samples.small)


class FloatError(NamedTuple):
    """Of the value, or of the whole gradient: its size, the floats' error, the reference's own."""

    name: str
    size: float
    gap: float = 0.0
    noise: float = 0.0


class Point(NamedTuple):
    """One judged point: digits of agreement, how floats round there, and the largest error
    and bound of a component, where it is an ordinary one."""

    at: Mapping[str, Any]
    digits: float
    parts: tuple[FloatError, FloatError]
    rounded: tuple[float, float] | None = None


def _reach(here: Point) -> float:
    """The largest argument that is finite."""
    sizes = [np.abs(v)[np.isfinite(v)] for v in here.at.values()]
    return max((float(np.max(size, initial=0.0)) for size in sizes), default=0.0)


def at_point(claim: Claim, at: Mapping[str, Any], seed: int) -> Trial:
    """A trial on balls, or on arrays of them."""
    trial = ArrayTrial if claim.whole else Trial
    return trial(claim, _algebra(claim), at, str(seed))


def started(claim: Claim, at: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Such balls, and the arguments made of them."""
    algebra = _algebra(claim)
    return algebra, (whole_arguments if claim.whole else arguments)(claim, algebra, at)


def _algebra(claim: Claim) -> Any:
    kinds: dict[str, Any] = {"": Balls, "balls": BallArrays, "pairs": Enclosures}
    return kinds[claim.whole](0.0, claim.program.filename)


def measured(exact: list[Any]) -> tuple[FloatError, FloatError]:
    value, grads = (float(bounds(xs).sum()) for xs in (exact[:1], exact[1:]))
    return FloatError("the value", value), FloatError("the gradient", grads)


def bounds(xs: list[Any]) -> Any:
    """Of the numbers in balls, or in arrays of them."""
    return np.concatenate([np.zeros(0), *(np.ravel(x.bound()) for x in xs)])


def spreads(xs: list[Any]) -> Any:
    """The radii."""
    return np.concatenate([np.zeros(0), *(np.ravel(x.spread()) for x in xs)])


def rounded(trial: Trial, exact: list[Any], here: Point) -> Point:
    """With the error of floats and a bound of it, by the largest gradient, where it is finite."""
    claim, floats = trial.claim, in_floats(trial.claim, here.at)
    if not np.isfinite(floats).all():
        return here
    try:
        noisy = trial.again(_unit(claim))
        value, grads = noisy.run()
    except DomainError:
        return here
    errors = trial.errors(exact, floats)
    gaps, wide, shift = bounds(errors), spreads([value, *grads]), trial.shifted(errors[1:])
    noise = [float(x.spread()) for x in (noisy.want.value, noisy.want.slope)]
    parts = (
        here.parts[0]._replace(gap=float(gaps[0]), noise=noise[0]),
        here.parts[1]._replace(gap=float(shift.bound()), noise=noise[1]),
    )
    first = 1 if grads else 0  # of a text without gradients, its value counts
    unit = bounds(exact)[first:].max() or 1.0
    worst, bound = gaps[first:].max(), 2 * wide[first:].max()
    least = _slack(claim) * float(np.finfo(claim.real).tiny)
    if np.any(gaps[first:] > 32 * wide[first:] + least):
        other = gaps[0] > 32 * wide[0]
        if other and _is_as_written(claim, here.at, int(trial.seed)):
            return here  # what underflows has decided a comparison, as it does for the reference
        raise VerificationError("floats are farther off than the rounding of their operations")
    _same_in_any_order(claim, here.at, floats, 32 * wide.max())
    return here._replace(parts=parts, rounded=(float(worst / unit), float(bound / unit)))


def _same_in_any_order(claim: Claim, at: Mapping[str, Any], floats: Any, rounding: float) -> None:
    """Refutes where results depend on how the arguments lie in memory."""
    columns = {k: np.asfortranarray(v) if v.ndim > 1 else v for k, v in at.items()}
    turned = in_floats(claim, columns)
    allowed = max(rounding, _slack(claim) * _unit(claim) * np.abs(floats).max())
    if np.any(np.abs(floats - turned) > allowed):
        raise VerificationError("it gives something else where arguments lie column by column")


def rounds_well(claim: Claim, judged: Sequence[Point], n: int, seed: int) -> None:
    """Refutes where floats are off by far more than the reference, and than one rounding of what
    is usual: 1 - tanh(x)**2 is 0 for a large x, which is an ulp of its largest value."""
    known = list(judged)
    for k, draw in enumerate(USUAL):
        if not any(_far_off(claim, judged, known)):
            return
        with suppress(DomainError):
            at = drawn(claim, n, f"{seed}, usual {k}", draw)
            value, grads = at_point(claim, at, seed).run()
            known.append(Point(at, math.inf, measured([value, *grads])))
    for here, part in _far_off(claim, judged, known):
        if part.name == "the value" and _is_as_written(claim, here.at, seed):
            continue
        reason = f"{part.name}: rounding is far worse than the reference's"
        if any(_far_off(claim, [here], known, WRONG)):
            raise VerificationError(reason)
        raise UnsupportedError(reason)


def _far_off(
    claim: Claim, judged: Sequence[Point], known: Sequence[Point], slack: float = 0.0
) -> Iterator[tuple[Point, FloatError]]:
    """The errors that are large beside the usual size at points no larger than theirs."""
    reach = [_reach(p) for p in known]
    for here in judged:
        within = 2.0 * _reach(here)
        near = [p for p, r in zip(known, reach, strict=True) if r <= within]
        for i, part in enumerate(here.parts):
            usual = max(p.parts[i].size for p in near)
            if part.gap > (slack or _slack(claim)) * (part.noise + _unit(claim) * usual):
                yield here, part


def _is_as_written(claim: Claim, at: Mapping[str, Any], seed: int) -> bool:
    """True if the reference gives the text's value in floats as well: -0.0 may lie beyond a
    branch cut, where nothing but rounding decides a comparison."""
    try:
        want = Trial(claim, Doubles(claim.real), at, str(seed)).want.value.x
    except SymgradError:
        return False
    value = in_floats(claim, at)[0]
    return bool(abs(value - want) <= _slack(claim) * _unit(claim) * abs(want))


def _unit(claim: Claim) -> float:
    """The unit roundoff."""
    return float(np.finfo(claim.real).eps) / 2


def _slack(claim: Claim) -> float:
    return SLACK[claim.real]


def overflow(claim: Claim, n: int, seed: int) -> Mapping[str, Any] | None:
    """A huge point where the text overflows in floats, and the reference as written does not.

    A gradient counts where nothing overflows on the reference's way: what is infinite and not
    read is 0 * inf backwards, and nothing forwards.
    """
    for k in range(HUGE):
        point = drawn(claim, n, f"{seed}, {n}, huge {k}", samples.huge)
        try:
            value, *grads = np.isfinite(in_floats(claim, point))
            failure = None
        except VerificationError as error:
            value, grads, failure = False, [], error
        if value and all(grads):
            continue
        try:
            doubles = Doubles(claim.real)
            want = Trial(claim, doubles, point, str(seed)).want
        except SymgradError:
            continue  # such as an index out of range
        if failure is not None:
            raise failure
        if doubles.tame if value else math.isfinite(want.value.x):
            return point
    return None


def in_floats(claim: Claim, point: Mapping[str, Any]) -> Any:
    """The user's result, in NumPy's arrays or in nested tuples."""
    values = [*point.values()]
    plain = [v.ndim == 0 and v.dtype != np.float32 for v in values]
    args = [
        v.tolist() if p or not claim.arrays else v.copy(order="K")[()]
        for p, v in zip(plain, values, strict=True)
    ]
    try:
        with np.errstate(all="ignore"):
            result = claim.floats(*args)
    except Exception as error:
        raise VerificationError(f"it raises {type(error).__name__}: {error}") from error
    if outline(result, False) != claim.outline(point, False):
        raise VerificationError(f"the shapes and types are not {claim.promised}")
    value, grads = result if claim.wrt else (result, ())
    if reason := entangled([*args, *claim.kept()], result):
        raise VerificationError(reason)
    # Lists have no shape where they have no elements.
    before = [v.tolist() if isinstance(x, list) else v for x, v in zip(args, values, strict=True)]
    if not all(map(partial(np.array_equal, equal_nan=True), args, before)):
        raise VerificationError("the text writes into an argument")
    whole = isinstance(grads, tuple) and all(isinstance(g, np.ndarray) for g in grads)
    found = np.concatenate([np.ravel(g) for g in grads]) if whole and grads else [*leaves(grads)]
    return np.array([next(leaves(value)), *found], float)
