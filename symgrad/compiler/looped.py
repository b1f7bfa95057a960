"""A loss made of scalars as a loop over examples, for the ``python`` target.

The examples are an argument of the function where each number of the program can be traced to
them; where one cannot, the loop runs over the examples that it was traced with, and ``history``
says why.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symgrad.autodiff.hints import is_square_or_distance
from symgrad.codegen import Loop, LoopItem, Pack, Structure, obstacle
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import Net, of_values
from symgrad.compiler.finish import completed, simplify
from symgrad.compiler.options import Options
from symgrad.compiler.pipeline import Pipeline, Step
from symgrad.compiler.rolled import reader, unreached
from symgrad.compiler.verifying import of_scalars
from symgrad.frontend.scalars.backprop import computed
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.lower import hints_of
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.counts import form_of
from symgrad.frontend.source.names import called, expression_nodes, from_source, held, with_names
from symgrad.frontend.source.series import Series, series_of
from symgrad.ir.derived_names import before
from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram
from symgrad.ir.types import Type
from symgrad.reroll.example_body import DIM, Form, lower
from symgrad.reroll.example_loop import Lanes, Literal
from symgrad.rewrite import cse, dce, joining
from symgrad.runtime.arguments import Argument, Signature
from symgrad.runtime.example_rows import EXAMPLES, Layout

ENOUGH = 2_000  # operations, above which a loop is preferred to a straight line


@dataclass(frozen=True)
class Scalars:
    """A program of scalars, and what was asked for.

    outputs   the loss and what comes along; ``head`` is how they are arranged
    values    the parameters, with their ``names``
    variables those of the calling frame, ``scope`` those of all frames around it too
    """

    outputs: Sequence[Value]
    head: Structure
    values: Sequence[Value]
    names: Sequence[str]
    variables: Mapping[str, Any]
    scope: Mapping[str, Any]
    net: Net
    name: str
    options: Options

    def wants_loop(self) -> bool:
        """Whether a loop is asked for, or the program so large that one is preferred."""
        if self.options.style:
            return self.options.style == "looped"
        return len(computed(self.outputs)) > ENOUGH


def compile_looped(p: Scalars) -> CompiledFunction | str:
    """The compiled loop, or why there is none."""
    start = time.perf_counter()
    labels = hints_of(held(p.variables), called(p.variables))
    program = linearise(p.outputs, p.values, (), labels, p.names)
    lanes = Lanes(program, not p.options.reassociate)
    if not lanes.count:
        return lanes.reason
    numbers = [x.value for x in lanes.literals]
    series = series_of(program.origins, p.scope, lanes.columns, numbers)
    forms, series = dependent(lanes, series, p.scope)
    f = told(lower(lanes, p.name, p.names, series.columns, forms))
    note = f"{len(program):,} scalar nodes, {lanes.count} examples"
    if series.reason:
        note += f" and no others: {series.reason}"
    step = Step("loop", None, f, time.perf_counter() - start, note)
    p.options.check_length(len(f.body))
    pipeline = Pipeline(f, (step,))
    if p.options.stabilize:
        pipeline.stabilize()
    forward, every = pipeline.function, range(len(p.values))
    pipeline.differentiate(every, p.options)
    simplify(pipeline, p.options)
    if p.options.reassociate:
        pipeline.run_all((joining, cse, dce))
    reason = obstacle(pipeline.function)
    return reason or finished(p, pipeline, forward, series, program)


def finished(
    p: Scalars, pipeline: Pipeline, forward: Function, series: Series, program: ScalarProgram
) -> CompiledFunction:
    """The compiled function of a loop whose program is simplified."""
    count = len(forward.results)
    structure = (p.head, Pack(tuple(range(count, count + len(p.values)))))
    loop = loop_of(series, forward)
    nodes, zero = len(program), unreached(program, p.names)
    said = of_values(structure, forward, "python", p.net, loop.rows, nodes, zero)
    arguments = [Argument("theta", Type("f64", (len(p.values),)), "theta")]
    layout: Layout = ()
    if loop.is_open:
        width = sum(len(part.names) for part in series.parts)
        arguments.append(Argument(loop.name, Type("f64", (DIM, width)), EXAMPLES))
        layout = tuple((x.name, len(x.names) if x.is_row else 0) for x in series.parts)
    types = tuple((name, Type("f64")) for name in p.names)
    signature = Signature(p.name, "python", tuple(arguments), types, "vector", layout=layout)
    said = replace(said, loop=loop)
    read = {"theta": reader(p.values, "python")}
    columns = {name: data for part in series.parts for name, data in part.columns()}
    reference = of_scalars(pipeline.steps[0].after, program, columns)
    return completed(pipeline, said, signature, ({}, read), p.options, reference)


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


def loop_of(series: Series, f: Function) -> Loop:
    """The loop, whose data are the inputs among the function's parameters."""
    place = {p.hint: i for i, p in enumerate(f.parameters) if p["kind"] == "input"}
    parts = tuple(LoopItem(tuple(map(place.get, x.names)), x.names, x.is_row) for x in series.parts)
    return Loop(parts, series.rows(), not series.reason)
