"""What a compiled function takes, and the check of each call.

A call with the types and shapes of the last one passes in about a microsecond; any other is
converted, compared with the signature, and its named sizes are unified by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.ir import dims
from symgrad.ir.types import DTYPES, Type, parse_type

ndarray = np.ndarray
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

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"

    def facts(self) -> dict[str, Any]:
        """As plain data, for a file."""
        return {
            "name": self.name,
            "target": self.target,
            "kind": self.kind,
            "arguments": [[a.name, str(a.type), a.kind] for a in self.arguments],
            "wrt": [[name, str(type)] for name, type in self.wrt],
            "needs": [list(need) for need in self.needs],
            "constants": [a.name for a in self.arguments if a.kind == "constant"],
        }

    @staticmethod
    def of_facts(facts: Mapping[str, Any]) -> Signature:
        """The reverse of ``facts``.  Raises ValueError, TypeError or KeyError for other data."""
        return Signature(
            str(facts["name"]),
            str(facts["target"]),
            tuple(Argument(str(n), parse_type(t), str(k)) for n, t, k in facts["arguments"]),
            tuple((str(n), parse_type(t)) for n, t in facts["wrt"]),
            str(facts["kind"]),
            tuple((str(dim), str(why)) for dim, why in facts["needs"]),
        )


_SHAPE, _DTYPE = attrgetter("shape"), attrgetter("dtype")


class Checker:
    """Checks and converts the arguments of calls.  Remembers what the last right call had."""

    def __init__(
        self, arguments: Sequence[Argument], target: str, needs: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.arguments = tuple(arguments)
        self.needs = tuple(needs)
        self.target = target
        # Types, and dtypes and shapes of arrays: compared in C, so that a right call costs little.
        self.kinds: tuple[type, ...] | None = None
        self.arrays: list[bool] = []
        self.shapes: list[Any] = []
        self.dtypes: list[Any] = []
        self.floats = 0  # how many floats the only argument holds, for scalar programs
        if target == "python" and [a.kind for a in arguments] == ["theta"]:
            self.floats = int(arguments[0].type.shape[0])

    def __call__(self, values: Sequence[Any]) -> Sequence[Any]:
        """The values as the emitted function takes them; itself where they are right already."""
        if self.floats:
            (v,) = values
            if type(v) in (list, tuple) and len(v) == self.floats and set(map(type, v)) == {float}:
                return values
        if (
            tuple(map(type, values)) == self.kinds
            and list(map(_SHAPE, compress(values, self.arrays))) == self.shapes
            and list(map(_DTYPE, compress(values, self.arrays))) == self.dtypes
        ):
            return values
        return self.convert(values)

    def convert(self, values: Sequence[Any]) -> Sequence[Any]:
        """The slow way: every check.  Raises DTypeError or ShapeError, naming the argument."""
        arrays = [_array(a, v) for a, v in zip(self.arguments, values, strict=True)]
        self._unify([array.shape for array in arrays])
        out = []
        for a, array in zip(self.arguments, arrays, strict=True):
            if self.target == "python" and a.type.rank and a.kind != "constant":
                out.append(array.tolist())
            elif a.type.rank:
                out.append(array)
            else:
                out.append(_SCALARS[a.type.dtype](array[()]))
        if self.target != "python":
            self._remember([v if usable(v, o) else o for v, o in zip(values, out, strict=True)])
        return out

    def _remember(self, values: Sequence[Any]) -> None:
        """Calls whose values have these types, dtypes and shapes need no second look."""
        self.kinds = tuple(map(type, values))
        self.arrays = [type(v) is ndarray for v in values]
        self.shapes = list(map(_SHAPE, compress(values, self.arrays)))
        self.dtypes = list(map(_DTYPE, compress(values, self.arrays)))

    def _unify(self, shapes: Sequence[tuple[int, ...]]) -> None:
        sizes: dict[str, tuple[int, str]] = {}
        for a, shape in zip(self.arguments, shapes, strict=True):
            for dim, n in zip(a.type.shape, shape, strict=True):
                if isinstance(dim, int):
                    if dim != n:
                        raise _mismatch(a, shape)
                elif dims.is_name(dim):
                    known, where = sizes.setdefault(dim, (n, a.name))
                    if known != n:
                        raise ShapeError(f"{dim} is {known} in {where} but {n} in {a.name}")
        known_sizes = {name: n for name, (n, _) in sizes.items()}
        for dim, why in self.needs:
            own = dims.names(dim)
            if set(own) <= set(known_sizes) and dims.evaluate(dim, known_sizes) < 0:
                given = ", ".join(f"{n} is {sizes[n][0]} in {sizes[n][1]}" for n in own)
                more, less = dims.sides(dim)
                raise ShapeError(f"{given}, expected {more} >= {less} for {why}")
        for a, shape in zip(self.arguments, shapes, strict=True):
            for dim, n in zip(a.type.shape, shape, strict=True):
                known_all = set(dims.names(dim)) <= set(known_sizes)
                if known_all and dims.evaluate(dim, known_sizes) != n:
                    raise ShapeError(
                        f"{a.name}: expected {dim} = {dims.evaluate(dim, known_sizes)}, got {n}"
                    )


def usable(given: Any, converted: Any) -> bool:
    """Whether the emitted function may have a value as it was given; np.float64 is a float."""
    return given is converted or (type(converted) is float and isinstance(given, float))


def _mismatch(a: Argument, shape: tuple[int, ...]) -> ShapeError:
    return ShapeError(f"{a.name}: expected {a.type}, got shape {shape}")


def _array(a: Argument, value: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """``value`` as an array of the argument's dtype and rank."""
    wanted = DTYPES[a.type.dtype]
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise DTypeError(f"{a.name}: expected {a.type}, got rows of unequal length") from error
    if array.dtype.kind != "b" and wanted.kind != "b" and _holds_bool(value):
        raise DTypeError(f"{a.name}: expected {a.type}, got a bool among numbers; convert it first")
    kinds = {"f": "iuf", "i": "iu", "b": "b"}[wanted.kind]
    if array.dtype.kind not in kinds and not (array.size == 0 and array.dtype.kind == "f"):
        what = f"{type(value).__name__} of dtype {array.dtype}"
        raise DTypeError(f"{a.name}: expected {a.type}, got {what}; convert it first")
    if array.ndim != a.type.rank:
        raise _mismatch(a, array.shape)
    if array.dtype.kind == "u" and wanted.kind == "i" and array.size and array.max() > 2**63 - 1:
        raise DTypeError(f"{a.name}: an integer does not fit int64")
    # Compared by identity on the fast way, so every right dtype must be NumPy's own object.
    return array if array.dtype is wanted else array.astype(wanted)


