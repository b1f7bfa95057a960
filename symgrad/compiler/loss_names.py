"""The name of a loss, such as "the mean squared error", by patterns on the traced function.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> from symgrad.frontend.arrays.reductions import mean
>>> y, t = input("y", ("N",)), input("t", ("N",))
>>> phrase(mean((y - t) ** 2).instr)
'the mean squared error'
>>> phrase(mean(y).instr)
''
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from operator import is_
from typing import Any

import numpy as np

from symgrad.ir.function import Instr, made_of, topological
from symgrad.ir.types import names_in, size_at
from symgrad.rewrite.patterns import Matcher, pattern

# The phrases for a sum over the examples, for their mean, and for one example alone.
Phrases = tuple[str, str, str]
NONE: Phrases = ("", "", "")
_SIZES = (7, 11)  # at which a factor is compared with one over a count
_NUMERIC = ("elementwise", "selection")  # kinds of ops that make numbers of numbers


def phrase(loss: Instr) -> str:
    """The loss in words, such as "the mean squared error plus L2"; ``""`` where it has no name."""
    parts = list(addends(loss))
    data = [p for p in parts if not is_penalty(p)]
    said = averaged(data) if data else ""
    return f"{said} plus L2" if said and len(data) < len(parts) else said


def addends(x: Instr) -> Iterator[Instr]:
    """The terms of a sum, from left to right; a sum that is read again is a term there."""
    stack: list[Instr] = [x]
    opened: set[Instr] = set()
    while stack:
        top = stack.pop()
        if top.op.name == "add" and top not in opened:
            opened.add(top)
            stack += reversed(top.operands)
        elif not is_number(top, 0.0):
            yield top


def is_number(x: Instr, value: float) -> bool:
    return x.is_constant and x["value"] == value


def averaged(data: list[Instr]) -> str:
    """The phrase of one reduction, or of several like terms added up one by one."""
    if len(data) > 1:
        return alike(data)[0]
    (x,) = data
    factors = [1.0, 1.0]  # at the sizes of both trials
    while x.op.name in ("multiply", "divide"):
        number = next((o for o in reversed(x.operands) if at_sizes(o, 7) is not None), None)
        if number is None or (x.op.name == "divide" and number is x.operands[0]):
            break
        for i, n in enumerate(_SIZES):
            factor = at_sizes(number, n) or math.nan
            factors[i] *= factor if x.op.name == "multiply" else 1.0 / factor
        x = x.operands[0] if number is x.operands[1] else x.operands[1]
    vector = self_product(x)
    if vector is not None:
        said, count = SQUARED_ERROR if is_error(vector) else NONE, vector.type.size
    elif x.op.name in ("sum", "mean") and x.operands[0].type.rank == len(x["axis"]):
        said, count = phrases(x.operands[0]), x.operands[0].type.size
    else:
        terms = list(addends(x))
        said, count = alike(terms), len(terms)
    counts = [size_at(count, dict.fromkeys(names_in(count), n)) for n in _SIZES]
    means = [f * (1.0 if x.op.name == "mean" else n) for f, n in zip(factors, counts, strict=True)]
    return scaled(said, factors if x.op.name != "mean" else [math.nan], means, count == 1)


def scaled(said: Phrases, sums: list[float], means: list[float], alone: bool) -> str:
    """The phrase for so many times the sum, which is so many times the mean."""
    if not said[0]:
        return ""
    forms = [(sums, said[2] if alone else said[0]), (means, said[1])]
    for factor, start in ((1.0, ""), (0.5, "half ")):
        for factors, form in forms:
            if all(math.isclose(f, factor) for f in factors):
                return start + form
    return ""


def alike(terms: list[Instr]) -> Phrases:
    """The phrases of terms that all have the same ones."""
    found = {phrases(term) for term in terms}
    return next(iter(found)) if len(found) == 1 else NONE


def at_sizes(x: Instr, n: int) -> float | None:
    """The number that a literal, or what is made of sizes, is where each name is ``n``."""
    if not made_of(x, lambda o: o.op.kind in _NUMERIC and not o.type.rank, _is_number_or_size):
        return None
    values: dict[Instr, float] = {}
    for o in topological([x]):
        if o.is_constant:
            values[o] = float(o["value"])
        elif o.op.name == "size":
            values[o] = float(size_at(o["dim"], dict.fromkeys(names_in(o["dim"]), n)))
        else:
            known = [np.float64(values[operand]) for operand in o.operands]
            with np.errstate(all="ignore"):
                values[o] = float(o.op.evaluate(*known, **dict(o.attributes)))
    return values[x] if math.isfinite(values[x]) else None


def _is_number_or_size(x: Instr) -> bool:
    return x.op.name == "size" or (x.is_constant and not x.type.rank)


def phrases(term: Instr) -> Phrases:
    """The phrases for a term that a loss adds up, by the first pattern that holds."""
    return next((said for holds, said in TABLE if holds(term)), NONE)


def squared(x: Instr) -> Instr | None:
    """The value whose square ``x`` is; None for what is no square."""
    if x.op.name == "square" or (x.op.name == "power" and is_number(x.operands[1], 2.0)):
        return x.operands[0]
    same = x.op.name == "multiply" and x.operands[0] is x.operands[1]
    return x.operands[0] if same else None


def self_product(x: Instr) -> Instr | None:
    """The vector whose inner product with itself ``x`` is."""
    same = x.op.name in ("matmul", "vdot") and x.operands[0] is x.operands[1]
    return x.operands[0] if same and x.type.rank == 0 else None


def is_error(x: Instr) -> bool:
    """True for a prediction made of params less a target, and for the difference of two inputs."""
    if x.op.name != "subtract":
        return False
    trained = [reads_params(o) for o in x.operands]
    if not any(trained):
        return all(o.is_parameter for o in x.operands) and x.operands[0] is not x.operands[1]
    if all(trained):
        return False
    prediction, target = (x.operands[trained.index(t)] for t in (True, False))
    if target.is_constant and not target.type.rank and x.type.rank:
        return False  # one number for all is a goal, no data
    while prediction.op.cost == 0 and prediction.operands:  # a view of another value
        prediction = prediction.operands[0]
    return not prediction.is_parameter


def reads_params(x: Instr) -> bool:
    """True if a value depends on a param."""
    stack, seen = [x], {x}
    while stack:
        top = stack.pop()
        if top.is_parameter and top["kind"] == "param":
            return True
        stack += [o for o in top.operands if o not in seen]
        seen.update(top.operands)
    return False


def is_squared_error(x: Instr) -> bool:
    inner = squared(x)
    return inner is not None and is_error(inner)


def is_absolute_error(x: Instr) -> bool:
    return x.op.name == "absolute" and is_error(x.operands[0])


def made_as(*formulas: Callable[..., Any]) -> Callable[[Instr], bool]:
    """True of a value that is one of some formulas of t and z, of the algebra ``f``."""
    nodes = [pattern(formula, ("t", "z")) for formula in formulas]
    matcher = Matcher(is_)
    return lambda x: any(True for node in nodes for _ in matcher.matches(node, x, {}))


def is_huber(x: Instr) -> bool:
    """r*r/2 where |r| is at most delta, a line beyond."""
    if x.op.name != "where" or x.operands[0].op.name not in ("less_equal", "less"):
        return False
    size, bound = x.operands[0].operands
    inner = (o for o in x.operands[1].operands if not o.is_constant)
    return is_absolute_error(size) and bound.is_constant and any(squared(o) is size for o in inner)


def is_cross_entropy(x: Instr) -> bool:
    """logsumexp(z) - z[label]."""
    if x.op.name != "subtract" or x.operands[0].op.name != "logsumexp":
        return False
    logits, picked = x.operands[0].operands[0], x.operands[1]
    while picked.operands and (picked.op.cost == 0 or "carries" in picked.op.traits):
        picked = picked.operands[0]
        if picked is logits:
            return True
    return False


def _phrases(sum: str, mean: str, one: str = "") -> Phrases:
    return sum, mean, one or mean


SQUARED_ERROR = _phrases("the sum of squared errors", "the mean squared error", "the squared error")
TABLE: tuple[tuple[Callable[[Instr], bool], Phrases], ...] = (
    (is_squared_error, SQUARED_ERROR),
    (
        is_absolute_error,
        _phrases("the sum of absolute errors", "the mean absolute error", "the absolute error"),
    ),
    (
        made_as(
            lambda f, t, z: f.relu(1.0 - t * z),
            lambda f, t, z: f.relu(1.0 + t * z),
            lambda f, t, z: f.maximum(0.0, 1.0 - t * z),
            lambda f, t, z: f.maximum(0.0, 1.0 + t * z),
        ),
        _phrases("the sum of max-margin losses", "the max-margin loss"),
    ),
    (
        made_as(
            lambda f, t, z: f.softplus(-(t * z)),
            lambda f, t, z: f.softplus(-t * z),
        ),
        _phrases("the sum of logistic losses", "the logistic loss"),
    ),
    (
        made_as(lambda f, t, z: f.softplus(z) - t * z),
        _phrases("the sum of binary cross-entropies", "the binary cross-entropy"),
    ),
    (is_huber, _phrases("the sum of Huber losses", "the Huber loss")),
    (is_cross_entropy, _phrases("the sum of cross-entropies", "the cross-entropy")),
)


def is_penalty(x: Instr) -> bool:
    """A number times a sum of squares of params."""
    while x.op.name == "multiply" and any(o.is_constant for o in x.operands):
        x = next((o for o in x.operands if not o.is_constant), x.operands[0])
        if x.is_constant:
            return False
    for term in addends(x):
        inner = self_product(term)
        if inner is None:
            inner = squared(term.operands[0] if term.op.name in ("sum", "mean") else term)
        if inner is None or not inner.is_parameter or inner["kind"] != "param":
            return False
    return True
