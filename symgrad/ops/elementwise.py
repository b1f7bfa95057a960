"""How an elementwise op is declared: once, with its value, its meaning and its derivative.

``elementwise`` fills in the shape rule, the arity and the kind, and enters the op in the table.
A rule of derivatives computes with + - * only; it divides by ``f.divide`` and takes powers by
``f.power``, because Python's ``/`` and ``**`` on floats raise where IEEE gives inf.

>>> import symgrad.ops
>>> symgrad.ops.OPS["tanh"].infer(Type("f64", ("N",)))
f64[N]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symgrad.ir.op import Op
from symgrad.ir.types import Type
from symgrad.ops.algebra import ArrayAlgebra
from symgrad.ops.rules import float_result, number_result
from symgrad.ops.table import register

REAL = (-3.0, 3.0)
POSITIVE = (0.1, 4.0)
UNIT = (-0.95, 0.95)

_ARRAYS = ArrayAlgebra()


def elementwise(
    name: str,
    evaluate: Callable[..., Any] | None,
    meaning: Callable[..., Any],
    partials: Callable[..., tuple[Any, ...]],
    *,
    domain: tuple[tuple[float, float], ...] = (REAL,),
    expansion: Callable[..., Any] | None = None,
    integers: bool = False,
    doc: str,
    **facts: Any,
) -> Op:
    """Declares and registers an elementwise op; its arity is the length of ``domain``.

    evaluate   None where the ``expansion``, run on arrays, is the reference
    integers   the op takes i64 as well as floats
    facts      the other fields of ``Op``
    Raises NamingError for a name that is taken, TypeError for a fact that ``Op`` does not have.
    """
    return register(
        Op(
            name,
            "elementwise",
            len(domain),
            infer=_shape_rule(name, integers),
            evaluate=evaluate or composed(expansion),
            meaning=meaning,
            partials=partials,
            expansion=expansion,
            domain=domain,
            doc=doc,
            **facts,
        )
    )


def _shape_rule(name: str, integers: bool) -> Callable[..., Type]:
    rule = number_result(name) if integers else float_result(name)

    def infer(*types: Type, **_: Any) -> Type:
        result: Type = rule(*types)
        return result

    return infer


def composed(expansion: Callable[..., Any] | None) -> Callable[..., Any]:
    """The reference semantics of an op that is defined by its expansion."""
    if expansion is None:
        raise TypeError("an elementwise op needs an evaluate or an expansion; give one of them")

    def evaluate(*xs: Any, **attributes: Any) -> Any:
        return expansion(_ARRAYS, *map(np.asarray, xs), **attributes)

    return evaluate


def of_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays as reference semantics: of numbers too, which it gives back as such, and
    without warnings."""

    def evaluate(*xs: Any, **attributes: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*map(np.asarray, xs), **attributes)[()]

    return evaluate


def by_element(function: Callable[..., float]) -> Callable[..., Any]:
    """A function of a float, on every element; the dtype stays."""

    def evaluate(x: Any, **attributes: Any) -> Any:
        x = np.asarray(x)
        elements = np.frompyfunc(partial(function, **attributes), 1, 1)
        return np.asarray(elements(x)).astype(x.dtype)[()]

    return evaluate


def either_side(x: Any) -> list[Any]:
    """The pieces of an op of one operand with a kink at 0."""
    return [x < 0, x > 0]


def known(x: Any) -> float | None:
    """The value of an operand that is a number or a literal scalar, otherwise None.

    Rules use it to write 3*x**2 where the general formula has branches on the exponent.  A
    difference of literals such as 0.3 - 1.0 is known, too, though it rounds.
    """
    if isinstance(x, (int, float)):
        return float(x)
    instr = getattr(x, "instr", None)
    if instr is None or instr.type.shape:
        return None
    less = 0.0
    while instr.op.name == "subtract" and instr.operands[1].is_constant:
        instr, last = instr.operands
        less += last["value"]
    return float(instr["value"]) - less if instr.is_constant else None
