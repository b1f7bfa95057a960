"""Reverse mode on the IR.

The sweep goes once from the loss to the parameters.  It alone multiplies by the cotangent, adds
up what reaches a value along several ways, and undoes broadcasting; the ops give partials (for
elementwise ops) or pullbacks (for structural ones), see ``symgrad/ir/op.py``.  Nothing is computed
for a value that no requested parameter reaches.  The result is ordinary IR, so gradients nest.

A cotangent that comes through one branch of ``where`` is carried as a pair (g, guard): where the
guard fails it is zero, *whatever g holds*.  Elementwise partials multiply g while the guard waits;
only at the end, or where ways meet, is it applied: ``where(c, g * partial, 0)``.  Where all ways
that meet have a guard, their sum has one, too: that one of them holds.  So no 0 * inf of the branch
not taken arises through elementwise operations, moves, repeats, gathers and sums, at first order
or, since the result is again a ``where``, at any higher one.  A product of matrices
mixes elements: what is no scalar guard is applied in front of it.

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

from collections.abc import Sequence
from typing import Any, NamedTuple

from symgrad.autodiff.guards import Guard, all_of, any_of, parted, same, settled
from symgrad.autodiff.hints import name_operands
from symgrad.errors import DTypeError, ShapeError
from symgrad.ir.function import Function, Instr, constant, derived, topological
from symgrad.ir.types import Shape, Type
from symgrad.ops.algebra import IRAlgebra, Term


class Flow(NamedTuple):
    """A cotangent that is zero where one of the guard's conditions is not as stated."""

    g: Term
    guard: Guard = ()


# Their values, or their partials, may be infinite or nan where their operands are not.
_UNBOUNDED = {
    *("divide", "reciprocal", "power", "sqrt", "hypot", "exp", "exp2", "expm1", "sinh", "cosh"),
    *("tan", "log", "log2", "log10", "log1p", "log1mexp", "xlogy", "xlog1py"),
    *("arcsin", "arccos", "arctanh", "arccosh", "arctan2"),
}
# Their pullbacks move elements: a guard is pulled back as the cotangent is.
_MOVES = ("reshape", "transpose", "flip", "index", "embed", "concatenate")
# Linear in their first operand: its elements are kept, repeated, left out, or added up.
_CARRIES = {
    *("broadcast_to", "take", "take_along_axis", "gather", "tril", "triu", "diag", "diagonal"),
    *("scatter_add", "add_along_axis", "scatter_nd", "segment_sum", "segment_spread"),
}
# Each of their results has elements of its own to come from: a guard holds for all of those.
_REDUCES = ("sum", "mean", "max", "min", "prod", "logsumexp")


def differentiate(
    f: Function, wrt: Sequence[int], strict: bool = False, accurate: bool = False
) -> Function:
    """``f`` with the gradients of its first result appended to its results.

    wrt       indices of parameters; one gradient for each, of the parameter's type
    strict    masks (relu, abs, ...) select instead of multiplying
    accurate  partials within 4 ulp everywhere, at the cost of time
    Raises ShapeError when the first result is no scalar, DTypeError when it or a parameter is
    not of a float dtype.
    """
    f = name_operands(f)
    parameters = [f.parameters[i] for i in wrt]
    sweep = _sweep(f.results[0], parameters, strict, accurate)
    grads = sweep.run()
    named = []
    for p, g in zip(parameters, grads, strict=True):
        fresh = not g.hint and not g.is_constant and not g.is_parameter
        named.append(g.replace(hint=f"d_{p.hint}") if fresh else g)
    results = (*f.results, *named)
    # The order of the sweep is how backpropagation is told: from the loss back, value by value.
    order = topological([*f.results, *sweep.cotangents, *named])
    needed, body = set(results), []
    for x in reversed(order):
        if x in needed and not x.is_parameter:
            needed.update(x.operands)
            body.append(x)
    return Function(f.name, f.parameters, tuple(reversed(body)), results)


def gradients(
    loss: Instr, wrt: Sequence[Instr], strict: bool = False, accurate: bool = False
) -> list[Instr]:
    """The gradients of a scalar ``loss`` with respect to each of ``wrt``, as instructions.

    A value that the loss does not reach has a gradient of zeros.
    Raises ShapeError when ``loss`` is no scalar, DTypeError for dtypes that are not float.
    """
    return _sweep(loss, wrt, strict, accurate).run()


def _sweep(loss: Instr, wrt: Sequence[Instr], strict: bool, accurate: bool) -> _Sweep:
    if loss.type.shape != ():
        raise ShapeError(
            f"a gradient needs a scalar loss, got {loss.type}; reduce it with sg.sum or sg.mean"
        )
    for x in (loss, *wrt):
        if not x.type.is_float:
            raise DTypeError(
                f"a gradient needs float values, but {x.hint or x.op.name!r} is {x.type}"
            )
    return _Sweep(loss, wrt, strict, accurate)


