"""Which passes run, in which order, and a record of what each did.

>>> SIMPLIFY[-1].name
'dce'
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symgrad.ir.function import Function
from symgrad.ir.verifier import verify
from symgrad.passes import Pass, cse, dce, fold, identities, packing, reals

SIMPLIFY: tuple[Pass, ...] = (
    fold,
    identities,
    reals,
    packing,
    fold,
    cse,
    reals,
    identities,
    fold,
    cse,
    dce,
)
BITWISE_ONLY: tuple[Pass, ...] = (fold, identities, packing, fold, cse, identities, dce)


@dataclass(frozen=True)
class Step:
    """One pass that ran: its name, the IR before and after (text with ``str``), and seconds.

    ``before`` is None where something other than IR came in; ``note`` says what it was, or what
    else there is to say.
    """

    name: str
    before: Function | None
    after: Function
    seconds: float
    note: str = ""

    @property
    def summary(self) -> str:
        """What it did, in instructions, and the note."""
        came = "" if self.before is None else f"{len(self.before.body)} "
        parts = [self.note, f"{came}-> {len(self.after.body)} instructions"]
        return " ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.name:<14} {self.summary:<32} {1e3 * self.seconds:8.2f} ms"


class History(tuple[Step, ...]):
    """The steps of a compilation; prints as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self))


class Pipeline:
    """Runs steps on a function and records them."""

    def __init__(self, function: Function, steps: Sequence[Step] = ()) -> None:
        self.function = function
        self.steps = list(steps)

    def run(self, name: str, apply: Callable[[Function], Function]) -> None:
        """One step.  With ``SYMGRAD_CHECK=1`` in the environment its result is verified."""
        before, start = self.function, time.perf_counter()
        self.function = apply(before)
        self.steps.append(Step(name, before, self.function, time.perf_counter() - start))
        if os.environ.get("SYMGRAD_CHECK") == "1":
            verify(self.function)

    def run_all(self, passes: Sequence[Pass]) -> None:
        for p in passes:
            self.run(p.name, p)

    @property
    def history(self) -> History:
        return History(self.steps)
