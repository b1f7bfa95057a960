"""The text of a saved file: a standalone source text with facts for us at its end.

The last two lines are comments, so that the file runs where symgrad is not installed::

    # symgrad facts {"name": "loss_and_grads", ...}
    # symgrad sha256 9f86d0...

The hash is of everything above it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from symgrad.errors import FormatError
from symgrad.runtime.allowlist import MAX_BYTES
from symgrad.runtime.files import opened

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


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """Source and facts of a saved file.

    Raises FormatError for a file that is foreign, changed, cut short, too large or no plain file,
    before anything is built; OSError where it cannot be read.
    """
    with opened(path, MAX_BYTES) as stream:
        data = stream.read(MAX_BYTES)
    try:
        return split(data.decode())
    except (FormatError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name}: {error}") from error


def is_ours(stream: BinaryIO) -> bool:
    """True if a stream ends as a saved file does; it is left at its start."""
    last = len(_HASH) + 65
    stream.seek(max(0, stream.seek(0, os.SEEK_END) - last))
    end = stream.read(last)
    stream.seek(0)
    return end.startswith(_HASH.encode())


__all__ = ["is_ours", "join", "read", "split"]
