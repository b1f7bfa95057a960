"""Python's operators on expressions, sizes and scalars: the op that each of them stands for.

A class that has them says how it makes the method of an op, and how it refuses those operators
that no op stands for.  A method that it writes itself stays.

>>> class Shown(Arithmetic, operator=lambda name, reflected: lambda self, other: (name, reflected)):
...     def __rsub__(self, other):
...         return "own"
>>> x = Shown()
>>> x + 1, 2**x, 3 - x, x < 4
(('add', False), ('power', True), 'own', ('less', False))
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from symgrad.ops import OPS

R = TypeVar("R", covariant=True)

# The word in the names of Python's methods for each operator.
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow"}
_ORDER = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_EQUALITY = {"==": "eq", "!=": "ne"}
_LOGIC = {"@": "matmul", "&": "and", "|": "or", "^": "xor"}
_NUMERIC = _ARITHMETIC | _ORDER | _EQUALITY
_WORDS = _NUMERIC | _LOGIC
_ONE_SIDED = {*_ORDER, *_EQUALITY}  # Python turns these round itself
NAMES = {op.symbol: name for name, op in OPS.items() if op.symbol}  # the op of each operator
# Python's function for each op that numbers have an operator for.
ON_NUMBERS = {NAMES[symbol]: getattr(operator, word) for symbol, word in _NUMERIC.items()}

FLOOR = "sg.floor(x / y)"
REMAINDER = f"x - y * {FLOOR}"
# Operators that no op stands for, by the word in their names: how they are written, and instead.
_REFUSED = {
    "floordiv": ("//", FLOOR),
    "mod": ("%", REMAINDER),
    "divmod": ("divmod()", f"{FLOOR} and {REMAINDER}"),
}


class Arithmetic(Generic[R]):
    """The operators + - * / ** < <= > >= of a class, whose results are of the type ``R``.

    operator   makes the method of an op, by its name and whether the operand is on the right; None
               where the class has no such operator
    refused    makes a method that refuses, by the operator and the formula to write instead
    """

    __slots__ = ()
    _symbols: ClassVar[tuple[str, ...]] = (*_ARITHMETIC, *_ORDER)

    if TYPE_CHECKING:

        def __add__(self, other: Any, /) -> R: ...

        __sub__ = __mul__ = __truediv__ = __pow__ = __lt__ = __le__ = __gt__ = __ge__ = __add__
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __add__
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __add__

    def __init_subclass__(
        cls,
        operator: Callable[..., Callable[..., Any] | None] | None = None,
        refused: Callable[[str, str], Callable[..., Any]] | None = None,
    ) -> None:
        super().__init_subclass__()
        if operator is not None:
            left = [(NAMES[symbol], False) for symbol in cls._symbols]
            right = [(NAMES[symbol], True) for symbol in cls._symbols if symbol not in _ONE_SIDED]
            for op, reflected in (*left, *right):
                name = method_name(op, reflected)
                made = None if name in vars(cls) else operator(op, reflected)
                if made is not None:
                    setattr(cls, name, made)
        if refused is not None:
            for word, said in _REFUSED.items():
                for name in (f"__{word}__", f"__r{word}__"):
                    if name not in vars(cls):
                        setattr(cls, name, refused(*said))


class Operators(Arithmetic[R]):
    """Those operators and @ & | ^ == !=."""

    __slots__ = ()
    _symbols = (*Arithmetic._symbols, *_EQUALITY, *_LOGIC)

    if TYPE_CHECKING:

        def __and__(self, other: Any, /) -> R: ...

        __or__ = __xor__ = __rand__ = __ror__ = __rxor__ = __matmul__ = __rmatmul__ = __and__
        __eq__ = __ne__ = __and__  # type: ignore[assignment]


def method_name(name: str, reflected: bool = False) -> str:
    """The name of Python's method for an op, such as ``__rsub__``."""
    return f"__{'r' if reflected else ''}{_WORDS[OPS[name].symbol]}__"
