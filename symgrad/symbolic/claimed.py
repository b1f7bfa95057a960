"""A claimed derivative beside the right one, as SymPy has them; runs in a process of its own.

SymPy's objects cross over as they are, their shared parts shared, or the text of an IR function of
scalars, which becomes expressions in the process.

>>> text = "func @g(input %x: f64[]) {\\n  %y = square %x : f64[]\\n  return %y\\n}"
>>> x = sp.Symbol("x", real=True)
>>> zeros([sp.Symbol("x") ** 2], Written(text, (x,)), {"x": ()})
[True]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sympy as sp

from symgrad.ir.text import parse
from symgrad.ops.table import OPS
from symgrad.symbolic.blame import blamed
from symgrad.symbolic.to_sympy import write
from symgrad.symbolic.vanishing import is_zero

Shapes = Mapping[str, tuple[Any, ...]]


class Written(NamedTuple):
    """An IR function of scalars as text, and what SymPy has for each of its parameters."""

    text: str
    symbols: tuple[Any, ...]

    def expressions(self) -> list[Any]:
        return write(parse(self.text, OPS), self.symbols, exact=True)


Side = Sequence[Any] | Written


def zeros(claimed: Side, right: Side, shapes: Shapes) -> list[bool]:
    """For each component whether SymPy can show that both sides are equal."""
    pairs = zip(_expressions(claimed, shapes), _expressions(right, shapes), strict=True)
    return [is_zero(a - b) for a, b in pairs]


def fault(claimed: Side, right: Side, shapes: Shapes, place: int, points: Sequence[Any]) -> str:
    """The term at fault in one component, in words; '' where it cannot be told.

    points   the values of the symbols, by how they print
    """
    wrong, good = (_plain(_expressions(side, shapes)[place]) for side in (claimed, right))
    at = [{sp.Symbol(n, real=True): v for n, v in point.items()} for point in points]
    return blamed(wrong, good, at)


def _expressions(side: Side, shapes: Shapes) -> list[Any]:
    """Real symbols of the leaves' names, whatever they were declared as, and exact literals."""
    found = side.expressions() if isinstance(side, Written) else side

    def change(x: Any) -> Any:
        if isinstance(x, sp.Float):
            return sp.Rational(float(x))
        if isinstance(x, sp.Indexed):
            name = str(x.base.name)
            base = sp.IndexedBase(name, shape=shapes.get(name, ()), real=True)
            return base[x.indices if len(x.indices) > 1 else x.indices[0]]
        if isinstance(x, sp.Symbol) and shapes.get(x.name) == ():
            return sp.Symbol(x.name, real=True)
        return None

    return [rebuilt(e, change) for e in found]


def _plain(expression: Any) -> Any:
    """Plain symbols that print as elements of arrays do."""
    atoms = (sp.Symbol, sp.Indexed)
    return rebuilt(
        expression, lambda x: sp.Symbol(str(x), real=True) if isinstance(x, atoms) else None
    )


def rebuilt(expression: Any, change: Callable[[Any], Any]) -> Any:
    """The expression with each object changed that ``change`` has another for; shared once.

    >>> x, y = sp.symbols("x y")
    >>> rebuilt(sp.sin(x) + x, {x: y}.get)
    y + sin(y)
    """
    made: dict[int, Any] = {}
    stack = [(expression, False)]
    while stack:
        x, ready = stack.pop()
        if ready:
            args = [made[id(a)] for a in x.args]
            same = all(a is b for a, b in zip(args, x.args, strict=True))
            made[id(x)] = x if same else x.func(*args)
        elif id(x) not in made:
            new = change(x)
            if new is not None or not x.args:
                made[id(x)] = x if new is None else new
            else:
                stack.append((x, True))
                stack.extend((a, False) for a in x.args)
    return made[id(expression)]
