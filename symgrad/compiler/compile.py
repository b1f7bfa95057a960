"""``compile``, ``function`` and ``grad``: from expressions to functions.

Array expressions go through ``trace`` and give one argument a leaf; micrograd's scalars go through
``lower`` and give one vector ``theta``.  Both meet in ``_finish``: differentiate, simplify, emit.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

import symgrad.ops  # noqa: F401  (fills the table)
from symgrad.autodiff import gradients
from symgrad.codegen import ExampleHeading, Pack, Structure
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import net_of, of_loss, of_outputs, of_values
from symgrad.compiler.finish import finish
from symgrad.compiler.fixed import fixed
from symgrad.compiler.looped import Scalars, compile_looped
from symgrad.compiler.options import Options, check_flag, check_function_name, parse_options
from symgrad.compiler.pipeline import Pipeline, Step
from symgrad.compiler.rolled import compile_rolled, reader, roll
from symgrad.compiler.sizes import check_sizes, with_sizes
from symgrad.compiler.verifying import TRACED, Reference, of_scalars
from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.frontend.arrays.expr import Expr, as_expr
from symgrad.frontend.arrays.leaf import Leaf
from symgrad.frontend.arrays.trace import trace
from symgrad.frontend.collector import uncollected
from symgrad.frontend.scalars.backprop import reach
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.lower import lower, names_of, values_of
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.examples import examples_of
from symgrad.frontend.source.names import expression_nodes, user_names, value_nodes
from symgrad.frontend.source.origin import INTERNAL, located
from symgrad.ir.function import Function, Instr
from symgrad.ir.types import Type
from symgrad.rewrite.stabilize import shared_value
from symgrad.runtime.arguments import Argument, Signature


@located
def compile(
    loss: Any,
    wrt: Any = None,
    *,
    aux: Any = None,
    target: str = "numpy",
    name: str = "loss_and_grads",
    **options: Any,
) -> CompiledFunction:
    """A function that returns ``(value, gradients)`` of a scalar loss in one call.

    loss     a scalar expression, or a scalar ``Value``; with ``wrt`` also a number, whose
             gradients are 0
    wrt      params to differentiate by: for expressions a leaf or several, by default the params
             that the loss reaches; for Values a Module or a list of Values, and needed: the other
             Values become numbers of the text, as they are now, and ``notes`` tell their names
    aux      expressions that come along: the value is then ``(loss, aux)``
    options  the fields of ``sg.Options``
    Raises ShapeError for a loss that is no scalar, ArgumentError for unusable arguments and
    options, and UnsupportedError where the target cannot express an operation.
    """
    chosen = parse_options(options, target)
    check_function_name(name)
    if _is_number(loss) and wrt is not None:  # sum() of nothing, or of numbers alone
        loss = Value(loss) if _holds_values(wrt) else as_expr(float(loss))
    if isinstance(loss, Value):
        with uncollected():
            compiled = _compile_scalar(loss, wrt, _several(aux), aux, target, name, chosen)
            outputs = [loss, *(a for a in _several(aux) if isinstance(a, Value))]
            compiled.notes += fixed(outputs, values_of(wrt), _variables())
            return compiled
    if not isinstance(loss, Expr):
        raise ArgumentError(
            f"loss: expected a symgrad expression or a Value, got {type(loss).__name__}; "
            "build it from sg.input and sg.param"
        )
    _check_loss(loss)
    with uncollected():
        return _compile_array(loss, wrt, _several(aux), aux, target, name, chosen)


@located
def function(
    inputs: Sequence[Leaf] | Leaf | None,
    outputs: Any,
    *,
    target: str = "numpy",
    name: str = "f",
    **options: Any,
) -> CompiledFunction:
    """A function that returns ``outputs`` (one expression, or a tuple of them), no gradients.

    ``inputs`` are leaves that must be among the arguments although nothing may read them.
    Raises ArgumentError, UnsupportedError.
    """
    chosen = parse_options(options, target)
    check_function_name(name)
    outs = _several(outputs)
    if not outs:
        raise ArgumentError("outputs: expected an expression or a tuple of them, got none")
    also = _leaves("inputs", inputs) if inputs is not None else []
    structure: Structure = tuple(range(len(outs))) if _is_many(outputs) else 0
    with uncollected():
        every = [o for o in outs if isinstance(o, Expr)]
        names = user_names(_variables(), expression_nodes(*every))
        traced = trace(outs, name=name, also=also, names=names)
        pipeline = _prepared(traced.function, chosen)
        arguments = [_argument(p) for p in pipeline.function.parameters]
        signature = Signature(name, target, tuple(arguments), kind="plain")
        said = of_outputs(structure, traced.function.results[0], traced.unread)
        data = _data(arguments, traced.leaves)
        reference = Reference(TRACED, traced.function)
        return finish(pipeline, said, signature, data, chosen, reference)


@located
def grad(expr: Expr, wrt: Any, *, stabilize: bool = True) -> Any:
    """The gradient of a scalar expression, as an expression; a list for several ``wrt``.

    The stabilising rewrites come first, as in ``compile``, so that the gradient has a right one of
    its own; ``stabilize=False`` differentiates the formula as it is written.  Behind a length that
    is 0, the root of a sum of squares, the gradient's own gradient is the limit, where the function
    is seen to be smooth there; otherwise it is what the rules give, mostly 0.
    Raises ShapeError where ``expr`` is no scalar, ArgumentError, DTypeError.
    """
    check_flag("stabilize", stabilize)
    if not isinstance(expr, Expr):
        raise ArgumentError(f"expected a symgrad expression, got {type(expr).__name__}")
    _check_loss(expr)
    several = _several(wrt)
    for i, x in enumerate(several):
        if not isinstance(x, Expr):
            raise ArgumentError(f"wrt[{i}]: expected an expression, got {type(x).__name__}")
    places = [x.instr for x in several]
    loss = shared_value(expr.instr, places, stabilize)
    results = [Expr(g) for g in gradients(loss, places, again=True)]
    return results if _is_many(wrt) else results[0]


def _compile_array(
    loss: Expr, wrt: Any, aux: list[Any], given: Any, target: str, name: str, options: Options
) -> CompiledFunction:
    chosen = None if wrt is None else _leaves("wrt", wrt)
    every = [loss, *[a for a in aux if isinstance(a, Expr)]]
    names = user_names(_variables(), expression_nodes(*every))
    traced = trace([loss, *aux], name=name, wrt=chosen, names=names)
    if chosen is None:
        chosen = [leaf for leaf in traced.leaves if leaf.kind == "param"]
        if not chosen:
            raise ArgumentError(
                "the loss reaches no sg.param; pass wrt=[...], or use sg.function for a value only"
            )
    place = {id(leaf): i for i, leaf in enumerate(traced.leaves)}
    indices = [place[id(leaf)] for leaf in chosen]
    pipeline = _prepared(traced.function, options)
    whole = pipeline.function
    count = len(traced.function.results)
    pipeline.differentiate(indices, options)
    grads = tuple(range(count, count + len(indices)))
    arguments = [_argument(p) for p in whole.parameters]
    types = tuple((leaf.name, leaf.instr.type) for leaf in chosen)
    signature = Signature(name, target, tuple(arguments), types)
    reached = set(map(id, traced.reached))
    zero = [leaf.name for leaf in chosen if id(leaf) not in reached]
    structure = (_head(given, count), grads)
    said = of_loss(structure, whole, target, [leaf.name for leaf in chosen], zero)
    data = _data(arguments, traced.leaves)
    reference = Reference(TRACED, traced.function)
    return finish(pipeline, said, signature, data, options, reference)


def _compile_scalar(
    loss: Value, wrt: Any, aux: list[Any], given: Any, target: str, name: str, options: Options
) -> CompiledFunction:
    if wrt is None:
        raise ArgumentError(
            "wrt is needed for a loss made of Values: pass a Module such as an MLP, or a list of "
            "Values to differentiate by"
        )
    if not isinstance(wrt, Value | Sequence) and not hasattr(wrt, "parameters"):
        raise ArgumentError(f"wrt: expected a Module or a list, got {type(wrt).__name__}")
    if options.sizes:
        raise ArgumentError("option 'sizes': a loss made of Values has no named sizes")
    values = values_of(wrt)
    named = [loss, *[a for a in aux if isinstance(a, Value)]]
    variables = _variables()
    net = net_of(wrt, variables)
    if target == "numpy" and len(named) == 1 + len(aux):
        rolled = roll(named, values, names_of(wrt), variables, name, options)
        if rolled is not None:
            return compile_rolled(rolled, net, target, _head(given, len(named)), options)
    head = _head(given, 1 + len(aux))
    scope = _scope()
    asked = Scalars(named, head, values, names_of(wrt), variables, scope, net, name, options)
    return _compile_line([loss, *aux], asked, target)


def _compile_line(outputs: Sequence[Any], p: Scalars, target: str) -> CompiledFunction:
    """A straight line of scalars; or a loop over examples, where that is wanted and there is one.

    ``outputs`` are all that were asked for, of which ``p`` has the Values.
    """
    start, reason, values = time.perf_counter(), "", p.values
    if target == "python" and len(outputs) == len(p.outputs) and p.wants_loop():
        looped = compile_looped(p)
        if isinstance(looped, CompiledFunction):
            return looped
        reason = looped
    called = user_names(p.variables, value_nodes(*p.outputs))
    lowered = lower(outputs, values, p.names, name=p.name, called=called)
    every = range(len(values))
    used = {id(o) for x in (*lowered.body,) for o in x.operands}
    used |= {id(r) for r in lowered.results}
    zero = [p.hint for p in lowered.parameters if id(p) not in used]
    count = len(lowered.results)
    pipeline = _prepared(lowered, p.options)
    if reason:
        step = Step("loop", None, lowered, time.perf_counter() - start, f"none: {reason};")
        pipeline.steps.insert(0, step)
    pipeline.differentiate(every, p.options)
    packed = Pack(tuple(range(count, count + len(values))))
    theta = Argument("theta", Type("f64", (len(values),)), "theta")
    types = tuple((p.hint, p.type) for p in lowered.parameters)
    signature = Signature(p.name, target, (theta,), types, "vector")
    structure = (p.head, packed)
    examples = examples_of(p.outputs, p.variables)
    nodes = len(reach(p.outputs))
    said = of_values(structure, lowered, target, p.net, examples, nodes, zero)
    said = replace(said, examples=tuple(ExampleHeading(str(e), e.numbers) for e in examples))
    read: dict[str, Callable[[], Any]] = {"theta": reader(values, target)}
    reference = of_scalars(lowered, linearise(outputs, values))
    return finish(pipeline, said, signature, ({}, read), p.options, reference)


def _prepared(program: Function, options: Options) -> Pipeline:
    """The pipeline of a program that is not too large: its sizes fixed, and made stable."""
    options.check_length(len(program.body))
    pipeline = Pipeline(program)
    if options.sizes:
        pipeline.run("sizes", lambda f: with_sizes(f, options.sizes))
    check_sizes(pipeline.function)
    if options.stabilize:
        pipeline.stabilize()
    return pipeline


def _head(aux: Any, count: int) -> Structure:
    """Where the value stands among the results: the loss, or the loss with its aux."""
    if aux is None:
        return 0
    return (0, tuple(range(1, count)) if _is_many(aux) else 1)


def _argument(p: Instr) -> Argument:
    return Argument(p.hint, p.type, p["kind"])


def _data(
    arguments: Sequence[Argument], leaves: Sequence[Leaf]
) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """The bound constants, and readers of the params' own data."""
    pairs = list(zip(arguments, leaves, strict=True))
    constants = {a.name: leaf.data for a, leaf in pairs if a.kind == "constant"}
    return constants, {a.name: _reader(leaf) for a, leaf in pairs if a.kind == "param"}


