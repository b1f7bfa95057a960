"""Evaluates a function instruction by instruction, with each op's reference ``evaluate``.

It is slow and plain: the oracle that every target and every pass is compared with.

>>> import numpy as np
>>> from symgrad.ir.function import Function, parameter
>>> from symgrad.ir.types import Type
>>> x = parameter("x", Type("f64", ("N", 2)))
>>> f = Function("f", (x,), (), (x,))
>>> bind_sizes(f, [np.zeros((3, 2))])
{'N': 3}
>>> interpret(f, [[[1.0, 2.0]]])
(array([[1., 2.]]),)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, IRError, ShapeError
from symgrad.ir import dims
from symgrad.ir.dims import Dim
from symgrad.ir.function import Function, Instr
from symgrad.ir.op import Attribute

Array = np.ndarray[Any, Any]
_Equation = tuple[Dim, int, str]


def interpret(function: Function, arguments: Sequence[Any]) -> tuple[Array, ...]:
    """The results for one array an argument, in the order of the parameters.

    Results have the dtypes and shapes of the IR's types; they may share memory with arguments.
    Raises ArgumentError, DTypeError or ShapeError for arguments that do not fit.
    """
    arrays = _arrays(function, arguments)
    sizes = _sizes(function, arrays)
    values: dict[int, Array] = {id(p): a for p, a in zip(function.parameters, arrays, strict=True)}
    last = _last_uses(function)
    with np.errstate(all="ignore"):
        for i, x in enumerate(function.body):
            values[id(x)] = evaluated(x, [values[id(o)] for o in x.operands], sizes)
            for dead in last.get(i, ()):
                values.pop(dead, None)
    return tuple(values[id(r)] for r in function.results)


def values_of(function: Function, arguments: Sequence[Any]) -> dict[int, Array]:
    """The values of all instructions, by ``id``: what ``interpret`` computes on its way."""
    arrays = _arrays(function, arguments)
    sizes = _sizes(function, arrays)
    values: dict[int, Array] = {id(p): a for p, a in zip(function.parameters, arrays, strict=True)}
    with np.errstate(all="ignore"):
        for x in function.body:
            values[id(x)] = evaluated(x, [values[id(o)] for o in x.operands], sizes)
    return values


def failing(function: Function, arguments: Sequence[Any]) -> tuple[Instr, list[Array]] | None:
    """The first instruction that raises IndexError, with its operands; None where none does."""
    arrays = _arrays(function, arguments)
    sizes = _sizes(function, arrays)
    values: dict[int, Array] = {id(p): a for p, a in zip(function.parameters, arrays, strict=True)}
    with np.errstate(all="ignore"):
        for x in function.body:
            operands = [values[id(o)] for o in x.operands]
            try:
                values[id(x)] = evaluated(x, operands, sizes)
            except IndexError:
                return x, operands
    return None


def bind_sizes(function: Function, arguments: Sequence[Any]) -> dict[str, int]:
    """The named sizes that the arguments' shapes give.

    Names that stand alone are read off; ``2*N + 1`` is solved where one name is left unknown.
    Raises ShapeError, by name, where two arguments disagree or a name cannot be found.
    """
    return _sizes(function, _arrays(function, arguments))


def resolve(value: Attribute, sizes: Mapping[str, int], tagged: bool = False) -> Attribute:
    """A dim attribute with ints for dims; inner tuples such as ("slice", 0, "N", 1) keep tags."""
    if isinstance(value, tuple):
        inner = any(isinstance(item, tuple) for item in value)
        head = value[:1] if tagged and value and isinstance(value[0], str) else ()
        rest = tuple(resolve(item, sizes, tagged=inner) for item in value[len(head) :])
        return (*head, *rest)
    return dims.evaluate(value, sizes) if isinstance(value, str) else value


def evaluated(
    x: Instr, operands: list[Array], sizes: Mapping[str, int], wide: bool = False
) -> Array:
    """The value of one instruction; ``wide`` computes in float64 what is a float32."""
    kind = np.float64 if wide and x.type.is_float else x.type.numpy
    shape = tuple(dims.evaluate(dim, sizes) for dim in x.type.shape)
    if x.is_constant:
        return np.asarray(x["value"], dtype=kind).reshape(shape)
    attributes = {
        key: resolve(value, sizes) if key in x.op.dim_attributes else value
        for key, value in x.attributes
    }
    result = np.asarray(x.op.evaluate(*operands, **attributes), dtype=kind)
    if result.shape != shape:
        raise IRError(
            f"{x.op.name} gave shape {result.shape}, its type {x.type} says {shape}; "
            f"the op's infer and evaluate disagree, or the function was not verified"
        )
    return result


def _last_uses(function: Function) -> dict[int, list[int]]:
    """The values (by id) to drop after each instruction of the body."""
    last = {id(x): i for i, x in enumerate(function.body)}
    for i, x in enumerate(function.body):
        for o in x.operands:
            last[id(o)] = i
    for r in function.results:
        last.pop(id(r), None)
    drops: dict[int, list[int]] = {}
    for value, i in last.items():
        drops.setdefault(i, []).append(value)
    return drops


def _arrays(function: Function, arguments: Sequence[Any]) -> list[Array]:
    if len(arguments) != len(function.parameters):
        names = ", ".join(p.hint for p in function.parameters) or "none"
        raise ArgumentError(
            f"@{function.name} takes {len(function.parameters)} arguments ({names}), "
            f"got {len(arguments)}"
        )
    arrays = []
    for p, argument in zip(function.parameters, arguments, strict=True):
        array = np.asarray(argument)
        if not np.can_cast(array.dtype, p.type.numpy, "same_kind"):
            raise DTypeError(f"{p.hint} is {array.dtype}, expected {p.type}; convert it first")
        arrays.append(array.astype(p.type.numpy, copy=False))
    return arrays


def _sizes(function: Function, arrays: Sequence[Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    where: dict[str, str] = {}
    equations: list[_Equation] = []
    for p, array in zip(function.parameters, arrays, strict=True):
        if array.ndim != p.type.rank:
            raise ShapeError(f"{p.hint} has shape {array.shape}, expected {p.type}")
        for dim, size in zip(p.type.shape, array.shape, strict=True):
            if not isinstance(dim, str) or not dims.is_name(dim):
                equations.append((dim, size, p.hint))
            elif sizes.setdefault(dim, size) != size:
                raise ShapeError(f"{dim} is {sizes[dim]} in {where[dim]} but {size} in {p.hint}")
            else:
                where.setdefault(dim, p.hint)
    while equations:
        left = [e for e in equations if not _solve(e, sizes)]
        if len(left) == len(equations):
            dim, size, name = left[0]
            raise ShapeError(f"{dim} is {size} in {name}, which does not tell each of its names; "
                             f"pass an argument that has them as plain sizes")  # fmt: skip
        equations = left
    return sizes


def _solve(equation: _Equation, sizes: dict[str, int]) -> bool:
    """Checks a size, or finds the one name it leaves unknown.  False if more are unknown."""
    dim, size, name = equation
    unknown = [n for n in dims.names(dim) if n not in sizes]
    if not unknown:
        expected = dims.evaluate(dim, sizes)
        if expected != size:
            given = ", ".join(f"{n} = {sizes[n]}" for n in dims.names(dim))
            shown = f"{dim} = {expected} ({given})" if given else str(dim)
            raise ShapeError(f"a size of {name} is {size}, expected {shown}")
        return True
    if len(unknown) > 1 or any(key.count(unknown[0]) > 1 for key in dims.polynomial(dim)):
        return False
    at_zero = dims.evaluate(dim, {**sizes, unknown[0]: 0})
    slope = dims.evaluate(dim, {**sizes, unknown[0]: 1}) - at_zero
    if slope == 0:
        return False
    value, remainder = divmod(size - at_zero, slope)
    if remainder or value < 0:
        raise ShapeError(f"a size of {name} is {size}, but no whole {unknown[0]} makes {dim} so")
    sizes[unknown[0]] = value
    return True
