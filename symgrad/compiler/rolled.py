"""A loss made of scalars, as array code: re-rolled, differentiated by theta, emitted.

``roll`` gives the array function of a graph of ``Value``s where that is worth having;
``compile_rolled`` takes any function of one vector theta, inputs and constants to a compiled one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.codegen import Structure
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import Net, of_theta
from symgrad.compiler.finish import finish
from symgrad.compiler.options import Options
from symgrad.compiler.pipeline import Pipeline, Step
from symgrad.compiler.verifying import Reference, of_scalars
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.examples import data_called
from symgrad.frontend.source.names import called, expression_nodes, from_source, with_names
from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram
from symgrad.ir.types import Type
from symgrad.reroll import reroll, structure
from symgrad.reroll.array_cost import is_cheaper, prefers_arrays
from symgrad.runtime.arguments import Argument, Signature


@dataclass(frozen=True)
class Rolled:
    """An array function of (theta, inputs, constants), with what is to be said of it.

    constants   the bound arrays, by name
    names       of the parameters in theta
    traced      what it was rolled up from, in words
    theta       reads the parameters' own data
    reference   what it was rolled up from, for ``verify``
    zero        names of the parameters that the loss does not reach
    """

    function: Function
    constants: Mapping[str, Any]
    names: Sequence[str]
    traced: str
    theta: Callable[[], Any]
    reference: Reference
    steps: tuple[Step, ...] = ()
    zero: tuple[str, ...] = ()


def roll(
    outputs: Sequence[Value],
    values: Sequence[Value],
    names: Sequence[str],
    variables: Mapping[str, Any],
    name: str,
    options: Options,
) -> Rolled | None:
    """The array function of scalars, or None where a straight line of them is better."""
    start = time.perf_counter()
    program = linearise(outputs, values, (), called(variables), names, data_called(variables))
    ordered, scalars = not options.reassociate, int(np.count_nonzero(np.diff(program.start)))
    known = structure(program, ordered)
    if not is_cheaper(known.kinds, 0, scalars):
        return None  # too irregular for arrays, whatever they would be
    rolled = reroll(program, name, ordered=ordered, known=known)
    if not prefers_arrays(rolled.function, scalars):
        return None
    function = with_user_names(rolled.function)
    traced = f"{len(program):,} scalar nodes"
    step = Step("reroll", None, function, time.perf_counter() - start, f"{traced}")
    return Rolled(
        function,
        rolled.constants,
        names,
        traced,
        reader(values, "numpy"),
        of_scalars(rolled.function, program),
        (step,),
        unreached(program, names),
    )


def with_user_names(f: Function) -> Function:
    """The function with the names that the user's assignments give its values."""
    return with_names(f, from_source(expression_nodes(*f.results)))


def unreached(program: ScalarProgram, names: Sequence[str]) -> tuple[str, ...]:
    """The parameters that the program does not read."""
    return tuple(names[i] for i in sorted({*range(len(names))} - set(program.read().tolist())))


def compile_rolled(
    rolled: Rolled, net: Net, target: str, value: Structure, options: Options
) -> CompiledFunction:
    """The compiled function of theta that returns ``(value, d_theta)``.

    value   how the results of the function are arranged, the loss first
    """
    options.check_length(len(rolled.function.body))
    pipeline = Pipeline(rolled.function, rolled.steps)
    if options.stabilize:
        pipeline.stabilize()
    f = pipeline.function
    pipeline.differentiate([0], options)
    said = of_theta((value, len(f.results)), f, target, net, rolled.traced, rolled.zero)
    kinds = ["theta", *(p["kind"] for p in f.parameters[1:])]
    arguments = [
        Argument(p.hint, p.type, str(kind)) for p, kind in zip(f.parameters, kinds, strict=True)
    ]
    types = tuple((name, Type("f64")) for name in rolled.names)
    signature = Signature(f.name, target, tuple(arguments), types, "vector")
    theta = arguments[0].name
    data = rolled.constants, {theta: rolled.theta}
    return finish(pipeline, said, signature, data, options, rolled.reference)


def reader(values: Sequence[Value], target: str) -> Callable[[], Any]:
    """Reads the values' data as the target takes them."""
    if target == "python":
        return lambda: [v.data for v in values]
    return lambda: np.array([v.data for v in values])
