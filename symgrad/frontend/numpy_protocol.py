"""NumPy's functions on our values: ``np.tanh(x)`` is ``sg.tanh(x)``, by the name that they share.

NumPy hands a call over by ``__array_function__`` and ``__array_ufunc__``, and ``sg``'s function of
the same name computes it.  Arguments are bound as NumPy binds them.  Those equal to their default
are dropped, and ``sg`` refuses any other that it does not take.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays.leaf import input
>>> x = input("x", ("N", 3))
>>> np.linalg.norm(np.stack([x, 2.0 * x]), axis=0), np.float64(2.0) * x
(<expr sqrt: f64[N, 3]>, <expr multiply: f64[N, 3]>)
>>> from symgrad.frontend.scalars.value import Value
>>> v = Value(4.0)
>>> np.sqrt(v), np.where(v > 5.0, v, -v), (np.array([1.0, 2.0]) * v)[1]
(Value(data=2.0, grad=0), Value(data=-4.0, grad=0), Value(data=8.0, grad=0))
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symgrad.errors import TraceError
from symgrad.frontend.namespace import FUNCTIONS, ON_SCALARS
from symgrad.frontend.operands import number
from symgrad.frontend.operators import FLOOR, ON_NUMBERS, REMAINDER
from symgrad.frontend.source.origin import caller
from symgrad.ops import OPS

# NumPy's and SciPy's names for functions that sg calls otherwise.
_NAMES = {"expit": "sigmoid", "log_expit": "log_sigmoid"}
_MEANS_OTHERWISE = frozenset(("piecewise",))  # np.piecewise takes functions
_FACTS = frozenset(("shape", "ndim", "size"))
_MODULES = ("numpy", "numpy.linalg", "scipy.special")
# The reduction that folds a ufunc, by its name.
_REDUCTIONS = {op.folds: name for name, op in OPS.items() if op.folds}
_FORMULAS = {
    "remainder": REMAINDER,
    "floor_divide": FLOOR,
    "cbrt": "sg.sign(x) * sg.abs(x) ** (1 / 3)",
    "heaviside": "sg.where(x > 0, 1.0, 0.0)",
    "nansum": "sg.sum(sg.where(sg.isnan(x), 0.0, x))",
    "allclose": "sg.all(sg.abs(x - y) < 1e-8)",
}
_ROUNDED = {"f": np.float64, "c": np.complex128}
_WITHOUT_MEANING = frozenset(("optimize", "like", "subok"))  # options that change no value


def ours(name: str, module: str = "numpy") -> Callable[..., Any] | None:
    """The function of ``sg`` that NumPy's function of that name is, or None."""
    if module not in _MODULES or name in _MEANS_OTHERWISE:
        return None
    return FUNCTIONS.get(_NAMES.get(name, name))


class OnUfuncs:
    """Takes calls of NumPy's ufuncs, as ``np.tanh(x)`` and ``array + x``."""

    __slots__ = ()
    _in_objects = False  # whether NumPy computes on arrays of objects where ``sg`` does not

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        """``sg``'s function of the same name, or the operator."""
        return call_ufunc(ufunc, method, operands, options, self._in_objects)


class OnNumPy(OnUfuncs):
    """Takes calls of NumPy's other functions, too, as ``np.sum(x, axis=0)``."""

    __slots__ = ()

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """``sg``'s function of the same name."""
        return call_function(function, args, kwargs, self._in_objects)


def call_function(
    function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], in_objects: bool
) -> Any:
    """A call of one of NumPy's functions with an expression or a ``Value`` among its arguments.

    If ``sg`` has no such function of scalars, NumPy computes on arrays of objects.  Raises
    TraceError, which lists the functions of ``sg``, for a function of expressions that it lacks.
    """
    name, module = function.__name__, getattr(function, "__module__", "")
    own = ours(name, module)
    if in_objects and (own is None or name not in ON_SCALARS or not _is_plain((args, kwargs))):
        return function(*_boxed(args), **{k: _boxed(v) for k, v in kwargs.items()})
    if name in _FACTS and module == "numpy":
        return _fact(name, *args, **kwargs)
    if own is None:
        raise unknown(f"{module.replace('numpy', 'np', 1)}.{name}")
    positional, named = bound(function, args, kwargs)
    return own(*positional, **named)


def _fact(name: str, x: Any, axis: Any = None) -> Any:
    """``np.shape(x)``, ``np.ndim(x)`` and ``np.size(x, axis)``."""
    return x.shape[axis] if name == "size" and axis is not None else getattr(x, name)


