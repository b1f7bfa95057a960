"""A user's function, run on plain floats beside what it was compiled to.

A trace sees one way through the function.  To find others, the function is run twice, and at other
values of the numbers among its arguments.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.compiler.calls import Call, is_used_up
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.tracer import Undisturbed, plain
from symgrad.errors import TraceError
from symgrad.frontend.scalars.value import Value

FEW = 3  # examples on which it is run twice


class ByType(TraceError):
    """The function gives other numbers for plain floats than it was traced to."""


class PlainRuns:
    """The function ``fn`` of the parameters ``values``."""

    fn: Callable[..., Any]
    has_aux: bool
    values: list[Value]

    @property
    def name_of_fn(self) -> str:
        return getattr(self.fn, "__name__", "the function")

    def variables(self) -> dict[str, Any]:
        """The variables that the user's function reads, by name."""
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
        return expected, leaves(value)

    def check_repeats(self, call: Call) -> None:
        """Raises TraceError where the function, run twice on a few examples, gives two results: a
        first trace that used something up would make the second one wrong."""
        if call.size is None and not call.numbers:
            return  # one trace is compared with one run
        for part in (call.first(FEW), call):
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


def agree(expected: list[Any], found: list[Any]) -> bool:
    """True if all results are equal but for rounding."""
    return len(found) == len(expected) and all(map(close, found, expected))


def close(a: Any, b: Any, tolerance: float = 1e-7) -> bool:
    """True if ``a`` is ``b`` but for rounding, wherever b is finite: loops overflow first.

    >>> close(1.0, 1.0 + 1e-12), close([1.0], [1.1]), close(float("nan"), float("nan"))
    (True, False, True)
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    a, b = a[np.isfinite(b)], b[np.isfinite(b)]
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance / 100, equal_nan=True))


def leaves(value: Any) -> list[Any]:
    """The results in order."""
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


__all__ = ["ByType", "PlainRuns", "agree", "close", "leaves"]
