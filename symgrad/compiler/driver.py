"""The one path from a program to a compiled function.

Each front door makes a ``Program``: array expressions and plain outputs (``compile``), a loss made
of Values (``rolled``, ``looped``, ``scalar_loss``), a traced Python function (``specialise``).
``compile_program`` checks its length, fixes sizes, stabilises, differentiates, simplifies, expands
what the target lacks, describes, emits, and makes the text callable.  The order of the passes
stands here, too.

>>> SIMPLIFY[-1].name
'dce'
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from symgrad.autodiff import differentiate
from symgrad.autodiff.hints import with_wanted_names
from symgrad.certify.lone_branches import lone_branches
from symgrad.certify.references import Reference, bare
from symgrad.codegen import LOOPED, TARGETS, ExampleLoop, Pack, Structure, emit, obstacle
from symgrad.codegen.target import Target
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import Words, of_nothing, of_numbers, unit_of, unreached
from symgrad.compiler.history import History, Step
from symgrad.compiler.options import Options
from symgrad.compiler.sizes import check_sizes, needs_of, ranges_of, with_sizes
from symgrad.compiler.verifying import varied, withhold_refuted
from symgrad.ir.function import Function
from symgrad.ir.types import Type
from symgrad.ir.verifier import verify
from symgrad.rewrite import (
    Pass,
    canonicalize,
    contractions,
    cse,
    dce,
    embeddings,
    expand,
    inline,
    joining,
    layouts,
    leading,
    mirror,
    packing,
    settle,
    simplify,
    softmax,
    stabilize,
    tidy,
)
from symgrad.rewrite.passes import early_cse, sharing
from symgrad.rewrite.rule import REALS
from symgrad.rewrite.softmax import accurate_softmax
from symgrad.runtime.arguments import Argument, Signature
from symgrad.runtime.example_rows import Layout

SIMPLIFY: tuple[Pass, ...] = (
    canonicalize,
    embeddings,
    packing,
    cse,
    softmax,
    simplify,
    settle,
    contractions,
    cse,
    dce,
)
BITWISE_ONLY: tuple[Pass, ...] = (tidy, packing, cse, tidy, dce)
JOIN: tuple[Pass, ...] = (joining, cse, dce)  # behind those, for a loop over examples


@dataclass(frozen=True)
class Program:
    """A request to compile: everything that the front door knows, before any pass has run.

    function    the IR before any pass, the loss first among its results
    target      that is emitted for
    kind        ``gradients``, ``vector`` (one gradient, of theta) or ``plain`` (none)
    arguments   of the compiled function, with their kinds
    value       how the function's results are arranged, without the gradients
    reference   what ``verify`` compares with
    wrt         names and types of what is differentiated by, as the caller knows them
    indices     of the function's parameters that are differentiated by
    words       records that titles, docstrings and remarks are made of
    constants   the bound arrays, by name
    defaults    readers of the data that arguments have of their own, by name
    steps       those that made the function
    loop, layout  the loop over examples that is to be written, and its open examples' parts
    otherwise   the program in place of a loop that cannot be written, for the reason
    remarks     for ``notes``, behind those of the function itself
    """

    function: Function
    target: str
    kind: str
    arguments: tuple[Argument, ...]
    value: Structure
    reference: Reference
    wrt: tuple[tuple[str, Type], ...] = ()
    indices: tuple[int, ...] = ()
    words: Words = field(default_factory=Words)
    constants: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    loop: ExampleLoop | None = None
    layout: Layout = ()
    otherwise: Callable[[str], Program] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def written_for(self) -> Target:
        """The target, in the style that the program calls for."""
        return LOOPED if self.loop else TARGETS[self.target]

    @property
    def is_scalar(self) -> bool:
        """True where each number of theta is a parameter of its own."""
        parameters = self.function.parameters
        return self.kind == "vector" and not (parameters and parameters[0].type.rank)

    @property
    def structure(self) -> Structure:
        """How all results are arranged; the gradients follow the function's own."""
        first = len(self.function.results)
        every = tuple(range(first, first + len(self.indices)))
        if self.kind == "plain":
            return self.value
        if self.is_scalar:
            return self.value, Pack(every)
        return self.value, first if self.kind == "vector" else every


