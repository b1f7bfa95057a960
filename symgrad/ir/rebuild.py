"""``rebuild``: the one way to make a function from another one, and values from other values.

>>> import symgrad.ops
>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Type
>>> x, z = parameter("x", Type("f64")), parameter("z", Type("f64"))
>>> y = emit(symgrad.ops.OPS["exp"], [emit(symgrad.ops.OPS["sin"], [x])])
>>> rebuilt(y, {x: z}).operands[0].operands[0] is z, rebuilt(y, {}) is y
(True, True)
>>> f = rebuild(function("f", [x], [y]), lambda x, operands: x.replace(operands, hint=x.op.name))
>>> [x.hint for x in f.body]
['sin', 'exp']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import is_

from symgrad.ir.function import (
    Function,
    Instr,
    Origin,
    Origins,
    all_values,
    needed_by,
    topological,
)

__all__ = [
    "live",
    "moved_operands",
    "needed_by",
    "rebuild",
    "rebuilt",
    "relabel",
    "use_counts",
    "with_body",
    "with_operands",
]


def rebuild(
    f: Function,
    change: Callable[[Instr, tuple[Instr, ...]], Instr],
    parameters: Sequence[Instr] = (),
    in_place: bool = True,
) -> Function:
    """The function with each instruction changed, which ``change`` makes from the old one and its
    new operands.

    parameters  those of the new function, if they are others
    in_place    one instruction comes for each one, and those stay that nothing reads; otherwise
                the body is what the results need
    """
    given = tuple(parameters) or f.parameters
    moved = all_values(f, lambda x, operands: change(x, tuple(operands)), given)
    results = tuple([moved[r] for r in f.results])
    if in_place:
        return Function(f.name, given, tuple([moved[x] for x in f.body]), results)
    body = [x for x in topological(results) if not x.is_parameter]
    return Function(f.name, given, tuple(body), results)


def with_operands(x: Instr, operands: tuple[Instr, ...]) -> Instr:
    """``x`` with other operands; itself where they are its own."""
    return x if all(map(is_, operands, x.operands)) else x.replace(operands)


def rebuilt(root: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """A value computed from others in place of some; what needs none of those stays the same."""
    made = dict(moved)
    for x in list(needed_by(root, made)):
        made[x] = with_operands(x, tuple([made[o] for o in x.operands]))
    return made[root]


def moved_operands(x: Instr, moved: Mapping[Instr, Instr]) -> Instr:
    """``x`` with operands replaced as ``moved`` says; itself where none is."""
    for o in x.operands:
        if o in moved:
            return x.replace(tuple([moved.get(o, o) for o in x.operands]))
    return x


def use_counts(function: Function) -> dict[Instr, int]:
    """How often each value is an operand or a result."""
    uses = Counter([o for x in function.body for o in x.operands])
    uses.update(function.results)
    return dict(uses)


def with_body(function: Function, body: Iterable[Instr], moved: Mapping[Instr, Instr]) -> Function:
    """The function with another body; results are replaced as ``moved`` says."""
    results = tuple([moved.get(r, r) for r in function.results])
    return Function(function.name, function.parameters, tuple(body), results)


def live(function: Function) -> Function:
    """The function without what its results do not need; parameters and order stay."""
    needed = set(function.results)
    kept: list[Instr] = []
    for x in reversed(function.body):
        if x in needed:
            kept.append(x)
            needed.update(x.operands)
    if len(kept) == len(function.body):
        return function
    return with_body(function, reversed(kept), {})


def relabel(
    function: Function,
    hints: Mapping[Instr, str],
    origins: Mapping[Instr, Sequence[Origins]],
) -> Function:
    """The function with hints replaced, and origins united, for the values given; a literal or a
    size that has several comes to have none, for it tells nothing of a line that reads it."""
    if not hints and not origins:
        return function
    moved: dict[Instr, Instr] = {}
    body = []
    for x in function.body:
        y = moved_operands(x, moved)
        if x in hints or x in origins:
            own = _unite(x.origins, origins.get(x)) if x.operands or x not in origins else ()
            y = y.replace(None, hints.get(x, x.hint), own)
        if y is not x:
            moved[x] = y
        body.append(y)
    return with_body(function, body, moved)


def _unite(own: Origins, more: Sequence[Origins] | None) -> Origins:
    if not more:
        return own
    found: dict[Origin, None] = dict.fromkeys(own)
    for group in dict.fromkeys(more):
        found.update(dict.fromkeys(group))
    return tuple(sorted(found))


def derived_values(function: Function) -> set[int]:
    """The values that belong to gradients: all their origins say so, or else an operand does.  The
    zeros by what the loss does not reach have no origin."""
    found = {id(r) for r in function.results if r.operands and not r.origins}
    said: dict[int, bool] = {}  # many values have the origins of one line
    for x in function.body:
        own = x.origins
        if own:
            if id(own) not in said:
                said[id(own)] = all(o.derived for o in own)
            is_derived = said[id(own)]
        else:
            is_derived = any(id(o) in found for o in x.operands)
        if is_derived:
            found.add(id(x))
    return found


def read_body(function: Function, operands: Callable[[Instr], Sequence[Instr]]) -> list[Instr]:
    """The body that is left where a value reads ``operands`` of it, and not all of its own."""
    needed = {id(r) for r in function.results}
    kept = []
    for x in reversed(function.body):
        if id(x) in needed:
            kept.append(x)
            needed.update(id(o) for o in operands(x))
    return kept[::-1]


def meetings(f: Function, derived: Collection[int]) -> set[int]:
    """The values that depend on the last array among the inputs as well as on an earlier one: on
    one that is read once more, if there is any, for noise comes late to a net."""
    inputs = {id(p) for p in f.parameters if p["kind"] == "input" and p.type.rank}
    order = list(dict.fromkeys(id(o) for x in f.body for o in x.operands if id(o) in inputs))
    if len(order) < 2:
        return set()
    last, others = {order[-1]}, set(order[:-1])
    again: set[int] = set()  # what an input meets that has come before the last one
    for x in f.body:
        own = [id(o) for o in x.operands] if id(x) not in derived else []
        if not last.isdisjoint(own):
            last.add(id(x))
            if not again.isdisjoint(own) or not inputs.isdisjoint(set(own) - {order[-1]}):
                again.add(id(x))
        if not others.isdisjoint(own):
            others.add(id(x))
    return again or last & others
