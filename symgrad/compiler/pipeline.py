"""The order of the passes, and a history of the changes that each has made.

>>> SIMPLIFY[-1].name
'dce'
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symgrad.autodiff import differentiate
from symgrad.autodiff.hints import name_operands
from symgrad.compiler.options import Options
from symgrad.ir.function import Function
from symgrad.ir.verifier import verify
from symgrad.rewrite import (
    Pass,
    canonicalize,
    cse,
    dce,
    inline,
    joining,
    packing,
    simplify,
    softmax,
    stabilize,
    tidy,
)
from symgrad.rewrite.passes import early_cse, sharing
from symgrad.rewrite.rule import REALS, STABILISE, Fired, Rule
from symgrad.rewrite.simplify import cost
from symgrad.rewrite.softmax import accurate_softmax

SIMPLIFY: tuple[Pass, ...] = (
    canonicalize,
    packing,
    cse,
    softmax,
    simplify,
    canonicalize,
    cse,
    dce,
)
BITWISE_ONLY: tuple[Pass, ...] = (tidy, packing, cse, tidy, dce)
JOIN: tuple[Pass, ...] = (joining, cse, dce)  # behind those, for a loop over examples


@dataclass(frozen=True)
class Step:
    """One pass that ran: its name, the IR before and after (text with ``str``), and seconds.

    ``before`` is None where something other than IR came in; ``note`` says what it was, or what
    else there is to say.
    ``fired`` has the rules that were applied, and where.  Printing a step tells of a stabilising
    rule how wrong float64 is without and with it, at the sample where it matters most; of one that
    saves, the cost before and after.
    """

    name: str
    before: Function | None
    after: Function
    seconds: float
    note: str = ""
    fired: tuple[Fired, ...] = ()

    @property
    def cheaper(self) -> tuple[Fired, ...]:
        """The applications whose cost was counted."""
        return tuple(f for f in self.fired if f.before is not None)

    @property
    def stabilised(self) -> tuple[Fired, ...]:
        """The applications of stabilising rules."""
        return tuple(
            f for f in self.fired if isinstance(f.rule, Rule) and f.rule.purpose == STABILISE
        )

    @property
    def summary(self) -> str:
        """The count of instructions before and after, and the note."""
        came = "" if self.before is None else f"{len(self.before.body)} "
        parts = [self.note, f"{came}-> {len(self.after.body)} instructions"]
        return " ".join(part for part in parts if part)

    def __str__(self) -> str:
        head = f"{self.name:<14} {self.summary:<32} {1e3 * self.seconds:8.2f} ms"
        return "\n".join([head, *self.details()])

    def details(self) -> list[str]:
        """A line for each rule that fired; the errors are computed when they are asked for."""
        from symgrad.certify.accuracy import described  # mpmath loads when somebody looks

        counts = Counter((fired.rule, fired.origins) for fired in self.stabilised)
        lines = [described(Fired(*key), count) for key, count in counts.items()]
        lines += [times(str(c), count) for c, count in Counter(self.cheaper).items()]
        if self.cheaper and self.before:
            lines.append(f"in all: cost {cost(self.before)} -> {cost(self.after)}")
        return [f"    {line}" for line in lines]


def times(text: str, count: int) -> str:
    return text if count == 1 else f"{text} ({count} times)"


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
        """One step that applies no rules."""
        self.run_pass(Pass(name, REALS, lambda f: (apply(f), ())))

    def run_pass(self, p: Pass) -> None:
        """One step.  With ``SYMGRAD_CHECK=1`` in the environment its result is verified."""
        before, start = self.function, time.perf_counter()
        self.function, fired = p.apply(before)
        seconds = time.perf_counter() - start
        self.steps.append(Step(p.name, before, self.function, seconds, fired=fired))
        if os.environ.get("SYMGRAD_CHECK") == "1":
            verify(self.function)

    def stabilize(self) -> None:
        self.run_pass(stabilize)

    def differentiate(self, wrt: Sequence[int], options: Options) -> None:
        """Appends the gradients of the first result by the parameters of those indices."""
        strict, accurate = options.strict, options.accurate
        self.run(
            "differentiate",
            lambda f: differentiate(early_cse(name_operands(f)), wrt, strict, accurate),
        )

    def simplify(self, options: Options) -> None:
        """The passes behind differentiation."""
        body = self.function.body
        if any(x.op.inline for x in body) or sharing(self.function):
            self.run_pass(inline)
        passes = SIMPLIFY if options.reassociate else BITWISE_ONLY
        instead = {softmax: accurate_softmax} if options.accurate else {}
        wanted = [p for p in passes if options.simplify or p is not simplify]
        self.run_all([instead.get(p, p) for p in wanted])
        if options.simplify == "sympy":
            from symgrad.symbolic.regions import simplified_by_sympy  # loads SymPy

            self.run_pass(Pass("sympy", REALS, simplified_by_sympy))

    def run_all(self, passes: Sequence[Pass]) -> None:
        for p in passes:
            self.run_pass(p)

    @property
    def history(self) -> History:
        return History(self.steps)
