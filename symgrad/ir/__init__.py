"""The IR: types, ops, functions, and their text form.

>>> parameter("x", Type("f64", ("N",)))
<x = parameter : f64[N]>
"""

from symgrad.ir.function import Function, Instr, Origin, constant, emit, function, parameter
from symgrad.ir.op import Op
from symgrad.ir.run import bind_sizes, interpret
from symgrad.ir.text import parse, print_function
from symgrad.ir.types import Type, parse_type
from symgrad.ir.verifier import verify

__all__ = [
    "Function",
    "Instr",
    "Op",
    "Origin",
    "Type",
    "bind_sizes",
    "constant",
    "emit",
    "function",
    "interpret",
    "parameter",
    "parse",
    "parse_type",
    "print_function",
    "verify",
]
