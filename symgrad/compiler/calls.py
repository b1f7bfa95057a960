"""A call of a traced function: which arguments are inputs, and which stand as they are.

Arrays, nested lists of numbers, and numbers become inputs of the compiled function, and so does
whatever hands out an array (a Series, a DataFrame, a tensor); everything else is static: a part of
the key under which the function is compiled.  A number that the function asks for (``if k == 2``,
``range(k)``) can be made static, too.  A function is traced more than once, and what can be gone
through once only (an iterator, a generator, ``zip``) would be empty the second time: it is read
here, and kept.

>>> import inspect
>>> def loss(xs, ys, alpha=1e-4): ...
>>> call = Call.of(inspect.signature(loss), ([[1.0, 2.0], [3.0, 4.0]], [1, -1]), {"alpha": 0.5})
>>> [(g.name, g.place) for g in call.given], call.size, call.shapes(7)
([('xs', 0), ('ys', 1), ('alpha', 2)], 2, [(7, 2), (7,), ()])
>>> [(g.name, g.place) for g in call.fixed({"alpha": ""}).given]
[('xs', 0), ('ys', 1), ('alpha', -1)]
>>> settled("xs", map(float, [1, 2])), settled("xs", {"a": 1.0}.values()), settled("mode", "sum")
([1.0, 2.0], [1.0], 'sum')
"""

from __future__ import annotations

