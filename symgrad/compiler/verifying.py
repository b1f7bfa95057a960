"""What a compiled function is compared with, and its certificate.

The reference is taken before any pass runs, and costs nothing until ``verify`` is called: the
traced expressions, a scalar program without its graph, or the user's own function, to be traced
again.  A file carries the unoptimised IR.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from symgrad.autodiff import differentiate
from symgrad.certify.points import points_of
from symgrad.compiler import atoms
from symgrad.compiler.assumed import assumed_of
from symgrad.compiler.calls import Call, Shape
from symgrad.compiler.tracer import trace
from symgrad.errors import FormatError, SymgradError, UnsupportedError, VerificationError
from symgrad.frontend.scalars.value import Value
from symgrad.ir import dims, verifier
from symgrad.ir.function import Function, Instr
from symgrad.ir.program import ScalarProgram
from symgrad.ir.rebuild import rebuild
from symgrad.ir.text import parse
from symgrad.ops import OPS
from symgrad.ops.gathering import bounds_of
from symgrad.rewrite.inline import inlined
from symgrad.runtime.arguments import Signature
from symgrad.runtime.example_rows import EXAMPLES, names_of

if TYPE_CHECKING:
    from symgrad.certify.certificate import Certificate
    from symgrad.compiler.compiled import CompiledFunction

LARGEST = 64  # the largest N that is looked at for one that the function takes
TRACED = "the traced expressions, before any pass"
SCALARS = "the scalar program of the Values, before any pass"
AGAIN = "the function itself, traced again at each N"
CARRIED = "the unoptimised IR that the file carries, and vouches for"


@dataclass(frozen=True)
class Reference:
    """What a function is to compute.

    kind      in words
    function  the unoptimised IR; or its text, in a file
    scalars   the scalar program that the IR was made of
    again     the user's function, where it is traced again
    columns   the data of a loop over examples, by the names of the IR's inputs
    rewrites  those that fired, for a file; otherwise the history has them
    """

    kind: str
    function: Function | str
    scalars: ScalarProgram | None = None
    again: Again | None = None
    columns: Mapping[str, Sequence[float]] = field(default_factory=dict)
    rewrites: tuple[str, ...] = ()

    def ir(self) -> Function:
        """The unoptimised IR.  Raises FormatError for a text that is none."""
        if isinstance(self.function, Function):
            return inlined(self.function, lambda x: x.op.made)
        try:
            function = parse(self.function, OPS)
            verifier.verify(function)
            return function
        except SymgradError as error:
            raise FormatError(f"the unoptimised IR of the file cannot be read: {error}") from error

    def text(self) -> str:
        """The unoptimised IR as a file carries it: without hints and origins."""
        return self.function if isinstance(self.function, str) else str(bare(self.ir()))


def bare(f: Function) -> Function:
    """The function without what is there for people."""
    return rebuild(f, lambda x, operands: x.replace(operands, hint="", origins=()))


def dropped(program: ScalarProgram) -> ScalarProgram:
    """The program without its labels, which hold the graph."""
    return replace(program, label=(), parameter_names=(), data={}, origin=None, origins=())


def of_scalars(
    function: Function, program: ScalarProgram, columns: Mapping[str, Any] | None = None
) -> Reference:
    """The reference of a loss made of Values; ``function`` is its unoptimised IR."""
    data = {name: np.asarray(column).tolist() for name, column in (columns or {}).items()}
    return Reference(SCALARS, function, dropped(program), columns=data)


@dataclass(frozen=True)
class Again:
    """A user's function, which is traced at every size that it is asked for.

    shapes   of the arrays when it was compiled, and ``program`` what it was traced to then
    general  whether it was compiled for any number of examples
    """

    fn: Callable[..., Any]
    call: Call
    values: Sequence[Value]
    names: Sequence[str]
    has_aux: bool
    shapes: Sequence[Shape]
    program: ScalarProgram
    general: bool
    by_numbers: ClassVar[bool] = True  # whatever arrays it is given
    reads: bool = True  # literals as made of N, in a general function
    known: dict[Any, Any] = field(default_factory=dict)

    def reference(self, function: Function) -> Reference:
        """The reference; of the arrays of the call, only dtypes and shapes are kept."""
        arrays = [np.broadcast_to(np.zeros((), a.dtype), a.shape) for a in self.call.arrays]
        call = replace(self.call, arrays=tuple(arrays))
        again = replace(self, call=call, program=dropped(self.program))
        return Reference(AGAIN, function, again=again)

    def at(self, sizes: Sequence[int]) -> Sequence[int]:
        """The sizes at which the function can be traced.

        Raises UnsupportedError where the function is no longer what it was, or cannot be traced.
        """
        if not self.traced(self.shapes)[0].equals(self.program):
            raise UnsupportedError(
                "the function reads something that has changed since it was compiled; compile it "
                "again"
            )
        if not self.general:
            return sizes
        failures: dict[int, str] = {}
        for n in sizes:
            try:
                self.replay(self.call.shapes(n))
            except Exception as error:  # the user's: it may want a certain number of examples
                failures[n] = f"at N = {n} it raises {type(error).__name__}: {error}"
        if len(failures) == len(sizes):
            raise UnsupportedError(f"the function cannot be traced: {failures[sizes[0]]}")
        return [n for n in sizes if n not in failures]

    def traced(self, shapes: Sequence[Shape]) -> tuple[ScalarProgram, Sequence[Shape]]:
        found = trace(self.fn, self.call, shapes, self.values, self.names, self.has_aux)
        return dropped(found.program), found.outputs.shapes

    def replay(self, shapes: Sequence[Shape]) -> Any:
        """The scalar program at these shapes, traced when it is first asked for."""
        from symgrad.symbolic.reference import Replay

        key = tuple(map(tuple, shapes))
        if key not in self.known:
            pairs = zip(shapes, self.call.arrays, strict=True)
            sizes = (s[0] for s, a in pairs if self.call.is_batched(a))
            examples = next(sizes, 0) if self.general and self.reads else 0
            loose = self.general and not self.reads
            self.known[key] = Replay(*self.traced(shapes), examples=examples, loose=loose)
        return self.known[key]

    @property
    def readings(self) -> Mapping[float, Any]:
        """The literals that are read as made of N, at all sizes so far."""
        return {x: r for replay in self.known.values() for x, r in replay.readings.items()}

    def run(self, one: Any, theta: Any, *arrays: Any) -> Any:
        """The loss, and what comes along, at the sizes of the arrays."""
        shapes = [np.shape(a) for a in arrays[: len(self.call.arrays)]]
        return self.replay(shapes).run(one, theta, *arrays)


def facts(f: CompiledFunction) -> dict[str, Any]:
    """What a file carries, to be verified again."""
    if f.reference is None:
        return {}
    found = {"reference": f.reference.text(), "rewrites": list(rewrites_of(f))}
    columns = {name: list(data) for name, data in f.reference.columns.items()}
    return {**found, "columns": columns} if columns else found


def reference_of(facts: Mapping[str, Any]) -> Reference | None:
    """The reference that a file carries."""
    text = facts.get("reference")
    if not isinstance(text, str):
        return None
    rewrites = tuple(map(str, facts.get("rewrites", ())))
    return Reference(CARRIED, text, columns=facts.get("columns", {}), rewrites=rewrites)


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


def subject_of(f: CompiledFunction, seed: int = 0) -> Any:
    """The text of a function, and all that its certificate says of it."""
    from symgrad.certify.verification import Subject

    signature, reference = f.signature, f.reference
    may_change = reference is not None and reference.again is not None  # it is traced again
    if f.subject is not None and f.subject.seed == seed and not may_change:
        return f.subject
    bare = Subject(str(signature), signature.target, f.source, "there is no reference", "none")
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
        helpers=atoms.names_of(f.source, signature.target),
        rewrites=rewrites_of(f),
        assumed=(*assumed_of(f, function), *points_of(function, varied(function, signature))),
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
        signature.target == "numpy",
        atoms.atoms_of(f.source, signature.target),
    )


def spelled(f: CompiledFunction) -> dict[str, str]:
    """The names of the arguments as the text has them: ``len_`` for what would hide a builtin,
    ``N_2`` for what is called as a size is.  One argument under another's name is a fault, which
    stays for the checker to find."""
    names = [a.name for a in f.signature.arguments]
    text = (*f.python.__code__.co_varnames, *names)[: len(names)]
    pairs = zip(names, text, strict=True)
    return {n: t if t.startswith(n) and t not in names else n for n, t in pairs}


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
    promised["atoms"] = atoms.atoms_of(f.source, f.signature.target)
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
    """Whether no size is negative that must not be."""
    from symgrad.checker.outlines import sizes_at

    names = dict.fromkeys(
        d for a in signature.arguments for s in a.type.shape for d in dims.names(s)
    )
    sizes = sizes_at(n, [*names])
    return all(
        dims.evaluate(dim, sizes) >= 0
        for dim, _ in signature.needs
        if set(dims.names(dim)) <= set(sizes)
    )
