"""What an emitted text says of itself: its title, its arguments, its facts and its notes.

Everything said here is read from the function and from the user's own names; where nothing can be
told, the plain wording stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symgrad.codegen import ExampleHeading, Loop, Structure, VectorArgument
from symgrad.codegen.module import names_derivatives
from symgrad.compiler.loss_names import phrase
from symgrad.ir.function import Function, Instr

_IN = {"python": "in plain Python", "numpy": "in NumPy"}
_EVERYDAY = ("", "loss", "total", "total_loss", "L", "J", "cost")


@dataclass(frozen=True)
class Net:
    """The module that ``wrt`` is or belongs to, and the user's name for it."""

    module: Any = None
    name: str = ""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        describe = getattr(self.module, "describe", None)
        return (("net", describe()),) if describe else ()

    @property
    def order(self) -> str:
        return f"the order of {self.name}.parameters()" if self.name else "order"

    def group(self, count: int) -> VectorArgument:
        """All parameters as one vector, in rows as the module lays them out."""
        layout = getattr(self.module, "parameter_rows", None)
        rows: list[tuple[int, str]] = layout() if layout else []
        if sum(length for length, _ in rows) != count:
            rows = []
        return VectorArgument(
            "theta",
            tuple(range(count)),
            rows=tuple(length for length, _ in rows),
            labels=tuple(label for _, label in rows),
            role=f"the parameters, in {self.order}",
        )

    def explained(self, names: Collection[str]) -> str:
        """What the names of parameters and hidden values mean, as the start of a sentence."""
        explain = getattr(self.module, "explain", None)
        return explain(names) if explain else ""


def net_of(wrt: Any, variables: Mapping[str, Any]) -> Net:
    """The module of ``wrt``: itself, or the variable whose parameters were listed."""
    if hasattr(wrt, "parameters"):
        return Net(wrt, next((n for n, v in variables.items() if v is wrt), ""))
    listed = [id(v) for v in wrt] if isinstance(wrt, Sequence) else []
    for name, value in variables.items():
        if not any("parameter_rows" in vars(kind) for kind in type(value).__mro__):
            continue
        if [id(p) for p in value.parameters()] == listed:
            return Net(value, name)
    return Net()