import inspect
import io
import itertools
from collections import deque
from collections.abc import (
    Callable,
    Hashable,
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, NamingError, SymgradError
from symgrad.frontend.operands import as_data
from symgrad.ir.types import DTYPES, dtype_name

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Given:
    """An argument: the ``place``-th array, or static where that is -1; given by name or not.

    ``value`` is that of a number or of a static one, None for an array; ``why`` says why a number
    is static.
    """

    name: str
    by_name: bool
    place: int
    value: Any = None
    why: str = ""

    @property
    def key(self) -> Hashable:
        """Tells static values apart, 1 from 1.0 and True, and 0.0 from -0.0."""
        if self.place >= 0:
            return None
        if isinstance(self.value, float):
            return type(self.value), float(self.value).hex()
        return type(self.value), self.value

    def __str__(self) -> str:
        """A remark that the value is static."""
        if not isinstance(self.value, str | bytes | int | float | None):
            kind = type(self.value).__name__
            return f"{self.name} is static: what the {kind} holds is read at its first call alone"
        why = f" ({self.why})" if self.why else ""
        return f"{self.name} = {self.value!r:.60} is static{why}: each new value compiles again"

    @property
    def is_number(self) -> bool:
        """True for an input that is a number."""
        return self.place >= 0 and self.value is not None


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
        for name, by_name, raw in _named(bound):
            value = settled(name, raw)
            if is_table(value):
                given.append(Given(name, by_name, len(arrays)))
                arrays.append(array_of(name, value))
            elif is_number(value) and name != "theta":
                given.append(Given(name, by_name, len(arrays), value))
                arrays.append(array_of(name, value))
            else:
                given.append(Given(name, by_name, -1, _checked(name, value)))
        return Call(tuple(given), tuple(arrays))

    @property
    def numbers(self) -> list[str]:
        """The names of the numbers among the inputs."""
        return [g.name for g in self.given if g.is_number]

    def fixed(self, static: Mapping[str, str]) -> Call:
        """The call in which the numbers of these names are static; the names map to reasons."""
        if not static:
            return self
        given: list[Given] = []
        arrays: list[Array] = []
        for g in self.given:
            if g.place < 0:
                given.append(g)
            elif g.is_number and g.name in static:
                given.append(replace(g, place=-1, why=static[g.name]))
            else:
                given.append(replace(g, place=len(arrays)))
                arrays.append(self.arrays[g.place])
        return Call(tuple(given), tuple(arrays))

    def notes(self) -> tuple[str, ...]:
        """A remark for each static value."""
        return tuple(str(g) for g in self.given if g.place < 0)

    @property
    def names(self) -> list[str]:
        """The names of the arrays."""
        return [g.name for g in self.given if g.place >= 0]

    @property
    def dtypes(self) -> list[str]:
        return [str(dtype_name(a.dtype)) for a in self.arrays]

    def values(self) -> list[Any]:
        """The compiled function's arguments: the arrays, and numbers as Python's."""
        return [a.item() if a.ndim == 0 else a for a in self.arrays]

    @property
    def size(self) -> int | None:
        """The number of examples: the leading size of the first array that has one."""
        return next((a.shape[0] for a in self.arrays if a.ndim), None)

    def is_batched(self, array: Array) -> bool:
        """True for an array that holds something for each example."""
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

    def shifted(self) -> Call:
        """The call with other values for the numbers among the inputs."""
        alone = {g.place for g in self.given if g.is_number}
        arrays = [
            a + (1 if a.dtype.kind == "i" else 0.5 + abs(a) / 8) if k in alone else a
            for k, a in enumerate(self.arrays)
        ]
        return replace(self, arrays=tuple(map(np.asarray, arrays)))

    def run(self, fn: Callable[..., Any], present: Callable[[int], Any]) -> Any:
        """``fn`` called with what ``present`` makes of each array, and the static values."""
        values = [(g, present(g.place) if g.place >= 0 else g.value) for g in self.given]
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


Array = np.ndarray[Any, np.dtype[Any]]
READ = 10_000_000  # elements of an iterator, beyond which it is taken for an endless one
_KINDS = {"f": "f64", "i": "i64", "u": "i64", "b": "bool"}
LARGEST = 2**53  # the last integer up to which floats hold all
_ENDLESS = (itertools.count, itertools.cycle)
_VIEWS = (deque, KeysView, ValuesView, ItemsView)


def settled(name: str, value: Any) -> Any:
    """The argument as something that is the same at each trace.

    Raises ArgumentError for a file, an endless or used-up iterator, and a set, which has no order.
    """
    if type(value) is np.ndarray or isinstance(value, str | bytes | int | float):
        return value
    if isinstance(value, list | tuple):
        if is_table(value) or not is_used_up(value):
            return value
        return [settled(f"{name}[{i}]", item) for i, item in enumerate(value)]
    if is_used_up(value):
        return _read(name, value)
    if isinstance(value, _VIEWS):
        return list(value)
    if isinstance(value, set | dict):
        kind = "a set has no order" if isinstance(value, set) else "a dict is no array"
        raise ArgumentError(
            f"{name}: expected numbers in arrays or lists, or a static value that can be hashed, "
            f"got {type(value).__name__}; {kind}, so pass its values in a list"
        )
    return array_of(name, value) if hands_out_array(value) else value


def is_used_up(value: Any) -> bool:
    """True for an iterator, or for a list that holds one: a second pass finds nothing."""
    if isinstance(value, list | tuple):
        return any(map(is_used_up, value))
    return hasattr(type(value), "__next__")


def _read(name: str, value: Any) -> list[Any]:
    kind = type(value).__name__
    if isinstance(value, io.IOBase):
        raise ArgumentError(f"{name}: got a file; read its numbers and pass them in a list")
    items = [] if isinstance(value, _ENDLESS) else list(itertools.islice(value, READ + 1))
    if isinstance(value, _ENDLESS) or len(items) > READ:
        raise ArgumentError(f"{name}: the {kind} does not end; pass a list of its first elements")
    if not items:
        raise ArgumentError(
            f"{name}: the {kind} gives nothing, as after a first use; make it anew for each call, "
            "or pass a list"
        )
    return [settled(f"{name}[{i}]", item) for i, item in enumerate(items)]


def hands_out_array(value: Any) -> bool:
    """True where NumPy can make an array of it: a Series, a tensor, an ``array.array``."""
    kind = type(value)
    if issubclass(kind, np.ndarray):
        return True
    if issubclass(kind, np.generic | str | bytes):
        return False
    return any(hasattr(kind, a) for a in ("__array__", "__array_interface__")) or (
        hasattr(kind, "typecode") or issubclass(kind, memoryview | bytearray)
    )


def is_table(value: Any) -> bool:
    """True for an array, for numbers in lists or tuples, perhaps nested, and for an empty list."""
    if isinstance(value, list | tuple):
        while isinstance(value, list | tuple) and len(value):
            value = value[0]
        return isinstance(value, list | int | float | np.number | np.bool_ | np.ndarray)
    return isinstance(value, np.ndarray)


def is_number(value: Any) -> bool:
    """True for a possible input: a float, or an integer that a float holds."""
    if isinstance(value, float | np.floating):
        return True
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and abs(int(value)) <= LARGEST


def array_of(name: str, value: Any) -> Array:
    """The value as an array of f64, i64 or bool; itself where it is one already.

    Raises DTypeError for what holds no real numbers, is ragged, masked, or part of another tool's
    graph, which would lose its gradient.
    """
    if name == "theta":
        raise NamingError("theta names the parameters; call the argument something else")
    array = as_array(name, value)
    if array.dtype.kind not in _KINDS:
        raise DTypeError(
            f"{name}: expected real numbers or bool, got {type(value).__name__} of dtype "
            f"{array.dtype}"
        )
    wanted = DTYPES[_KINDS[array.dtype.kind]]
    if array.dtype.kind == "u" and array.size and int(array.max()) >= 2**63:
        raise DTypeError(f"{name}: an integer does not fit int64")
    return array if array.dtype is wanted else array.astype(wanted)


def as_array(name: str, value: Any) -> Array:
    """``np.asarray``, and what it cannot take refused by name.  Raises DTypeError."""
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(f"{name}: a masked array loses its mask here; fill it first")
    try:
        return as_data(value, name)
    except SymgradError:
        raise
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        found = _ragged(name, value)
        pairs = "; pass its parts as arguments of their own, and zip them in the function"
        hint = f"; expected rows of one length{pairs if 'no row' in found else ''}"
        raise DTypeError(f"{found}{hint}" if found else f"{name}: {error}") from error


def _ragged(path: str, value: Any) -> str:
    """The first two rows that differ in length, in words; "" for rows of one length."""
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
    return isinstance(x, list | tuple) or (isinstance(x, np.ndarray) and x.ndim > 0)
