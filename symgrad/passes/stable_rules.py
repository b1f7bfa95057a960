"""The stabilising rewrites, one declaration each.

A rule fires wherever its left side stands in a program, and says where it holds: ``domain`` has the
interval of each variable.  The tests prove each one with SymPy over that domain and compare both
sides at 50 digits.  Rules are tried in order; operands are already rewritten, so left sides are in
the form that the rules above them leave: 1 - exp(x) is written -expm1(x).

What is not here needs a proof of sign that nobody has: log(a*b), log(a/b), sqrt(a*b), log(a**b),
a**(b + c), sqrt(x)**2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.ir.function import Instr
from symgrad.ops.intervals import Interval
from symgrad.passes.declared import NEGATIVE, POSITIVE, REAL, Rule
from symgrad.passes.patterns import Bindings, literal_value


def logaddexps(f: Any, xs: Sequence[Any]) -> Any:
    """log of the sum of exponentials; a float among them is the 0 of 1 = exp(0)."""
    plain = [x for x in xs if not isinstance(x, float)]
    total = plain[0]
    for x in plain[1:]:
        total = f.logaddexp(total, x)
    for _ in range(len(xs) - len(plain)):
        total = f.logaddexp(total, 0.0) if len(plain) > 1 else f.softplus(total)
    return total


def hypots(f: Any, xs: Sequence[Any]) -> Any:
    total = xs[0]
    for x in xs[1:]:
        total = f.hypot(total, x)
    return total


def root_two_times(f: Any, u: Any) -> Any:
    """sqrt(2)*u; of u = x/sqrt(2), as it is mostly written, x itself."""
    instr, sign = getattr(u, "instr", None), 1.0
    while instr is not None and instr.op.name in ("negative", "multiply", "divide"):
        if instr.op.name == "negative":
            (instr,), sign = instr.operands, -sign
            continue
        for x, c in (instr.operands, instr.operands[:: 1 if instr.op.name == "divide" else -1]):
            c = literal_value(c)
            if c is not None and abs(c) == (ROOT_2 if instr.op.name == "divide" else ROOT_HALF):
                return f.term(x) if sign * c > 0.0 else -f.term(x)
        break
    return f.sqrt(2.0) * u


def _softmax(f: Any, x: Any, axis: Any) -> Any:
    return f.exp(x - f.logsumexp(x, axis=axis, keepdims=True))


def _may_be_zero(bound: Bindings) -> bool:
    """Whether x is not a number, or a quotient of numbers and sizes, that is not 0, and is not
    log(y), nor y a number whose logarithm is finite."""
    if (literal_value(bound["y"]) or 0.0) > 0.0:
        return False
    if bound["x"].op.name in ("log", "log1p") and bound["x"].operands[0] is bound["y"]:
        return False
    stack = [bound["x"]]
    while stack:
        x = stack.pop()
        if literal_value(x) in (None, 0.0) and x.op.name != "size":
            if x.op.name not in ("divide", "multiply", "negative", "reciprocal"):
                return True
            stack.extend(x.operands)
    return False


def _squeezes(bound: Bindings) -> bool:
    """Whether one element is picked along the last axis, where c has one alone, for each row."""
    (move, *others), x, c = bound["move"], bound["x"], bound["c"]
    *rows, columns = x.type.shape or (1,)
    if others or not rows or c.type.shape != (*rows, 1):
        return False
    if columns == 1 and x.op.name != "take_along_axis":
        return False
    if move.op.name == "gather":
        _, first, *last = move.operands
        counted = first.is_constant and first["value"] == tuple(range(len(first["value"])))
        return len(rows) == len(last) == 1 and counted and first.type.shape == tuple(rows)
    whole = [("slice", 0, dim, 1) for dim in rows]
    return move.op.name == "index" and [*move["key"][:-1]] == whole and move["key"][-1][0] == "int"


def _is_level(bound: Bindings) -> bool:
    """Whether c is the same for all elements of x that are summed."""
    x, c = bound["x"].type.shape, bound["c"].type.shape
    shape = (1,) * (len(x) - len(c)) + tuple(c)
    return len(c) <= len(x) and all(shape[i] == 1 for i in bound["axis"])


def _is_from_3(n: Any) -> bool:
    """Whether it is a literal, at least 3: two derivatives at 0 are those of x**(n - 1) then."""
    return (literal_value(n) or 0.0) >= 3.0


def _is_above_0(bound: Bindings) -> bool:
    """Whether c is a number above 0, or an array of such."""
    c = bound["c"]
    if not c.is_constant:
        return False
    return bool(np.all(np.asarray(c["value"]) > 0.0) and np.all(np.isfinite(c["value"])))


def is_nonnegative(x: Instr) -> bool:
    """Whether an op has no values below 0, whatever its operands are."""
    rule = x.op.interval
    return rule is not None and bool(rule(x, lambda operand: Interval()).low >= 0.0)


def _aligned(bound: Bindings) -> bool:
    """Whether an index of size 1 picks along an axis that the second operand lacks."""
    (move, *others), c = bound["move"], bound["c"]
    if others or move.op.name != "take_along_axis" or c.type.rank != move.type.rank:
        return False
    return bool(c.type.shape == move.type.shape and c.type.shape[move["axis"]] == 1)


def _own_total(bound: Bindings) -> bool:
    """Whether each element that is picked stands over the sum that it is a part of: the sum of all,
    or that of its own row, of which one element is picked, in a column or by an index."""
    x, axis, moves = bound["x"], bound["axis"], bound["move"]
    if len(axis) == x.type.rank and not bound["keepdims"]:
        return True
    if axis != (x.type.rank - 1,) or bound["keepdims"]:
        return False
    rows = tuple(x.type.shape[:-1])
    if len(moves) == 1 and moves[0].op.name == "index":
        *before, column = moves[0]["key"]
        return bool(before == [("slice", 0, n, 1) for n in rows] and column[0] == "int")
    if [move.op.name for move in moves] != ["reshape", "take_along_axis"] or len(rows) != 1:
        return False
    flat, pick = moves
    return bool((pick["axis"], pick.type.shape, flat.type.shape) == (axis[0], (*rows, 1), rows))


ROOT_2, ROOT_HALF = math.sqrt(2.0), math.sqrt(0.5)
_X, _XY = {"x": REAL}, {"x": REAL, "y": REAL}
_ABOVE, _BELOW = {"x": (-1.0, 1e4)}, {"x": (-1e4, 1.0)}
_CX, _CXY = {"c": POSITIVE, "x": REAL}, {"c": POSITIVE, "x": REAL, "y": REAL}
_XC, _XSC = {"x": REAL, "c": REAL}, {"xs": REAL, "c": REAL}
_REDUCED = ("axis", "keepdims")

RULES: tuple[Rule, ...] = (
    Rule("x**-1 = 1/x", lambda f, x: f.power(x, -1.0), lambda f, x: f.reciprocal(x),
         {"x": POSITIVE}),
    Rule("x**2 = x*x", lambda f, x: f.power(x, 2.0), lambda f, x: f.square(x), _X),
    Rule("x**0.5 = sqrt(x)", lambda f, x: f.power(x, 0.5), lambda f, x: f.sqrt(x), {"x": POSITIVE}),
    Rule("log(exp(x)) = x", lambda f, x: f.log(f.exp(x)), lambda f, x: x, _X),
    Rule("log(1 + exp(x)) = softplus(x)", lambda f, x: f.log(1.0 + f.exp(x)),
         lambda f, x: f.softplus(x), _X),
    Rule("log1p(exp(x)) = softplus(x)", lambda f, x: f.log1p(f.exp(x)),
         lambda f, x: f.softplus(x), _X),
    Rule("log(exp(x) + exp(-x)) = log(2) + log_cosh(x)", lambda f, x: f.log(f.exp(x) + f.exp(-x)),
         lambda f, x: f.log(2.0) + f.log_cosh(x), _X),
    Rule("log((exp(x) + exp(-x))/2) = log_cosh(x)",
         lambda f, x: f.log(0.5 * (f.exp(x) + f.exp(-x))), lambda f, x: f.log_cosh(x), _X),
    Rule("log(cosh(x)) = log_cosh(x)", lambda f, x: f.log(f.cosh(x)), lambda f, x: f.log_cosh(x),
         _X),
    Rule("log(cosh(x)**2) = 2*log_cosh(x)", lambda f, x: f.log(f.square(f.cosh(x))),
         lambda f, x: 2.0 * f.log_cosh(x), _X),
    Rule("log(c*cosh(x)) = log(c) + log_cosh(x)", lambda f, c, x: f.log(c * f.cosh(x)),
         lambda f, c, x: f.log(c) + f.log_cosh(x), _CX, condition=_is_above_0),
    Rule("log(sech(x)) = -log_cosh(x)", lambda f, x: f.log(f.sech(x)),
         lambda f, x: -f.log_cosh(x), _X),
    Rule("log(1 - tanh(x)**2) = -2*log_cosh(x)", lambda f, x: f.log(1.0 - f.square(f.tanh(x))),
         lambda f, x: -2.0 * f.log_cosh(x), _X),
    Rule("log1p(-tanh(x)**2) = -2*log_cosh(x)", lambda f, x: f.log1p(-f.square(f.tanh(x))),
         lambda f, x: -2.0 * f.log_cosh(x), _X),
    Rule("log(c*exp(x)) = log(c) + x", lambda f, c, x: f.log(c * f.exp(x)),
         lambda f, c, x: f.log(c) + x, _CX, condition=_is_above_0),
    Rule("log(exp(x)/c) = x - log(c)", lambda f, c, x: f.log(f.divide(f.exp(x), c)),
         lambda f, c, x: x - f.log(c), _CX, condition=_is_above_0),
    Rule("log(c + exp(x)) = log(c) + softplus(x - log(c))", lambda f, c, x: f.log(c + f.exp(x)),
         lambda f, c, x: f.log(c) + f.softplus(x - f.log(c)), _CX, condition=_is_above_0),
    Rule("log(1 + c*exp(x)) = softplus(x + log(c))", lambda f, c, x: f.log(1.0 + c * f.exp(x)),
         lambda f, c, x: f.softplus(x + f.log(c)), _CX, condition=_is_above_0),
    Rule("log1p(c*exp(x)) = softplus(x + log(c))", lambda f, c, x: f.log1p(c * f.exp(x)),
         lambda f, c, x: f.softplus(x + f.log(c)), _CX, condition=_is_above_0),
    Rule("log(exp(x) + exp(y) + ...) = logaddexp(x, y, ...)",
         lambda f, xs: f.log(f.total("exp", xs)), lambda f, xs: logaddexps(f, xs), {"xs": REAL},
         lists=("xs",)),
    Rule("log(1 - exp(x)) = log1mexp(x)", lambda f, x: f.log(-f.expm1(x)),
         lambda f, x: f.log1mexp(x), {"x": NEGATIVE}),
    Rule("log1p(-exp(x)) = log1mexp(x)", lambda f, x: f.log1p(-f.exp(x)),
         lambda f, x: f.log1mexp(x), {"x": NEGATIVE}),
    Rule("log(sigmoid(x)) = log_sigmoid(x)", lambda f, x: f.log(f.sigmoid(x)),
         lambda f, x: f.log_sigmoid(x), _X),
    Rule("log1p(-sigmoid(x)) = log_sigmoid(-x)", lambda f, x: f.log1p(-f.sigmoid(x)),
         lambda f, x: f.log_sigmoid(-x), _X),
    Rule("log(sum(c*exp(x))) = logsumexp(x + log(c))",
         lambda f, c, x, axis, keepdims: f.log(f.sum(c * f.exp(x), axis=axis, keepdims=keepdims)),
         lambda f, c, x, axis, keepdims: f.logsumexp(x + f.log(c), axis=axis, keepdims=keepdims),
         _CX, arrays=("x",), attributes=_REDUCED,
         condition=lambda bound: bound["axis"] != () and _is_above_0(bound)),
    Rule("log(sum(exp(x))) = logsumexp(x)",
         lambda f, x, axis, keepdims: f.log(f.sum(f.exp(x), axis=axis, keepdims=keepdims)),
         lambda f, x, axis, keepdims: f.logsumexp(x, axis=axis, keepdims=keepdims),
         _X, arrays=("x",), attributes=_REDUCED, condition=lambda bound: bound["axis"] != ()),
    Rule("logsumexp(x - c) + c = logsumexp(x)",
         lambda f, x, c, axis, keepdims: f.logsumexp(x - c, axis=axis, keepdims=keepdims)
         + f.level(c),
         lambda f, x, c, axis, keepdims: f.logsumexp(x, axis=axis, keepdims=keepdims),
         _XC, arrays=("x",), attributes=_REDUCED, condition=_is_level),
    Rule("logsumexp(x - c) - (y - c) = logsumexp(x) - y",
         lambda f, x, c, y, axis, keepdims: f.logsumexp(x - c, axis=axis, keepdims=keepdims)
         - (y - f.level(c)),
         lambda f, x, c, y, axis, keepdims: f.logsumexp(x, axis=axis, keepdims=keepdims) - y,
         {**_XC, "y": REAL}, arrays=("x",), attributes=_REDUCED, condition=_is_level),
    Rule("(y - c) - logsumexp(x - c) = y - logsumexp(x)",
         lambda f, y, c, x, axis, keepdims: (y - c)
         - f.logsumexp(x - f.level(c), axis=axis, keepdims=keepdims),
         lambda f, y, c, x, axis, keepdims: y - f.logsumexp(x, axis=axis, keepdims=keepdims),
         {"y": REAL, "c": REAL, "x": REAL}, arrays=("x",), attributes=_REDUCED,
         condition=_is_level),
    Rule("logaddexp(x1 - c, x2 - c, ...) + c = logaddexp(x1, x2, ...)",
         lambda f, xs, c: f.shifted(xs, c) + f.level(c), lambda f, xs, c: logaddexps(f, xs), _XSC,
         lists=("xs",)),
    Rule("(y - c) - logaddexp(x1 - c, x2 - c, ...) = y - logaddexp(x1, x2, ...)",
         lambda f, y, c, xs: (y - c) - f.shifted(xs, c),
         lambda f, y, c, xs: y - logaddexps(f, xs), {"y": REAL, **_XSC}, lists=("xs",)),
    Rule("log(exp(x)[i]) = x[i]", lambda f, x: f.log(f.moved(f.exp(x))),
         lambda f, x, move: f.again(move, x), _X, arrays=("x",)),
    Rule("(x - c)[i] = x[i] - c", lambda f, x, c: f.moved(x - c),
         lambda f, x, c, move: f.again(move, x) - c, {"x": REAL, "c": REAL}, arrays=("x",),
         condition=_aligned),
    Rule("(x - c)[:, i] = x[:, i] - c[:, 0]", lambda f, x, c: f.moved(x - c),
         lambda f, x, c, move: f.again(move, x) - f.squeezed(move, c), {"x": REAL, "c": REAL},
         arrays=("x",), condition=_squeezes),
    Rule("log(sqrt(x)) = log(x)/2", lambda f, x: f.log(f.sqrt(x)),
         lambda f, x: 0.5 * f.log(x), {"x": POSITIVE}),
    Rule("1 + erf(x) = erfc(-x)", lambda f, x: 1.0 + f.erf(x), lambda f, x: f.erfc(-x), _X),
    Rule("1 - erf(x) = erfc(x)", lambda f, x: 1.0 - f.erf(x), lambda f, x: f.erfc(x), _X),
    Rule("1/2 + erf(x)/2 = erfc(-x)/2", lambda f, x: 0.5 + 0.5 * f.erf(x),
         lambda f, x: 0.5 * f.erfc(-x), _X),
    Rule("1/2 - erf(x)/2 = erfc(x)/2", lambda f, x: 0.5 - 0.5 * f.erf(x),
         lambda f, x: 0.5 * f.erfc(x), _X),
    Rule("1 - erfc(x)/2 = erfc(-x)/2", lambda f, x: 1.0 - 0.5 * f.erfc(x),
         lambda f, x: 0.5 * f.erfc(-x), _X),
    Rule("log(erfc(x)/2) = log_ndtr(-sqrt(2)*x)", lambda f, x: f.log(0.5 * f.erfc(x)),
         lambda f, x: f.log_ndtr(-root_two_times(f, x)), _X),
    Rule("log(erfc(x)) = log(2) + log_ndtr(-sqrt(2)*x)", lambda f, x: f.log(f.erfc(x)),
         lambda f, x: f.log(2.0) + f.log_ndtr(-root_two_times(f, x)), _X),
    Rule("log1p(erf(x)) = log(2) + log_ndtr(sqrt(2)*x)", lambda f, x: f.log1p(f.erf(x)),
         lambda f, x: f.log(2.0) + f.log_ndtr(root_two_times(f, x)), _X),
    Rule("log1p(-erf(x)) = log(2) + log_ndtr(-sqrt(2)*x)", lambda f, x: f.log1p(-f.erf(x)),
         lambda f, x: f.log(2.0) + f.log_ndtr(-root_two_times(f, x)), _X),
    Rule("log((1 + x)/(1 - x)) = 2*arctanh(x)",
         lambda f, x: f.log(f.divide(1.0 + x, 1.0 - x)), lambda f, x: 2.0 * f.arctanh(x),
         {"x": (-1.0, 1.0)}),
    Rule("log(x*x) = 2*log(abs(x))", lambda f, x: f.log(f.square(x)),
         lambda f, x: 2.0 * f.log_abs(x), _X),
    Rule("log(1 + x) = log1p(x)", lambda f, x: f.log(1.0 + x), lambda f, x: f.log1p(x),
         {"x": (-1.0, 1e4)}),
    Rule("log(1 - x) = log1p(-x)", lambda f, x: f.log(1.0 - x), lambda f, x: f.log1p(-x),
         {"x": (-1e4, 1.0)}),
    Rule("exp(x) - 1 = expm1(x)", lambda f, x: f.exp(x) - 1.0, lambda f, x: f.expm1(x), _X),
    Rule("log(exp(x) - 1) = x + log(1 - exp(-x))", lambda f, x: f.log(f.expm1(x)),
         lambda f, x: x + f.log1mexp(-x), {"x": POSITIVE}),
    Rule("1 - exp(x) = -expm1(x)", lambda f, x: 1.0 - f.exp(x), lambda f, x: -f.expm1(x), _X),
    Rule("(exp(x) - 1)/(exp(x) + 1) = tanh(x/2)", lambda f, x: f.divide(f.expm1(x), f.exp(x) + 1.0),
         lambda f, x: f.tanh(0.5 * x), _X),
    Rule("(1 - exp(x))/(1 + exp(x)) = -tanh(x/2)",
         lambda f, x: f.divide(-f.expm1(x), f.exp(x) + 1.0), lambda f, x: -f.tanh(0.5 * x), _X),
    Rule("exp(x) - exp(-x) = 2*sinh(x)", lambda f, x: f.exp(x) - f.exp(-x),
         lambda f, x: 2.0 * f.sinh(x), _X),
    Rule("(exp(x) - exp(-x))/2 = sinh(x)", lambda f, x: 0.5 * (2.0 * f.sinh(x)),
         lambda f, x: f.sinh(x), _X),
    Rule("(exp(x) + exp(-x))/2 = cosh(x)", lambda f, x: 0.5 * (f.exp(x) + f.exp(-x)),
         lambda f, x: f.cosh(x), _X),
    Rule("(exp(x) - exp(-x))/(exp(x) + exp(-x)) = tanh(x)",
         lambda f, x: f.divide(2.0 * f.sinh(x), f.exp(x) + f.exp(-x)),
         lambda f, x: f.tanh(x), _X),
    Rule("(exp(x) + exp(-x))/(exp(x) - exp(-x)) = coth(x)",
         lambda f, x: f.divide(f.exp(x) + f.exp(-x), 2.0 * f.sinh(x)),
         lambda f, x: f.coth(x), _X),
    Rule("sinh(x)/cosh(x) = tanh(x)", lambda f, x: f.divide(f.sinh(x), f.cosh(x)),
         lambda f, x: f.tanh(x), _X),
    Rule("cosh(x)/sinh(x) = coth(x)", lambda f, x: f.divide(f.cosh(x), f.sinh(x)),
         lambda f, x: f.coth(x), _X),
    Rule("1/cosh(x) = sech(x)", lambda f, x: f.divide(1.0, f.cosh(x)), lambda f, x: f.sech(x), _X),
    Rule("1/cosh(x)**2 = sech(x)**2", lambda f, x: f.divide(1.0, f.square(f.cosh(x))),
         lambda f, x: f.square(f.sech(x)), _X),
    Rule("y/cosh(x) = y*sech(x)", lambda f, x, y: f.divide(y, f.cosh(x)),
         lambda f, x, y: y * f.sech(x), _XY),
    Rule("y/(exp(x) + exp(-x)) = (y/2)*sech(x)",
         lambda f, x, y: f.divide(y, f.exp(x) + f.exp(-x)),
         lambda f, x, y: 0.5 * y * f.sech(x), _XY),
    Rule("1/sinh(x) = csch(x)", lambda f, x: f.divide(1.0, f.sinh(x)), lambda f, x: f.csch(x), _X),
    Rule("1/sinh(x)**2 = csch(x)**2", lambda f, x: f.divide(1.0, f.square(f.sinh(x))),
         lambda f, x: f.square(f.csch(x)), _X),
    Rule("y/sinh(x) = y*csch(x)", lambda f, x, y: f.divide(y, f.sinh(x)),
         lambda f, x, y: y * f.csch(x), _XY),
    Rule("1/tanh(x) = coth(x)", lambda f, x: f.divide(1.0, f.tanh(x)), lambda f, x: f.coth(x), _X),
    Rule("x**n/(exp(x) - 1), and 0 at 0", lambda f, x, n: f.divide(f.power(x, n), f.expm1(x)),
         lambda f, x, n: f.power(x, n - 1.0) * f.where(f.equal(x, 0.0), 1.0, x * f.bose(x)),
         {"x": POSITIVE, "n": (3.0, 16.0)}, condition=lambda bound: _is_from_3(bound["n"])),
    Rule("1/(exp(x) - 1) = bose(x)", lambda f, x: f.divide(1.0, f.expm1(x)),
         lambda f, x: f.bose(x), _X),
    Rule("1/(1 - exp(x)) = -bose(x)", lambda f, x: f.divide(1.0, -f.expm1(x)),
         lambda f, x: -f.bose(x), _X),
    Rule("y/(1 - exp(x)) = -y*bose(x)", lambda f, x, y: f.divide(y, -f.expm1(x)),
         lambda f, x, y: -(y * f.bose(x)), _XY),
    Rule("exp(x)/(exp(x) - 1) = -bose(-x)", lambda f, x: f.divide(f.exp(x), f.expm1(x)),
         lambda f, x: -f.bose(-x), _X),
    Rule("y/(exp(x) - 1) = y*bose(x)", lambda f, x, y: f.divide(y, f.expm1(x)),
         lambda f, x, y: y * f.bose(x), _XY),
    Rule("cosh(x) - 1 = 2*sinh(x/2)**2", lambda f, x: f.cosh(x) - 1.0,
         lambda f, x: 2.0 * f.square(f.sinh(0.5 * x)), _X),
    Rule("1 - cosh(x) = -2*sinh(x/2)**2", lambda f, x: 1.0 - f.cosh(x),
         lambda f, x: -2.0 * f.square(f.sinh(0.5 * x)), _X),
    Rule("cos(x) - 1 = cosm1(x)", lambda f, x: f.cos(x) - 1.0, lambda f, x: f.cosm1(x), _X),
    Rule("1 - cos(x) = -cosm1(x)", lambda f, x: 1.0 - f.cos(x), lambda f, x: -f.cosm1(x), _X),
    Rule("(1 - cos(x))/x**2 = stumpff(x, 2)",
         lambda f, x: f.divide(-f.cosm1(x), f.square(x)), lambda f, x: f.stumpff(x, k=2, d=0), _X),
    Rule("(1 - cos(x))/x = x*stumpff(x, 2)",
         lambda f, x: f.divide(-f.cosm1(x), x), lambda f, x: x * f.stumpff(x, k=2, d=0), _X),
    Rule("sin(x)/x = stumpff(x, 1)", lambda f, x: f.divide(f.sin(x), x),
         lambda f, x: f.stumpff(x, k=1, d=0), _X),
    Rule("(x - sin(x))/x**3 = stumpff(x, 3)",
         lambda f, x: f.divide(x - f.sin(x), f.power(x, 3.0)),
         lambda f, x: f.stumpff(x, k=3, d=0), _X),
    Rule("(x - sin(x))/(x*x*x) = stumpff(x, 3)",
         lambda f, x: f.divide(x - f.sin(x), x * f.square(x)),
         lambda f, x: f.stumpff(x, k=3, d=0), _X),
    Rule("sin(x)/x, and 1 at 0, = stumpff(x, 1)",
         lambda f, x: f.where(f.equal(x, 0.0), 1.0, f.stumpff(x, k=1, d=0)),
         lambda f, x: f.stumpff(x, k=1, d=0), _X),
    Rule("sin(x)/x, but 1 at 0, = stumpff(x, 1)",
         lambda f, x: f.where(f.not_equal(x, 0.0), f.stumpff(x, k=1, d=0), 1.0),
         lambda f, x: f.stumpff(x, k=1, d=0), _X),
    Rule("sqrt(1 + x) - 1 = sqrt1pm1(x)", lambda f, x: f.sqrt(1.0 + x) - 1.0,
         lambda f, x: f.sqrt1pm1(x), _ABOVE),
    Rule("1 - sqrt(1 + x) = -sqrt1pm1(x)", lambda f, x: 1.0 - f.sqrt(1.0 + x),
         lambda f, x: -f.sqrt1pm1(x), _ABOVE),
    Rule("sqrt(1 - x) - 1 = sqrt1pm1(-x)", lambda f, x: f.sqrt(1.0 - x) - 1.0,
         lambda f, x: f.sqrt1pm1(-x), _BELOW),
    Rule("1 - sqrt(1 - x) = -sqrt1pm1(-x)", lambda f, x: 1.0 - f.sqrt(1.0 - x),
         lambda f, x: -f.sqrt1pm1(-x), _BELOW),
    Rule("exp(x)/(1 + exp(x)) = sigmoid(x)", lambda f, x: f.divide(f.exp(x), 1.0 + f.exp(x)),
         lambda f, x: f.sigmoid(x), _X),
    Rule("exp(x)/(exp(x) + exp(y)) = sigmoid(x - y)",
         lambda f, x, y: f.divide(f.exp(x), f.exp(x) + f.exp(y)),
         lambda f, x, y: f.sigmoid(x - y), _XY),
    Rule("y*exp(x)/(1 + exp(x)) = y*sigmoid(x)",
         lambda f, x, y: f.divide(y * f.exp(x), 1.0 + f.exp(x)), lambda f, x, y: y * f.sigmoid(x),
         _XY),
    Rule("exp(x)/(1 + exp(x))**2 = sigmoid(x)*sigmoid(-x)",
         lambda f, x: f.divide(f.exp(x), f.square(1.0 + f.exp(x))),
         lambda f, x: f.sigmoid(x) * f.sigmoid(-x), _X),
    Rule("1/(1 + exp(x))**2 = sigmoid(-x)**2",
         lambda f, x: f.divide(1.0, f.square(1.0 + f.exp(x))),
         lambda f, x: f.square(f.sigmoid(-x)), _X),
    Rule("y/(1 + exp(x))**2 = y*sigmoid(-x)**2",
         lambda f, x, y: f.divide(y, f.square(1.0 + f.exp(x))),
         lambda f, x, y: y * f.square(f.sigmoid(-x)), _XY),
    Rule("1/(1 + exp(x)) = sigmoid(-x)", lambda f, x: f.divide(1.0, 1.0 + f.exp(x)),
         lambda f, x: f.sigmoid(-x), _X),
    Rule("exp(y)/(exp(x1) + exp(x2) + ...) = exp(y - logaddexp(x1, x2, ...))",
         lambda f, y, xs: f.divide(f.exp(y), f.total("exp", xs)),
         lambda f, y, xs: f.exp(y - logaddexps(f, xs)), {"y": REAL, "xs": REAL}, lists=("xs",)),
    Rule("y/(1 + exp(x)) = y*sigmoid(-x)", lambda f, x, y: f.divide(y, 1.0 + f.exp(x)),
         lambda f, x, y: y * f.sigmoid(-x), _XY),
    Rule("y/(1 + c*exp(x)) = y*sigmoid(-(x + log(c)))",
         lambda f, c, x, y: f.divide(y, 1.0 + c * f.exp(x)),
         lambda f, c, x, y: y * f.sigmoid(-(x + f.log(c))), _CXY, condition=_is_above_0),
    Rule("exp(x)/(c + exp(x)) = sigmoid(x - log(c))",
         lambda f, c, x: f.divide(f.exp(x), c + f.exp(x)),
         lambda f, c, x: f.sigmoid(x - f.log(c)), _CX, condition=_is_above_0),
    Rule("1 - sigmoid(x) = sigmoid(-x)", lambda f, x: 1.0 - f.sigmoid(x),
         lambda f, x: f.sigmoid(-x), _X),
    Rule("exp(x)*sigmoid(-x) = sigmoid(x)", lambda f, x: f.exp(x) * f.sigmoid(-x),
         lambda f, x: f.sigmoid(x), _X),
    Rule("exp(x - c)/sum(exp(x - c)) = softmax(x)",
         lambda f, x, c, axis: f.divide(f.exp(x - c), f.summed(f.exp(x - c), axis)),
         lambda f, x, c, axis: _softmax(f, x, axis), _XC, arrays=("x",), attributes=("axis",),
         condition=_is_level),
    Rule("exp(x)/sum(exp(x)) = softmax(x)",
         lambda f, x, axis: f.divide(f.exp(x), f.summed(f.exp(x), axis)), _softmax, _X,
         arrays=("x",), attributes=("axis",)),
    Rule("exp(x)/exp(y) = exp(x - y)", lambda f, x, y: f.divide(f.exp(x), f.exp(y)),
         lambda f, x, y: f.exp(x - y), _XY),
    Rule("1/exp(x) = exp(-x)", lambda f, x: f.divide(1.0, f.exp(x)), lambda f, x: f.exp(-x), _X),
    Rule("exp(x)*exp(y) = exp(x + y)", lambda f, x, y: f.exp(x) * f.exp(y),
         lambda f, x, y: f.exp(x + y), _XY, alone=True),
    Rule("x*x/(y*y) = (x/y)**2", lambda f, x, y: f.divide(f.square(x), f.square(y)),
         lambda f, x, y: f.square(f.divide(x, y)), {"x": REAL, "y": POSITIVE}, alone=True),
    Rule("1/(1/x + 1/y) = x*(y/(x + y))",
         lambda f, x, y: f.divide(1.0, f.divide(1.0, x) + f.divide(1.0, y)),
         lambda f, x, y: x * f.divide(y, x + y), {"x": POSITIVE, "y": POSITIVE}),
    Rule("c/(1/x + 1/y) = c*(x*(y/(x + y)))",
         lambda f, c, x, y: f.divide(c, f.divide(1.0, x) + f.divide(1.0, y)),
         lambda f, c, x, y: c * (x * f.divide(y, x + y)),
         {"c": POSITIVE, "x": POSITIVE, "y": POSITIVE}, condition=_is_above_0),
    Rule("exp(x)[i]/sum(exp(x)) = softmax(x)[i]",
         lambda f, x, axis, keepdims: f.divide(
             f.moved(f.exp(x)), f.sum(f.exp(x), axis=axis, keepdims=keepdims)),
         lambda f, x, axis, keepdims, move: f.again(move, _softmax(f, x, axis)), _X,
         arrays=("x",), attributes=_REDUCED, condition=_own_total),
    Rule("abs(x) = x for x >= 0", lambda f, x: f.absolute(x), lambda f, x: x, {"x": POSITIVE},
         condition=lambda bound: is_nonnegative(bound["x"])),
    Rule("sqrt(exp(x)) = exp(x/2)", lambda f, x: f.sqrt(f.exp(x)), lambda f, x: f.exp(0.5 * x), _X),
    Rule("sqrt(x*x) = abs(x)", lambda f, x: f.sqrt(f.square(x)), lambda f, x: f.absolute(x), _X),
    Rule("sqrt(c*x*x) = sqrt(c)*abs(x)", lambda f, c, x: f.sqrt(c * f.square(x)),
         lambda f, c, x: f.sqrt(c) * f.absolute(x), _CX, condition=_is_above_0),
    Rule("sqrt((c*x)*x) = sqrt(c)*abs(x)", lambda f, c, x: f.sqrt((c * x) * x),
         lambda f, c, x: f.sqrt(c) * f.absolute(x), _CX, condition=_is_above_0),
    Rule("sqrt(x*x/c) = abs(x)/sqrt(c)", lambda f, c, x: f.sqrt(f.divide(f.square(x), c)),
         lambda f, c, x: f.divide(f.absolute(x), f.sqrt(c)), _CX, condition=_is_above_0),
    Rule("max(x, -x) = abs(x)", lambda f, x: f.maximum(x, -x), lambda f, x: f.absolute(x), _X),
    Rule("sqrt(max(x, 0)) = sqrt(relu(x))", lambda f, x: f.sqrt(f.maximum(x, 0.0)),
         lambda f, x: f.sqrt(f.relu(x)), _X),
    Rule("sqrt(x*x + y*y + ...) = hypot(x, y, ...)", lambda f, xs: f.sqrt(f.total("square", xs)),
         lambda f, xs: hypots(f, xs), {"xs": REAL}, lists=("xs",), alone=True),
    Rule("x*log(y) = xlogy(x, y)", lambda f, x, y: x * f.log(y), lambda f, x, y: f.xlogy(x, y),
         {"x": REAL, "y": POSITIVE}, condition=_may_be_zero),
    Rule("x*log1p(y) = xlog1py(x, y)", lambda f, x, y: x * f.log1p(y),
         lambda f, x, y: f.xlog1py(x, y), {"x": REAL, "y": (-1.0, 1e4)}, condition=_may_be_zero),
)  # fmt: skip
