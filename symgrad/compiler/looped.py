"""A loss made of scalars as a loop over examples, for the ``python`` target.

The examples are an argument of the function where each number of the program can be traced to
them; where one cannot, the loop runs over the examples that it was traced with, and ``history``
says why.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from symgrad.autodiff.hints import is_square_or_distance
from symgrad.certify.references import of_scalars
from symgrad.codegen import ExampleLoop, LoopItem
from symgrad.compiler.describing import Words
from symgrad.compiler.driver import Program
from symgrad.compiler.history import Step
from symgrad.compiler.rolled import unreached
from symgrad.compiler.scalar_loss import ScalarLoss, reader, straight
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.lower import hints_of
from symgrad.frontend.source.counts import form_of
from symgrad.frontend.source.names import called, expression_nodes, from_source, held, with_names
from symgrad.frontend.source.series import Series, series_of
from symgrad.ir.function import Function
from symgrad.ir.naming import before
from symgrad.ir.types import Type
from symgrad.reroll.count_formulas import DIM, Form
from symgrad.reroll.example_body import lower
from symgrad.reroll.example_loop import Lanes, Literal
from symgrad.runtime.arguments import Argument
from symgrad.runtime.example_rows import EXAMPLES, Layout


def looped(p: ScalarLoss) -> Program | str:
    """The program of a loop, or why there is none; where it cannot be written, the straight line
    takes its place."""
    start = time.perf_counter()
    labels, scope = hints_of(held(p.variables), called(p.variables)), p.scope()
    program = linearise(p.outputs, p.values, (), labels, p.names)
    lanes = Lanes(program, not p.options.reassociate)
    if not lanes.count:
        return lanes.reason
    numbers = [x.value for x in lanes.literals]
    series = series_of(program.origins, scope, lanes.columns, numbers)
    forms, series = dependent(lanes, series, scope)
    f = told(lower(lanes, p.name, p.names, series.columns, forms))
    nodes = f"{len(program):,} scalar nodes"
    note = f"{nodes}, {lanes.count} examples"
    note += f" and no others: {series.reason}" if series.reason else ""
    step = Step("loop", None, f, time.perf_counter() - start, note)
    loop, columns = loop_of(series, f), dict(c for part in series.parts for c in part.columns())
    argument, layout = examples_argument(loop, series) if loop.is_open else ((), ())
    traced = f"{len(loop.rows)} examples, {nodes}" if loop.rows else nodes
    words = Words(p.net, traced, summed=bool(loop.rows), unreached=unreached(program, p.names))
    return Program(
        f,
        p.target,
        "vector",
        (p.theta, *argument),
        p.head,
        of_scalars(f, program, columns),
        p.wrt,
        tuple(range(len(p.values))),
        words,
        defaults={"theta": reader(p.values, p.target)},
        steps=(step,),
        loop=loop,
        layout=layout,
        otherwise=lambda reason: straight(p, start, reason),
        remarks=p.remarks,
    )


def examples_argument(loop: ExampleLoop, series: Series) -> tuple[tuple[Argument], Layout]:
    """The argument of a loop over any number of examples, and the parts of each."""
    width = sum(len(part.names) for part in series.parts)
    layout = tuple((x.name, len(x.names) if x.is_row else 0) for x in series.parts)
    return (Argument(loop.name, Type("f64", (DIM, width)), EXAMPLES),), layout


def dependent(
    lanes: Lanes, series: Series, variables: Mapping[str, Any]
) -> tuple[dict[Literal, Form], Series]:
    """The literals that depend on the number of examples, if other numbers of them are allowed."""
    forms: dict[Literal, Form] = {}
    for x in lanes.literals if not series.reason else ():
        try:
            form = form_of(x.value, x.origins, lanes.count, variables)
        except LookupError as error:
            return {}, replace(series, reason=str(error.args[0]))
        if form is not None:
            forms[x] = form
    return forms, series


def told(f: Function) -> Function:
    """The function with names for people: those of the user's assignments, z3 for the operand of
    what was h3, and ``err`` for the error of one example, as in straight-line code."""
    named = from_source(expression_nodes(*f.results), rounds_apart=False)
    for y in f.body:
        x = y.operands[0] if y.operands else y
        if named.get(id(y), y.hint) != y.hint != "" and len(y.operands) == 1 and not x.hint:
            named.setdefault(id(x), before(y.hint))
        if is_square_or_distance(y) and x.op.name == "subtract" and x.type.rank and not x.hint:
            named.setdefault(id(x), "err")
    return with_names(f, named)


def loop_of(series: Series, f: Function) -> ExampleLoop:
    """The loop, whose data are the inputs among the function's parameters."""
    place = {p.hint: i for i, p in enumerate(f.parameters) if p["kind"] == "input"}
    parts = tuple(LoopItem(tuple(map(place.get, x.names)), x.names, x.is_row) for x in series.parts)
    return ExampleLoop(parts, series.rows(), not series.reason)
