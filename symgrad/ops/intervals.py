"""The interval that a value lies in, as far as its formula tells: squares are not below 0.

An op may declare ``interval``, from the intervals of its operands; ``Intervals`` applies what is
declared to a graph.  An end of 0 that is not reached is the smallest float above 0, so that "is
never 0" reads off the ends.  A value that underflows, as exp(x) does below -745, may be 0.

>>> from symgrad.ir.function import emit, parameter
>>> from symgrad.ir.types import Type
>>> from symgrad.ops import OPS
>>> x = parameter("x", Type("f64", (3,)))
>>> Intervals().of(emit(OPS["exp"], [emit(OPS["square"], [x])]))
Interval(low=1.0, high=inf)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, MutableMapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from symgrad.ir.function import Instr
from symgrad.ir.run import value_of

INF = math.inf
LEAST = math.ulp(0.0)  # stands for an end of 0 that is not reached
DEPTH = 32  # products that are looked into for factors that stand twice


class Interval(NamedTuple):
    """All numbers from low to high."""

    low: float = -INF
    high: float = INF

    @property
    def has_zero(self) -> bool:
        return self.low <= 0.0 <= self.high


Of = Callable[[Instr], Interval]
Rule = Callable[[Instr, Of], Interval]  # from an instruction, and the intervals before it
Still = Callable[[Instr], bool]  # whether a value does not move where it is 0


def fixed(low: float, high: float = INF) -> Rule:
    """Of an op whose results lie there whatever its operands are."""
    return lambda x, of: Interval(low, high)


def by(combine: Callable[..., Interval]) -> Rule:
    """From the intervals of the operands."""
    return lambda x, of: combine(*map(of, x.operands))


def rising(function: Callable[[float], float], low: float = -INF, high: float = INF) -> Rule:
    """Of an increasing function of one operand, whose values lie from low to high."""

    def end(at: float, otherwise: float) -> float:
        try:
            return min(max(float(function(at)), low), high)
        except (OverflowError, ValueError):
            return otherwise

    def combine(a: Interval) -> Interval:
        return Interval(end(a.low, low), end(a.high, high))

    return by(combine)


def hull(*intervals: Interval) -> Interval:
    """Of what takes its elements from several."""
    return Interval(min(a.low for a in intervals), max(a.high for a in intervals))


def hull_with_zero(*intervals: Interval) -> Interval:
    return hull(*intervals, Interval(0.0, 0.0))


def sign_of_sum(a: Interval) -> Interval:
    """Of the sum, or the mean, of any number of elements."""
    if a.low < 0.0:
        return Interval(-INF, -LEAST if a.high < 0.0 else INF if a.high else 0.0)
    return Interval(LEAST if a.low else 0.0)


def plus(a: Interval, b: Interval) -> Interval:
    return Interval(a.low + b.low, a.high + b.high)


def minus(a: Interval, b: Interval) -> Interval:
    return Interval(a.low - b.high, a.high - b.low)


def negated(a: Interval) -> Interval:
    return Interval(-a.high, -a.low)


def times(a: Interval, b: Interval) -> Interval:
    ends = [0.0 if 0.0 in (p, q) else p * q for p in a for q in b]
    low, high = min(ends), max(ends)
    if a.has_zero or b.has_zero:
        return Interval(low, high)
    alike = (a.low > 0.0) == (b.low > 0.0)
    return Interval(max(low, LEAST), high) if alike else Interval(low, min(high, -LEAST))


def squared(a: Interval) -> Interval:
    largest = max(abs(a.low), abs(a.high))
    return Interval(0.0, largest * largest) if a.has_zero else times(a, a)


def product(x: Instr, of: Of) -> Interval:
    """A factor that stands twice is a square."""
    found = factors(x)
    if all(n == 1 for n in found.values()):
        return times(*map(of, x.operands))
    whole = Interval(1.0, 1.0)
    for factor, n in found.items():
        even = of(factor) if n % 2 else Interval(1.0, 1.0)
        for _ in range(n // 2):
            even = times(even, squared(of(factor)))
        whole = times(whole, even)
    return whole


def factors(x: Instr) -> dict[Instr, int]:
    """The factors of nested products and squares, and how often each one stands there."""
    found: dict[Instr, int] = {}
    stack = [(x, 1)]
    for _ in range(DEPTH):
        if not stack:
            break
        y, n = stack.pop()
        if y.op.name == "square":
            stack.append((y.operands[0], 2 * n))
        elif y.op.name == "multiply":
            stack += [(o, n) for o in y.operands]
        else:
            found[y] = found.get(y, 0) + n
    for y, n in stack:
        found[y] = found.get(y, 0) + n
    return found


def over(a: Interval, b: Interval) -> Interval:
    """A quotient; of a divisor that may be 0 the sign alone is known."""
    if not b.has_zero:
        return times(a, Interval(*sorted(map(inverse, b))))
    return Interval(LEAST if a.low > 0.0 else 0.0) if a.low >= 0.0 and b.low >= 0.0 else Interval()


def inverse(end: float) -> float:
    """1/x for an end that is not 0; those of the smallest and the largest are each other."""
    if abs(end) <= LEAST or math.isinf(end):
        return math.copysign(INF if abs(end) <= LEAST else LEAST, end)
    return 1.0 / end


def magnitude(a: Interval) -> Interval:
    low, high = sorted((abs(a.low), abs(a.high)))
    return Interval(0.0 if a.has_zero else low, high)


def larger(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high))


def smaller(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high))


def clipped(a: Interval, low: Interval, high: Interval) -> Interval:
    return smaller(larger(a, low), high)


def power(a: Interval, n: Interval) -> Interval:
    """Of a base above 0, or an even exponent."""
    fixed = n.low == n.high
    if a.low > 0.0 and fixed:
        return Interval(LEAST)
    even = fixed and n.low % 2.0 == 0.0
    return Interval(0.0) if a.low >= 0.0 or even else Interval()


def sum_of_products(x: Instr, of: Of) -> Interval:
    """Of a matrix product and its kin; of an array with itself it is a sum of squares."""
    if is_sum_of_squares(x) or all(of(o).low >= 0.0 for o in x.operands):
        return Interval(0.0)
    return Interval()


def is_sum_of_squares(x: Instr) -> bool:
    """True if a product adds up the squares of one array's elements."""
    if len(x.operands) != 2 or x.operands[0] is not x.operands[1]:
        return False
    spec = str(dict(x.attributes).get("spec", ""))
    if spec:
        first, second = spec.partition("->")[0].replace(" ", "").split(",")
        return first == second
    return x.op.commutative or x.operands[0].type.rank == 1


