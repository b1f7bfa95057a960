"""Which compiled function serves a call: one for any number of examples, or one for its shapes.

The function is traced with 3, 4 and 7 examples; what comes out is generalised to one for every N,
and compared once, for each N that it is called with, with the user's own loops on plain floats:
a function that looks at its first ten examples alone is found out there.  Of a large batch only as
many examples are compared as ``NODES`` scalars hold, so a bound beyond those stays unseen.  Where
the traces differ, or the numbers do, the function is traced and compiled for the very shapes.

A number among the arguments is an input, and compared at a second value as well.  Where the
function asks for it, it becomes static: a part of the text and of the key, which ``notes`` say.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.codegen import Structure
from symgrad.compiler.calls import Call
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.data import is_used_up
from symgrad.compiler.describing import net_of
from symgrad.compiler.options import Options
from symgrad.compiler.pipeline import Step
from symgrad.compiler.recent import Recent
from symgrad.compiler.rolled import (
    Rolled,
    compile_rolled,
    reader,
    unreached,
    with_user_names,
)
from symgrad.compiler.tracer import Trace, Undisturbed, asked_numbers, described, plain, trace
from symgrad.compiler.verifying import Again, Reference
from symgrad.errors import LimitError, ShapeError, TraceError, VerificationError
from symgrad.frontend.collector import uncollected
from symgrad.frontend.lower import names_of
from symgrad.frontend.scalar import Value
from symgrad.ir.function import Function
from symgrad.reroll import Rerolled, reroll
from symgrad.reroll.generalise import Difference, generalise

SIZES = (3, 4, 7)
NODES = 40_000  # of the user's loops, in which a new number of examples is compared
ROWS = 16  # that are compared at least
KEPT = 128  # compiled functions by shapes, dtypes and static values; the oldest goes first


class ByType(TraceError):
    """The function gives other numbers for plain floats than it was traced to."""


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
            ready = compiled.ready(theta, *now.values()) if self.target == "numpy" else compiled
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
        if self.target == "python":
            return self.exact(call, theta, "the target python has a line for each scalar")
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
        compiled = self.compile(
            rolled.function, rolled, traced, words, (step,), note, reference, call
        )
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

    def check_repeats(self, call: Call) -> None:
        """Raises TraceError where the function, run twice on a few examples, gives two results: a
        first trace that used something up would make the second one wrong."""
        if call.size is None and not call.numbers:
            return  # one trace is compared with one run
        for part in (call.first(SIZES[0]), call):
            try:
                with Undisturbed(self.fn):
                    same = agree(*[plain(self.fn, part, self.has_aux) for _ in range(2)])
            except TraceError:
                raise
            except Exception:  # the user's: it may want a certain number of examples
                if self.used_up:
                    raise self.differs("a run") from None
                continue
            if not same:
                raise self.differs("two runs")
            return

    def check_same(self, call: Call, n: int | None, traced: Trace) -> None:
        """Raises TraceError where the function, traced again, is another one."""
        if not self.trace(call, n).program.equals(traced.program):
            raise self.differs("two traces")

    def differs(self, what: str) -> TraceError:
        names = ", ".join(self.used_up)
        why = "it draws random numbers or reads something that changes; pass what changes as an "
        why += "argument"
        if names:
            why = f"it goes through {names}, which one run uses up; make a list of it"
        return TraceError(f"{what} of {self.name_of_fn} differ: {why}")

    @property
    def used_up(self) -> list[str]:
        """The iterators that the function sees, by name."""
        return [name for name, value in self.variables().items() if is_used_up(value)]

    def check_shifted(self, compiled: CompiledFunction, call: Call, theta: Any) -> None:
        """Compares at other values of the numbers, which the text is to serve, too.

        Raises TraceError where they disagree; values that the function refuses tell nothing.
        """
        if not call.numbers:
            return
        try:
            right = agree(*self.numbers(compiled, call.shifted(), theta))
        except Exception:
            return
        if not right:
            raise ByType(
                f"{self.name_of_fn} gives other numbers for {', '.join(call.numbers)} than as it "
                "was traced: it treats numbers by their type"
            )

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
        call: Call,
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
        notes = (note, frozen, *call.notes())
        compiled.notes = (*compiled.notes, *filter(None, notes))
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
            value, _ = compiled(theta, *call.values())
        return expected, _leaves(value)


def _reason(error: Exception) -> str:
    """In a few words why a number must be known."""
    if isinstance(error, TraceError):
        return str(error).partition(";")[0]
    return f"{type(error).__name__}: {error!s:.80}"


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
