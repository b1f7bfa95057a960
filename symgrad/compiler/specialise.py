"""The compiled function that serves a call: one for any number of examples, or one for its shapes.

The function is traced with 3, 4 and 7 examples; what comes out is generalised to one for every N,
and compared once, for each N that it is called with, with the user's own loops on plain floats:
a function that looks at its first ten examples alone is found out there.  Of a large batch only as
many examples are compared as ``NODES`` scalars hold, so a bound beyond those stays unseen.  If the
traces differ, or the numbers do, the function is traced and compiled for the very shapes.

A number among the arguments is an input, and compared at a second value as well.  If the function
asks for its value, it becomes static: a part of the text and of the key, and ``notes`` say so.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from symgrad.certify.references import Reference
from symgrad.codegen import TARGETS
from symgrad.compiler.calls import Call
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.describing import Words, net_of
from symgrad.compiler.describing import frozen as frozen_values
from symgrad.compiler.driver import Program, compile_program
from symgrad.compiler.history import Step
from symgrad.compiler.options import Options
from symgrad.compiler.plain_runs import ByType, PlainRuns, agree, close, leaves
from symgrad.compiler.retracing import Again
from symgrad.compiler.rolled import of_theta, unreached, with_user_names
from symgrad.compiler.tracer import Trace, Ways, asked_numbers, described, trace
from symgrad.errors import LimitError, ShapeError, TraceError, VerificationError
from symgrad.frontend.scalars.lower import names_of
from symgrad.frontend.scalars.value import Value
from symgrad.ir.function import Function, uncollected
from symgrad.reroll import Rerolled, reroll
from symgrad.reroll.generalise import Difference, generalise

SIZES = (3, 4, 7)
NODES = 40_000  # of the user's loops, in which a new number of examples is compared
ROWS = 16  # that are compared at least
FAR = (0.0, 750.0, -750.0)  # read from .data: exp overflows at one, and is 0 at another
KEPT = 128  # compiled functions by shapes, dtypes and static values; the oldest goes first


V = TypeVar("V")


class Recent(dict[Hashable, V], Generic[V]):
    """A dict of at most ``size`` entries, which lets go of the least recently used.

    >>> kept = Recent(2)
    >>> kept["a"], kept["b"] = 1, 2
    >>> kept["a"], kept.get("c")
    (1, None)
    >>> kept["c"] = 3
    >>> list(kept)
    ['a', 'c']
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def __getitem__(self, key: Hashable) -> V:
        value = super().pop(key)
        super().__setitem__(key, value)
        return value

    def get(self, key: Hashable, default: V | None = None) -> V | None:  # type: ignore[override]
        """The value, which is then the last to go."""
        if key in self:
            return self[key]
        return default

    def __setitem__(self, key: Hashable, value: V) -> None:
        super().pop(key, None)
        super().__setitem__(key, value)
        while len(self) > self.size:
            del self[next(iter(self))]


@dataclass(frozen=True)
class General:
    """A function for every number of examples, and how many nodes each example has."""

    compiled: CompiledFunction
    nodes: int


