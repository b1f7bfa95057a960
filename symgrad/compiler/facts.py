"""The facts at the end of a saved file: their form, checked before anything is made of them.

The hash tells a damaged file from a whole one, and anybody can make the right hash of a wrong file.

>>> check_facts({"name": 3})
Traceback (most recent call last):
symgrad.errors.FormatError: the facts of the file: 'name' is 3, expected a text
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from symgrad.codegen import TARGETS
from symgrad.errors import FormatError
from symgrad.ir import dims
from symgrad.ir.types import parse_type
from symgrad.runtime.example_rows import EXAMPLES

if TYPE_CHECKING:
    from symgrad.runtime.arguments import Signature

KINDS = ("gradients", "vector", "plain")
_LONG, _RANK = 10_000, 64  # characters of a type, and its dims, at most
DEEPEST = 50  # lists in lists
ARGUMENTS = ("param", "input", "constant", "theta", EXAMPLES)


def _text(x: Any) -> bool:
    return type(x) is str


def _length(x: Any) -> bool:
    return type(x) is int and x >= 0


def _number(x: Any) -> bool:
    return type(x) in (int, float)


def _value(x: Any) -> bool:
    return type(x) in (int, float, bool)


def _beside(x: Any) -> bool:
    if type(x) is not dict or set(x) != {"file", "sha256"} or not all(map(_text, x.values())):
        return False
    is_name = not set(x["file"]) & set("/\\:\0") and x["file"] not in ("", ".", "..")
    return is_name and re.fullmatch("[0-9a-f]{64}", x["sha256"]) is not None


def _dim(x: Any) -> bool:
    return type(x) is str and len(x) <= _LONG and _reads(dims.names, x)


def _type(x: Any) -> bool:
    if type(x) is not str or len(x) > _LONG or x.count(",") >= _RANK:
        return False
    return _reads(parse_type, x) and str(parse_type(x)) == x


def _reads(parse: Callable[[Any], Any], x: str) -> bool:
    try:
        parse(x)
    except (ValueError, TypeError, KeyError):
        return False
    return True


def _rows(*parts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def fits(x: Any) -> bool:
        return type(x) is list and all(
            type(row) is list
            and len(row) == len(parts)
            and all(part(v) for part, v in zip(parts, row, strict=True))
            for row in x
        )

    return fits


def _list(part: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda x: type(x) is list and all(map(part, x))


def _columns(x: Any) -> bool:
    return type(x) is dict and all(map(_list(_number), x.values()))


def _leaves(x: Any) -> list[Any]:
    return [leaf for part in x for leaf in _leaves(part)] if isinstance(x, list) else [x]


def _types(x: Any, depth: int = DEEPEST) -> bool:
    if type(x) is not list:
        return _type(x)
    return depth > 0 and all(_types(part, depth - 1) for part in x)


FORM: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_text, "a text"),
    "target": (lambda x: _text(x) and x in TARGETS, f"one of {', '.join(TARGETS)}"),
    "kind": (lambda x: _text(x) and x in KINDS, f"one of {', '.join(KINDS)}"),
    "arguments": (
        _rows(_text, _type, lambda x: _text(x) and x in ARGUMENTS),
        "rows of a name, a type and a kind",
    ),
    "wrt": (_rows(_text, _type), "rows of a name and a type"),
    "needs": (_rows(_dim, _text), "rows of a size and a reason"),
    "returns": (_types, "types in nested lists"),
    "ranges": (_rows(_text, _dim, _text), "rows of a name, a size and a line"),
    "constants": (_list(_text), "names"),
    "layout": (_rows(_text, _length), "rows of a name and a length"),
    "reference": (_text, "a text"),
    "rewrites": (_list(_text), "texts"),
    "columns": (_columns, "lists of numbers by name"),
    "keywords": (_list(_text), "names"),
    "values": (_list(_list(_value)), "lists of numbers"),
    "beside": (_beside, "a 'file' in the same folder and its 'sha256'"),
}
# What a file may be without.
LATER = ("layout", "reference", "rewrites", "columns", "keywords", "values", "beside")


def check_facts(facts: Mapping[str, Any]) -> None:
    """Raises FormatError, naming the fact, unless all are there and of the form above."""
    for key, (fits, expected) in FORM.items():
        if key in facts:
            if not fits(facts[key]):
                shown = repr(facts[key])
                short = shown if len(shown) <= 60 else f"{shown[:56]} ..."
                _refuse(f"{key!r} is {short}, expected {expected}")
        elif key not in LATER:
            _refuse(f"{key!r} is missing, expected {expected}")
    names = [name for name, _, _ in facts["arguments"]]
    if len(set(names)) != len(names):
        _refuse("two arguments have one name")
    sizes = {
        n for _, t, _ in facts["arguments"] for d in parse_type(t).shape for n in dims.names(d)
    }
    promised = [d for t in _leaves(facts["returns"]) for d in parse_type(t).shape]
    told = (row[i] for key, i in (("needs", 0), ("ranges", 1)) for row in facts[key])
    for dim in (*promised, *told):
        unknown = set(dims.names(dim)) - sizes
        if unknown:
            _refuse(f"no argument has the size {min(unknown)!r}")
    if "values" in facts or "beside" in facts:
        counts = [len(facts[key]) for key in ("keywords", "values") if key in facts]
        if {*counts} != {len(facts["constants"])} or "keywords" not in facts:
            _refuse("'keywords' and 'values' are not as many as 'constants'")
        if len(set(facts["keywords"])) != len(facts["keywords"]):
            _refuse("two constants have one name")
    also = [name for name, _ in facts["wrt"]] if facts["kind"] == "gradients" else []
    for name in [*also, *(row[0] for row in facts["ranges"]), *facts["constants"]]:
        if name not in names:
            _refuse(f"no argument is named {name!r}")
    if facts.get("layout") and facts["arguments"][-1:] and facts["arguments"][-1][2] != EXAMPLES:
        _refuse("'layout' tells of examples, and the last argument is none")


def _refuse(what: str) -> NoReturn:
    raise FormatError(f"the facts of the file: {what}")


def check_constants(signature: Signature, constants: Mapping[str, Any]) -> None:
    """Raises FormatError unless each constant is there, of the type that the facts tell."""
    for a in signature.arguments:
        if a.kind != "constant":
            continue
        constant = constants.get(a.name)
        if constant is None:
            raise FormatError(f"the constant {a.name!r} is missing")
        if (constant.shape, constant.dtype) != (a.type.shape, a.type.numpy):
            got = f"shape {constant.shape} of {constant.dtype}"
            raise FormatError(f"the constant {a.name}: expected {a.type}, got {got}")
