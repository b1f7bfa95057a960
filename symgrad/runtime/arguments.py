"""The signature of a compiled function, and the check of each call.

A call with right arguments passes by a test made for the signature, in about a microsecond; any
other is converted, compared with the signature, and its named sizes are unified by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DomainError, DTypeError, ShapeError, SymgradError
from symgrad.frontend.operands import as_data
from symgrad.ir.types import DTYPES, Type, is_name, names_in, parse_type, sides, size_at
from symgrad.runtime.acceptance import accepts, listed
from symgrad.runtime.example_rows import EXAMPLES, ExampleRows, Layout

_SCALARS = {"f64": float, "f32": np.float32, "i64": int, "bool": bool}


@dataclass(frozen=True)
class Argument:
    """One argument: ``kind`` is param, input, constant, or theta for a vector of parameters."""

    name: str
    type: Type
    kind: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type}"


@dataclass(frozen=True)
class Signature:
    """The arguments in order; the names (with types) of the gradients; whether one vector."""

    name: str
    target: str
    arguments: tuple[Argument, ...]
    wrt: tuple[tuple[str, Type], ...] = ()
    kind: str = "gradients"  # gradients, vector (of scalars), or plain (no gradients)
    needs: tuple[tuple[str, str], ...] = ()  # dims that must not be negative, and why
    # arguments that hold labels, the count of classes, and where
    ranges: tuple[tuple[str, str, str], ...] = ()
    layout: Layout = ()  # the parts of each of the examples, where those are an argument
    returns: Any = ()  # the types of the results, as texts, in nested tuples
    lists: bool = False  # arrays are passed as nested lists; a saved file tells it by its target

    def __str__(self) -> str:
        shown = [f"{a.name}=..." if a.kind == EXAMPLES else str(a) for a in self.arguments]
        return f"{self.name}({', '.join(shown)})"

    def facts(self) -> dict[str, Any]:
        """As plain data, for a file."""
        return {
            "name": self.name,
            "target": self.target,
            "kind": self.kind,
            "arguments": [[a.name, str(a.type), a.kind] for a in self.arguments],
            "wrt": [[name, str(type)] for name, type in self.wrt],
            "needs": [list(need) for need in self.needs],
            "ranges": [list(labels) for labels in self.ranges],
            "layout": [list(part) for part in self.layout],
            "returns": _listed(self.returns),
            "constants": [a.name for a in self.arguments if a.kind == "constant"],
        }

    @staticmethod
    def of_facts(facts: Mapping[str, Any], lists: bool) -> Signature:
        """The reverse of ``facts``.  Raises ValueError, TypeError or KeyError for other data."""
        return Signature(
            str(facts["name"]),
            str(facts["target"]),
            tuple(Argument(str(n), parse_type(t), str(k)) for n, t, k in facts["arguments"]),
            tuple((str(n), parse_type(t)) for n, t in facts["wrt"]),
            str(facts["kind"]),
            tuple((str(dim), str(why)) for dim, why in facts["needs"]),
            tuple((str(n), str(size), str(why)) for n, size, why in facts["ranges"]),
            tuple((str(n), int(length)) for n, length in facts.get("layout", ())),
            _nested(facts["returns"]),
            lists,
        )


def _listed(x: Any) -> Any:
    return [*map(_listed, x)] if isinstance(x, tuple) else x


def _nested(x: Any) -> Any:
    return tuple(map(_nested, x)) if isinstance(x, list) else str(x)


class Checker:
    """Checks and converts the arguments of calls.

    check   (values) -> the values as the emitted function takes them; themselves where they are
            right already.  Raises what ``convert`` raises
    """

    def __init__(
        self,
        arguments: Sequence[Argument],
        signature: Signature,
        default: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        """``arguments`` are those of the signature that a call gives; the examples of ``default``
        are right as they are."""
        looped = bool(arguments) and arguments[-1].kind == EXAMPLES
        self.rows = ExampleRows(arguments[-1].name, signature.layout) if looped else None
        self.examples = default[arguments[-1].name]() if looped and default else None
        arguments = arguments[: len(arguments) - looped]
        self.arguments = tuple(arguments)
        self.needs = signature.needs
        self.lists = signature.lists
        check = self._lists() if self.lists else self._arrays()
        names = [a.name for a in arguments]
        # Of labels: the place among the values, the count of classes, and the line that reads them.
        self.ranges = [(names.index(n), d, why) for n, d, why in signature.ranges if n in names]
        check = self._labels(check) if self.ranges else check
        self.check = self._examples(check) if self.rows else check

    def _examples(
        self, check: Callable[[Sequence[Any]], Sequence[Any]]
    ) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """The check of all arguments, from that of all but the examples."""
        assert self.rows is not None
        rows = self.rows.check

        def all_of(values: Sequence[Any]) -> Sequence[Any]:
            examples = values[-1]
            right = examples if examples is self.examples else rows(examples)
            return (*check(values[:-1]), right)

        return all_of

    def _arrays(self) -> Callable[[Sequence[Any]], Sequence[Any]]:
        types = [a.type for a in self.arguments]
        test = accepts(types, [dim for dim, _ in self.needs])
        convert = self.convert
        return lambda values: values if test(*values) else convert(values)

    def _lists(self) -> Callable[[Sequence[Any]], Sequence[Any]]:
        takes = [listed(a.type) for a in self.arguments]

        def check(values: Sequence[Any]) -> Sequence[Any]:
            found = [take(v) for take, v in zip(takes, values, strict=True)]
            return self.convert(values) if None in found else found

        return check

    def _labels(
        self, check: Callable[[Sequence[Any]], Sequence[Any]]
    ) -> Callable[[Sequence[Any]], Sequence[Any]]:
        def both(values: Sequence[Any]) -> Sequence[Any]:
            right = check(values)
            self.labelled(right)
            return right

        return both

    def convert(self, values: Sequence[Any]) -> Sequence[Any]:
        """The slow way: every check.  Raises DTypeError or ShapeError, naming the argument."""
        if self.rows and len(values) > len(self.arguments):
            *values, examples = values
            return [*self.convert(values), self.rows.check(examples)]
        arrays = [_array(a, v) for a, v in zip(self.arguments, values, strict=True)]
        self._unify([array.shape for array in arrays])
        out = []
        for a, array in zip(self.arguments, arrays, strict=True):
            if self.lists and a.type.rank and a.kind != "constant":
                out.append(array.tolist())
            elif a.type.rank:
                out.append(array)
            else:
                out.append(_SCALARS[a.type.dtype](array[()]))
        return out

    def labelled(self, values: Sequence[Any]) -> None:
        """Raises DomainError where labels among the values are no classes."""
        for i, dim, why in self.ranges:
            classes = int(dim) if dim.isdigit() else self._size(dim, values)
            labels = np.asarray(values[i])
            if labels.size and not (labels.min() >= 0 and labels.max() < classes):
                wrong = labels[(labels < 0) | (labels >= classes)].flat[0]
                raise DomainError(
                    f"{self.arguments[i].name}: expected labels from 0 to {classes - 1}, "
                    f"got {wrong}{why}"
                )

    def _size(self, dim: str, values: Sequence[Any]) -> int:
        sizes: dict[Any, int] = {}
        for a, v in zip(self.arguments, values, strict=True):
            sizes.update(zip(a.type.shape, np.shape(v), strict=True))
        return size_at(dim, {str(n): size for n, size in sizes.items()})

    def _unify(self, shapes: Sequence[tuple[int, ...]]) -> None:
        sizes: dict[str, tuple[int, str]] = {}
        for a, shape in zip(self.arguments, shapes, strict=True):
            for dim, n in zip(a.type.shape, shape, strict=True):
                if isinstance(dim, int):
                    if dim != n:
                        raise _mismatch(a, shape)
                elif is_name(dim):
                    known, where = sizes.setdefault(dim, (n, a.name))
                    if known != n:
                        raise ShapeError(f"{dim} is {known} in {where} but {n} in {a.name}")
        known_sizes = {name: n for name, (n, _) in sizes.items()}
        for dim, why in self.needs:
            own = names_in(dim)
            if set(own) <= set(known_sizes) and size_at(dim, known_sizes) < 0:
                given = ", ".join(f"{n} is {sizes[n][0]} in {sizes[n][1]}" for n in own)
                more, less = sides(dim)
                raise ShapeError(f"{given}, expected {more} >= {less} for {why}")
        for a, shape in zip(self.arguments, shapes, strict=True):
            for dim, n in zip(a.type.shape, shape, strict=True):
                known_all = set(names_in(dim)) <= set(known_sizes)
                if known_all and size_at(dim, known_sizes) != n:
                    raise ShapeError(
                        f"{a.name}: expected {dim} = {size_at(dim, known_sizes)}, got {n}"
                    )


def _mismatch(a: Argument, shape: tuple[int, ...]) -> ShapeError:
    return ShapeError(f"{a.name}: expected {a.type}, got shape {shape}")


def _array(a: Argument, value: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """``value`` as an array of the argument's dtype and rank."""
    wanted = DTYPES[a.type.dtype]
    try:
        array = as_data(value, a.name)
    except SymgradError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise DTypeError(f"{a.name}: expected {a.type}, got rows of unequal length") from error
    if array.dtype.kind != "b" and wanted.kind != "b" and _holds_bool(value):
        raise DTypeError(f"{a.name}: expected {a.type}, got a bool among numbers; convert it first")
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(f"{a.name}: expected {a.type}, got a masked array; fill it first")
    kinds = {"f": "iuf", "i": "iu", "b": "b"}[wanted.kind]
    if array.dtype.kind not in kinds and not (array.size == 0 and array.dtype.kind == "f"):
        what = f"{type(value).__name__} of dtype {array.dtype}"
        raise DTypeError(f"{a.name}: expected {a.type}, got {what}; convert it first")
    if array.ndim != a.type.rank:
        raise _mismatch(a, array.shape)
    if array.dtype.kind == "u" and wanted.kind == "i" and array.size and array.max() > 2**63 - 1:
        raise DTypeError(f"{a.name}: an integer does not fit int64")
    # The quick test compares by identity, so every right dtype must be NumPy's own object.
    return array if array.dtype is wanted else array.astype(wanted)


