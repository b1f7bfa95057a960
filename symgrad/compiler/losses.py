"""What a loss is, in words, where its form says so; a table of patterns on the traced function.

>>> import symgrad.ops
>>> from symgrad.frontend.leaves import input
>>> from symgrad.frontend.reductions import mean
>>> y, t = input("y", ("N",)), input("t", ("N",))
>>> phrase(mean((y - t) ** 2).instr)
'the mean squared error'
>>> phrase(mean(y).instr)
''
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symgrad.ir.function import Instr

# What is added up over the examples -> (the phrase for a sum, the phrase for a mean)
Phrases = tuple[str, str]


def phrase(loss: Instr) -> str:
    """The loss in words, such as "the mean squared error plus L2"; ``""`` where it has no name."""
    parts = list(addends(loss))
    data = [p for p in parts if not is_penalty(p)]
    said = averaged(data) if data else ""
    return f"{said} plus L2" if said and len(data) < len(parts) else said


def addends(x: Instr) -> Iterator[Instr]:
    """The terms of a sum, from left to right."""
    stack = [x]
    while stack:
        top = stack.pop()
        if top.op.name == "add":
            stack += reversed(top.operands)
        elif not is_number(top, 0.0):
            yield top


def is_number(x: Instr, value: float) -> bool:
    return x.is_constant and x["value"] == value


def averaged(data: list[Instr]) -> str:
    """The phrase of one reduction, or of several like terms added up one by one."""
    if len(data) > 1:
        found = {phrases(term) for term in data}
        return next(iter(found))[0] if len(found) == 1 else ""
    (x,) = data
    scaled = False
    while x.op.name in ("multiply", "divide") and len(list(unscaled(x))) == 1:
        (x,) = unscaled(x)
        scaled = True
    vector = self_product(x)
    if vector is not None and vector.op.name == "subtract":
        return SQUARED_ERROR[scaled]
    if x.op.name in ("sum", "mean") and x.operands[0].type.rank == len(x["axis"]):
        return phrases(x.operands[0])[scaled or x.op.name == "mean"]
    terms = list(addends(x))
    return averaged_terms(terms, scaled) if len(terms) > 1 else phrases(x)[0]


def averaged_terms(terms: list[Instr], scaled: bool) -> str:
    found = {phrases(term) for term in terms}
    return next(iter(found))[scaled] if len(found) == 1 else ""


def unscaled(x: Instr) -> Iterator[Instr]:
    """The operands that are neither literals nor sizes."""
    return (o for o in x.operands if not (o.is_constant or made_of_sizes(o)))


def made_of_sizes(x: Instr) -> bool:
    if x.op.name in ("divide", "cast", "negative"):
        return all(o.is_constant or made_of_sizes(o) for o in x.operands)
    return x.op.name == "size"


def phrases(term: Instr) -> Phrases:
    """The two phrases for a term that a loss adds up, by the first pattern that holds."""
    return next((said for holds, said in TABLE if holds(term)), ("", ""))


def squared(x: Instr) -> Instr | None:
    """What ``x`` is the square of."""
    if x.op.name == "square" or (x.op.name == "power" and is_number(x.operands[1], 2.0)):
        return x.operands[0]
    same = x.op.name == "multiply" and x.operands[0] is x.operands[1]
    return x.operands[0] if same else None


def self_product(x: Instr) -> Instr | None:
    """The vector whose inner product with itself ``x`` is."""
    same = x.op.name in ("matmul", "vdot") and x.operands[0] is x.operands[1]
    return x.operands[0] if same and x.type.rank == 0 else None


def is_squared_error(x: Instr) -> bool:
    inner = squared(x)
    return inner is not None and inner.op.name == "subtract"


def is_absolute_error(x: Instr) -> bool:
    return x.op.name == "absolute" and x.operands[0].op.name == "subtract"


def is_margin_loss(x: Instr) -> bool:
    """relu(1 - t*s), however it is written."""
    if x.op.name == "maximum" and any(is_number(o, 0.0) for o in x.operands):
        inner = next((o for o in x.operands if not is_number(o, 0.0)), x.operands[0])
    elif x.op.name == "relu":
        inner = x.operands[0]
    else:
        return False
    one = inner.op.name in ("add", "subtract") and any(is_number(o, 1.0) for o in inner.operands)
    return one and any(o.op.name in ("multiply", "negative") for o in inner.operands)


def is_logistic_loss(x: Instr) -> bool:
    """softplus(-t*z)."""
    if x.op.name != "softplus":
        return False
    (inner,) = x.operands
    if inner.op.name == "negative":
        return inner.operands[0].op.name == "multiply"
    return inner.op.name == "multiply" and any(o.op.name == "negative" for o in inner.operands)


def is_binary_entropy(x: Instr) -> bool:
    """softplus(z) - t*z."""
    if x.op.name != "subtract":
        return False
    a, b = x.operands
    return a.op.name == "softplus" and b.op.name == "multiply" and a.operands[0] in b.operands


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
    while picked.op.name in ("reshape", "take_along_axis", "gather"):
        picked = picked.operands[0]
        if picked is logits:
            return True
    return False


SQUARED_ERROR = ("the sum of squared errors", "the mean squared error")
TABLE: tuple[tuple[Callable[[Instr], bool], Phrases], ...] = (
    (is_squared_error, SQUARED_ERROR),
    (is_absolute_error, ("the sum of absolute errors", "the mean absolute error")),
    (is_margin_loss, ("the sum of max-margin losses", "the max-margin loss")),
    (is_logistic_loss, ("the sum of logistic losses", "the logistic loss")),
    (is_binary_entropy, ("the sum of binary cross-entropies", "the binary cross-entropy")),
    (is_huber, ("the sum of Huber losses", "the Huber loss")),
    (is_cross_entropy, ("the sum of cross-entropies", "the cross-entropy")),
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
