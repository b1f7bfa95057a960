"""The ``numpy`` target: how each op is written with NumPy, in the readable style."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symgrad.codegen import numpy_idioms
from symgrad.codegen.helpers import helpers_of
from symgrad.codegen.literals import number
from symgrad.codegen.numpy_moves import DTYPES, MOVES, PLACED, one_hot
from symgrad.codegen.target import (
    ADD,
    ATOM,
    COMPARE,
    MUL,
    POWER,
    ArrayTexts,
    ByInstr,
    Form,
    Limits,
    Reading,
    Target,
    Text,
    atom,
    call,
    cast_condition,
    count,
    helped,
    imported_call,
    infix,
    is_bounded_count,
    is_count,
    negation,
    prefix,
    suffix,
    within,
)
from symgrad.ir.function import Instr
from symgrad.ir.types import Dim, Type, product
from symgrad.ops import OPS
from symgrad.runtime import libraries


def _scalars(x: Instr) -> bool:
    return all(o.type.rank == 0 for o in x.operands)


def is_positive_count(x: Instr) -> bool:
    return is_bounded_count(x) and float(x.operands[1]["value"]) >= 1.0


def _maximum(x: Instr) -> Form:
    if not is_bounded_count(x):
        return call("np.maximum")
    least = int(x.operands[1]["value"])
    return lambda a, b: Text(f"max({a.text}, {least})", ATOM, 1)  # reads as an atom: a size


def _divide(x: Instr) -> Form:
    """Python's own / raises for a zero; between scalars it may be Python's.

    A division by a count is written with it, too: where a user divided by the number of examples,
    no examples give what the loops would have given.
    """
    plain = is_plain_quotient(x) or any(map(is_of_numpy, x.operands))
    return infix("/", MUL) if plain else call("np.divide")


def is_of_numpy(x: Instr) -> bool:
    """True of an array, and of a number that is known to be NumPy's: one that was made of an array,
    and what is computed of such in a few steps."""
    stack, left = [x], _NEAR
    while stack and left:
        y = stack.pop()
        left -= 1
        if y.type.rank or any(o.type.rank for o in y.operands):
            return True
        stack += y.operands
    return False


_NEAR = 16  # numbers that are looked at


def is_plain_quotient(x: Instr) -> bool:
    """True of a quotient for which Python's own / is right, even between Python's numbers."""
    if x.op.name != "divide":
        return False
    below = x.operands[1]
    counts = is_positive_count(below) or is_count(below)
    return counts or (below.is_constant and bool(below["value"] != 0))


def _power(x: Instr) -> Form:
    def form(a: Text, b: Text) -> Text:
        a, b = within(a, POWER + 1), within(b, POWER)
        return Text(f"{a.text} ** {b.text}", POWER, max(a.depth, b.depth), count(a, b))

    return call("np.power") if _scalars(x) else form


def _square(x: Instr) -> Form:
    def form(a: Text) -> Text:
        if a.ops or a.precedence < ATOM:
            return call("np.square")(a)
        return infix("*", MUL)(a, a)

    return form


def _reciprocal(x: Instr) -> Form:
    divide = call("np.divide") if _scalars(x) else infix("/", MUL)
    return lambda a: divide(number(1.0), a)


def _cast(x: Instr) -> Form:
    dtype = DTYPES[x.type.dtype]
    return call(dtype) if x.type.rank == 0 else suffix(f".astype({dtype})")


_LETTERS = "ijklmn"
_SHORT = range(2, 33)  # elements of a row over which a loop is short
_MANY = 1000  # elements from which on it matters


def goes_over_short_rows(x: Instr) -> bool:
    """True of a reduction of a stack of matrices over their rows, where these are short: NumPy's
    own stops at the end of each row, and einsum does not."""
    shape, axes = x.operands[0].type.shape, x["axis"]
    rank, size = len(shape), x.operands[0].type.size
    stacked = 3 <= rank <= len(_LETTERS) and shape[-1] in _SHORT and not x["keepdims"]
    many = not isinstance(size, int) or size >= _MANY
    return stacked and many and rank - 2 in axes and rank - 1 not in axes and x.type.is_float


def _reduction(name: str) -> ByInstr:
    def rule(x: Instr) -> Form:
        (operand,) = x.operands
        axes, keepdims = x["axis"], x["keepdims"]
        if name == "sum" and goes_over_short_rows(x):
            every = _LETTERS[: operand.type.rank]
            kept = "".join(c for i, c in enumerate(every) if i not in axes)
            return lambda a: call("np.einsum")(atom(f'"{every}->{kept}"'), a)
        arguments = []
        if len(axes) != operand.type.rank or keepdims or not axes:
            arguments.append(f"axis={axes[0] if len(axes) == 1 else axes!r}")
        if keepdims:
            arguments.append("keepdims=True")
        if operand.type.rank == 0:
            return call(f"np.{name}", *arguments)
        return suffix(f".{name}({', '.join(arguments)})")

    return ByInstr(rule)


def _mean(x: Instr) -> Form:
    """The sum over the count, as np.mean computes it, at half the cost of the call."""
    (operand,) = x.operands
    dims = [operand.type.shape[i] for i in x["axis"]]
    total = _reduction("sum").form(x)
    count = size_text(product(dims))
    return lambda a: infix("/", MUL)(total(a), count)


def size_text(dim: Dim) -> Text:
    """A size as a factor: a literal, a name, or a polynomial that brackets where it must."""
    text = str(dim)
    return Text(text) if isinstance(dim, int) or text.isidentifier() else Text(text, ADD)


def _arg_reduction(name: str) -> ByInstr:
    def rule(x: Instr) -> Form:
        keep = ", keepdims=True" if x["keepdims"] else ""
        return suffix(f".{name}(axis={x['axis']}{keep})")

    return ByInstr(rule)


def _einsum(x: Instr) -> Form:
    return lambda *xs: call("np.einsum")(atom(f'"{x["spec"]}"'), *xs)


def _leaky(x: Instr) -> Form:
    def form(a: Text) -> Text:
        scaled = infix("*", MUL)(number(x["slope"]), a)
        return call("np.where")(infix(">", COMPARE)(a, number(0.0)), a, scaled)

    return form


def _logsumexp(x: Instr) -> Form:
    axes = x["axis"]
    return call("logsumexp", str(axes[0] if len(axes) == 1 else axes), repr(x["keepdims"]))


def _size(x: Instr) -> Form:
    return lambda: size_text(x["dim"])


def _unless_0(name: str, x: Instr) -> tuple[str, ...]:
    """Which diagonal it is, where it is not the main one."""
    return (f"{name}={x['k']}",) if x["k"] else ()


def _with(name: str, *attributes: str, helper: str = "") -> ByInstr:
    """A call with the named attributes after the operands."""
    return ByInstr(lambda x: call(name, *(f"{k}={x[k]}" for k in attributes)), helper)


def _condition(x: Instr) -> Reading | None:
    return one_hot(x) if x.op.name == "one_hot" and x.type.is_float else cast_condition(x)


HELPERS = helpers_of("scipy_functions", "array_functions")


def _calls() -> dict[str, Form | ByInstr]:
    """The ops that are a function of NumPy's on arrays, or one of the helpers."""
    found: dict[str, Form | ByInstr] = {}
    for name, op in OPS.items():
        own = getattr(op.evaluate, "__name__", "")
        if vars(np).get(own) is op.evaluate and not op.inline:
            found[name] = call(f"np.{own}")
        elif name in HELPERS:
            found[name] = helped(name)
    return found


