"""Exact numbers in place of floats, and a nan for values that do not exist.

A ``Number`` computes with others of its kind, with literals, and with infinities, which stay
floats.  A function without a value gives a nan, which may stand unread in a branch that is not
taken.  ``np.empty`` holds what may not be read whatever comes of it.

>>> class Rational(ExactNumber):
...     plus = lambda a, b: Rational(a.q + b.q)
...     def __init__(self, q):
...         self.q = q
...     def exactly(self, x):
...         return Rational(Fraction(x))
>>> (Rational(Fraction(1, 3)) + 0.25).q, Rational(Fraction(1)) + math.inf
(Fraction(7, 12), inf)
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from symgrad.errors import DomainError, VerificationError

Function = Callable[..., Any]


class Run(threading.local):
    """The state of the check that runs, for each thread its own.

    answer   the result of comparing a ``Nowhere``, for a while, if that is to be seen
    jumped   True if a torn one was made since somebody asked, be it read or not
    asked    True if the reference asked if one is finite: then it is not, for the text either
    in_text  True while a text runs, and not its reference
    read     the literals that were read as irrational numbers; None to take them as written
    """

    answer: bool | None = None
    jumped = asked = in_text = False
    read: set[float] | frozenset[float] | None = frozenset()


RUN = Run()


class Nowhere(float):
    """A nan from a function that has no value; whatever is made of it is the same one.

    Comparing it raises Unknown: the choice would be arbitrary.

    also   others that went into it
    torn   True if no zero beats it: the function jumps there
    """

    torn = False

    def __init__(self, *text: str) -> None:
        self.also: list[Nowhere] = []

    def absorbed(self, *others: Any) -> Any:
        if any(isinstance(x, np.ndarray) for x in others):
            return NotImplemented  # element by element
        self.also += [x for x in others if isinstance(x, Nowhere) and x is not self]
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = absorbed
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __neg__ = __abs__ = absorbed

    def compared(self, *others: Any) -> Any:
        if RUN.answer is None:
            raise Unknown("a comparison of what has no value")
        return RUN.answer

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = compared
    __hash__: Any = None
    __getitem__: Any = lambda self, key: np.array(self, object)[key]


class Unknown(DomainError):
    """A choice by what has no value."""


class Untold(DomainError):
    """Arrays do not tell; numbers one by one may."""


class Undefined(DomainError):
    """A function has no value there; ``nan`` is what says so, where there is one already."""

    def __init__(self, reason: str, nan: Any = None) -> None:
        super().__init__(reason)
        self.nan = nan


def _operator(formula: Function, infinite: Function | None = None) -> Any:
    """A method; ``infinite`` says what comes of a number and an infinity."""

    def method(self: Any, other: Any) -> Any:
        try:
            if type(other) is type(self):
                return formula(self, other)
            if infinite and isinstance(other, float) and math.isinf(other):
                return infinite(self.lift(self), other)
            other = self.lift(other)
            return other if other is NotImplemented else formula(self, other)
        except Undefined as error:
            return self.nowhere(error)

    return method


def _comparison(holds: Callable[[float], bool]) -> Any:
    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Nowhere):
            return other.compared()
        difference = self.order(other)
        return difference if difference is NotImplemented else holds(difference)

    return method


class Unwatched:
    """Takes what a Watch is told."""

    def went(self, side: Any, gap: Any, count: int = 1) -> Any:
        return side

    def met(self, outcome: Any) -> None:
        """The outcome of a comparison, a test for infinities, a whole part."""

    def passed(self, part: Any) -> None:
        """A part of the text ran."""

    def divided(self, by: Any) -> None:
        """A quotient of the text."""


class ExactNumber:
    """A number in place of a float.  A subclass has plus, times, inverse, sign, exactly, functions.

    watch   told of comparisons; it says how they go on
    """

    __slots__ = ()
    watch: Any = Unwatched()
    dtype, shape, ndim = np.dtype(object), (), 0
    dual = False
    functions: Mapping[str, Function] = {}
    __add__ = __radd__ = _operator(lambda a, b: a.plus(b), lambda a, b: b)
    __mul__ = __rmul__ = _operator(lambda a, b: a.times(b), lambda a, b: a.order(0) * b)
    __sub__ = _operator(lambda a, b: a.minus(b), lambda a, b: -b)
    __rsub__ = _operator(lambda a, b: b.minus(a), lambda a, b: b)
    __truediv__ = _operator(
        lambda a, b: a if b.is_one() else a.times(b.inverse()), lambda a, b: a.lift(0)
    )
    __rtruediv__ = _operator(lambda a, b: b.times(a.inverse()), lambda a, b: a.order(0) * b)
    __pow__ = _operator(lambda a, b: a.functions["power"](a, b))
    __rpow__ = _operator(lambda a, b: a.functions["power"](b, a))
    __lt__, __le__ = _comparison(lambda d: d < 0), _comparison(lambda d: d <= 0)
    __gt__, __ge__ = _comparison(lambda d: d > 0), _comparison(lambda d: d >= 0)
    __eq__, __ne__ = _comparison(lambda d: d == 0), _comparison(lambda d: d != 0)
    __neg__: Any = lambda self: self.times(self.lift(-1))
    __abs__: Any = lambda self: self.functions["absolute"](self)
    __round__: Any = lambda self: self.functions["round"](self)
    __bool__: Any = lambda self: bool(self != 0)
    __hash__: Any = None
    __getitem__: Any = lambda self, key: np.array(self, object)[key]
    conjugate: Any = lambda self: self

    def __getattr__(self, name: str) -> Any:
        """``x.tanh()`` as micrograd writes it, and what NumPy's scalars have of arrays."""
        if name in self.functions:
            return partial(self.functions[name], self)
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(name)
        return getattr(np.array(self, object), name)

    def lift(self: Any, x: Any) -> Any:
        """A Python or NumPy number in this algebra; NotImplemented for anything else."""
        kind = type(x)
        if kind is type(self):
            return x
        known = self.literals()
        if (kind is int or kind is float) and (kind, x) in known:
            return known[kind, x]
        x = x.item() if isinstance(x, np.generic) else x
        if not isinstance(x, int | float | Fraction):
            return NotImplemented
        if isinstance(x, float) and not math.isfinite(x):
            raise Undefined(f"{x} is no number", x if math.isnan(x) else None)
        key = type(x), x
        if key not in known:
            known[key] = self.exactly(x)
        return known[key]

    def is_zero(self) -> bool:
        """True if it is 0, exactly."""
        return self.literal() == 0.0  # type: ignore[no-any-return]

    def is_one(self) -> bool:
        """True if it is 1, so that what it divides stays the very number."""
        return False

    def is_nan(self) -> bool:
        """True if it is a nan that floats made."""
        return False

    def nowhere(self: Any, error: Undefined) -> float:
        """The nan that is there, or a new one."""
        if error.nan is not None:
            return error.nan  # type: ignore[no-any-return]
        nan = Nowhere("nan")
        self.undefined()[id(nan)] = nan
        return nan

    def filled(self, shape: Any, x: Any, dtype: Any) -> Any:
        """An array to write into."""
        return np.full(shape, x, dtype)

    def undefined(self) -> dict[int, Nowhere]:
        """The nans of an algebra that may yet be read."""
        return {}

    def literals(self) -> dict[Any, Any]:
        """The literals that an algebra has lifted."""
        return {}

    def order(self: Any, other: Any) -> Any:
        """The sign of self - other; nan is on neither side of anything."""
        if isinstance(other, float) and not math.isfinite(other):
            return -other
        other = self.lift(other)
        return other if other is NotImplemented else self.minus(other).sign()

    def minus(self: Any, other: Any) -> Any:
        return self.plus(-other)


class Unwritten(ExactNumber):
    """The content of ``np.empty``: reading it is a fault."""

    def lift(self, *x: Any) -> Any:
        raise VerificationError("reads memory that was never written")

    plus = times = inverse = lift


def everywhere(function: Function) -> Function:
    """The function, which is nan of a nan and where it has no value."""

    def defined(*xs: Any) -> Any:
        for x in xs:
            if isinstance(x, float) and math.isnan(x):
                return x.absorbed(*xs) if isinstance(x, Nowhere) else x
        try:
            return function(*xs)
        except Undefined as error:
            number = next((x for x in xs if isinstance(x, ExactNumber)), ExactNumber())
            return number.nowhere(error)

    return defined
