"""``Expr``: an array expression, typed as it is built.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> x = input("x", ("N", 2))
>>> (2 * x + 1).shape, x.sum(axis=0).shape, (x > 0).dtype.name, x[:-1].shape
(('N', 2), (2,), 'bool', ('N - 1', 2))

An expression has no value until a compiled function is called, so ``if x:``, ``float(x)`` and
loops over a named size raise TraceError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from symgrad.errors import DTypeError, ShapeError, TraceError
from symgrad.frontend.arrays.size import Size, as_size
from symgrad.frontend.namespace import DEFERRED, FUNCTIONS, deferred, method, with_method_names
from symgrad.frontend.numpy_protocol import OnNumPy
from symgrad.frontend.operands import (
    LITERAL_LIMIT,
    Array,
    common_dtype,
    is_weak,
    plain_array,
    weak_literal,
)
from symgrad.frontend.operators import Operators
from symgrad.frontend.refusals import nearest, refusing
from symgrad.frontend.source.origin import caller, variable
from symgrad.ir.function import Instr, Origin, emit
from symgrad.ir.function import constant as literal
from symgrad.ir.types import DTYPES, Dim, Type, dtype_name
from symgrad.ops.table import OPS


def _operator(name: str, reflected: bool = False) -> Callable[[Expr, Any], Expr]:
    def method(self: Expr, other: Any) -> Expr:
        return operated(name, other, self) if reflected else operated(name, self, other)

    return method


def _function(name: str) -> Callable[..., Any]:
    def method(self: Expr, *args: Any, **kwargs: Any) -> Any:
        # ``np.sum(x)`` calls ``x.sum(dtype=None, out=None)``.
        absent = [k for k in ("dtype", "out") if kwargs.get(k, ...) is None]
        given = {k: v for k, v in kwargs.items() if k not in absent}
        return FUNCTIONS[name](self, *args, **given)

    method.__name__ = name
    method.__doc__ = f"``sg.{name}`` of this expression."
    return method


def _built(x: Expr) -> str:
    return f"; built at {x.instr.origins[0]}" if x.instr.origins else ""


def _unknown(x: Expr, what: str, instead: str) -> TraceError:
    return TraceError(
        f"{what} of a symbolic {x.instr.type} is unknown until the function runs; "
        f"{instead}{_built(x)}"
    )


@refusing
def _refused(x: Expr, what: str, formula: str) -> TraceError:
    return TraceError(f"{what} takes no {x.instr.type}; write {formula}; built at {caller()}")


_unknown_yet = refusing(_unknown)


@with_method_names
class Expr(OnNumPy, Operators["Expr"], operator=_operator, refused=_refused):
    """An array expression: wraps the IR instruction ``instr``.  Hashed by identity."""

    __slots__ = ("__weakref__", "instr")

    instr: Instr

    def __init__(self, instr: Instr) -> None:
        self.instr = instr

    @property
    def shape(self) -> tuple[int | Size, ...]:
        """Ints, and a ``Size`` for each named size, which is computed with as a number is."""
        return tuple(map(as_size, self.instr.type.shape))

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The shape in the IR's own terms: ints and texts."""
        return self.instr.type.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return DTYPES[self.instr.type.dtype]

    @property
    def ndim(self) -> int:
        return self.instr.type.rank

    @property
    def size(self) -> int | Size:
        return as_size(self.instr.type.size)

    @property
    def T(self) -> Expr:
        return self.transpose()  # type: ignore[no-any-return]

    __hash__ = object.__hash__

    def __neg__(self) -> Expr:
        return apply("negative", self)

    def __pos__(self) -> Expr:
        return self

    def __round__(self, ndigits: int = 0) -> Any:
        return _function("round")(self, ndigits)

    def __abs__(self) -> Expr:
        return apply("absolute", self)

    def __invert__(self) -> Expr:
        return apply("logical_not", self)

    def __getitem__(self, key: Any) -> Expr:
        found: Expr = DEFERRED["getitem"](self, key)
        return found

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TraceError(
            f"an expression is not written into, and {self.instr.type} is one; choose with "
            f"sg.where, or build it of parts with sg.stack and sg.concatenate; built at {caller()}"
        )

    def __format__(self, spec: str) -> str:
        if spec:
            what = f"a number, asked for by the format {spec!r},"
            raise _unknown(self, what, "format what a call gives")
        return repr(self)

    def __len__(self) -> int:
        if not self.dims:
            raise TraceError(f"len() of a scalar expression{_built(self)}")
        length = self.dims[0]
        if isinstance(length, str):
            instead = "divide by x.shape[0], or use sg.mean, which compute with the size itself"
            raise _unknown(self, f"len() of the named size {length}", instead)
        return length

    def __iter__(self) -> Iterator[Expr]:
        if not self.dims:
            raise TraceError(f"iteration over a scalar expression{_built(self)}")
        if isinstance(self.dims[0], str):
            what = f"a loop over the size {self.dims[0]}"
            raise _unknown(self, what, "use whole-array functions")
        return (self[i] for i in range(self.dims[0]))

    __bool__ = _unknown_yet("the truth", "use sg.where(condition, a, b) to choose between values")
    __float__ = _unknown_yet(
        "float()", "compile it and call it; for math.exp write sg.exp, to choose use sg.where"
    )
    __int__ = _unknown_yet("int()", "compile it and call it; to choose by its value use sg.where")
    __index__ = _unknown_yet(
        "an index", "compile it and call it; to choose by its value use sg.where"
    )
    __array__ = _unknown_yet(
        "a NumPy array", "symgrad has NumPy's functions, such as sg.stack for a list of expressions"
    )

    def __repr__(self) -> str:
        return f"<expr {self.instr.op.name}: {self.instr.type}>"

    sum, mean, prod = _function("sum"), _function("mean"), _function("prod")
    max, min = _function("max"), _function("min")
    argmax, argmin = _function("argmax"), _function("argmin")
    var, std = _function("var"), _function("std")
    any, all = _function("any"), _function("all")
    dot, clip = _function("dot"), _function("clip")
    ravel, flatten, squeeze = _function("ravel"), _function("ravel"), _function("squeeze")
    swapaxes, astype = _function("swapaxes"), _function("astype")
    cumsum, take, round = _function("cumsum"), _function("take"), _function("round")
    trace, diagonal, copy = _function("trace"), _function("diagonal"), _function("copy")
    repeat, ptp = _function("repeat"), _function("ptp")

    def __getattr__(self, name: str) -> NoReturn:
        """Raises AttributeError, naming the function or the method that was probably meant."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in FUNCTIONS:
            raise AttributeError(f"an expression has no .{name}; write sg.{name}(x)")
        own = [n for n in dir(type(self)) if not n.startswith("_")]
        raise AttributeError(f"an expression has no .{name}; {nearest(name, own)}")

    def to_sympy(self, **options: Any) -> Any:
        """This expression in SymPy: see ``sg.to_sympy``."""
        return method("to_sympy")(self, **options)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """``sg.reshape``; the sizes may be given one by one."""
        return _function("reshape")(self, shape[0] if len(shape) == 1 else shape, **options)

    def transpose(self, *axes: Any) -> Any:
        """``sg.transpose``; the axes may be given one by one."""
        order = None if not axes else axes[0] if len(axes) == 1 else axes
        return _function("transpose")(self, order)


class WeakExpr(Expr):
    """A float computed from sizes, such as 0.5 * N: it takes the dtype of the other operand."""

    __slots__ = ()

    def __neg__(self) -> Expr:
        return WeakExpr(apply("negative", self).instr)


@deferred
def operated(name: str, a: Any, b: Any) -> Expr:
    """The result of an operator: a ``WeakExpr`` if all operands are sizes or Python numbers."""
    y = apply(name, a, b)
    weak = all(is_weak(v) or isinstance(v, WeakExpr) for v in (a, b))
    return WeakExpr(y.instr) if weak and y.instr.type.is_float else y


def _located(name: str, operands: list[Instr], attributes: dict[str, Any], at: Origin) -> Instr:
    """``emit``, with the user's line in the errors."""
    try:
        return emit(OPS[name], operands, attributes, origins=(at,))
    except (ShapeError, DTypeError) as error:
        raise type(error)(f"{error}; built at {at}") from error


