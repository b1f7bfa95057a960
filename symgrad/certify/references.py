"""The reference of a certificate: the program as it was asked for, before any pass runs.

It costs nothing until ``verify`` is called: the traced expressions, a scalar program without its
graph, or the user's own function, to be traced again.  A file carries the unoptimised IR.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from symgrad.errors import FormatError, SymgradError
from symgrad.ir import verifier
from symgrad.ir.function import Function
from symgrad.ir.program import ScalarProgram
from symgrad.ir.rebuild import rebuild
from symgrad.ir.text import parse
from symgrad.ops import OPS
from symgrad.rewrite.passes import inlined

TRACED = "the traced expressions, before any pass"
SCALARS = "the scalar program of the Values, before any pass"
AGAIN = "the function itself, traced again at each N"
CARRIED = "the unoptimised IR that the file carries, and vouches for"


@dataclass(frozen=True)
class Reference:
    """The program that a text has to compute.

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
    again: Any = None
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


def reference_of(facts: Mapping[str, Any]) -> Reference | None:
    """The reference that a file carries."""
    text = facts.get("reference")
    if not isinstance(text, str):
        return None
    rewrites = tuple(map(str, facts.get("rewrites", ())))
    return Reference(CARRIED, text, columns=facts.get("columns", {}), rewrites=rewrites)
