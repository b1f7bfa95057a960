"""micrograd's ``Value``: an eager scalar that remembers how it was made.

A script for micrograd runs when its word micrograd is replaced with symgrad: same names, same
reprs, same accumulation into ``.grad``.  Values are Python floats with IEEE semantics, and the
derivatives are those of the op table.

>>> a, b = Value(-4.0), Value(2.0)
>>> c = a * b + b**3
>>> c.backward()
>>> c, a.grad, b.grad
(Value(data=0.0, grad=1), 2.0, 8.0)

What differs: a difference, a quotient and a negation are single nodes; 1/0 is inf; a chain of a
million nodes neither recurses nor crashes; each node knows the line that made it; and ``a > b``
is a ``Condition``, which serves ``if`` and ``sg.where`` alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from sys import _getframe
from types import CodeType
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.floats import value
from symgrad.frontend.graph import USER, computed, pull
from symgrad.frontend.origin import INTERNAL, decode
from symgrad.ir.function import Origin

# The ops whose results are conditions.
TRUTHS = frozenset(
    (
        *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
        *("logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isfinite"),
    )
)
_SYMBOLS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "negative": "neg",
    "relu": "ReLU",
    "start": "",
    "input": "",
}

serial = count().__next__
_divide = value("divide")
_power = value("power")


class Node:
    """What a ``Value`` and a ``Condition`` have in common: how they were made."""

    __slots__ = ()

    _traced = False  # whether it stands for what is not known yet
    _at: int  # with _code: the user's instruction that made the node, decoded by ``origin``
    _code: CodeType | None
    _exponent: float  # of a power whose exponent is a number
    _name: str  # the op's name in the IR; of a leaf "", "start" (the 0 of a sum) or "input"
    _operands: tuple[Any, ...]
    _serial: int  # creation order, which is a topological order

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        """``np.maximum(v, 0)``, ``np.float64(2) * v``; see ``numpy_on_scalars``."""
        from symgrad.frontend.numpy_on_scalars import call_ufunc

        return call_ufunc(ufunc, method, operands, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """``np.where(v > 0, v, 0)``, ``np.clip(v, 0, 1)``."""
        from symgrad.frontend.numpy_on_scalars import call_function

        return call_function(function, args, kwargs)

    @property
    def _prev(self) -> tuple[Any, ...]:
        """The operands, each once."""
        return tuple(dict.fromkeys(self._operands))

    @property
    def _op(self) -> str:
        """The operation as micrograd shows it: ``+``, ``*``, ``**2``, ``ReLU``, ``tanh``."""
        if self._name == "power" and len(self._operands) == 1:
            return f"**{self._exponent}"
        return _SYMBOLS.get(self._name, self._name.removeprefix(USER))

    @property
    def origin(self) -> Origin | None:
        """The file and line that made this node; None for a leaf."""
        return None if self._code is None else decode(self._code, self._at)


class Value(Node):
    """A number, its gradient, and the operation that made it.

    ``data`` is a float, ``grad`` starts at 0, ``label`` is a name for drawings and emitted code.
    ``==`` is identity.  Raises ArgumentError where ``data`` is no real number.
    """

    __slots__ = (
        "__weakref__",
        "_at",
        "_backward",
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
    _backward: Callable[[], None]  # set by hand-made nodes only
    _carry: float  # of a difference or a quotient, see ``graph``; unset before the first backward()
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

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else leaf(other)
        return node(self.data + other.data, "add", (self, other))

    def __radd__(self, other: float) -> Value:
        if type(other) is int and other == 0:  # where Python's sum starts
            zero = leaf(0.0)
            zero._name = "start"
            return node(self.data + 0.0, "add", (self, zero))
        return self + other  # micrograd's order of operands

    def __sub__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else leaf(other)
        return node(self.data - other.data, "subtract", (self, other))

    def __rsub__(self, other: float) -> Value:
        left = leaf(other)
        return node(left.data - self.data, "subtract", (left, self))

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else leaf(other)
        return node(self.data * other.data, "multiply", (self, other))

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else leaf(other)
        return node(_divide(self.data, other.data), "divide", (self, other))

    def __rtruediv__(self, other: float) -> Value:
        left = leaf(other)
        return node(_divide(left.data, self.data), "divide", (left, self))

    def __pow__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return node(_power(self.data, other.data), "power", (self, other))
        out = node(_power(self.data, number(other)), "power", (self,))
        out._exponent = other
        return out

    def __rpow__(self, other: float) -> Value:
        left = leaf(other)
        return node(_power(left.data, self.data), "power", (left, self))

    def __neg__(self) -> Value:
        return node(-self.data, "negative", (self,))

    def __abs__(self) -> Value:
        return unary("absolute", self)

    def __gt__(self, other: Value | float) -> Condition:
        return compare("greater", self, other)

    def __ge__(self, other: Value | float) -> Condition:
        return compare("greater_equal", self, other)

    def __lt__(self, other: Value | float) -> Condition:
        return compare("less", self, other)

    def __le__(self, other: Value | float) -> Condition:
        return compare("less_equal", self, other)

    def relu(self) -> Value:
        """max(x, 0); the derivative at 0 is 0."""
        return unary("relu", self)

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        return unary("tanh", self)

    def exp(self) -> Value:
        """e to the x; inf where it overflows."""
        return unary("exp", self)

    def log(self) -> Value:
        """The natural logarithm; -inf at 0, nan below."""
        return unary("log", self)

    def sigmoid(self) -> Value:
        """1 / (1 + exp(-x))."""
        return unary("sigmoid", self)

    def backward(self) -> None:
        """Adds d self / d v to ``v.grad`` for every v that self was made from.

        As in micrograd the gradient of self is set to 1 and nothing else is cleared, so that a
        second call adds to what the first one left, in inner nodes too.
        """
        order = computed((self,), chosen=True)
        self.grad = 1
        for v in reversed(order):
            pull(v)

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"


def _arithmetic(name: str) -> Callable[..., Any]:
    def method(self: Condition, *other: Any) -> Any:
        return getattr(self.as_number(), name)(*other)

    method.__name__ = name
    return method


class Condition(Node):
    """What a comparison of ``Value``s gives: its truth in ``data``, and how it was made.

    ``& | ^ ~`` combine conditions, ``==`` and ``!=`` compare them, ``sg.where`` chooses by them;
    in arithmetic they count as 1 and 0.  A condition passes no gradient.

    >>> v = Value(2.0)
    >>> (v > 1.0) & (v < 1.5), 3.0 * (v > 1.0)
    (Condition(False), Value(data=3.0, grad=0))
    """

    grad = 0.0
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
        """1 where it holds and 0 elsewhere."""
        return apply("where", self, 1.0, 0.0)  # type: ignore[no-any-return]

    __add__, __radd__ = _arithmetic("__add__"), _arithmetic("__radd__")
    __sub__, __rsub__ = _arithmetic("__sub__"), _arithmetic("__rsub__")
    __mul__, __rmul__ = _arithmetic("__mul__"), _arithmetic("__rmul__")
    __truediv__, __rtruediv__ = _arithmetic("__truediv__"), _arithmetic("__rtruediv__")
    __pow__, __neg__ = _arithmetic("__pow__"), _arithmetic("__neg__")

    def __repr__(self) -> str:
        return f"Condition({self.data})"


def number(data: Any) -> float:
    """``data`` as a Python float.  Raises ArgumentError where it is no real number."""
    if type(data) is float:
        return data
    try:
        if not isinstance(data, str | bytes | bytearray):
            return float(data)
        raise TypeError("a text")
    except (TypeError, ValueError, OverflowError) as error:
        shown = "beyond 1e308" if isinstance(data, int) else f"{data!r:.60}"
        kind = type(data).__name__
        raise ArgumentError(f"Value: expected a real number, got {kind} {shown}") from error


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
    """The result of an op, with the user's instruction that asked for it."""
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


def unary(name: str, x: Value) -> Value:
    """An op of one operand, in a Value's own method."""
    return node(value(name)(x.data), name, (x,))


def apply(name: str, *given: Any) -> Any:
    """An op of the table on scalars, by its IR name; numbers among them become leaves."""
    xs: tuple[Any, ...] = tuple([x if isinstance(x, Value | Condition) else leaf(x) for x in given])
    for x in xs:
        if x._traced:
            return x._apply(name, given, xs)
    data: Any = value(name)(*[x.data for x in xs])
    return condition(data, name, xs) if name in TRUTHS else node(data, name, xs)


def compare(name: str, left: Any, right: Any) -> Condition:
    """A comparison with a number; what is none is left to Python, which refuses it."""
    if isinstance(right, Value | Condition | int | float | np.number):
        made: Condition = apply(name, left, right)
        return made
    return NotImplemented  # type: ignore[no-any-return]
