"""A text that fails, or is not finite, at a point where the reference has a value and a slope."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from symgrad.checker.claim import Claim, Trial
from symgrad.checker.doubles import Doubles
from symgrad.checker.exact_number import RUN, Unknown, Untold
from symgrad.checker.outlines import DTYPES
from symgrad.checker.rounding import in_floats
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError

Point = Mapping[str, Any]
NOWHERE = "it is not finite where the reference is"


def tried(trial: Trial, tame: bool) -> tuple[Any, list[Any]]:
    """A run whose failure is the text's own if floats fail too; the reference did not."""
    try:
        return trial.run()
    except (DomainError, UnsupportedError) as error:
        finite = all(
            map(math.isfinite, in_floats(trial.claim, floats_of(trial.claim, trial.point)))
        )
        if trial.claim.whole and tame and (not finite or trial.algebra.unwritten):
            raise Untold("it has no value, as arrays tell") from error
        chosen = isinstance(error, Unknown)
        judged = isinstance(error, DomainError) and tame and (chosen or not finite)
        if (
            trial.claim.whole
            or not judged
            or overflows(trial.claim, trial.point)
            or not trial.is_smooth()
        ):
            raise
        if not finite:
            raise VerificationError(NOWHERE) from error
        return _either_way(trial)


def refute_nan(trial: Trial) -> Untold | None:
    """Refutes where floats are not finite, though the reference's are, far from overflow, which
    arrays do not tell."""
    claim, point = trial.claim, floats_of(trial.claim, trial.point)
    value, *grads = map(math.isfinite, in_floats(claim, point))
    if value and all(grads):
        return None
    if claim.whole:
        return Untold("it is not finite, as arrays tell")
    doubles, own = Doubles(claim.real), False
    with suppress(SymgradError):
        want = Trial(claim, doubles, point, "0").want
        own = math.isfinite(want.value.x) and (not value or math.isfinite(want.slope.x))
    if own and not doubles.far and trial.is_smooth():
        raise VerificationError(NOWHERE)
    return None


def overflows(claim: Claim, point: Point) -> bool:
    """True if the reference leaves the range of floats, or nearly."""
    doubles = Doubles()
    with suppress(SymgradError):
        Trial(claim, doubles, floats_of(claim, point), "0")
    return doubles.far


def _either_way(trial: Trial) -> tuple[Any, list[Any]]:
    """A run in which what has no value is compared; right however that comes out, as a choice made
    by it is not taken."""
    try:
        for RUN.answer in (False, True):
            found = trial.run()
            if trial.differs(*found):
                raise UnsupportedError("it alone chooses by what has no value")
        return found
    except DomainError as error:
        raise UnsupportedError("it alone chooses by what has no value") from error
    finally:
        RUN.answer = None


def floats_of(claim: Claim, point: Point) -> dict[str, Any]:
    """The point in floats, each argument of its own type."""
    kinds = {k: DTYPES[t.partition("[")[0]] for k, t in claim.types.items()}
    return {k: v.astype(kinds[k], copy=False) for k, v in point.items()}
