"""The functions of the checker: what they mean, how they are differentiated, and constants.

A few primitives are left to each algebra; a *meaning* makes the other functions of them, a *rule*
gives a primitive's partial derivatives.  A float is exactly itself, but the double next to pi, or
to another constant of NAMED, means that constant.

>>> sorted(set(RULES) - set(ENCLOSED))
['arctan2', 'cos', 'erf', 'exp', 'log', 'sin', 'sqrt']
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from symgrad.checker import exact_text
from symgrad.checker.cells import Cells, chosen
from symgrad.checker.exact_number import RUN, ExactNumber
from symgrad.checker.exact_text import Elementwise, along
from symgrad.errors import DomainError, UnsupportedError


def call(name: str, *xs: Any) -> Any:
    """A primitive function, in the algebra of its operands."""
    host: Any = max(
        (x for x in xs if isinstance(x, ExactNumber)), key=lambda x: x.dual, default=None
    )
    if name == "exp" and host is None and xs[0] in (0, -math.inf):
        return int(xs[0] == 0)
    if host is None:
        infinite = any(isinstance(x, float) and not math.isfinite(x) for x in xs)
        raise (DomainError if infinite else UnsupportedError)(f"{name} of plain numbers")
    return host.apply(name, *map(host.lift, xs))


def _power(x: Any, n: Any) -> Any:
    """Whole and half exponents by products, 0 by itself, known bases by exp; else a primitive."""
    k = n.literal() if isinstance(n, ExactNumber) else n
    if k is None and isinstance(x, ExactNumber) and (x.literal() or 0.0) > 0.0:
        return F.exp(n * F.log(x))
    whole = k is not None and k == int(k)
    if k is None or 2 * k != int(2 * k) or abs(k) > 1024 or (x.dual and not whole):
        zero = isinstance(x, ExactNumber) and not x.dual and x.literal() == 0.0 and n > 0
        return 0 * x if zero else call("power", x, n)
    if k < 0:
        return 1 / _power(x, -k)
    return math.prod([x] * int(k), start=1 if whole else F.sqrt(x))


def _power_by_exponent(y: Any, x: Any, n: Any) -> Any:
    """Asked for where n moves alone."""
    return 0 * y if x.literal() == 0.0 and n >= 0 else y * F.log(x)


def _turned(a: Any, b: Any, r: Any) -> tuple[Any, Any]:
    """The partials of arctan2, which has none at the origin; the length divides twice, as it does
    in texts, whatever stands for the root."""
    if isinstance(r, Cells) and np.any(r.is_zero()):
        raise DomainError("arctan2 has no slope at the origin")
    return b / r / r, -(a / r / r)


def _cosine(a: Any, length: Any) -> Any:
    """a over the length, and 0 where that is 0."""
    if isinstance(length, Cells):
        return np.where(length.is_zero(), 0, a / length)
    return 0 if length.is_zero() else a / length


def _floor(x: Any) -> int:
    if isinstance(x, Cells):
        raise UnsupportedError("the whole parts of arrays")
    if not math.isfinite(middle := x.middle()):
        raise DomainError("the whole part of what is no number")
    k: int = math.floor(middle)
    k -= x.order(k) < 0  # the float in its middle is rounded
    x.watch.met(k)
    return k


def _round(x: Any) -> Any:
    """Halves to even."""
    k = _floor(x + Fraction(1, 2))
    return x.lift(k - 1 if k % 2 and x + Fraction(1, 2) == k else k)


def alike(y: Any, xs: Any) -> Any:
    """One of several, as a dual where some are: a text multiplies by masks, not by nothing."""
    dual: Any = next((x for x in xs if isinstance(x, ExactNumber) and x.dual), None)
    plain = dual is None or (isinstance(y, float) and math.isinf(y))
    return y if plain else dual.lift(y)


def _capped(x: Any, high: Any) -> Any:
    return chosen(x > high, high, x)


def _absolute(x: Any) -> Any:
    """Of a ball around 0 that of its numbers, whatever side it is on: there is nothing to tell."""
    try:
        return x * F.sign(x)
    except DomainError:
        if not hasattr(x, "magnitude"):
            raise
        return x.magnitude()


def _extreme(beats: Any) -> Any:
    """The first of all; slopes of those that tie share evenly.  One alone comes back as it is."""

    def extreme(*xs: Any) -> Any:
        if nan := [x for x in xs if isinstance(x, ExactNumber) and x.is_nan()]:
            return nan[0]
        at, top = largest(beats, xs)
        if not any(isinstance(x, ExactNumber) and x.dual for x in xs):
            return top
        if isinstance(top, Cells) and len(xs) > 1:
            return _shared(xs, at, top)
        # Later ones are compared with earlier ones, here too: so one way alone is seen as such.
        ties = [x for i, x in enumerate(xs) if x is top or (x == top if i > at else top == x)]
        found: Any = alike(top, xs)
        if all(x is top for x in ties) or not isinstance(found, ExactNumber):
            return found
        kind: Any = type(found)
        return kind(found.value, alike(sum(ties) * Fraction(1, len(ties)), xs).slope)

    return extreme


def _shared(xs: Any, at: Any, top: Any) -> Any:
    """Of arrays, the largest with the mean of the slopes of those that tie, element by element."""
    ties = []
    for i, x in enumerate(xs):
        later, earlier = chosen(at < i, x, top), chosen(at < i, top, x)
        ties.append((at == i) | top.lift(later).tied(earlier, at != i))
    count = sum(1 * tie for tie in ties)
    if not np.any(count > 1):
        return top
    total: Any = sum(np.where(tie, top.lift(x), 0) for tie, x in zip(ties, xs, strict=True))
    return top.algebra.paired(top.value, np.where(count > 1, total.slope / count, top.slope))


def _top(beats: Any, rows: Any) -> Any:
    """Along the last axis of cells, by halves; ties share the slopes evenly."""
    top = rows.value
    while (half := top.shape[-1] // 2) > 0:
        a, b = top[..., :half], top[..., half : 2 * half]
        top = np.concatenate([chosen(beats(b, a), b, a), top[..., 2 * half :]], axis=-1)
    if not rows.dual:
        return top[..., 0]
    ties = rows.tied(np.broadcast_to(top, rows.shape), np.ones(rows.shape, bool))
    slopes = np.sum(np.where(ties, rows.slope, 0), axis=-1)
    return rows.algebra.paired(top[..., 0], slopes / rows.lift(ties.sum(axis=-1)))


def largest(beats: Any, xs: Any) -> tuple[Any, Any]:
    """The place of the first that no other beats, and that one."""
    at, top = 0, xs[0]
    for i in range(1, len(xs)):
        wins = beats(xs[i], top)
        at, top = chosen(wins, i, at), chosen(wins, xs[i], top)
    return at, top


def _first(beats: Any) -> Any:
    """Python's ``max`` and ``min``."""

    def first(*xs: Any) -> Any:
        xs = xs if len(xs) > 1 else tuple(xs[0])
        return largest(beats, xs)[1]

    return first


