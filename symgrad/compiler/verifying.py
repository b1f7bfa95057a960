"""The certificate of a compiled function: its text as a claim, beside its reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from symgrad.autodiff import differentiate
from symgrad.certify.lone_branches import lone_branches
from symgrad.certify.references import Reference
from symgrad.codegen import TARGETS
from symgrad.codegen.helpers import APPROXIMATE
from symgrad.codegen.identifiers import allowed
from symgrad.errors import FormatError, SymgradError, VerificationError
from symgrad.ir.function import Function, Instr
from symgrad.ir.types import names_in, size_at
from symgrad.ops import OPS
from symgrad.ops.gathering import bounds_of
from symgrad.runtime.arguments import Signature
from symgrad.runtime.example_rows import EXAMPLES, names_of

if TYPE_CHECKING:
    from symgrad.certify.certificate import Certificate
    from symgrad.compiler.compiled import CompiledFunction

LARGEST = 64  # the largest N that is looked at for one that the function takes


def facts(f: CompiledFunction) -> dict[str, Any]:
    """The facts that a file carries, to be verified again."""
    if f.reference is None:
        return {}
    found = {"reference": f.reference.text(), "rewrites": list(rewrites_of(f))}
    columns = {name: list(data) for name, data in f.reference.columns.items()}
    return {**found, "columns": columns} if columns else found


def rewrites_of(f: CompiledFunction) -> tuple[str, ...]:
    """The stabilising rewrites that fired, and where."""
    fired = dict.fromkeys(
        str(fired) for step in f.history if step.name == "stabilize" for fired in step.fired
    )
    return tuple(fired) or (f.reference.rewrites if f.reference else ())


def certificate(f: CompiledFunction, level: str, seed: int, budget: int | None) -> Certificate:
    """The certificate of a compiled function.  Raises ArgumentError for an unknown level."""
    from symgrad.certify.verification import certify

    return certify(subject_of(f, seed), level, seed, budget)


def withhold_refuted(f: CompiledFunction) -> CompiledFunction:
    """The function with its certificate.  Raises VerificationError where it is refuted."""
    found = f.verify()
    if found.refuted:
        raise VerificationError(f"the emitted function is withheld\n{found}", found)
    if not found.verified:
        f.notes = (*f.notes, "The certificate is undecided; print(f.certificate) tells why.")
    f.certificate = found
    return f


def unreferenced(f: CompiledFunction) -> Any:
    """The text of a function, with nothing to compare it with."""
    from symgrad.certify.verification import Subject

    target = f.signature.target
    said, libraries = "there is no reference", TARGETS[target].libraries
    return Subject(str(f.signature), target, f.source, said, "none", libraries=libraries)


def subject_of(f: CompiledFunction, seed: int = 0) -> Any:
    """The text of a function, and all that its certificate says of it."""
    signature, reference = f.signature, f.reference
    may_change = reference is not None and reference.again is not None  # it is traced again
    if f.subject is not None and f.subject.seed == seed and not may_change:
        return f.subject
    bare = unreferenced(f)
    if reference is None:
        return bare
    try:
        function = reference.ir()
    except FormatError as error:
        return replace(bare, claims=str(error), reference=reference.kind)
    sizes: Sequence[int] = sizes_of(signature, seed)
    claims: Any = ""
    try:
        if reference.again is not None:
            sizes = reference.again.at(sizes)
        bounds = bounds_of(function)
        claims = tuple(claim_of(f, run, bounds) for run in runners(f, reference, function))
    except SymgradError as error:
        claims = str(error)
    f.subject = replace(
        bare,
        claims=claims,
        also=() if isinstance(claims, str) else over_any_examples(f, function),
        reference=reference.kind,
        ir=reference.text(),
        ops=ops_of(function, signature),
        formulas=formulas_of(reference),
        helpers=atom_names(f.source, signature.target),
        rewrites=rewrites_of(f),
        assumed=(*assumed_of(f, function), *lone_branches(function, varied(function, signature))),
        sizes=tuple(sizes),
        seed=seed,
    )
    return f.subject


def ops_of(function: Function, signature: Signature) -> tuple[str, ...]:
    """The ops of the unoptimised IR, and those of its derivatives as the rules have them."""
    by = set(map(id, varied(function, signature)))
    wrt = [i for i, p in enumerate(function.parameters) if id(p) in by]
    whole = differentiate(function, wrt) if wrt else function
    return tuple(dict.fromkeys(x.op.name for x in whole.body if not x.is_constant))


def varied(function: Function, signature: Signature) -> list[Instr]:
    """The parameters by which the unoptimised function has gradients."""
    if signature.kind == "vector":
        return [p for p in function.parameters if p["kind"] == "param"]
    names = set(differentiated(signature))
    return [p for p in function.parameters if p.hint in names]


def formulas_of(reference: Reference) -> tuple[str, ...]:
    """The ops that were made from formulas."""
    if isinstance(reference.function, str):
        return ()
    return tuple(dict.fromkeys(x.op.name for x in reference.function.body if x.op.made))


def claim_of(f: CompiledFunction, reference: Any, bounds: Mapping[str, Sequence[Any]]) -> Any:
    """The claim that the text computes a reference."""
    from symgrad.checker import Claim

    signature, called = f.signature, spelled(f)
    arguments = [a for a in signature.arguments if a.kind != EXAMPLES]  # whose default is checked
    return Claim(
        f.source,
        reference,
        {called[a.name]: str(a.type) for a in arguments},
        tuple(called[name] for name in differentiated(signature)),
        {called.get(name, name): found for name, found in bounds.items()},
        {called[name]: data for name, data in f.constants.items()},
        signature.name,
        signature.returns,
        TARGETS[signature.target].takes_arrays,
        atoms_of(f.source, signature.target),
        libraries=TARGETS[signature.target].libraries,
    )


def spelled(f: CompiledFunction) -> dict[str, str]:
    """The names of the arguments as the text has them: ``len_`` for what would hide a builtin,
    ``N_2`` for what is called as a size is, ``p_x`` for ``__x``.  One argument under another's
    name is a fault, which stays for the checker to find."""
    names = [a.name for a in f.signature.arguments]
    text = (*f.python.__code__.co_varnames, *names)[: len(names)]
    pairs = zip(names, text, strict=True)
    return {n: t if t.startswith(allowed(n)) and t not in names else n for n, t in pairs}


def over_any_examples(f: CompiledFunction, function: Function) -> tuple[Any, ...]:
    """The claim that a loop is right for other examples too, against its unoptimised IR."""
    from symgrad.checker import Claim
    from symgrad.symbolic.reference import Printed

    layout = f.signature.layout
    if not layout:
        return ()
    theta = f.signature.arguments[0]
    inputs = [p.hint for p in function.parameters if p["kind"] == "input"]
    rows = [f"({', '.join(names_of(n, k))},)" if k else n for n, k in layout]
    row = f"({', '.join(rows)},)" if len(rows) > 1 else rows[0]
    names, taken = ", ".join(inputs), f"over_columns_of_{f.signature.name}"
    adapter = f"\n\ndef {taken}({theta.name}_, {names}):\n"
    adapter += f"    rows = [{row} for {names}, in zip({names})]\n"
    adapter += f"    return {f.signature.name}({theta.name}_, rows)\n"
    types = {f"{theta.name}_": str(theta.type), **dict.fromkeys(inputs, "f64[N]")}
    reference = Printed(function, {})
    promised = {"name": taken, "returns": f.signature.returns, "arrays": False}
    promised["atoms"] = atoms_of(f.source, f.signature.target)
    return (Claim(f.source + adapter, reference, types, (f"{theta.name}_",), **promised),)


def runners(f: CompiledFunction, reference: Reference, function: Function) -> list[Any]:
    """The reference as the kernel runs it; with its literals read as made of N, and as they are."""
    from symgrad.symbolic.reference import Printed, Replay

    columns = reference.columns
    if reference.again is not None:
        again = reference.again
        return [again, replace(again, reads=False, known={})] if again.general else [again]
    if reference.scalars is not None:
        scalars = reference.scalars
        count = max(map(len, columns.values()), default=0)
        if not count:
            return [Replay(scalars)]
        return [Replay(scalars, examples=count), Replay(scalars, loose=True)]
    spread = f.signature.kind == "vector" and not function.parameters[0].type.rank
    return [Printed(function, columns if spread else None)]


def differentiated(signature: Signature) -> tuple[str, ...]:
    """The arguments that the gradients belong to."""
    if signature.kind == "vector":
        return tuple(a.name for a in signature.arguments if a.kind == "theta")
    return tuple(name for name, _ in signature.wrt)


def sizes_of(signature: Signature, seed: int) -> tuple[int, ...]:
    """The values of N: 1, 2, 7 and one from 8 to 40 that goes with the seed, or the least that meet
    what the function needs."""
    from symgrad.checker.judge import SIZES, drawn_size

    sizes = (*SIZES, drawn_size(seed))
    found = [n for n in sizes if suits(signature, n)]
    if not found:
        found = [n for n in range(1, LARGEST) if suits(signature, n)][:3]
    return tuple(found) or sizes


def suits(signature: Signature, n: int) -> bool:
    """True if no size is negative that must not be."""
    from symgrad.checker.outlines import sizes_at

    names = dict.fromkeys(d for a in signature.arguments for s in a.type.shape for d in names_in(s))
    sizes = sizes_at(n, [*names])
    return all(
        size_at(dim, sizes) >= 0 for dim, _ in signature.needs if set(names_in(dim)) <= set(sizes)
    )


def assumed_of(f: CompiledFunction, function: Function) -> tuple[str, ...]:
    """The certificate's assumptions on the arguments."""
    signature = f.signature
    found = [f"{name} from 0 to {size} - 1" for name, size, _ in signature.ranges]
    found += [f"{dim} >= 0 for {why.partition(';')[0]}" for dim, why in signature.needs]
    fixed = [a.name for a in signature.arguments if a.kind in ("constant", EXAMPLES)]
    if fixed:
        found.append(f"the bound data of {', '.join(fixed)}")
    if any(map(is_partial, function.body)):
        found.append("no selection that gives nan: its value is nan there, its gradient 0")
    if any(o.derived for x in function.body for o in x.origins):
        found.append("what sg.grad made is the gradient, as reverse mode writes it")
    if any(x.op.name == "side" for x in function.body):
        found.append("the square of a sign is 1: f(abs(x)) with slope 0 at 0 has slope f''(0)")
    return ("finite real arguments", *found)


def is_partial(x: Instr) -> bool:
    """True if it selects nan, as a Piecewise without a default does where no condition holds."""
    return x.op.name == "where" and any(
        o.is_constant and isinstance(o["value"], float) and math.isnan(o["value"])
        for o in x.operands[1:]
    )


def atoms_of(source: str, target: str) -> Mapping[str, str]:
    """The helpers of a text that are judged by the formulas they stand for, each with its formula.

    A series or a continued fraction is no identity, so that no exact arithmetic proves it.  Such a
    helper is measured in the test suite; a check takes its formula in its place, if the text of the
    helper is the known one to the letter.
    """
    from symgrad.symbolic.wording import formula_of

    helpers = TARGETS[target].helpers
    return {helpers[n].source: formula_of(OPS[n]) for n in atom_names(source, target)}


def atom_names(source: str, target: str) -> tuple[str, ...]:
    """The names of such helpers in a text."""
    helpers = TARGETS[target].helpers
    return tuple(n for n in APPROXIMATE if n in helpers and helpers[n].source in source)
