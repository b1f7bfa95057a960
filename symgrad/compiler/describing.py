"""The words of an emitted text: its title, its docstrings, its facts and its notes.

They are made last, from records (``Words``), the function, and the user's own names.  A loss
without a known form is told by its name, or that of the function that returns it, and by the user's
formula where it is short.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from symgrad.codegen import TARGETS, ExampleHeading, Unit, VectorArgument, suited_to
from symgrad.codegen.module import names_derivatives
from symgrad.codegen.unit import ROLES
from symgrad.compiler.loss_names import phrase
from symgrad.compiler.sizes import Need, asked_of
from symgrad.frontend.source.origin import PATHS, SitedOrigin
from symgrad.frontend.source.statements import MODULES, RETURNED, statement, stored
from symgrad.ir.function import Function, Instr, topological
from symgrad.ir.types import Dim
from symgrad.ops.intervals import Intervals
from symgrad.ops.selection import WHERE
from symgrad.ops.shape import BY_COLUMN
from symgrad.rewrite.patterns import literal_value

if TYPE_CHECKING:
    from symgrad.compiler.driver import Program

_EVERYDAY = ("", "loss", "total", "total_loss", "L", "J", "cost", "main", "f")
MANY = 20  # operations on numbers that are worth a remark
_SHORT = 44  # characters of a formula that a docstring has room for


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
        """The start of a sentence that explains the names of parameters and hidden values."""
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
class Words:
    """Records of a program, of which its texts are made.

    net       the module that the parameters belong to
    traced    what Values were traced, as ``12 examples, 345 scalar nodes``
    examples  those that a straight line goes over, one by one
    summed    whether the program goes over examples
    unreached the parameters that the loss does not reach, or the arguments that no output reads
    """

    net: Net = field(default_factory=Net)
    traced: str = ""
    examples: tuple[ExampleHeading, ...] = ()
    summed: bool = False
    unreached: Sequence[str] = ()


def unit_of(p: Program, prepared: Function, f: Function, needs: Iterable[Need]) -> Unit:
    """The unit to emit for a program: ``f`` is its final function, ``prepared`` the one that was
    differentiated, and ``needs`` are those of sizes."""
    tell = {"plain": _of_outputs, "gradients": _of_loss, "vector": _of_vector}[p.kind]
    said = tell(p, prepared)
    names = {x.hint for x in (*f.parameters, *f.body)} if names_derivatives(f) else ()
    notes = (
        *naming(p.words.net, f.results[0].hint, names),
        *said.notes,
        *flat_roots(f),
        *asked_of(needs),
        *laid_out(f),
    )
    told = unreached(p)
    told = (*told, " ".join(notes)) if notes else told
    return replace(said, function=f, notes=told, examples=p.words.examples, loop=p.loop)


def unreached(p: Program) -> tuple[str, ...]:
    """A remark on arguments that nothing depends on."""
    names = p.words.unreached
    if not names:
        return ()
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    if p.kind == "plain":
        return (f"The outputs do not depend on {listed}, which a call gives all the same.",)
    return (f"The loss does not reach {listed}: the gradient is zero.",)


def of_nothing(f: Function) -> tuple[str, ...]:
    """A remark on each average of no elements."""
    empty = [
        x
        for x in f.body
        if x.op.name == "mean" and any(x.operands[0].type.shape[a] == 0 for a in x["axis"])
    ]
    told = [f"The {x.op.name} of no elements is nan{_built(x)}." for x in empty if x.type.size != 0]
    return tuple(dict.fromkeys(told))


def of_numbers(p: Program, f: Function) -> tuple[str, ...]:
    """A remark on a long line of numbers that is written for arrays."""
    if len(f.body) < MANY or not TARGETS[p.target].takes_arrays:
        return ()
    better = TARGETS[suited_to(f)]
    if better.takes_arrays:
        return ()
    return (f"Every value is a number: target={better.name!r} is faster, up to several times.",)


def _built(x: Instr) -> str:
    at = source(x)
    return f", built at {at}" if at else ""


def _of_outputs(p: Program, f: Function) -> Unit:
    """A function without gradients."""
    said = "The outputs."
    at = source(p.function.results[0])
    told = roles(f, ())
    return Unit(
        f, p.structure, title=said, summary=said, returns="the outputs", source=at, roles=told
    )


def _of_loss(p: Program, f: Function) -> Unit:
    """A loss with one gradient an argument."""
    said, name = phrase(f.results[0]), f.results[0].hint
    wrt = [n for n, _ in p.wrt]
    inner = ", ".join(f"d_{n}" for n in wrt) + ("," if len(wrt) == 1 else "")
    value = (name or "loss") if isinstance(p.value, int) else "value"
    ranks = [x.type.rank > 0 for x in f.parameters if x.hint in wrt]
    several = sum(ranks) > 1
    arrays = "new arrays" if several else "a new array"
    if not TARGETS[p.target].takes_arrays:
        arrays = "tuples" if several else "a tuple"
    kind = f"a float, and {arrays}" if all(ranks) else f"floats, and {arrays}"
    kind = kind if any(ranks) else "floats"
    returns = f"({value}, ({inner})): {kind}"
    if len(returns) > 84:
        returns = f"({value}, gradients): {kind} in the order of the parameters"
    return Unit(
        f,
        p.structure,
        title=title(said, f.results[0], p.target),
        summary=summary(said, f.results[0], "its gradient with respect to each parameter", True),
        returns=returns,
        source=source(f.results[0]),
        notes=conventions(f),
        roles=roles(f, p.indices),
    )


def _of_vector(p: Program, prepared: Function) -> Unit:
    """A loss made of Values, whose parameters and gradients are vectors."""
    f = p.function if p.is_scalar and not p.loop else prepared  # a straight line is told as written
    net, size = p.words.net, len(p.wrt)
    said, name = phrase(f.results[0]), f.results[0].hint
    first, plus, penalty = said.partition(" plus ")
    summed = p.words.summed and said.startswith("the sum")
    over = f"{first} over the examples{plus}{penalty}" if summed else said
    head = f"({name or 'loss'}, d_theta): a float"
    head = head if isinstance(p.value, int) else f"(({name or 'loss'}, aux), d_theta): as asked for"
    vector = f"a new f64[{size}]" if TARGETS[p.target].takes_arrays else f"a tuple of {size} floats"
    gradient = "its gradient" if p.is_scalar else "its gradient with respect to every parameter"
    order = f"the parameters, in {net.order}"
    return Unit(
        f,
        p.structure,
        title=title(said, f.results[0], p.target),
        summary=summary(over, f.results[0], gradient, True),
        returns=f"{head}, and {vector} in the order of theta",
        source=source(f.results[0]),
        groups=(net.group(size),) if p.is_scalar else (),
        facts=(*net.facts, ("traced", p.words.traced)),
        notes=conventions(f),
        roles={} if p.is_scalar else {**roles(f, ()), f.parameters[0].hint: order},
    )


def roles(f: Function, wrt: Collection[int]) -> dict[str, str]:
    """What the arguments are that are no plain ones, by their names: an input with a gradient, and
    indices, with the first and the last that there is."""
    found = {
        x.hint: f"{ROLES[x['kind']]}, differentiated"
        for i, x in enumerate(f.parameters)
        if i in wrt and x["kind"] != "param"
    }
    asked: dict[Instr, set[Dim]] = {}
    for y in f.body:
        if y.op.indices is None:
            continue
        sizes = y.op.indices(*[o.type for o in y.operands], **dict(y.attributes))
        for o, size in zip(y.operands, sizes, strict=False):
            while "view" in o.op.traits:
                o = o.operands[0]
            if size is not None and o.is_parameter:
                asked.setdefault(o, set()).add(size)
    for x, dims in asked.items():
        if len(dims) == 1:
            (size,) = dims
            last = size - 1 if isinstance(size, int) else f"{size} - 1"
            found[x.hint] = f"{ROLES[x['kind']]}, 0..{last}"
    return found


def title(said: str, loss: Instr, target: str) -> str:
    return f"{summary(said, loss, 'its gradient')[:-1]}, {TARGETS[target].medium}."


def summary(said: str, loss: Instr, gradient: str, full: bool = False) -> str:
    """``The mean squared error, and its gradient.``; in ``full`` with a formula, where it has no
    known form."""
    formula = short_formula(loss) if full and not said else ""
    text = said or f"the loss{called(loss)}"
    if formula:
        return f"{text[0].upper()}{text[1:]}, {formula}, and its gradient."
    return f"{text[0].upper()}{text[1:]}, and {gradient}."


def called(loss: Instr) -> str:
    """The user's name of a loss in backticks: its own, or that of the function that returns it."""
    name, origin, tree = loss.hint, *told(loss)
    if name in _EVERYDAY and origin and origin.site and isinstance(tree, ast.Return):
        name = origin.site[0].co_name
    return "" if name in _EVERYDAY or not name.isidentifier() else f" `{name}`"