def bound(
    function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arrays by position and the options by name, as NumPy's signature has them."""
    parameters = _parameters(function)
    if parameters is None:
        return list(args), dict(kwargs)
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, value in inspect.Signature(parameters).bind(*args, **kwargs).arguments.items():
        p = next(p for p in parameters if p.name == name)
        if p.kind is p.VAR_POSITIONAL:
            positional += value
        elif p.kind is p.VAR_KEYWORD:
            named.update(value)
        elif p.default is p.empty or p.kind is p.POSITIONAL_ONLY:
            positional.append(value)
        elif value is not p.default and name not in _WITHOUT_MEANING and not _is(value, p.default):
            named[name] = value
    return positional, named


def _is(value: Any, default: Any) -> bool:
    """True if a plain value, such as an axis, is the default."""
    return type(value) is type(default) and isinstance(value, int | str) and value == default


@lru_cache(maxsize=256)
def _parameters(function: Any) -> list[inspect.Parameter] | None:
    """NumPy's parameters; None for a function in C without a signature."""
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:
        return None


def call_ufunc(
    ufunc: Any, method: str, operands: Sequence[Any], options: Mapping[str, Any], in_objects: bool
) -> Any:
    """A call of a ufunc of NumPy or SciPy with an expression or a ``Value`` among its operands.

    For scalars Python's operator goes first, as in ``np.float64(2) * v``, and NumPy computes on
    arrays of objects where ``sg`` has no function.  Raises TraceError, which lists the functions of
    ``sg``, for a ufunc or a method of it that expressions lack.
    """
    name = ufunc.__name__
    own = ours(name)
    if in_objects:
        own = ON_NUMBERS.get(name, own)
        given = [*map(_python, operands)] if _is_plain(operands) else None
        if own is None or method != "__call__" or options or given is None:
            return getattr(ufunc, method)(*_boxed(given or operands), **options)
        return own(*given)
    if own is None:
        raise unknown(f"np.{name}" if hasattr(np, name) else name)
    if method == "__call__":
        return own(*operands, **options)
    if method == "outer":
        a, b = operands
        return own(_along(a, 0, np.ndim(b)), _along(b, np.ndim(a), 0), **options)
    if method == "reduce" and name in _REDUCTIONS:
        named = {"axis": 0, **{k: v for k, v in options.items() if k != "keepdims" or v}}
        return FUNCTIONS[_REDUCTIONS[name]](*operands, **named)
    if method == "accumulate" and name == "add":
        return FUNCTIONS["cumsum"](*operands, **{"axis": 0, **options})
    raise unknown(f"np.{name}.{method}")


def _python(x: Any) -> Any:
    """NumPy's number as Python's; long doubles, whose items are long doubles, are rounded.

    Raises ArgumentError for a time, whose item may be an int.
    """
    if not isinstance(x, np.generic | np.ndarray):
        return x
    if x.dtype.kind in "mM":
        return number(np.asarray(x)[()])
    item = x.item()
    return item.astype(_ROUNDED[item.dtype.kind]).item() if isinstance(item, np.generic) else item


def _is_plain(x: Any) -> bool:
    """True if no array is among the arguments."""
    if isinstance(x, list | tuple):
        return all(map(_is_plain, x))
    if isinstance(x, Mapping):
        return all(map(_is_plain, x.values()))
    return not isinstance(x, np.ndarray) or not x.ndim


def _boxed(x: Any) -> Any:
    """The argument with each scalar as an array of one object, for NumPy to compute with."""
    if isinstance(x, list | tuple):
        return type(x)(map(_boxed, x))
    if not hasattr(x, "_operands"):
        return x
    box = np.empty((), object)
    box[()] = x
    return box


def _along(x: Any, before: int, behind: int) -> Any:
    """``x`` with new axes on both sides."""
    shape = (1,) * before + tuple(np.shape(x)) + (1,) * behind
    return FUNCTIONS["reshape"](x, shape)


def unknown(call: str) -> TraceError:
    """The error for a function that ``sg`` lacks."""
    there = ", ".join(sorted(FUNCTIONS))
    formula = _FORMULAS.get(call.rpartition(".")[2])
    instead = f"{formula}, of" if formula else "it with"
    return TraceError(
        f"{call} takes no symgrad expression, at {caller()}; write {instead} what sg has: {there}"
    )
