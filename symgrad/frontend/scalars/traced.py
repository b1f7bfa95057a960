"""Scalars of a function that is being traced: they record operations and hold no data.

A ``Traced`` is a ``Value`` whose number is not known.  A ``TracedNumber`` stands for an element of
an array argument, which is a plain float or int in the user's loops: it is compared by value and
has none of the methods of a ``Value``.  Reading a number out of either raises TraceError.  A
``Datum`` is the result of ``.data``, on which the results may not depend: for example the largest
logit, which is subtracted from all logits before a softmax.

>>> from symgrad.frontend.scalars.value import Value
>>> w = Value(2.0, label="w")
>>> with Tracing([w]) as tracing:
...     x = tracing.element(0, 0, "f64")
...     y = (w * x).tanh()
>>> y._name, y._operands[0]._operands == (w, x), w.data
('tanh', True, 2.0)
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dis import opname
from sys import _getframe
from typing import Any

from symgrad.errors import ArgumentError, TraceError
from symgrad.frontend.namespace import with_method_names
from symgrad.frontend.operands import NUMBERS, is_array, number
from symgrad.frontend.refusals import AUX, CHOOSE, PICK, refusing, unknown
from symgrad.frontend.scalars.node import TRUTHS, serial
from symgrad.frontend.scalars.parameters import Parameter, moves
from symgrad.frontend.scalars.value import (
    Condition,
    Value,
    apply,
    condition,
    leaf,
    node,
    operand,
)
from symgrad.frontend.source.origin import caller
from symgrad.ir.function import Origin, uncollected
from symgrad.ops import OPS

NAN = math.nan
_RETURNED = "the compiled function returns the gradient"
refuse = refusing(lambda value, asked, instead=AUX: unknown(asked, instead, value))

_lock = threading.RLock()
_numbers: list[Value] = []  # that the running trace has made; guarded by the lock


def _operator(name: str, reflected: bool = False) -> Callable[..., Any] | None:
    """An operator; as with ``Value``, a number goes behind if the operator is commutative.

    None for comparisons, which are those of ``Value``.
    """
    if name in TRUTHS:
        return None
    numbers_lead = reflected and not OPS[name].commutative

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Value):
            operands = (other, self) if reflected else (self, other)
            if name == "power":
                _refuse_count(operands[1])
            return _become(node(NAN, name, operands), _joined(self._result, other))
        number = operand(other)
        if number is NotImplemented:
            return number
        if reflected and name == "add" and type(other) is int and other == 0:
            number._name = "start"  # of Python's sum
        operands = (number, self) if numbers_lead else (self, number)
        return _become(node(NAN, name, operands), self._result)

    return method


def _without_operator(written: str, formula: str) -> Callable[..., Any]:
    return refuse(written, f"use {formula}")


def _joined(kind: Any, other: Value) -> Any:
    """The class of a result, by the class of one operand's results and the other operand."""
    if not isinstance(other, TracedNumber):
        return Traced
    return kind if other._result is kind or kind is Traced else TracedNumber


def _hidden(name: str, instead: str = AUX) -> property:
    """An attribute that is neither read nor set in a trace."""
    return property(refuse(f".{name}", instead), refuse(f"setting .{name}", instead))


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any) -> Any:
        return _become(node(NAN, name, (self,)), self._result)

    return method


def _become(v: Any, kind: Any) -> Any:
    v.__class__ = kind
    if issubclass(kind, TracedNumber):
        _numbers.append(v)
    return v


_POWER: Any = _operator("power")