class Pipeline:
    """Runs steps on a function and records them; ``derived`` is it behind differentiation."""

    def __init__(self, function: Function, steps: Sequence[Step] = ()) -> None:
        self.function = function
        self.derived: Function | None = None
        self.steps = list(steps)

    def run(self, name: str, apply: Callable[[Function], Function]) -> None:
        """One step that applies no rules."""
        self.run_pass(Pass(name, REALS, lambda f: (apply(f), ())))

    def run_pass(self, p: Pass) -> None:
        """One step.  With ``SYMGRAD_CHECK=1`` in the environment its result is verified."""
        before, start = self.function, time.perf_counter()
        self.function, fired = p.apply(before)
        seconds = time.perf_counter() - start
        self.steps.append(Step(p.name, before, self.function, seconds, fired=fired))
        if os.environ.get("SYMGRAD_CHECK") == "1":
            verify(self.function)

    def stabilize(self) -> None:
        self.run_pass(stabilize)

    def differentiate(self, wrt: Sequence[int], options: Options) -> None:
        """Appends the gradients of the first result by the parameters of those indices."""
        strict, accurate = options.strict, options.accurate
        self.run(
            "differentiate",
            lambda f: differentiate(
                early_cse(leading.apply(with_wanted_names(f))[0]),
                wrt,
                strict,
                accurate,
                wanted=True,
            ),
        )
        self.derived = self.function

    def simplify(self, options: Options, target: Target) -> None:
        """The passes behind differentiation; einsum is for targets that have it."""
        body = self.function.body
        if any(x.op.mirrored for x in body):
            self.run_pass(mirror)
        if any(x.op.inline for x in body) or sharing(self.function):
            self.run_pass(inline)
        passes = SIMPLIFY if options.reassociate else BITWISE_ONLY
        instead = {softmax: accurate_softmax} if options.accurate else {}
        skipped = {simplify: not options.simplify, contractions: "einsum" not in target.emit}
        wanted = [p for p in passes if not skipped.get(p)]
        self.run_all([instead.get(p, p) for p in wanted])
        if options.simplify == "sympy":
            from symgrad.symbolic.regions import simplified_by_sympy  # loads SymPy

            self.run_pass(Pass("sympy", REALS, simplified_by_sympy))

    def expand(self, target: Target) -> None:
        """Writes out what the target has no text for, and computes once what that has in common."""
        if any(map(target.lacks, self.function.body)):
            self.run_all((expand(target.lacks), cse, dce))

    def lay_out(self, options: Options, target: Target) -> None:
        """Layouts in memory, for targets that choose them."""
        chooses = options.reassociate and "by_column" in target.emit
        if chooses and any(x.type.rank > 1 for x in self.function.body):
            self.run_pass(layouts)

    def run_all(self, passes: Sequence[Pass]) -> None:
        for p in passes:
            self.run_pass(p)

    @property
    def history(self) -> History:
        return History(self.steps)


def compile_program(p: Program, options: Options) -> CompiledFunction:
    """The compiled function of a program.

    Raises LimitError for a program that is too large, UnsupportedError where the target cannot
    express it, VerificationError where ``options.verify`` is set and the text is refuted.
    """
    options.check_length(len(p.function.body))
    pipeline = Pipeline(p.function, p.steps)
    if options.sizes:
        pipeline.run("sizes", lambda f: with_sizes(f, options.sizes))
    if not p.loop:  # whose length is that of its examples
        check_sizes(pipeline.function)
    if options.stabilize:
        pipeline.stabilize()
    prepared = pipeline.function
    if p.kind != "plain":
        pipeline.differentiate(p.indices, options)
    pipeline.simplify(options, p.written_for)
    if p.loop and options.reassociate:
        pipeline.run_all(JOIN)
    pipeline.expand(p.written_for)
    if not p.loop:
        pipeline.lay_out(options, p.written_for)
    reason = obstacle(pipeline.function) if p.loop else ""
    if reason and p.otherwise:
        return compile_program(p.otherwise(reason), options)
    return _wrapped(p, prepared, pipeline, options)


def _wrapped(
    p: Program, prepared: Function, pipeline: Pipeline, options: Options
) -> CompiledFunction:
    """The emitted text, callable and checked; ``prepared`` is what was differentiated."""
    f, written = pipeline.function, p.reference.ir()
    arguments = p.arguments
    if options.sizes:
        types = [x.type for x in prepared.parameters]
        arguments = tuple([replace(a, type=t) for a, t in zip(arguments, types, strict=True)])
    lists = not TARGETS[p.target].takes_arrays
    signature = Signature(f.name, p.target, arguments, p.wrt, p.kind, layout=p.layout, lists=lists)
    needs = needs_of(f, written, pipeline.derived)
    unit = unit_of(p, prepared, f, needs)
    guards = tuple((need.dim, need.why) for need in needs if need.silent)
    asked = sha256(str(bare(written)).encode()).hexdigest()  # as the certificate has it
    chooses = any(x.op.name == "where" for x in written.body)
    lone = lone_branches(written, varied(written, signature)) if chooses else ()
    made = CompiledFunction(
        emit(replace(unit, guards=guards, written=written, asked=asked), p.written_for),
        replace(
            signature,
            needs=tuple((need.dim, need.why) for need in needs),
            ranges=ranges_of(f),
            returns=_returned(p.structure, f),
        ),
        p.constants,
        p.defaults,
        ir=f,
        history=pipeline.history,
        notes=(*unreached(p), *of_nothing(prepared), *of_numbers(p, prepared), *lone),
        check=options.check,
        strict=options.strict,
        reference=p.reference,
    )
    made = withhold_refuted(made) if options.verify else made
    made.notes += p.remarks
    return made


def _returned(part: Structure, f: Function) -> Any:
    """The types of the results, nested as the caller gets them."""
    if isinstance(part, int):
        return str(f.results[part].type)
    if isinstance(part, Pack):
        return str(Type("f64", part.shape or (len(part.members),)))
    return tuple([_returned(p, f) for p in part])


__all__ = ["Program", "compile_program"]