class _Sweep:
    """One reverse sweep: the flows that have reached each value so far."""

    def __init__(self, loss: Instr, wrt: Sequence[Instr], strict: bool, accurate: bool) -> None:
        self.loss = loss
        self.wrt = wrt
        self.strict = strict
        self.accurate = accurate
        self.order = topological([loss])
        self.active = set(wrt)
        for x in self.order:
            if x.type.is_float and x.op.name != "stop_gradient" and self.reached(x):
                self.active.add(x)
        self.unbounded = {x for x in self.order if x.op.name in _UNBOUNDED}
        for x in self.order:
            if not self.unbounded.isdisjoint(x.operands):
                self.unbounded.add(x)
        self.flows: dict[Instr, list[Flow]] = {}
        self.cotangents: list[Instr] = []

    def reached(self, x: Instr) -> bool:
        return not self.active.isdisjoint(x.operands)

    def run(self) -> list[Instr]:
        wanted = set(self.wrt)
        found: dict[Instr, Instr] = {}
        one = IRAlgebra().term(constant(1.0, self.loss.type))
        self.flows[self.loss] = [Flow(one)]
        for y in reversed(self.order):
            flows = self.flows.pop(y, None)
            if y not in self.active or not flows:
                continue
            f = IRAlgebra(derived(y.origins), y.type.dtype)
            flow = self.named(y, self.accumulate(f, y, flows))
            self.cotangents.append(flow.g.instr)
            if y in wanted:
                found[y] = self.applied(f, flow).instr
            if self.reached(y):
                self.propagate(f, y, flow)
        return [found[x] if x in found else zeros(x.type) for x in self.wrt]

    def named(self, y: Instr, flow: Flow) -> Flow:
        """Gives the cotangent of a named value its name, d_v, if it has none yet."""
        g = flow.g.instr
        if not y.hint or y.is_parameter or g.hint or g.is_constant or flow.guard:
            return flow
        return Flow(flow.g.f.term(g.replace(hint=f"d_{y.hint}")))

    def accumulate(self, f: IRAlgebra, y: Instr, flows: list[Flow]) -> Flow:
        """The sum of all flows; the outer conditions that are common to all stay, and one that
        says whether any of the others holds, where it matters."""
        guard = flows[0].guard
        for flow in flows[1:]:
            pairs = list(zip(guard, flow.guard, strict=False))
            end = next((i for i, (a, b) in enumerate(pairs) if not same(a, b)), len(pairs))
            guard = guard[:end]
        rest = len(guard)
        if len(flows) > 1 and y in self.unbounded:
            guard = (*guard, *any_of(f, [flow.guard[rest:] for flow in flows]))
        flows = [Flow(self.applied(f, Flow(flow.g, flow.guard[rest:]))) for flow in flows]
        # They came in reverse; the sum is written in the order of the program.
        *others, first = flows
        total = first.g
        for flow in reversed(others):
            total = f.add(total, flow.g)
        return Flow(total, guard)

    def applied(self, f: IRAlgebra, flow: Flow) -> Term:
        """The flow as one value, its guard applied from the inside out."""
        g = flow.g
        for condition, holds in reversed(flow.guard):
            c, zero = f.term(condition), 0.0
            g = f.where(c, g, zero) if holds else f.where(c, zero, g)
        return g

    def send(self, f: IRAlgebra, x: Instr, flow: Flow) -> None:
        """Adds a flow, whose shape may be that of a broadcast of ``x``, to those of ``x``."""
        if x not in self.active:
            return
        g = flow.g
        if f.type(g).shape != x.type.shape:
            # A condition that is the same along the axes to be summed may wait.
            guard, rest = parted(self.lowered(f, flow.guard, x.type.rank), x.type.shape)
            flow = Flow(unbroadcast(f, self.applied(f, Flow(g, rest)), x.type), guard)
            if rest and x in self.unbounded:  # along those axes one that holds is enough
                holds = spread(f, all_of(f, rest), f.type(g).with_dtype("bool"))
                flow = Flow(flow.g, (*guard, (unbroadcast(f, holds, x.type, "any").instr, True)))
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
            whole = Flow(spread(f, flow.g, y.type), flow.guard)
            self.send(f, a, Flow(whole.g, (*flow.guard, (condition, True))))
            self.send(f, b, Flow(whole.g, (*flow.guard, (condition, False))))
        elif y.op.name == "cast":
            g = f.cast(flow.g, dtype=y.operands[0].type.dtype)
            self.send(f, y.operands[0], Flow(g, flow.guard))
        elif y.op.partials is not None:
            terms = [f.term(x) for x in y.operands]
            rule = (y.op.accurate if self.accurate else None) or y.op.partials
            partials = rule(f, f.term(y), *terms, **dict(y.attributes))
            if len(partials) == 2 and alike(*partials) and y.operands[0] is y.operands[1]:
                # x * x: twice the one share, so that a scalar factor meets the 2 first.
                flow = Flow(self.times(f, flow.g, 2.0), flow.guard)
                partials = (partials[0], None)
            for x, partial in zip(y.operands, partials, strict=True):
                if partial is not None and x in self.active:
                    g = spread(f, self.times(f, flow.g, partial), y.type)
                    self.send(f, x, Flow(g, flow.guard))
        else:
            self.pull(f, y, flow)

    def times(self, f: IRAlgebra, g: Term, partial: Any) -> Term:
        """g * partial, without the products by 1 and -1 that nobody would write."""
        if not isinstance(partial, Term):
            if partial == 1:
                return g
            product: Term = f.negative(g) if partial == -1 else f.multiply(g, float(partial))
            return product
        p = partial.instr
        is_mask = p.op.name == "cast" and p.operands[0].type.dtype == "bool"
        if is_mask and self.strict:
            product = f.where(f.term(p.operands[0]), g, 0.0)
        elif g.instr.is_constant and g.instr["value"] == 1.0:
            product = partial
        else:
            product = f.multiply(g, partial)
        return product

    def pull(self, f: IRAlgebra, y: Instr, flow: Flow) -> None:
        """Sends the cotangent through a structural op by the op's own pullback."""
        if y.op.pullback is None:
            raise DTypeError(f"the op {y.op.name!r} has no derivative, but the loss needs one")
        terms = [f.term(x) for x in y.operands]
        # What a scalar condition cuts off may be cut off behind any op as well as before it; but in
        # front of the parameters nothing is left to wait for.
        last = not any(self.reached(x) for x in y.operands)
        guard, rest = ((), flow.guard) if last else parted(flow.guard, apart(y))
        guards = [guard for _ in y.operands]
        if not last and (y.op.name in _MOVES or y.op.name in _REDUCES):
            for condition, holds in rest:
                for i, moved in enumerate(self.moved(f, y, condition)):
                    guards[i] = (*guards[i], (moved, holds))
        else:
            if rest and y.op.name in _CARRIES and y.operands[0] in self.unbounded:
                guards[0] = (*guard, (self.carried(f, y, rest), True))
            flow = Flow(self.applied(f, Flow(flow.g, rest)))
        cotangents = y.op.pullback(f, flow.g, f.term(y), *terms, **dict(y.attributes))
        for x, g, waiting in zip(y.operands, cotangents, guards, strict=True):
            if g is not None:
                self.send(f, x, Flow(g, waiting))

    def carried(self, f: IRAlgebra, y: Instr, guard: Guard) -> Instr:
        """Whether a guard holds for any of the elements of ``y`` that come from one of ``x``."""
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
        if y.op.name in _REDUCES:
            axes, shape = y["axis"], y.operands[0].type.shape
            kept = tuple(1 if i in axes else d for i, d in enumerate(shape))
            return [settled(c.instr if kept == y.type.shape else f.reshape(c, shape=kept).instr)]
        assert y.op.pullback is not None
        operands = [f.term(x) for x in y.operands]
        moved = y.op.pullback(f, c, f.term(y), *operands, **dict(y.attributes))
        return [settled(m.instr) for m in moved]