def _holds_bool(value: Any) -> bool:
    """Whether nested lists hold a bool, which NumPy would take for a number."""
    stack = [value] if isinstance(value, list | tuple) else []
    while stack:
        for item in stack.pop():
            if isinstance(item, bool | np.bool_):
                return True
            if isinstance(item, list | tuple):
                stack.append(item)
    return False


def arrange(
    arguments: Sequence[Argument],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    default: Mapping[str, Any],
    signature: str,
) -> Sequence[Any]:
    """One value an argument, from positions, names, or the parameters' own data.

    Raises ArgumentError for missing and surplus arguments.
    """
    if args:
        if kwargs or len(args) != len(arguments):
            got = f"{len(args)} positional" + (f" and {len(kwargs)} named" if kwargs else "")
            raise ArgumentError(
                f"expected {len(arguments)} arguments by position as in {signature}, or all by "
                f"name; got {got}"
            )
        return args
    names = [a.name for a in arguments]
    surplus = [name for name in kwargs if name not in names]
    if surplus:
        raise ArgumentError(f"unexpected argument {surplus[0]!r}; the signature is {signature}")
    values = []
    for name in names:
        if name in kwargs:
            values.append(kwargs[name])
        elif name in default:
            values.append(default[name]())
        else:
            raise ArgumentError(f"missing argument {name!r}; the signature is {signature}")
    return values
