"""A rule as data, a set of rules that is looked up by op, and a pass.

A formula says left and right; the same two functions are matched and built here, proved with SymPy
in the tests, and measured in floats and at 50 digits.  A rule that no formula states has ``Ops`` on
its left, and on its right a function of the rewriter and the instruction.

>>> rule = Rule("exp(x) - 1 = expm1(x)", lambda f, x: f.exp(x) - 1.0, lambda f, x: f.expm1(x),
...             {"x": REAL})
>>> print(rule)
exp(x) - 1 = expm1(x)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from symgrad.ir.function import Function, Instr, Origins
from symgrad.rewrite.patterns import Bindings

BITS, REALS = "bits", "reals"  # what stays: every bit, or the function of real numbers
STABILISE, CHEAPEN, CANONICAL = "stabilise", "cheapen", "canonical"

Interval = tuple[float, float]
# Samples are drawn from these, so that both sides are finite; signs count, sizes do not.  Beyond
# 1e4, and outside its domain, a rule is held to by tests/rewrite/test_whole_range.py.
REAL: Interval = (-1e4, 1e4)
POSITIVE: Interval = (0.0, 1e4)
NEGATIVE: Interval = (-1e4, 0.0)


class Ops(NamedTuple):
    """A left side without a formula: by the ops of the value and of its operands.

    own    the ops of the value; none for any
    among  ops of which one operand must be; none for any
    all    whether all operands must be of these ops
    """

    own: frozenset[str] = frozenset()
    among: frozenset[str] = frozenset()
    all: bool = False

    def meets(self, name: str, operands: set[str]) -> bool:
        if self.own and name not in self.own:
            return False
        if self.all:
            return bool(operands) and operands <= self.among
        return not self.among or bool(self.among & operands)


@dataclass(frozen=True, eq=False)
class Rule:
    """left -> right, over the domain.

    name       the rule in formulas
    left       a formula (f, *variables), or ``Ops``
    right      a formula of the same variables; with ``Ops``, (rewriter, instruction) -> the value
               in its place, or None
    domain     the interval of each variable, by its name and in order; of each element of an array
    preserves  BITS or REALS
    purpose    STABILISE, CANONICAL, or CHEAPEN: applied only where the cost falls, which needs no
               condition of its own
    lists      variables that stand for several values (``f.total``)
    arrays     variables that are arrays; the others are values of any shape
    condition  a further demand on what the variables are bound to
    deviates   (*numbers) -> True where the right side may be another float than the left: a value
               on its way overflows or vanishes, or it fills a hole; None if it is nowhere
    quick      a cheap test that an instruction has to pass before it is searched
    alone      whether the operands of the whole must have no other use
    """

    name: str
    left: Callable[..., Any] | Ops
    right: Callable[..., Any]
    domain: Mapping[str, Interval] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    condition: Callable[[Bindings], bool] | None = None
    deviates: Callable[..., bool] | None = None
    quick: Callable[[Instr], bool] | None = None
    alone: bool = False
    preserves: str = REALS
    purpose: str = STABILISE

    def __str__(self) -> str:
        return self.name

    @property
    def is_formula(self) -> bool:
        return not isinstance(self.left, Ops)

    def first(self, f: Any, values: Mapping[str, Any]) -> Any:
        """The left side in an algebra that knows the families; arrays are vectors."""
        assert not isinstance(self.left, Ops)
        return self.left(f, **values, **self._given())

    def second(self, f: Any, values: Mapping[str, Any]) -> Any:
        """The right side, likewise."""
        moves = {"move": None} if "move" in self.right.__code__.co_varnames else {}
        return self.right(f, **values, **self._given(), **moves)

    def _given(self) -> dict[str, Any]:
        known = {"axis": (0,), "keepdims": False}
        return {name: known[name] for name in self.attributes}


def built(
    name: str,
    ops: str,
    right: Callable[..., Any],
    among: str = "",
    preserves: str = REALS,
    deviates: Callable[..., bool] | None = None,
) -> Rule:
    """A canonical rule that a function applies to values of some ops, with operands of others."""
    left = Ops(frozenset(ops.split()), frozenset(among.split()))
    return Rule(name, left, right, preserves=preserves, purpose=CANONICAL, deviates=deviates)


class Fired(NamedTuple):
    """One application: the rule, the user's lines, and the cost before and after if it counted.

    Before is the cost of what nothing needs any more, after that of what was not there yet.  What
    SymPy rewrites has no rule, only a text.
    """

    rule: Rule | str
    origins: Origins
    before: int | None = None
    after: int = 0

    @property
    def change(self) -> str:
        return str(self.rule)

    def __str__(self) -> str:
        where = ", ".join(dict.fromkeys(f"{o.file}:{o.line}" for o in self.origins))
        word = "of" if all(o.derived for o in self.origins) else "at"
        text = f"{self.rule}  {word} {where}" if where else str(self.rule)
        return text if self.before is None else f"{text}: cost {self.before} -> {self.after}"


Applied = tuple[Function, tuple[Fired, ...]]


@dataclass(frozen=True)
class Pass:
    """``apply`` gives the function and what fired; a call gives the function alone.

    ``preserves`` says whether results keep their bits, or the real function only.
    """

    name: str
    preserves: str
    apply: Callable[[Function], Applied]

    def __call__(self, function: Function) -> Function:
        return self.apply(function)[0]