def _reader(leaf: Leaf) -> Callable[[], Any]:
    if leaf.shape or leaf.instr.type.dtype != "f64":
        return partial(getattr, leaf, "data")
    return lambda: leaf.data.item()  # type: ignore[union-attr]


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float | np.number) and not isinstance(x, bool)


def _holds_values(wrt: Any) -> bool:
    return hasattr(wrt, "parameters") or any(isinstance(v, Value) for v in _several(wrt))


def _is_many(given: Any) -> bool:
    return isinstance(given, list | tuple)


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if _is_many(given) else [given]


def _leaves(what: str, given: Any) -> list[Leaf]:
    leaves = _several(given)
    if what == "wrt" and not leaves:
        raise ArgumentError(
            "wrt: expected at least one leaf, got none; use sg.function for a value only"
        )
    for i, leaf in enumerate(leaves):
        if not isinstance(leaf, Leaf):
            raise ArgumentError(
                f"{what}[{i}]: expected an sg.param or sg.input, got {type(leaf).__name__}"
            )
        if what == "wrt" and not leaf.instr.type.is_float:
            raise DTypeError(
                f"wrt[{i}]: {leaf.name} is {leaf.instr.type}; integers have no gradient"
            )
    if len({id(leaf) for leaf in leaves}) != len(leaves):
        raise ArgumentError(f"{what}: a leaf is listed twice; list each once")
    return leaves


def _check_loss(loss: Expr) -> None:
    if loss.shape != ():
        at = f"; built at {loss.instr.origins[0]}" if loss.instr.origins else ""
        raise ShapeError(
            f"loss: expected a scalar, got {loss.instr.type}; reduce it with sg.sum or sg.mean{at}"
        )


def _variables() -> dict[str, Any]:
    """The variables of the innermost frame outside symgrad."""
    return next(_frames())


def _scope() -> dict[str, Any]:
    """The variables of all frames outside symgrad, the innermost frame's first."""
    found: dict[str, Any] = {}
    for variables in _frames():
        for name, value in variables.items():
            found.setdefault(name, value)
    return found


def _frames() -> Iterator[dict[str, Any]]:
    """The variables of each frame outside symgrad, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not INTERNAL[frame.f_globals.get("__name__")]:
            # Only identifiers: a debugger or test runner keeps names of its own among the locals.
            names = [n for n in frame.f_locals if isinstance(n, str) and n.isidentifier()]
            yield {name: frame.f_locals[name] for name in names}
        frame = frame.f_back


__all__ = ["compile", "function", "grad"]
