"""A loss made of Values, as it was asked for, and its straight line as a program.

Array code (``rolled``) and a loop over examples (``looped``) are the other two programs that a
loss of scalars can become.  All of them take one vector theta.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.certify.references import of_scalars
from symgrad.codegen import TARGETS, ExampleHeading, Structure
from symgrad.compiler.describing import Net, Words, frozen
from symgrad.compiler.driver import Program
from symgrad.compiler.history import Step
from symgrad.compiler.options import Options
from symgrad.frontend.scalars.backprop import computed, reach
from symgrad.frontend.scalars.linearise import linearise
from symgrad.frontend.scalars.lower import hint_of, lower
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.examples import examples_of
from symgrad.frontend.source.names import from_frame, scalars, user_names, value_nodes
from symgrad.ir.types import Type
from symgrad.runtime.arguments import Argument

ENOUGH = 2_000  # operations, above which a loop is preferred to a straight line
_SHOWN = 6  # names of Values that became numbers


@dataclass(frozen=True)
class ScalarLoss:
    """A loss made of Values, and what was asked for with it.

    asked     the loss and what comes along, numbers among them
    head      how those are arranged
    values    the parameters, with their ``names``
    variables those of the calling frame; ``scope`` gives those of all frames around it, too
    """

    asked: Sequence[Any]
    head: Structure
    values: Sequence[Value]
    names: Sequence[str]
    variables: Mapping[str, Any]
    scope: Callable[[], Mapping[str, Any]]
    net: Net
    target: str
    name: str
    options: Options

    @property
    def outputs(self) -> list[Value]:
        return [x for x in self.asked if isinstance(x, Value)]

    @property
    def is_all_values(self) -> bool:
        return len(self.outputs) == len(self.asked)

    def wants_loop(self) -> bool:
        """True where a loop is asked for, or preferred because the program is large."""
        if self.options.style:
            return self.options.style == "looped"
        return len(computed(self.outputs)) > ENOUGH

    @property
    def theta(self) -> Argument:
        return Argument("theta", Type("f64", (len(self.values),)), "theta")

    @property
    def wrt(self) -> tuple[tuple[str, Type], ...]:
        return tuple((name, Type("f64")) for name in self.names)

    @property
    def remarks(self) -> tuple[str, ...]:
        """A remark on the Values that became numbers."""
        shown = constants(self.outputs, self.values, self.variables)
        return (frozen(shown, "compile again, or put them into wrt"),) if shown else ()


def straight(p: ScalarLoss, start: float, reason: str = "") -> Program:
    """A line for each scalar; ``reason`` says why it is no loop, which was looked for since
    ``start``."""
    names = user_names(p.variables, value_nodes(*p.outputs))
    f = lower(p.asked, p.values, p.names, name=p.name, called=names)
    used = {id(o) for x in f.body for o in x.operands} | {id(r) for r in f.results}
    examples = examples_of(p.outputs, p.variables)
    nodes = f"{len(reach(p.outputs)):,} scalar nodes"
    words = Words(
        p.net,
        f"{len(examples)} examples, {nodes}" if examples else nodes,
        tuple(ExampleHeading(str(e), e.numbers) for e in examples),
        bool(examples),
        [x.hint for x in f.parameters if id(x) not in used],
    )
    steps: tuple[Step, ...] = ()
    if reason:
        steps = (Step("loop", None, f, time.perf_counter() - start, f"none: {reason};"),)
    return Program(
        f,
        p.target,
        "vector",
        (p.theta,),
        p.head,
        of_scalars(f, linearise(p.asked, p.values)),
        tuple((x.hint, x.type) for x in f.parameters),
        tuple(range(len(p.values))),
        words,
        defaults={"theta": reader(p.values, p.target)},
        steps=steps,
        remarks=p.remarks,
    )


def reader(values: Sequence[Value], target: str) -> Callable[[], Any]:
    """Reads the values' data as the target takes them."""
    if not TARGETS[target].takes_arrays:
        return lambda: [v.data for v in values]
    return lambda: np.array([v.data for v in values])


def constants(outputs: Sequence[Value], wrt: Sequence[Value], variables: Mapping[str, Any]) -> str:
    """The Values that became numbers and have a name: by a variable, a list or their label.

    A number that meets a Value has none.  The graph is not looked through unless the variables hold
    other Values.

    >>> w, rate = Value(2.0), Value(0.1)
    >>> constants([w * rate + 1.0], [w], {"w": w, "rate": rate})
    'rate'
    """
    own = set(map(id, wrt))
    modules = _of_modules(variables)
    loose = {id(v) for v in scalars(variables) if not v._operands}
    if own.issuperset(loose.union(modules)):
        return ""
    leaves = [v for v in reach(outputs) if not v._operands and not v._name and id(v) not in own]
    names = {**modules, **from_frame(variables, set(map(id, leaves)))}
    counts = Counter(filter(None, [names.get(id(v)) or hint_of(v) for v in leaves]))
    shown = [name if n == 1 else f"{name} ({n} values)" for name, n in counts.items()]
    rest = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _of_modules(variables: Mapping[str, Any]) -> dict[int, str]:
    """The variable that holds the module of a parameter, by the parameter's ``id``."""
    modules = {
        name: value
        for name, value in variables.items()
        if any("parameter_rows" in vars(kind) for kind in type(value).__mro__)
    }
    return {id(p): name for name, module in modules.items() for p in module.parameters()}
