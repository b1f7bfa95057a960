"""Checks that a function obeys the rules of the IR.

Every value is defined once and before its uses, has the type its op infers and exactly the
attributes its op declares; results are defined; parameters have distinct names.

>>> from symgrad.ir.function import Function, constant
>>> from symgrad.ir.types import Type
>>> one = constant(1.0, Type("f64"))
>>> verify(Function("f", (), (one,), (one,)))
>>> verify(Function("f", (), (), (one,)))  # doctest: +ELLIPSIS
Traceback (most recent call last):
symgrad.errors.IRError: result 0 of @f is not defined in it; ...
"""

from __future__ import annotations

from symgrad.errors import IRError
from symgrad.ir.function import KINDS, Function, Instr, freeze
from symgrad.ir.text import excerpt, print_function


def verify(function: Function) -> None:
    """Returns if the function is well formed.  Raises IRError, with the ten lines around."""
    defined: set[int] = set()
    _check_leaves(function)
    names: set[str] = set()
    for p in function.parameters:
        if id(p) in defined or p.hint in names:
            raise _fault(function, 1, f"the parameter name {p.hint!r} is taken; rename one")
        if not p.hint:
            raise _fault(function, 1, "a parameter has no name; give each one")
        names.add(p.hint)
        defined.add(id(p))
    for row, x in enumerate(function.body, 2):
        problem = _problem(x, defined)
        if problem:
            raise _fault(function, row, problem)
        defined.add(id(x))
    for i, result in enumerate(function.results):
        if id(result) not in defined:
            message = f"result {i} of @{function.name} is not defined in it; add it to the body"
            raise _fault(function, len(function.body) + 2, message)


def _check_leaves(function: Function) -> None:
    # The printer needs these to show any lines at all, so they are checked before everything.
    for p in function.parameters:
        if not p.is_parameter or p.operands or [k for k, _ in p.attributes] != ["kind"]:
            raise IRError(f"@{function.name}: {p!r} stands among the parameters but is none")
        if p["kind"] not in KINDS:
            raise IRError(f"@{function.name}: {p!r} has kind {p['kind']!r}; one of {KINDS}")
    for x in function.body:
        if x.is_constant and [k for k, _ in x.attributes] != ["value"]:
            raise IRError(f"@{function.name}: {x!r} needs exactly the attribute 'value'")


def _problem(x: Instr, defined: set[int]) -> str:
    """The fault of an instruction of a body, or ''."""
    if id(x) in defined:
        return "this value is defined twice; an instruction stands once in a body"
    if x.is_parameter:
        return f"the parameter {x.hint!r} stands in the body; list it among the parameters"
    for i, o in enumerate(x.operands):
        if id(o) not in defined:
            return f"operand {i} of {x.op.name} is not defined above; define it before its use"
    if x.is_constant:
        return _constant_problem(x)
    if x.op.arity is not None and len(x.operands) != x.op.arity:
        return f"{x.op.name} takes {x.op.arity} operands, got {len(x.operands)}"
    keys = tuple(k for k, _ in x.attributes)
    if keys != x.op.attributes:
        return f"{x.op.name} declares the attributes {x.op.attributes}, got {keys}"
    try:
        type = x.op.infer(*[o.type for o in x.operands], **dict(x.attributes))
    except Exception as error:  # whatever a shape rule raises is the fault to report
        return f"{x.op.name} does not take these operands: {error}"
    if type != x.type:
        return f"{x.op.name} gives {type} for these operands, the line says {x.type}"
    return ""


def _constant_problem(x: Instr) -> str:
    if x.operands:
        return f"a constant has no operands, got {len(x.operands)}"
    if any(not isinstance(dim, int) for dim in x.type.shape):
        return f"a constant has known sizes, got {x.type}"
    if 0 in x.type.shape:
        return ""
    try:
        same = repr(freeze(x["value"], x.type)) == repr(x["value"])
    except (ValueError, TypeError, OverflowError) as error:
        return f"the literal is not a {x.type}: {error}"
    return "" if same else f"the literal is not in the form of {x.type}; build it with constant()"


def _fault(function: Function, row: int, message: str) -> IRError:
    lines = print_function(function).rstrip("\n").split("\n")
    return IRError(f"{message}\n@{function.name}, line {row}:\n{excerpt(lines, row)}")
