r"""Literal arrays of a module: named in capitals above the function, and made once.

>>> print("\n".join(definition("XS", ((2.0, 3.0), (-1.0, 0.5)), "")))
XS = np.array([[2.0, 3.0], [-1.0, 0.5]])
"""

from __future__ import annotations

from collections.abc import Iterable

from symgrad.codegen.breaking import INDENT, filled
from symgrad.codegen.naming import Names
from symgrad.codegen.text import number
from symgrad.ir.function import Instr

WIDTH = 100


def literal_arrays(body: Iterable[Instr], names: Names) -> tuple[dict[int, str], list[str]]:
    """The name of each literal array in a body by ``id``, and the lines that define them."""
    named: dict[int, str] = {}
    lines: list[str] = []
    for x in body:
        if x.is_constant and x.type.rank:
            stem = x.hint or ("places" if x.type.dtype == "i64" else "data")
            named[id(x)] = names.fresh(stem.upper())
            lines += definition(named[id(x)], x["value"], dtype_of(x))
    return named, lines


def dtype_of(x: Instr) -> str:
    """The dtype, where NumPy would choose another for the numbers as they stand."""
    told = x.type.dtype in ("f64", "bool") or (x.type.dtype == "i64" and x.type.size != 0)
    return "" if told else f", dtype=np.{x.type.numpy.name}"


def definition(name: str, value: object, dtype: str) -> list[str]:
    """``NAME = np.array(...)``, over several lines where it is long: a row of a matrix each."""
    line = f"{name} = np.array({nested(value)}{dtype})"
    if len(line) <= WIDTH or not isinstance(value, tuple):
        return [line]
    rows = [f"{nested(v)}," for v in value]
    if not isinstance(value[0], tuple) or any(len(INDENT + row) > WIDTH for row in rows):
        rows = filled(f"{nested(value)[1:-1]},".split(" "), WIDTH - len(INDENT))
    return [f"{name} = np.array([", *(INDENT + row for row in rows), f"]{dtype})"]


def nested(value: object) -> str:
    """A literal array as nested lists."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(nested, value)) + "]"
    assert isinstance(value, (bool, int, float))
    return number(value).text
