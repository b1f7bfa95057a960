"""The user's names of values, which become the hints of their instructions.

There are two sources: the variables of the frame that compiles, and the assignments in the user's
file, which also name each round of a loop, and values of functions that have returned.  All
elements of a list get the name of the list; autodiff numbers them.

The frame of the loss has variables of every kind: ragged lists, lists that hold themselves, objects
whose ``__len__``, ``__eq__`` or ``__getattr__`` raises.  Naming looks at the types of all of them,
and runs no code of theirs.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> score = 2 * input("x")
>>> list(user_names({"score": score}, expression_nodes(score)).values())
['score']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dis import opname
from types import CodeType
from typing import Any

import numpy as np

from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.leaf import LeafInstr
from symgrad.frontend.scalars.backprop import computed
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import PATHS, SitedOrigin, line_of
from symgrad.frontend.source.statements import (
    RETURNED,
    Assignment,
    Site,
    Taken,
    assignments,
    is_return,
    stored,
)
from symgrad.ir.function import Function, Instr, Origin, topological
from symgrad.ir.rebuild import rebuild, with_operands


def is_a(x: Any, *kinds: type) -> bool:
    """``isinstance`` by the type alone, without running a user's ``__class__``."""
    return issubclass(type(x), kinds)


def items(x: Any) -> list[Any] | None:
    """The elements of a list or tuple, past overrides of its class; None for anything else."""
    for kind in (list, tuple):
        if is_a(x, kind):
            return list(kind.__iter__(x))
    return None


def listed(x: Any) -> list[Any] | None:
    """The elements of a list, a tuple or an array; None for anything else."""
    if not is_a(x, np.ndarray):
        return items(x)
    return list(x.view(np.ndarray).tolist()) if x.ndim else None


@dataclass(frozen=True)
class Nameable:
    """The part of a value that naming needs; keys are ``id``s of instructions or of Values."""

    key: int
    operands: tuple[int, ...]
    op: str
    origin: Origin | None


def expression_nodes(*exprs: Expr | Instr) -> list[Nameable]:
    """The values that expressions are computed from, in topological order; no leaves."""
    order = topological([e.instr if isinstance(e, Expr) else e for e in exprs])
    return [
        Nameable(id(x), tuple(map(id, x.operands)), x.op.name, _origin(x))
        for x in order
        if not (x.is_parameter or x.is_constant)
    ]


def value_nodes(*values: Value) -> list[Nameable]:
    """The same for scalars, in the order of their creation."""
    order = computed(values)
    sites = {(v._code, v._at): v for v in order}  # fewer than values
    origins = {site: v.origin for site, v in sites.items()}
    return [
        Nameable(id(v), tuple(map(id, v._operands)), v._name, origins[v._code, v._at])
        for v in order
    ]


def user_names(variables: Mapping[str, Any], nodes: Sequence[Nameable]) -> dict[int, str]:
    """A name for each node that the user named, by key; the frame's variables go first."""
    return {**from_source(nodes), **from_frame(variables, {node.key for node in nodes})}


def called(variables: Mapping[str, Any]) -> dict[int, str]:
    """The names that variables give to scalars, alone or in lists, by ``id``."""
    return from_frame(variables, {id(v) for v in held(variables)})


def held(variables: Mapping[str, Any]) -> list[Value]:
    """The computed scalars that variables hold, alone or in lists."""
    return [v for v in scalars(variables) if v._operands]


def scalars(variables: Mapping[str, Any]) -> list[Value]:
    """All scalars that variables hold, alone or in lists."""
    return [v for value in variables.values() for v in _flat([value]) if is_a(v, Value)]


def from_frame(variables: Mapping[str, Any], reached: set[int]) -> dict[int, str]:
    """The names of values in variables, and of values in lists that variables hold.

    Of two variables with one value, the first names it.  A list names its elements unless each is
    in a variable of its own.
    """
    named: dict[int, str] = {}
    lists: list[tuple[str, list[int]]] = []
    for name, value in variables.items():
        if name.startswith("_"):
            continue
        row = items(value)
        if row is not None:
            keys = [key for key in map(_key, _flat(row)) if key in reached]
            lists.append((name, list(dict.fromkeys(keys))))
        elif _key(value) in reached:
            named.setdefault(_key(value), name)
    plain = set(named)
    for name, keys in lists:
        if plain.issuperset(keys):
            continue
        named.update((key, name) for key in keys if key in plain or key not in named)
        plain.difference_update(keys)
    return named


def _flat(row: Iterable[Any]) -> list[Any]:
    """The elements of a list, and those of lists in it."""
    found: list[Any] = []
    for item in row:
        inner = items(item)
        found += [item] if inner is None else inner
    return found


def _key(value: Any) -> int:
    return id(value.instr) if is_a(value, Expr) else id(value)


