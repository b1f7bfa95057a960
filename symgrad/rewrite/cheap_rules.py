"""Identities that make value and gradient together cheaper, one declaration each.

They are applied only where the cost falls, shared values counted once; see ``simplify``.  Each is
proved with SymPy in the tests, and loses no more than a few units in the last place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from symgrad.ir.function import Instr
from symgrad.rewrite.rule import CHEAPEN, POSITIVE, REAL, Rule

_POWERS = range(3, 17)
_HALVES = range(1, 10, 2)


def chain(f: Any, x: Any, n: int) -> Any:
    """x**n by squarings, for n >= 1."""
    if n == 1:
        return x
    half = chain(f, x, n // 2)
    return x * f.square(half) if n % 2 else f.square(half)


def _root_chain(f: Any, x: Any, n: int) -> Any:
    """x**(n/2) for an odd n."""
    return f.sqrt(x) if n == 1 else chain(f, x, n // 2) * f.sqrt(x)


def _power(exponent: float) -> Callable[..., Any]:
    return lambda f, x: f.power(x, exponent)


def _products(n: int) -> Rule:
    return Rule(f"x**{n} by products", _power(float(n)), lambda f, x: chain(f, x, n), {"x": REAL})


def _quotients(n: int) -> Rule:
    return Rule(
        f"x**-{n} = 1/x**{n}",
        _power(-float(n)),
        lambda f, x: f.divide(1.0, chain(f, x, n)),
        {"x": POSITIVE},
    )


def _roots(n: int) -> Rule:
    name = f"x**{n / 2} by a root"
    return Rule(name, _power(n / 2), lambda f, x: _root_chain(f, x, n), {"x": POSITIVE})


def _inverse_roots(n: int) -> Rule:
    name = f"x**-{n / 2} by a root"
    return Rule(
        name, _power(-n / 2), lambda f, x: f.divide(1.0, _root_chain(f, x, n)), {"x": POSITIVE}
    )


def _is_number(x: Instr) -> bool:
    """Whether it is known how large a value is: a literal, or a size."""
    return x.is_constant or x.op.name == "size"


def _shares(x: Instr) -> bool:
    """Whether the two operands have an operand in common."""
    first, second = (o.operands for o in x.operands)
    return any(a is b for a in first for b in second)


_ABC = {"a": REAL, "b": REAL, "c": POSITIVE}

RULES: tuple[Rule, ...] = tuple(replace(rule, purpose=CHEAPEN) for rule in (
    *map(_products, _POWERS),
    *map(_quotients, range(2, 17)),
    *map(_roots, _HALVES),
    *map(_inverse_roots, _HALVES),
    Rule("a*(1/c) = a/c", lambda f, a, c: a * f.divide(1.0, c), lambda f, a, c: f.divide(a, c),
         {"a": REAL, "c": POSITIVE}),
    Rule("a*(b/c) = b*(a/c)", lambda f, a, b, c: a * f.divide(b, c),
         lambda f, a, b, c: b * f.divide(a, c), _ABC),
    Rule("(a/c)/b = a/(b*c)", lambda f, a, b, c: f.divide(f.divide(a, c), b),
         lambda f, a, b, c: f.divide(a, b * c), {"a": REAL, "b": POSITIVE, "c": POSITIVE},
         condition=lambda bound: any(_is_number(bound[k]) for k in "bc")),  # b*c may overflow
    Rule("a/c + b/c = (a + b)/c", lambda f, a, b, c: f.divide(a, c) + f.divide(b, c),
         lambda f, a, b, c: f.divide(a + b, c), _ABC, quick=_shares),
    Rule("a/c - b/c = (a - b)/c", lambda f, a, b, c: f.divide(a, c) - f.divide(b, c),
         lambda f, a, b, c: f.divide(a - b, c), _ABC, quick=_shares),
    Rule("a*c + b*c = (a + b)*c", lambda f, a, b, c: a * c + b * c,
         lambda f, a, b, c: (a + b) * c, _ABC, quick=_shares),
    Rule("a*c - b*c = (a - b)*c", lambda f, a, b, c: a * c - b * c,
         lambda f, a, b, c: (a - b) * c, _ABC, quick=_shares),
))  # fmt: skip
