r'''Literal arrays: named in capitals above the function, or given by a saved text's own function.

>>> definition("XS", ((2.0, 3.0), (-1.0, 0.5)), "").value.items
('[2.0, 3.0]', '[-1.0, 0.5]')

The small constants of a saved text are literals of it.  Larger ones stand in a file beside it,
which the text names and knows by its SHA-256, so that no other file is taken for it.

>>> print(literals("f", {"c": np.array([1.0, -2.5]), "k": np.array(3)}))
def constants():
    """The constants that f was compiled with, as its keyword arguments."""
    return {
        "c": np.array([1.0, -2.5]),
        "k": 3,
    }
'''

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from symgrad.codegen.identifiers import Names
from symgrad.codegen.printer import assigned, code, fits
from symgrad.codegen.statement_tree import Assign, Listing
from symgrad.codegen.target import number
from symgrad.ir.function import Instr
from symgrad.ir.types import dtype_name


def literal_arrays(arrays: Iterable[Instr], names: Names) -> tuple[dict[int, str], list[Assign]]:
    """The names of literal arrays by ``id``, and the statements that define them."""
    named: dict[int, str] = {}
    constants: list[Assign] = []
    for x in arrays:
        stem = x.hint or ("places" if x.type.dtype == "i64" else "data")
        named[id(x)] = names.fresh(stem.upper())
        constants.append(definition(named[id(x)], x["value"], dtype_of(x)))
    return named, constants


def dtype_of(x: Instr) -> str:
    """The argument ``dtype``, where NumPy would choose another for the numbers."""
    told = x.type.dtype in ("f64", "bool") or (x.type.dtype == "i64" and x.type.size != 0)
    return "" if told else f", dtype=np.{x.type.numpy.name}"


def definition(name: str, value: object, dtype: str) -> Assign:
    """``NAME = np.array(...)``; a matrix has a line for each row, as far as these are short."""
    if not isinstance(value, tuple):
        return Assign(name, f"np.array({nested(value)}{dtype})")
    items, lengths = tuple(map(nested, value)), (1,) * len(value)
    if not value or not isinstance(value[0], tuple) or not all(fits(f"{i},") for i in items):
        items, lengths = tuple(nested(value)[1:-1].split(", ")), ()
    return Assign(name, Listing(items, "np.array([", f"]{dtype})", lengths))


def nested(value: object) -> str:
    """A literal array as nested lists."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(nested, value)) + "]"
    assert isinstance(value, (bool, int, float))
    return number(value).text


Array = np.ndarray[Any, np.dtype[Any]]


NAME = "constants"


_BESIDE = '''\
def {own}():
    """The constants that {function} was compiled with, as its keyword arguments.

    They stand in a file beside this one.  Raises ValueError where that is not the file that was
    saved together with it.
    """
    import hashlib
    import io
    import pathlib

    file = pathlib.Path(__file__).resolve().with_name({file})
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() != (
        "{digest}"
    ):
        raise ValueError(f"{{file}} is not the file that was saved with {{__file__}}")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {{name: a if a.ndim else a.item() for name, a in arrays.items()}}'''


def literals(function: str, constants: Mapping[str, Array], arrays: bool = True) -> str:
    """The text with all values in it; ``arrays`` says whether they are NumPy's, or lists."""
    name = NAME if function != NAME else f"{NAME}_"
    lines = [
        f"def {name}():",
        f'    """The constants that {function} was compiled with, as its keyword arguments."""',
        "    return {",
    ]
    for key, value in constants.items():
        rows = _rows(value, arrays)
        lines += [f'        "{key}": {rows[0]}', *(f"        {row}" for row in rows[1:])]
        lines[-1] += ","
    return "\n".join([*lines, "    }"])


def beside(function: str, file: str, digest: str) -> str:
    """The text that reads a file beside it, and refuses any other."""
    name = NAME if function != NAME else f"{NAME}_"
    escaped = file.encode("unicode_escape").decode().replace('"', '\\"')
    return _BESIDE.format(own=name, function=function, file=f'"{escaped}"', digest=digest)


def _rows(value: Array, arrays: bool) -> list[str]:
    """The literal that makes an array, in lines; a number for an array of no dimensions."""
    literal = _tuples(value.tolist())
    if not value.ndim:
        return [nested(literal)]
    if arrays and not value.size:
        return [f"np.zeros({value.shape}, dtype=np.{value.dtype.name})"]
    plain = dtype_name(value.dtype) in ("f64", "i64", "bool")
    dtype = "" if plain else f", dtype=np.{value.dtype.name}"
    made = definition("_", literal, dtype if arrays else "")
    rows = assigned(made, code(made), "", 0, "")
    rows[0] = rows[0].removeprefix("_ = " if arrays else "_ = np.array(")
    rows[-1] = rows[-1] if arrays else rows[-1].removesuffix(")")
    return rows


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
