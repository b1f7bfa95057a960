"""Arrays of numbers: each is a few integers or floats side by side, a cell of one NumPy array.

NumPy moves cells as it moves floats: views, slices, ``out=``, ``take`` and ``concatenate`` are its
own.  An *algebra* says what a cell holds, and how arrays of them are added, multiplied, inverted
and compared; duals are pairs of cells.  A dead cell has no value, and kills what it goes into.
An unknown function raises UnsupportedError; the checker then takes numbers one by one.

>>> from symgrad.checker.residues import Residues
>>> x = Residues("seed", "").variables(np.array([[1.0, 2.0], [3.0, 4.0]]))
>>> bool(np.all(x @ x - x[:, :1] * x[0] == x[:, 1:] * x[1])), (x.T[0] > 2).tolist()
(True, [False, True])
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgrad.checker.exact_number import ExactNumber, Unwritten
from symgrad.errors import DomainError, UnsupportedError

# NumPy treats cells as it treats floats here.
MOVES = frozenset(
    """
    array asarray ascontiguousarray atleast_1d atleast_2d broadcast_to column_stack
    concatenate copy copyto diag diagonal expand_dims fill_diagonal flip hstack moveaxis
    ndim put_along_axis ravel repeat reshape roll shape size split squeeze stack swapaxes
    take take_along_axis tile transpose vstack where
    """.split()  # noqa: SIM905
)
WRITES = {"copyto": 1, "fill_diagonal": 1, "put_along_axis": 2}  # into the first, which number


class Cells(np.ndarray, ExactNumber):  # type: ignore[override]
    """An array of numbers of an algebra, or of pairs of them, which are duals."""

    algebra: Any = None

    def __array_finalize__(self, other: Any) -> None:
        self.algebra = getattr(other, "algebra", None)

    functions = property(lambda self: self.algebra.functions)
    dual = property(lambda self: self.dtype == self.algebra.duals)
    value = property(lambda self: self["value"] if self.dual else self)
    slope = property(lambda self: self["slope"] if self.dual else self.algebra.lift(0))

    __eq__: Any = lambda self, other: np.equal(self, other)  # NumPy's own goes field by field
    __ne__: Any = lambda self, other: np.not_equal(self, other)

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, np.void):
            found = super().__getitem__((*key, ...) if isinstance(key, tuple) else (key, ...))
        return found if found.dtype.names else bare(found)

    def __setitem__(self, key: Any, x: Any) -> None:
        super().__setitem__(key, bare(x if isinstance(key, str) else self.algebra.like(self, x)))

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __array_ufunc__(self, ufunc: Any, method: str, *xs: Any, **named: Any) -> Any:
        name, a, out = ufunc.__name__, self.algebra, named.pop("out", ())
        if method == "__call__" and not named:
            found = a.called(name, *xs)
        elif method == "reduce" and name in a.folds:
            named = {k: v for k, v in named.items() if k in ("axis", "keepdims")}
            found = a.folds[name](*xs, **{"axis": 0, **named})
        elif method == "at" and name in ("add", "subtract"):
            y, key, x = xs
            return a.add_at(y, key, x if name == "add" else -a.lift(x))
        else:
            raise UnsupportedError(f"{name}.{method} of arrays")
        return self.assigned(found, out or None)

    def __array_function__(self, func: Any, types: Any, args: Any, named: Any) -> Any:
        name, a = func.__name__, self.algebra
        if name in a.folds:
            out = named.pop("out", None)
            return self.assigned(a.folds[name](*args, **named), out)
        if name not in MOVES:
            raise UnsupportedError(f"{name} of arrays")
        if name == "where":
            args = (args[0], *a.alike(args[1:]))
        elif name in WRITES:
            at = WRITES[name]
            args = (*args[:at], a.like(args[0], args[at]), *args[at + 1 :])
        elif args and isinstance(args[0], list | tuple):
            args = ([*map(bare, a.alike(args[0]))], *args[1:])
        found = func(*map(bare, args), **named)
        parts = [a.seen(x) for x in (found if isinstance(found, list) else [found])]
        return parts if isinstance(found, list) else parts[0]

    def lift(self, x: Any) -> Any:
        return self.algebra.lift(x)

    @property
    def watch(self) -> Any:
        return self.algebra.watch

    def literal(self) -> float | None:
        """The float that all of them are, exactly, if they are."""
        x = self.middle()
        alike = math.isfinite(x) and bool(np.all(bare(self) == bare(self.algebra.like(self, x))))
        return x if alike else None

    def middle(self) -> float:
        """A float near the first."""
        return float(self.algebra.near(bare(self.value).reshape(-1)[0])) if self.size else math.nan

    def near(self) -> Any:
        """Floats near the numbers."""
        return self.algebra.near(bare(self.value))

    def is_zero(self) -> Any:
        """A mask of those that are 0, their slopes included."""
        zero = self.algebra.is_zero
        still = zero(bare(self.slope)) if self.dual else True
        return zero(bare(self.value)) & still

    def order(self, other: Any) -> Any:
        return self.algebra.order(self, other)

    def bound(self) -> Any:
        """Of balls, how large they may be."""
        return self.algebra.bound(bare(self))

    def spread(self) -> Any:
        """The radii of balls."""
        return self.algebra.spread(bare(self))

    def tied(self, other: Any, mask: Any) -> Any:
        """A mask: they are equal, and the given mask holds."""
        return mask & (self.algebra.order(self, other, mask) == 0)

    def alive(self) -> Cells:
        """Itself.  Raises DomainError where some have no value."""
        if not self.lives():
            raise DomainError("a value is not finite, or has no value")
        return self

    def lives(self) -> bool:
        return all(self.algebra.is_finite(bare(x)).all() for x in (self.value, self.slope))

    def filled(self, shape: Any, x: Any, dtype: Any) -> Any:
        """An array to write into; of zeros, derivatives may be written, too."""
        if dtype.kind in "ib":
            return np.full(shape, x, dtype)
        if isinstance(x, Unwritten):
            return self.algebra.empty(shape, self.dtype)
        return self.algebra.seen(np.full(shape, bare(self.algebra.like(self, x))))

    def assigned(self, found: Any, out: Any = None) -> Any:
        """The result, written into the array that is given."""
        if out is None:
            return found
        target = out[0] if isinstance(out, tuple) else out
        target[...] = found
        return target

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]
        found = self.sum(axis=axis, keepdims=keepdims)
        return found / (self.size // max(found.size, 1))

    def dot(self, other: Any) -> Any:  # type: ignore[override]
        return self @ other

    def astype(self, dtype: Any, **named: Any) -> Any:  # type: ignore[override]
        if np.dtype(dtype).kind not in "fOV":
            raise UnsupportedError("numbers that become whole")
        return self.copy()

    def fill(self, x: Any) -> None:
        self[...] = x

    def unknown(self, *xs: Any, **named: Any) -> Any:
        raise UnsupportedError("what depends on an order of arrays")

    argmax = argmin = argsort = sort = searchsorted = nonzero = partition = choose = unknown

    def __bool__(self) -> bool:
        return bool(np.all(self != 0)) if self.size == 1 else bool(np.zeros(2))

    def apply(self, name: str, *xs: Any) -> Any:
        return self.algebra.apply(name, *xs)


def bare(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Cells) else x


def chosen(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere: of numbers, or of arrays element by element."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, x, y)
    return x if condition else y
