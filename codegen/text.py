"""Expressions as text: precedences, brackets, and how deep they nest.

>>> a, b = atom("a"), atom("b")
>>> infix("*", MUL)(infix("+", ADD)(a, b), b).text
'(a + b) * b'
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

TERNARY, COMPARE, ADD, MUL, UNARY, POWER, ATOM = 1, 5, 10, 20, 30, 40, 100


class Text(NamedTuple):
    """An expression, how tightly it binds, how deep its brackets nest, and its weight.

    ``ops`` counts operations, but a sum weighs little more than its heaviest term: a reader takes
    terms one by one.
    """

    text: str
    precedence: int = ATOM
    depth: int = 0
    ops: int = 0


Form = Callable[..., Text]


def atom(text: str) -> Text:
    return Text(text)


def within(x: Text, precedence: int) -> Text:
    """``x`` in brackets unless it binds at least as tightly as ``precedence``."""
    if x.precedence >= precedence:
        return x
    return Text(f"({x.text})", ATOM, x.depth + 1, x.ops)


def count(*xs: Text) -> int:
    return 1 + sum([x.ops for x in xs])


def infix(operator: str, precedence: int, space: bool = True) -> Form:
    """A binary operator that groups from the left; comparisons do not, for Python chains them."""
    sign = f" {operator} " if space else operator
    first = precedence + 1 if precedence == COMPARE else precedence

    def form(a: Text, b: Text) -> Text:
        a, b = within(a, first), within(b, precedence + 1)
        weight = 1 + a.ops + b.ops
        if precedence == ADD:
            weight = max(a.ops if a.precedence == ADD else a.ops + 1, b.ops + 1)
        return Text(a.text + sign + b.text, precedence, max(a.depth, b.depth), weight)

    return form


def prefix(operator: str, precedence: int = UNARY) -> Form:
    """A unary operator before its operand."""

    def form(a: Text) -> Text:
        inner = within(a, precedence)
        return Text(operator + inner.text, precedence, inner.depth, count(a))

    return form


def call(name: str, *after: str) -> Form:
    """A call with the operands, then the texts ``after``, as arguments."""

    def form(*xs: Text) -> Text:
        arguments = ", ".join([*[x.text for x in xs], *after])
        depth = 1 + max([x.depth for x in xs], default=0)
        return Text(f"{name}({arguments})", ATOM, depth, count(*xs))

    return form


def suffix(text: str) -> Form:
    """A method call, attribute or subscript, written behind its operand."""

    def form(x: Text) -> Text:
        inner = within(x, ATOM)
        depth = max(inner.depth, 1 if text.endswith(("]", ")")) else 0)
        return Text(inner.text + text, ATOM, depth, count(x))

    return form


def number(value: bool | int | float) -> Text:
    """A literal: a float by its shortest repr, nan and inf through float().

    >>> [number(x).text for x in (0.0001, 0.001, 2.5, 1e-05, 1e300, -200000.0, 3.0)]
    ['1e-4', '0.001', '2.5', '1e-5', '1e300', '-2e5', '3.0']
    """
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return Text(f'float("{value!r}")', ATOM, 1)
    text = repr(value)
    if isinstance(value, float):
        text = with_exponent(value, text)
    return Text(text, UNARY if text.startswith("-") else ATOM)


def with_exponent(value: float, text: str) -> str:
    """The repr, or the form with an exponent where that saves two characters or more."""
    if "e" in text:
        head, _, power = text.partition("e")
        return f"{head}e{int(power)}"
    sign, digits, tail = Decimal(text).normalize().as_tuple()
    exponent = len(digits) - 1 + int(tail)
    mantissa = "".join(map(str, digits[:1])) + ("." if len(digits) > 1 else "")
    short = f"{'-' * sign}{mantissa}{''.join(map(str, digits[1:]))}e{exponent}"
    far = value and not -4 < exponent < 5
    return short if far and len(short) + 2 <= len(text) else text