def short_formula(loss: Instr) -> str:
    """What the user's statement assigns or returns, where it is short; modules are not told."""
    value = getattr(told(loss)[1], "value", None)
    if value is None or isinstance(value, ast.Tuple | ast.List | ast.Name):
        return ""
    known = {x.hint for x in topological([loss])} | {*MODULES}
    names = {n for n in ast.walk(value) if isinstance(n, ast.Name)}
    functions = {n.func for n in ast.walk(value) if isinstance(n, ast.Call)}
    owners = {n.value for n in ast.walk(value) if isinstance(n, ast.Attribute)}
    if any(n.id not in known for n in names - functions) or any(
        not (isinstance(o, ast.Name) and o.id in MODULES) for o in owners
    ):
        return ""  # a reader would look for these names in the text
    text = re.sub(r"\b(sg|symgrad|np|numpy|math)\.(\w+\.)*", "", ast.unparse(value))
    return text if len(text) <= _SHORT and text.isascii() else ""


def told(loss: Instr) -> tuple[SitedOrigin | None, ast.stmt | None]:
    """The place in the user's file that made the loss, and the statement there."""
    own = [o for o in loss.origins if isinstance(o, SitedOrigin)]
    if not len(own) == len(loss.origins) == 1 or own[0].site is None:
        return None, None
    tree = statement(PATHS[own[0].file], own[0].line)
    name = stored(*own[0].site).name
    kind = ast.Return if name == RETURNED else ast.Assign
    return (own[0], tree) if name and isinstance(tree, kind) else (None, None)


