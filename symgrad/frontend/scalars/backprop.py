"""Walks over a graph of scalars, and the step of reverse mode at one node.

A node is anything with ``_operands``, ``_serial`` (the order of creation, which is topological),
``_name``, ``data`` and ``grad``.  Nothing here recurses.

>>> from symgrad.frontend.scalars.value import Value
>>> a = Value(2.0)
>>> [v._name for v in reach([a * a + 1.0])]
['', 'multiply', '', 'add']
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from symgrad.ops.float_algebra import partials

USER = "user:"  # heads the op name of a node that was made by hand, with its own ``_backward``
# micrograd writes these as a + (-b) and a * b**-1, whose inner node keeps its gradient between
# calls of backward().  ``_carry`` keeps it here, so that the same numbers are accumulated.
_CARRIES = ("subtract", "divide")


def computed(roots: Iterable[Any], chosen: bool = False) -> list[Any]:
    """``reach`` without the leaves, which are half of a graph.

    chosen   of each ``where`` only the chosen branch is followed
    """
    seen = dict.fromkeys([v for v in roots if v._operands])
    stack = list(seen)
    while stack:
        v = stack.pop()
        operands = (_taken(v),) if chosen and v._name == "where" else v._operands
        for operand in operands:
            if operand._operands and operand not in seen:
                seen[operand] = None
                stack.append(operand)
    return sorted(seen, key=attrgetter("_serial"))


def _taken(v: Any) -> Any:
    """The branch of a ``where`` that its condition chose."""
    return v._operands[1 if v._operands[0].data else 2]


def reach(roots: Iterable[Any]) -> list[Any]:
    """All nodes that the roots were made from, and the roots, in order of creation."""
    seen = dict.fromkeys(roots)
    stack = list(seen)
    while stack:
        for operand in stack.pop()._operands:
            if operand not in seen:
                seen[operand] = None
                stack.append(operand)
    return sorted(seen, key=attrgetter("_serial"))


def pull(v: Any) -> None:
    """Adds v's gradient, times the partials, to the gradients of its operands."""
    name, operands, g = v._name, v._operands, v.grad
    if name.startswith(USER):
        own = getattr(v, "_by_hand", None)
        if own is not None:
            own()
        return
    if name == "where":  # a product of inf and 0 would be nan
        _taken(v).grad += g
        return
    if name == "power" and len(operands) == 1:
        slopes = partials(name, v.data, operands[0].data, float(v._exponent))[:1]
    else:
        slopes = partials(name, v.data, *[x.data for x in operands])
    for i, (x, slope) in enumerate(zip(operands, slopes, strict=True)):
        if slope is None:
            continue
        if i == 1 and name in _CARRIES:
            g = v._carry = getattr(v, "_carry", 0.0) + g
        x.grad += slope * g
