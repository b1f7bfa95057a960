"""The history of a compilation: a step for each pass that ran, with what it changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from symgrad.ir.function import Function
from symgrad.rewrite.rule import CANONICAL, STABILISE, Fired, Rule
from symgrad.rewrite.simplify import cost


@dataclass(frozen=True)
class Step:
    """One pass that ran: its name, the IR before and after (text with ``str``), and seconds.

    ``before`` is None where something other than IR came in; ``note`` says what it was, or what
    else there is to say.
    ``fired`` has the rules that were applied, and where.  Printing a step tells of a stabilising
    rule how wrong float64 is without and with it, at the sample where it matters most; of one that
    saves, the cost before and after; of the others, where the step as a whole saves, the lines.
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
    def saving(self) -> tuple[Fired, ...]:
        """The applications that made value and gradient cheaper: those whose cost was counted, and
        all canonical ones of a step whose cost fell."""
        others = [f for f in self.fired if isinstance(f.rule, Rule) and f.rule.purpose == CANONICAL]
        if not others or self.before is None or cost(self.after) >= cost(self.before):
            return self.cheaper
        return (*self.cheaper, *others)

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
        lines += [times(str(c), count) for c, count in Counter(self.saving).items()]
        if self.saving and self.before:
            lines.append(f"in all: cost {cost(self.before)} -> {cost(self.after)}")
        return [f"    {line}" for line in lines]


def times(text: str, count: int) -> str:
    return text if count == 1 else f"{text} ({count} times)"


class History(tuple[Step, ...]):
    """The steps of a compilation; prints as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self))
