"""Plans the tensors of nodes and their operands, from the outputs down.

All demands on a class are gathered before it is opened, highest class first.  A tensor is opened by
looking at all its lanes in lockstep: their ops must agree, and their operands are demanded along
the same axes; the terms of a sum are demanded by class, along a new axis if there are several.
Lanes that disagree are split, so that a wrong class does no harm.

For ``h[0] + h[1]`` with ``h[i] = tanh(w[i])``: the sum has one group, the two tanh along a new
axis, which are one tensor; the two w that it reads are leaves.

>>> from symgrad.ir.program import PARAM, ScalarProgram
>>> from symgrad.reroll.classify import classify, leaf_keys
>>> from symgrad.reroll.flatten import flatten
>>> rows = [(PARAM, 0), (PARAM, 1), ("tanh", 0), ("tanh", 1), ("add", 2, 3)]
>>> p = ScalarProgram.build(["tanh", "add"], rows, outputs=[4])
>>> flat = flatten(p)
>>> plan = Planner(p, flat, classify(flat, leaf_keys(p)))
>>> [(flat.names[t.code], t.ids.tolist()) for t in plan.run([Demand(flat.outputs[0], ())])]
[('sum of terms', 4), ('tanh', [2, 3])]
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from symgrad.ir.program import PARAM, Ints, ScalarProgram
from symgrad.reroll.classify import Classes, commutative, edges_of, in_first_order, pairs
from symgrad.reroll.flatten import Flat
from symgrad.reroll.shared_tensors import Gatherer
from symgrad.reroll.tensors import PICK, Axes, Axis, Demand, SumGroup, Tensor

PROBES = 3  # the depth of operands in which traces of loops are looked for


class Planner:
    """The plan while it grows.  ``tensors`` lists those opened so far, readers first."""

    def __init__(
        self, program: ScalarProgram, flat: Flat, classes: Classes, ordered: bool = False
    ) -> None:
        self.flat = flat
        self.classes = classes
        self.ordered = ordered
        self.tensors: list[Tensor] = []
        self.pending: dict[int, list[Demand]] = {}
        self.heap: list[tuple[int, int]] = []
        self.gatherer = Gatherer(len(flat.code))
        self.commutes = commutative(flat)
        self.rank = _ranks(program, flat)
        self.reached = _reached(program, flat, classes)

    def run(self, roots: Sequence[Demand]) -> list[Tensor]:
        """Opens everything that the roots need."""
        for root in roots:
            self.ask(root)
        while self.heap:
            _, number = heapq.heappop(self.heap)
            for tensor in self.gatherer.gather(self.pending.pop(number, [])):
                self.tensors.append(tensor)
                self.open(tensor)
        return self.tensors

    def demand(self, ids: Ints, axes: Axes) -> Demand:
        """A demand for these nodes, noted for when its class is opened."""
        return self.ask(Demand(ids, axes))

    def ask(self, demand: Demand) -> Demand:
        level = int(np.max(self.classes.level[demand.ids]))
        if level == 0:
            return demand
        number = int(self.classes.of[demand.ids.flat[0]])
        if number not in self.pending:
            self.pending[number] = []
            heapq.heappush(self.heap, (-level, number))
        self.pending[number].append(demand)
        return demand

    def open(self, t: Tensor) -> None:
        """Fills in the operands of the tensor."""
        ids = t.ids.reshape(-1)
        code, arity = self.flat.code[ids], np.diff(self.flat.start)[ids]
        sums = code == self.flat.sum
        # A number for each lane's op and arity; lanes of different numbers are split.
        form = np.where(sums, -1, code * (int(arity.max()) + 1) + arity)
        if np.any(form != form[0]):
            self.split(t, ids, form)
        elif sums[0]:
            self.open_sum(t, ids)
        elif not arity[0]:
            t.code = int(code[0])  # a leaf in a wrong class
            t.operands = ()
        else:
            t.code = int(code[0])
            columns = self.flat.start[ids][:, None] + np.arange(int(arity[0]))
            operands = self.flat.operand[columns]
            if self.commutes[t.code] and arity[0] == 2:
                operands = in_first_order(self.classes.of, operands)
            if self.flat.names[t.code] == PICK:
                self.open_pick(t, operands)
                return
            t.operands = [self.demand(c.reshape(t.ids.shape), t.axes) for c in operands.T]

    def open_pick(self, t: Tensor, operands: Ints) -> None:
        """An index, and the values that it chooses among along an axis of their own."""
        index, values = operands[:, 0], operands[:, 1:]
        t.choices = Axis(values.shape[1])
        t.operands = [
            self.demand(index.reshape(t.ids.shape), t.axes),
            self.demand(values.reshape(*t.ids.shape, -1), (*t.axes, t.choices)),
        ]

    def split(self, t: Tensor, ids: Ints, form: Ints) -> None:
        """Makes a tensor of the lanes of each form; the given one joins them."""
        for kind in dict.fromkeys(form.tolist()):
            lanes = np.flatnonzero(form == kind)
            part = Tensor(ids[lanes], (Axis(len(lanes)),))
            demand = Demand(part.ids, part.axes)
            demand.tensor, demand.view = part, None
            part.readers.append(demand)
            t.parts = [*t.parts, (lanes, demand)]
            self.tensors.append(part)
            self.open(part)

    def open_sum(self, t: Tensor, ids: Ints) -> None:
        lane, edges = edges_of(self.flat, ids)
        terms = self.flat.operand[edges]
        negative = self.flat.sign[edges] < 0
        key = 2 * self.classes.of[terms] + negative
        if not self.ordered:
            order = np.lexsort((terms, self.rank[terms], key, lane))
            lane, terms, key = lane[order], terms[order], key[order]
            negative, edges = negative[order], edges[order]
        begins = np.flatnonzero(
            np.concatenate([[True], (np.diff(lane) != 0) | (np.diff(key) != 0)])
        )
        counts = np.diff(np.concatenate([begins, [len(lane)]]))
        runs = np.bincount(lane[begins], minlength=len(ids))
        width = int(runs[0])
        # In order, lanes whose runs differ in length are not added together.
        rows = pairs(key[begins], counts) if self.ordered else key[begins]
        same = bool(np.all(runs == width)) and bool(np.all(rows.reshape(-1, width) == rows[:width]))
        if not same:
            self.split(t, ids, _forms(rows, runs))
            return
        t.code = self.flat.sum
        groups = []
        for g in range(width):
            first, number = begins[g::width], counts[g::width]
            group = self.group(t, terms, first, number, bool(negative[first[0]]))
            groups.append((int(edges[first[0]]), group))
        t.groups = [group for _, group in sorted(groups, key=lambda pair: pair[0])]

    def loops(self, terms: Ints) -> tuple[int, ...]:
        """The sizes of the loops that made a list of terms, as far as their operands show them."""
        sizes = factored(self.reached[terms])
        for _ in range(PROBES):
            if len(sizes) > 1:
                break
            start, stop = self.flat.start[terms], self.flat.start[terms + 1]
            if np.any(start == stop):
                break
            first, second = self.flat.operand[start], self.flat.operand[stop - 1]
            sizes = max(factored(first), factored(second), key=len)
            terms = first
        return sizes

    def group(self, t: Tensor, terms: Ints, first: Ints, counts: Ints, negative: bool) -> SumGroup:
        """The terms of one kind: ``counts[l]`` of them from ``first[l]`` on, for each lane l."""
        most = int(counts.max())
        if most == int(counts.min()):
            block = terms[first[:, None] + np.arange(most)]
            if most == 1:
                return SumGroup(negative, self.demand(block.reshape(t.ids.shape), t.axes))
            sizes = (most,) if self.ordered else self.loops(block[0])
            axes = tuple(Axis(n) for n in sizes)
            ids = block.reshape(*t.ids.shape, *sizes)
            return SumGroup(negative, self.demand(ids, (*t.axes, *axes)), axes)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        within = np.arange(int(counts.sum())) - np.repeat(starts, counts)
        axis = Axis(len(within))
        ids = terms[np.repeat(first, counts) + within]
        return SumGroup(negative, self.demand(ids, (axis,)), (axis,), starts)


def _forms(rows: Ints, runs: Ints) -> Ints:
    """A number for each lane's row of term kinds."""
    ends = np.cumsum(runs)
    known: dict[bytes, int] = {}
    forms = [
        known.setdefault(rows[end - n : end].tobytes(), len(known))
        for end, n in zip(ends, runs, strict=True)
    ]
    return np.array(forms)


