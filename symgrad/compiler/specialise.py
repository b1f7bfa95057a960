"""Which compiled function serves a call: one for any number of examples, or one for its shapes.

The function is traced with 3, 4 and 7 examples; what comes out is generalised to one for every N,
and compared once, for each N that it is called with, with the user's own loops on plain floats:
a function that looks at its first ten examples alone is found out there.  Of a large batch only as
many examples are compared as ``NODES`` scalars hold, so a bound beyond those stays unseen.  Where
the traces differ, or the numbers do, the function is traced and compiled for the very shapes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.codegen import Structure
from symgrad.compiler.calls import Call
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import net_of
from symgrad.compiler.options import Options
from symgrad.compiler.pipeline import Step
from symgrad.compiler.rolled import (
    Rolled,
    compile_rolled,
    reader,
    unreached,
    with_user_names,
)
from symgrad.compiler.tracer import Trace, described, plain, trace
from symgrad.compiler.verifying import Again, Reference
from symgrad.errors import ShapeError, TraceError
from symgrad.frontend.collector import uncollected
from symgrad.frontend.lower import names_of
from symgrad.frontend.scalar import Value
from symgrad.ir.function import Function
from symgrad.reroll import Rerolled, reroll
from symgrad.reroll.generalise import Difference, generalise

SIZES = (3, 4, 7)
NODES = 40_000  # of the user's loops, in which a new number of examples is compared
ROWS = 16  # that are compared at least


@dataclass(frozen=True)
class General:
    """A function for every number of examples, and how many nodes each example has."""

    compiled: CompiledFunction
    nodes: int


class Specialiser:
    """Compiled functions of one user's function, by shapes, dtypes and static values."""

    def __init__(
        self,
        fn: Callable[..., Any],
        wrt: Any,
        has_aux: bool,
        target: str,
        name: str,
        options: Options,
    ) -> None:
        self.fn, self.wrt, self.has_aux = fn, wrt, has_aux
        self.target, self.name, self.options = target, name, options
        self.values: list[Value] = []
        self.names: list[str] = []
        self.general: dict[Hashable, General | str] = {}
        self.chosen: dict[Hashable, tuple[CompiledFunction, Callable[..., Any]]] = {}

    def use(self, values: list[Value]) -> bool:
        """Takes the parameters; whether they are others than before, and all starts anew."""
        if len(values) == len(self.values) and all(map(_is, values, self.values)):
            return False
        self.values, self.names = values, names_of(self.wrt)
        self.general.clear()
        self.chosen.clear()
        return True

    def find(self, call: Call, theta: Any) -> tuple[CompiledFunction, Callable[..., Any]]:
        """The compiled function for a call, and what to call for the very same shapes."""
        key = call.exact()
        if key not in self.chosen:
            compiled = self.choose(call, theta)
            ready = compiled.ready(theta, *call.arrays) if self.target == "numpy" else compiled
            self.chosen[key] = compiled, ready
        return self.chosen[key]

    def choose(self, call: Call, theta: Any) -> CompiledFunction:
        """The function for any number of examples where it is right, else one for these shapes."""
        if call.size is None:
            return self.exact(call, theta, "")
        if self.target == "python":
            return self.exact(call, theta, "the target python has a line for each scalar")
        pattern = call.pattern()
        if pattern not in self.general:
            self.general[pattern] = self.generalised(call)
        found = self.general[pattern]
        if isinstance(found, str):
            return self.exact(call, theta, found)
        rows = max(ROWS, NODES // found.nodes)
        try:
            if agree(*self.numbers(found.compiled, call.first(rows), theta)):
                return found.compiled
        except (ShapeError, ZeroDivisionError) as error:  # it needs more examples than these
            return self.exact(call, theta, str(error))
        return self.exact(call, theta, "the function for any N gives other numbers here")

    def generalised(self, call: Call) -> General | str:
        """The function for any number of examples, or why there is none."""
        start = time.perf_counter()
        traces: list[Trace] = []
        for n in SIZES:
            try:
                traces.append(self.trace(call, n))
            except TraceError:
                raise
            except Exception as error:  # the user's: it may want a certain number of examples
                return f"with {n} examples it raises {type(error).__name__}: {error}"
        if any(t.outputs.structure != traces[0].outputs.structure for t in traces):
            return "what it returns depends on the number of examples"
        rolled = [self.rerolled(t) for t in traces]
        nodes = sum(len(t.program) for t in traces)
        between = time.perf_counter()
        found = generalise(rolled, SIZES)
        if isinstance(found, Difference):
            return str(found)
        sizes = "3, 4 and 7 examples"
        first = with_user_names(rolled[0].function)
        steps = (
            Step("reroll", None, first, between - start, f"{sizes}, {nodes:,} scalar nodes"),
            Step("generalise", first, found, time.perf_counter() - between, "for every N"),
        )
        words = f"{sizes}, {nodes:,} scalar nodes"
        reference = self.again(call, SIZES[0], traces[0]).reference(found)
        compiled = self.compile(found, rolled[0], traces[0], words, steps, "", reference)
        per_example = (len(traces[2].program) - len(traces[0].program)) // (SIZES[2] - SIZES[0])
        return General(compiled, max(per_example, 1))

    def exact(self, call: Call, theta: Any, why: str) -> CompiledFunction:
        """The function for the shapes of the call.  Raises TraceError where two traces differ."""
        start = time.perf_counter()
        traced = self.trace(call, None)
        if self.target == "python":
            self.options.check_length(len(traced.program))
        rolled = self.rerolled(traced)
        words = f"{len(traced.program):,} scalar nodes"
        note = f"compiled for N = {call.size} alone: {why}" if why else ""
        said = f"{words}; {note}" if note else words
        step = Step("reroll", None, rolled.function, time.perf_counter() - start, said)
        reference = self.again(call, None, traced).reference(rolled.function)
        compiled = self.compile(rolled.function, rolled, traced, words, (step,), note, reference)
        expected, found = self.numbers(compiled, call, theta)
        if agree(expected, found):
            return compiled
        if not self.trace(call, None).program.equals(traced.program):
            raise TraceError(
                f"two traces of {self.name_of_fn} differ: it draws random numbers or reads "
                "something that changes; pass what changes as an argument"
            )
        if not close(found[0], expected[0], 1e-3):
            raise TraceError(
                f"{self.name_of_fn} gives {float(expected[0])!r} for plain floats, but "
                f"{float(found[0])!r} as it was traced: it treats numbers by their type "
                "(isinstance, try), or is too sensitive to rounding to be compiled"
            )
        far = "rounding shows: the results differ from those of the loops by more than 1e-7 of them"
        compiled.notes = (*compiled.notes, far)
        return compiled

    @property
    def name_of_fn(self) -> str:
        return getattr(self.fn, "__name__", "the function")

    def trace(self, call: Call, n: int | None) -> Trace:
        shapes = call.shapes(n)
        return trace(self.fn, call, shapes, self.values, self.names, self.has_aux)

    def again(self, call: Call, n: int | None, traced: Trace) -> Again:
        """The function, to be traced at other sizes when it is verified."""
        where = self.fn, call, self.values, self.names, self.has_aux
        return Again(*where, call.shapes(n), traced.program, n is not None)

    def rerolled(self, traced: Trace) -> Rerolled:
        ordered = not self.options.reassociate
        with uncollected():
            return reroll(traced.program, self.name, traced.outputs.shapes, ordered)

    def compile(
        self,
        function: Function,
        rolled: Rerolled,
        traced: Trace,
        words: str,
        steps: tuple[Step, ...],
        note: str,
        reference: Reference,
    ) -> CompiledFunction:
        with uncollected():
            given = Rolled(
                with_user_names(function),
                rolled.constants,
                self.names,
                words,
                reader(self.values, self.target),
                reference,
                steps,
                unreached(traced.program, self.names),
            )
            net = net_of(self.wrt, self.variables())
            structure: Structure = traced.outputs.structure
            compiled = compile_rolled(given, net, self.target, structure, self.options)
        frozen = ""
        if traced.outside:
            frozen = (
                f"Values that are not in wrt are constants: {described(traced.outside)}; "
                "what their data become later is not seen"
            )
        compiled.notes = (*compiled.notes, *(text for text in (note, frozen) if text))
        return compiled

    def variables(self) -> dict[str, Any]:
        """What the user's function can see, by name."""
        code = getattr(self.fn, "__code__", None)
        if code is None:
            return {}
        seen = {n: v for n, v in self.fn.__globals__.items() if n in code.co_names}
        for name, cell in zip(code.co_freevars, self.fn.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # nothing is in it yet
                seen[name] = cell.cell_contents
        return seen

    def numbers(
        self, compiled: CompiledFunction, call: Call, theta: Any
    ) -> tuple[list[Any], list[Any]]:
        """The results of the user's own loops, and those of the compiled function."""
        expected = plain(self.fn, call, self.has_aux)
        with np.errstate(all="ignore"):
            value, _ = compiled(theta, *call.arrays)
        return expected, _leaves(value)


def agree(expected: list[Any], found: list[Any]) -> bool:
    """Whether all results are equal but for rounding."""
    return len(found) == len(expected) and all(map(close, found, expected))


def close(a: Any, b: Any, tolerance: float = 1e-7) -> bool:
    """Whether ``a`` is ``b`` but for rounding, wherever b is finite: loops overflow first.

    >>> close(1.0, 1.0 + 1e-12), close([1.0], [1.1]), close(float("nan"), float("nan"))
    (True, False, True)
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    a, b = a[np.isfinite(b)], b[np.isfinite(b)]
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance / 100, equal_nan=True))


def _leaves(value: Any) -> list[Any]:
    """The results in order."""
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value]


def _is(a: Any, b: Any) -> bool:
    return a is b


__all__ = ["SIZES", "Specialiser", "close"]
