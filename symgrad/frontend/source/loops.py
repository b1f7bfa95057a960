"""The user's loops and functions, as they lie in the file.

>>> singular("targets"), singular("xs"), singular("losses")
('target', '', 'loss')
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import NamedTuple

from symgrad.frontend.source.statements import tree_of

_INDICES = frozenset({"idx", "ii", "jj", "kk", "step", "round"})


class UserLoop(NamedTuple):
    """A loop or comprehension: its first and last line, and what one round of it goes over."""

    start: int
    stop: int
    item: str


@lru_cache(maxsize=4096)
def loop_around(path: str, a: int, b: int) -> UserLoop | None:
    """The innermost loop that both lines are in."""
    found = [x for x in _loops(path) if x.start <= min(a, b) and max(a, b) <= x.stop]
    return min(found, key=lambda x: x.stop - x.start, default=None)


@lru_cache(maxsize=4096)
def function_around(path: str, line: int) -> str:
    """The name of the innermost function that a line is in, "" for none."""
    found = [x for x in _functions(path) if x.start <= line <= x.stop]
    return min(found, key=lambda x: x.stop - x.start, default=UserLoop(0, 0, "")).item


@lru_cache(maxsize=64)
def _loops(path: str) -> list[UserLoop]:
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.For | ast.While):
            item = item_of(node.target, node.iter) if isinstance(node, ast.For) else ""
            found.append(UserLoop(node.body[0].lineno, node.end_lineno or node.lineno, item))
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            first = node.generators[0]
            item = item_of(first.target, first.iter)
            found.append(UserLoop(node.lineno, node.end_lineno or node.lineno, item))
    return found


@lru_cache(maxsize=64)
def _functions(path: str) -> list[UserLoop]:
    nodes = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef)]
    return [UserLoop(n.lineno, n.end_lineno or n.lineno, n.name) for n in nodes]


def item_of(target: ast.expr, iterable: ast.expr) -> str:
    """A word for what one round of a loop goes over: its variable, or one of a list's items."""
    if isinstance(target, ast.Name) and len(target.id) > 1 and target.id[0] != "_":
        return "" if target.id in _INDICES else target.id
    names = [n.id for n in ast.walk(iterable) if isinstance(n, ast.Name)]
    return next(filter(None, map(singular, names)), "")


def singular(word: str) -> str:
    """One of several, "" where the word does not say what they are."""
    one = word[:-2] if word.endswith("sses") else word[:-1] if word.endswith("s") else ""
    return one if len(one) > 2 and (one.endswith("ss") or not one.endswith("s")) else ""
