"""The ``python`` target: scalars, Python's floats and ``math`` alone, with IEEE semantics."""

from __future__ import annotations

from symgrad.codegen.helpers import APPROXIMATE
from symgrad.codegen.python_helpers import HELPERS
from symgrad.codegen.target import (
    ADD,
    ATOM,
    COMPARE,
    MUL,
    TERNARY,
    ByInstr,
    Form,
    Target,
    Text,
    call,
    count,
    infix,
    negation,
    number,
    prefix,
    within,
)
from symgrad.ir.function import Instr

_AND, _OR, _NOT = 3, 2, 4

# math's own functions that never raise, by the op they are.
_PLAIN = {
    "tanh": "tanh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "hypot": "hypot",
    "erf": "erf",
    "erfc": "erfc",
    "isnan": "isnan",
    "isfinite": "isfinite",
}
_GUARDED = {
    **{
        n: f"{n}_"
        for n in [
            "exp",
            "exp2",
            "expm1",
            "log",
            "log2",
            "log10",
            "log1p",
            "sqrt",
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
        ]
    },
    "arcsin": "asin_",
    "arccos": "acos_",
    "arccosh": "acosh_",
    "arctanh": "atanh_",
    "floor": "floor_",
    "ceil": "ceil_",
    "round": "round_",
    **{
        n: n
        for n in [
            "sign",
            "maximum",
            "minimum",
            "relu",
            "elu",
            "sigmoid",
            "softplus",
            "log_sigmoid",
            "logaddexp",
            "xlogy",
            "xlog1py",
            "log1mexp",
            "clip",
        ]
    },
    **{name: name for name in APPROXIMATE},
}


def divides_plainly(x: Instr) -> bool:
    """Whether Python's own / will do, for the divisor is a number that is not zero."""
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


def _of_order(*attributes: str) -> ByInstr:
    """A helper of the op's name, which takes attributes behind its operand."""
    return ByInstr(lambda x: call(x.op.name, *(repr(x[key]) for key in attributes)))


def _leaky(x: Instr) -> Form:
    def form(a: Text) -> Text:
        scaled = infix("*", MUL, space=False)(number(x["slope"]), a)
        return _where(infix(">", COMPARE)(a, number(0.0)), a, scaled)

    return form


EMIT: dict[str, Form | ByInstr] = {
    **{op: call(name) for op, name in (_PLAIN | _GUARDED).items()},
    "add": infix("+", ADD),
    "subtract": infix("-", ADD),
    "multiply": infix("*", MUL, space=False),
    "divide": ByInstr(_divide),
    "reciprocal": lambda a: call("divide")(number(1.0), a),
    "power": call("power"),
    "negative": ByInstr(negation),
    "absolute": call("abs"),
    "square": lambda a: infix("*", MUL, space=False)(a, a),
    "elu": ByInstr(lambda x: call("elu", repr(x["alpha"]))),
    "stumpff": _of_order("k", "d"),
    "mills_tail": _of_order("k"),
    "leaky_relu": ByInstr(_leaky),
    "silu": lambda a: infix("*", MUL, space=False)(a, call("sigmoid")(a)),
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
    "argmax": call("argmax"),
    "argmin": call("argmin"),
}

_ROLLED = "it stands for rolled-up loops, which are written with NumPy; take target='numpy'"

PYTHON = Target(
    name="python",
    needs="Python's math module",
    prelude="",
    emit=EMIT,
    helpers=HELPERS,
    uses={
        **_GUARDED,
        "divide": "divide",
        "reciprocal": "divide",
        "power": "power",
        "silu": "sigmoid",
        "argmax": "argmax",
        "argmin": "argmin",
    },
    imports={op: f"from math import {name}" for op, name in _PLAIN.items()},
    refusals=dict.fromkeys(["segment_sum", "segment_spread"], _ROLLED),
    repeats=frozenset({"square", "leaky_relu", "silu"}),
    compact=True,
    plain=divides_plainly,
)

assert ATOM > MUL > ADD > COMPARE > _NOT > _AND > _OR > TERNARY
