"""Files that are read only where they are plain and small, and that appear whole or not at all.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "a.txt")
...     with replacing(path) as file:
...         _ = file.stream.write(b"one")
...         file.publish()
...     with opened(path, 3) as stream:
...         stream.read(), sorted(os.listdir(folder))
(b'one', ['a.txt'])

A file is written without a name where the system can do that (Linux), and gets its name when it is
complete: a full disk, an exception or a killed process leave the old file, and nothing else.
(A process that is killed between naming and renaming leaves a file that a later save removes.)
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from symgrad.errors import ArgumentError, FormatError

_UNNAMED = getattr(os, "O_TMPFILE", 0)
_BEGIN, _END = ".symgrad-", ".part"
_ABANDONED = 60.0  # seconds, by which a file that is made with a name has its lock


@contextmanager
def opened(path: Path, most: int) -> Iterator[BinaryIO]:
    """A stream of a plain file of at most that many bytes.

    Raises FormatError for a fifo, a device, a folder, or a larger file, before a byte is read;
    OSError where it cannot be opened.
    """
    # A fifo without a writer would make a plain open wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise FormatError(f"{path.name}: expected a plain file, got {_what(found)}")
            if found.st_size > most:
                raise FormatError(
                    f"{path.name}: expected at most {most} bytes, got {found.st_size}"
                )
            yield stream
    except IsADirectoryError as error:
        raise FormatError(f"{path.name}: expected a plain file, got a folder") from error


def _what(found: os.stat_result) -> str:
    kinds = {"a folder": stat.S_ISDIR, "a fifo": stat.S_ISFIFO, "a socket": stat.S_ISSOCK}
    return next((name for name, test in kinds.items() if test(found.st_mode)), "a device")


class Replacement:
    """A file that is written, and takes the place of another one by ``publish``.

    stream   what to write to, from which it can also be read back
    """

    stream: BinaryIO

    def __init__(self, target: Path) -> None:
        self.target = target
        self.mode = self._mode()
        self._name: Path | None = None
        self.stream = os.fdopen(self._opened(), "w+b")

    def settle(self) -> None:
        """Brings all that was written to the disk.  Raises OSError where it is full."""
        self.stream.flush()
        if self.mode is not None and hasattr(os, "fchmod"):
            os.fchmod(self.stream.fileno(), self.mode)
        os.fsync(self.stream.fileno())

    def publish(self, target: Path | None = None) -> None:
        """Gives the file its name, or another one in the same folder."""
        self.settle()
        self.target = target or self.target
        if self._name is None:
            self._name = self._fresh()
            self._link(self._name)
        if os.name == "nt":
            self.stream.close()  # Windows renames no open file
        os.replace(self._name, self.target)
        self._name = None

    def close(self) -> None:
        """Removes what was not published."""
        with suppress(OSError):
            self.stream.close()  # fails again where the disk is full
        if self._name is not None:
            self._name.unlink(missing_ok=True)

    def _mode(self) -> int | None:
        """The permissions of the file that is there."""
        try:
            found = self.target.stat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise ArgumentError(
                f"{self.target}: expected the name of a file, and there is {_what(found)}"
            )
        if not os.access(self.target, os.W_OK):
            raise PermissionError(f"{self.target} is read-only")
        return stat.S_IMODE(found.st_mode)

    def _opened(self) -> int:
        if _UNNAMED:
            with suppress(OSError):  # some file systems cannot
                fd = os.open(self.target.parent, _UNNAMED | os.O_RDWR, 0o666)
                _locked(fd)
                return fd
        self._name = self._fresh()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            fd = os.open(self._name, flags, 0o666)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.target)) from error
        _locked(fd)
        return fd

    def _link(self, name: Path) -> None:
        folder = os.open(name.parent, os.O_RDONLY)
        try:  # a folder is given, for else link would not follow /proc
            os.link(f"/proc/self/fd/{self.stream.fileno()}", name.name, dst_dir_fd=folder)
        finally:
            os.close(folder)

    def _fresh(self) -> Path:
        return self.target.with_name(f"{_BEGIN}{secrets.token_hex(8)}{_END}")


@contextmanager
def replacing(path: Path) -> Iterator[Replacement]:
    """A replacement of the file at a path, or of that which a link there leads to.

    It has the permissions of the file that was there, otherwise those of any new file.
    Raises ArgumentError where something other than a file is there, OSError.
    """
    replacement = Replacement(Path(os.path.realpath(path)))
    try:
        yield replacement
    finally:
        replacement.close()


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Keeps ``cleared`` from what is published within."""
    fd = _folder(folder)
    try:
        _locked(fd, wait=True, alone=False)
        yield
    finally:
        if fd >= 0:
            os.close(fd)


@contextmanager
def cleared(folder: Path) -> Iterator[bool]:
    """Gives True if nobody publishes in the folder meanwhile; it does not wait for that.

    Half-named files of processes that were killed are removed.
    """
    fd = _folder(folder)
    try:
        alone = _locked(fd)
        if alone:
            _remove_orphans(folder)
        yield alone
    finally:
        if fd >= 0:
            os.close(fd)


def _remove_orphans(folder: Path) -> None:
    """A writer holds its file's lock, so a file without a lock has no writer any more."""
    for path in folder.glob(f"{_BEGIN}*{_END}"):
        with suppress(OSError):
            fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            try:
                if time.time() - os.fstat(fd).st_mtime > _ABANDONED and _locked(fd):
                    path.unlink()
            finally:
                os.close(fd)


def _folder(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return -1  # Windows opens no folders


def _locked(fd: int, *, wait: bool = False, alone: bool = True) -> bool:
    """True if a lock was taken, which ends with the descriptor."""
    try:
        import fcntl

        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        fcntl.flock(fd, kind if wait else kind | fcntl.LOCK_NB)
    except (ImportError, OSError, ValueError):
        return False
    return True
