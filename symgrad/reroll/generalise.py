"""One array function for any number of examples, from those of a few.

The functions of three sizes are compared instruction by instruction.  Equal parts stay as they are;
sizes that differ become polynomials in ``N``, numbers that differ expressions in it (see
``count_formulas``).  Any other difference means that the program is not the same for every N.

>>> from symgrad.ir.text import parse
>>> from symgrad.ops import OPS
>>> text = '''func @f(input %x: f64[{n}]) {{
...   %total = sum %x {{axis = (0,), keepdims = false}} : f64[]
...   %share = constant {share} : f64[]
...   %mean = multiply %total, %share : f64[]
...   return %mean
... }}'''
>>> few = [parse(text.format(n=n, share=1.0 / n), OPS) for n in (3, 4, 7)]
>>> print(generalise([Rerolled(f, {}) for f in few], (3, 4, 7)))
func @f(input %x: f64[N]) {
  %total = sum %x {axis = (0,), keepdims = false} : f64[]
  %0 = constant 1.0 : f64[]
  %1 = size {dim = "N", dtype = "f64"} : f64[]
  %share = divide %0, %1 : f64[]
  %mean = multiply %total, %share : f64[]
  return %mean
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.errors import ShapeError
from symgrad.ir.function import Function, Instr, Origins, emit, parameter
from symgrad.ir.function import function as function_of
from symgrad.ir.types import Type
from symgrad.ops.table import IRAlgebra
from symgrad.reroll.count_formulas import dim_of, form_of, formed
from symgrad.reroll.roll import Rerolled


@dataclass(frozen=True)
class Difference:
    """The reason why there is no one program for every N, and the lines that caused it."""

    why: str
    origins: Origins = ()

    def __str__(self) -> str:
        own = [str(o) for o in self.origins]
        return f"{self.why}, at {', '.join(own[:3])}" if own else self.why


class _Differs(Exception):
    """Carries a Difference up."""


def generalise(rolled: Sequence[Rerolled], sizes: Sequence[int]) -> Function | Difference:
    """The function for every N, of functions for these sizes; or why there is none."""
    try:
        return _Generalisation(rolled, sizes).run()
    except _Differs as error:
        difference: Difference = error.args[0]
        return difference


class _Generalisation:
    def __init__(self, rolled: Sequence[Rerolled], sizes: Sequence[int]) -> None:
        self.functions = [r.function for r in rolled]
        self.constants = [r.constants for r in rolled]
        self.sizes = sizes
        self.made: list[Instr] = []

    def run(self) -> Function:
        first = self.functions[0]
        self.same([len(f.parameters) for f in self.functions], "numbers of arguments")
        parameters = [self.parameter(ps) for ps in zip(*self._all("parameters"), strict=True)]
        self.made = list(parameters)
        numbers = [_numbers(f) for f in self.functions]
        for xs in zip(*self._all("body"), strict=False):  # the first difference tells more
            places = [[n[id(o)] for o in x.operands] for n, x in zip(numbers, xs, strict=True)]
            self.same(places, "operands", xs)
            self.made.append(self.instruction(xs, places[0]))
        self.same([len(f.body) for f in self.functions], "numbers of operations")
        results = [
            [n[id(r)] for r in f.results] for n, f in zip(numbers, self.functions, strict=True)
        ]
        self.same(results, "results")
        return function_of(first.name, parameters, [self.made[i] for i in results[0]])

    def _all(self, what: str) -> list[Any]:
        return [getattr(f, what) for f in self.functions]

    def parameter(self, ps: Sequence[Instr]) -> Instr:
        p = ps[0]
        self.same([(x.hint, x["kind"], x.type.dtype) for x in ps], "arguments")
        if p["kind"] == "constant":
            data = [c[p.hint] for c in self.constants]
            if any(not _equal(data[0], d) for d in data):
                raise _Differs(Difference("it holds an array of numbers that grows with N"))
            return p
        return parameter(p.hint, self.type(ps), str(p["kind"]), p.origins)

    def type(self, xs: Sequence[Instr]) -> Type:
        self.same([x.type.dtype for x in xs], "dtypes", xs)
        return xs[0].type.with_shape(self.dims([x.type.shape for x in xs], xs))

    def instruction(self, xs: Sequence[Instr], operands: Sequence[int]) -> Instr:
        """The one instruction that all of ``xs`` are at their sizes."""
        x = xs[0]
        self.same([y.op.name for y in xs], "operations", xs)
        if x.is_constant:
            return self.constant(xs)
        attributes = {}
        for name in x.op.attributes:
            given = [y[name] for y in xs]
            if name in x.op.dim_attributes:
                attributes[name] = self.dims(given, xs)
            else:
                self.same(given, f"values of {name!r} of {x.op.name}", xs)
                attributes[name] = given[0]
        try:
            made = emit(x.op, [self.made[i] for i in operands], attributes, x.hint, x.origins)
        except ShapeError as error:
            raise _Differs(Difference(str(error), x.origins)) from error
        if made.type != self.type(xs):
            raise _Differs(Difference(f"{x.op.name} has another shape for other N", x.origins))
        return made

    def constant(self, xs: Sequence[Instr]) -> Instr:
        x = xs[0]
        if all(y.type == x.type and repr(y["value"]) == repr(x["value"]) for y in xs):
            return x
        values = [y["value"] for y in xs]
        if x.type.shape or not all(isinstance(v, float) for v in values):
            raise _Differs(Difference("a list of numbers depends on N", self.readers(x)))
        form = form_of(values, self.sizes)
        if form is None:
            shown = ", ".join(map(repr, values))
            sizes = ", ".join(map(str, self.sizes))
            why = f"the number {shown} at N = {sizes} is no expression in N that is known"
            raise _Differs(Difference(why, self.readers(x)))
        return formed(IRAlgebra(), form).instr.replace(hint=x.hint)

    def readers(self, x: Instr) -> Origins:
        """The first lines that use a constant, which has none of its own."""
        using = {id(x)}
        for y in self.functions[0].body:
            if any(id(o) in using for o in y.operands):
                if y.origins:
                    return y.origins
                using.add(id(y))
        return ()

    def dims(self, values: Sequence[Any], xs: Sequence[Instr]) -> Any:
        """Sizes, alone or nested in tuples, as polynomials in N."""
        first = values[0]
        if all(v == first for v in values):
            return first
        if all(isinstance(v, tuple) for v in values):
            self.same([len(v) for v in values], "numbers of axes", xs)
            return tuple(self.dims(vs, xs) for vs in zip(*values, strict=True))
        dim = dim_of(values, self.sizes) if all(isinstance(v, int) for v in values) else None
        if dim is None:
            shown = f"{', '.join(map(str, values))} at N = {', '.join(map(str, self.sizes))}"
            raise _Differs(Difference(f"a size is {shown}", xs[0].origins))
        return dim

    def same(self, values: Sequence[Any], what: str, xs: Sequence[Instr] = ()) -> None:
        if any(v != values[0] for v in values):
            sizes = ", ".join(map(str, self.sizes))
            origins = xs[0].origins if xs else ()
            raise _Differs(Difference(f"the {what} differ between N = {sizes}", origins))


def _numbers(f: Function) -> dict[int, int]:
    return {id(x): i for i, x in enumerate((*f.parameters, *f.body))}


def _equal(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    return bool(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes())