@with_method_names
class Traced(Parameter, operator=_operator, refused=_without_operator):
    """A value that is not known yet.

    It derives from ``Parameter``, so that Python asks its reflected operators before the operators
    of any ``Value`` on its left.
    """

    __slots__ = ()
    _traced = True
    _result: Any  # the class of results of this and plain numbers

    data = property(lambda self: Tracing.read(self), refuse("setting .data"))
    grad, _backward = _hidden("grad", _RETURNED), _hidden("_backward", _RETURNED)
    backward = refuse(".backward()", _RETURNED)
    __bool__ = refuse("a choice in Python (if, and, or, min, max)", CHOOSE)
    __float__ = refuse("float()")
    __int__ = refuse("int()", f"{PICK}, or {AUX}")
    __index__ = refuse("an index", PICK)
    __round__ = refuse("round()", "use sg.round")

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, Value) or is_array(other):
            return _POWER(self, other)
        made = _become(node(NAN, "power", (self,)), self._result)
        made._exponent = number(other)
        return made

    __neg__, __abs__ = _method("negative"), _method("absolute")
    relu, tanh, exp = _method("relu"), _method("tanh"), _method("exp")
    log, sigmoid = _method("log"), _method("sigmoid")

    def _apply(self, name: str, given: Sequence[Any], xs: tuple[Any, ...]) -> Any:
        """The op, recorded: its result is a number or a plain truth if all operands are plain."""
        plain = all(isinstance(x, TracedNumber | Truth) or not _is_ours(x) for x in given)
        if name in TRUTHS:
            made: Any = condition(False, name, xs)
            made.__class__ = Truth if plain else TracedCondition
            return made
        return _become(node(NAN, name, xs), TracedNumber if plain else Traced)

    def _copy_to(self, fresh: Value) -> None:
        """Turns ``fresh``, the result of ``Value(x)``, into a traced value like this one."""
        for slot in ("_operands", "_name", "_code", "_at", "_exponent", "_cell"):
            if hasattr(self, slot):
                setattr(fresh, slot, getattr(self, slot))
        fresh._serial, fresh.label = serial(), ""
        fresh.__class__ = Traced

    def __repr__(self) -> str:
        return f"<traced {self._op or 'value'}>"

    def __format__(self, spec: str) -> str:
        return repr(self) if not spec else str(refuse("a format")(self))


Traced._result = Traced


@with_method_names
class TracedNumber(Traced):
    """An element of an array argument, or a number computed from such elements alone."""

    __slots__ = ()

    def __eq__(self, other: object) -> Any:
        return apply("equal", self, other) if isinstance(other, _COMPARED) else False

    def __ne__(self, other: object) -> Any:
        return apply("not_equal", self, other) if isinstance(other, _COMPARED) else True

    data = _hidden("data")
    __hash__ = refuse("a look-up in a dict or a set", PICK)
    relu = tanh = exp = log = sigmoid = refuse(
        "a method that floats do not have",
        "wrap it with Value(x), or use a function such as sg.exp",
    )


TracedNumber._result = TracedNumber
_COMPARED = (TracedNumber, *NUMBERS)


@with_method_names
class Datum(TracedNumber):
    """A number that was read from ``.data``, or computed from such numbers alone.

    ``max``, ``min`` and ``sorted`` may compare it, because the compiler proves that their choice
    does not matter.  A comparison in the user's own code needs the number, and is refused.
    """

    __slots__ = ()


def _chosen(name: str) -> Callable[..., Any]:
    plain = getattr(TracedNumber, f"__{name}__")

    def method(self: Datum, other: Any) -> Any:
        frame = _getframe(1)
        written = opname[frame.f_code.co_code[frame.f_lasti]] == "COMPARE_OP"
        return plain(self, other) if written or Tracing.now is None else Tracing.now.answer()

    return method


for _name in ("lt", "le", "gt", "ge"):
    setattr(Datum, f"__{_name}__", _chosen(_name))
Datum._result = Datum


@with_method_names
class Scalar(TracedNumber):
    """An argument that is a lone number.  Texts of it are refused: they would show its digits."""

    __slots__ = ()

    __str__ = refuse("str()", AUX)
    __format__ = refuse("a format", AUX)


@with_method_names
class Integer(Scalar):
    """An argument that is a lone integer."""

    __slots__ = ()


def _refuse_count(exponent: Value) -> None:
    """Raises TraceError for an exponent made of integer arguments alone.

    Its value matters to the derivative: x**2 is x*x, and x**0 has no slope at 0.
    """
    if not isinstance(exponent, TracedNumber):
        return
    leaves = [v for v in walk(exponent) if v._name == "input"]
    if leaves and all(type(v) is Integer for v in leaves):
        raise unknown("an exponent", AUX, exponent)