def apart(y: Instr) -> Shape:
    """The shape of conditions that may wait behind an op: along the other axes it mixes elements.

    A scalar condition may wait behind any.
    """
    if y.op.name == "broadcast_to":
        return y.operands[0].type.shape
    return (*y.type.shape[:-1], 1) if y.op.name == "prod_others" else ()


def alike(a: Any, b: Any) -> bool:
    """Whether two partials are the same value."""
    return isinstance(a, Term) and isinstance(b, Term) and a.instr is b.instr


def spread(f: IRAlgebra, g: Term, type: Type) -> Term:
    """``g`` at the full shape of ``type``; a partial of smaller shape may have left it smaller."""
    return g if f.type(g).shape == type.shape else f.broadcast_to(g, shape=type.shape)


def unbroadcast(f: IRAlgebra, g: Term, type: Type, by: str = "sum") -> Term:
    """The sum of ``g`` over the axes along which a value of ``type`` was repeated."""
    shape = f.type(g).shape
    extra = len(shape) - type.rank
    stretched = tuple(
        extra + i for i, dim in enumerate(type.shape) if dim == 1 and shape[extra + i] != 1
    )
    axes = (*range(extra), *stretched)
    total: Term = f.apply(by, g, axis=axes, keepdims=False)
    return f.reshape(total, shape=type.shape) if stretched else total


def zeros(type: Type) -> Instr:
    """Zeros of a type, as an instruction."""
    zero = constant(0.0, Type(type.dtype))
    f = IRAlgebra()
    instr: Instr = zero if not type.shape else f.broadcast_to(f.term(zero), shape=type.shape).instr
    return instr
