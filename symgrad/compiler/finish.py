"""The end that all ways to a compiled function share: simplify, emit, and make it callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from symgrad.certify.points import points_of
from symgrad.codegen import Pack, Structure, Unit, emit
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import Description
from symgrad.compiler.options import Options
from symgrad.compiler.pipeline import BITWISE_ONLY, SIMPLIFY, Pipeline
from symgrad.compiler.sizes import needs_of, ranges_of
from symgrad.compiler.verifying import Reference, bare, varied, withhold_refuted
from symgrad.ir.function import Function
from symgrad.ir.types import Type
from symgrad.rewrite import inline, softmax
from symgrad.rewrite import simplify as frugal
from symgrad.rewrite.inline import sharing
from symgrad.rewrite.softmax import accurate_softmax
from symgrad.runtime.arguments import Signature

Data = tuple[Mapping[str, Any], Mapping[str, Callable[[], Any]]]


def finish(
    pipeline: Pipeline,
    said: Description,
    signature: Signature,
    data: Data,
    options: Options,
    reference: Reference,
) -> CompiledFunction:
    """The compiled function; ``data`` are the bound constants, and readers of the defaults.

    Raises VerificationError where the option ``verify`` is set and the text is refuted.
    """
    simplify(pipeline, options)
    return completed(pipeline, said, signature, data, options, reference)


def simplify(pipeline: Pipeline, options: Options) -> None:
    """What runs behind differentiation."""
    body = pipeline.function.body
    if any(x.op.inline for x in body) or sharing(pipeline.function):
        pipeline.run(inline.name, inline)
    passes = SIMPLIFY if options.reassociate else BITWISE_ONLY
    instead = {softmax: accurate_softmax} if options.accurate else {}
    wanted = [p for p in passes if options.simplify or p is not frugal]
    pipeline.run_all([instead.get(p, p) for p in wanted])
    if options.simplify == "sympy":
        from symgrad.symbolic.regions import simplified_by_sympy  # loads SymPy

        pipeline.cheapen("sympy", simplified_by_sympy)


def completed(
    pipeline: Pipeline,
    said: Description,
    signature: Signature,
    data: Data,
    options: Options,
    reference: Reference,
) -> CompiledFunction:
    """The compiled function of a program that is simplified already."""
    written = reference.ir()
    needs = needs_of(pipeline.function, written)
    guards = tuple((need.dim, need.why) for need in needs if need.silent)
    asked = sha256(str(bare(written)).encode()).hexdigest()  # as the certificate has it
    unit = Unit(pipeline.function, guards=guards, asked=asked, **said.fields(pipeline.function))
    source = emit(unit, signature.target)
    compiled = CompiledFunction(
        source,
        replace(
            signature,
            needs=tuple((need.dim, need.why) for need in needs),
            ranges=ranges_of(pipeline.function),
            returns=returned(said.structure, pipeline.function),
        ),
        *data,
        ir=pipeline.function,
        history=pipeline.history,
        notes=(*said.zero, *points_of(written, varied(written, signature))),
        check=options.check,
        strict=options.strict,
        reference=reference,
    )
    return withhold_refuted(compiled) if options.verify else compiled


def returned(part: Structure, f: Function) -> Any:
    """The types of the results, nested as the caller gets them."""
    if isinstance(part, int):
        return str(f.results[part].type)
    if isinstance(part, Pack):
        return str(Type("f64", part.shape or (len(part.members),)))
    return tuple([returned(p, f) for p in part])