EMIT: dict[str, Form | ByInstr] = {
    **_calls(),
    "add": infix("+", ADD),
    "subtract": infix("-", ADD),
    "multiply": infix("*", MUL),
    "matmul": infix("@", MUL),
    "divide": ByInstr(_divide),
    "maximum": ByInstr(_maximum),
    "power": ByInstr(_power),
    "negative": negation(_condition),
    "square": ByInstr(_square),
    "reciprocal": ByInstr(_reciprocal),
    "round": call("np.round"),
    "clip": call("np.clip"),
    "relu": lambda x: call("np.maximum")(x, number(0.0)),
    "leaky_relu": ByInstr(_leaky, repeats=True),
    "where": call("np.where"),
    "cross": call("np.cross"),
    "silu": ByInstr(
        lambda x: lambda a: infix("*", MUL)(a, call("sigmoid")(a)), "sigmoid", repeats=True
    ),
    "sigmoid_rest": ByInstr(lambda x: lambda a: call("sigmoid")(prefix("-")(a)), "sigmoid"),
    "log_ndtr": imported_call("scipy.special", "log_ndtr"),
    "erf": imported_call("scipy.special", "erf"),
    "erfc": imported_call("scipy.special", "erfc"),
    "greater": infix(">", COMPARE),
    "greater_equal": infix(">=", COMPARE),
    "less": infix("<", COMPARE),
    "less_equal": infix("<=", COMPARE),
    "equal": infix("==", COMPARE),
    "not_equal": infix("!=", COMPARE),
    "cast": ByInstr(_cast),
    "stop_gradient": lambda x: x,
    **{n: _reduction(n) for n, op in OPS.items() if op.folds and op.expansion is None},
    **{name: _arg_reduction(name) for name in ("argmax", "argmin")},
    "mean": ByInstr(_mean),
    "strong_matmul": _with("strong_matmul", "zero", helper="strong_matmul"),
    "logsumexp": ByInstr(_logsumexp, helper="logsumexp"),
    "take_along_axis": ByInstr(lambda x: call("np.take_along_axis", f"axis={x['axis']}")),
    "add_along_axis": _with("add_along_axis", "axis", "size", helper="add_along_axis"),
    "tril": ByInstr(lambda x: call("np.tril", *_unless_0("k", x))),
    "triu": ByInstr(lambda x: call("np.triu", *_unless_0("k", x))),
    "diag": ByInstr(lambda x: call("np.diag", *_unless_0("k", x))),
    "diagonal": ByInstr(lambda x: call("np.diagonal", *_unless_0("offset", x))),
    "einsum": ByInstr(_einsum),
    "within": lambda x: x,
    "vdot": ByInstr(lambda x: infix("@", MUL) if x.operands[0].type.rank == 1 else call("np.vdot")),
    "size": ByInstr(_size),
    **MOVES,
}