class Specialiser(PlainRuns):
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
        self.general: Recent[General | str] = Recent(KEPT)
        self.chosen: Recent[tuple[CompiledFunction, Callable[..., Any]]] = Recent(KEPT)
        self.static: Recent[dict[str, str]] = Recent(KEPT)  # numbers that are, and why

    def use(self, values: list[Value]) -> bool:
        """Takes the parameters; whether they are others than before, and all starts anew."""
        if len(values) == len(self.values) and all(map(_is, values, self.values)):
            return False
        self.values, self.names = values, names_of(self.wrt)
        self.general.clear()
        self.chosen.clear()
        self.static.clear()
        return True

    def find(
        self, call: Call, theta: Any
    ) -> tuple[CompiledFunction, Callable[..., Any], list[Any]]:
        """The compiled function for a call, what to call for the same shapes, and with what."""
        pattern = call.pattern()
        now = call.fixed(self.static.get(pattern) or {})
        found = self.chosen.get(now.exact())
        if found is None:
            compiled, now = self.settle(call, theta)
            arrays = TARGETS[self.target].takes_arrays
            ready = compiled.ready(theta, *now.values()) if arrays else compiled
            found = self.chosen[now.exact()] = compiled, ready
        return *found, now.values()

    def settle(self, call: Call, theta: Any) -> tuple[CompiledFunction, Call]:
        """The compiled function, and the call with those numbers static that must be."""
        pattern = call.pattern()
        if pattern not in self.general:
            self.check_repeats(call)
        static = dict(self.static.get(pattern) or {})
        while True:
            now = call.fixed(static)
            try:
                compiled = self.choose(now, theta)
            except (LimitError, VerificationError):
                raise
            except Exception as error:  # the user's: it may treat a number as only a number can be
                asked = set(now.numbers) if isinstance(error, ByType) else asked_numbers(error, now)
                if not asked:
                    raise
                static.update(dict.fromkeys(sorted(asked), _reason(error)))
                continue
            if static:
                self.static[pattern] = static
            return compiled, now

    def choose(self, call: Call, theta: Any) -> CompiledFunction:
        """The function for any number of examples where it is right, else one for these shapes."""
        if call.size is None:
            return self.exact(call, theta, "")
        if not TARGETS[self.target].takes_arrays:
            return self.exact(call, theta, f"the target {self.target} has a line for each scalar")
        pattern = call.pattern()
        if pattern not in self.general:
            self.general[pattern] = self.generalised(call)
        found = self.general[pattern]
        if isinstance(found, str):
            return self.exact(call, theta, found)
        rows = max(ROWS, NODES // found.nodes)
        few = call.first(rows)
        try:
            if agree(*self.numbers(found.compiled, few, theta)):
                self.check_shifted(found.compiled, few, theta)
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
            self.check_same(call, SIZES[0], traces[0])
            return "what it returns depends on the number of examples"
        rolled = [self.rerolled(t) for t in traces]
        nodes = sum(len(t.program) for t in traces)
        between = time.perf_counter()
        found = generalise(rolled, SIZES)
        if isinstance(found, Difference):
            self.check_same(call, SIZES[0], traces[0])
            return str(found)
        sizes = "3, 4 and 7 examples"
        first = with_user_names(rolled[0].function)
        steps = (
            Step("reroll", None, first, between - start, f"{sizes}, {nodes:,} scalar nodes"),
            Step("generalise", first, found, time.perf_counter() - between, "for every N"),
        )
        words = f"{sizes}, {nodes:,} scalar nodes"
        reference = self.again(call, SIZES[0], traces[0]).reference(found)
        compiled = self.compile(found, rolled[0], traces[0], words, steps, "", reference, call)
        self.check_far(call, SIZES[0], traces[0])
        per_example = (len(traces[2].program) - len(traces[0].program)) // (SIZES[2] - SIZES[0])
        return General(compiled, max(per_example, 1))

    def exact(self, call: Call, theta: Any, why: str) -> CompiledFunction:
        """The function for the shapes of the call.  Raises TraceError where two traces differ."""
        start = time.perf_counter()
        traced = self.trace(call, None)
        if not TARGETS[self.target].takes_arrays:
            self.options.check_length(len(traced.program))
        rolled = self.rerolled(traced)
        words = f"{len(traced.program):,} scalar nodes"
        note = f"compiled for N = {call.size} alone: {why}" if why else ""
        said = f"{words}; {note}" if note else words
        step = Step("reroll", None, rolled.function, time.perf_counter() - start, said)
        reference = self.again(call, None, traced).reference(rolled.function)
        compiled = self.compile(
            rolled.function, rolled, traced, words, (step,), note, reference, call
        )
        self.check_far(call, None, traced)
        expected, found = self.numbers(compiled, call, theta)
        if agree(expected, found):
            self.check_shifted(compiled, call, theta)
            return compiled
        self.check_same(call, None, traced)
        if not close(found[0], expected[0], 1e-3):
            raise ByType(
                f"{self.name_of_fn} gives {float(expected[0])!r} for plain floats, but "
                f"{float(found[0])!r} as it was traced: it treats numbers by their type "
                "(isinstance, try), or is too sensitive to rounding to be compiled"
            )
        far = "rounding shows: the results differ from those of the loops by more than 1e-7 of them"
        compiled.notes = (*compiled.notes, far)
        return compiled

    def check_same(self, call: Call, n: int | None, traced: Trace) -> None:
        """Raises TraceError where the function, traced again, is another one."""
        if not self.trace(call, n).program.equals(traced.program):
            raise self.differs("two traces")

    def check_far(self, call: Call, n: int | None, traced: Trace) -> None:
        """Raises TraceError where the text needs what was read from ``.data`` to stay finite.

        That number is left out as 0.  Exponentials that are shifted by it, and have not become a
        softmax or the like with a shift of its own, then give other results for other numbers.
        """
        if not traced.unread:
            return
        ways = self.ways(call, n)
        theta, arrays = ways.point(random.Random(0), 0.0, math.inf)
        plain = replace(self.options, verify=False, strict=False)
        found = []
        for number in FAR:
            moved, _ = ways.traced(bool, number.__float__)
            rolled = self.rerolled(moved)
            reference = self.again(call, n, moved).reference(rolled.function)
            other = self.program(rolled.function, rolled, moved, Words(), reference)
            f = compile_program(other, plain)
            with np.errstate(all="ignore"):
                value, d_theta = f(np.array(theta), *arrays)
            found.append([*leaves(value), d_theta])
        if not all(agree(found[0], other) for other in found):
            raise TraceError(
                f".data asks a traced value for its number, at {traced.unread[0]}: what it keeps "
                "finite overflows without it; write a softmax or sg.logsumexp, which need no shift"
            )

    def trace(self, call: Call, n: int | None) -> Trace:
        shapes = call.shapes(n)
        return trace(self.fn, call, shapes, self.values, self.names, self.has_aux)

    def ways(self, call: Call, n: int | None) -> Ways:
        return Ways(self.fn, call, call.shapes(n), self.values, self.names, self.has_aux)

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
        call: Call,
    ) -> CompiledFunction:
        with uncollected():
            net, frozen, unread = net_of(self.wrt, self.variables()), "", ""
            program = self.program(function, rolled, traced, Words(net, words), reference)
        if traced.outside:
            called = described(traced.outside, self.variables())
            frozen = frozen_values(
                called, "pass such numbers as arguments, or list the Values in wrt"
            )
        if traced.unread:
            shown = ", ".join(map(str, traced.unread[:3]))
            unread = f"what .data gives at {shown} is left out: no result depends on it"
        remarks = filter(None, (note, frozen, unread, *call.notes()))
        with uncollected():
            return compile_program(
                replace(program, steps=steps, remarks=tuple(remarks)), self.options
            )

    def program(
        self,
        function: Function,
        rolled: Rerolled,
        traced: Trace,
        words: Words,
        reference: Reference,
    ) -> Program:
        """The array program of what was traced; ``function`` may be for any number of examples."""
        return of_theta(
            with_user_names(function),
            self.target,
            traced.outputs.structure,
            self.values,
            self.names,
            replace(words, unreached=unreached(traced.program, self.names)),
            reference,
            rolled.constants,
        )


def _reason(error: Exception) -> str:
    """In a few words why a number must be known."""
    if isinstance(error, TraceError):
        return str(error).partition(";")[0]
    return f"{type(error).__name__}: {error!s:.80}"


def _is(a: Any, b: Any) -> bool:
    return a is b


__all__ = ["KEPT", "SIZES", "Specialiser"]
