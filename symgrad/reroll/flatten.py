"""Chains of additions, subtractions and signs become sums of many signed terms.

A loop builds a chain: ``((b + w0*x0) + w1*x1) + ...``.  An addition inside a chain has one reader,
and is that reader's first operand.  A sum on the right, as in ``total + sum(...)``, remains a sum
of its own, so that a sum over examples of sums over outputs keeps its two levels.  The integer 0
that Python's ``sum`` begins with is dropped.

>>> from symgrad.ir.program import PARAM, ScalarProgram
>>> rows = [(PARAM, 0), (PARAM, 1), (PARAM, 2), ("add", 0, 1), ("subtract", 3, 2)]
>>> flat = flatten(ScalarProgram.build(["add", "subtract"], rows, outputs=[4]))
>>> flat.operands(4).tolist(), flat.signs(4).tolist()
([0, 1, 2], [1, 1, -1])
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symgrad.ir.program import START, Ints, ScalarProgram

SUM = "sum of terms"


@dataclass(frozen=True, eq=False)
class Flat:
    """The flattened graph: edges from each live node to its operands, sorted by node.

    names   ops by code, ``SUM`` last
    code    the op of each node; nodes inside a chain keep theirs, and are not ``live``
    start   node i owns the edges ``start[i]`` to ``start[i + 1]``
    sign    of each edge: -1 for a term that is subtracted
    """

    names: tuple[str, ...]
    code: Ints
    start: Ints
    operand: Ints
    sign: Ints
    live: np.ndarray[tuple[int], np.dtype[np.bool_]]
    outputs: Ints

    @property
    def sum(self) -> int:
        """The code of a sum."""
        return len(self.names) - 1

    def operands(self, i: int) -> Ints:
        return self.operand[self.start[i] : self.start[i + 1]]

    def signs(self, i: int) -> Ints:
        return self.sign[self.start[i] : self.start[i + 1]]


def flatten(p: ScalarProgram, ordered: bool = False) -> Flat:
    """The program with chains as sums.

    With ``ordered`` the terms are in the order in which the chain adds them, with the first 0.
    """
    names = (*p.names, SUM)
    n = len(p)
    arity = np.diff(p.start)
    owner = np.repeat(np.arange(n), arity)
    slot = np.arange(len(owner)) - np.repeat(p.start[:-1], arity)
    alias = np.arange(n) if ordered else _aliases(p, owner)
    operand, outputs = alias[p.operand], alias[p.outputs]
    dropped = alias != np.arange(n)
    real = ~dropped[owner]
    uses = np.bincount(operand[real], minlength=n) + np.bincount(outputs, minlength=n)
    subtracts, negative = p.code == p.code_of("subtract"), p.code == p.code_of("negative")
    linear = (p.code == p.code_of("add")) | subtracts | negative

    # An edge continues its reader's chain if its operand is linear, read once, and either a sign or
    # the first operand of an addition.  The first value that Python's sum adds is a plain term.
    continues = real & linear[owner] & linear[operand] & (uses[operand] == 1)
    begins = np.zeros(n, bool)
    begins[owner[p.code[p.operand] == START]] = True
    first = (slot == 0) & ~negative[owner] & ~dropped[p.operand] & ~begins[owner]
    continues &= first & ~negative[operand] if ordered else first | negative[operand]
    sign = np.ones(len(owner), np.int8)
    sign[(subtracts[owner] & (slot == 1)) | negative[owner]] = -1
    root, factor = _roots(n, owner[continues], operand[continues], sign[continues])

    kept = real & ~continues
    dead = dropped
    dead[operand[continues]] = True
    owner, operand, slot, sign = owner[kept], operand[kept], slot[kept], sign[kept]
    sign = sign * factor[owner]
    order = np.lexsort((slot, owner, root[owner]))
    code = np.where(linear & ~dead, len(names) - 1, p.code)
    counts = np.bincount(root[owner], minlength=n)
    start = np.concatenate([[0], np.cumsum(counts)])
    return Flat(names, code, start, operand[order], sign[order], ~dead, outputs)


def _aliases(p: ScalarProgram, owner: Ints) -> Ints:
    """For each node one of the same value: x for ``0 + x`` at the start of a sum, else itself."""
    alias = np.arange(len(p))
    starts = np.flatnonzero(p.code[p.operand] == START)
    for node in owner[starts].tolist():
        first, second = p.operands(node).tolist()
        alias[node] = alias[first] if p.code[second] == START else alias[second]
    return alias


def _roots(n: int, above: Ints, below: Ints, sign: Ints) -> tuple[Ints, Ints]:
    """For each node the end of its chain, and the product of the signs on the way there."""
    root, factor = np.arange(n), np.ones(n, np.int8)
    root[below], factor[below] = above, sign
    while True:
        further = root[root]
        if np.array_equal(further, root):
            return root, factor
        factor = factor * np.where(further != root, factor[root], 1).astype(np.int8)
        root = further
