"""A call of a traced function: which arguments are arrays, and which stand as they are.

Arrays, and nested lists of numbers, become inputs of the compiled function; everything else is
static: a part of the key under which the function is compiled.

>>> import inspect
>>> def loss(xs, ys, alpha=1e-4): ...
>>> call = Call.of(inspect.signature(loss), ([[1.0, 2.0], [3.0, 4.0]], [1, -1]), {"alpha": 0.5})
>>> [(g.name, g.place) for g in call.given], call.size, call.shapes(7)
([('xs', 0), ('ys', 1), ('alpha', -1)], 2, [(7, 2), (7,)])
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, NamingError
from symgrad.ir.types import DTYPES, dtype_name

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
_KINDS = {"f": "f64", "i": "i64", "u": "i64", "b": "bool"}


@dataclass(frozen=True)
class Given:
    """An argument: the ``place``-th array, or static where that is -1; given by name or not."""

    name: str
    by_name: bool
    place: int
    static: Any = None

    @property
    def key(self) -> Hashable:
        """Tells static values apart, 1 from 1.0 and True, and 0.0 from -0.0."""
        if isinstance(self.static, float):
            return type(self.static), float(self.static).hex()
        return type(self.static), self.static


@dataclass(frozen=True)
class Call:
    """The arguments of a call in order; the arrays are of f64, i64 or bool."""

    given: tuple[Given, ...]
    arrays: tuple[Array, ...]

    @staticmethod
    def of(signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
        """The call with these arguments.

        Raises ArgumentError where they do not fit the function or cannot be a part of a key,
        DTypeError for data that are no real numbers, or ragged.
        """
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(f"the call does not fit the function: {error}") from error
        given: list[Given] = []
        arrays: list[Array] = []
        for name, by_name, value in _named(bound):
            if _is_array(value):
                given.append(Given(name, by_name, len(arrays)))
                arrays.append(array_of(name, value))
            else:
                given.append(Given(name, by_name, -1, _checked(name, value)))
        return Call(tuple(given), tuple(arrays))

    @property
    def names(self) -> list[str]:
        """The names of the arrays."""
        return [g.name for g in self.given if g.place >= 0]

    @property
    def dtypes(self) -> list[str]:
        return [str(dtype_name(a.dtype)) for a in self.arrays]

    @property
    def size(self) -> int | None:
        """The number of examples: the leading size of the first array that has one."""
        return next((a.shape[0] for a in self.arrays if a.ndim), None)

    def is_batched(self, array: Array) -> bool:
        """Whether an array holds something for each example."""
        return array.ndim > 0 and array.shape[0] == self.size

    def shapes(self, n: int | None) -> list[Shape]:
        """The arrays' shapes for n examples; their own for None."""
        return [
            (n, *a.shape[1:]) if n is not None and self.is_batched(a) else a.shape
            for a in self.arrays
        ]

    def pattern(self) -> Hashable:
        """The key of a function for any number of examples."""
        batched = [self.is_batched(a) for a in self.arrays]
        return (False, tuple(batched), *self._facts(self.shapes(-1)))

    def exact(self) -> Hashable:
        """The key of a function for just these shapes."""
        return (True, *self._facts(self.shapes(None)))

    def _facts(self, shapes: Sequence[Shape]) -> tuple[Hashable, ...]:
        given = tuple((g.name, g.by_name, g.place, g.key) for g in self.given)
        return given, tuple(self.dtypes), tuple(shapes)

    def first(self, rows: int) -> Call:
        """The call with the first so many examples only."""
        arrays = [a[:rows] if self.is_batched(a) else a for a in self.arrays]
        return replace(self, arrays=tuple(arrays))

    def run(self, fn: Callable[..., Any], present: Callable[[int], Any]) -> Any:
        """``fn`` called with what ``present`` makes of each array, and the static values."""
        values = [(g, present(g.place) if g.place >= 0 else g.static) for g in self.given]
        args = [v for g, v in values if not g.by_name]
        return fn(*args, **{g.name: v for g, v in values if g.by_name})


def _named(bound: inspect.BoundArguments) -> Iterator[tuple[str, bool, Any]]:
    """Each argument's name, whether it is passed by name, and its value."""
    kinds = {name: p.kind for name, p in bound.signature.parameters.items()}
    positional: set[Any] = {inspect.Parameter.POSITIONAL_ONLY}
    if any(kinds[name] is inspect.Parameter.VAR_POSITIONAL for name in bound.arguments):
        positional.add(inspect.Parameter.POSITIONAL_OR_KEYWORD)
    for name, value in bound.arguments.items():
        if kinds[name] is inspect.Parameter.VAR_POSITIONAL:
            for i, item in enumerate(value):
                yield f"{name}{i + 1}", False, item
        elif kinds[name] is inspect.Parameter.VAR_KEYWORD:
            for key, item in value.items():
                yield key, True, item
        else:
            yield name, kinds[name] not in positional, value


def _is_array(value: Any) -> bool:
    """Whether it is an array, or a list or tuple, perhaps nested, of numbers; or an empty list."""
    if isinstance(value, list | tuple):
        while isinstance(value, list | tuple) and len(value):
            value = value[0]
        return isinstance(value, list | int | float | np.number | np.bool_ | np.ndarray)
    return isinstance(value, np.ndarray)


def _checked(name: str, value: Any) -> Any:
    try:
        hash(value)
    except TypeError as error:
        kind = type(value).__name__
        raise ArgumentError(
            f"{name}: expected numbers in arrays or lists, or a static value that can be hashed, "
            f"got {kind}"
        ) from error
    return value


def array_of(name: str, value: Any) -> Array:
    """The value as an array of f64, i64 or bool; itself where it is one already."""
    if name == "theta":
        raise NamingError("theta names the parameters; call the argument something else")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DTypeError(f"{_ragged(name, value)}; expected rows of one length") from error
    if array.dtype.kind not in _KINDS:
        raise DTypeError(
            f"{name}: expected real numbers or bool, got {type(value).__name__} of dtype "
            f"{array.dtype}"
        )
    wanted = DTYPES[_KINDS[array.dtype.kind]]
    if array.dtype.kind == "u" and array.size and int(array.max()) >= 2**63:
        raise DTypeError(f"{name}: an integer does not fit int64")
    return array if array.dtype is wanted else array.astype(wanted)


def _ragged(path: str, value: Any) -> str:
    """Where rows begin to differ in length; nothing where they do not."""
    if not _is_row(value):
        return ""
    lengths = [len(x) if _is_row(x) else None for x in value]
    for i, n in enumerate(lengths):
        if n != lengths[0]:
            first, other = ("no row" if k is None else f"of length {k}" for k in (lengths[0], n))
            return f"{path}[0] is {first} and {path}[{i}] is {other}"
    found = (_ragged(f"{path}[{i}]", x) for i, x in enumerate(value))
    return next((text for text in found if text), "")


def _is_row(x: Any) -> bool:
    return isinstance(x, list | tuple | np.ndarray)


__all__ = ["Call", "Given", "array_of"]
