"""Names for people: what the user called a value becomes the hint of its instruction.

>>> import symgrad.ops
>>> from symgrad.frontend.leaves import input
>>> score = 2 * input("x")
>>> list(name_from_frame({"score": score}, score).values())
['score']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from symgrad.frontend.array import Expr
from symgrad.frontend.leaves import LeafInstr
from symgrad.ir.function import Function, Instr, topological


def name_from_frame(variables: Mapping[str, Any], *exprs: Expr) -> dict[int, str]:
    """``id(instr)`` to the variable that holds it, for what ``exprs`` reach.

    Lists and tuples of expressions count too, as ``layers_0``.  Leaves keep the names that they
    were given; of two variables with one value, the first one names it.
    """
    reached = {id(x) for x in topological([e.instr for e in exprs]) if not x.is_parameter}
    names: dict[int, str] = {}
    for name, value in variables.items():
        if name.startswith("_"):
            continue
        items: Iterable[tuple[str, Any]] = [(name, value)]
        if isinstance(value, list | tuple):
            items = [(f"{name}_{i}", item) for i, item in enumerate(value)]
        for label, item in items:
            if isinstance(item, Expr) and id(item.instr) in reached:
                names.setdefault(id(item.instr), label)
    return names


def with_names(f: Function, names: Mapping[int, str]) -> Function:
    """``f`` with the hints of the named instructions replaced; keys are ``id(instr)``."""
    new: dict[int, Instr] = {}
    for x in (*f.parameters, *f.body):
        hint = names.get(id(x), x.hint)
        operands = tuple(new[id(o)] for o in x.operands)
        if hint == x.hint and all(a is b for a, b in zip(operands, x.operands, strict=True)):
            new[id(x)] = x
        elif isinstance(x, LeafInstr):
            new[id(x)] = LeafInstr(x.leaf, hint, x.type, x["kind"], x.origins)
        else:
            new[id(x)] = x.replace(operands=operands, hint=hint)
    return Function(
        f.name,
        tuple(new[id(x)] for x in f.parameters),
        tuple(new[id(x)] for x in f.body),
        tuple(new[id(x)] for x in f.results),
    )
