"""One tensor for the demands of several readers on a class, and a view of it for each reader.

Readers of the same nodes share a tensor, in any order of axes.  A reader of a part of the nodes, or
of a node twice, has a view of it.  Demands that overlap are joined if neither holds the other.
Many lone nodes of one class are stacked along a new axis.

>>> a, b = Axis(2), Axis(3)
>>> whole = Demand(np.array([[5, 6, 7], [8, 9, 10]]), (a, b))
>>> column = Demand(np.array([6, 9]), (Axis(2),))
>>> (tensor,) = Gatherer(20).gather([column, whole])
>>> tensor.axes == (a, b), column.view[1]
(True, Int(place=1))
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symgrad.ir.program import Ints
from symgrad.reroll.index_patterns import Slice, view_of
from symgrad.reroll.tensors import Axes, Axis, Demand, Tensor

STACK = 4  # so many lone nodes of one class are computed as one array


class Gatherer:
    """Gathers demands; ``nodes`` is the number of nodes."""

    def __init__(self, nodes: int) -> None:
        self.home = np.full(nodes, -1, np.int64)
        self.place = np.zeros(nodes, np.int64)

    def gather(self, demands: Sequence[Demand]) -> list[Tensor]:
        """The tensors that the demands need; each demand learns its tensor and view."""
        tensors: list[Tensor | None] = []
        for d in sorted(demands, key=lambda d: -d.ids.size):
            self.settle(d, tensors)
        found = stacked([t for t in tensors if t is not None])
        for k, t in enumerate(found):
            flat = t.ids.reshape(-1)
            self.home[flat], self.place[flat] = k, np.arange(len(flat))
        for d in demands:
            self.attach(d, found[int(self.home[d.ids.flat[0]])])
        for t in found:
            self.home[t.ids.reshape(-1)] = -1
        return found

    def settle(self, d: Demand, tensors: list[Tensor | None]) -> None:
        """Makes a tensor for a demand, unless one holds its nodes already."""
        home = self.home[d.ids]
        lowest, highest = int(home.min()), int(home.max())
        if lowest == highest >= 0:
            return
        if highest < 0:
            tensor = Tensor(*distinct(d.ids, d.axes))
        else:
            held = [k for k in np.unique(home).tolist() if k >= 0]
            parts = [t.ids.reshape(-1) for t in (tensors[k] for k in held) if t is not None]
            ids = np.unique(np.concatenate([d.ids.reshape(-1), *parts]))
            tensor = Tensor(ids, (Axis(len(ids)),))
            for k in held:
                tensors[k] = None
        self.home[tensor.ids.reshape(-1)] = len(tensors)
        tensors.append(tensor)

    def attach(self, d: Demand, t: Tensor) -> None:
        d.tensor = t
        t.readers.append(d)
        if d.ids.shape == t.ids.shape and np.array_equal(d.ids, t.ids):
            d.view = tuple(Slice(axis, 0, 1) for axis in d.axes)
        else:
            places = np.unravel_index(self.place[d.ids], t.ids.shape) if t.ids.ndim else ()
            d.view = view_of(places, d.axes)


def distinct(ids: Ints, axes: Axes) -> tuple[Ints, Axes]:
    """Each node once.  Axes along which no node recurs are kept; the others become one."""
    flat, inverse = np.unique(ids, return_inverse=True)
    if len(flat) == ids.size:
        return ids, axes
    inverse = inverse.reshape(ids.shape)
    kept = [k for k in range(ids.ndim) if _separates(inverse, k, len(flat))]
    rest = [k for k in range(ids.ndim) if k not in kept]
    rows = ids.transpose(*kept, *rest).reshape(*(ids.shape[k] for k in kept), -1)
    rows = np.sort(rows, axis=-1)
    fresh = np.concatenate([np.ones((*rows.shape[:-1], 1), bool), np.diff(rows) != 0], axis=-1)
    counts = fresh.sum(axis=-1)
    if kept and np.all(counts == counts.flat[0]):
        n = int(counts.flat[0])
        whole = rows[fresh].reshape(*rows.shape[:-1], n)
        return whole, (*(axes[k] for k in kept), Axis(n))
    return flat, (Axis(len(flat)),)


def _separates(inverse: Ints, k: int, count: int) -> bool:
    """True if each node is at one place only along axis ``k``."""
    along = np.broadcast_to(
        np.arange(inverse.shape[k]).reshape((-1,) + (1,) * (inverse.ndim - 1 - k)), inverse.shape
    )
    low, high = np.full(count, inverse.shape[k]), np.full(count, -1)
    np.minimum.at(low, inverse.reshape(-1), along.reshape(-1))
    np.maximum.at(high, inverse.reshape(-1), along.reshape(-1))
    return bool(np.all(low == high))


def stacked(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors, with lone nodes as one along a new axis if there are many."""
    lone = [t for t in tensors if not t.axes]
    if len(lone) < STACK:
        return list(tensors)
    ids = np.sort(np.stack([t.ids for t in lone]))
    return [*(t for t in tensors if t.axes), Tensor(ids, (Axis(len(ids)),))]