_known: WeakKeyDictionary[Instr, Interval] = WeakKeyDictionary()


class Intervals:
    """The intervals of instructions, each computed once in its life; others where some are
    ``assumed``."""

    def __init__(self, assumed: Mapping[Instr, Interval] | None = None) -> None:
        self.known: MutableMapping[Instr, Interval] = dict(assumed) if assumed else _known

    def of(self, root: Instr) -> Interval:
        return self.known[root] if root in self.known else value_of(root, self.interval, self.known)

    def interval(self, x: Instr, _: list[Interval]) -> Interval:
        if x.is_constant:
            values = np.asarray(x["value"], dtype=float)
            return Interval(float(values.min()), float(values.max())) if values.size else Interval()
        if x.op.interval is None:
            return Interval()
        found: Interval = x.op.interval(x, self.known.__getitem__)
        return Interval() if any(map(math.isnan, found)) else found

    def may_be_zero(self, x: Instr) -> bool:
        return self.of(x).has_zero

    def may_hold(self, condition: Instr) -> bool:
        """False if a comparison with another value is true of no element."""
        if condition.op.name == "equal":
            a, b = map(self.of, condition.operands)
            return a.low <= b.high and b.low <= a.high
        if condition.op.name == "logical_and":
            return all(map(self.may_hold, condition.operands))
        return True


def chosen(x: Instr, of: Of) -> Interval:
    """Of ``where``: a branch that is compared with a number lies on one side of it."""
    condition, a, b = x.operands
    return hull(narrowed(of(a), a, condition, of, True), narrowed(of(b), b, condition, of, False))


_OPPOSITE = {
    "greater": "less_equal",
    "greater_equal": "less",
    "less": "greater_equal",
    "less_equal": "greater",
    "equal": "not_equal",
    "not_equal": "equal",
}
MIRRORED = {
    "greater": "less",
    "less": "greater",
    "greater_equal": "less_equal",
    "less_equal": "greater_equal",
}


def narrowed(own: Interval, x: Instr, condition: Instr, of: Of, holds: bool) -> Interval:
    """The interval of x where a comparison of x with something holds, or does not."""
    if condition.op.name not in _OPPOSITE:
        return own
    name = condition.op.name if holds else _OPPOSITE[condition.op.name]
    a, b = condition.operands
    if b is x:
        a, b, name = b, a, MIRRORED.get(name, name)
    if a is not x:
        return own
    return _on_side(own, name, of(b))


def _on_side(own: Interval, name: str, other: Interval) -> Interval:
    low, high = own
    if name in ("greater", "greater_equal"):
        above = LEAST if name == "greater" and other.low == 0.0 else other.low
        low = max(low, above)
    elif name in ("less", "less_equal"):
        below = -LEAST if name == "less" and other.high == 0.0 else other.high
        high = min(high, below)
    elif name == "not_equal" and other == (0.0, 0.0):
        low, high = low or LEAST, high or -LEAST
    return Interval(low, high)


def always(x: Instr, still: Still, of: Of) -> bool:
    """Of what has slope 0 at 0: a square."""
    return True


def with_operands(x: Instr, still: Still, of: Of) -> bool:
    """Of what is 0 only where the operands are that it takes its slope from."""
    return all(map(still, x.operands))


def together(x: Instr, still: Still, of: Of) -> bool:
    """Of sums of terms of one sign, which are 0 where all terms are."""
    signs = [of(o) for o in x.operands]
    one_sign = all(s.low >= 0.0 for s in signs) or all(s.high <= 0.0 for s in signs)
    return one_sign and all(map(still, x.operands))


def as_factors(x: Instr, still: Still, of: Of) -> bool:
    """Of products: each factor stands twice, or rests, or is never 0."""
    return all(n % 2 == 0 or still(o) or not of(o).has_zero for o, n in factors(x).items())


def as_sum_of_products(x: Instr, still: Still, of: Of) -> bool:
    return is_sum_of_squares(x) or together(x, still, of)


def as_branches(x: Instr, still: Still, of: Of) -> bool:
    """Of ``where``."""
    return all(still(o) or not of(o).has_zero for o in x.operands[1:])