def walk(x: Value) -> list[Value]:
    """``reach`` by identity, since traced numbers have no hash."""
    seen, stack = {id(x): x}, [x]
    while stack:
        for v in stack.pop()._operands:
            if id(v) not in seen:
                seen[id(v)] = v
                stack.append(v)
    return list(seen.values())


@with_method_names
class TracedCondition(Condition):
    """A condition whose truth is not known yet."""

    __slots__ = ()
    _traced = True

    data = _hidden("data")
    __bool__ = refuse("a choice in Python (if, and, or, not)", CHOOSE + "; join conditions by & |")
    __float__ = refuse("float()")
    __int__ = refuse("int()")
    __index__ = refuse("an index", CHOOSE)
    _apply = Traced._apply

    def _copy_to(self, fresh: Value) -> None:
        made: Any = self.as_number()
        made._copy_to(fresh)

    def __repr__(self) -> str:
        return f"<traced {self._name}>"


@with_method_names
class Truth(TracedCondition):
    """A condition on numbers alone, which is a plain bool in the user's loops."""

    __slots__ = ()


def _is_ours(x: Any) -> bool:
    return isinstance(x, Value | Condition)


class Tracing:
    """A block in which the given values are traced; afterwards they are as they were.

    One trace runs at a time, with the garbage collector off.  After the block the recorded nodes
    can be linearised, and are compared by identity like any ``Value``.

    Raises TraceError within another trace, ArgumentError for values of a subclass of the user's.
    """

    owner: int | None = None  # the thread that traces; written under the lock
    now: Tracing | None = None  # the trace that runs

    def __init__(self, values: Sequence[Value], answer: Callable[[], bool] = bool) -> None:
        """``answer`` gives the result of comparing numbers that were read from ``.data``."""
        self.values, self.answer = values, answer
        self.reads: list[tuple[Value, Origin]] = []  # each Datum and its line
        self.collector = uncollected()
        self.kinds: list[type[Value]] = []

    def __enter__(self) -> Tracing:
        with _lock:
            if Tracing.is_mine():
                raise TraceError(
                    f"a function that is traced calls one that is to be compiled, at {caller()}; "
                    "call the plain function instead"
                )
            for v in self.values:
                if type(v) not in (Value, Parameter):
                    raise ArgumentError(f"expected Values to trace, got {type(v).__name__}")
            _lock.acquire()
        Tracing.owner, Tracing.now = threading.get_ident(), self
        moves[0] += 1
        self.collector.__enter__()
        self.kinds = [v.__class__ for v in self.values]
        for v in self.values:
            v.__class__ = Traced
        return self

    def __exit__(self, *error: object) -> None:
        for v, kind in zip(self.values, self.kinds, strict=True):
            v.__class__ = kind
        for v in _numbers:
            v.__class__ = Traced
        _numbers.clear()
        for v, _ in self.reads:
            v.__class__ = Value
        self.collector.__exit__()
        Tracing.owner = Tracing.now = None
        _lock.release()

    @staticmethod
    def is_mine() -> bool:
        """True in the thread that traces."""
        return Tracing.owner == threading.get_ident()

    @staticmethod
    def read(v: Value) -> Any:
        """The number that ``.data`` gives: 0 in the program."""
        if Tracing.now is None or not Tracing.is_mine():
            raise unknown(".data", AUX, v)
        made = leaf(0.0)
        Tracing.now.reads.append((made, caller()))
        return _become(made, Datum)

    def element(self, array: int, place: int, dtype: str, alone: bool = False) -> Any:
        """The scalar for an element of an array argument, or for an argument that is ``alone``."""
        if dtype == "bool":
            c: Any = condition(False, "input", ())
            c._cell, c.__class__ = (array, place), Truth
            return c
        v = leaf(NAN)
        v._name, v._cell = "input", (array, place)
        made = _become(v, TracedNumber)
        if alone:
            made.__class__ = Integer if dtype == "i64" else Scalar
        return made
