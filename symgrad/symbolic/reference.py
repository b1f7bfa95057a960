r'''The meaning of a program, before any pass: plain text over the checker's functions.

The traced, unoptimised IR is printed one operation a line, by definitions that
share nothing with the targets.  Scalar programs are replayed by the same definitions.  The kernel
runs either beside the emitted text, on the numbers of its algebras.

>>> import symgrad.ops
>>> from symgrad.ir import parse
>>> f = parse("""
... func @loss(param %w: f64[2], input %x: f64[N, 2]) {
...   %z = matmul %x, %w : f64[N]
...   %s = silu %z : f64[N]
...   %t = sum %s {axis = (0,), keepdims = false} : f64[]
...   %n = size {dim = "N", dtype = "f64"} : f64[]
...   %m = divide %t, %n : f64[]
...   return %m
... }""", symgrad.ops.OPS)
>>> print(text_of(f))
import numpy as np
<BLANKLINE>
<BLANKLINE>
def loss(a0, a1):
    N = len(a1)
    v0 = np.matmul(a1, a0)
    v1 = v0 * sigmoid(v0)
    v2 = np.sum(v1, axis=(0,), keepdims=False)
    v3 = np.float64(N)
    v4 = v2 / v3
    return v4
<BLANKLINE>
'''

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from symgrad.checker.balls import Ball, Balls, Dual, precision
from symgrad.checker.cells import Cells
from symgrad.checker.exact_number import ExactNumber
from symgrad.checker.exact_text import Elementwise, ExactText
from symgrad.checker.real_functions import FUNCTIONS
from symgrad.errors import DomainError, UnsupportedError
from symgrad.ir.function import Function, Instr
from symgrad.ir.op import Op
from symgrad.ir.program import EXPONENT, INPUT, PARAM, START, ScalarProgram
from symgrad.ir.run import run
from symgrad.ir.types import names_in
from symgrad.ops import OPS
from symgrad.ops.defining import Definition
from symgrad.rewrite.passes import inlined
from symgrad.symbolic import sides
from symgrad.symbolic.quotients import is_long, readings
from symgrad.symbolic.wording import literal_text, wording


def _still(x: Any) -> Any:
    """The value, taken as a constant by differentiation."""
    return Dual(x.value, 0 * x.value) if isinstance(x, Dual) else x


def _strong(x: Any, y: Any) -> Any:
    """x y, and 0 where one is 0 and does not move, whatever the other is."""
    if isinstance(x, Cells) or isinstance(y, Cells):
        found = x * y
        gone = [z.is_zero() for z in (x, y) if isinstance(z, Cells)]
        return np.where(np.logical_or.reduce(np.broadcast_arrays(*gone)), 0, found)
    for z in (x, y) if not isinstance(x, sides.Side) and not isinstance(y, sides.Side) else ():
        value, slope = (z.value, z.slope) if isinstance(z, Dual) else (z, z)
        if all(isinstance(part, ExactNumber) and part.literal() == 0.0 for part in (value, slope)):
            return z
    return x * y


GIVEN: dict[str, Any] = {k: f for k, f in FUNCTIONS.items() if k not in ("max", "min")}
GIVEN["stop_gradient"] = Elementwise(_still, 1)
GIVEN["strong_product"] = Elementwise(_strong, 2)
for _lone, _of in ((True, "of_number"), (False, "of_array")):
    GIVEN[f"side_{_of}"] = Elementwise(partial(sides.side, lone=_lone), 1)
    GIVEN[f"magnitude_{_of}"] = Elementwise(partial(sides.magnitude, lone=_lone), 1)
GIVEN["settled"] = Elementwise(partial(sides.settled, lone=False), 1)
_HEAD = "import numpy as np\n\n\n"


