"""micrograd's module of the same name: ``Value``, and the lecture's picture of a graph.

>>> from symgrad.engine import Value
>>> Value(2.0) * 3 + 1
Value(data=7.0, grad=0)
"""

from __future__ import annotations

from typing import Any

from symgrad.frontend.namespace import restored  # noqa: F401
from symgrad.frontend.scalars.parameters import Memory, Parameter  # noqa: F401
from symgrad.frontend.scalars.value import Value

# Pickles name ``restored``, ``Memory`` and ``Parameter`` as parts of this module, too.
__all__ = ["Value", "draw_dot"]


def draw_dot(root: Any, format: str = "svg", rankdir: str = "LR") -> Any:
    """The graph behind ``root`` as a ``graphviz.Digraph``, as the lecture draws it.

    ``root`` is a Value, an array expression or an IR function.  Raises ArgumentError for anything
    else, and for a ``rankdir`` other than LR, RL, TB, BT.
    """
    from symgrad.viz.draw_dot import draw_dot as draw  # graphviz loads when a picture is asked

    return draw(root, format=format, rankdir=rankdir)