_largest, _least = _extreme(operator.gt), _extreme(operator.lt)


def _logsumexp(*xs: Any) -> Any:
    top = _largest(*xs)
    return top + F.log(sum(F.exp(x - top) for x in xs))


def _logsumexp_of_cells(rows: Any) -> Any:
    top = F.max(rows, axis=-1)
    return top + F.log(np.sum(F.exp(rows - top[..., None]), axis=-1))


JUMPS = frozenset(("sign", "copysign", "floor", "ceil", "round"))  # the others are continuous
exact_text.BUILTINS.update(max=_first(operator.gt), min=_first(operator.lt))
F: Any = SimpleNamespace()  # the FUNCTIONS, as attributes
MEANINGS: dict[str, Any] = {
    "absolute": lambda x: _absolute(x),
    "sign": lambda x: 1 * (x > 0) - 1 * (x < 0),
    "maximum": lambda x, y: _largest(x, y),
    "minimum": lambda x, y: _least(x, y),
    "clip": lambda x, low, high: alike(_capped(chosen(x < low, low, x), high), (x, low, high)),
    "relu": lambda x: chosen(x > 0, x, 0 * x),
    "copysign": lambda x, y: chosen(y >= 0, F.absolute(x), -F.absolute(x)),
    "floor": lambda x: x.lift(_floor(x)),
    "ceil": lambda x: x.lift(-_floor(-x)),
    "round": _round,
    "reciprocal": lambda x: 1 / x,
    "power": _power,
    "exp2": lambda x: F.exp(x * math.log(2)),
    "expm1": lambda x: F.exp(x) - 1,
    "log2": lambda x: F.log(x) * (1 / math.log(2)),
    "log10": lambda x: F.log(x) * (1 / math.log(10)),
    "log1p": lambda x: F.log(1 + x),
    "tan": lambda x: F.sin(x) / F.cos(x),
    "sinh": lambda x: (F.exp(x) - F.exp(-x)) / 2,
    "cosh": lambda x: (F.exp(x) + F.exp(-x)) / 2,
    "arctanh": lambda x: F.log((1 + x) / (1 - x)) / 2,
    "sigmoid": lambda x: 1 / (1 + F.exp(-x)),
    "softplus": lambda x: F.logaddexp(x, 0),
    "logaddexp": lambda a, b: _logsumexp(a, b),
    "log_sigmoid": lambda x: -F.softplus(-x),
    "log_ndtr": lambda x: F.log(F.erfc(-x * math.sqrt(0.5)) / 2),
}
# A primitive's partial derivatives, from its value and its operands; each is proved elsewhere.
RULES: dict[str, Any] = {
    "exp": lambda y, x: (y,),
    "log": lambda y, x: (1 / x,),
    "sin": lambda y, x: (F.cos(x),),
    "cos": lambda y, x: (-F.sin(x),),
    "sqrt": lambda y, x: (1 / (2 * y),),
    "tanh": lambda y, x: (1 - y * y,),  # which rounds off to 0 where it is flat
    "arctan": lambda y, x: (1 / (1 + x * x),),
    "arcsin": lambda y, x: (1 / F.sqrt((1 - x) * (1 + x)),),
    "arccos": lambda y, x: (-1 / F.sqrt((1 - x) * (1 + x)),),
    "arcsinh": lambda y, x: (1 / F.hypot(x, 1),),
    "arccosh": lambda y, x: (1 / (F.sqrt(x - 1) * F.sqrt(x + 1)),),
    "arctan2": lambda y, a, b: _turned(a, b, F.hypot(a, b)),
    "erf": lambda y, x: (2 / math.sqrt(math.pi) * F.exp(-x * x),),
    "erfc": lambda y, x: (-2 / math.sqrt(math.pi) * F.exp(-x * x),),
    "hypot": lambda y, a, b: (_cosine(a, y), _cosine(b, y)),
    "power": lambda y, x, n: (n * _power(x, n - 1), lambda: _power_by_exponent(y, x, n)),
}
TORN = frozenset(("arctan2",))  # no zero beats a slope that is not there
MADE = frozenset(("erfc", "hypot", "power", "tanh"))  # of others, in each exact algebra
# Functions that are made of others where there is no primitive of their own.
ENCLOSED: dict[str, Any] = {
    "arctan": lambda x: F.arctan2(x, 1),
    "arcsin": lambda x: F.arctan2(x, F.sqrt((1 - x) * (1 + x))),
    "arccos": lambda x: F.arctan2(F.sqrt((1 - x) * (1 + x)), x),
    "arcsinh": lambda x: F.log(x + F.sqrt(x * x + 1)),
    "arccosh": lambda x: F.log(x + F.sqrt(x - 1) * F.sqrt(x + 1)),
    "tanh": lambda x: 1 - 2 / (F.exp(x) ** 2 + 1),
    "erfc": lambda x: 1 - F.erf(x),
    "hypot": lambda x, y: F.sqrt(x * x + y * y),
    "power": lambda x, n: F.exp(n * F.log(x)),
}
# Literals that are read as the irrational number next to them, times any power of two.
NAMED: dict[float, tuple[float, Any]] = {
    math.frexp(value)[0]: (value, meaning)
    for value, meaning in (
        (math.pi, lambda one: 4 * F.arctan(one)),
        (math.e, lambda one: F.exp(one)),
        (math.log(2), lambda one: F.log(2 * one)),
        (1 / math.log(2), lambda one: 1 / F.log(2 * one)),
        (math.log(10), lambda one: F.log(10 * one)),
        (1 / math.log(10), lambda one: 1 / F.log(10 * one)),
        (math.sqrt(0.5), lambda one: 1 / F.sqrt(2 * one)),
        (2 / math.sqrt(math.pi), lambda one: 2 / F.sqrt(math.pi * one)),
        (1 / math.sqrt(2 * math.pi), lambda one: 1 / (F.sqrt(2 * one) * F.sqrt(math.pi * one))),
    )
}
exact_text.NAMED.update(NAMED)


