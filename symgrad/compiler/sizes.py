"""Named sizes that the user has fixed when compiling: ``sizes={"N": 100}``.

>>> from symgrad.ir.function import emit, function, parameter
>>> from symgrad.ir.types import Type
>>> from symgrad.ops import OPS
>>> x = parameter("x", Type("f64", ("N", "M")))
>>> y = emit(OPS["reshape"], [x], {"shape": ("M*N",)})
>>> print(with_sizes(function("f", [x], [y]), {"N": 100}))
func @f(input %x: f64[100, M]) {
  %0 = reshape %x {shape = ("100*M",)} : f64[100*M]
  return %0
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symgrad.compiler.needs import needs_of
from symgrad.errors import ArgumentError, ShapeError
from symgrad.ir import dims
from symgrad.ir.function import Function, Instr, parameter
from symgrad.ir.op import Attribute
from symgrad.ir.types import Type


def check_sizes(f: Function) -> None:
    """Raises ShapeError for a name that no argument has as a size: 2*N does not tell N."""
    alone = {d for p in f.parameters for d in p.type.shape if isinstance(d, str)}
    for p in f.parameters:
        for dim in p.type.shape:
            missing = [n for n in dims.names(dim) if n not in alone]
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
        yield from dims.names(dim)
    for key, value in x.attributes:
        if key in x.op.dim_attributes:
            stack = [value]
            while stack:
                part = stack.pop()
                if isinstance(part, tuple):
                    stack += part[1:] if part[:1] in (("slice",), ("int",), ("new",)) else part
                elif isinstance(part, str):
                    yield from dims.names(part)


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
        left = dims.substitute(need.dim, sizes)
        if isinstance(left, int) and left < 0:
            more, less = dims.sides(need.dim)
            given = ", ".join(f"{n} = {sizes[n]}" for n in dims.names(need.dim))
            raise ShapeError(f"option 'sizes': {given}, expected {more} >= {less} for {need.why}")
    made: dict[int, Instr] = {}
    for p in f.parameters:
        made[id(p)] = parameter(p.hint, _type(p.type, sizes), p["kind"], p.origins)
    body = []
    for x in f.body:
        operands = tuple(made[id(o)] for o in x.operands)
        attributes = tuple(
            (key, _resolved(value, sizes) if key in x.op.dim_attributes else value)
            for key, value in x.attributes
        )
        made[id(x)] = Instr(x.op, operands, attributes, _type(x.type, sizes), x.hint, x.origins)
        body.append(made[id(x)])
    parameters = tuple(made[id(p)] for p in f.parameters)
    return Function(f.name, parameters, tuple(body), tuple(made[id(r)] for r in f.results))


def _type(type: Type, sizes: Mapping[str, int]) -> Type:
    return type.with_shape(tuple(dims.substitute(d, sizes) for d in type.shape))


def _resolved(value: Attribute, sizes: Mapping[str, int], tagged: bool = False) -> Attribute:
    """A dim attribute with its names replaced; the tags of an index key stay."""
    if isinstance(value, tuple):
        inner = any(isinstance(item, tuple) for item in value)
        head = value[:1] if tagged and value and isinstance(value[0], str) else ()
        rest = (_resolved(item, sizes, tagged=inner) for item in value[len(head) :])
        return (*head, *rest)
    return dims.substitute(value, sizes) if isinstance(value, str) else value