@dataclass(frozen=True)
class Description:
    """What a unit says besides its function; see ``codegen.Unit``."""

    structure: Structure
    title: str
    summary: str
    returns: str
    source: str
    groups: tuple[VectorArgument, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    zero: tuple[str, ...] = ()
    examples: tuple[ExampleHeading, ...] = ()
    loop: Loop | None = None
    net: Net = field(default_factory=Net)
    roles: Mapping[str, str] = field(default_factory=dict)

    def fields(self, f: Function) -> dict[str, Any]:
        """The unit's fields, once the function to emit is known."""
        said = {k: getattr(self, k) for k in _UNIT_FIELDS}
        names = {x.hint for x in (*f.parameters, *f.body)} if names_derivatives(f) else ()
        notes = (*naming(self.net, f.results[0].hint, names), *self.notes)
        return {**said, "notes": (*self.zero, " ".join(notes)) if notes else self.zero}


_UNIT_FIELDS = (
    *("structure", "title", "summary", "returns", "source"),
    *("groups", "facts", "examples", "roles", "loop"),
)


def of_outputs(structure: Structure, first: Instr, unread: Sequence[str]) -> Description:
    """A function without gradients."""
    said = f"The outputs do not depend on {_listed(unread)}, which a call gives all the same."
    return Description(
        *(structure, "The outputs.", "The outputs.", "the outputs", source(first)),
        zero=(said,) if unread else (),
    )


def of_loss(
    structure: Structure, f: Function, target: str, wrt: Sequence[str], zero: Sequence[str]
) -> Description:
    """A loss with one gradient an argument."""
    said = phrase(f.results[0])
    name = f.results[0].hint
    inner = ", ".join(f"d_{n}" for n in wrt) + ("," if len(wrt) == 1 else "")
    value = (name or "loss") if structure_is_plain(structure) else "value"
    ranks = {p.type.rank > 0 for p in f.parameters if p.hint in wrt}
    arrays = "tuples" if target == "python" else "new arrays"
    kind = {1: f"a float, and {arrays}", 2: f"floats, and {arrays}"}[len(ranks)]
    kind = "floats" if ranks == {False} else kind
    returns = f"({value}, ({inner})): {kind}"
    if len(returns) > 84:
        returns = f"({value}, gradients): {kind} in the order of the parameters"
    return Description(
        structure,
        title(said, name, target),
        summary(said, name, "its gradient with respect to each parameter"),
        returns,
        source(f.results[0]),
        notes=conventions(f),
        zero=unreached(zero),
    )


def vector_returned(structure: Structure, name: str) -> str:
    """What is returned, up to the vector of gradients."""
    plain = structure_is_plain(structure)
    return f"({name or 'loss'}, d_theta): a float" if plain else "(value, d_theta): the value"


def structure_is_plain(structure: Structure) -> bool:
    return isinstance(structure, tuple) and isinstance(structure[0], int)


def of_values(
    structure: Structure,
    f: Function,
    target: str,
    net: Net,
    examples: Sequence[Any],
    nodes: int,
    zero: Sequence[str],
) -> Description:
    """A loss made of scalars, ``nodes`` of them, with its parameters and gradients as vectors."""
    said = phrase(f.results[0])
    name = f.results[0].hint
    count = sum(1 for p in f.parameters if p["kind"] == "param")
    vector = f"a tuple of {count} floats" if target == "python" else f"a new f64[{count}]"
    plain, called = structure_is_plain(structure), name or "loss"
    head = f"({called}, d_theta): a float" if plain else f"(({called}, aux), d_theta): as asked for"
    facts = list(net.facts)
    scalars = f"{nodes:,} scalar nodes"
    facts.append(("traced", f"{len(examples)} examples, {scalars}" if examples else scalars))
    first, plus, penalty = said.partition(" plus ")
    summed = said.startswith("the sum") and examples
    over = f"{first} over the examples{plus}{penalty}" if summed else said
    return Description(
        structure,
        title(said, name, target),
        summary(over, name, "its gradient"),
        f"{head}, and {vector} in the order of theta",
        source(f.results[0]),
        groups=(net.group(count),),
        facts=tuple(facts),
        notes=conventions(f),
        zero=unreached(zero),
        net=net,
    )


def of_theta(
    structure: Structure, f: Function, target: str, net: Net, traced: str, zero: Sequence[str]
) -> Description:
    """A loss of one vector of parameters, rolled up from scalars; ``traced`` says from what."""
    said, name = phrase(f.results[0]), f.results[0].hint
    size = f.parameters[0].type.shape[0]
    vector = f"a tuple of {size} floats" if target == "python" else f"a new f64[{size}]"
    plain, called = structure_is_plain(structure), name or "loss"
    head = f"({called}, d_theta): a float" if plain else f"(({called}, aux), d_theta): as asked for"
    return Description(
        structure,
        title(said, name, target),
        summary(said, name, "its gradient with respect to every parameter"),
        f"{head}, and {vector} in the order of theta",
        source(f.results[0]),
        facts=(*net.facts, ("traced", traced)),
        notes=conventions(f),
        zero=unreached(zero),
        net=net,
        roles={f.parameters[0].hint: f"the parameters, in {net.order}"},
    )


def title(said: str, name: str, target: str) -> str:
    return f"{summary(said, name, 'its gradient')[:-1]}, {_IN.get(target, target)}."


def summary(said: str, name: str, gradient: str) -> str:
    """``The mean squared error, and its gradient.``"""
    plain = "the loss" if name in _EVERYDAY else f"the value of {name}"
    text = said or plain
    return f"{text[0].upper()}{text[1:]}, and {gradient}."


def source(x: Instr) -> str:
    """Where the value was made, and what it is called there."""
    own = [o for o in x.origins if not o.derived]
    called = f" (`{x.hint}`)" if x.hint else ""
    return f"{own[0]}{called}" if own else ""


def naming(net: Net, loss: str, names: Collection[str]) -> tuple[str, ...]:
    """The sentence that says how names are made."""
    if not names:
        return ()
    share = f"d_v stands for d {loss or 'loss'} / d v."
    explained = net.explained(names)
    return (f"{explained}, and {share}" if explained else f"The name {share}",)


def conventions(f: Function) -> tuple[str, ...]:
    """What the derivative is at a kink, for each op that has one and is in the function."""
    said: dict[str, None] = {}
    for x in f.body:
        clause = x.op.doc.rpartition("; ")[2]
        if not x.op.kinks or "derivative" not in clause or not x.type.is_float:
            continue
        name = "abs" if x.op.name == "absolute" else x.op.name
        text = re.sub(r"\A(its|the) derivative", f"the derivative of {name}", clause)
        text = text if text != clause else f"of {name}, {clause}"
        said[f"{text[0].upper()}{text[1:]}."] = None
    return tuple(said)


def unreached(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"The loss does not reach {_listed(names)}: the gradient is zero.",)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


__all__ = ["Description", "Net", "net_of", "of_loss", "of_outputs", "of_theta", "of_values"]