_single = call("np.float32")


class Singles:
    """Knows which values the text computes with Python's own numbers."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()

    def is_number(self, x: Instr) -> bool:
        """True of a value of float32 that is a Python number in the text."""
        return x.type.rank == 0 and (x.is_constant or x.op.name == "size" or id(x) in self.numbers)

    def __call__(self, x: Instr, texts: Sequence[Text], conditions: Sequence[bool]) -> list[Text]:
        """The operands' texts, with ``np.float32`` where the result would not be of that dtype.

        conditions  whether an operand is written as a condition that stands for 0 or 1
        """
        own = [o.type.dtype == "f32" and self.is_number(o) for o in x.operands]
        if x.type.rank == 0 and all(own) and _is_arithmetic(x):
            self.numbers.add(id(x))
            return list(texts)
        # A helper computes with its operands one by one.
        if x.op.expansion is not None or (x.op.partials is None and x.op.name != "where"):
            return [_single(t) if weak else t for t, weak in zip(texts, own, strict=True)]
        told = zip(x.operands, own, conditions, strict=True)
        if any(o.type.dtype == "f32" and not (weak or bare) for o, weak, bare in told):
            return list(texts)
        first = own.index(True) if True in own else len(own)
        return [_single(t) if i == first else t for i, t in enumerate(texts)]


def _is_arithmetic(x: Instr) -> bool:
    signed = "adds" in x.op.traits or x.op.name in ("multiply", "negative")
    return signed or is_count(x) or is_bounded_count(x) or is_plain_quotient(x)


def _is_told(type: Type) -> bool:
    """True of a dtype that NumPy would not choose for the numbers, or for none."""
    return type.dtype not in ("f64", "bool") and (type.dtype != "i64" or type.size == 0)


NUMPY = Target(
    name="numpy",
    needs="NumPy",
    emit=EMIT,
    limits=Limits(60, 6),
    library=libraries.NUMPY,
    arrays=ArrayTexts(
        literal=("np.array([", "])"),
        vector=("np.array([", "])"),
        dtypes=DTYPES,
        is_told=_is_told,
        empty="np.empty",
        zeros="np.zeros",
        copied=suffix(".copy()"),
    ),
    helpers=HELPERS,
    sources=0,
    idioms=numpy_idioms.IDIOMS,
    idiom_helpers=numpy_idioms.HELPERS,
    condition=_condition,
    marker=Singles,
    placed=PLACED,
    numbers={"f64": "float", "f32": "float", "i64": "int", "bool": "bool"},
    medium="in NumPy",
    styles=("readable",),
)
