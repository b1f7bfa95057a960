"""The cause of a failed call, by name and line: an index out of range, a result that is not finite.

The program is run once more by its reference semantics.  For an index that is up to the instruction
that reads there.  From a value that is inf or nan the search goes back to an operand that is so
already, through the branch that a ``where`` took, until it stands at an operation that made it out
of finite numbers.

>>> import symgrad as sg
>>> w, k = sg.param("w", [1.0, 2.0]), sg.input("k", ("N",), int)
>>> sg.compile(sg.sum(w[k]))(k=[0, 7])  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
symgrad.errors.BoundsError: k: index 7 is outside of w, whose axis 0 has size 2; built at train.py:3
>>> x = sg.param("x", 0.0)
>>> sg.compile(sg.log(x), strict=True)()  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
symgrad.errors.DomainError: log of 0.0 is -inf; built at train.py:3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.errors import BoundsError, DomainError
from symgrad.ir.function import Function, Instr
from symgrad.ir.run import bind_sizes, failing, values_of
from symgrad.ir.types import size_at
from symgrad.ops.gathering import indices_of


def outside(f: Function, arguments: Sequence[Any]) -> BoundsError | None:
    """The error for the first index that is out of range; None where all are within."""
    found = failing(f, arguments)
    if found is None:
        return None
    x, operands = found
    sizes = bind_sizes(f, arguments)
    for axis, (index, dim) in enumerate(indices_of(x)):
        n = size_at(dim, sizes)
        places = np.asarray(operands[x.operands.index(index)])
        least = 0 if x.op.name == "within" else -n
        wrong = places[(places < least) | (places >= n)]
        if wrong.size:
            own = dict(x.attributes).get("axis", axis)
            return BoundsError(_said(x, index, int(wrong.flat[0]), own, n))
    return None


def _said(x: Instr, index: Instr, wrong: int, axis: int, n: int) -> str:
    name = index.hint or x.op.name
    source = x.operands[0] if x.operands[0] is not index else None
    read = (
        f"{source.hint or source.type}, whose axis {axis} has size {n}" if source else f"size {n}"
    )
    at = f"; built at {x.origins[0]}" if x.origins else ""
    return f"{name}: index {wrong} is outside of {read}{at}"


Array = np.ndarray[Any, Any]
Index = tuple[int, ...]


def is_finite(result: Any) -> bool:
    """True if all floats in nested tuples of floats and arrays are finite."""
    stack = [result]
    while stack:
        r = stack.pop()
        if isinstance(r, tuple | list):
            stack.extend(r)
        elif not np.isfinite(r).all():
            return False
    return True


def explained(f: Function, arguments: Sequence[Any]) -> DomainError | None:
    """The error for the first result that is not finite; None where all are."""
    values = values_of(f, arguments)
    for r in f.results:
        array = values[r]
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return _error(*_source(r, _place(array), values), values)
    return None


def _place(array: Array) -> Index:
    """The first element that is not finite."""
    flat = np.flatnonzero(~np.isfinite(array))[0]
    return tuple(int(i) for i in np.unravel_index(flat, array.shape))


def _source(x: Instr, at: Index, values: dict[Instr, Array]) -> tuple[Instr, Index]:
    """The instruction, and the element, that was the first on the way to be not finite."""
    while True:
        for o in _candidates(x, at, values):
            array = values[o]
            if array.dtype.kind != "f" or np.isfinite(array).all():
                continue
            own = _aligned(at, array) if _is_elementwise(x) else _place(array)
            if not np.isfinite(array[own]):
                x, at = o, own
                break
        else:
            return x, at


def _candidates(x: Instr, at: Index, values: dict[Instr, Array]) -> Sequence[Instr]:
    if x.op.name != "where":
        return x.operands
    condition, a, b = x.operands
    taken = values[condition]
    return [a if taken[_aligned(at, taken)] else b]


def _is_elementwise(x: Instr) -> bool:
    return x.op.kind in ("elementwise", "selection")


def _aligned(at: Index, array: Array) -> Index:
    """The element of an operand that an element of a broadcast result comes from."""
    tail = at[len(at) - array.ndim :]
    return tuple(0 if n == 1 else i for i, n in zip(tail, array.shape, strict=True))


def _error(x: Instr, at: Index, values: dict[Instr, Array]) -> DomainError:
    got = _shown(values[x][at])
    spot = f" at index {at if len(at) > 1 else at[0]}" if at else ""
    if x.is_parameter:
        return DomainError(f"{x.hint} is {got}{spot}; expected a finite number")
    if x.is_constant:
        what = f"a constant is {got}{spot}"
    elif _is_elementwise(x):
        operands = [_shown(values[o][_aligned(at, values[o])]) for o in x.operands]
        what = f"{x.op.name} of {' and '.join(operands)} is {got}{spot}"
    else:
        what = f"{x.op.name} of finite numbers is {got}{spot}"
    for o in x.origins[:1]:
        what += f"; {'in the gradient of' if o.derived else 'built at'} {o.file}:{o.line}"
    return DomainError(what)


def _shown(value: Any) -> str:
    return repr(value.item())
