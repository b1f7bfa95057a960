"""``run``: the one evaluator of functions, under any algebra.

An algebra says what each instruction does on its values: it is called with the instruction and the
values of its operands (none, of a constant).  The values may be arrays, numbers, expressions,
texts, intervals, or instructions of another function.  ``Arrays``, by each op's reference
``evaluate``, is slow and plain: the oracle that every target and every pass is compared with.

>>> from symgrad.ir.function import parameter
>>> from symgrad.ir.types import Type
>>> x = parameter("x", Type("f64", ("N", 2)))
>>> f = Function("f", (x,), (), (x,))
>>> bind_sizes(f, [np.zeros((3, 2))])
{'N': 3}
>>> interpret(f, [[[1.0, 2.0]]])
(array([[1., 2.]]),)
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError, DTypeError, IRError, ShapeError
from symgrad.ir.function import Algebra, Function, Instr, V, all_values, needed_by
from symgrad.ir.op import Attribute
from symgrad.ir.types import Dim, is_name, names_in, polynomial, size_at

Array = np.ndarray[Any, Any]
_Equation = tuple[Dim, int, str]


def run(function: Function, algebra: Algebra[V], arguments: Sequence[V]) -> list[V]:
    """The results, from one value a parameter; a value is dropped behind its last use."""
    last = {x: i for i, x in enumerate(function.body)}
    last.update((o, i) for i, x in enumerate(function.body) for o in x.operands)
    for r in function.results:
        last.pop(r, None)
    dead: dict[int, list[Instr]] = {}
    for x, i in last.items():
        dead.setdefault(i, []).append(x)
    values = dict(zip(function.parameters, arguments, strict=True))
    for i, x in enumerate(function.body):
        values[x] = algebra(x, [values[o] for o in x.operands])
        for o in dead.get(i, ()):
            values.pop(o, None)
    return [values[r] for r in function.results]


def value_of(root: Instr, algebra: Algebra[V], known: MutableMapping[Instr, V]) -> V:
    """The value of one instruction; ``known`` gains all that it needs, parameters included."""
    for x in needed_by(root, known):
        known[x] = algebra(x, [known[o] for o in x.operands])
    return known[root]


def by_name(f: Any) -> Algebra[Any]:
    """The algebra of an object whose attributes are the ops; constants come in as numbers."""

    def apply(x: Instr, operands: list[Any]) -> Any:
        if x.is_constant:
            return x["value"]
        return getattr(f, x.op.name)(*operands, **dict(x.attributes))

    return apply


class Arrays:
    """NumPy arrays by the ops' reference ``evaluate``, of the types' dtypes and shapes.

    sizes  the numbers of the named sizes
    wide   float32 is computed in float64
    """

    def __init__(self, sizes: Mapping[str, int], wide: bool = False) -> None:
        self.sizes, self.wide = sizes, wide

    def __call__(self, x: Instr, operands: list[Array]) -> Array:
        kind = np.float64 if self.wide and x.type.is_float else x.type.numpy
        shape = tuple([size_at(dim, self.sizes) for dim in x.type.shape])
        if x.is_constant:
            return np.asarray(x["value"], dtype=kind).reshape(shape)
        result = np.asarray(x.op.evaluate(*operands, **attributes_of(x, self.sizes)), dtype=kind)
        if result.shape != shape:
            raise IRError(
                f"{x.op.name} gave shape {result.shape}, its type {x.type} says {shape}; "
                f"the op's infer and evaluate disagree, or the function was not verified"
            )
        return result


def interpret(function: Function, arguments: Sequence[Any]) -> tuple[Array, ...]:
    """The results for one array an argument, in the order of the parameters.

    Results have the dtypes and shapes of the IR's types; they may share memory with arguments.
    Raises ArgumentError, DTypeError or ShapeError for arguments that do not fit.
    """
    arrays = arrays_of(function, arguments)
    with np.errstate(all="ignore"):
        return tuple(run(function, Arrays(_sizes(function, arrays)), arrays))


def values_of(function: Function, arguments: Sequence[Any]) -> dict[Instr, Array]:
    """The values of all instructions: those that ``interpret`` computes on its way."""
    arrays = arrays_of(function, arguments)
    with np.errstate(all="ignore"):
        return all_values(function, Arrays(_sizes(function, arrays)), arrays)


def failing(function: Function, arguments: Sequence[Any]) -> tuple[Instr, list[Array]] | None:
    """The first instruction that raises IndexError, with its operands; None where none does."""
    arrays = arrays_of(function, arguments)
    algebra = Arrays(_sizes(function, arrays))
    last: list[Any] = []

    def watched(x: Instr, operands: list[Array]) -> Array:
        last[:] = [x, operands]
        return algebra(x, operands)

    try:
        with np.errstate(all="ignore"):
            run(function, watched, arrays)
    except IndexError:
        return last[0], last[1]
    return None


def bind_sizes(function: Function, arguments: Sequence[Any]) -> dict[str, int]:
    """The named sizes that the arguments' shapes give.

    Names that stand alone are read off; ``2*N + 1`` is solved where one name is left unknown.
    Raises ShapeError, by name, where two arguments disagree or a name cannot be found.
    """
    return _sizes(function, arrays_of(function, arguments))


def attributes_of(x: Instr, sizes: Mapping[str, int]) -> dict[str, Attribute]:
    """The attributes by name, with numbers for dims."""
    return {
        key: resolve(value, sizes) if key in x.op.dim_attributes else value
        for key, value in x.attributes
    }


def resolve(value: Attribute, sizes: Mapping[str, int], tagged: bool = False) -> Attribute:
    """A dim attribute with ints for dims; inner tuples such as ("slice", 0, "N", 1) keep tags."""
    if isinstance(value, tuple):
        inner = any(isinstance(item, tuple) for item in value)
        head = value[:1] if tagged and value and isinstance(value[0], str) else ()
        rest = tuple(resolve(item, sizes, tagged=inner) for item in value[len(head) :])
        return (*head, *rest)
    return size_at(value, sizes) if isinstance(value, str) else value


def arrays_of(function: Function, arguments: Sequence[Any]) -> list[Array]:
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
            if not isinstance(dim, str) or not is_name(dim):
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
    unknown = [n for n in names_in(dim) if n not in sizes]
    if not unknown:
        expected = size_at(dim, sizes)
        if expected != size:
            given = ", ".join(f"{n} = {sizes[n]}" for n in names_in(dim))
            shown = f"{dim} = {expected} ({given})" if given else str(dim)
            raise ShapeError(f"a size of {name} is {size}, expected {shown}")
        return True
    if len(unknown) > 1 or any(key.count(unknown[0]) > 1 for key in polynomial(dim)):
        return False
    at_zero = size_at(dim, {**sizes, unknown[0]: 0})
    slope = size_at(dim, {**sizes, unknown[0]: 1}) - at_zero
    if slope == 0:
        return False
    value, remainder = divmod(size - at_zero, slope)
    if remainder or value < 0:
        raise ShapeError(f"a size of {name} is {size}, but no whole {unknown[0]} makes {dim} so")
    sizes[unknown[0]] = value
    return True