def factored(firsts: Ints) -> tuple[int, ...]:
    """The sizes of the loops that made a list, from a number that each element reads.

    >>> factored(np.array([0, 5, 9, 0, 5, 9])), factored(np.array([0, 0, 5, 5, 9, 9]))
    ((2, 3), (3, 2))
    >>> factored(np.array([0, 0, 0, 0])), factored(np.array([0, 5, 9, 12]))
    ((4,), (4,))
    """
    count = len(firsts)
    change = int(np.argmax(firsts != firsts[0]))
    again = np.flatnonzero(firsts == firsts[0])
    again = again[again > change] if change else again[:0]
    period = int(again[0]) if len(again) else 0
    if change > 1 and count % change == 0:
        rows = firsts.reshape(-1, change)
        if np.all(rows == rows[:, :1]):
            return count // change, change
    if period and count % period == 0 and np.all(firsts.reshape(-1, period) == firsts[:period]):
        return count // period, period
    return (count,)


def _reached(p: ScalarProgram, flat: Flat, classes: Classes) -> Ints:
    """For each node the first parameter that it depends on.

    It is periodic for a loop over examples within a loop over outputs, or the other way round.
    """
    far = np.iinfo(np.int64).max
    first = np.where(p.code == PARAM, p.place, far)
    has = np.flatnonzero(np.diff(flat.start))
    depth = int(classes.level.max(initial=0))
    if not len(has) or depth > 64:
        return first
    for _ in range(depth):
        first[has] = np.minimum.reduceat(first[flat.operand], flat.start[has])
    return first


def _ranks(p: ScalarProgram, flat: Flat) -> Ints:
    """For each node the first parameter that it is or reads at once; terms are sorted by it.

    A sum over inputs in any order then has its weights in the order of theta.
    """
    far = np.iinfo(np.int64).max
    rank = np.where(p.code == PARAM, p.place, far)
    owner = np.repeat(np.arange(len(flat.code)), np.diff(flat.start))
    reads = p.code[flat.operand] == PARAM
    np.minimum.at(rank, owner[reads], p.place[flat.operand[reads]])
    return rank