def text_of(function: Function) -> str:
    """The function as text.  Raises UnsupportedError for an op that has no definition here."""
    f = inlined(function, lambda x: x.op.made)  # an op made from a formula is its formula
    names = {x: f"a{i}" for i, x in enumerate(f.parameters)}
    head = f"def loss({', '.join(names.values())}):"
    sizes = [f"    {name} = {size}" for name, size in _sizes(f, names)]
    write = _sided if any(x.op.name == "side" for x in f.body) else _expression
    lines: list[str] = []

    def assign(x: Instr, operands: list[str]) -> str:
        name = f"v{len(lines)}"
        lines.append(f"    {name} = {write(x, operands)}")
        return name

    results = run(f, assign, [*names.values()])
    lines = [head, *sizes, *lines, f"    return {', '.join(results)}"]
    used = dict.fromkeys(x.op.definition for x in f.body)
    helpers = dict.fromkeys(d.helper for d in used if isinstance(d, Definition))
    return _HEAD + "".join(helpers) + "\n".join(lines) + "\n"


class Printed:
    """A function as the kernel runs it.  Raises UnsupportedError for an op without definition.

    columns   where the function's parameters are scalars, which are one vector, the data of its
              inputs by name, nothing where they are arguments; None otherwise
    """

    def __init__(self, function: Function, columns: Mapping[str, Any] | None = None) -> None:
        self.text, self.spread = text_of(function), columns is not None
        inputs = [p.hint for p in function.parameters if p["kind"] == "input"]
        self.columns = [columns[name] for name in inputs] if columns else []

    @cached_property
    def exact(self) -> ExactText:
        return ExactText(self.text, FUNCTIONS, GIVEN)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "exact"}  # functions stay here

    def run(self, one: Any, *arguments: Any) -> Any:
        """The results; ``one`` lifts the literals."""
        if self.spread:
            lift = np.frompyfunc(lambda x: _lifted(one, x), 1, 1)
            theta, *data = arguments
            arguments = (*theta, *map(lift, self.columns), *data)
        return sides.all_settled(self.exact.run(one, *arguments))


def _sizes(f: Function, names: Mapping[Instr, str]) -> Iterator[tuple[str, str]]:
    """How each named size is read off the arguments."""
    wanted = [n for x in f.parameters for d in x.type.shape for n in names_in(d)]
    for name in dict.fromkeys(wanted):
        places = [
            (names[x], axis)
            for x in f.parameters
            for axis, d in enumerate(x.type.shape)
            if d == name
        ]
        if not places:
            raise UnsupportedError(f"no argument has {name} as a plain size")
        argument, axis = places[0]
        yield name, f"np.shape({argument})[{axis}]" if axis else f"len({argument})"


def _expression(x: Instr, operands: Sequence[str]) -> str:
    """One instruction as an expression."""
    if x.is_constant:
        return literal_text(x["value"])
    definition, attributes = x.op.definition, dict(x.attributes)
    if isinstance(definition, Definition):
        return definition.write(x, operands, **attributes)
    return wording(x.op, *operands, **attributes)


def _sided(x: Instr, operands: Sequence[str]) -> str:
    """One instruction of a function that has signs as slopes of abs."""
    kind = "of_array" if x.type.rank else "of_number"
    if x.op.name in ("side", "absolute"):
        return f"{'side' if x.op.name == 'side' else 'magnitude'}_{kind}({operands[0]})"
    mixes = isinstance(x.op.definition, Definition) and x.op.name != "cast" and x.operands
    pairs = zip(operands, x.operands, strict=True)
    return _expression(
        x, [f"settled({name})" if mixes and o.type.is_float else name for name, o in pairs]
    )


def _scalar_text(ops: tuple[Op, ...]) -> ExactText:
    rows = []
    for op in ops:
        xs = "abc"[: op.arity or 0]
        if not (op.made or op.attributes) and not isinstance(op.definition, Definition) and xs:
            head = f"def {op.name}_({', '.join(xs)}):\n    return "
            rows.append(f"{head}{wording(op, *xs, lone=True)}\n")
    return ExactText(_HEAD + "\n\n".join(rows), FUNCTIONS, GIVEN)


class _Texts(threading.local):
    """One thread's text of all ops: a text keeps what its literals are like, so none is shared."""

    def __init__(self) -> None:
        self.of = cache(_scalar_text)


_TEXTS = _Texts()


def scalar_text() -> ExactText:
    """A function of numbers for each op that has no attributes that matter to it, for the thread
    that asks alone."""
    return _TEXTS.of(tuple(OPS.values()))


