r'''Literal arrays: named in capitals above the function, or given by a saved text's own function.

>>> definition("XS", ((2.0, 3.0), (-1.0, 0.5)), ("np.array([", "])")).value.items
('[2.0, 3.0]', '[-1.0, 0.5]')

The small constants of a saved text are literals of it.  Larger ones stand in a file beside it,
which the text names and knows by its SHA-256, so that no other file is taken for it.

>>> from symgrad.codegen.targets import TARGETS
>>> told = {"c": np.array([1.0, -2.5]), "k": np.array(3)}
>>> print(literals("f", told, TARGETS["numpy"].arrays))
def constants():
    """The constants that f was compiled with, as its keyword arguments."""
    return {
        "c": np.array([1.0, -2.5]),
        "k": 3,
    }
'''

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from symgrad.codegen.identifiers import Names
from symgrad.codegen.printer import assigned, code, fits
from symgrad.codegen.statement_tree import Assign, Listing
from symgrad.codegen.target import ATOM, UNARY, ArrayTexts, Target, Text
from symgrad.ir.function import Instr
from symgrad.ir.types import Type, dtype_name


def number(value: bool | int | float) -> Text:
    """A literal: a float by its shortest repr, nan and inf through float().

    >>> [number(x).text for x in (0.0001, 0.001, 2.5, 1e-05, 1e300, -200000.0, 3.0)]
    ['1e-4', '0.001', '2.5', '1e-5', '1e300', '-2e5', '3.0']
    """
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return Text(f'float("{value!r}")', ATOM, 1)
    text = repr(value)
    if isinstance(value, float):
        text = with_exponent(value, text)
    return Text(text, UNARY if text.startswith("-") else ATOM)


def with_exponent(value: float, text: str) -> str:
    """The repr, or the form with an exponent where that saves two characters or more."""
    if "e" in text:
        head, _, power = text.partition("e")
        return f"{head}e{int(power)}"
    sign, digits, tail = Decimal(text).normalize().as_tuple()
    exponent = len(digits) - 1 + int(tail)
    mantissa = "".join(map(str, digits[:1])) + ("." if len(digits) > 1 else "")
    short = f"{'-' * sign}{mantissa}{''.join(map(str, digits[1:]))}e{exponent}"
    far = value and not -4 < exponent < 5
    return short if far and len(short) + 2 <= len(text) else text


def literal_arrays(
    arrays: Iterable[Instr], names: Names, target: Target
) -> tuple[dict[int, str], list[Assign]]:
    """The names of literal arrays by ``id``, and the statements that define them."""
    assert target.arrays is not None  # plain Python has scalars in their place
    named: dict[int, str] = {}
    constants: list[Assign] = []
    for x in arrays:
        stem = x.hint or ("places" if x.type.dtype == "i64" else "data")
        named[id(x)] = names.fresh(stem.upper())
        constants.append(definition(named[id(x)], x["value"], around(target.arrays, x.type)))
    return named, constants


def around(arrays: ArrayTexts, type: Type) -> tuple[str, str]:
    """The text around the items of a literal array, with its dtype where this must be told."""
    opening, closing = arrays.literal
    return opening, f"{closing[:-1]}{arrays.dtype(type)}{closing[-1]}"


def definition(name: str, value: tuple[object, ...], around: tuple[str, str]) -> Assign:
    """``NAME = np.array(...)``; a matrix has a line for each row, as far as these are short."""
    items, lengths = tuple(map(nested, value)), (1,) * len(value)
    if not value or not isinstance(value[0], tuple) or not all(fits(f"{i},") for i in items):
        items, lengths = tuple(nested(value)[1:-1].split(", ")), ()
    return Assign(name, Listing(items, *around, lengths))


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
{also}
    file = pathlib.Path(__file__).resolve().with_name({file})
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() != (
        "{digest}"
    ):
        raise ValueError(f"{{file}} is not the file that was saved with {{__file__}}")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {{name: {taken} if a.ndim else a.item() for name, a in arrays.items()}}'''


def literals(
    function: str, constants: Mapping[str, Array], arrays: ArrayTexts | None = None
) -> str:
    """The text with all values in it, as ``arrays`` writes them, or else as lists."""
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


def beside(function: str, file: str, digest: str, arrays: ArrayTexts) -> str:
    """The text that reads a file beside it, and refuses any other."""
    name = NAME if function != NAME else f"{NAME}_"
    escaped = file.encode("unicode_escape").decode().replace('"', '\\"')
    taken, also = ("a", "")
    if arrays.taken:
        taken, also = f"{arrays.taken}(a)", "\n    import numpy as np\n"
    return _BESIDE.format(
        own=name, function=function, file=f'"{escaped}"', digest=digest, taken=taken, also=also
    )


def _rows(value: Array, arrays: ArrayTexts | None) -> list[str]:
    """The literal that makes an array, in lines; a number for an array of no dimensions."""
    literal, dtype = _tuples(value.tolist()), dtype_name(value.dtype)
    assert dtype is not None
    if not value.ndim:
        return [nested(literal)]
    if arrays and not value.size:
        return [f"{arrays.zeros}({value.shape}, dtype={arrays.dtypes[dtype]})"]
    brackets = around(arrays, Type(dtype, value.shape)) if arrays else ("[", "]")
    made = definition("_", literal, brackets)
    rows = assigned(made, code(made), "", 0, "")
    rows[0] = rows[0].removeprefix("_ = ")
    return rows


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
