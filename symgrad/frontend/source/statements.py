"""The user's statements, read from the file: assignments to names, and the variables of loops.

Names only help readers, so a file that cannot be read or parsed raises no error: it has no
statements.
"""

from __future__ import annotations

import ast
import linecache
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from symgrad.frontend.source.origin import PATHS
from symgrad.ir.function import Origin

Loop = ast.For | ast.comprehension

_SEEN = (ast.Assign, ast.AnnAssign, ast.For, ast.ListComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Assignment:
    """An assignment to a name; ``repeats`` if it is in a loop, ``alone`` if it is the only one on
    its lines."""

    path: str
    line: int
    name: str
    repeats: bool
    alone: bool = True


@dataclass(frozen=True)
class LoopVariable:
    """``element`` runs over the variable ``series`` in a loop without a condition."""

    series: str
    element: str


@lru_cache(maxsize=64)
def _tree(path: str) -> ast.Module:
    try:
        return ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])  # no Python file, such as a notebook's


@lru_cache(maxsize=64)
def _nodes(path: str) -> list[tuple[ast.AST, bool]]:
    """Assignments, loops and comprehensions in their order, each with True if it is in a loop."""
    found: list[tuple[ast.AST, bool]] = []
    stack: list[tuple[Any, bool]] = [(_tree(path), False)]
    while stack:
        node, looped = stack.pop()
        kind = type(node)
        if kind in _SEEN:
            found.append((node, looped))
        looped = looped or kind in (ast.For, ast.While)
        below: list[Any] = []
        for field in kind._fields:
            inner = getattr(node, field, None)
            below += inner if type(inner) is list else [inner]
        stack += [(n, looped) for n in reversed(below) if isinstance(n, ast.AST)]
    return found


@lru_cache(maxsize=64)
def assignments(path: str) -> dict[int, list[Assignment]]:
    """The assignments to names, by each of their lines."""
    naming = [(node, looped) for node, looped in _nodes(path) if _targets(node)]
    every: dict[int, ast.AST] = {id(node): node for node in _statements(path).values()}
    every.update((id(node), node) for node, _ in naming)
    on_line = Counter(line for node in every.values() for line in _span(node))
    lines: dict[int, list[Assignment]] = {}
    for node, looped in naming:
        span = _span(node)
        alone = bool(_assigned(node)) and all(on_line[line] == 1 for line in span)
        made = [Assignment(path, span[0], name, looped, alone) for name in _targets(node)]
        for line in span:
            lines.setdefault(line, []).extend(made)
    return lines


def _span(node: ast.AST) -> range:
    """The lines of a statement."""
    assert isinstance(node, ast.stmt)
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _targets(node: ast.AST) -> list[str]:
    """The names that a statement assigns, those of a tuple one by one; no name with ``_`` first."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    if not targets or isinstance(node.value, ast.Lambda):  # type: ignore[attr-defined]
        return []
    parts = [p for t in targets for p in (t.elts if isinstance(t, ast.Tuple | ast.List) else [t])]
    return [p.id for p in parts if isinstance(p, ast.Name) and not p.id.startswith("_")]


def statement(path: str, line: int) -> ast.stmt | None:
    """The simple statement on a line."""
    return _statements(path).get(line)


@lru_cache(maxsize=64)
def _statements(path: str) -> dict[int, ast.stmt]:
    simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
    lines: dict[int, ast.stmt] = {}
    for node in ast.walk(_tree(path)):
        if isinstance(node, simple):
            span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            lines.update(dict.fromkeys(span, node))
    return lines


def value_of(path: str, name: str) -> ast.expr | None:
    """The expression that a file assigns to a name, if there is one such assignment."""
    found = [a for a in _statements(path).values() if _assigned(a) == name]
    distinct = list(dict.fromkeys(found))
    return getattr(distinct[0], "value", None) if len(distinct) == 1 else None


def _assigned(node: ast.AST) -> str:
    """The name that a statement gives to a value, or nothing."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return ""
    plain = isinstance(target, ast.Name) and not isinstance(node.value, ast.Lambda)
    return target.id if plain and isinstance(target, ast.Name) else ""


def elements(path: str, line: int) -> list[LoopVariable]:
    """The variables of the loops around a line, or in its statement, innermost loop first."""
    return [e for start, stop, e in reversed(_elements(path)) if start <= line <= stop]


def loop_variables(origins: set[Origin]) -> Iterator[LoopVariable]:
    """The variables of the loops around the lines, from the first line to the last."""
    for origin in sorted(origins):
        yield from elements(PATHS[origin.file], origin.line)


@lru_cache(maxsize=64)
def _elements(path: str) -> list[tuple[int, int, LoopVariable]]:
    found: list[tuple[int, int, LoopVariable]] = []
    for node, _ in _nodes(path):
        loops: list[Loop] = []
        if isinstance(node, ast.For):
            loops = [node]
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            loops = [c for c in node.generators if not c.ifs] if len(node.generators) == 1 else []
        for loop in loops:
            assert isinstance(node, ast.stmt | ast.expr)
            span = node.lineno, node.end_lineno or node.lineno
            found += [(*span, e) for e in _pairs(loop.target, loop.iter)]
    return found


def _pairs(target: ast.expr, iterable: ast.expr) -> list[LoopVariable]:
    """The names of ``for x in xs`` and ``for x, y in zip(xs, ys)``."""
    if isinstance(target, ast.Name) and isinstance(iterable, ast.Name):
        return [LoopVariable(iterable.id, target.id)]
    if not isinstance(target, ast.Tuple) or not isinstance(iterable, ast.Call):
        return []
    called = iterable.func.id if isinstance(iterable.func, ast.Name) else ""
    if called == "enumerate" and len(target.elts) == 2 and iterable.args:
        return _pairs(target.elts[1], iterable.args[0])
    if called != "zip":
        return []
    pairs = zip(target.elts, iterable.args, strict=False)
    return [e for t, i in pairs if isinstance(t, ast.Name) for e in _pairs(t, i)]
