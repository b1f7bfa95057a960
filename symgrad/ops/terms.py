"""The op table, and the algebras that derivative rules are written against.

``OPS`` has every op by its name; importing ``symgrad.ops`` fills it.  A rule takes an algebra ``f``
whose attributes are the ops of the table.  ``IRAlgebra`` builds instructions, ``ArrayAlgebra``
computes with NumPy at once; SymPy has one in its own room.  One rule therefore serves
differentiation, eager values and proofs.

>>> import symgrad.ops
>>> f = ArrayAlgebra()
>>> f.maximum(2.0, 3.0) * f.mask(f.greater(2.0, 1.0))
np.float64(3.0)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symgrad.errors import NamingError
from symgrad.ir.function import Instr, Origins, constant, emit
from symgrad.ir.op import CONSTANT, PARAMETER, Op
from symgrad.ir.types import Type, dtype_name

OPS: dict[str, Op] = {"parameter": PARAMETER, "constant": CONSTANT}


def register(op: Op) -> Op:
    """Enters an op under its name.  Raises NamingError for a name that is taken."""
    if op.name in OPS:
        raise NamingError(f"an op named {op.name!r} exists already; choose another name")
    OPS[op.name] = op
    return op


Number = bool | int | float


class Term:
    """An instruction with operators; what a rule computes with while it builds IR."""

    __slots__ = ("f", "instr")

    def __init__(self, f: IRAlgebra, instr: Instr) -> None:
        self.f = f
        self.instr = instr

    def __add__(self, other: Term | Number) -> Term:
        return self.f.apply("add", self, other)

    def __radd__(self, other: Number) -> Term:
        return self.f.apply("add", other, self)

    def __sub__(self, other: Term | Number) -> Term:
        return self.f.apply("subtract", self, other)

    def __rsub__(self, other: Number) -> Term:
        return self.f.apply("subtract", other, self)

    def __mul__(self, other: Term | Number) -> Term:
        return self.f.apply("multiply", self, other)

    def __rmul__(self, other: Number) -> Term:
        return self.f.apply("multiply", other, self)

    def __truediv__(self, other: Term | Number) -> Term:
        return self.f.apply("divide", self, other)

    def __rtruediv__(self, other: Number) -> Term:
        return self.f.apply("divide", other, self)

    def __pow__(self, other: Term | Number) -> Term:
        return self.f.apply("power", self, other)

    def __rpow__(self, other: Number) -> Term:
        return self.f.apply("power", other, self)

    def __neg__(self) -> Term:
        return self.f.apply("negative", self)


class IRAlgebra:
    """Builds instructions, all with the given origins; masks have the given float dtype."""

    def __init__(self, origins: Origins = (), dtype: str = "f64") -> None:
        self.origins = origins
        self.dtype = dtype

    def __getattr__(self, name: str) -> Callable[..., Term]:
        if name not in OPS:
            raise AttributeError(f"no op named {name!r}")
        return partial(self.apply, name)

    def apply(self, name: str, *xs: Term | Number, **attributes: Any) -> Term:
        """One op; numbers take the dtype of the first operand that is neither number nor bool."""
        operands: list[Any] = [x.instr if isinstance(x, Term) else x for x in xs]
        if not all(isinstance(x, Term) for x in xs):
            types = [x.instr.type for x in xs if isinstance(x, Term)]
            dtype = next((t.dtype for t in types if t.dtype != "bool"), self.dtype)
            operands = [o if isinstance(o, Instr) else self.number(o, dtype) for o in operands]
        return Term(self, emit(OPS[name], operands, attributes, origins=self.origins))

    def number(self, value: Number, dtype: str) -> Instr:
        return constant(value, Type("bool" if isinstance(value, bool) else dtype))

    def term(self, instr: Instr) -> Term:
        """The instruction as a value of this algebra."""
        return Term(self, instr)

    def type(self, x: Term) -> Type:
        return x.instr.type

    def mask(self, condition: Term) -> Term:
        """1 where the condition holds and 0 elsewhere."""
        return self.apply("cast", condition, dtype=self.dtype)


class ArrayAlgebra:
    """Computes at once with the ops' reference ``evaluate`` on floats or NumPy arrays."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPS:
            raise AttributeError(f"no op named {name!r}")
        return OPS[name].evaluate

    def type(self, x: Any) -> Type:
        array = np.asarray(x)
        return Type(dtype_name(array.dtype) or "f64", array.shape)

    def mask(self, condition: Any) -> Any:
        return np.where(condition, 1.0, 0.0)[()]
