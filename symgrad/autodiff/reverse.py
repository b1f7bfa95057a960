"""Reverse mode on the IR.

The sweep goes once from the loss to the parameters.  It alone multiplies by the cotangent, adds
up what reaches a value along several ways, and undoes broadcasting; the ops give partials (for
elementwise ops) or pullbacks (for structural ones), see ``symgrad/ir/op.py``.  Nothing is computed
for a value that no requested parameter reaches.  The result is ordinary IR, so gradients nest.

A cotangent that comes through one branch of ``where`` is carried as a pair (g, guard): where the
guard fails it is zero, *whatever g holds*.  Elementwise partials multiply g while the guard waits;
only at the end, or where ways meet, is it applied: ``where(c, g * partial, 0)``.  If all ways
that meet have a guard, their sum has one, too: that one of them holds.  So no 0 * inf of the branch
not taken arises through elementwise operations, moves, repeats, gathers and sums, at any order: the
result is again a ``where``.  In front of a product of matrices all but scalar guards are applied.

>>> import symgrad.ops
>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Shape, Type
>>> x = parameter("x", Type("f64"), "param")
>>> y = emit(symgrad.ops.OPS["tanh"], [x], hint="y")
>>> print(differentiate(function("f", [x], [y]), [0]))
func @f(param %x: f64[]) {
  %y = tanh %x : f64[]
  %0 = constant 1.0 : f64[]
  %1 = multiply %y, %y : f64[]
  %d_x = subtract %0, %1 : f64[]
  return %y, %d_x
}
<BLANKLINE>
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, reduce
from typing import Any

from symgrad.autodiff import strong_zeros
from symgrad.autodiff.cotangents import (
    Flow,
    Guard,
    alike,
    all_of,
    any_of,
    apart,
    called_slope,
    equal,
    in_order,
    lines_of,
    parted,
    same,
    settled,
    side_of,
    signed,
    spread,
    times,
    unbroadcast,
    unguarded,
    zeros,
)
from symgrad.autodiff.hints import name_operands
from symgrad.autodiff.lengths import Lengths
from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.function import Function, Instr, constant, derived, topological
from symgrad.ops.intervals import Intervals
from symgrad.ops.table import IRAlgebra, Term


def differentiate(
    f: Function, wrt: Sequence[int], strict: bool = False, accurate: bool = False, **names: bool
) -> Function:
    """``f`` with the gradients of its first result appended to its results.

    wrt       indices of parameters; one gradient for each, of the parameter's type
    strict    masks (relu, abs, ...) select instead of multiplying
    accurate  partials within 4 ulp everywhere, at the cost of time
    Raises ShapeError when the first result is no scalar, DTypeError when it or a parameter is
    not of a float dtype.
    """
    f = name_operands(f, **names)
    parameters = [f.parameters[i] for i in wrt]
    sweep = _sweep(f.results[0], parameters, strict=strict, accurate=accurate)
    grads = sweep.run()
    named = []
    for p, g in zip(parameters, grads, strict=True):
        known = g.hint or g.is_constant or g.is_parameter
        named.append(g if known else g.replace(hint=f"d_{p.hint}"))
    # The order of the sweep is how backpropagation is told: from the loss back, value by value.
    order = topological([*f.body, *sweep.cotangents, *named])
    results = (*f.results, *named)
    needed, body = set(results), []
    for x in reversed(order):
        if x in needed and not x.is_parameter:
            needed.update(x.operands)
            body.append(x)
    return Function(f.name, f.parameters, tuple(reversed(body)), results)


def gradients(loss: Instr, wrt: Sequence[Instr], again: bool = False) -> list[Instr]:
    """The gradients of a scalar ``loss`` with respect to each of ``wrt``, as instructions: zeros
    where the loss does not reach.  ``again`` tells that they may be differentiated again, where a
    length is 0, too.
    Raises ShapeError when ``loss`` is no scalar, DTypeError for dtypes that are not float.
    """
    return _sweep(loss, wrt, again=again).run()


def _sweep(loss: Instr, wrt: Sequence[Instr], **options: bool) -> _Sweep:
    if loss.type.shape != ():
        raise ShapeError(
            f"a gradient needs a scalar loss, got {loss.type}; reduce it with sg.sum or sg.mean"
        )
    for x in (loss, *wrt):
        if not x.type.is_float:
            raise DTypeError(
                f"a gradient needs float values, but {x.hint or x.op.name!r} is {x.type}"
            )
    return _Sweep(loss, wrt, **options)


class _Sweep:
    """One reverse sweep: the flows that have reached each value so far."""

    def __init__(
        self,
        loss: Instr,
        wrt: Sequence[Instr],
        strict: bool = False,
        accurate: bool = False,
        again: bool = False,
    ) -> None:
        self.loss, self.wrt = loss, wrt
        self.strict, self.accurate, self.again = strict, accurate, again
        self.order = topological([loss])
        self.wanted, self.active = set(wrt), set(wrt)
        for x in self.order:
            if x.type.is_float and x.op.name != "stop_gradient" and self.reached(x):
                self.active.add(x)
        self.unbounded = {x for x in self.order if x.op.unbounded}
        for x in self.order:
            if not self.unbounded.isdisjoint(x.operands):
                self.unbounded.add(x)
        self.still: dict[Instr, bool] = {}
        self.flows: dict[Instr, list[Flow]] = {}
        self.cotangents: list[Instr] = []

    @cached_property
    def intervals(self) -> Intervals:
        return Intervals(strong_zeros.above_0(self.loss))

    @cached_property
    def lengths(self) -> Lengths:
        return Lengths(self.intervals, gradients)

    def reached(self, x: Instr) -> bool:
        return not self.active.isdisjoint(x.operands)

    def run(self) -> list[Instr]:
        found: dict[Instr, Instr] = {}
        one = IRAlgebra().term(constant(1.0, self.loss.type))
        self.flows[self.loss] = [Flow(one)]
        for y in reversed(self.order):
            flows = self.flows.pop(y, None)
            if y not in self.active or not flows:
                continue
            f = IRAlgebra(derived(lines_of(y, flows)), y.type.dtype)
            for group in self.grouped(f, y, flows):
                flow = self.named(y, self.accumulate(f, y, group))
                self.cotangents.append(flow.g.instr)
                if y in self.wanted:
                    found[y] = self.applied(f, flow).instr
                if self.reached(y):
                    self.propagate(f, y, flow)
        return [found[x] if x in found else zeros(x.type) for x in self.wrt]

    def grouped(self, f: IRAlgebra, y: Instr, flows: list[Flow]) -> list[list[Flow]]:
        """The flows by the sign that is due to them, which goes as far as elementwise ops do."""
        if all(flow.side is None for flow in flows):
            return [flows]
        groups: dict[Instr | None, list[Flow]] = {}
        elementwise = y.op.partials is not None or y.op.name in ("where", "cast")
        for flow in flows:
            waits = flow.side is not None and (elementwise or not flow.side.type.rank)
            if y in self.wanted or not waits:
                flow = signed(f, flow, self.intervals)
            groups.setdefault(flow.side, []).append(flow)
        return [*groups.values()]

    def named(self, y: Instr, flow: Flow) -> Flow:
        """Gives the cotangent of a value its name, d_v, if it has none; a role where v has none."""
        g = flow.g.instr
        own = g.origins and not g.is_derived  # a partial that is a value of the program
        if own or y.is_parameter or g.hint or g.is_constant or flow.guard or flow.side:
            return flow
        if not y.hint and (g.role or g.is_parameter or not y.role):
            return flow
        role = None if y.hint or not y.role else y.role.derivative()
        g = g.replace(hint=f"d_{y.hint}" if y.hint else None, role=role)
        return flow._replace(g=flow.g.f.term(g))

    def accumulate(self, f: IRAlgebra, y: Instr, flows: list[Flow]) -> Flow:
        """The sum of all flows; the outer conditions that are common to all stay, and one that any
        of the others holds, where it matters."""
        if len(flows) == 1:
            return flows[0]
        guard = flows[0].guard
        for flow in flows[1:]:
            pairs = list(zip(guard, flow.guard, strict=False))
            end = next((i for i, (a, b) in enumerate(pairs) if not same(a, b)), len(pairs))
            guard = guard[:end]
        rest = len(guard)
        if y in self.unbounded:
            guard = (*guard, *any_of(f, [flow.guard[rest:] for flow in flows]))
        infinite = any(flow.infinite for flow in flows)
        ordered = in_order(flows)
        shares = [self.applied(f, Flow(flow.g, flow.guard[rest:])) for flow in ordered]
        return Flow(reduce(f.add, shares), guard, infinite, flows[0].side)

    def applied(self, f: IRAlgebra, flow: Flow) -> Term:
        """The flow as one value, its guard applied from the inside out."""
        g = flow.g
        for condition, holds in reversed(flow.guard):
            g = f.where(f.term(condition), *((g, 0.0) if holds else (0.0, g)))
        return g

    def send(self, f: IRAlgebra, x: Instr, flow: Flow) -> None:
        """Adds a flow, whose shape may be that of a broadcast of ``x``, to those of ``x``."""
        if x not in self.active:
            return
        if f.type(flow.g).shape != x.type.shape:
            if flow.side is not None and flow.side.type.rank:
                flow = signed(f, flow, self.intervals)
            g, whole = flow.g, f.type(flow.g).with_dtype("bool")
            # A condition that is the same along the axes to be summed may wait.
            guard, rest = parted(self.lowered(f, flow.guard, x.type.rank), x.type.shape)
            g = unbroadcast(f, self.applied(f, Flow(g, rest)), x.type)
            flow = flow._replace(g=g, guard=guard)
            if rest and x in self.unbounded:  # along those axes one that holds is enough
                holds = spread(f, all_of(f, rest), whole)
                some = unbroadcast(f, holds, x.type, "any").instr
                flow = flow._replace(guard=(*guard, (some, True)))
        flow = flow._replace(lines=f.origins) if x.is_parameter else flow
        self.flows.setdefault(x, []).append(flow)

    def lowered(self, f: IRAlgebra, guard: Guard, rank: int) -> Guard:
        """The guard, its conditions without leading axes of size 1 that a rank does not have."""
        lower = []
        for condition, holds in guard:
            shape = condition.type.shape
            extra = max(len(shape) - rank, 0)
            if extra and all(d == 1 for d in shape[:extra]):
                condition = settled(f.reshape(f.term(condition), shape=shape[extra:]).instr)
            lower.append((condition, holds))
        return tuple(lower)

    def propagate(self, f: IRAlgebra, y: Instr, flow: Flow) -> None:
        """Sends the cotangent of ``y`` on to its operands."""
        if y.op.name == "where":
            condition, a, b = y.operands
            whole = flow._replace(g=spread(f, flow.g, y.type))
            self.send(f, a, whole._replace(guard=(*flow.guard, (condition, True))))
            self.send(f, b, whole._replace(guard=(*flow.guard, (condition, False))))
        elif y.op.name == "cast":
            g = f.cast(flow.g, dtype=y.operands[0].type.dtype)
            self.send(f, y.operands[0], flow._replace(g=g))
        elif y.op.partials is not None:
            partials = self.partials(f, y, f.term(y), [f.term(x) for x in y.operands])
            if len(partials) == 2 and alike(*partials) and y.operands[0] is y.operands[1]:
                # x * x: twice the one share, so that a scalar factor meets the 2 first.
                flow = flow._replace(g=times(f, flow.g, 2.0))
                partials = (partials[0], None)
            for i, (x, partial) in enumerate(zip(y.operands, partials, strict=True)):
                if partial is not None and x in self.active:
                    partial = unguarded(f, partial, lambda: self.intervals)
                    share = self.share(f, y, i, flow, called_slope(y, x, partial))
                    if self.again:
                        own = Flow(share.g, share.guard[len(flow.guard) :])
                        g = self.lengths.share(f, y, i, flow.g, plain := self.applied(f, own))
                        share = share if g is plain else share._replace(g=g, guard=flow.guard)
                    self.send(f, x, share._replace(g=spread(f, share.g, y.type)))
        else:
            self.pull(f, y, flow)

    def share(self, f: IRAlgebra, y: Instr, i: int, flow: Flow, partial: Any) -> Flow:
        """The flow times the partial by operand i, where an exact zero beats an infinity."""
        side = side_of(partial)
        if side is not None and flow.side is not None and equal(side, flow.side):
            return flow._replace(side=None)
        if side is not None and y.op.name != "absolute":
            return signed(f, flow, self.intervals)._replace(side=side)
        steep = self.steepness(f, y, i)
        if isinstance(steep, Term) and self.is_flat_at(steep.instr, y, i):
            return self.flat_share(f, y, i, flow, steep)
        zero = []
        if steep is not None or (flow.infinite and y.op.unbounded):
            zero.append(0)
        if flow.infinite or (self.strict and y.op.masks):
            zero.append(1)
        infinite = flow.infinite or steep is not None
        if zero and isinstance(partial, Term):
            product = strong_zeros.product(f, flow.g, partial, zero, self.intervals)
            if product is not None:
                return flow._replace(g=product, infinite=infinite)
        return flow._replace(g=times(f, flow.g, partial), infinite=infinite)

    def flat_share(self, f: IRAlgebra, y: Instr, i: int, flow: Flow, zero: Term) -> Flow:
        """The share of an operand that does not move where the op is steep, at 0: the slope at inf,
        which is 0.  The accurate rules are not made for that, nor is a cotangent that may be
        infinite: there the slope at 1 is cut off."""
        cut = flow.infinite or (self.accurate and y.op.accurate is not None)
        instead = 1.0 if cut else math.inf
        terms = [f.term(x) for x in y.operands]
        terms[i] = f.where(zero, instead, terms[i])
        whole = f.where(zero, instead, f.term(y))
        partial = self.partials(f, y, whole, terms)[i]
        guard = (*flow.guard, (zero.instr, False)) if cut else flow.guard
        return flow._replace(g=times(f, flow.g, partial), guard=guard)

    def partials(self, f: IRAlgebra, y: Instr, whole: Term, terms: Sequence[Term]) -> Any:
        """The partials of an op by its rule, from its value and its operands."""
        rule = (y.op.accurate if self.accurate else None) or y.op.partials
        assert rule is not None
        return rule(f, whole, *terms, **dict(y.attributes))

    def steepness(self, f: IRAlgebra, y: Instr, i: int) -> Any:
        """The condition under which a slope is infinite and the value is not; None for never."""
        if y.op.steep is None:
            return None
        terms = [f.term(x) for x in y.operands]
        condition = y.op.steep(f, f.term(y), *terms, **dict(y.attributes))[i]
        if isinstance(condition, Term) and not self.intervals.may_hold(condition.instr):
            return None
        return condition

    def is_flat_at(self, zero: Instr, y: Instr, i: int) -> bool:
        """True if the operand has slope 0 wherever the op is steep, at 0: a sum of squares."""
        own = zero.op.name == "equal" and zero.operands[0] in (y, y.operands[i])
        if not own or y.operands.count(y.operands[i]) > 1:
            return False
        return zero.operands[1].is_constant and self.is_still(y.operands[i])

    def is_still(self, root: Instr) -> bool:
        """True if a value does not move where it is 0."""
        still, of = self.still, self.intervals.of
        for x in self.order if root not in still else ():
            rests = None if x in self.wanted else x.op.rests
            still[x] = x not in self.active or bool(rests and rests(x, still.__getitem__, of))
        return still[root]

    def pull(self, f: IRAlgebra, y: Instr, flow: Flow) -> None:
        """Sends the cotangent through a structural op by the op's own pullback."""
        if y.op.pullback is None:
            raise DTypeError(f"the op {y.op.name!r} has no derivative, but the loss needs one")
        terms = [f.term(x) for x in y.operands]
        # A scalar guard commutes with every op, so it is applied late; in front of the parameters
        # nothing is left to wait for.
        last = not any(self.reached(x) for x in y.operands)
        guard, rest = ((), flow.guard) if last else parted(flow.guard, apart(y))
        guards = [guard for _ in y.operands]
        if not last and ("moves" in y.op.traits or "reduces" in y.op.traits):
            for condition, holds in rest:
                for i, moved in enumerate(self.moved(f, y, condition)):
                    guards[i] = (*guards[i], (moved, holds))
        else:
            if rest and "carries" in y.op.traits and y.operands[0] in self.unbounded:
                guards[0] = (*guard, (self.carried(f, y, rest), True))
            flow = self.named(y, Flow(self.applied(f, Flow(flow.g, rest)), guard, *flow[2:]))
        infinite = flow.infinite or y.op.steep is not None
        if infinite or (self.strict and y.op.masks):
            f = strong_zeros.StrongAlgebra(f, flow.g.instr, self.intervals)
            terms, flow = [f.term(x) for x in y.operands], flow._replace(g=f.term(flow.g.instr))
        cotangents = y.op.pullback(f, flow.g, f.term(y), *terms, **dict(y.attributes))
        for x, g, waiting in zip(y.operands, cotangents, guards, strict=True):
            if g is not None:
                self.send(f, x, Flow(g, waiting, infinite, flow.side))

    def carried(self, f: IRAlgebra, y: Instr, guard: Guard) -> Instr:
        """That a guard holds for any of the elements of ``y`` that come from one of ``x``."""
        x, holds = y.operands[0], spread(f, all_of(f, guard), y.type.with_dtype("bool"))
        if y.op.name == "broadcast_to":
            return settled(unbroadcast(f, holds, x.type, "any").instr)
        assert y.op.pullback is not None
        terms = [f.term(o) for o in y.operands]
        ones = f.cast(holds, dtype=y.type.dtype)
        count = y.op.pullback(f, ones, f.term(y), *terms, **dict(y.attributes))[0]
        return settled(f.greater(count, 0.0).instr)

    def moved(self, f: IRAlgebra, y: Instr, condition: Instr) -> list[Instr]:
        """A condition on the elements of ``y`` as one on those of each operand."""
        c = f.term(condition)
        if condition.type.shape != y.type.shape:
            c = f.broadcast_to(c, shape=y.type.shape)
        if "reduces" in y.op.traits:
            axes, shape = y["axis"], y.operands[0].type.shape
            kept = tuple(1 if i in axes else d for i, d in enumerate(shape))
            return [settled(c.instr if kept == y.type.shape else f.reshape(c, shape=kept).instr)]
        assert y.op.pullback is not None
        moved = y.op.pullback(f, c, f.term(y), *map(f.term, y.operands), **dict(y.attributes))
        return [settled(m.instr) for m in moved]
