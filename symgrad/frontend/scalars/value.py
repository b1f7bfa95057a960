"""micrograd's ``Value``: an eager scalar that remembers how it was made.

A script for micrograd runs when its word micrograd is replaced with symgrad: same names, same
reprs, same accumulation into ``.grad``.  Values are Python floats with IEEE semantics, and the
derivatives are those of the op table.

>>> a, b = Value(-4.0), Value(2.0)
>>> c = a * b + b**3
>>> c.backward()
>>> c, a.grad, b.grad
(Value(data=0.0, grad=1), 2.0, 8.0)

As in the lecture, ``v._backward()`` adds the gradient of one node to its operands', and a Value
takes any attribute (``p.m``, ``p.v`` of an optimizer).

Differences from micrograd: a difference, a quotient and a negation are single nodes; 1/0 is inf; a
chain of a million nodes neither recurses nor crashes; each node knows the line that made it; and
``a > b`` is a ``Condition``, which serves ``if`` and ``sg.where`` alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from sys import _getframe
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.namespace import named, pickled_from, with_method_names
from symgrad.frontend.operands import NUMBERS, is_array, number
from symgrad.frontend.operators import Arithmetic, method_name
from symgrad.frontend.refusals import refusing
from symgrad.frontend.scalars.backprop import USER, computed, pull
from symgrad.frontend.scalars.node import TRUTHS, ScalarNode, serial
from symgrad.frontend.source.origin import INTERNAL, caller
from symgrad.ops.float_algebra import value


def _operator(name: str, reflected: bool = False) -> Callable[[Any, Any], Any]:
    if name in TRUTHS:
        return _comparison(name)
    compute = value(name)

    def method(self: Value, other: Any) -> Any:
        if not isinstance(other, Value):
            other = operand(other)
            if other is NotImplemented:
                return other
        operands = (other, self) if reflected else (self, other)
        return node(compute(operands[0].data, operands[1].data), name, operands)

    return method


def _function(name: str, doc: str) -> Callable[[Value], Value]:
    compute = value(name)

    def method(self: Value) -> Value:
        return node(compute(self.data), name, (self,))

    return named(method, name, doc)


def _comparison(name: str) -> Callable[[Any, Any], Condition]:
    """A comparison with a number; Python refuses any other operand."""

    def method(self: Value, other: Any) -> Condition:
        if isinstance(other, _COMPARED):
            made: Condition = apply(name, self, other)
            return made
        return NotImplemented  # type: ignore[no-any-return]

    return method


@refusing
def _refused(_: Value, what: str, instead: str) -> ArgumentError:
    return ArgumentError(f"{what} of a Value is not defined, at {caller()}; write {instead}")


_POWER = _operator("power")


def _nothing() -> None:
    """The ``_backward`` of a leaf."""


@with_method_names
class Value(ScalarNode, Arithmetic[Any], operator=_operator, refused=_refused):
    """A number, its gradient, and the operation that made it.

    ``data`` is a float, ``grad`` starts at 0, ``label`` is a name for drawings and emitted code.
    ``==`` is identity.  Arithmetic with an array goes element by element, as in NumPy, and gives an
    array of Values.  Raises ArgumentError if ``data`` is no real number.
    """

    __reduce_ex__ = pickled_from("symgrad.engine", "Value", "Parameter")
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_at",
        "_by_hand",
        "_carry",
        "_cell",
        "_code",
        "_exponent",
        "_name",
        "_operands",
        "_serial",
        "data",
        "grad",
        "label",
    )

    data: float
    grad: float
    label: str
    _by_hand: Callable[[], None]  # the user's own ``_backward``
    _carry: float  # see ``backprop._CARRIES``; unset before the first backward()
    _cell: tuple[Any, int]  # of a Parameter: its buffer, and its place there

    def __init__(
        self, data: Any, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        if type(data) is not float and getattr(data, "_traced", False):
            data._copy_to(self)
            return
        self.data = number(data)
        self.grad = 0
        self.label = label
        self._operands = tuple(_children)
        self._name = USER + _op if self._operands else ""
        self._serial = serial()
        self._code = None

    def __radd__(self, other: Any) -> Any:
        if type(other) is int and other == 0:  # Python's sum starts with it
            zero = leaf(0.0)
            zero._name = "start"
            return node(self.data + 0.0, "add", (self, zero))
        return self + other  # micrograd's order of operands

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, Value) or is_array(other):
            return _POWER(self, other)
        out = node(value("power")(self.data, number(other)), "power", (self,))
        out._exponent = other
        return out

    def __neg__(self) -> Value:
        return node(-self.data, "negative", (self,))

    __abs__ = _function("absolute", "The absolute value.")

    relu = _function("relu", "max(x, 0); the derivative at 0 is 0.")
    tanh = _function("tanh", "The hyperbolic tangent.")
    exp = _function("exp", "e to the x; inf where it overflows.")
    log = _function("log", "The natural logarithm; -inf at 0, nan below.")
    sigmoid = _function("sigmoid", "1 / (1 + exp(-x)).")

    def backward(self) -> None:
        """Adds d self / d v to ``v.grad`` for every v that self was made from.

        As in micrograd the gradient of self is set to 1 and nothing else is cleared, so that a
        second call adds to what the first one left, in inner nodes too.
        """
        order = computed((self,), chosen=True)
        self.grad = 1
        for v in reversed(order):
            pull(v)

    @property
    def _backward(self) -> Callable[[], None]:
        """Adds the gradient of this node, times the partials, to those of its operands."""
        own: Callable[[], None] | None = getattr(self, "_by_hand", None)
        if own is not None:
            return own
        return partial(pull, self) if self._operands else _nothing

    @_backward.setter
    def _backward(self, function: Callable[[], None]) -> None:
        self._by_hand = function
        if self._operands and not self._name.startswith(USER):
            self._name = USER + self._op  # the user gives its derivative from now on

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    __float__ = _refused("float()", "v.data for its number, and v.exp() for math.exp(v)")
    __int__ = _refused("int()", "int(v.data)")
    __round__ = _refused("round()", "round(v.data, n), or sg.round(v)")

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)


def _as_number(name: str, reflected: bool = False) -> Callable[[Condition, Any], Any] | None:
    """An operator of arithmetic, on the number that the condition counts as."""
    if name in TRUTHS:
        return None
    word = method_name(name, reflected)

    def method(self: Condition, other: Any) -> Any:
        return getattr(self.as_number(), word)(other)

    return method


@with_method_names
class Condition(ScalarNode, Arithmetic[Any], operator=_as_number):
    """The result of a comparison of ``Value``s: its truth in ``data``, its op and operands.

    ``& | ^ ~`` combine conditions, ``==`` and ``!=`` compare them, ``sg.where`` chooses by them;
    in arithmetic they count as 1 and 0.  A condition passes no gradient.

    >>> v = Value(2.0)
    >>> (v > 1.0) & (v < 1.5), 3.0 * (v > 1.0)
    (Condition(False), Value(data=3.0, grad=0))
    """

    grad = 0.0
    _backward = staticmethod(_nothing)
    __slots__ = (
        "__weakref__",
        "_at",
        "_cell",
        "_code",
        "_name",
        "_operands",
        "_serial",
        "data",
        "label",
    )

    data: bool
    label: str
    _cell: tuple[Any, int]

    def __bool__(self) -> bool:
        return self.data

    def __float__(self) -> float:
        return float(self.data)

    def __and__(self, other: Condition | bool) -> Any:
        return apply("logical_and", self, other) if isinstance(other, Condition) else other and self

    def __or__(self, other: Condition | bool) -> Any:
        return apply("logical_or", self, other) if isinstance(other, Condition) else other or self

    def __xor__(self, other: Any) -> Any:
        if isinstance(other, Condition):
            return apply("logical_xor", self, other)
        return ~self if other else self

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Condition:
        return apply("logical_not", self)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> Any:
        return self ^ other if isinstance(other, Condition | bool | np.bool_) else True

    def __eq__(self, other: object) -> Any:
        return ~(self ^ other) if isinstance(other, Condition | bool | np.bool_) else False

    __hash__ = object.__hash__

    def as_number(self) -> Value:
        """1 if it holds, else 0."""
        return apply("where", self, 1.0, 0.0)  # type: ignore[no-any-return]

    def __neg__(self) -> Value:
        return -self.as_number()

    def __repr__(self) -> str:
        return f"Condition({self.data})"


_COMPARED = (Value, Condition, *NUMBERS)


def operand(x: Any) -> Any:
    """A leaf for a number; NotImplemented for an array, which has operators of its own."""
    return NotImplemented if type(x) is not float and is_array(x) else leaf(x)


def leaf(data: Any) -> Value:
    """A value without operands; of a condition, its number."""
    if type(data) is not float and isinstance(data, Condition):
        return data.as_number()
    v: Value = object.__new__(Value)
    v.data = data if type(data) is float else number(data)
    v.grad = 0
    v.label = ""
    v._operands = ()
    v._name = ""
    v._serial = serial()
    v._code = None
    return v


def node(data: float, name: str, operands: tuple[Any, ...]) -> Value:
    """The result of an op, with the instruction of the user's code that called it."""
    v: Value = object.__new__(Value)
    v.data = data
    v.grad = 0
    v.label = ""
    v._operands = operands
    v._name = name
    v._serial = serial()
    frame = _getframe(2)
    while INTERNAL[frame.f_globals.get("__name__")] and frame.f_back is not None:
        frame = frame.f_back
    v._code = frame.f_code
    v._at = frame.f_lasti
    return v


def condition(data: bool, name: str, operands: tuple[Any, ...]) -> Condition:
    """The result of an op that gives a truth."""
    made = node(0.0, name, operands)
    c = Condition()
    c.data, c.label, c._name, c._operands = data, "", name, operands
    c._serial, c._code, c._at = made._serial, made._code, made._at
    return c


def apply(name: str, *given: Any) -> Any:
    """An op of the table on scalars, by its IR name; numbers among them become leaves."""
    xs: tuple[Any, ...] = tuple([x if isinstance(x, Value | Condition) else leaf(x) for x in given])
    for x in xs:
        if x._traced:
            return x._apply(name, given, xs)
    data: Any = value(name)(*[x.data for x in xs])
    return condition(data, name, xs) if name in TRUTHS else node(data, name, xs)
