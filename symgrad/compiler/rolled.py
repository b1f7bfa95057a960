"""A loss made of Values as array code: re-rolled, with one vector theta of parameters."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symgrad.certify.references import Reference, of_scalars
from symgrad.codegen import Structure
from symgrad.compiler.describing import Words
from symgrad.compiler.driver import Program
from symgrad.compiler.history import Step
from symgrad.compiler.scalar_loss import ScalarLoss, reader
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.examples import data_called
from symgrad.frontend.source.names import called, expression_nodes, from_source, with_names
from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram
from symgrad.ir.types import Type
from symgrad.reroll import reroll, structure
from symgrad.reroll.roll import is_cheaper, prefers_arrays
from symgrad.runtime.arguments import Argument


def rolled(p: ScalarLoss) -> Program | None:
    """The array program of a loss, or None where a straight line of scalars is better."""
    start, names = time.perf_counter(), p.names
    labels = called(p.variables), names, data_called(p.variables)
    program = linearise(p.outputs, p.values, (), *labels)
    ordered, scalars = not p.options.reassociate, int(np.count_nonzero(np.diff(program.start)))
    known = structure(program, ordered)
    if not is_cheaper(known.kinds, 0, scalars):
        return None  # too irregular for arrays, whatever they would be
    found = reroll(program, p.name, ordered=ordered, known=known)
    if not prefers_arrays(found.function, scalars):
        return None
    f = with_user_names(found.function)
    traced = f"{len(program):,} scalar nodes"
    step = Step("reroll", None, f, time.perf_counter() - start, traced)
    words = Words(p.net, traced, unreached=unreached(program, names))
    reference = of_scalars(found.function, program)
    made = of_theta(f, p.target, p.head, p.values, names, words, reference, found.constants)
    return replace(made, steps=(step,), remarks=p.remarks)


def of_theta(
    f: Function,
    target: str,
    head: Structure,
    values: Sequence[Value],
    names: Sequence[str],
    words: Words,
    reference: Reference,
    constants: Mapping[str, Any],
) -> Program:
    """The program of a function of one vector theta, inputs and constants.

    head      how the results of the function are arranged, the loss first
    names     of the ``values`` in theta
    constants the bound arrays, by name
    """
    kinds = ["theta", *(str(p["kind"]) for p in f.parameters[1:])]
    arguments = [Argument(p.hint, p.type, k) for p, k in zip(f.parameters, kinds, strict=True)]
    return Program(
        f,
        target,
        "vector",
        tuple(arguments),
        head,
        reference,
        tuple((name, Type("f64")) for name in names),
        (0,),
        words,
        constants,
        {arguments[0].name: reader(values, target)},
    )


def with_user_names(f: Function) -> Function:
    """The function with the names that the user's assignments give its values."""
    return with_names(f, from_source(expression_nodes(*f.results)))


def unreached(program: ScalarProgram, names: Sequence[str]) -> tuple[str, ...]:
    """The parameters that the program does not read."""
    return tuple(names[i] for i in sorted({*range(len(names))} - set(program.read().tolist())))
