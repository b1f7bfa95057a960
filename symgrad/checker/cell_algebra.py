"""The base of algebras of cells: lifting, duals, sums, products of matrices, and comparisons.

>>> from symgrad.checker.residues import Residues
>>> a = Residues("seed", "")
>>> x = a.paired(a.lift(np.array([2.0, 3.0])), a.lift(1))
>>> y = np.sum(x * x / 2)
>>> y.value.literal(), y.slope.literal()
(6.5, 5.0)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symgrad.checker.cells import Cells, bare
from symgrad.errors import UnsupportedError

SINGLE = 2000  # operations on one number each, which are dear here
FEW = 64  # numbers that are lifted one by one
SIDES = {
    "greater": lambda side: side > 0,
    "greater_equal": lambda side: side >= 0,
    "less": lambda side: side < 0,
    "less_equal": lambda side: side <= 0,
    "equal": lambda side: side == 0,
    "not_equal": lambda side: side != 0,
}


class Algebra:
    """The base of algebras of cells.  One of them has

    cells               what a cell holds
    dead                a dead cell
    is_dead(x), is_zero(x)   which ones are
    is_finite(x)        which ones may be told of
    constant(x)         a number as one cell
    floats(x)           an array of floats
    near(x)             floats near numbers
    sum(x), times(x, y), inverse(x), negative(x)
    product(x, y)       of matrices, the leading axes one by one
    sides(x, y, mask)   the signs of x - y where the mask holds, as told; 0 elsewhere
    primitive(name, *xs)
    functions, rules    of FUNCTIONS and RULES
    """

    cells: Any
    dead: Any
    functions: Any
    rules: Any
    watch: Any
    one: Cells
    # A subclass has these, as above.
    constant: Any
    floats: Any
    near: Any
    is_dead: Any
    is_zero: Any
    sum: Any
    times: Any
    inverse: Any
    negative: Any
    product: Any
    sides: Any
    primitive: Any

    def __init__(self, functions: Any) -> None:
        self.functions = functions
        self.duals = np.dtype([("value", self.cells), ("slope", self.cells)])
        self.known: dict[Any, Cells] = {}
        self.answers: dict[Any, Any] = {}
        self.single, self.unwritten = 0, False
        self.folds: dict[str, Any] = {
            "sum": self.summed,
            "add": self.summed,
            "mean": lambda x, **named: self.lift(x).mean(**named),
            "vdot": lambda x, y: self.matmul(self.lift(x).ravel(), self.lift(y).ravel()),
            "outer": lambda x, y: self.lift(x).ravel()[:, None] * np.ravel(y),
            "dot": self.matmul,
            "einsum": self.einsum,
            "zeros_like": lambda x, **named: 0 * x,
            "empty_like": lambda x, **named: self.empty(x.shape, x.dtype),
        }
        for name, own in (("max", "maximum"), ("min", "minimum")):
            for known in (name, f"a{name}", own):
                self.folds[known] = functions[name]
        self.one = self.lift(1)

    def seen(self, x: Any) -> Any:
        """An array of cells as one of this algebra; others stay."""
        if not isinstance(x, np.ndarray | np.void) or not x.dtype.names:
            return x
        found = np.asarray(x).view(Cells)
        found.algebra = self
        return found

    def lift(self, x: Any) -> Any:
        """A number, or an array of numbers, in this algebra; NotImplemented for anything else."""
        if isinstance(x, Cells):
            return x
        if isinstance(x, np.ndarray | list | tuple) and np.ndim(x):
            x = np.asarray(x)
            if x.dtype.kind == "O" and any(isinstance(v, Cells) for v in x.flat):
                cells = np.stack(self.alike([*x.flat]))
                return cells.reshape(x.shape)
            if x.size > FEW and x.dtype.kind == "f":
                return self.seen(self.floats(x))
            values, places = np.unique(x, return_inverse=True)
            table = np.empty(len(values), self.cells)
            for i, v in enumerate(values):
                table[i] = bare(self.lift(v))
            return self.seen(table[places.reshape(x.shape)])
        x = x.item() if isinstance(x, np.generic | np.ndarray) else x
        if not isinstance(x, int | float | Fraction):
            return x if isinstance(x, Cells) else NotImplemented
        if not isinstance(x, Fraction) and not math.isfinite(x):
            return self.seen(self.dead)
        key = type(x), x
        if key not in self.known:
            self.known[key] = self.seen(self.constant(x))
        return self.known[key]

    def divided(self, x: Any) -> None:
        """Tells the watch of divisors: of the first of an array, or of all."""
        for by in x.reshape(-1)[: None if self.watch.counts() else 1]:
            self.watch.divided(self.seen(by))

    def empty(self, shape: Any, dtype: Any) -> Any:
        """Dead cells, for memory that was never written."""
        self.unwritten = True
        dead = self.seen(self.dead)
        return self.seen(
            np.full(shape, bare(self.paired(dead, dead) if dtype == self.duals else dead))
        )

    def like(self, dtype: Any, x: Any) -> Any:
        """A number or an array as cells of a kind."""
        x, dtype = self.lift(x), getattr(dtype, "dtype", dtype)
        if dtype == self.cells and x.dual:
            raise UnsupportedError("a derivative is written where there is none")
        return self.paired(x, self.lift(0)) if dtype == self.duals and not x.dual else x

    def alike(self, xs: Sequence[Any]) -> list[Any]:
        """All as cells, or all as duals."""
        lifted = [self.lift(x) for x in xs]
        dtype = self.duals if any(x.dual for x in lifted) else self.cells
        return [self.like(dtype, x) for x in lifted]

    def paired(self, value: Any, slope: Any) -> Any:
        pair = np.empty(np.broadcast_shapes(value.shape, slope.shape), self.duals)
        pair["value"], pair["slope"] = bare(value), bare(slope)
        return self.seen(pair)

    def is_finite(self, x: Any) -> Any:
        return ~self.is_dead(x)

    def called(self, name: str, *xs: Any) -> Any:
        """A ufunc."""
        self.single += not any(getattr(x, "ndim", 0) for x in xs)
        if self.single > SINGLE:
            raise UnsupportedError("arrays that are taken apart")
        if name == "divide" and isinstance(xs[1], Cells):
            self.divided(xs[1])
        if name in _FORMULAS:
            return _FORMULAS[name](self, *map(self.lift, xs))
        if name in SIDES:
            return SIDES[name](self.order(*map(self.lift, xs)))
        if name not in self.functions:
            raise UnsupportedError(f"{name} of arrays")
        return self.functions[name](*xs)

    def halves(self, x: Any) -> Any:
        """Values and slopes side by side, along a last axis."""
        return np.ascontiguousarray(bare(x)).view(self.cells).reshape(*x.shape, 2)

    def whole(self, halves: Any) -> Any:
        """The duals of such halves."""
        return self.seen(np.ascontiguousarray(halves).view(self.duals)[..., 0])

    def plus(self, x: Any, y: Any) -> Any:
        if x.dual and y.dual:
            return self.whole(self.sum(self.halves(x), self.halves(y)))
        if x.dual or y.dual:
            both = self.sum(bare(x.value), bare(y.value))
            slope = bare(x.slope if x.dual else y.slope)
            return self.paired(both, np.broadcast_to(slope, both.shape))
        return self.seen(self.sum(bare(x), bare(y)))

    def by(self, x: Any, y: Any) -> Any:
        """A product, one by one."""
        if not x.dual and not y.dual:
            return self.seen(self.times(bare(x), bare(y)))
        if not x.dual:
            x, y = y, x
        value = bare(y.value)
        both = self.times(self.halves(x), value[..., None])
        shares = [self.shared(both[..., 1], bare(x.slope), value)]
        if y.dual:
            shares.append(self.share(bare(x.value), bare(y.slope)))
        both[..., 1] = self.sum(*shares) if y.dual else shares[0]
        return self.whole(both)

    def multiplied(self, x: Any, y: Any) -> Any:
        """A product of matrices: of a dual one, its slope is below the value, or beside it."""
        if not x.dual and not y.dual:
            return self.seen(self.product(bare(x), bare(y)))
        a, b = bare(x.value), bare(y.value)
        if y.dual:
            both = self.product(a, np.concatenate([b, bare(y.slope)], axis=-1))
            value, slope = both[..., : b.shape[-1]], both[..., b.shape[-1] :]
            other = [self.product(bare(x.slope), b)] if x.dual else []
            return self.paired(value, self.sum(slope, *other) if other else slope)
        both = self.product(np.concatenate([a, bare(x.slope)], axis=-2), b)
        return self.paired(both[..., : a.shape[-2], :], both[..., a.shape[-2] :, :])

    def share(self, partial: Any, slope: Any) -> Any:
        """Their product, in which 0 beats what is dead: a slope may be infinite, as sqrt's at 0."""
        return self.shared(self.times(partial, slope), partial, slope)

    def shared(self, found: Any, partial: Any, slope: Any) -> Any:
        """The product that was found, with such zeros."""
        for x, y in ((partial, slope), (slope, partial)):
            if (dead := self.is_dead(x)).any():
                found = np.where(dead & self.is_zero(y), bare(self.lift(0)), found)
        return found

    def minus(self, x: Any) -> Any:
        if x.dual:
            return self.whole(self.negative(self.halves(x)))
        return self.seen(self.negative(bare(x)))

    def over(self, x: Any) -> Any:
        """1/x."""
        if not x.dual:
            return self.seen(self.inverse(bare(x)))
        y = self.over(x.value)
        return self.paired(y, self.minus(self.seen(self.share(bare(y * y), bare(x.slope)))))

    def matmul(self, x: Any, y: Any) -> Any:
        x, y = self.lift(x), self.lift(y)
        if not x.ndim or not y.ndim:
            return x * y
        rows, columns = x.ndim == 1, y.ndim == 1
        z = self.multiplied(x[None] if rows else x, y[:, None] if columns else y)
        z = z[..., 0] if columns else z
        return z[..., 0] if rows and columns else z[..., 0, :] if rows else z

    def summed(self, x: Any, axis: Any = None, keepdims: bool = False, **named: Any) -> Any:
        """By halves."""
        if named.get("dtype") is not None or named.get("out") is not None:
            raise UnsupportedError("a sum of arrays with options")
        x = self.lift(x)
        gone = [*range(x.ndim)] if axis is None else np.atleast_1d(axis) % x.ndim
        kept = [a for a in range(x.ndim) if a not in gone]
        shape = [1 if a in gone else n for a, n in enumerate(x.shape)]
        x = x.transpose(*gone, *kept).reshape(-1, *(x.shape[a] for a in kept))
        x = self.total(x)
        return x.reshape(shape) if keepdims else x

    def total(self, x: Any) -> Any:
        """Along the first axis."""
        if not len(x):
            return self.seen(np.full(x.shape[1:], bare(self.like(x, 0))))
        while len(x) > 1:
            half = len(x) // 2
            y = x[:half] + x[half : 2 * half]
            x = np.concatenate([y, x[-1:]]) if len(x) % 2 else y
        return x[0]

    def einsum(self, spec: str, *xs: Any) -> Any:
        """A sum of products over the letters that the result lacks."""
        ins, out = spec.replace(" ", "").split("->")
        letters = out + "".join(sorted({*ins} - {*out, ","}))
        product: Any = self.lift(1)
        for x, own in zip(xs, ins.split(","), strict=True):
            order = sorted(range(len(own)), key=lambda i: letters.index(own[i]))
            if len({*own}) < len(own):
                raise UnsupportedError("a diagonal of arrays")
            key = tuple(slice(None) if c in own else None for c in letters)
            product = product * np.transpose(self.lift(x), order)[key]
        gone = tuple(range(len(out), len(letters)))
        return self.summed(product, gone) if gone else product

    def add_at(self, y: Any, key: Any, x: Any) -> None:
        """``np.add.at``: those that meet at one place, one after the other."""
        places = np.arange(y.size).reshape(y.shape)[key]
        x = np.broadcast_to(self.like(y, x), places.shape).reshape(-1)
        flat, places = y.reshape(-1), places.reshape(-1)
        order = np.argsort(places, kind="stable")
        ranks = np.empty(len(places), int)
        starts = np.flatnonzero(np.diff(places[order], prepend=-1))
        ranks[order] = np.arange(len(places)) - np.repeat(starts, np.diff([*starts, len(places)]))
        for k in range(ranks.max(initial=-1) + 1):
            now = places[ranks == k]
            flat[now] = flat[now] + x[ranks == k]
        y[...] = flat.reshape(y.shape)  # of a view, these are copies

    def order(self, x: Any, y: Any, mask: Any = True) -> Any:
        x, y = self.lift(x).value, self.lift(y).value
        shape = np.broadcast_shapes(x.shape, y.shape, np.shape(mask))
        if not math.prod(shape):
            return np.zeros(shape, int)
        return self.sides(x, y, np.broadcast_to(mask, shape))

    def told(self, sides: Any, gap: Any, mask: Any) -> Any:
        """The sides of some differences, as the watch has it; it sees the first of each, or all."""
        found, each = sides.copy(), self.watch.counts()
        places = [*map(tuple, np.argwhere(mask))] if each else []
        for side in () if each else (1, -1, 0):
            if (at := mask & (sides == side)).any():
                places.append(np.unravel_index(np.argmax(at), at.shape))
        for at in places:
            old = int(sides[at])
            same = at if each else mask & (sides == old)
            count = 1 if each else np.count_nonzero(same)
            if (side := self.watch.went(old, self.seen(gap[at]), count)) != old:
                found[same] = side
        return found

    def once(self, answer: Any, name: str, *arrays: Any) -> Any:
        """An answer, kept: mostly a text asks for what its reference asked."""
        key = name, *((x.shape, x.tobytes()) for x in arrays)
        if key not in self.answers:
            self.answers[key] = answer(name, *arrays)
        return self.answers[key].copy()

    def apply(self, name: str, *xs: Any) -> Any:
        """A primitive function."""
        arrays = [self.lift(x) for x in xs]
        if not any(x.dual for x in arrays):
            return self.seen(self.primitive(name, *arrays))
        y = self.lift(self.functions[name](*(x.value for x in arrays)))
        slope: Any = self.lift(0)
        for d, x in zip(self.rules[name](y, *(x.value for x in arrays)), arrays, strict=True):
            if x.dual and x.slope.literal() != 0.0:
                d = self.lift(d() if callable(d) else d)
                slope = slope + self.seen(self.share(bare(d), bare(x.slope)))
        return self.paired(y, slope)


_FORMULAS: dict[str, Any] = {
    "add": lambda a, x, y: a.plus(x, y),
    "subtract": lambda a, x, y: a.plus(x, a.minus(y)),
    "multiply": lambda a, x, y: a.by(x, y),
    "divide": lambda a, x, y: a.by(x, a.over(y)),
    "matmul": Algebra.matmul,
    "negative": lambda a, x: a.minus(x),
    "positive": lambda a, x: x,
    "square": lambda a, x: x * x,
    "reciprocal": Algebra.over,
}
