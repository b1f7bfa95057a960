"""Leaves by the tensor: blocks of theta, views of input arrays, and numbers.

Theta has the parameters in the order of the module, so the weights of a layer are a block of it
(``view``); other selections are a take.  Equal numbers are one literal.  Others are an array: a
literal if it is small, else a bound constant.

>>> import symgrad.ops
>>> p = ScalarProgram.build([], [(PARAM, i) for i in range(6)], outputs=[0])
>>> leaves, j, k = Leaves(p), Axis(2), Axis(2)
>>> leaves.read(IRAlgebra(), np.array([[0, 1], [3, 4]]), (j, k)).term.instr.attributes
(('offset', 0), ('shape', (2, 2)), ('strides', (3, 1)))
>>> leaves.read(IRAlgebra(), np.array([0, 1, 5]), (Axis(3),)).term.instr.op.name
'take'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.ir.function import Instr, constant, parameter
from symgrad.ir.program import CONSTANT, EXPONENT, INPUT, PARAM, START, Ints, ScalarProgram
from symgrad.ir.types import Type, dtype_name
from symgrad.ops.table import IRAlgebra
from symgrad.reroll.index_patterns import Int, Slice, Take, View, squeezed, strided, view_of
from symgrad.reroll.named_axes import Named
from symgrad.reroll.tensors import Axes, Axis

LITERAL_LIMIT = 64  # elements; a larger array is a constant argument of the function


class Leaves:
    """The function's parameters, and leaves as arrays over the reader's axes."""

    def __init__(self, program: ScalarProgram, theta: str = "theta") -> None:
        self.program = program
        self.theta = parameter(theta, Type("f64", (program.parameters,)), "param")
        self.inputs = [parameter(a.name, a.type, "input", a.origins) for a in program.arrays]
        self.constants: dict[tuple[Any, ...], tuple[Instr, Any]] = {}
        self.blocks: dict[tuple[Any, ...], Instr] = {}

    def parameters(self) -> tuple[Instr, ...]:
        """theta, the inputs, then the bound constants."""
        bound = [x for x, _ in self.constants.values() if x.is_parameter]
        return (self.theta, *self.inputs, *bound)

    def bound(self) -> dict[str, Any]:
        """The arrays of the bound constants, by name."""
        return {x.hint: data for x, data in self.constants.values() if x.is_parameter}

    def read(self, f: IRAlgebra, ids: Ints, axes: Axes) -> Named:
        """Leaves of one kind, arranged along ``axes``."""
        p = self.program
        kind = int(p.code.item(ids.flat[0]))
        if kind == PARAM:
            return self.block(f, p.place[ids], axes)
        if kind == INPUT:
            return self.element(f, int(p.array[ids.flat[0]]), p.place[ids], axes)
        assert kind in (CONSTANT, EXPONENT, START)
        return self.number(f, p.value[ids], axes)

    def kinds(self, ids: Ints) -> Ints:
        """A number for each leaf; leaves of one number can be read together."""
        code = self.program.code[ids].astype(np.int64)
        code[np.isin(code, (EXPONENT, START))] = CONSTANT
        return np.where(code == INPUT, 100 + self.program.array[ids], code)

    def block(self, f: IRAlgebra, places: Ints, axes: Axes) -> Named:
        theta = f.term(self.theta)
        cut = strided(places, self.program.parameters)
        if cut is None:
            return self.joined(f, places, axes)
        order = tuple(axes[k] for k in cut.order)
        if cut.offset == 0 and cut.shape == (self.program.parameters,):
            return Named(theta, order)
        key = cut[:3]
        if key not in self.blocks:
            block = f.view(theta, offset=cut.offset, shape=cut.shape, strides=cut.strides)
            hint = self.program.parameters_called(places)
            self.blocks[key] = block.instr.replace(hint=hint)
        return Named(f.term(self.blocks[key]), order)

    def joined(self, f: IRAlgebra, places: Ints, axes: Axes) -> Named:
        """A block of theta if the last axes are parts of one, as for a row of weights that meets
        several lists of inputs; else a take of the places."""
        for last in range(2, places.ndim):
            shape = places.shape[:-last]
            rows = places.reshape(*shape, -1)
            if strided(rows, self.program.parameters) is not None:
                whole = self.block(f, rows, (*axes[:-last], Axis(rows.shape[-1])))
                if whole.axes[:-1] == axes[:-last]:
                    return Named(f.reshape(whole.term, shape=places.shape), axes)
        return Named(f.take(f.term(self.theta), self.array(f, places), axis=0), axes)

    def element(self, f: IRAlgebra, array: int, places: Ints, axes: Axes) -> Named:
        x = self.inputs[array]
        shape = tuple(int(d) for d in x.type.shape)
        own = tuple(Axis(n) for n in shape)
        view = view_of(np.unravel_index(places, shape) if shape else (), axes)
        whole = (
            self.reshaped(f, x, places, axes) if any(isinstance(e, Take) for e in view) else None
        )
        found = whole or self.seen(f, Named(f.term(x), own), own, view)
        if x.type.dtype == "i64":  # scalars are floats, those of integer arrays too
            return Named(f.cast(found.term, dtype="f64"), found.axes)
        return found

    def reshaped(self, f: IRAlgebra, x: Instr, places: Ints, axes: Axes) -> Named | None:
        """A whole array, each element once, along other axes than its own."""
        cut = strided(places, places.size)
        size = np.prod([int(d) for d in x.type.shape])
        if cut is None or cut.offset or places.size != size:
            return None
        return Named(f.reshape(f.term(x), shape=cut.shape), tuple(axes[k] for k in cut.order))

    def number(self, f: IRAlgebra, values: Any, axes: Axes) -> Named:
        bits, kept = squeezed(values.view(np.int64) if values.ndim else values, axes)
        if values.ndim == 0 or bits.ndim == 0:
            return Named(f.term(f.number(float(values.flat[0]), "f64")), ())
        return Named(self.array(f, bits.view(np.float64)), kept)

    def array(self, f: IRAlgebra, data: Any) -> Any:
        """An array of numbers or indices, each once in the function."""
        data = np.ascontiguousarray(data)
        key = (data.dtype.str, data.shape, data.tobytes())
        if key not in self.constants:
            type = Type(str(dtype_name(data.dtype)), data.shape)
            hint = self.program.called(data)
            if data.size <= LITERAL_LIMIT:
                made = constant(data, type, hint)
            else:
                stem = hint or ("places" if type.dtype == "i64" else "data")
                made = parameter(self.fresh(stem), type, "constant")
            self.constants[key] = (made, data)
        return f.term(self.constants[key][0])

    def fresh(self, stem: str) -> str:
        """A name that no parameter of the function has."""
        taken = {p.hint for p in self.parameters()}
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        return name

    def seen(self, f: IRAlgebra, x: Named, own: Axes, view: View) -> Named:
        """``x``, some axes of a tensor with the axes ``own``, through a view of that tensor."""
        entry = dict(zip(own, view, strict=True))
        entries = [entry[a] for a in x.axes]
        shared = _shared(entries)
        if shared and len(entries) == 2 and (rows := _row_picks(entries, x.axes[0])) is not None:
            picks = f.reshape(self.array(f, rows), shape=(len(rows), 1))
            picked = f.take_along_axis(x.term, picks, axis=1)
            return Named(f.reshape(picked, shape=(len(rows),)), _axes(entries[0]))
        if shared:
            return self.gathered(f, x, entries, shared)
        key: list[tuple[Any, ...]] = []
        left: list[Any] = []
        for a, e in zip(x.axes, entries, strict=True):
            if isinstance(e, Int):
                key.append(("int", e.place))
                continue
            if isinstance(e, Slice):
                stop = e.start + e.step * (e.axis.size - 1) + 1
                key.append(("slice", e.start, stop, e.step))
            else:
                key.append(("slice", 0, a.size, 1))
            left.append(e)
        full = tuple(("slice", 0, a.size, 1) for a in x.axes)
        term = x.term if tuple(key) == full else f.index(x.term, key=tuple(key))
        axes: list[Axis] = [a for e in left for a in _axes(e)]
        for k in reversed(range(len(left))):
            if isinstance(left[k], Take):
                term = f.take(term, self.array(f, left[k].places), axis=k)
        return Named(term, tuple(axes))

    def gathered(self, f: IRAlgebra, x: Named, entries: Sequence[Any], shared: set[Any]) -> Named:
        """Elements that several index arrays select together, as in ``x[i, j]``."""
        together = [k for k, e in enumerate(entries) if shared & set(_axes(e))]
        alone = [k for k in range(len(entries)) if k not in together]
        reader = list(dict.fromkeys(a for k in together for a in _axes(entries[k])))
        moved = f.transpose(x.term, axes=(*together, *alone))
        if (*together, *alone) == tuple(range(len(entries))):
            moved = x.term
        indices = []
        for k in together:
            e = entries[k]
            index = e.start + e.step * np.arange(e.axis.size) if isinstance(e, Slice) else e.places
            shape = [a.size if a in _axes(e) else 1 for a in reader]
            order = [a for a in reader if a in _axes(e)]
            index = np.transpose(index, [_axes(e).index(a) for a in order]).reshape(shape)
            indices.append(self.array(f, index))
        rest = tuple(x.axes[k] for k in alone)
        done = Named(f.gather(moved, *indices), (*reader, *rest))
        identity = tuple(Slice(a, 0, 1) for a in reader)
        return self.seen(f, done, done.axes, (*identity, *(entries[k] for k in alone)))


def _row_picks(entries: Sequence[Any], rows: Axis) -> Ints | None:
    """The column of each row, if a reader takes one element of every row of a matrix."""
    row, column = entries
    if not (isinstance(row, Slice) and isinstance(column, Take)):
        return None
    every = (row.start, row.step, row.axis.size) == (0, 1, rows.size)
    return column.places if every and column.axes == (row.axis,) else None


def _axes(entry: Any) -> tuple[Any, ...]:
    if isinstance(entry, Int):
        return ()
    return (entry.axis,) if isinstance(entry, Slice) else entry.axes


def _shared(entries: Sequence[Any]) -> set[Any]:
    """Axes of more than one entry, and all axes of entries that have one of them."""
    counts: dict[Any, int] = {}
    for e in entries:
        for a in _axes(e):
            counts[a] = counts.get(a, 0) + 1
    shared = {a for a, n in counts.items() if n > 1}
    while True:
        more = {a for e in entries if shared & set(_axes(e)) for a in _axes(e)}
        if more <= shared:
            return shared
        shared |= more
