"""Named sizes: what a program needs of them, and numbers for those that the user has fixed.

``x[3:]`` of N elements has N - 3 of them only where N is at least 3; NumPy would clamp in silence,
and the emitted text, written for N - 3, would be wrong.  The largest of N elements needs N >= 1,
and so does the gradient of their mean.  Each such dim is checked at the call, with the user's line;
those that NumPy would not refuse are checked by the emitted text too.

>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Type
>>> from symgrad.ops import OPS
>>> x = parameter("x", Type("f64", ("N", "M")))
>>> y = emit(OPS["reshape"], [x], {"shape": ("M*N",)})
>>> tail = emit(OPS["index"], [y], {"key": (("slice", 3, "M*N", 1),)})
>>> f = function("f", [x], [tail])
>>> needs_of(f)
(Need(dim='M*N - 3', why='the slice of f64[M*N]', silent=True),)
>>> print(with_sizes(f, {"N": 100}))
func @f(input %x: f64[100, M]) {
  %0 = reshape %x {shape = ("100*M",)} : f64[100*M]
  %1 = index %0 {key = (("slice", 3, "100*M", 1),)} : f64[100*M - 3]
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from symgrad.errors import ArgumentError, ShapeError
from symgrad.ir.function import Function, Instr, parameter
from symgrad.ir.op import Attribute
from symgrad.ir.rebuild import rebuild
from symgrad.ir.types import Dim, Type, names_in, polynomial, sides, substitute, subtract


class Need(NamedTuple):
    """A dim that must not be negative, what needs it, and whether NumPy would keep silent."""

    dim: str
    why: str
    silent: bool


def needs_of(
    f: Function, written: Function | None = None, derived: Function | None = None
) -> tuple[Need, ...]:
    """The needs of a function's instructions, each dim once, in order.

    ``written`` is what the user wrote, whose words they are told in, where it needs the same;
    ``derived`` what differentiation made, whose quotients by a count need it however f writes them.
    """
    found: dict[str, Need] = {}
    quotients = [x for x in derived.body if x.op.name == "divide"] if derived else []
    for x in (*quotients, *f.body):
        place = f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
        for dim, why, silent in _needs(x):
            if isinstance(dim, str) and "-" in dim:
                known = found.get(dim, Need(dim, why + place, silent))
                found[dim] = known._replace(silent=known.silent or silent)
    told = {need.dim: need.why for need in needs_of(written)} if found and written else {}
    return tuple(need._replace(why=told.get(need.dim, need.why)) for need in found.values())


def asked_of(needs: Iterable[Need]) -> tuple[str, ...]:
    """The sentences that tell which sizes a text takes, but for those that it checks itself."""
    asked: dict[str, list[str]] = {}
    for need in needs:
        more, less = sides(need.dim)
        if not need.silent and more not in asked.setdefault(less, []):
            asked[less].append(more)
    return tuple(f"{' and '.join(dims)} must be at least {n}." for n, dims in asked.items())


def ranges_of(f: Function) -> tuple[tuple[str, str, str], ...]:
    """Arguments of labels: the name, the number of classes, and the first line that reads them."""
    found: dict[tuple[str, str], str] = {}
    for x in f.body:
        if x.op.name == "within" and x.operands[0].is_parameter:
            line = f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
            found.setdefault((x.operands[0].hint, str(x["size"])), line)
    return tuple((name, size, line) for (name, size), line in found.items())


def _needs(x: Instr) -> Iterator[tuple[Dim, str, bool]]:
    if x.op.name in ("index", "embed"):
        yield from _of_key(x)
    elif x.op.name == "diagonal":
        yield x.type.shape[0], f"diagonal {x['k']}", True
    elif "nonempty" in x.op.traits:
        axis = x["axis"]
        for a in axis if isinstance(axis, tuple) else (axis,):
            size = x.operands[0].type.shape[a]
            yield subtract(size, 1), f"{x.op.name} over axis {a} of {_called(x)}", False
    elif x.op.name == "divide" and x.operands[1].op.name == "size":
        above, below = x.operands
        if x.is_derived or above.is_constant or above.op is below.op:  # Python's own numbers
            for dim in _factors(below["dim"]):
                yield subtract(dim, 1), f"the division by {below['dim']}", False


def _factors(dim: Dim) -> tuple[Dim, ...]:
    """The names in a product; else the dim itself."""
    terms = polynomial(dim)
    return names_in(dim) if len(terms) == 1 and min(terms.values()) > 0 else (dim,)


def _of_key(x: Instr) -> Iterator[tuple[Dim, str, bool]]:
    shape = x["shape"] if x.op.name == "embed" else x.operands[0].type.shape
    axis = 0
    for entry in x["key"]:
        if entry[0] == "new":
            continue
        if entry[0] == "int":
            why = f"the index into {_called(x)}"
            yield entry[1], why, False
            yield subtract(subtract(shape[axis], entry[1]), 1), why, False
        else:
            why = f"the slice of {_called(x)}"
            for dim in (entry[1], subtract(entry[2], entry[1]), subtract(shape[axis], entry[2])):
                yield dim, why, True
        axis += 1


def _called(x: Instr) -> str:
    """The operand by its name, or by its type where nobody named it."""
    return x.operands[0].hint or str(x.operands[0].type)


def check_sizes(f: Function) -> None:
    """Raises ShapeError for a name that no argument has as a size: 2*N does not tell N."""
    alone = {d for p in f.parameters for d in p.type.shape if isinstance(d, str)}
    for p in f.parameters:
        for dim in p.type.shape:
            missing = [n for n in names_in(dim) if n not in alone]
            if missing:
                at = f"; built at {p.origins[0].file}:{p.origins[0].line}" if p.origins else ""
                raise ShapeError(
                    f"{p.hint}: {dim} does not tell {missing[0]}, which no argument has as a size; "
                    f"give the axis a name of its own{at}"
                )
    for x in f.body:
        unknown = [n for n in sizes_of(x) if n not in alone]
        if unknown:
            at = f"; built at {x.origins[0].file}:{x.origins[0].line}" if x.origins else ""
            raise ShapeError(
                f"{x.op.name}: the size {unknown[0]} is that of no argument; let the program read "
                f"an input that has it, or give it a number with sizes={{{unknown[0]!r}: ...}}{at}"
            )


def sizes_of(x: Instr) -> Iterator[str]:
    """The names of sizes in the type and in the attributes of an instruction."""
    for dim in x.type.shape:
        yield from names_in(dim)
    for key, value in x.attributes:
        if key in x.op.dim_attributes:
            stack = [value]
            while stack:
                part = stack.pop()
                if isinstance(part, tuple):
                    stack += part[1:] if part[:1] in (("slice",), ("int",), ("new",)) else part
                elif isinstance(part, str):
                    yield from names_in(part)


def with_sizes(f: Function, sizes: Mapping[str, int]) -> Function:
    """The function with numbers for these names.

    Raises ArgumentError for a name that is no size of the function, ShapeError for a number that
    one of its slices or indices cannot do with.
    """
    known = {n for x in (*f.parameters, *f.body) for n in sizes_of(x)}
    for name in sizes:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, sorted(known), 1)
            there = ", ".join(sorted(known)) or "none"
            hint = f"did you mean {near[0]!r}?" if near else f"the named sizes are: {there}"
            raise ArgumentError(f"option 'sizes': no size is named {name!r}; {hint}")
    for need in needs_of(f):
        left = substitute(need.dim, sizes)
        if isinstance(left, int) and left < 0:
            more, less = sides(need.dim)
            given = ", ".join(f"{n} = {sizes[n]}" for n in names_in(need.dim))
            raise ShapeError(f"option 'sizes': {given}, expected {more} >= {less} for {need.why}")
    parameters = [
        parameter(p.hint, _type(p.type, sizes), p["kind"], p.origins) for p in f.parameters
    ]

    def change(x: Instr, operands: tuple[Instr, ...]) -> Instr:
        attributes = tuple(
            (key, _resolved(value, sizes) if key in x.op.dim_attributes else value)
            for key, value in x.attributes
        )
        return Instr(x.op, operands, attributes, _type(x.type, sizes), x.hint, x.origins, x.role)

    return rebuild(f, change, parameters)


def _type(type: Type, sizes: Mapping[str, int]) -> Type:
    return type.with_shape(tuple(substitute(d, sizes) for d in type.shape))


def _resolved(value: Attribute, sizes: Mapping[str, int], tagged: bool = False) -> Attribute:
    """A dim attribute with its names replaced; the tags of an index key stay."""
    if isinstance(value, tuple):
        inner = any(isinstance(item, tuple) for item in value)
        head = value[:1] if tagged and value and isinstance(value[0], str) else ()
        rest = (_resolved(item, sizes, tagged=inner) for item in value[len(head) :])
        return (*head, *rest)
    return substitute(value, sizes) if isinstance(value, str) else value
