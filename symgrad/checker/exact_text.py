r"""Emitted texts on numbers that are not floats: the text runs as it stands, its literals exact.

A subclass of ``Number`` says how to add, multiply, invert, compare, lift a literal, and what its
functions are.  NumPy's own structure (views, slices, ``@``, in-place
updates, ``out=``) is kept, as object arrays; ``np.empty`` holds what may not be read.

>>> from symgrad.checker.balls import Balls
>>> one = Balls().one
>>> source = "import numpy as np\ndef f(x):\n    return np.sum(x + 0.25)\n"
>>> ExactText(source, {}, {}).run(one, np.array([one / 2] * 2)).middle()
1.5
"""

from __future__ import annotations

import ast
import hashlib
import math
import operator
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from symgrad.checker.cells import Cells
from symgrad.checker.exact_number import (
    RUN,
    ExactNumber,
    Function,
    Nowhere,
    Untold,
    Unwritten,
    everywhere,
)
from symgrad.checker.exact_syntax import made_exact, parts
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError
from symgrad.runtime.libraries import Library
from symgrad.runtime.load import load_source

BUILTINS: dict[str, Function] = {}  # in place of Python's own
NAMED: set[float] = set()  # the mantissas of literals that mean an irrational number


# NumPy treats object arrays as it treats floats here, rounding aside.
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAME = _words(
    "add all any arange argmax argmin argsort array asarray ascontiguousarray atleast_1d bool_ "
    "atleast_2d broadcast_shapes broadcast_to column_stack concatenate copy copyto cross cumprod "
    "cumsum diag diag_indices diagonal dot e einsum equal expand_dims eye fill_diagonal flip full "
    "full_like greater greater_equal hstack identity indices inf inner int64 intp invert ix_ kron "
    "less less_equal logical_and logical_not logical_or logical_xor moveaxis multiply nan ndim "
    "negative newaxis not_equal ogrid ones_like outer pi positive prod ravel repeat reshape roll "
    "s_ shape size split square squeeze stack subtract sum swapaxes take vstack take_along_axis "
    "tensordot tile trace transpose tri tril tril_indices triu triu_indices put_along_axis "
    "zeros_like"
)
_OTHERS: dict[str, Function] = {
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


def along(fold: Function, whole: Function) -> Function:
    """A reduction over axes, from a function of all the elements, and one of the last axis of
    cells."""
    fold = everywhere(fold)

    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = x if isinstance(x, Cells) else np.asarray(x, object)
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        gone = sorted(a % x.ndim for a in axes)
        kept = [a for a in range(x.ndim) if a not in gone]
        rows = x.transpose(*kept, *gone).reshape(*(x.shape[a] for a in kept), -1)
        if isinstance(x, Cells):
            result = whole(rows)
        else:
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
        self.meaning, self.function = function, everywhere(function)
        self.over = np.frompyfunc(self.function, self.arity, 1)

    def __call__(self, *xs: Any, **named: Any) -> Any:
        if cells := [x for x in xs if isinstance(x, Cells)]:
            return cells[0].assigned(self.function(*xs), **named)
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
    """The text's ``np``, ``math`` and ``scipy.special``; ``one`` lifts its literals."""

    def __init__(self, functions: Mapping[str, Any]) -> None:
        self.one, self.functions = ExactNumber(), functions
        self.float64 = self.float32 = _Real(self.exact)
        self.divide = Elementwise(lambda a, b: self.exact(a) / self.exact(b), 2)
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
            return lambda x, *rest, **named: function(self.exact(self.asarray(x)), *rest, **named)
        meaning, exact = function.meaning, self.exact
        if function.arity == 1:
            return Elementwise(lambda x: meaning(exact(x)), 1)
        return Elementwise(lambda *xs: meaning(*map(exact, xs)), function.arity)

    def exact(self, x: Any) -> Any:
        """A number of a text, or an array of them; what is no finite number stays."""
        if type(x) is type(self.one):
            return x
        if isinstance(x, np.ndarray) and isinstance(self.one, Cells):
            return self.one.lift(x)
        if isinstance(x, np.ndarray):
            return np.asarray(np.frompyfunc(self.exact, 1, 1)(x), object)[()]
        if isinstance(x, float) and not math.isfinite(x):
            return x
        y = self.one.lift(x)
        return x if y is NotImplemented else y

    def testing(self, holds: Callable[[float], bool]) -> Function:
        """A test of floats: a ``Number`` is finite, and of what has no value it is not known, but
        that the reference takes it to be infinite, or nan."""

        def tested(x: Any) -> Any:
            if not isinstance(x, Nowhere):
                return holds(x if isinstance(x, float) else 0.0)
            finite = holds is math.isfinite
            RUN.asked |= finite and not RUN.in_text
            return x.compared() if not (finite and RUN.asked) else False

        test = np.frompyfunc(tested, 1, 1)

        def over(x: Any) -> Any:
            if isinstance(x, Cells) and not x.lives():
                raise Untold("a test of what has no value")
            plain = np.zeros(x.shape) if isinstance(x, Cells) else x
            return self.seen(np.asarray(test(plain), bool)[()])

        return over

    def compare(self, holds: Function, a: Any, b: Any, **named: Any) -> Any:
        if all(
            not isinstance(x, ExactNumber) and np.asarray(x).dtype.kind in "iub" for x in (a, b)
        ):
            gaps = np.subtract(a, b, dtype=np.int64)
            sides = [self.one.watch.went(int(np.sign(gap)), gap) for gap in gaps.flat]
            a, b = np.reshape(np.array(sides, np.int64), gaps.shape)[()], 0
        return self.seen(holds(a, b, **named))

    def compared(self, name: str, a: Any, b: Any) -> Any:
        """A comparison as it stands in the text."""
        if name in _OTHERS:
            return self.seen(_OTHERS[name](a, b))
        return self.compare(getattr(operator, name), a, b)

    def seen(self, outcome: Any) -> Any:
        self.one.watch.met(outcome.near() if isinstance(outcome, Cells) else outcome)
        return outcome

    def passed(self, part: tuple[int, int], value: Any = None) -> Any:
        """The value of a part of the text that ran."""
        self.one.watch.passed(part)
        return value

    def array(self, x: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(x, list | tuple) and _holds_cells(x):
            return np.stack(self.one.algebra.alike([self.array(v) for v in x]))
        return x.copy() if isinstance(x, Cells) else np.array(x, *rest, **named)

    def asarray(self, x: Any, *rest: Any, **named: Any) -> Any:
        return x if isinstance(x, Cells) else self.array(x, *rest, **{**named, "copy": None})

    def asfortranarray(self, x: Any) -> Any:
        return self.asarray(x)  # the layout in memory is none of a number's business

    def where(self, condition: Any, *branches: Any) -> Any:
        """A choice; what has no value in the branch not taken is not read there."""
        chosen, undefined = np.where(condition, *branches), self.one.undefined()
        if undefined and branches:
            passed = [*leaves(np.where(condition, *branches[::-1]))]
            while passed:
                x = passed.pop()
                if isinstance(x, Nowhere) and undefined.pop(id(x), None) is not None:
                    passed += x.also
        return chosen

    def mean(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.mean(self.exact(self.asarray(x)), axis=axis, keepdims=keepdims)

    def matmul(self, a: Any, b: Any, **named: Any) -> Any:
        named.pop("order", None)  # in which memory is laid out
        return np.matmul(a, b, **named) if named else a @ b

    def vdot(self, a: Any, b: Any) -> Any:
        return np.sum(np.ravel(a) * np.ravel(b))  # NumPy's own gives None of nothing

    def full(self, shape: Any, x: Any, dtype: Any = object) -> Any:
        return self.one.filled(shape, x, np.dtype(dtype))

    def zeros(self, shape: Any, dtype: Any = object) -> Any:
        return self.full(shape, 0, dtype)

    def ones(self, shape: Any, dtype: Any = object) -> Any:
        return self.full(shape, 1, dtype)

    def empty(self, shape: Any, dtype: Any = object) -> Any:
        return self.full(shape, Unwritten())

    def empty_like(self, x: Any) -> Any:
        return self.empty(np.shape(x))


def _holds_cells(x: Any) -> bool:
    return any(isinstance(v, Cells) or (isinstance(v, list | tuple) and _holds_cells(v)) for v in x)


def _refuse(name: str, *args: Any, **named: Any) -> Any:
    raise UnsupportedError(f"{name} has no meaning on exact numbers")


class ExactText:
    """A text whose literals and quotients are exact.

    functions  the elementwise functions by NumPy's names, as ufuncs; reductions as they are
    given      what the text may read besides the builtins, for a text of our own
    libraries  modules that it may import, but that nothing stands in for here
    Raises FormatError, and UnsupportedError, for a text that imports one of these, too.
    """

    def __init__(
        self,
        source: str,
        functions: Mapping[str, Any],
        given: Mapping[str, Any],
        libraries: tuple[Library, ...] = (),
    ) -> None:
        self.space = Namespace(functions)
        self.filename = f"<exact {hashlib.sha256(source.encode()).hexdigest()[:8]}>"
        modules: dict[str, Any] = dict.fromkeys(("numpy", "math", "scipy.special"), self.space)
        modules["builtins"] = {
            **BUILTINS,
            "__passed__": self.space.passed,
            "float": self.space.float64,
            "__compare__": self.space.compared,
            "__product__": self.space.matmul,
            "__exact__": self.space.exact,
            "__fraction__": _fraction,
        }
        given = {name: self.space.lifting(f) for name, f in given.items()}
        own = load_source(
            source,
            self.filename,
            given,
            modules=modules,
            libraries=libraries,
            rewrite=self.rewritten,
        )
        self.functions = {k: f for k, f in own.items() if isinstance(f, FunctionType)}
        self.constants = [x for x in own.values() if not isinstance(x, FunctionType)]
        self.constants += [x for f in self.functions.values() for x in f.__defaults__ or ()]
        if any(hasattr(x, "__next__") for x in leaves(self.constants)):
            raise VerificationError("it counts its calls")

    def rewritten(self, tree: ast.Module) -> ast.Module:
        self.tree = made_exact(tree)
        return self.tree

    def parts(self, name: str) -> set[tuple[int, int]]:
        """Lines and columns of what may or may not run, the last function's by default."""
        return parts(self.tree, name or [*self.functions][-1])

    def state(self) -> list[Any]:
        """The present content of all that could outlast a call."""
        return [
            x.tobytes()
            if isinstance(x, np.ndarray) and x.dtype.kind != "O"
            else [*map(id, leaves(x))]
            for x in self.constants
        ]

    def run(self, one: ExactNumber, *args: Any, name: str = "", **named: Any) -> Any:
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
        for part in x.flat:
            if isinstance(part, np.ndarray) and part.ndim:
                raise VerificationError("an array is an element of an array")
            yield part[()] if isinstance(part, np.ndarray) else part
    else:
        yield x


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turns any exception of a program into one that says that it cannot be judged."""
    try:
        yield
    except SymgradError:
        raise
    except Exception as error:
        line, outside = "", what == "the reference" and isinstance(error, IndexError)
        for frame in traceback.extract_tb(error.__traceback__):
            line = f", line {frame.lineno}" if frame.filename.startswith("<exact ") else line
        kind = DomainError if outside else UnsupportedError
        raise kind(f"{what}{line}: {type(error).__name__}: {error}") from error


def _fraction(x: float) -> Any:
    """A literal of a module, which is there before any algebra is."""
    plain = not math.isfinite(x) or math.frexp(abs(x))[0] in NAMED
    return x if plain else Fraction(x)
