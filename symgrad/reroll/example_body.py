"""The lanes of a loop as IR: the program of one example, in vectors of one entry an example.

Parameters are scalars, columns of data are vectors of the named size ``N``, and the sum of the
lanes' results is a ``sum``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symgrad.ir.function import Function, Instr, Origins, function, parameter
from symgrad.ir.program import EXPONENT, PARAM
from symgrad.ir.types import Type
from symgrad.ops.table import IRAlgebra, Term
from symgrad.reroll.count_formulas import DIM, Form, formed
from symgrad.reroll.example_loop import Lanes, Literal, Operand, is_varying

_SCALAR, _COLUMN = Type("f64"), Type("f64", (DIM,))


def lower(
    lanes: Lanes,
    name: str,
    parameters: Sequence[str],
    columns: Sequence[tuple[str, bool]],
    forms: Mapping[Literal, Form],
) -> Function:
    """The function of the parameters and the data, with their names.

    columns   for each column the name of its data, and True if it is their negative
    forms     formulas of the literals that depend on the number of examples
    """
    theta = [parameter(n, _SCALAR, "param") for n in parameters]
    data = {n: parameter(n, _COLUMN, "input") for n, _ in sorted(columns, key=lambda c: c[1])}
    by_bits = {
        c.tobytes(): (data[own], negative)
        for c, (own, negative) in zip(lanes.columns, columns, strict=True)
    }
    lowering = _Body(lanes, theta, by_bits, forms)
    for x, operands in lanes.order:
        lowering.compute(x, operands)
    results = [lowering.values[Operand(o).key].instr for o in lanes.flat.outputs[:, None]]
    return function(name, [*theta, *data.values()], results)


class _Body:
    """The values so far, by the key of their nodes."""

    def __init__(
        self,
        lanes: Lanes,
        theta: Sequence[Instr],
        columns: Mapping[bytes, tuple[Instr, bool]],
        forms: Mapping[Literal, Form],
    ) -> None:
        self.lanes = lanes
        self.program = lanes.program
        self.theta = theta
        self.columns = columns
        self.forms = forms
        self.values: dict[tuple[bytes, int], Term] = {}

    def compute(self, x: Operand, operands: Sequence[Operand]) -> None:
        if not operands:
            self.values[x.key] = self.leaf(IRAlgebra(), x)
            return
        origins = self.program.origins_of(x.ids)
        f = IRAlgebra(origins)
        values = [self.value(f, o, origins) for o in operands]
        op = self.lanes.flat.names[int(self.lanes.flat.code[x.ids[0]])]
        if self.lanes.flat.code[x.ids[0]] == self.lanes.flat.sum:
            total = self.total(f, operands, values)
        elif op == "multiply":
            total = product(f, *values)
        else:
            total = f.apply(op, *values)
        self.values[x.key] = self.named(x, total)

    def leaf(self, f: IRAlgebra, x: Operand) -> Any:
        code = int(self.program.code[x.ids[0]])
        if code == PARAM:
            return f.term(self.theta[int(self.program.place[x.ids[0]])])
        values = self.program.value[x.ids]
        if is_varying(values):
            column, negative = self.columns[values.tobytes()]
            return f.negative(f.term(column)) if negative else f.term(column)
        return f.term(f.number(float(values[0]), "f64"))

    def value(self, f: IRAlgebra, o: Operand, origins: Origins) -> Term:
        """The term of an operand: a value, the sum of its lanes, or a formula in their count."""
        x = self.values[o.key]
        if o.summed:
            return summed(f, x, self.lanes.ordered)
        if x.instr.is_constant and self.forms:
            form = self.forms.get(Literal(float(x.instr["value"]), origins))
            if form is not None and self.program.code[o.ids[0]] != EXPONENT:
                return formed(f, form)
        return x

    def total(self, f: IRAlgebra, operands: Sequence[Operand], values: Sequence[Term]) -> Term:
        """The terms one after another."""
        (first, total), *rest = zip(operands, values, strict=True)
        if first.negative:
            total = f.negative(total)
        for o, value in rest:
            inner = unsigned(f, value)
            op = "subtract" if o.negative != (inner is not value) else "add"
            total = f.apply(op, total, inner)
        return total

    def named(self, x: Operand, value: Term) -> Term:
        """The value, with the user's name of its first node and its last as a hint."""
        y, label = value.instr, self.program.label
        if not label or y.hint or y.is_parameter or y.is_constant:
            return value
        names = {label[int(x.ids[0])], label[int(x.ids[-1])]}
        (hint,) = names if len(names) == 1 else ("",)
        return value.f.term(y.replace(hint=hint)) if hint else value


def unsigned(f: IRAlgebra, x: Term) -> Term:
    """The operand of an unnamed negative; any other value itself."""
    negative = x.instr.op.name == "negative" and not x.instr.hint
    return f.term(x.instr.operands[0]) if negative else x


def product(f: IRAlgebra, a: Term, b: Term) -> Term:
    """a*b, or the same bits as -(x*y) if one is a negative, so that a sum can take the sign."""
    x, y = unsigned(f, a), unsigned(f, b)
    if (x is a) == (y is b):
        return f.multiply(a, b)
    return f.negative(f.multiply(x, y))


def summed(f: IRAlgebra, x: Term, ordered: bool) -> Term:
    """The sum over the lanes; of a value that they share, the value times their number."""
    if x.instr.type.rank == 0 and not ordered:
        return f.multiply(f.size(dim=DIM, dtype="f64"), x)
    lanes = x if x.instr.type.rank else f.broadcast_to(x, shape=(DIM,))
    return f.sum(lanes, axis=(0,), keepdims=False)
