r"""Emitted texts on numbers that are not floats: the text runs as it stands, its literals exact.

``Number`` is what stands for a float; a subclass says how to add, multiply, invert, compare, lift
a literal, and what its functions are.  NumPy's own structure (views, slices, ``@``, in-place
updates, ``out=``) is kept, as object arrays; ``np.empty`` holds what may not be read.

>>> class Rational(Number):
...     plus = lambda a, b: Rational(a.q + b.q)
...     def __init__(self, q):
...         self.q = q
...     def exactly(self, x):
...         return Rational(Fraction(x))
>>> source = "import numpy as np\ndef f(x):\n    return np.sum(x + 0.25)\n"
>>> text = ExactText(source, {}, {})
>>> text.run(Rational(Fraction(1)), np.array([Rational(Fraction(1, 3))] * 2)).q
Fraction(7, 6)
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from symgrad.checker.tree import made_exact
from symgrad.errors import DomainError, UnsupportedError, VerificationError
from symgrad.runtime.load import load_source

Function = Callable[..., Any]
BUILTINS: dict[str, Function] = {}  # in place of Python's own
NAMED: set[float] = set()  # the mantissas of literals that mean an irrational number


# What NumPy does to object arrays is what it does to floats, rounding aside.
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAME = _words(
    "add all any arange argmax argmin argsort array asarray ascontiguousarray atleast_1d bool_ "
    "atleast_2d broadcast_shapes broadcast_to column_stack concatenate copy copyto cumprod cumsum "
    "diag diag_indices diagonal dot e einsum equal expand_dims eye fill_diagonal flip full "
    "full_like greater greater_equal hstack identity indices inf inner int64 intp invert ix_ kron "
    "less less_equal logical_and logical_not logical_or logical_xor matmul moveaxis multiply nan "
    "ndim negative newaxis not_equal ogrid ones_like outer pi positive prod ravel repeat "
    "reshape roll s_ shape size split square squeeze stack subtract sum swapaxes take vstack where "
    "take_along_axis tensordot tile trace transpose tri tril tril_indices triu triu_indices "
    "put_along_axis zeros_like"
)
_OPERATORS: dict[str, Function] = {
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}
_UFUNCS = _words("equal greater greater_equal less less_equal not_equal")
_ALIASES = {
    **{f"a{name}": f"arc{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")},
    "abs": "absolute",
    "fabs": "absolute",
    "expit": "sigmoid",
    "log_expit": "log_sigmoid",
    "pow": "power",
    "rint": "round",
    "true_divide": "divide",
}


def _operator(formula: Function, infinite: Function | None = None) -> Any:
    """A method; ``infinite`` says what comes of a number and an infinity."""

    def method(self: Any, other: Any) -> Any:
        if type(other) is type(self):
            return formula(self, other)
        if infinite and isinstance(other, float) and math.isinf(other):
            return infinite(self.lift(self), other)
        other = self.lift(other)
        return other if other is NotImplemented else formula(self, other)

    return method


def _comparison(holds: Callable[[float], bool]) -> Any:
    def method(self: Any, other: Any) -> Any:
        difference = self.order(other)
        return difference if difference is NotImplemented else holds(difference)

    return method


class Number:
    """What stands for a float.  A subclass has plus, times, inverse, sign, exactly, functions."""

    __slots__ = ()
    dtype, shape, ndim = np.dtype(object), (), 0
    dual = False
    functions: Mapping[str, Function] = {}
    __add__ = __radd__ = _operator(lambda a, b: a.plus(b), lambda a, b: b)
    __mul__ = __rmul__ = _operator(lambda a, b: a.times(b), lambda a, b: a.order(0) * b)
    __sub__ = _operator(lambda a, b: a.plus(-b), lambda a, b: -b)
    __rsub__ = _operator(lambda a, b: b.plus(-a), lambda a, b: b)
    __truediv__ = _operator(lambda a, b: a.times(b.inverse()), lambda a, b: a.lift(0))
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
        x = x.item() if isinstance(x, np.generic) else x
        if type(x) is type(self) or not isinstance(x, int | float | Fraction):
            return x if type(x) is type(self) else NotImplemented
        if isinstance(x, float) and not math.isfinite(x):
            raise DomainError(f"{x} is no number")
        known, key = self.literals(), (type(x), x)
        if key not in known:
            known[key] = self.exactly(x)
        return known[key]

    def met(self, outcome: Any) -> None:
        """Told what came out of a comparison, a test for infinities, a whole part."""

    def literals(self) -> dict[Any, Any]:
        """Where an algebra keeps the literals that it has lifted."""
        return {}

    def order(self: Any, other: Any) -> Any:
        """The sign of self - other; nan is on neither side of anything."""
        if isinstance(other, float) and not math.isfinite(other):
            return -other
        other = self.lift(other)
        return other if other is NotImplemented else self.plus(-other).sign()


class Unwritten(Number):
    """What ``np.empty`` holds: to read it is a fault whatever it holds."""

    def lift(self, *x: Any) -> Any:
        raise VerificationError("reads memory that was never written")

    plus = times = inverse = lift


def along(fold: Function) -> Function:
    """A reduction over axes, from a function of all the elements."""

    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = np.asarray(x, object)
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        gone = sorted(a % x.ndim for a in axes)
        kept = [a for a in range(x.ndim) if a not in gone]
        rows = x.transpose(*kept, *gone).reshape(*(x.shape[a] for a in kept), -1)
        result = np.empty(rows.shape[:-1], object)
        for i in np.ndindex(result.shape):
            result[i] = fold(*rows[i])
        full = [1 if a in gone else n for a, n in enumerate(x.shape)]
        return result.reshape(full)[()] if keepdims else result[()]

    return reduce


class Elementwise:
    """A function of numbers, on numbers or on arrays of them."""

    def __init__(self, function: Function, arity: int) -> None:
        self.arity = arity
        self.replace(function)

    def replace(self, function: Function) -> None:
        """Gives it another meaning."""
        self.function, self.over = function, np.frompyfunc(function, self.arity, 1)

    def __call__(self, *xs: Any, **named: Any) -> Any:
        if named or any(type(x) is np.ndarray for x in xs):
            return self.over(*xs, **named)
        return self.function(*xs)


class _Real:
    """``np.float64``: a dtype, and the conversion of a number."""

    dtype = np.dtype(object)

    def __init__(self, convert: Function) -> None:
        self.convert = convert

    def __call__(self, x: Any = 0.0) -> Any:
        return float(x) if isinstance(x, str) else self.convert(x)


class Namespace:
    """What a text finds as ``np``, ``math`` and ``scipy.special``; ``one`` lifts its literals."""

    def __init__(self, functions: Mapping[str, Any]) -> None:
        self.one, self.functions = Number(), functions
        self.float64 = self.float32 = _Real(self.exact)
        self.divide = np.frompyfunc(lambda a, b: self.exact(a) / self.exact(b), 2, 1)
        tests = (math.isnan, math.isinf, math.isfinite)
        self.isnan, self.isinf, self.isfinite = map(self.testing, tests)

    def __getattr__(self, name: str) -> Any:
        name = _ALIASES.get(name, name)
        if name in _UFUNCS:
            return partial(self.compare, getattr(np, name))
        if (function := self.functions.get(name)) is not None:
            return self.lifting(function)
        return getattr(np, name) if name in _SAME else partial(_refuse, name)

    def lifting(self, function: Any) -> Any:
        """The function, for plain numbers too."""
        if not isinstance(function, Elementwise):
            return lambda x, *rest, **named: function(self.exact(np.asarray(x)), *rest, **named)
        core = function.function
        return Elementwise(lambda *xs: core(*map(self.exact, xs)), function.arity)

    def exact(self, x: Any) -> Any:
        """A number of a text, or an array of them; what is no finite number stays."""
        if isinstance(x, np.ndarray):
            return np.asarray(np.frompyfunc(self.exact, 1, 1)(x), object)[()]
        if isinstance(x, float) and not math.isfinite(x):
            return x
        y = self.one.lift(x)
        return x if y is NotImplemented else y

    def testing(self, holds: Callable[[float], bool]) -> Function:
        """A test of floats: a ``Number`` is finite."""
        test = np.frompyfunc(lambda x: holds(x if isinstance(x, float) else 0.0), 1, 1)
        return lambda x: self.seen(np.asarray(test(x), bool)[()])

    def compare(self, holds: Function, a: Any, b: Any, **named: Any) -> Any:
        return self.seen(holds(a, b, **named))

    def compared(self, names: str, first: Any, *others: Any) -> Any:
        """``a < b``, or ``a < b < c``, as it stands in the text."""
        outcome: Any = True
        for name, other in zip(names.split(", "), others, strict=True):
            outcome = self.compare(_OPERATORS[name], first, other)
            first = other
            if len(others) > 1 and not outcome:
                break
        return outcome

    def seen(self, outcome: Any) -> Any:
        self.one.met(outcome)
        return outcome

    def mean(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.mean(self.exact(np.asarray(x)), axis=axis, keepdims=keepdims)

    def vdot(self, a: Any, b: Any) -> Any:
        return np.sum(np.ravel(a) * np.ravel(b))  # NumPy's own gives None of nothing

    def zeros(self, shape: Any, dtype: Any = object) -> Any:
        return np.zeros(shape, dtype)

    def ones(self, shape: Any, dtype: Any = object) -> Any:
        return np.ones(shape, dtype)

    def empty(self, shape: Any, dtype: Any = object) -> Any:
        return np.full(shape, Unwritten(), object)

    def empty_like(self, x: Any) -> Any:
        return self.empty(np.shape(x))


def _refuse(name: str, *args: Any, **named: Any) -> Any:
    raise UnsupportedError(f"{name} has no meaning on exact numbers")


class ExactText:
    """A text whose literals and quotients are exact.

    functions  the elementwise functions by NumPy's names, as ufuncs; reductions as they are
    given      what the text may read besides the builtins, for a text of our own
    Raises FormatError and UnsupportedError.
    """

    def __init__(self, source: str, functions: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self.space = Namespace(functions)
        self.filename = f"<exact {hashlib.sha256(source.encode()).hexdigest()[:8]}>"
        modules: dict[str, Any] = dict.fromkeys(("numpy", "math", "scipy.special"), self.space)
        modules["builtins"] = {
            **BUILTINS,
            "float": self.space.float64,
            "__compare__": self.space.compared,
            "__exact__": self.space.exact,
            "__fraction__": _fraction,
        }
        given = {name: self.space.lifting(f) for name, f in given.items()}
        own = load_source(source, self.filename, given, modules=modules, rewrite=made_exact)
        self.functions = {k: f for k, f in own.items() if isinstance(f, FunctionType)}
        self.constants = [x for x in own.values() if not isinstance(x, FunctionType)]
        self.constants += [f.__defaults__ for f in self.functions.values()]

    def state(self) -> list[Any]:
        """What could outlast a call, as it is now."""
        return [
            x.tobytes()
            if isinstance(x, np.ndarray) and x.dtype != object
            else [*map(id, leaves(x))]
            for x in self.constants
        ]

    def run(self, one: Number, *args: Any, name: str = "", **named: Any) -> Any:
        """A function of the text, the last one by default, where literals are like ``one``."""
        self.space.one = one
        function = self.functions[name] if name else [*self.functions.values()][-1]
        before = self.state()
        try:
            with np.errstate(all="ignore"):
                result = function(*args, **named)
            if self.state() != before:
                raise VerificationError("it keeps something from one call to the next")
            return result
        except SystemError as error:  # np.dot goes on after a number has raised
            first: BaseException = error
            while first.__cause__ is not None:
                first = first.__cause__
            raise first from None


def leaves(x: Any) -> Iterator[Any]:
    """The numbers in nested tuples, lists and arrays, in order."""
    if isinstance(x, tuple | list):
        for part in x:
            yield from leaves(part)
    elif isinstance(x, np.ndarray):
        yield from x.flat
    else:
        yield x


def _fraction(x: float) -> Any:
    """A literal of a module, which is there before any algebra is."""
    plain = not math.isfinite(x) or math.frexp(abs(x))[0] in NAMED
    return x if plain else Fraction(x)
