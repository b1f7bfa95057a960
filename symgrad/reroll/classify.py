"""Classes: nodes of one structure, with any leaves.

Level by level from the leaves up, the row (op, classes of the operands) of each node is interned.
The row of a sum is the *set* of its terms' (class, sign), so that the order and number of terms do
not matter; if the order is kept, it is the sequence of them, each run once.  Rows are compared
exactly, never by a hash.

>>> from symgrad.ir.program import PARAM, ScalarProgram
>>> from symgrad.reroll.flatten import flatten
>>> rows = [(PARAM, 0), (PARAM, 1), ("tanh", 0), ("tanh", 1), ("tanh", 2)]
>>> program = ScalarProgram.build(["tanh"], rows, outputs=[3, 4])
>>> classify(flatten(program), leaf_keys(program)).of.tolist()
[0, 0, 1, 1, 2]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from symgrad.ir.program import EXPONENT, INPUT, Ints, ScalarProgram
from symgrad.ops.table import OPS
from symgrad.reroll.flatten import Flat

WIDE = 200  # nodes a level, below which a Python loop is faster than NumPy's calls


@dataclass(frozen=True, eq=False)
class Classes:
    """The class of each node, -1 if it is not live; and its level, 0 for a leaf."""

    of: Ints
    level: Ints


def leaf_keys(p: ScalarProgram) -> Ints:
    """The key of each leaf: its kind, the array of an input, the value of an exponent."""
    key = p.code.astype(np.int64)
    inputs, exponents = p.code == INPUT, p.code == EXPONENT
    key[inputs] = len(p.names) + p.array[inputs]
    _, numbers = np.unique(p.value[exponents].view(np.int64), return_inverse=True)
    key[exponents] = len(p.names) + len(p.arrays) + numbers
    return key


def classify(flat: Flat, keys: Ints, ordered: bool = False) -> Classes:
    """The classes of all live nodes.  ``keys`` tells the leaves apart."""
    level = levels(flat)
    of = np.full(len(flat.code), -1, np.int64)
    leaves = flat.live & (level == 0)
    _, of[leaves] = np.unique(keys[leaves], return_inverse=True)
    next_class = int(of.max(initial=-1)) + 1
    deep = int(level.max(initial=0))
    inner = np.flatnonzero(flat.live & (level > 0))
    if len(inner) < WIDE * deep:
        _one_by_one(flat, inner[np.argsort(level[inner], kind="stable")], of, next_class, ordered)
        return Classes(of, level)
    order = inner[np.argsort(level[inner], kind="stable")]
    ends = np.searchsorted(level[order], np.arange(1, deep + 2))
    for a, b in pairwise(ends):
        nodes = order[a:b]
        rows = _rows(flat, nodes, of, ordered)
        _, numbers = np.unique(rows, return_inverse=True)
        of[nodes] = next_class + numbers
        next_class += int(numbers.max(initial=-1)) + 1
    return Classes(of, level)


def levels(flat: Flat) -> Ints:
    """The longest way from each node down to a leaf."""
    n = len(flat.code)
    level = np.zeros(n, np.int64)
    has = np.flatnonzero(np.diff(flat.start))
    if not len(has):
        return level
    for _ in range(64):
        above = level.copy()
        above[has] = np.maximum.reduceat(level[flat.operand], flat.start[has]) + 1
        if np.array_equal(above, level):
            return level
        level = above
    # A deep program: one pass in order of creation, in which operands come first.
    start, operand, deep = flat.start.tolist(), flat.operand.tolist(), [0] * n
    for i in has.tolist():
        deep[i] = 1 + max([deep[o] for o in operand[start[i] : start[i + 1]]])
    return np.array(deep, np.int64)


def _one_by_one(flat: Flat, nodes: Ints, of: Ints, next_class: int, ordered: bool) -> None:
    known: dict[Any, int] = {}
    start, operand, sign = flat.start.tolist(), flat.operand.tolist(), flat.sign.tolist()
    codes, classes, total = flat.code.tolist(), of.tolist(), flat.sum
    commutes = commutative(flat)
    for i in nodes.tolist():
        span = range(start[i], start[i + 1])
        row: Iterable[Any] = [classes[operand[e]] for e in span]
        if codes[i] == total:
            signed = [2 * c + (sign[e] < 0) for c, e in zip(row, span, strict=True)]
            row = tuple(k for k, _ in groupby(signed)) if ordered else frozenset(signed)
        elif commutes[codes[i]]:
            row = sorted(row)
        key = (codes[i], row if codes[i] == total else tuple(row))
        classes[i] = known.setdefault(key, next_class + len(known))
    of[:] = classes


def in_first_order(of: Ints, operands: Ints) -> Ints:
    """The pairs of operands of a commutative op, in the order of the first pair's classes."""
    a, b = of[operands].T
    swapped = (a != b) & (a == b[0]) & (b == a[0])
    return np.where(swapped[:, None], operands[:, ::-1], operands)


