"""Files: a standalone source text with facts for us at its end, and constants beside it.

The last two lines are comments, so that the file runs where symgrad is not installed::

    # symgrad facts {"name": "loss_and_grads", ...}
    # symgrad sha256 9f86d0...

The hash is of everything above it.  Bound constants stand in an ``.npz`` of the same name.
Modules that files alone need are imported when one is written or read: a compilation is shorter.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from symgrad.errors import FormatError
from symgrad.runtime.allowlist import MAX_BYTES

Array = np.ndarray[Any, np.dtype[Any]]
MAX_CONSTANT_BYTES = 1 << 32
_FACTS = "# symgrad facts "
_HASH = "# symgrad sha256 "


def join(source: str, facts: Mapping[str, Any]) -> str:
    """The text of a file."""
    import json

    line = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    text = f"{source.rstrip()}\n\n{_FACTS}{line}\n"
    return f"{text}{_HASH}{hashlib.sha256(text.encode()).hexdigest()}\n"


def split(text: str) -> tuple[str, dict[str, Any]]:
    """Source and facts of a file's text.  Raises FormatError unless the hash is right."""
    import json

    body, mark, digest = text.rpartition(_HASH)
    if not mark:
        raise FormatError("not a file that symgrad saved, or it was cut short: no hash at its end")
    if hashlib.sha256(body.encode()).hexdigest() != digest.strip():
        raise FormatError("the file was changed since symgrad saved it: its hash does not match")
    source, mark, line = body.rpartition(_FACTS)
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the facts at the end of the file are damaged: {error}") from error
    if not mark or not isinstance(facts, dict):
        raise FormatError("the facts at the end of the file are missing")
    return source.rstrip() + "\n", facts


def write(
    path: str | os.PathLike[str],
    source: str,
    facts: Mapping[str, Any],
    constants: Mapping[str, Array],
) -> Path:
    """Saves a text, and its constants beside it; either file appears whole or not at all."""
    target = Path(path)
    if constants:
        with _atomic(target.with_suffix(".npz")) as file:
            np.savez(file.stream, **constants)  # type: ignore[arg-type]
    with _atomic(target) as file:
        file.stream.write(join(source, facts).encode())
    return target


def read(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any], dict[str, Array]]:
    """Source, facts and constants of a saved file.

    Raises FormatError for a file that is foreign, changed, cut short or too large, before
    anything is built; OSError where it cannot be read.
    """
    target = Path(path)
    if target.stat().st_size > MAX_BYTES:
        raise FormatError(f"{target.name}: larger than {MAX_BYTES} bytes")
    try:
        source, facts = split(target.read_bytes().decode())
    except (FormatError, UnicodeDecodeError) as error:
        raise FormatError(f"{target.name}: {error}") from error
    beside = target.with_suffix(".npz")
    return source, facts, read_arrays(beside) if facts.get("constants") else {}


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an ``.npz``; never unpickles.  Raises FormatError."""
    import zipfile

    if not path.exists():
        raise FormatError(f"{path.name} with the constants is missing beside the source")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_CONSTANT_BYTES:
            raise FormatError(f"{path.name}: larger than {MAX_CONSTANT_BYTES} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError) as error:
        raise FormatError(f"{path.name}: damaged or not allowed: {error}") from error


class _atomic:
    """A file that takes its name when it is complete."""

    stream: BinaryIO

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> _atomic:
        # Opened as any file of the user's, so that it gets the permissions they expect.
        self.name = self.path.with_name(f".{self.path.name}-{os.getpid()}.part")
        self.stream = self.name.open("wb")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.stream.close()
        if kind is None:
            os.replace(self.name, self.path)
        else:
            os.unlink(self.name)