def from_source(nodes: Sequence[Nameable], rounds_apart: bool = True) -> dict[int, str]:
    """The names that the user's assignments give, read from the file.

    The value of ``h = sg.tanh(x @ w)`` is the one that nothing else in the statement reads.  In a
    loop, each round of which may read the result of the last, it is every value of the same op.  A
    file that cannot be read names nothing.

    rounds_apart   each round of a loop has nodes of its own; otherwise all rounds share one
    """
    origins = {id(node.origin): node.origin for node in nodes}
    statements = {key: _statement(origin) for key, origin in origins.items()}
    found = {node.key: statements[id(node.origin)] for node in nodes}
    made, uses = {node.key: node for node in nodes}, uses_of(nodes)
    inner = {
        key
        for node in nodes
        for key in node.operands
        if found.get(key)
        and _same(found, key, node)
        and not _is_earlier(found[key], made[key], node, uses)
    }
    names: dict[int, str] = {}
    rounds: dict[Assignment, list[Nameable]] = {}
    for node in nodes:
        statement = found[node.key]
        if statement and node.key not in inner:
            names[node.key] = statement.name
        if statement and statement.repeats and rounds_apart:
            rounds.setdefault(statement, []).append(node)
    for statement, members in rounds.items():
        keys = _each_round(members, names, uses)
        names.update((key, statement.name) for key in keys)
    return names


def uses_of(nodes: Sequence[Nameable]) -> Counter[int]:
    return Counter(key for node in nodes for key in node.operands)


def _is_earlier(
    statement: Assignment | None, x: Nameable, reader: Nameable, uses: Mapping[int, int]
) -> bool:
    """True if a value is the result of an earlier run of the statement that reads it, in a function
    that is called again: it was made later in the statement, or by the same operator.  Partial sums
    that nothing else reads are parts of one sum."""
    if statement is None or statement.repeats or not statement.plain:
        return False
    if x.op in ("add", "subtract") and uses[x.key] == 1:
        return False
    sites = [o.site for o in (x.origin, reader.origin) if isinstance(o, SitedOrigin) and o.site]
    if len(sites) < 2:
        return False
    (code, at), (other, now) = sites
    if code is not other or not code.co_name.isidentifier():
        return False
    operator = x.op == reader.op and opname[code.co_code[at]].startswith("BINARY")
    return at > now or (at == now and operator)


def _same(found: Mapping[int, Assignment | None], key: int, node: Nameable) -> bool:
    return found[key] == found[node.key]


def _each_round(
    members: Sequence[Nameable], names: Mapping[int, str], uses: Mapping[int, int]
) -> list[int]:
    """The results of all rounds of a statement, of which only the last is found by its readers.

    Partial sums that only the next round reads are parts of one sum and get no name.
    """
    results = [node for node in members if node.key in names]
    if len(results) != 1:
        return []
    counts = Counter(node.op for node in members)
    op = results[0].op
    # Every op of the statement runs at least once in each round but, perhaps, the first.
    if min(counts.values()) < counts[op] - 1:
        return []
    sums = op in ("add", "subtract")
    return [node.key for node in members if node.op == op and not (sums and uses[node.key] == 1)]


def _origin(x: Instr) -> Origin | None:
    return x.origins[0] if len(x.origins) == 1 and not x.origins[0].derived else None


def _statement(origin: Origin | None) -> Assignment | None:
    """The assignment to the variable that takes a value."""
    if origin is None:
        return None
    found = assignments(PATHS[origin.file]).get(origin.line, [])
    site = origin.site if isinstance(origin, SitedOrigin) else None
    if site is None or (len(found) == 1 and found[0].plain):
        return found[0] if len(found) == 1 and found[0].alone else None
    calls = origin.calls if isinstance(origin, SitedOrigin) else ()
    if not found and not (calls and is_return(PATHS[origin.file], origin.line)):
        return None
    return _taken(stored(*site), found, calls, site[0])


def _taken(
    place: Taken, found: Sequence[Assignment], calls: Sequence[Site], code: CodeType
) -> Assignment | None:
    """The assignment among those of a line, or of the line of a call that returns the value."""
    if place.name != RETURNED:
        return next((a for a in found if a.name == place.name), None)
    if code.co_name == "<listcomp>":  # which is a function of its own before Python 3.12
        return found[0] if len(found) == 1 and found[0].lists else None
    if not calls:
        return None
    code, at = calls[0]
    found = assignments(code.co_filename).get(line_of(code, at), [])
    if len(found) == 1 and found[0].calls:
        return found[0]
    outer = stored(code, at)
    if place.part is not None and place.part < len(outer.parts):
        outer = Taken(outer.parts[place.part])
    return _taken(outer, found, calls[1:], code)


def with_names(f: Function, names: Mapping[int, str]) -> Function:
    """``f`` with the hints of the named instructions replaced; keys are ``id(instr)``."""

    def change(x: Instr, operands: tuple[Instr, ...]) -> Instr:
        hint = names.get(id(x), x.hint)
        if hint == x.hint:
            return with_operands(x, operands)
        if isinstance(x, LeafInstr):
            return LeafInstr(x.leaf, hint, x.type, x["kind"], x.origins)
        return x.replace(operands, hint)

    return rebuild(f, change, [change(p, ()) for p in f.parameters])