def commutative(flat: Flat) -> Any:
    return np.array([name in OPS and OPS[name].commutative for name in flat.names])


def _rows(flat: Flat, nodes: Ints, of: Ints, ordered: bool) -> Ints:
    """A number for each node's row; equal rows, and only those, have equal numbers."""
    arity = flat.start[nodes + 1] - flat.start[nodes]
    code = flat.code[nodes].astype(np.int64)
    sums = code == flat.sum
    rows: Ints = code.copy()
    for width in np.unique(arity[~sums]):
        some = ~sums & (arity == width)
        operands = of[flat.operand[flat.start[nodes[some]][:, None] + np.arange(width)]]
        if width == 2:
            swapped = np.sort(operands, axis=1)
            operands = np.where(commutative(flat)[code[some]][:, None], swapped, operands)
        number = code[some]
        for column in operands.T:
            number = pairs(number, column)
        rows[some] = number * (int(arity.max()) + 2) + width
    rows[sums] = -1 - _sums(flat, nodes[sums], of, ordered)
    return rows


def pairs(a: Ints, b: Ints) -> Ints:
    """A number below ``len(a)`` for each pair; equal pairs have equal numbers."""
    numbers: Ints = np.unique(a * (int(b.max(initial=0)) + 1) + b, return_inverse=True)[1]
    return numbers


def _sums(flat: Flat, nodes: Ints, of: Ints, ordered: bool) -> Ints:
    """A number for each sum's set, or sequence of runs, of (class, sign)."""
    lane, edges = edges_of(flat, nodes)
    key = 2 * of[flat.operand[edges]] + (flat.sign[edges] < 0)
    span = int(key.max(initial=0)) + 1
    distinct = lane * span + key
    distinct = distinct[np.diff(distinct, prepend=-1) != 0] if ordered else np.unique(distinct)
    lane, key = distinct // span, distinct % span
    bounds = np.searchsorted(lane, np.arange(len(nodes) + 1))
    counts = np.diff(bounds)
    numbers: Ints = counts.copy()
    if counts.max(initial=0) > 16:  # many kinds of terms: rows as bytes
        known: dict[bytes, int] = {}
        for i in range(len(nodes)):
            row = key[bounds[i] : bounds[i + 1]].tobytes()
            numbers[i] = known.setdefault(row, len(known))
        return numbers
    for k in range(int(counts.max(initial=0))):
        some = counts > k
        numbers[some] = pairs(numbers[some], key[bounds[:-1][some] + k]) + len(nodes) * (k + 1)
    return numbers


def edges_of(flat: Flat, nodes: Ints) -> tuple[Ints, Ints]:
    """The edges of several nodes, each with the position of its owner in ``nodes``, first."""
    counts = flat.start[nodes + 1] - flat.start[nodes]
    lane = np.repeat(np.arange(len(nodes)), counts)
    within = np.arange(len(lane)) - np.repeat(np.cumsum(counts) - counts, counts)
    return lane, flat.start[nodes][lane] + within
