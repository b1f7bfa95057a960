"""The meanings of SymPy's elementary functions: sums, products, powers, functions, conditions.

>>> DIVIDED[sp.cot]
(None, 'tan')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from symgrad.symbolic.reader import HINTS, Entry, Reader, all_numbers, real_number
from symgrad.symbolic.removable import Continued, Own, Stopped

# One op with the same arguments in the same order.
NAMED: dict[type, str] = {
    sp.exp: "exp",
    sp.log: "log",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.asin: "arcsin",
    sp.acos: "arccos",
    sp.atan: "arctan",
    sp.atan2: "arctan2",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.asinh: "arcsinh",
    sp.acosh: "arccosh",
    sp.atanh: "arctanh",
    sp.erf: "erf",
    sp.erfc: "erfc",
    sp.Abs: "absolute",
    sp.sign: "sign",
    sp.floor: "floor",
    sp.ceiling: "ceil",
    sp.Gt: "greater",
    sp.Ge: "greater_equal",
    sp.Lt: "less",
    sp.Le: "less_equal",
    sp.Eq: "equal",
    sp.Ne: "not_equal",
    sp.Not: "logical_not",
    sp.ITE: "where",
}
# An op between the arguments, however many.
FOLDED: dict[type, str] = {
    sp.Max: "maximum",
    sp.Min: "minimum",
    sp.And: "logical_and",
    sp.Or: "logical_or",
    sp.Xor: "logical_xor",
}
# A quotient of two functions; None is 1.
DIVIDED: dict[type, tuple[str | None, str]] = {
    sp.cot: (None, "tan"),
    sp.sec: (None, "cos"),
    sp.csc: (None, "sin"),
    sp.coth: (None, "tanh"),
    sp.sech: (None, "cosh"),
    sp.csch: (None, "sinh"),
}
# A function of the reciprocal.
OF_RECIPROCAL: dict[type, str] = {
    sp.asec: "arccos",
    sp.acsc: "arcsin",
    sp.asech: "arccosh",
    sp.acsch: "arcsinh",
    sp.acoth: "arctanh",
}


def _unless_number(compute: Callable[..., Any]) -> Callable[[Reader, Any, list[Any]], Any]:
    """A combination of numbers alone stays exact; at a point, what has symbols may be a number."""

    def whole(r: Reader, x: Any, values: list[Any]) -> Any:
        if isinstance(x, sp.Expr) and all_numbers(values):
            return real_number(x.func(*values))
        return compute(r, x, values)

    return whole


def _named(op: str) -> Entry:
    return Entry(_unless_number(lambda r, x, values: r.call(op, *values)))


def _folded(op: str) -> Entry:
    return Entry(_unless_number(lambda r, x, values: r.folded(op, values)))


def _divided(over: str | None, under: str) -> Entry:
    def compute(r: Reader, x: Any, values: list[Any]) -> Any:
        top = r.call(over, *values) if over else 1.0
        return r.call("divide", top, r.call(under, *values))

    return Entry(_unless_number(compute))


def _of_reciprocal(op: str) -> Entry:
    def compute(r: Reader, x: Any, values: list[Any]) -> Any:
        return r.call(op, r.call("divide", 1.0, values[0]))

    return Entry(_unless_number(compute))


def _acot(r: Reader, x: Any, values: list[Any]) -> Any:
    """The angle of (x, 1), or of (-x, -1): odd, and smooth on both sides of 0, as SymPy's is."""
    (a,) = values
    below = r.call("arctan2", -1.0, r.call("negative", a))
    return r.call("where", r.call("less", a, 0.0), below, r.call("arctan2", 1.0, a))


def _add_parts(x: Any) -> Sequence[Any]:
    """The terms, those with a minus last: y - a, not -a + y."""
    return sorted(x.args, key=lambda a: bool(a.as_coeff_Mul()[0].is_negative))


def _is_below(x: Any) -> bool:
    """True if an object is a power that people write as a divisor."""
    return isinstance(x, sp.Pow) and x.exp.is_Rational and x.exp.is_negative


def _pow_parts(x: Any) -> Sequence[Any]:
    return (x.base,) if x.exp.is_Rational else x.args


def _raised(r: Reader, base: Any, exponent: Any) -> Any:
    """base**exponent for a positive rational exponent."""
    if exponent == 1:
        return base
    if exponent == sp.Rational(1, 2):
        return r.call("sqrt", base)
    return r.call("square", base) if exponent == 2 else r.call("power", base, exponent)


def _pow(r: Reader, x: Any, values: list[Any]) -> Any:
    base = values[0]
    if len(values) == 2:
        if base is sp.E:
            return r.call("exp", values[1])
        return real_number(x.func(*values)) if all_numbers(values) else r.call("power", *values)
    if isinstance(base, sp.Basic):
        return real_number(base**x.exp)
    if _is_below(x):
        return r.call("divide", 1.0, _raised(r, base, -x.exp))
    return _raised(r, base, x.exp)


def _mul_parts(x: Any) -> Sequence[Any]:
    """The factors; of a divisor, its base."""
    return [a.base if _is_below(a) else a for a in x.args]