def as_expr(value: Any, dtype: str | None = None, name: str = "argument") -> Expr:
    """An expression for any operand; ``dtype`` casts.  Raises DTypeError, naming the argument."""
    at = caller()
    if isinstance(value, Expr):
        own = value.instr.type.dtype
        if dtype is None or dtype == own:
            return value
        return Expr(_located("cast", [value.instr], {"dtype": dtype}, at))
    try:
        if is_weak(value):
            dtype = dtype or common_dtype([], [value])
            if isinstance(value, Size):
                return Expr(_located("size", [], {"dim": str(value), "dtype": dtype}, at))
            return Expr(literal(weak_literal(value, dtype, name), Type(dtype), origins=(at,)))
        array = plain_array(value, name)
    except DTypeError as error:
        raise DTypeError(f"{error}; built at {at}") from error
    if dtype is not None:
        array = array.astype(DTYPES[dtype])
    if array.size <= LITERAL_LIMIT:
        type_ = Type(str(dtype_name(array.dtype)), array.shape)
        return Expr(literal(array, type_, variable(value), (at,)))
    bound: Expr = DEFERRED["constant"](array)
    return bound


def promote(name: str, *values: Any) -> list[Expr]:
    """The operands of ``name`` with one dtype, as NumPy would promote them."""
    weak = [
        0.0 if isinstance(v, WeakExpr) else v for v in values if is_weak(v) or type(v) is WeakExpr
    ]
    arrays = [v if is_weak(v) or isinstance(v, Expr) else as_array(v, name) for v in values]
    strong = [_dtype(v) for v in arrays if not is_weak(v) and type(v) is not WeakExpr]
    try:
        dtype = common_dtype(strong, weak)
    except DTypeError as error:
        raise DTypeError(f"{name}: {error}; built at {caller()}") from error
    return [as_expr(v, dtype, name) for v in arrays]


def as_array(value: Any, name: str) -> Array:
    """``plain_array`` with the user's line in the error."""
    try:
        return plain_array(value, name)
    except DTypeError as error:
        raise DTypeError(f"{error}; built at {caller()}") from error


def _dtype(value: Any) -> str:
    return value.instr.type.dtype if isinstance(value, Expr) else str(dtype_name(value.dtype))


def apply(name: str, *values: Any, **attributes: Any) -> Expr:
    """One op on operands of any kind.  Integers become f64 if the op takes floats only.

    Raises ShapeError or DTypeError, with the user's line.
    """
    xs = promote(name, *values)
    if xs and xs[0].instr.type.dtype == "i64":
        try:
            OPS[name].infer(*[x.instr.type for x in xs], **attributes)
        except DTypeError:
            xs = [
                as_expr(x if isinstance(v, Expr) else v, "f64", name)
                for x, v in zip(xs, values, strict=True)
            ]
    return raw(name, *xs, **attributes)


def raw(name: str, *xs: Expr, **attributes: Any) -> Expr:
    """One op on expressions as they are: no promotion."""
    return Expr(_located(name, [x.instr for x in xs], attributes, caller()))
