"""The text of a saved file is whole, unchanged and ours, or it is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symgrad.errors import FormatError
from symgrad.runtime import saving

SOURCE = "def f(x):\n    return x\n"
TEXT = saving.join(SOURCE, {"constants": []})


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "f.py"
    path.write_text(text)
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Source and facts survive."""
    assert saving.read(written(tmp_path)) == (SOURCE, {"constants": []})


def test_a_saved_text_is_plain_python() -> None:
    """The facts are comments; nothing of symgrad is imported."""
    assert [line for line in TEXT.splitlines() if line and not line.startswith("#")] == [
        "def f(x):",
        "    return x",
    ]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("return x", "return 2", "was changed"),
        ("# symgrad sha256 ", "# ", "not a file that symgrad saved"),
        ("# symgrad facts ", "# facts ", "was changed"),
    ],
)
def test_a_changed_file_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    """The hash is of every byte above it."""
    with pytest.raises(FormatError, match=why):
        saving.read(written(tmp_path, TEXT.replace(old, new)))


@pytest.mark.parametrize("keep", [0, 1, 10, 40, 100])
def test_a_file_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    """Wherever it is cut."""
    with pytest.raises(FormatError, match=r"f\.py"):
        saving.read(written(tmp_path, TEXT[:keep]))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A foreign file is named."""
    (tmp_path / "f.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"f\.py"):
        saving.read(tmp_path / "f.py")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no fifos")
def test_what_is_no_plain_file_is_refused_unread(tmp_path: Path) -> None:
    """A fifo without a writer, a device behind a link and a folder would be read for ever."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, what in (("fifo", "a fifo"), ("zero", "a device"), (".", "a folder")):
        with pytest.raises(FormatError, match=f"expected a plain file, got {what}"):
            saving.read(tmp_path / name)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    """A file of holes takes no room, and would take all memory."""
    with (tmp_path / "f.py").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FormatError, match=r"expected at most 67108864 bytes, got 1099511627776"):
        saving.read(tmp_path / "f.py")
