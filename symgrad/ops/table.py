"""The op table, and how ops are declared: by ``elementwise`` and the rules that ops share.

``elementwise`` fills in the shape rule, the arity and the kind, and enters the op in the table.
A rule of derivatives computes with + - * only; it divides by ``f.divide`` and takes powers by
``f.power``, because Python's ``/`` and ``**`` on floats raise where IEEE gives inf.

A new elementwise op is declared in one file of this room, which ``symgrad/ops/__init__.py`` helps
to choose, and entered in ``UFUNCS`` of the front end; every other room reads its declaration.
``tests/project/test_new_op.py`` does it, and names the tests and pages that list the ops.

>>> import symgrad.ops
>>> symgrad.ops.OPS["tanh"].infer(Type("f64", ("N",)))
f64[N]
>>> broadcast("add", Type("f64", ("N", 1)), Type("f64", (3,)))
('N', 3)

``OPS`` has every op by its name; importing ``symgrad.ops`` fills it.  A rule takes an algebra ``f``
whose attributes are the ops of the table.  ``IRAlgebra`` builds instructions, ``ArrayAlgebra``
computes with NumPy at once; SymPy has one in its own room.  One rule therefore serves
differentiation, eager values and proofs.

>>> f = ArrayAlgebra()
>>> f.maximum(2.0, 3.0) * f.mask(f.greater(2.0, 1.0))
np.float64(3.0)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from symgrad.errors import DTypeError, NamingError, ShapeError
from symgrad.ir.function import Instr, Origins, constant, emit
from symgrad.ir.op import CONSTANT, PARAMETER, Op
from symgrad.ir.types import Shape, Type, dtype_name

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


def broadcast(name: str, *types: Type) -> Shape:
    """The common shape by NumPy's rules; a named size fits itself and 1."""
    rank = max((t.rank for t in types), default=0)
    result = []
    for axis in range(-rank, 0):
        dims = [t.shape[axis] for t in types if t.rank >= -axis and t.shape[axis] != 1]
        if any(d != dims[0] for d in dims):
            shapes = ", ".join(str(t.shape) for t in types)
            raise ShapeError(f"{name}: shapes do not broadcast: {shapes}")
        result.append(dims[0] if dims else 1)
    return tuple(result)


def same_dtype(name: str, *types: Type) -> str:
    """The one dtype of all operands.  Raises DTypeError where they differ."""
    dtypes = {t.dtype: None for t in types}
    if len(dtypes) != 1:
        raise DTypeError(f"{name}: operands differ in dtype: {', '.join(dtypes)}; cast one of them")
    return next(iter(dtypes))


def float_result(name: str) -> Any:
    """The shape rule of an elementwise op on floats."""

    def infer(*types: Type) -> Type:
        first = types[0]
        if first.is_float and types.count(first) == len(types):
            return first
        dtype = same_dtype(name, *types)
        if not first.is_float:
            raise DTypeError(f"{name}: takes floats, got {dtype}; cast the operand")
        return Type(dtype, broadcast(name, *types))

    return infer


def number_result(name: str) -> Any:
    """The shape rule of an elementwise op on floats or integers."""

    def infer(*types: Type) -> Type:
        first = types[0]
        if first.dtype != "bool" and types.count(first) == len(types):
            return first
        dtype = same_dtype(name, *types)
        if dtype == "bool":
            raise DTypeError(f"{name}: takes numbers, got bool; use sg.where or a cast")
        return Type(dtype, broadcast(name, *types))

    return infer


def comparison_result(name: str) -> Any:
    """The shape rule of a comparison: equal dtypes in, bool out."""

    def infer(*types: Type) -> Type:
        same_dtype(name, *types)
        return Type("bool", broadcast(name, *types))

    return infer


def logical_result(name: str) -> Any:
    """The shape rule of a logical op: bool in, bool out."""

    def infer(*types: Type) -> Type:
        if same_dtype(name, *types) != "bool":
            raise DTypeError(f"{name}: takes bool, got {types[0].dtype}; compare first")
        return Type("bool", broadcast(name, *types))

    return infer


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
    sources: tuple[Callable[..., Any], ...] = (),
    integers: bool = False,
    doc: str,
    **facts: Any,
) -> Op:
    """Declares and registers an elementwise op; its arity is the length of ``domain``.

    evaluate   the reference semantics; None where the function of arrays among ``sources``, or
               the ``expansion``, run on arrays, is the reference
    expansion  the op from simpler ones; with it nothing else is needed for an op to run and to be
               emitted
    sources    a plain function of arrays and one of floats, without an expansion; both targets
               paste their text.  A helper that several ops call, or that is also an evaluate, is
               instead a function of the op's name in array_functions and in float_functions
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
            evaluate=evaluate or (of_arrays(*sources[:1]) if sources else composed(expansion)),
            meaning=meaning,
            partials=partials,
            expansion=expansion,
            sources=sources,
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
