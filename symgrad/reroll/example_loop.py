"""A loop over examples in a scalar program: a sum whose terms are one computation on other data.

The lanes of the loop are walked in lockstep, with nothing inside them rolled up.  The result is the
straight-line code of one example, whose values are vectors of one entry an example.  Parameters are
scalars and must be the same in every lane; numbers that differ from lane to lane are columns of
data.  For ``loss = sum((w*x - y)**2 for x, y in data)``::

    loss = sum (w*x - y)**2     w: f64[], x and y: f64[N]

Nodes of one class that read the same parameters are proposed as lanes; the walk checks the op and
the number of operands of each lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symgrad.ir.function import Origins
from symgrad.ir.program import CONSTANT, INPUT, PARAM, START, Floats, Ints, ScalarProgram
from symgrad.reroll.classify import classify, commutative, in_first_order, leaf_keys
from symgrad.reroll.flatten import flatten

_SPARES_LITTLE = "a loop would leave more outside of it than it spares"


class IrregularError(Exception):
    """Lanes do not compute the same; caught in this file."""


@dataclass(frozen=True)
class Operand:
    """Nodes that are read together, one a lane, or a single one that all lanes share.

    ``summed``: they are lanes of the loop, and their sum is read.
    """

    ids: Ints
    negative: bool = False
    summed: bool = False

    @property
    def key(self) -> tuple[bytes, int]:
        return self.ids.tobytes(), len(self.ids)


@dataclass(frozen=True)
class Literal:
    """A number of the program, and the lines of the operations that read it."""

    value: float
    origins: Origins


class Lanes:
    """The loop that a program has, if any.

    count      the number of lanes; 0 if there is no loop, and ``reason`` says why
    columns    the data, each an array of one number a lane, in the order of their first use
    literals   the numbers that do not differ from lane to lane
    """

    def __init__(self, program: ScalarProgram, ordered: bool = False) -> None:
        self.program = program
        self.ordered = ordered
        self.flat = flatten(program, ordered)
        self.of = classify(self.flat, _keys(program), ordered).of
        self.commutes = commutative(self.flat)
        self.arity = np.diff(self.flat.start)
        self.reason = "no sum has terms that are one computation on different data"
        self.count = self.seek()
        self.order: list[tuple[Operand, list[Operand]]] = []
        self.columns: list[Floats] = []
        self.literals: list[Literal] = []
        if self.count:
            self.order = self.walk([Operand(o) for o in self.flat.outputs[:, None]], self.count)
            self.note_leaves()
            self.check()

    def seek(self) -> int:
        """The number of lanes of the loop that spares most work."""
        if np.any(self.program.code == INPUT):
            self.reason = "the program reads arrays, which stand for any number of examples"
            return 0
        work: dict[int, int] = {}
        stack = self.flat.outputs.tolist()
        seen = set(stack)
        while stack:
            node = stack.pop()
            operands = self.flat.operands(node)
            if self.flat.code[node] == self.flat.sum and len(operands) > 1:
                operands = self.without_loops(operands, self.flat.signs(node), work)
            fresh = [o for o in operands.tolist() if o not in seen]
            seen.update(fresh)
            stack += fresh
        count = max(work, key=lambda n: (work[n], n), default=0)
        covered = sum(work.values())
        computed = int(np.count_nonzero(self.flat.live & (self.arity > 0)))
        if count * (computed - covered) > (count - 1) * covered:
            self.reason = _SPARES_LITTLE
            return 0
        return count

    def without_loops(self, terms: Ints, signs: Ints, work: dict[int, int]) -> Ints:
        """The terms of a sum that are no lanes of a loop; ``work`` receives that of the lanes."""
        key = 2 * self.of[terms] + (signs < 0)
        left = np.ones(len(terms), bool)
        for k in dict.fromkeys(key.tolist()):
            own = np.flatnonzero(key == k)
            lanes = Operand(terms[own])
            if len(own) < 2 or len(squeezed(lanes).ids) == 1:
                continue
            try:
                order = self.walk([lanes], 0)
            except IrregularError:
                continue
            steps = sum(1 for x, operands in order if operands and len(x.ids) > 1)
            if steps:
                left[own] = False
                work[len(own)] = work.get(len(own), 0) + len(own) * steps
        return terms[left]

    def walk(self, roots: Sequence[Operand], count: int) -> list[tuple[Operand, list[Operand]]]:
        """All that the roots need, operands first, each with its operands.

        Raises IrregularError where lanes differ.
        """
        order: list[tuple[Operand, list[Operand]]] = []
        opened: dict[tuple[bytes, int], list[Operand]] = {}
        done: set[tuple[bytes, int]] = set()
        stack = list(reversed(roots))
        while stack:
            x = stack[-1]
            if x.key in done:
                stack.pop()
                continue
            if x.key not in opened:
                opened[x.key] = self.open(x, count)
                stack += reversed([o for o in opened[x.key] if o.key not in done])
                continue
            stack.pop()
            done.add(x.key)
            order.append((x, opened[x.key]))
        return order

    def open(self, x: Operand, count: int) -> list[Operand]:
        """The operands of the nodes, lane by lane.  ``count`` is the number of lanes of the loop,
        which stay together; 0 while it is unknown."""
        ids, flat = x.ids, self.flat
        arity = int(self.arity[ids[0]])
        if np.any(flat.code[ids] != flat.code[ids[0]]) or np.any(self.arity[ids] != arity):
            raise IrregularError
        if not arity:
            return []
        edges = flat.start[ids][:, None] + np.arange(arity)
        operands, negative = flat.operand[edges], flat.sign[edges] < 0
        if flat.code[ids[0]] == flat.sum:
            operands, negative = self.aligned(operands, negative)
            if len(ids) == 1 and count:
                return self.grouped(operands[0], negative[0], count)
        elif self.commutes[flat.code[ids[0]]] and arity == 2:
            operands = in_first_order(self.of, operands)
        return [
            squeezed(Operand(column, bool(signs[0])))
            for column, signs in zip(operands.T, negative.T, strict=True)
        ]

    def aligned(self, terms: Ints, negative: Ints) -> tuple[Ints, Ints]:
        """The terms of each lane's sum in the order of the first lane's.

        Ordered sums agree in their order already, or the lanes are irregular.
        """
        key = 2 * self.of[terms] + negative
        if not self.ordered:
            order = np.argsort(key, axis=1, kind="stable")
            back = np.argsort(order[0])
            order = order[:, back]
            key = np.take_along_axis(key, order, 1)
            terms = np.take_along_axis(terms, order, 1)
            negative = np.take_along_axis(negative, order, 1)
        if np.any(key != key[0]):
            raise IrregularError
        return terms, negative

    def grouped(self, terms: Ints, negative: Ints, count: int) -> list[Operand]:
        """The terms of a sum outside the loop, the lanes of the loop as one.

        A loop must begin an ordered sum, at 0 as Python's ``sum`` does.
        """
        if self.ordered:
            added = self.program.code[terms] != START
            terms, negative = terms[added], negative[added]
        key = 2 * self.of[terms] + negative
        found: dict[int, list[int]] = {}
        for place, k in enumerate(key.tolist()):
            found.setdefault(k, []).append(place)
        result = []
        for places in found.values():
            lanes = Operand(terms[places], bool(negative[places[0]]), summed=True)
            apart = self.ordered and places != list(range(count))
            if len(places) == count and not apart and self.is_loop(lanes):
                result.append((places[0], lanes))
            else:
                result += [(p, Operand(terms[p : p + 1], lanes.negative)) for p in places]
        return [x for _, x in sorted(result, key=lambda pair: pair[0])]

    def is_loop(self, lanes: Operand) -> bool:
        if len(squeezed(lanes).ids) == 1:
            return False
        try:
            return any(operands for _, operands in self.walk([lanes], 0))
        except IrregularError:
            return False

    def check(self) -> None:
        """Gives the loop up if single lanes are read outside of it, or too much stays outside."""
        inner = [x.ids for x, operands in self.order if operands and len(x.ids) > 1]
        alone = [x.ids for x, operands in self.order if operands and len(x.ids) == 1]
        if not any(o.summed for _, operands in self.order for o in operands):
            self.reason = "a sum that is added in order begins with other terms"
        elif alone and np.isin(np.concatenate(alone), np.concatenate(inner)).any():
            self.reason = "the values of single examples are read outside of the loop"
        elif len(alone) > (self.count - 1) * len(inner):
            self.reason = _SPARES_LITTLE
        else:
            return
        self.count = 0

    def note_leaves(self) -> None:
        """Fills in the columns and the literals, in the order of their first use."""
        found: dict[bytes, Floats] = {}
        literals: dict[Literal, None] = {}
        for x, operands in self.order:
            for o in operands:
                code = int(self.program.code[o.ids[0]])
                if self.arity[o.ids[0]] or code not in (CONSTANT, START):
                    continue
                values = self.program.value[o.ids]
                if is_varying(values):
                    found.setdefault(values.tobytes(), values)
                else:
                    literals[Literal(float(values[0]), self.program.origins_of(x.ids))] = None
        self.columns, self.literals = list(found.values()), list(literals)


def squeezed(x: Operand) -> Operand:
    """A single node if all lanes read the same one."""
    if len(x.ids) > 1 and bool(np.all(x.ids == x.ids[0])):
        return Operand(x.ids[:1], x.negative, x.summed)
    return x


def is_varying(values: Floats) -> bool:
    """True if numbers differ, bit by bit."""
    bits = values.view(np.int64)
    return bool(np.any(bits != bits[0]))


def _keys(p: ScalarProgram) -> Ints:
    """The key of each leaf; every parameter has one of its own."""
    keys = leaf_keys(p)
    own = p.code == PARAM
    keys[own] = int(keys.max(initial=0)) + 1 + p.place[own]
    return keys
