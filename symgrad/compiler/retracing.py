"""A user's function, traced again at each size at which its certificate looks at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from symgrad.certify.references import AGAIN, Reference, dropped
from symgrad.compiler.calls import Call, Shape
from symgrad.compiler.tracer import trace
from symgrad.errors import UnsupportedError
from symgrad.frontend.scalars.value import Value
from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram


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
