"""The plan as IR, from the leaves up.

Each tensor becomes an array over those of its axes that its operands have, and broadcasts along the
others.  A product that only a sum reads is not computed; the sum contracts its factors.

For ``2*w[0] + 3*w[1]``, a sum with one group of products:

>>> import symgrad.ops
>>> from symgrad.ir.program import CONSTANT, PARAM
>>> from symgrad.reroll.roll import reroll
>>> rows = [(PARAM, 0), (PARAM, 1), (CONSTANT, 2.0), (CONSTANT, 3.0)]
>>> rows += [("multiply", 0, 2), ("multiply", 1, 3), ("add", 4, 5)]
>>> print(reroll(ScalarProgram.build(["multiply", "add"], rows, outputs=[6])).function)
func @loss(param %theta: f64[2]) {
  %0 = constant [2.0, 3.0] : f64[2]
  %1 = matmul %theta, %0 : f64[]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symgrad.ir.function import Function, Instr, function
from symgrad.ir.program import Ints, ScalarProgram
from symgrad.ops.table import IRAlgebra, Term
from symgrad.reroll.index_patterns import Slice
from symgrad.reroll.leaf_tensors import Leaves
from symgrad.reroll.named_axes import (
    Named,
    added,
    added_in_order,
    elementwise,
    picked,
    spread,
    sum_of_product,
)
from symgrad.reroll.planner import Planner
from symgrad.reroll.tensors import Axes, Axis, Demand, SumGroup, Tensor

MULTIPLY = "multiply"

Part = tuple[Ints, Named, Axis]  # lanes of a tensor, their values, and the axis of these


class Lowering:
    """Values of the tensors so far."""

    def __init__(self, program: ScalarProgram, plan: Planner) -> None:
        self.program = program
        self.plan = plan
        self.leaves = Leaves(program)
        self.values: dict[int, Named] = {}
        self.fusing = self.demands_to_fuse()

    def run(self, name: str, roots: Sequence[tuple[Demand | None, Axes]]) -> Function:
        """The function whose results are the roots, each along the axes beside it; None stands for
        a result without elements."""
        for t in reversed(self.plan.tensors):
            if not self.is_fused(t, self.fusing):
                self.values[id(t)] = self.compute(t)
        results = [self.result(d, axes) for d, axes in roots]
        return function(name, self.leaves.parameters(), results)

    def result(self, d: Demand | None, axes: Axes) -> Instr:
        if d is None:
            f = IRAlgebra()
            return spread(f, Named(f.term(f.number(0.0, "f64")), ()), axes).instr
        f = IRAlgebra(self.program.origins_of(d.ids.reshape(-1)))
        return spread(f, self.value(d), axes).instr

    def algebra(self, t: Tensor) -> IRAlgebra:
        return IRAlgebra(self.program.origins_of(t.ids.reshape(-1)))

    def named(self, t: Tensor, value: Named) -> Named:
        """The value, with the user's name of its nodes as a hint."""
        x = value.term.instr
        label = self.program.label_of(t.ids)
        if not label or x.hint or x.is_parameter or x.is_constant:
            return value
        return Named(value.term.f.term(x.replace(hint=label)), value.axes)

    def compute(self, t: Tensor) -> Named:
        """A tensor from its operands."""
        f = self.algebra(t)
        if t.parts:
            return self.joined(f, t)
        if t.groups:
            return self.named(t, self.total(f, t))
        if not t.operands:
            return self.leaves.read(f, t.ids, t.axes)
        op = self.plan.flat.names[t.code]
        if t.choices is not None:
            index, values = map(self.value, t.operands)
            return self.named(t, picked(f, index, values, t.choices, t.axes))
        return self.named(t, elementwise(f, op, [self.value(d) for d in t.operands], t.axes))

    def value(self, d: Demand) -> Named:
        """The value of a demand, along the axes of its reader."""
        if d.tensor is None:
            return self.leaf(d)
        t = d.tensor
        value = self.values[id(t)]
        if d.view is None:  # a part of a split tensor: its lanes as they are
            return value
        return self.leaves.seen(IRAlgebra(), value, t.axes, d.view)

    def leaf(self, d: Demand) -> Named:
        f = IRAlgebra()
        ids = d.ids.reshape(-1)
        kinds = self.leaves.kinds(ids)
        if np.all(kinds == kinds[0]):
            return self.leaves.read(f, d.ids, d.axes)
        parts = []
        for kind in dict.fromkeys(kinds.tolist()):
            lanes = np.flatnonzero(kinds == kind)
            axis = Axis(len(lanes))
            parts.append((lanes, self.leaves.read(f, ids[lanes], (axis,)), axis))
        return self.assembled(f, parts, d.ids.shape, d.axes)

    def joined(self, f: IRAlgebra, t: Tensor) -> Named:
        """The lanes of all parts, put in the order of the tensor."""
        parts = []
        for lanes, d in t.parts:
            assert d.tensor is not None
            parts.append((lanes, self.values[id(d.tensor)], d.tensor.axes[0]))
        return self.assembled(f, parts, t.ids.shape, t.axes)

    def assembled(
        self, f: IRAlgebra, parts: Sequence[Part], shape: tuple[int, ...], axes: Axes
    ) -> Named:
        """The lanes of all parts, put in order and in shape."""
        pieces = [_whole(f, value, axis) for _, value, axis in parts]
        order = np.concatenate([lanes for lanes, _, _ in parts])
        place = np.argsort(order)
        joined = f.concatenate(*pieces, axis=0)
        if not np.array_equal(place, np.arange(len(place))):
            joined = f.take(joined, self.leaves.array(f, place), axis=0)
        return Named(joined if len(shape) == 1 else f.reshape(joined, shape=shape), axes)

    def total(self, f: IRAlgebra, t: Tensor) -> Named:
        """A sum: reduced groups first, then single terms, then subtracted ones."""
        if self.plan.ordered:
            return self.total_in_order(f, t)
        terms = [(g, self.term(f, g, t)) for g in t.groups]
        terms.sort(key=lambda pair: (pair[0].negative, not pair[0].axes))
        total: Named | None = None
        for g, value in terms:
            total = added(f, total, value, g.negative, t.axes)
        assert total is not None
        return total

    def total_in_order(self, f: IRAlgebra, t: Tensor) -> Named:
        """A sum whose terms are added one after another, in the program's order."""
        total: Named | None = None
        for g in t.groups:
            value = self.value(g.terms)
            if g.axes:
                total = added_in_order(f, total, value, g.axes[0], g.negative, t.axes)
            else:
                total = added(f, total, value, g.negative, t.axes)
        assert total is not None
        return total

    def term(self, f: IRAlgebra, g: SumGroup, t: Tensor) -> Named:
        """The contribution of a group: its one term, or the sum of its terms."""
        if not g.axes:
            return self.value(g.terms)
        if g.starts is not None:
            return self.ragged(f, g, t)
        return sum_of_product(f, self.factors(g.terms), g.axes, t.axes)

    def ragged(self, f: IRAlgebra, g: SumGroup, t: Tensor) -> Named:
        assert g.starts is not None
        value, (axis,) = self.value(g.terms), g.axes
        if axis in value.axes:
            total = f.segment_sum(value.term, self.leaves.array(f, g.starts))
        else:
            counts = np.diff(np.append(g.starts, axis.size)).astype(np.float64)
            total = f.multiply(value.term, self.leaves.array(f, counts))
        return Named(f.reshape(total, shape=t.ids.shape) if len(t.axes) != 1 else total, t.axes)

    def demands_to_fuse(self) -> set[int]:
        """The demands, by id, for products that a sum contracts, and for factors of those."""
        found: set[int] = set()
        if self.plan.ordered:
            return found
        for t in self.plan.tensors:  # readers first
            found.update(id(g.terms) for g in t.groups if g.axes and g.starts is None)
            if self.is_fused(t, found):
                found.update(id(d) for d in t.operands)
        return found

    def is_fused(self, t: Tensor, fusing: set[int]) -> bool:
        """True for a product that only a sum of several terms reads, whole."""
        if len(t.readers) != 1 or not t.operands or self.plan.flat.names[t.code] != MULTIPLY:
            return False
        return id(t.readers[0]) in fusing and is_plain(t.readers[0], t)

    def factors(self, d: Demand) -> list[Named]:
        """The factors of a product, along the axes of its reader."""
        found = []
        stack: list[tuple[Demand, list[dict[Axis, Axis]]]] = [(d, [])]
        while stack:
            demand, names = stack.pop()
            t = demand.tensor
            if t is not None and id(t) not in self.values:
                assert demand.view is not None
                step = dict(
                    zip(t.axes, [e.axis for e in demand.view if isinstance(e, Slice)], strict=True)
                )
                stack += [(o, [step, *names]) for o in reversed(t.operands)]
                continue
            value = self.value(demand)
            for step in names:
                value = value.renamed(step)
            found.append(value)
        return found


def is_plain(d: Demand, t: Tensor) -> bool:
    """True if a reader reads each element of a tensor once, in any order of axes."""
    return d.view is not None and all(
        isinstance(e, Slice) and e.start == 0 and e.step == 1 and e.axis.size == a.size
        for e, a in zip(d.view, t.axes, strict=True)
    )


def _whole(f: IRAlgebra, value: Named, axis: Axis) -> Term:
    """A value with its one axis, along which it may be constant."""
    if axis in value.axes:
        return value.term
    return f.broadcast_to(value.term, shape=(axis.size,))
