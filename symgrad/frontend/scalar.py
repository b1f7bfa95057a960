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
million nodes neither recurses nor crashes; and each node knows the line that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import attrgetter
from sys import _getframe
from types import CodeType
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.floats import partials, value
from symgrad.frontend.origin import INTERNAL, decode
from symgrad.ir.function import Origin

Buffer = np.ndarray[Any, np.dtype[np.float64]]
_Cell = tuple[Buffer, int]

USER = "user:"  # heads the op name of a node that was made by hand, with its own ``_backward``
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
# micrograd writes these as a + (-b) and a * b**-1.  The inner node keeps its gradient between
# calls of backward(), and so must we to accumulate the same numbers.
_CARRIES = ("subtract", "divide")

_serial = count().__next__
_divide = value("divide")
_power = value("power")


class Value:
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
    _at: int  # with _code: the user's instruction that made the node, decoded by ``origin``
    _backward: Callable[[], None]  # set by hand-made nodes only
    _carry: float  # see _CARRIES; unset before the first backward()
    _cell: _Cell  # of a Parameter: its buffer, and its place there
    _code: CodeType | None
    _exponent: float  # of a power whose exponent is a number
    _name: str  # the op's name in the IR; of a leaf "", "start" (the 0 of a sum) or "input"
    _operands: tuple[Value, ...]
    _serial: int  # creation order, which is a topological order

    def __init__(
        self, data: float, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        self.data = number(data)
        self.grad = 0
        self.label = label
        self._operands = tuple(_children)
        self._name = USER + _op if self._operands else ""
        self._serial = _serial()
        self._code = None

    @property
    def _prev(self) -> tuple[Value, ...]:
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

    def relu(self) -> Value:
        """max(x, 0); the derivative at 0 is 0."""
        return apply("relu", self)

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        return apply("tanh", self)

    def exp(self) -> Value:
        """e to the x; inf where it overflows."""
        return apply("exp", self)

    def log(self) -> Value:
        """The natural logarithm; -inf at 0, nan below."""
        return apply("log", self)

    def sigmoid(self) -> Value:
        """1 / (1 + exp(-x))."""
        return apply("sigmoid", self)

    def backward(self) -> None:
        """Adds d self / d v to ``v.grad`` for every v that self was made from.

        As in micrograd the gradient of self is set to 1 and nothing else is cleared, so that a
        second call adds to what the first one left, in inner nodes too.
        """
        order = computed((self,))
        self.grad = 1
        for v in reversed(order):
            _pull(v)

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"


class Parameter(Value):
    """A leaf whose ``data`` lives in a buffer; what ``module.theta`` makes of its parameters."""

    __slots__ = ()

    @property
    def data(self) -> float:
        """The number in the buffer."""
        buffer, i = self._cell
        return buffer.item(i)

    @data.setter
    def data(self, data: float) -> None:
        buffer, i = self._cell
        buffer[i] = data


def bind(values: Sequence[Value]) -> Buffer:
    """The values' data as one float64 array, which they read and write from now on.

    Values that lie side by side in a buffer already give a view of it, so that the layers of a
    network see the network's own.
    """
    cells: list[_Cell | None] = [getattr(v, "_cell", None) for v in values]
    if cells and cells[0] is not None:
        buffer, start = cells[0]
        if all(c is not None and c[0] is buffer and c[1] == start + i for i, c in enumerate(cells)):
            whole = len(cells) == buffer.size
            return buffer if whole else buffer[start : start + len(cells)]
    for v in values:
        if v._operands:
            raise ArgumentError(f"theta: expected leaves, got a result of {v._op!r} at {v.origin}")
    fresh = np.array([v.data for v in values], dtype=np.float64)
    for i, v in enumerate(values):
        v._cell = (fresh, i)
        v.__class__ = Parameter
    return fresh


def number(data: Any) -> float:
    """``data`` as a Python float.  Raises ArgumentError where it is no real number."""
    if type(data) is float:
        return data
    try:
        return float(data)
    except (TypeError, ValueError) as error:
        kind = type(data).__name__
        raise ArgumentError(f"Value: expected a real number, got {kind} {data!r}") from error


def leaf(data: Any) -> Value:
    """A value without operands."""
    v: Value = object.__new__(Value)
    v.data = data if type(data) is float else number(data)
    v.grad = 0
    v.label = ""
    v._operands = ()
    v._name = ""
    v._serial = _serial()
    v._code = None
    return v


def node(data: float, name: str, operands: tuple[Value, ...]) -> Value:
    """The result of an op, with the user's instruction that asked for it."""
    v: Value = object.__new__(Value)
    v.data = data
    v.grad = 0
    v.label = ""
    v._operands = operands
    v._name = name
    v._serial = _serial()
    frame = _getframe(2)
    while INTERNAL[frame.f_globals.get("__name__")] and frame.f_back is not None:
        frame = frame.f_back
    v._code = frame.f_code
    v._at = frame.f_lasti
    return v


def apply(name: str, *xs: Value) -> Value:
    """An elementwise op of the table, by its IR name."""
    return node(value(name)(*[x.data for x in xs]), name, xs)


def computed(roots: Iterable[Value]) -> list[Value]:
    """``reach`` without the leaves, which are half of a graph."""
    seen = dict.fromkeys([v for v in roots if v._operands])
    stack = list(seen)
    while stack:
        for operand in stack.pop()._operands:
            if operand._operands and operand not in seen:
                seen[operand] = None
                stack.append(operand)
    return sorted(seen, key=attrgetter("_serial"))


def reach(roots: Iterable[Value]) -> list[Value]:
    """All values that the roots were made from, and the roots, in order of creation."""
    seen = dict.fromkeys(roots)
    stack = list(seen)
    while stack:
        for operand in stack.pop()._operands:
            if operand not in seen:
                seen[operand] = None
                stack.append(operand)
    return sorted(seen, key=attrgetter("_serial"))


def _pull(v: Value) -> None:
    """Adds v's gradient, times the partials, to the gradients of its operands."""
    name, operands, g = v._name, v._operands, v.grad
    if name.startswith(USER):
        if hasattr(v, "_backward"):
            v._backward()
        return
    if name == "power" and len(operands) == 1:
        slopes = partials(name, v.data, operands[0].data, float(v._exponent))[:1]
    else:
        slopes = partials(name, v.data, *[x.data for x in operands])
    for i, (x, slope) in enumerate(zip(operands, slopes, strict=True)):
        if slope is None:
            continue
        if i == 1 and name in _CARRIES:
            g = v._carry = getattr(v, "_carry", 0.0) + g
        x.grad += slope * g
