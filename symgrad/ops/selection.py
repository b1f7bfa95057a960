"""Comparisons, logic, and what chooses or passes on values: where, cast, stop_gradient.

None of them has partials.  The reverse sweep treats ``where``, ``cast`` and ``stop_gradient`` by
name: the cotangent is selected, cast back, and dropped.

>>> import symgrad.ops
>>> WHERE.infer(Type("bool"), Type("f32", (3,)), Type("f32"))
f32[3]
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.errors import DTypeError
from symgrad.ir.function import Instr
from symgrad.ir.op import Op
from symgrad.ir.types import DTYPES, Type
from symgrad.ops import defining as d
from symgrad.ops import intervals as iv
from symgrad.ops.table import broadcast, comparison_result, logical_result, register, same_dtype


def _comparison(
    name: str,
    evaluate: Callable[..., Any],
    floats: Callable[..., Any],
    meaning: Any,
    called: str,
    symbol: str,
) -> Op:
    return register(
        Op(
            name,
            "selection",
            2,
            infer=comparison_result(name),
            evaluate=evaluate,
            floats=floats,
            meaning=meaning,
            commutative=name in ("equal", "not_equal"),
            traits=("comparison", "condition"),
            called=called,
            symbol=symbol,
            doc=f"x {symbol} y",
        )
    )


def _logical(
    name: str,
    evaluate: Callable[..., Any],
    floats: Callable[..., Any],
    meaning: Any,
    doc: str,
    symbol: str = "",
) -> Op:
    arity = 2 if symbol else 1
    return register(
        Op(
            name,
            "selection",
            arity,
            infer=logical_result(name),
            evaluate=evaluate,
            floats=floats,
            meaning=meaning,
            commutative=arity == 2,
            traits=("condition",),
            symbol=symbol,
            doc=doc,
        )
    )


def _test_result(name: str) -> Callable[[Type], Type]:
    def infer(x: Type) -> Type:
        if not x.is_float:
            raise DTypeError(f"{name}: takes floats, got {x.dtype}; an integer is always finite")
        return x.with_dtype("bool")

    return infer


def _where_result(condition: Type, a: Type, b: Type) -> Type:
    if condition.dtype != "bool":
        raise DTypeError(f"where: the condition is {condition.dtype}, not bool; compare first")
    return Type(same_dtype("where", a, b), broadcast("where", condition, a, b))


def _select(condition: Any, a: Any, b: Any) -> Any:
    return np.asarray(np.where(condition, a, b))[()]


def _cast_result(x: Type, *, dtype: str) -> Type:
    if dtype not in DTYPES:
        raise DTypeError(f"cast: unknown dtype {dtype!r}; one of {', '.join(DTYPES)}")
    return x.with_dtype(dtype)


def _cast(x: float, *, dtype: str) -> Any:
    """Python's int() truncates, as NumPy does; f32 is held in a Python float, as literals are."""
    return {"f64": float, "f32": float, "i64": int, "bool": bool}[dtype](x)


def _cast_interval(x: Instr, of: iv.Of) -> iv.Interval:
    (a,) = x.operands
    return iv.Interval(0.0, 1.0) if a.type.dtype == "bool" else of(a)


GREATER = _comparison(
    "greater", np.greater, operator.gt, lambda sp, x, y: sp.Gt(x, y), "above", ">"
)
GREATER_EQUAL = _comparison(
    "greater_equal", np.greater_equal, operator.ge, lambda sp, x, y: sp.Ge(x, y), "above", ">="
)
LESS = _comparison("less", np.less, operator.lt, lambda sp, x, y: sp.Lt(x, y), "below", "<")
LESS_EQUAL = _comparison(
    "less_equal", np.less_equal, operator.le, lambda sp, x, y: sp.Le(x, y), "below", "<="
)
EQUAL = _comparison("equal", np.equal, operator.eq, lambda sp, x, y: sp.Eq(x, y), "same", "==")
NOT_EQUAL = _comparison(
    "not_equal", np.not_equal, operator.ne, lambda sp, x, y: sp.Ne(x, y), "same", "!="
)

AND = _logical(
    "logical_and",
    np.logical_and,
    lambda p, q: p and q,
    lambda sp, p, q: sp.And(p, q),
    "p and q",
    "&",
)
OR = _logical(
    "logical_or", np.logical_or, lambda p, q: p or q, lambda sp, p, q: sp.Or(p, q), "p or q", "|"
)
XOR = _logical(
    "logical_xor",
    np.logical_xor,
    operator.xor,
    lambda sp, p, q: sp.Xor(p, q),
    "one of p and q",
    "^",
)
NOT = _logical("logical_not", np.logical_not, operator.not_, lambda sp, p: sp.Not(p), "not p")

ISNAN = register(
    Op(
        "isnan",
        "selection",
        1,
        infer=_test_result("isnan"),
        evaluate=np.isnan,
        floats=math.isnan,
        meaning=lambda sp, x: sp.false,
        traits=("condition",),
        definition=lambda t, x: t.isnan(x),
        doc="whether x is nan; no real number is",
    )
)
ISFINITE = register(
    Op(
        "isfinite",
        "selection",
        1,
        infer=_test_result("isfinite"),
        evaluate=np.isfinite,
        floats=math.isfinite,
        meaning=lambda sp, x: sp.true,
        traits=("condition",),
        definition=lambda t, x: t.isfinite(x),
        doc="whether x is neither inf nor nan; every real number is",
    )
)
WHERE = register(
    Op(
        "where",
        "selection",
        3,
        infer=_where_result,
        evaluate=_select,
        floats=lambda condition, a, b: a if condition else b,
        meaning=lambda sp, condition, a, b: sp.Piecewise((a, condition), (b, True)),
        rests=iv.as_branches,
        interval=iv.chosen,
        traits=("exact", "combines"),
        called="chosen",
        doc="a where the condition holds, b elsewhere",
    )
)
CAST = register(
    Op(
        "cast",
        "selection",
        1,
        infer=_cast_result,
        evaluate=lambda x, *, dtype: np.asarray(x).astype(DTYPES[dtype])[()],
        floats=_cast,
        attributes=("dtype",),
        rests=iv.with_operands,
        interval=_cast_interval,
        traits=("exact", "view", "terms"),
        called="mask",
        definition=d.CAST,
        doc="the same values in another dtype; false is 0 and true is 1",
    )
)
STOP_GRADIENT = register(
    Op(
        "stop_gradient",
        "selection",
        1,
        infer=lambda x: x,
        evaluate=lambda x: x,
        floats=lambda x: x,
        meaning=lambda sp, x: x,
        rests=iv.with_operands,
        interval=iv.by(iv.hull),
        cost=0,
        traits=("exact", "view"),
        definition=lambda t, x: t.stop_gradient(x),
        doc="x, taken as a constant by differentiation",
    )
)