@contextmanager
def reading(read: set[float] | None) -> Iterator[None]:
    """Notes for a while the literals that are read as irrational numbers; with None literals mean
    what they say: 6 pi/3 may be the double next to 2 pi by chance."""
    before, RUN.read = RUN.read, read
    try:
        yield
    finally:
        RUN.read = before


NAMES: dict[Any, str] = {f.__code__: name for name, f in MEANINGS.items()}


def _elementwise(name: str) -> Any:
    meaning = MEANINGS.get(name) or partial(call, name)
    arity = (MEANINGS.get(name) or RULES[name]).__code__.co_argcount - (name not in MEANINGS)
    return Elementwise(meaning, arity)


FUNCTIONS: dict[str, Any] = {
    **{name: _elementwise(name) for name in (*MEANINGS, *RULES)},
    "logsumexp": along(_logsumexp, _logsumexp_of_cells),
    "max": along(_largest, partial(_top, operator.gt)),
    "min": along(_least, partial(_top, operator.lt)),
}
vars(F).update(FUNCTIONS)


class Real(ExactNumber):
    """A number with the functions of FUNCTIONS."""

    __slots__ = ()
    functions = FUNCTIONS

    def __int__(self) -> int:
        return _floor(self) if self >= 0 else -_floor(-self)

    def exactly(self: Any, x: Any) -> Any:
        named = NAMED.get(math.frexp(abs(x))[0]) if isinstance(x, float) else None
        if named is None or RUN.read is None:
            return self.rational(Fraction(x))
        value, meaning = named
        if isinstance(RUN.read, set):
            RUN.read.add(value)
        return meaning(self.rational(Fraction(1))) * (Fraction(x) / Fraction(value))