def _holds_bool(value: Any) -> bool:
    """True if nested lists hold a bool, which NumPy would take for a number."""
    stack = [value] if isinstance(value, list | tuple) else []
    while stack:
        for item in stack.pop():
            if isinstance(item, bool | np.bool_):
                return True
            if isinstance(item, list | tuple):
                stack.append(item)
    return False


class Arranger:
    """One value an argument, from positions, names, or the parameters' own data.

    ``default`` reads the data of the arguments that have some.
    """

    def __init__(
        self, arguments: Sequence[Argument], default: Mapping[str, Callable[[], Any]], shown: str
    ) -> None:
        self.names = [a.name for a in arguments]
        self.examples = next((a.name for a in arguments if a.kind == EXAMPLES), "")
        self.default = default
        self.shown = shown
        # itemgetter gives no tuple for a single name
        self.pick = itemgetter(*self.names) if len(self.names) > 1 else self._pick

    def _pick(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([given[name] for name in self.names])

    def arrange(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[Any]:
        """The values in order.  Raises ArgumentError for missing and surplus arguments."""
        if args:
            if self.examples and len(args) == len(self.names) - 1:
                if not kwargs:
                    return (*args, self.default[self.examples]())
                if kwargs.keys() == {self.examples}:
                    return (*args, kwargs[self.examples])
            if kwargs or len(args) != len(self.names):
                raise self._misplaced(args, kwargs)
            return args
        values = kwargs
        if len(kwargs) != len(self.names):
            values = {name: read() for name, read in self.default.items()}
            values.update(kwargs)
        if len(values) > len(self.names):
            raise self._misnamed(kwargs, values)
        try:
            return self.pick(values)
        except KeyError:
            raise self._misnamed(kwargs, values) from None

    def _misplaced(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> ArgumentError:
        got = f"{len(args)} positional" + (f" and {len(kwargs)} named" if kwargs else "")
        return ArgumentError(
            f"expected {len(self.names)} arguments by position as in {self.shown}, or all by "
            f"name; got {got}"
        )

    def _misnamed(self, kwargs: Mapping[str, Any], values: Mapping[str, Any]) -> ArgumentError:
        surplus = [name for name in kwargs if name not in self.names]
        if surplus:
            return ArgumentError(
                f"unexpected argument {surplus[0]!r}; the signature is {self.shown}"
            )
        missing = next(name for name in self.names if name not in values)
        return ArgumentError(f"missing argument {missing!r}; the signature is {self.shown}")
