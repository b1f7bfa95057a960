"""A saved file is whole, unchanged and ours, or it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symgrad.errors import FormatError
from symgrad.runtime import saving

SOURCE = "def f(x):\n    return x\n"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Source, facts and constants survive."""
    path = saving.write(tmp_path / "f.py", SOURCE, {"constants": ["c"]}, {"c": np.arange(3)})
    source, facts, constants = saving.read(path)
    assert (source, facts) == (SOURCE, {"constants": ["c"]})
    assert constants["c"].tolist() == [0, 1, 2]


def test_a_saved_file_is_plain_python(tmp_path: Path) -> None:
    """The facts are comments; nothing of symgrad is imported."""
    text = saving.write(tmp_path / "f.py", SOURCE, {}, {}).read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [
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
    path = saving.write(tmp_path / "f.py", SOURCE, {}, {})
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(FormatError, match=why):
        saving.read(path)


@pytest.mark.parametrize("keep", [0, 1, 10, 40, 100])
def test_a_file_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    """Wherever it is cut."""
    path = saving.write(tmp_path / "f.py", SOURCE, {}, {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FormatError, match=r"f\.py"):
        saving.read(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A foreign file is named."""
    (tmp_path / "f.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"f\.py"):
        saving.read(tmp_path / "f.py")


def test_pickled_constants_are_refused(tmp_path: Path) -> None:
    """An object array would run code when read."""
    path = saving.write(tmp_path / "f.py", SOURCE, {"constants": ["c"]}, {"c": np.arange(3)})
    with (tmp_path / "f.npz").open("wb") as file:
        np.savez(file, c=np.array([object], dtype=object))
    with pytest.raises(FormatError, match=r"f\.npz: damaged or not allowed"):
        saving.read(path)


def test_missing_or_damaged_constants_are_refused(tmp_path: Path) -> None:
    """The file beside the source is part of it."""
    path = saving.write(tmp_path / "f.py", SOURCE, {"constants": ["c"]}, {"c": np.arange(3)})
    (tmp_path / "f.npz").write_bytes(b"PK")
    with pytest.raises(FormatError, match=r"f\.npz: damaged"):
        saving.read(path)
    (tmp_path / "f.npz").unlink()
    with pytest.raises(FormatError, match="missing beside the source"):
        saving.read(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A file takes its name only when it is complete."""
    path = saving.write(tmp_path / "f.py", SOURCE, {}, {})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        saving.write(path, SOURCE, {"bad": object()}, {})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["f.py"]


def test_a_saved_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    """Writing to a temporary name first does not make the file private."""
    (tmp_path / "other").touch()
    saving.write(tmp_path / "step.py", SOURCE, {}, {})
    assert (tmp_path / "step.py").stat().st_mode == (tmp_path / "other").stat().st_mode