def _mul(r: Reader, x: Any, values: list[Any]) -> Any:
    """Signs out, and one division by all that stands below."""
    above: list[Any] = []
    below: list[Any] = []
    scale = sp.S.One
    for factor, v in zip(x.args, values, strict=True):
        if isinstance(v, sp.Basic):
            scale *= real_number(v**factor.exp if _is_below(factor) else v)
        elif _is_below(factor):
            below.append(_raised(r, v, -factor.exp))
        else:
            above.append(v)
    if not above and not below:
        return real_number(scale)
    negative = bool(scale.is_negative)
    scale = -scale if negative else scale
    if scale.is_Rational and scale.q & (scale.q - 1) and max(scale.p, scale.q) <= 2**53:
        below.insert(0, sp.Integer(scale.q))  # x/3 is rounded once, x*(1/3) twice
        scale = sp.Integer(scale.p)
    if scale != 1 or not above:
        above.insert(0, scale)
    top = r.folded("multiply", above)
    if below:
        top = r.call("divide", top, r.folded("multiply", below))
    return r.call("negative", top) if negative else top


def _piecewise_parts(x: Any) -> Sequence[Any]:
    return [part for pair in x.args for part in pair.args]


def _piecewise(r: Reader, x: Any, values: list[Any]) -> Any:
    """Nested selections; nan where no condition holds, as in SymPy."""
    result: Any = sp.S.NaN
    for value, condition in reversed(list(zip(values[::2], values[1::2], strict=True))):
        if condition is True:
            result = value
        elif condition is not False:
            result = r.call("where", condition, value, result)
    return result


def _heaviside(r: Reader, x: Any, values: list[Any]) -> Any:
    """(sign + 1)/2, which keeps a nan; another value at 0 where one is stated."""
    argument, at_zero = values
    half = r.call("multiply", 0.5, r.call("add", r.call("sign", argument), 1.0))
    if at_zero == sp.Rational(1, 2):
        return half
    return r.call("where", r.call("equal", argument, 0.0), at_zero, half)


def _frac(r: Reader, x: Any, values: list[Any]) -> Any:
    return r.call("subtract", values[0], r.call("floor", values[0]))


ELEMENTARY: dict[type, Entry] = {
    **{kind: _named(op) for kind, op in NAMED.items()},
    **{kind: _folded(op) for kind, op in FOLDED.items()},
    **{kind: _divided(*ops) for kind, ops in DIVIDED.items()},
    **{kind: _of_reciprocal(op) for kind, op in OF_RECIPROCAL.items()},
    sp.acot: Entry(_unless_number(_acot)),
    sp.Add: Entry(_unless_number(lambda r, x, values: r.folded("add", values)), _add_parts),
    sp.Mul: Entry(_mul, _mul_parts),
    sp.Pow: Entry(_pow, _pow_parts),
    sp.Piecewise: Entry(_piecewise, _piecewise_parts),
    Continued: Entry(lambda r, x, values: r.call("continued", values[0], found=True)),
    Own: Entry(lambda r, x, values: r.call("continued", values[0], found=None)),
    Stopped: Entry(lambda r, x, values: r.call("continued", values[0], found=False)),
    sp.Heaviside: Entry(_unless_number(_heaviside)),
    sp.sinc: Entry(_unless_number(lambda r, x, values: r.call("stumpff", *values, k=1, d=0))),
    sp.frac: Entry(_unless_number(_frac)),
    sp.UnevaluatedExpr: Entry(lambda r, x, values: values[0]),
}

_CALL_DOIT = "call .doit() on it first"
_GAMMA = "the op table has no gamma function yet"
_REAL = "symgrad computes with real numbers; declare the symbols with real=True"
HINTS.update(
    {
        sp.Derivative: _CALL_DOIT,
        sp.Integral: _CALL_DOIT,
        sp.Limit: _CALL_DOIT,
        sp.Subs: _CALL_DOIT,
        sp.core.function.AppliedUndef: "an undefined function; put its formula there, or bind it",
        sp.Mod: "write it as x - y*sp.floor(x/y)",
        sp.DiracDelta: "it is no function of real numbers",
        **dict.fromkeys((sp.gamma, sp.loggamma, sp.factorial, sp.binomial), _GAMMA),
        **dict.fromkeys((sp.re, sp.im, sp.arg, sp.conjugate), _REAL),
        sp.KroneckerDelta: "write it as sp.Piecewise((1, sp.Eq(i, j)), (0, True))",
        sp.Contains: "write the condition with < and >, as .as_relational(x) of the set does",
        sp.Set: "it is no number; a condition is written with < and >",
        sp.Tuple: "convert one at a time, or make an sp.Matrix of them",
        sp.Lambda: "apply it to its arguments",
        sp.Poly: "call .as_expr() on it",
        sp.Order: "call .removeO() on the expression first",
        sp.CRootOf: "evaluate it to a number first: .evalf()",
        sp.IndexedBase: "index it, as in x[i], and sum over i with sp.Sum",
        sp.AccumBounds: "it is an interval, and no number",
        sp.functions.elementary.piecewise.ExprCondPair: "it is a part of a Piecewise",
    }
)
