"""The ``python`` target: scalars, Python's floats and ``math`` alone, with IEEE semantics."""

from __future__ import annotations

import math

from symgrad.codegen.helpers import helpers_of
from symgrad.codegen.literals import number
from symgrad.codegen.printer import WIDTH
from symgrad.codegen.target import (
    ADD,
    ATOM,
    COMPARE,
    MUL,
    TERNARY,
    ByInstr,
    Form,
    Limits,
    Target,
    Text,
    call,
    cast_condition,
    count,
    helped,
    imported_call,
    infix,
    negation,
    prefix,
    within,
)
from symgrad.ir.function import Instr
from symgrad.ops import OPS, float_functions, on_floats

_AND, _OR, _NOT = 3, 2, 4

_times = infix("*", MUL, space=False)


def _inverse(a: Text) -> Text:
    return call("divide")(number(1.0), a)


def divides_plainly(x: Instr) -> bool:
    """Python's own / will do: the divisor is a literal other than zero."""
    below = x.operands[-1]
    return x.op.name == "divide" and below.is_constant and below["value"] != 0


def _divide(x: Instr) -> Form:
    return infix("/", MUL) if divides_plainly(x) else call("divide")


def _where(condition: Text, a: Text, b: Text) -> Text:
    a, condition, b = within(a, _OR), within(condition, _OR), within(b, TERNARY)
    depth = max(a.depth, b.depth, condition.depth)
    text = f"{a.text} if {condition.text} else {b.text}"
    return Text(text, TERNARY, depth, count(a, b, condition))


def _vector(*xs: Text) -> Text:
    """A tuple: scalars to choose from."""
    text = ", ".join(x.text for x in xs) + ("," if len(xs) == 1 else "")
    return Text(f"({text})", ATOM, 1 + max(x.depth for x in xs), count(*xs))


def _wrap(size: int) -> Form:
    """range(3)[i]: Python's own counting from the end, and its IndexError."""
    return lambda i: Text(f"range({size})[{i.text}]", ATOM, 1 + i.depth, count(i))


def _cast(x: Instr) -> Form:
    return call({"f64": "float", "f32": "float", "i64": "int", "bool": "bool"}[x.type.dtype])


def _leaky(x: Instr) -> Form:
    def form(a: Text) -> Text:
        scaled = _times(number(x["slope"]), a)
        return _where(infix(">", COMPARE)(a, number(0.0)), a, scaled)

    return form


HELPERS = helpers_of("float_functions")


def _calls() -> dict[str, ByInstr]:
    """The ops that are a function of ``math``'s on floats, or one of the helpers."""
    found = {}
    for name, op in OPS.items():
        function = on_floats(op)
        own, home = (getattr(function, key, "") for key in ("__name__", "__module__"))
        if own and function is vars(math).get(own):
            found[name] = imported_call("math", own)
        elif home == float_functions.__name__ and not op.inline:
            found[name] = helped(own)
    return found


EMIT: dict[str, Form | ByInstr] = {
    **_calls(),
    "add": infix("+", ADD),
    "subtract": infix("-", ADD),
    "multiply": _times,
    "divide": ByInstr(_divide, helper="divide"),
    "reciprocal": ByInstr(lambda x: _inverse, helper="divide"),
    "negative": negation(cast_condition),
    "absolute": call("abs"),
    "square": ByInstr(lambda x: lambda a: _times(a, a), repeats=True),
    "leaky_relu": ByInstr(_leaky, repeats=True),
    "silu": ByInstr(lambda x: lambda a: _times(a, call("sigmoid")(a)), "sigmoid", repeats=True),
    "sigmoid_rest": ByInstr(lambda x: lambda a: call("sigmoid")(prefix("-")(a)), "sigmoid"),
    "greater": infix(">", COMPARE),
    "greater_equal": infix(">=", COMPARE),
    "less": infix("<", COMPARE),
    "less_equal": infix("<=", COMPARE),
    "equal": infix("==", COMPARE),
    "not_equal": infix("!=", COMPARE),
    "logical_and": infix("and", _AND),
    "logical_or": infix("or", _OR),
    "logical_not": prefix("not ", _NOT),
    "logical_xor": infix("!=", COMPARE),
    "where": _where,
    "cast": ByInstr(_cast),
    "stop_gradient": lambda a: a,
    "within": lambda i: i,
    "wrap": ByInstr(lambda x: _wrap(x["size"])),
    "vector": _vector,
    "gather": lambda xs, i: Text(
        f"{xs.text}[{i.text}]", ATOM, 1 + max(xs.depth, i.depth), count(xs, i)
    ),
    "argmax": ByInstr(lambda x: call("argmax"), helper="argmax"),
    "argmin": ByInstr(lambda x: call("argmin"), helper="argmin"),
}

_ROLLED = "it stands for rolled-up loops, which are written with NumPy; take target='numpy'"

PYTHON = Target(
    name="python",
    needs="Python's math module",
    emit=EMIT,
    limits=Limits(WIDTH - 8, 40),
    helpers=HELPERS,
    refusals=dict.fromkeys(["segment_sum", "segment_spread"], _ROLLED),
    sources=1,
    condition=cast_condition,
    medium="in plain Python",
    styles=("unrolled", "looped"),
    plain=divides_plainly,
)

assert ATOM > MUL > ADD > COMPARE > _NOT > _AND > _OR > TERNARY
