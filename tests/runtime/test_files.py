"""A file appears whole or not at all, and nothing else is left beside it."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from symgrad.errors import ArgumentError
from symgrad.runtime import files
from symgrad.runtime.files import cleared, replacing


def put(path: Path, data: bytes) -> None:
    with replacing(path) as file:
        file.stream.write(data)
        file.publish()


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.fixture(params=[True, False], ids=["without a name", "with a name"])
def unnamed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to write a file, of which a system may have one alone."""
    if not request.param:
        monkeypatch.setattr(files, "_UNNAMED", 0)


@pytest.mark.usefixtures("unnamed")
def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    put(tmp_path / "a", b"old")

    def fail() -> None:
        with replacing(tmp_path / "a") as file:
            file.stream.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.usefixtures("unnamed")
def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """A limit on the size of files fails as a full disk does: when the buffer is written."""
    put(tmp_path / "a", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            put(tmp_path / "a", b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.usefixtures("unnamed")
def test_mode_and_link_of_the_target_are_kept(tmp_path: Path) -> None:
    """A new file is as readable as any other new file."""
    (tmp_path / "other").touch()
    (tmp_path / "real").mkdir()
    put(tmp_path / "real" / "a", b"old")
    assert (tmp_path / "real" / "a").stat().st_mode == (tmp_path / "other").stat().st_mode
    (tmp_path / "real" / "a").chmod(0o640)
    (tmp_path / "link").symlink_to("real/a")
    put(tmp_path / "link", b"new")
    assert os.readlink(tmp_path / "link") == "real/a"
    assert (tmp_path / "real" / "a").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real" / "a").stat().st_mode) == 0o640


def test_a_folder_or_a_fifo_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, what in (("fifo", "a fifo"), (".", "a folder")):
        with pytest.raises(ArgumentError, match=f"and there is {what}"):
            put(tmp_path / name, b"new")


def test_a_folder_that_there_is_not_is_named_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none/a"):
        put(tmp_path / "none" / "a", b"new")


@pytest.mark.usefixtures("unnamed")
def test_many_writers_of_one_file_all_succeed(tmp_path: Path) -> None:
    """And what stands there in the end is one of theirs, whole."""
    errors: list[BaseException] = []

    def write(i: int) -> None:
        try:
            for _ in range(20):
                put(tmp_path / "a", bytes([i]) * 5000)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = (tmp_path / "a").read_bytes()
    assert not errors
    assert data == data[:1] * 5000
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(not files._UNNAMED, reason="files have a name here while they are written")
def test_a_killed_process_leaves_nothing(tmp_path: Path) -> None:
    """What it was writing had no name."""
    put(tmp_path / "a", b"old")
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from symgrad.runtime.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as file:\n"
        "    file.stream.write(b'new'); file.settle(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, tmp_path / "a"], check=False)
    assert ended.returncode == -9
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_what_a_killed_process_had_named_is_removed_later(tmp_path: Path) -> None:
    """Unless somebody is still writing it."""
    orphan = tmp_path / ".symgrad-0123456789abcdef.part"
    orphan.touch()
    os.utime(orphan, (0, 0))
    with orphan.open("rb") as held:
        assert files._locked(held.fileno())
        with cleared(tmp_path):
            assert orphan.exists()
    with cleared(tmp_path) as alone:
        assert alone
    assert names(tmp_path) == []


def test_nothing_is_cleared_while_somebody_publishes(tmp_path: Path) -> None:
    with files.shared(tmp_path), files.shared(tmp_path), cleared(tmp_path) as alone:
        assert not alone
