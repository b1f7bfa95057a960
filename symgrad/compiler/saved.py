"""``save`` and ``load``: a text and its constants, which nobody can mistake for another's.

Small constants are literals of the text itself.  Larger ones stand beside it in a file that is
named for its contents, as ``step.1f3a9c0d5e6f7a8b.npz``: whichever save a reader meets, old or new,
the text names its own constants, and the SHA-256 of the file is part of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from symgrad.codegen import TARGETS
from symgrad.errors import FormatError
from symgrad.ir.types import names_in, parse_type
from symgrad.runtime.example_rows import EXAMPLES

if TYPE_CHECKING:
    from symgrad.runtime.arguments import Signature

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from symgrad.codegen import literals
from symgrad.errors import MissingExtraError
from symgrad.ir.types import Type
from symgrad.runtime import archive, saving
from symgrad.runtime.allowlist import MAX_BYTES
from symgrad.runtime.files import Replacement, cleared, opened, replacing, shared

Array = np.ndarray[Any, np.dtype[Any]]
IN_TEXT = 1000  # elements of all constants that are written out
_HASHED = 16  # characters of the hash that are in a name
_LONGEST = 255  # bytes of a name that file systems take
_TRIES = 50  # to read a file that is saved again meanwhile
_UNHASHED = (
    "Saved by symgrad 0.1, which kept no hash of the constants: nothing shows that {} holds those "
    "of this text. Save it again."
)


class Saved(NamedTuple):
    """The contents of a file; ``notes`` tell what the file does not vouch for."""

    source: str
    facts: dict[str, Any]
    constants: dict[str, Array]
    notes: tuple[str, ...] = ()


def save(
    path: str | os.PathLike[str],
    source: str,
    facts: Mapping[str, Any],
    constants: Mapping[str, Array],
    keywords: Sequence[str],
) -> Path:
    """Writes a text with its constants, which its function calls by ``keywords``.

    The file appears whole or not at all, and so do its constants.
    Raises OSError, and ArgumentError where there is something else than a file.
    """
    arrays = [constants[name] for name in facts["constants"]]
    called = dict(zip(keywords, arrays, strict=True))
    with replacing(Path(path)) as text:
        try:
            if not TARGETS[facts["target"]].takes_arrays or sum(a.size for a in arrays) <= IN_TEXT:
                values = [a.ravel().tolist() for a in arrays]
                held = {"keywords": list(keywords), "values": values} if arrays else {}
                _write(text, source, {**facts, **held}, called)
                text.publish()
            else:
                _publish_both(text, source, {**facts, "keywords": list(keywords)}, called)
        finally:
            _remove_stale(text.target)
    return Path(path)


def _publish_both(
    text: Replacement, source: str, facts: dict[str, Any], called: Mapping[str, Array]
) -> None:
    folder = text.target.parent
    with replacing(folder / text.target.name) as data:
        data.mode = None
        archive.write(data.stream, called)
        data.settle()
        digest = archive.digest(data.stream)
        file = _name_beside(text.target, digest)
        _write(text, source, {**facts, "beside": {"file": file, "sha256": digest}}, called)
        text.settle()
        with shared(folder):
            data.publish(folder / file)
            text.publish()


def _write(
    text: Replacement, source: str, facts: dict[str, Any], called: Mapping[str, Array]
) -> None:
    whole = "\n\n\n".join(part for part in (source.rstrip(), _reader(facts, called)) if part)
    text.stream.write(saving.join(whole, facts).encode())


def _reader(facts: Mapping[str, Any], called: Mapping[str, Array]) -> str:
    """The function of the text that gives its constants; "" for a text that has none."""
    arrays = TARGETS[facts["target"]].arrays
    if "beside" in facts:
        file, digest = facts["beside"]["file"], facts["beside"]["sha256"]
        if arrays is None:
            raise FormatError("the facts of the file: its target keeps all constants in the text")
        return literals.beside(facts["name"], file, digest, arrays)
    if "values" in facts:
        return literals.literals(facts["name"], called, arrays)
    return ""


def _name_beside(target: Path, digest: str) -> str:
    tail = f".{digest[:_HASHED]}.npz"
    stem = target.name.removesuffix(".py").encode(errors="surrogateescape")
    return stem[: _LONGEST - len(tail)].decode(errors="ignore") + tail


def _remove_stale(target: Path) -> None:
    """Removes constants of former saves under this name that no text beside them speaks of."""
    pattern = re.compile(re.escape(_name_beside(target, "-")[:-5]) + r"([0-9a-f]{16})\.npz")
    with suppress(OSError), cleared(target.parent) as alone:
        entries = list(os.scandir(target.parent)) if alone else []
        stale = {e.name: m[1] for e in entries if (m := pattern.fullmatch(e.name))}
        for entry in entries if stale else ():
            with suppress(OSError, FormatError), opened(Path(entry), MAX_BYTES) as stream:
                told = stream.read() if saving.is_ours(stream) else b""
                stale = {n: h for n, h in stale.items() if f".{h}.npz".encode() not in told}
        for name, digest in stale.items():
            file = target.with_name(name)
            with suppress(OSError, FormatError), opened(file, archive.MAX_BYTES) as stream:
                if archive.digest(stream).startswith(digest):
                    file.unlink()


def load(path: str | os.PathLike[str], build: Callable[[Saved], Any]) -> Any:
    """A saved file, passed on to ``build``.

    Raises FormatError for a file that is not whole, not ours, or more than it should be;
    MissingExtraError where its text needs what is not installed; OSError where it cannot be read.
    """
    target = Path(os.path.realpath(path))
    try:
        return build(_read(target))
    except (FormatError, MissingExtraError, OSError):
        raise
    except Exception as error:  # a file may be anything
        raise FormatError(
            f"{target.name}: cannot be loaded: {type(error).__name__}: {error}"
        ) from error


def _read(target: Path) -> Saved:
    text = saving.read(target)
    for _ in range(_TRIES):
        try:
            return _whole(target, *text)
        except FormatError:
            before, text = text, saving.read(target)
            if text == before:
                raise
    return _whole(target, *text)


def _whole(target: Path, source: str, facts: dict[str, Any]) -> Saved:
    check_facts(facts)
    types = {name: parse_type(t) for name, t, _ in facts["arguments"]}
    wanted = {name: types[name] for name in facts["constants"]}
    for name, type in wanted.items():
        if not all(isinstance(dim, int) for dim in type.shape):
            raise FormatError(f"the constant {name}: expected known sizes, got {type}")
    if not wanted:
        return Saved(source, facts, {})
    if "values" in facts:
        parts = zip(wanted.items(), facts["values"], strict=True)
        constants = {name: _array(name, type, values) for (name, type), values in parts}
    elif "beside" in facts:
        constants = _beside(target, facts, wanted)
    else:
        return _of_old(target, source, facts, wanted)
    called = dict(zip(facts["keywords"], constants.values(), strict=True))
    reader = _reader(facts, called)
    if not source.rstrip().endswith(f"\n\n\n{reader}"):
        raise FormatError(f"{target.name}: its constants are not what the facts tell")
    return Saved(f"{source.rstrip().removesuffix(reader).rstrip()}\n", facts, constants)


def _array(name: str, type: Type, values: Sequence[Any]) -> Array:
    kind = {"f64": float, "f32": float, "i64": int, "bool": bool}[type.dtype]
    shape = tuple(map(int, type.shape))
    if len(values) != math.prod(shape) or any(v.__class__ is not kind for v in values):
        raise FormatError(f"the constant {name}: expected {type}, got {len(values)} numbers")
    return np.array(values, type.numpy).reshape(shape)


def _beside(target: Path, facts: Mapping[str, Any], wanted: Mapping[str, Type]) -> dict[str, Array]:
    """The constants in the file that the text names."""
    file = target.with_name(facts["beside"]["file"])
    names = dict(zip(facts["keywords"], wanted, strict=True))
    expected = {k: _expected(wanted[name]) for k, name in names.items()}
    try:
        with opened(file, archive.most(expected)) as stream:
            if archive.digest(stream) != facts["beside"]["sha256"]:
                raise FormatError(
                    f"{file.name} is not the file that was saved with {target.name}: its hash does "
                    "not match"
                )
            arrays = archive.read(stream, file.name, expected)
    except OSError as error:
        raise _unread(file, error) from error
    return {name: arrays[k] for k, name in names.items()}


def _of_old(target: Path, source: str, facts: dict[str, Any], wanted: Mapping[str, Type]) -> Saved:
    """A file of version 0.1: constants in an ``.npz`` of the same name, without a hash."""
    file = target.with_suffix(".npz")
    expected = {name: _expected(type) for name, type in wanted.items()}
    try:
        with opened(file, archive.most(expected)) as stream:
            constants = archive.read(stream, file.name, expected)
    except OSError as error:
        raise _unread(file, error) from error
    return Saved(source, facts, constants, (_UNHASHED.format(file.name),))


def _expected(type: Type) -> tuple[tuple[int, ...], np.dtype[Any]]:
    return tuple(map(int, type.shape)), type.numpy


def _unread(file: Path, error: OSError) -> FormatError:
    if isinstance(error, FileNotFoundError):
        return FormatError(f"{file.name} with the constants is missing beside the source")
    return FormatError(f"{file.name} with the constants cannot be read: {error.strerror}")


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


def _is_beside(x: Any) -> bool:
    if type(x) is not dict or set(x) != {"file", "sha256"} or not all(map(_text, x.values())):
        return False
    is_name = not set(x["file"]) & set("/\\:\0") and x["file"] not in ("", ".", "..")
    return is_name and re.fullmatch("[0-9a-f]{64}", x["sha256"]) is not None


def _dim(x: Any) -> bool:
    return type(x) is str and len(x) <= _LONG and _reads(names_in, x)


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
    "beside": (_is_beside, "a 'file' in the same folder and its 'sha256'"),
}
# Facts that older files lack.
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
    sizes = {n for _, t, _ in facts["arguments"] for d in parse_type(t).shape for n in names_in(d)}
    promised = [d for t in _leaves(facts["returns"]) for d in parse_type(t).shape]
    told = (row[i] for key, i in (("needs", 0), ("ranges", 1)) for row in facts[key])
    for dim in (*promised, *told):
        unknown = set(names_in(dim)) - sizes
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
