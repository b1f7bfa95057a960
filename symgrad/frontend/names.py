"""Names for people: what the user called a value becomes the hint of its instruction.

>>> import symgrad.ops
>>> from symgrad.frontend.leaves import input
>>> score = 2 * input("x")
>>> list(name_from_frame({"score": score}, score).values())
['score']
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from symgrad.frontend.array import Expr
from symgrad.frontend.leaves import LeafInstr
from symgrad.frontend.origin import PATHS
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


def name_from_source(*exprs: Expr) -> dict[int, str]:
    """``id(instr)`` to the variable that the user's statement assigned, read from the file.

    The value of ``h = sg.tanh(x @ w)`` is the one that nothing else in the statement reads.  Serves
    values made in functions whose variables are gone; a file that cannot be read names nothing.
    """
    order = topological([e.instr for e in exprs])
    home = {id(x): _statement(x) for x in order}
    inner = {id(o) for x in order for o in x.operands if home[id(o)] and home[id(o)] == home[id(x)]}
    names: dict[int, str] = {}
    for x in order:
        statement = home[id(x)]
        if statement and id(x) not in inner and not (x.is_parameter or x.is_constant):
            names[id(x)] = statement[2]
    return names


def _statement(x: Instr) -> tuple[str, int, str] | None:
    """The file, first line and variable of the assignment that made a value."""
    if len(x.origins) != 1 or x.origins[0].derived:
        return None
    file, line, _ = x.origins[0]
    found = _assignments(PATHS.get(file, "")).get(line)
    return (file, *found) if found else None


@lru_cache(maxsize=64)
def _assignments(path: str) -> dict[int, tuple[int, str]]:
    """Each line of a plain assignment to one name: the statement's first line, and the name."""
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return {}  # no Python file, such as a notebook's: names are a courtesy
    lines: dict[int, tuple[int, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    lines[line] = (node.lineno, target.id)
    return lines


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
