"""Arrays in an ``.npz``: written as NumPy does, and read where each is what it was said to be.

>>> import io
>>> stream = io.BytesIO()
>>> write(stream, {"c": np.arange(3.0)})
>>> read(stream, "f.npz", {"c": ((3,), np.dtype(float))})
{'c': array([0., 1., 2.])}
>>> read(stream, "f.npz", {"c": ((4,), np.dtype(float))})
Traceback (most recent call last):
symgrad.errors.FormatError: f.npz: the constant c: expected float64 of shape (4,), got float64 of \
shape (3,)
"""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from symgrad.errors import FormatError

Array = np.ndarray[Any, np.dtype[Any]]
Expected = Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]
MAX_BYTES = 1 << 32
_BESIDE = 2048  # bytes of an entry that are not data, at most, without its name
_LENGTHS = 8  # times that the name stands there, in bytes of a character
_CHUNK = 1 << 20


def write(stream: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Writes the arrays: the same bytes for the same arrays."""
    import zipfile

    with zipfile.ZipFile(stream, "w") as archive:  # np.savez takes none that is called "file"
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, (1, 0), allow_pickle=False)


def digest(stream: BinaryIO) -> str:
    """The SHA-256 of all that a stream holds."""
    found = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_CHUNK):
        found.update(block)
    return found.hexdigest()


def most(expected: Expected) -> int:
    """How many bytes a file of such arrays has at most.  Raises FormatError beyond the limit."""
    size = sum(math.prod(shape) * dtype.itemsize for shape, dtype in expected.values())
    size += sum(_BESIDE + _LENGTHS * len(name.encode()) for name in expected)
    if size > MAX_BYTES:
        raise FormatError(f"the constants take {size} bytes; the limit is {MAX_BYTES}")
    return size


def read(stream: BinaryIO, file: str, expected: Expected) -> dict[str, Array]:
    """The arrays of these names, shapes and dtypes, in a file of no more than ``most`` bytes.

    Nothing is unpickled or unpacked, and no array is made before its size is known to be right.
    Raises FormatError, with the file's name.
    """
    import zipfile

    stream.seek(0, os.SEEK_END)
    if stream.tell() > most(expected):
        raise FormatError(f"{file}: larger than its constants are")
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {f"{name}.npy" for name in expected}
            if sorted(archive.namelist()) != sorted(names):
                raise FormatError(f"the entries are not {', '.join(sorted(names))}")
            return {name: _entry(archive, name, *what) for name, what in expected.items()}
    except FormatError as error:
        raise FormatError(f"{file}: {error}") from error
    except Exception as error:  # zipfile and NumPy raise all sorts of errors at damaged bytes
        raise FormatError(f"{file}: damaged or not allowed: {error}") from error


def _entry(archive: Any, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type:
        raise FormatError(f"the constant {name} is compressed; write it with np.savez")
    with archive.open(entry) as stream:
        head = io.BytesIO(stream.read(_BESIDE))
    found, is_columns = _header(head, name)
    if found != (shape, dtype):
        raise FormatError(
            f"the constant {name}: expected {dtype} of shape {shape}, got {found[1]} of shape "
            f"{found[0]}"
        )
    count = math.prod(shape)
    if entry.file_size != head.tell() + count * dtype.itemsize:
        raise FormatError(f"the constant {name} is cut short, or longer than it should be")
    flat: Array = np.frombuffer(archive.read(entry), dtype, count, head.tell())
    array: Array = flat.reshape(shape, order="F" if is_columns else "C").copy(order="K")
    return array


def _header(stream: BinaryIO, name: str) -> tuple[tuple[tuple[int, ...], np.dtype[Any]], bool]:
    if np.lib.format.read_magic(stream) != (1, 0):
        raise FormatError(f"the constant {name} is of another version of NumPy's format")
    shape, is_columns, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=_BESIDE)
    return (shape, dtype), is_columns


__all__ = ["MAX_BYTES", "digest", "most", "read", "write"]
