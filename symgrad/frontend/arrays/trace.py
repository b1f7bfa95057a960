"""Makes an IR function of expressions.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input, param
>>> w, x = param("w", 2.0), input("x")
>>> [p.hint for p in trace([w * x]).function.parameters]
['w', 'x']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from symgrad.errors import ArgumentError, NamingError
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.leaf import Leaf, LeafInstr
from symgrad.frontend.source.names import with_names
from symgrad.ir.function import Function, topological


@dataclass(frozen=True)
class TracedFunction:
    """A function, the leaves of its parameters in order, and the leaves that its results read."""

    function: Function
    leaves: tuple[Leaf, ...]
    reached: tuple[Leaf, ...]

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of the leaves that nothing reads."""
        read = {id(leaf) for leaf in self.reached}
        return tuple(leaf.name for leaf in self.leaves if id(leaf) not in read)


def trace(
    outputs: Sequence[Expr],
    *,
    name: str = "f",
    wrt: Sequence[Leaf] | None = None,
    also: Sequence[Leaf] = (),
    first: Sequence[Leaf] = (),
    names: Mapping[int, str] | None = None,
) -> TracedFunction:
    """The function that computes ``outputs``.

    Parameters are the leaves of ``first`` as listed, then the params, then the inputs, each by
    order of creation; constants come last.  ``wrt``, ``also`` and ``first`` become parameters
    though nothing reads them.  ``names`` maps ``id(instr)`` to a name (see
    ``symgrad.frontend.source.names``).

    Raises ArgumentError for outputs that are no expressions, and NamingError if two leaves have one
    name.
    """
    for i, output in enumerate(outputs):
        if not isinstance(output, Expr):
            raise ArgumentError(
                f"output {i} is a {type(output).__name__}; expected a symgrad expression"
            )
    order = sorted(topological([o.instr for o in outputs]), key=attrgetter("serial"))
    reached = tuple([x.leaf for x in order if isinstance(x, LeafInstr)])
    distinct = {leaf.serial: leaf for leaf in (*reached, *(wrt or ()), *also, *first)}
    places = {leaf.serial: i for i, leaf in enumerate(first)}
    leaves = sorted(distinct.values(), key=partial(_place, places))
    _distinct_names(leaves)
    body = tuple([x for x in order if not x.is_parameter])
    parameters = tuple([leaf.instr for leaf in leaves])
    built = Function(name, parameters, body, tuple([o.instr for o in outputs]))
    hints = {**(names or {}), **_constant_names(leaves)}
    return TracedFunction(with_names(built, hints) if hints else built, tuple(leaves), reached)


def _place(listed: Mapping[int, int], leaf: Leaf) -> tuple[bool, int, bool, int]:
    """The place of a leaf among the arguments, as a key to sort by."""
    own = listed.get(leaf.serial, len(listed))
    return leaf.kind == "constant", own, leaf.kind != "param", leaf.serial


def _distinct_names(leaves: Sequence[Leaf]) -> None:
    seen: dict[str, Leaf] = {}
    for leaf in leaves:
        other = seen.setdefault(leaf.name, leaf) if leaf.name else leaf
        if other is not leaf:
            raise NamingError(
                f"two leaves are named {leaf.name!r}, at {other.origin} and at {leaf.origin}; "
                "rename one"
            )


def _constant_names(leaves: Sequence[Leaf]) -> dict[int, str]:
    taken, names, number = {leaf.name for leaf in leaves}, {}, 0
    for leaf in leaves:
        if leaf.name:
            continue
        number += 1
        while f"c{number}" in taken:
            number += 1
        names[id(leaf.instr)] = f"c{number}"
    return names
