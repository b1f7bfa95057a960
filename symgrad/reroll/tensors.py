"""The plan of an array program: tensors of nodes, and the operands of each.

A ``Tensor`` stands for distinct nodes of one class, arranged along axes.  A ``Demand`` is the
arrangement of nodes that a reader needs, in which nodes may recur.  An axis is an object, not a
size, so that two axes of 16 are not mixed up.

>>> import numpy as np
>>> Demand(np.array([[3, 3], [4, 4]]), (Axis(2), Axis(2))).ids.tolist()   # squeezed
[3, 4]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from symgrad.ir.program import Ints
from symgrad.reroll.index_patterns import View, squeezed


@dataclass(frozen=True, eq=False)
class Axis:
    """A direction in which nodes are arranged; compared by identity."""

    size: int


Axes = tuple[Axis, ...]
PICK = "pick"  # an op of scalars: of an index and values, the value at the index


@dataclass(eq=False)
class Demand:
    """Nodes that a reader needs, along the reader's axes.

    Axes along which the nodes do not change are dropped, and broadcast later.  The nodes are those
    of ``tensor`` through ``view``; a leaf has neither.
    """

    ids: Ints
    axes: Axes
    tensor: Tensor | None = None
    view: View | None = None

    def __post_init__(self) -> None:
        self.ids, self.axes = squeezed(self.ids, self.axes)


@dataclass(eq=False)
class SumGroup:
    """Terms of one class and sign in a sum.

    axes    along which each lane's terms are arranged; none for one term a lane
    starts  if lanes differ in their number of terms: all terms are along the one axis, lane after
            lane, and each lane's begin at these places
    """

    negative: bool
    terms: Demand
    axes: Axes = ()
    starts: Ints | None = None


@dataclass(eq=False)
class Tensor:
    """Distinct nodes that are computed together: by an op from ``operands``, as a sum of
    ``groups``, or, if their ops differ, from ``parts``, each beside the lanes that it holds.

    choices   of a pick: the axis of its second operand along which the values stand
    """

    ids: Ints
    axes: Axes
    code: int = -1
    operands: Sequence[Demand] = ()
    groups: Sequence[SumGroup] = ()
    parts: Sequence[tuple[Ints, Demand]] = ()
    readers: list[Demand] = field(default_factory=list)
    choices: Axis | None = None
