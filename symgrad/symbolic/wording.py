"""Meanings as text over the checker's functions: SymPy's names, on pieces of Python text.

>>> from symgrad.ops import OPS
>>> wording(OPS["silu"], "x"), wording(OPS["leaky_relu"], "x", slope=0.1)
('x * sigmoid(x)', 'np.where(x > 0, x, (0.1) * x)')
>>> wording(OPS["where"], "c", "a", "b", lone=True)
'a if c else b'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.checker.real_functions import FUNCTIONS
from symgrad.errors import UnsupportedError
from symgrad.ir.function import literal
from symgrad.ir.op import Op
from symgrad.ops.defining import Definition

COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)


class Piece:
    """A piece of text, and how tightly it binds."""

    def __init__(self, text: str, rank: int = ATOM) -> None:
        self.text, self.rank = text, rank

    def __str__(self) -> str:
        return self.text

    def __neg__(self) -> Piece:
        return Piece(f"-{at_least(self, SIGN)}", SIGN)

    def __pow__(self, n: Any) -> Piece:
        if isinstance(n, int) and n == 2 and self.rank == ATOM and "(" not in self.text:
            return Piece(f"{self.text} * {self.text}", PRODUCT)
        return Piece(f"{at_least(self, ATOM)} ** {at_least(n, SIGN)}", POWER)

    def __rpow__(self, base: Any) -> Piece:
        return Piece(f"np.power({at_least(base, COMPARISON)}, {self.text})")


def at_least(x: Any, rank: int) -> str:
    """The text of an operand, in parentheses where it binds less."""
    if not isinstance(x, Piece):
        return written(x) if x >= 0 or rank <= SUM else f"({written(x)})"
    return x.text if x.rank >= rank else f"({x.text})"


def _operator(sign: str, rank: int, left: int, right: int) -> tuple[Any, Any]:
    def forward(x: Any, y: Any) -> Piece:
        return Piece(f"{at_least(x, left)} {sign} {at_least(y, right)}", rank)

    return forward, lambda x, y: forward(y, x)


for _name, _sign, _rank, _left, _right in (
    ("add", "+", SUM, SUM, PRODUCT),
    ("sub", "-", SUM, SUM, PRODUCT),
    ("mul", "*", PRODUCT, PRODUCT, SIGN),
    ("truediv", "/", PRODUCT, PRODUCT, SIGN),
):
    _forward, _backward = _operator(_sign, _rank, _left, _right)
    setattr(Piece, f"__{_name}__", _forward)
    setattr(Piece, f"__r{_name}__", _backward)
_COMPARISONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
for _name, _sign in _COMPARISONS.items():
    if _name not in ("eq", "ne"):  # which Python asks of pieces, too
        setattr(Piece, f"__{_name}__", _operator(_sign, COMPARISON, SUM, SUM)[0])


def called(name: str) -> Callable[..., Piece]:
    """The checker's function of that name, as NumPy has it or by itself."""
    shown = f"np.{name}" if hasattr(np, name) else name
    return lambda *xs: Piece(f"{shown}({', '.join(at_least(x, COMPARISON) for x in xs)})")


class Wording:
    """SymPy's names, as far as meanings use them; ``lone`` tells that operands are no arrays."""

    true, false = Piece("True"), Piece("False")

    def __init__(self, lone: bool) -> None:
        self.lone = lone
        for own, sign in _COMPARISONS.items():
            setattr(self, own.capitalize(), _operator(sign, COMPARISON, SUM, SUM)[0])

    def __getattr__(self, name: str) -> Callable[..., Piece]:
        """A function of the checker's, by SymPy's name or its own."""
        inverse = f"arc{name[1:]}" if name.startswith("a") else ""
        return called(inverse if inverse in FUNCTIONS else _NAMES.get(name, name))

    def text(self, form: str, *xs: Piece) -> Piece:
        """A product of operands in a form."""
        return Piece(form.format(*xs), PRODUCT)

    @property
    def pi(self) -> Piece:
        return Piece("np.pi")

    def Rational(self, p: int, q: int = 1) -> Piece:
        return Piece(f"{p} / {q}", PRODUCT)

    def Piecewise(self, *pairs: Any) -> Any:
        """The first value whose condition holds; the last one's always does."""
        *others, (found, _) = pairs
        for value, condition in reversed(others):
            if self.lone:
                parts = [at_least(x, COMPARISON) for x in (value, condition, found)]
                found = Piece("{} if {} else {}".format(*parts), -1)
            else:
                found = called("where")(condition, value, found)
        return found


_NAMES = {
    "Abs": "absolute",
    "ceiling": "ceil",
    "Max": "maximum",
    "Min": "minimum",
    "And": "logical_and",
    "Or": "logical_or",
    "Xor": "logical_xor",
    "Not": "logical_not",
}
_ARRAYS, _NUMBERS = Wording(False), Wording(True)


def wording(op: Op, *operands: str, lone: bool = False, **attributes: Any) -> str:
    """An elementwise op of operands, which are names: its definition, or the checker's function of
    its name, or its meaning.  Raises UnsupportedError where none of them is there."""
    name, xs = op.name, map(Piece, operands)
    meaning = op.definition or op.meaning
    if name in FUNCTIONS and not (op.definition or op.approximate):
        return called(name)(*xs).text
    if meaning is None:
        raise UnsupportedError(f"the op {name!r} has no definition for the checker")
    shown = {
        k: Piece(literal_text(v)) if isinstance(v, float) else v for k, v in attributes.items()
    }
    try:
        found = meaning(_NUMBERS if lone else _ARRAYS, *xs, **shown)
    except TypeError as error:
        raise UnsupportedError(f"no checker's text of what {name!r} means: {error}") from error
    return at_least(found, -1)


def formula_of(op: Op) -> str:
    """The function of an elementwise op, named as its helper is, as a text of its own."""
    own = op.definition
    plain = own.helper if isinstance(own, Definition) else ""
    plain = plain or f"def {op.name}(x):\n    return {wording(op, 'x')}\n"
    return "import numpy as np\nfrom scipy.special import erfc\n\n" + plain


def literal_text(value: Any) -> str:
    """A literal as the checker reads it."""
    return f"np.array({written(value)})" if isinstance(value, tuple) else f"({written(value)})"


def written(value: Any) -> str:
    """A number, a truth value or nested tuples of them."""
    if isinstance(value, tuple):
        return f"({''.join(f'{written(v)}, ' for v in value)})"
    text = {"true": "True", "false": "False"}.get(literal(value), literal(value))
    return f'float("{text}")' if text.strip("-") in ("nan", "inf") else text
