"""How a number is written."""

from __future__ import annotations

from decimal import Decimal

from symgrad.codegen.target import ATOM, UNARY, Text


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
