"""What a certificate assumes of the arguments of a compiled function."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from symgrad.ir.function import Function, Instr
from symgrad.runtime.example_rows import EXAMPLES

if TYPE_CHECKING:
    from symgrad.compiler.compiled import CompiledFunction


def assumed_of(f: CompiledFunction, function: Function) -> tuple[str, ...]:
    """What is assumed of the arguments."""
    signature = f.signature
    found = [f"{name} from 0 to {size} - 1" for name, size, _ in signature.ranges]
    found += [f"{dim} >= 0 for {why.partition(';')[0]}" for dim, why in signature.needs]
    fixed = [a.name for a in signature.arguments if a.kind in ("constant", EXAMPLES)]
    if fixed:
        found.append(f"the bound data of {', '.join(fixed)}")
    if any(map(is_partial, function.body)):
        found.append("no selection that gives nan: its value is nan there, its gradient 0")
    if any(o.derived for x in function.body for o in x.origins):
        found.append("what sg.grad made is the gradient, as reverse mode writes it")
    if any(x.op.name == "side" for x in function.body):
        found.append("the square of a sign is 1: f(abs(x)) with slope 0 at 0 has slope f''(0)")
    return ("finite real arguments", *found)


def is_partial(x: Instr) -> bool:
    """Whether it selects nan, as a Piecewise without a default does where no condition holds."""
    return x.op.name == "where" and any(
        o.is_constant and isinstance(o["value"], float) and math.isnan(o["value"])
        for o in x.operands[1:]
    )