class Replay:
    """A scalar program as the kernel runs it: on theta and arrays of numbers of any algebra.

    shapes    group the outputs; by default each is a scalar
    examples  how many there are, where literals are to be read as made of that number
    loose     balls of literals of many digits hold what they may be the rounding of
    """

    by_numbers = True  # whatever arrays it is given

    def __init__(
        self,
        program: ScalarProgram,
        shapes: Sequence[tuple[int, ...]] = (),
        *,
        examples: int = 0,
        loose: bool = False,
    ) -> None:
        self.program, self.loose = program, loose
        self.shapes = shapes or [()] * len(program.outputs)
        literals = program.value[program.code <= EXPONENT].tolist() if examples else ()
        self.readings = readings(literals, examples)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "steps"}

    @cached_property
    def steps(self) -> list[tuple[int, str, list[int]]]:
        """The computed nodes in order: its number, the name of its function, its operands."""
        p, known = self.program, {*scalar_text().functions, "pick_"}
        functions = [f"{name}_" for name in p.names]
        ends, operand = p.start.tolist(), p.operand.tolist()
        steps = []
        for i, code in enumerate(p.code.tolist()):
            if code <= INPUT:
                continue
            if functions[code] not in known:
                raise UnsupportedError(f"the op {p.names[code]!r} has no definition here")
            steps.append((i, functions[code], operand[ends[i] : ends[i + 1]]))
        return steps

    def run(self, one: Any, theta: Any, *arrays: Any) -> tuple[Any, ...]:
        """The outputs; ``one`` lifts the literals."""
        text = scalar_text()
        text.space.one = one
        functions: dict[str, Any] = {**text.functions, "pick_": lambda i, *xs: xs[int(i)]}
        values = self.leaves(one, theta, arrays)
        for i, name, operands in self.steps:
            values[i] = functions[name](*[values[k] for k in operands])
        found = iter([values[i] for i in self.program.outputs.tolist()])
        groups = [[next(found) for _ in range(math.prod(shape))] for shape in self.shapes]
        pairs = zip(groups, self.shapes, strict=True)
        return tuple([np.array([*g, None], object)[:-1].reshape(shape)[()] for g, shape in pairs])

    def leaves(self, one: Any, theta: Any, arrays: Sequence[Any]) -> list[Any]:
        """The values of the leaves, and None for what is computed."""
        p = self.program
        values: list[Any] = [None] * len(p)
        for i in np.flatnonzero(p.code <= INPUT).tolist():
            code = p.code[i]
            if code == PARAM:
                values[i] = theta[p.place[i]]
            elif code == INPUT:
                values[i] = np.asarray(arrays[p.array[i]]).reshape(-1)[p.place[i]]
            elif code == START:
                values[i] = 0
            else:
                values[i] = self.literal(one, float(p.value[i]))
        return values

    def literal(self, one: Any, x: float) -> Any:
        if x in self.readings:
            return self.readings[x].value(one)
        y = _lifted(one, x)
        if self.loose and isinstance(y, Ball) and is_long(x):
            return y.around(2.0**-51)
        return y


def same_results(
    a: ScalarProgram, b: ScalarProgram, theta: Sequence[float], arrays: Sequence[Any]
) -> bool | None:
    """True if two programs give the same results at a point, in balls of 256 bits, to 40 digits;
    None where one of them has no value there."""
    with precision(256):
        balls = Balls()
        lift = np.frompyfunc(lambda x: balls.variable(x) if isinstance(x, float) else x, 1, 1)
        point = [balls.variable(x) for x in theta], *[lift(np.asarray(x)) for x in arrays]
        try:
            results = [Replay(p).run(balls.one, *point) for p in (a, b)]
            pairs = list(zip(*results, strict=True))
            return all(_alike(balls, x, y) for x, y in pairs) and balls.digits > 40
        except DomainError:
            return None


def _alike(balls: Balls, x: Any, y: Any) -> bool:
    """True if two results are equal: of numbers, or truths."""
    if isinstance(x, Ball) or isinstance(y, Ball):
        return balls.equal(*[v if isinstance(v, Ball) else balls.one.lift(v) for v in (x, y)])
    return bool(x == y)


def _lifted(one: Any, x: float) -> Any:
    """A literal of the algebra; what is not finite stays."""
    return one.lift(x) if math.isfinite(x) else x


__all__ = ["Printed", "Replay", "same_results", "scalar_text", "text_of"]
