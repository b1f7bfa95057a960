"""``compile``, ``function`` and ``grad``: from expressions to functions.

Array expressions go through ``trace`` and give one argument a leaf; micrograd's scalars go through
``linearise`` and give one vector ``theta``.  Each makes a ``Program``, which the driver compiles.
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
from symgrad.certify.references import TRACED, Reference
from symgrad.codegen import AUTO, TARGETS, Structure, suited, suited_to
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import Words, net_of
from symgrad.compiler.driver import Program, compile_program
from symgrad.compiler.looped import looped
from symgrad.compiler.options import Options, check_flag, check_function_name, parse_options
from symgrad.compiler.rolled import rolled
from symgrad.compiler.scalar_loss import ScalarLoss, straight
from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.frontend.arrays.expr import Expr, as_expr
from symgrad.frontend.arrays.leaf import Leaf
from symgrad.frontend.arrays.trace import TracedFunction, trace
from symgrad.frontend.refusals import located
from symgrad.frontend.scalars.lower import names_of, values_of
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.names import expression_nodes, user_names
from symgrad.frontend.source.origin import INTERNAL
from symgrad.ir.function import uncollected
from symgrad.rewrite.stabilize import shared_value
from symgrad.runtime.arguments import Argument


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
    target   "numpy", "python", or "auto": NumPy, and Python where every value is a number
    options  the fields of ``sg.Options``
    The arguments are the params, then the inputs, each in the order in which they were made; the
    gradients are in the order of ``wrt``, and go by name, too.
    Raises ShapeError for a loss that is no scalar, ArgumentError for unusable arguments and
    options, and UnsupportedError where the target cannot express an operation.
    """
    chosen = parse_options(options, target)
    check_function_name(name)
    if _is_number(loss) and wrt is not None:  # sum() of nothing, or of numbers alone
        loss = Value(loss) if _holds_values(wrt) else as_expr(float(loss))
    if isinstance(loss, Value):
        with uncollected():
            return compile_program(_of_values(loss, wrt, aux, target, name, chosen), chosen)
    if not isinstance(loss, Expr):
        raise ArgumentError(
            f"loss: expected a symgrad expression or a Value, got {type(loss).__name__}; "
            "build it from sg.input and sg.param"
        )
    _check_loss(loss)
    with uncollected():
        return compile_program(_of_arrays(loss, wrt, aux, target, name), chosen)


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

    ``inputs`` are leaves that come first among the arguments, in that order, even if nothing reads
    them.  The other leaves follow: params, then inputs, each in the order in which they were made.
    Raises ArgumentError, UnsupportedError.

    >>> import symgrad as sg
    >>> w, x = sg.param("w", 2.0), sg.input("x")
    >>> print(sg.function([x, w], x - w).signature, sg.function(None, x - w).signature)
    f(x: f64[], w: f64[]) f(w: f64[], x: f64[])
    """
    chosen = parse_options(options, target)
    check_function_name(name)
    outs = _several(outputs)
    if not outs:
        raise ArgumentError("outputs: expected an expression or a tuple of them, got none")
    listed = _leaves("inputs", inputs) if inputs is not None else []
    structure: Structure = tuple(range(len(outs))) if _is_many(outputs) else 0
    with uncollected():
        every = [o for o in outs if isinstance(o, Expr)]
        names = user_names(_variables(), expression_nodes(*every))
        traced = trace(outs, name=name, first=listed, names=names)
        program = _of_traced(traced, target, "plain", structure)
        return compile_program(replace(program, words=Words(unreached=traced.unread)), chosen)


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


def _of_arrays(loss: Expr, wrt: Any, aux: Any, target: str, name: str) -> Program:
    """The program of a loss of array expressions."""
    chosen, along = None if wrt is None else _leaves("wrt", wrt), _several(aux)
    every = [loss, *[a for a in along if isinstance(a, Expr)]]
    names = user_names(_variables(), expression_nodes(*every))
    traced = trace([loss, *along], name=name, wrt=chosen, names=names)
    if chosen is None:
        chosen = [leaf for leaf in traced.leaves if leaf.kind == "param"]
        if not chosen:
            raise ArgumentError(
                "the loss reaches no sg.param; pass wrt=[...], or use sg.function for a value only"
            )
    program = _of_traced(traced, target, "gradients", _head(aux, len(traced.function.results)))
    places = {id(leaf): i for i, leaf in enumerate(traced.leaves)}
    unread = [leaf.name for leaf in chosen if all(leaf is not own for own in traced.reached)]
    return replace(
        program,
        wrt=tuple((leaf.name, leaf.instr.type) for leaf in chosen),
        indices=tuple(places[id(leaf)] for leaf in chosen),
        words=Words(unreached=unread),
    )


def _of_traced(traced: TracedFunction, target: str, kind: str, value: Structure) -> Program:
    """The program of a traced function, an argument for each leaf."""
    f = traced.function
    arguments = [Argument(p.hint, p.type, p["kind"]) for p in f.parameters]
    pairs = list(zip(arguments, traced.leaves, strict=True))
    return Program(
        f,
        suited_to(f) if target == AUTO else target,
        kind,
        tuple(arguments),
        value,
        Reference(TRACED, f),
        constants={a.name: leaf.data for a, leaf in pairs if a.kind == "constant"},
        defaults={a.name: _reader(leaf) for a, leaf in pairs if a.kind == "param"},
    )


def _of_values(
    loss: Value, wrt: Any, aux: Any, target: str, name: str, options: Options
) -> Program:
    """The program of a loss made of Values: array code, a loop, or a straight line."""
    if wrt is None:
        raise ArgumentError(
            "wrt is needed for a loss made of Values: pass a Module such as an MLP, or a list of "
            "Values to differentiate by"
        )
    if not isinstance(wrt, Value | Sequence) and not hasattr(wrt, "parameters"):
        raise ArgumentError(f"wrt: expected a Module or a list, got {type(wrt).__name__}")
    if options.sizes:
        raise ArgumentError("option 'sizes': a loss made of Values has no named sizes")
    asked, values, variables = [loss, *_several(aux)], values_of(wrt), _variables()
    head, net = _head(aux, len(asked)), net_of(wrt, variables)
    who = asked, head, values, names_of(wrt), variables, _scope, net
    p, start, reason = ScalarLoss(*who, target, name, options), time.perf_counter(), ""
    if target == AUTO:
        p = replace(p, target=suited(arrays=True))
    if p.is_all_values and TARGETS[p.target].takes_arrays:
        program = rolled(p)
        if program is not None:
            return program
    if target == AUTO:
        p = replace(p, target=suited(arrays=False))
    if p.is_all_values and not TARGETS[p.target].takes_arrays and p.wants_loop():
        found = looped(p)
        if isinstance(found, Program):
            return found
        reason = found
    return straight(p, start, reason)


def _head(aux: Any, count: int) -> Structure:
    """The value's place among the results: the loss, or the loss with its aux."""
    if aux is None:
        return 0
    return (0, tuple(range(1, count)) if _is_many(aux) else 1)


def _reader(leaf: Leaf) -> Callable[[], Any]:
    if leaf.instr.type.shape or leaf.instr.type.dtype != "f64":
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
    if loss.instr.type.shape:
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