def source(x: Instr) -> str:
    """The line that made the value, and the value's name there."""
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
    """A sentence on the derivative at the kink, for each op of the function that may meet one."""
    said: dict[str, None] = {}
    for x in f.body:
        clause = x.op.doc.rpartition("; ")[2]
        if not x.op.kinks or "derivative" not in clause or not x.type.is_float:
            continue
        if x.op.kinks == ((0.0,),) and not Intervals().of(x.operands[0]).has_zero:
            continue
        name = "abs" if x.op.name == "absolute" else x.op.name
        text = re.sub(r"\A(its|the) derivative", f"the derivative of {name}", clause)
        text = text if text != clause else f"of {name}, {clause}"
        said[f"{text[0].upper()}{text[1:]}."] = None
    return tuple(said)


def laid_out(f: Function) -> tuple[str, ...]:
    """A sentence on layouts in memory, where the text chooses one."""
    if not any(x.op is BY_COLUMN for x in f.body):
        return ()
    return ("Short rows are kept column by column in memory, where sums over them are fast.",)


def flat_roots(f: Function) -> tuple[str, ...]:
    """A sentence on each root of squares whose derivative at 0, which would be infinite, is left
    out by ``where(root == 0, inf, root)``."""
    found = [x for x in f.body if x.op is WHERE and x.is_derived]
    roots = [x.operands[2] for x in found if literal_value(x.operands[1]) == math.inf]
    names = dict.fromkeys(r.hint or "a norm" for r in roots)
    return tuple([f"Where {name} is 0, its gradient is 0." for name in names])


def frozen(shown: str, instead: str) -> str:
    """A remark on Values whose data became numbers of the text."""
    return (
        f"Values that are not in wrt are constants: {shown}; what their data become later is not "
        f"seen: {instead}"
    )


__all__ = ["Net", "Words", "frozen", "net_of", "of_nothing", "unit_of", "unreached"]
