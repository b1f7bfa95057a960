"""The stabilising rewrites, one declaration each.

A rule fires wherever its left side stands in a program, and says where it holds: ``domain`` has the
interval of each variable.  The tests prove each one with SymPy over that domain and compare both
sides at 50 digits.  Rules are tried in order; operands are already rewritten, so left sides are in
the form that the rules above them leave: 1 - exp(x) is written -expm1(x).

What is not here needs a proof of sign that nobody has: log(a*b), log(a/b), sqrt(a*b), log(a**b),
a**(b + c), sqrt(x)**2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


def norm(f: Any, s: Any) -> Any:
    """sqrt(s) whose derivative at 0 is 0: the inner selection keeps sqrt' = inf away."""
    nonzero = f.not_equal(s, 0.0)
    return f.where(nonzero, f.sqrt(f.where(nonzero, s, 1.0)), 0.0)


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


def _is_vector(bound: Bindings) -> bool:
    return bool(bound["x"].type.rank == 1)


def _aligned(bound: Bindings) -> bool:
    """Whether an index of size 1 picks along an axis that the second operand lacks."""
    (move, *others), c = bound["move"], bound["c"]
    if others or move.op.name != "take_along_axis" or c.type.rank != move.type.rank:
        return False
    return bool(c.type.shape == move.type.shape and c.type.shape[move["axis"]] == 1)


_X, _XY = {"x": REAL}, {"x": REAL, "y": REAL}
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
    Rule("log(exp(x) + exp(y) + ...) = logaddexp(x, y, ...)",
         lambda f, xs: f.log(f.total("exp", xs)), lambda f, xs: logaddexps(f, xs), {"xs": REAL},
         lists=("xs",)),
    Rule("log(1 - exp(x)) = log1mexp(x)", lambda f, x: f.log(-f.expm1(x)),
         lambda f, x: f.log1mexp(x), {"x": NEGATIVE}),
    Rule("log1p(-exp(x)) = log1mexp(x)", lambda f, x: f.log1p(-f.exp(x)),
         lambda f, x: f.log1mexp(x), {"x": NEGATIVE}),
    Rule("log(sigmoid(x)) = log_sigmoid(x)", lambda f, x: f.log(f.sigmoid(x)),
         lambda f, x: f.log_sigmoid(x), _X),
    Rule("log(sum(exp(x))) = logsumexp(x)",
         lambda f, x, axis, keepdims: f.log(f.sum(f.exp(x), axis=axis, keepdims=keepdims)),
         lambda f, x, axis, keepdims: f.logsumexp(x, axis=axis, keepdims=keepdims),
         _X, arrays=("x",), attributes=_REDUCED, condition=lambda bound: bound["axis"] != ()),
    Rule("log(exp(x)[i]) = x[i]", lambda f, x: f.log(f.moved(f.exp(x))),
         lambda f, x, move: f.again(move, x), _X, arrays=("x",)),
    Rule("(x - c)[i] = x[i] - c", lambda f, x, c: f.moved(x - c),
         lambda f, x, c, move: f.again(move, x) - c, {"x": REAL, "c": REAL}, arrays=("x",),
         condition=_aligned),
    Rule("log(sqrt(x)) = log(x)/2", lambda f, x: f.log(f.sqrt(x)),
         lambda f, x: 0.5 * f.log(x), {"x": POSITIVE}),
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
    Rule("(exp(x) - exp(-x))/(exp(x) + exp(-x)) = tanh(x)",
         lambda f, x: f.divide(f.exp(x) - f.exp(-x), f.exp(x) + f.exp(-x)),
         lambda f, x: f.tanh(x), _X),
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
    Rule("1/(1 + exp(x)) = sigmoid(-x)", lambda f, x: f.divide(1.0, 1.0 + f.exp(x)),
         lambda f, x: f.sigmoid(-x), _X),
    Rule("exp(y)/(exp(x1) + exp(x2) + ...) = exp(y - logaddexp(x1, x2, ...))",
         lambda f, y, xs: f.divide(f.exp(y), f.total("exp", xs)),
         lambda f, y, xs: f.exp(y - logaddexps(f, xs)), {"y": REAL, "xs": REAL}, lists=("xs",)),
    Rule("y/(1 + exp(x)) = y*sigmoid(-x)", lambda f, x, y: f.divide(y, 1.0 + f.exp(x)),
         lambda f, x, y: y * f.sigmoid(-x), _XY),
    Rule("1 - sigmoid(x) = sigmoid(-x)", lambda f, x: 1.0 - f.sigmoid(x),
         lambda f, x: f.sigmoid(-x), _X),
    Rule("exp(x)*sigmoid(-x) = sigmoid(x)", lambda f, x: f.exp(x) * f.sigmoid(-x),
         lambda f, x: f.sigmoid(x), _X),
    Rule("exp(x)/sum(exp(x)) = softmax(x)",
         lambda f, x, axis: f.divide(f.exp(x), f.summed(f.exp(x), axis)), _softmax, _X,
         arrays=("x",), attributes=("axis",)),
    Rule("sqrt(x*x) = abs(x)", lambda f, x: f.sqrt(f.square(x)), lambda f, x: f.absolute(x), _X),
    Rule("sqrt(x*x + y*y + ...) = hypot(x, y, ...)", lambda f, xs: f.sqrt(f.total("square", xs)),
         lambda f, xs: hypots(f, xs), {"xs": REAL}, lists=("xs",)),
    Rule("sqrt(sum(x*x)) = norm(x)",
         lambda f, x, axis, keepdims: f.sqrt(
             f.sum(f.square(x), axis=axis, keepdims=keepdims)),
         lambda f, x, axis, keepdims: norm(f, f.sum(f.square(x), axis=axis, keepdims=keepdims)),
         _X, arrays=("x",), attributes=_REDUCED),
    Rule("sqrt(x @ x) = norm(x)", lambda f, x: f.sqrt(f.matmul(x, x)),
         lambda f, x: norm(f, f.matmul(x, x)), _X, arrays=("x",), condition=_is_vector),
    Rule("x*log(y) = xlogy(x, y)", lambda f, x, y: x * f.log(y), lambda f, x, y: f.xlogy(x, y),
         {"x": REAL, "y": POSITIVE}, condition=_may_be_zero),
    Rule("x*log1p(y) = xlog1py(x, y)", lambda f, x, y: x * f.log1p(y),
         lambda f, x, y: f.xlog1py(x, y), {"x": REAL, "y": (-1.0, 1e4)}, condition=_may_be_zero),
)  # fmt: skip
