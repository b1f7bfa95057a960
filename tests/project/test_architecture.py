"""The page of the architecture tells the way that a compilation takes, and its picture is drawn."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TRACED = """
import json, sys
import numpy as np, symgrad as sg
x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
loss, seen = sg.mean(sg.tanh(x @ w) ** 2), {}
def watch(frame, event, _):
    if event == "call":
        seen.setdefault(frame.f_code.co_filename)
sg.compile(loss)
sys.setprofile(watch)
sg.compile(loss)
sys.setprofile(None)
print(json.dumps([*seen]))
"""


def load(path: Path) -> Any:
    """A file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAWN = load(ROOT / "docs" / "architecture.py")
PAGE = DRAWN.PAGE.read_text(encoding="utf-8")


def test_a_compilation_passes_through_the_files_of_the_page_in_their_order() -> None:
    """The first call into each file that the page numbers comes after those before it."""
    own = {k: v for k, v in os.environ.items() if k != "SYMGRAD_CHECK"}
    done = subprocess.run(
        [sys.executable, "-c", TRACED],
        env=own,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    called = [Path(file).resolve() for file in json.loads(done.stdout)]
    told = [ROOT / file for file in DRAWN.steps(PAGE)]
    assert all(file.is_file() for file in told)
    assert [file for file in called if file in told] == told, "docs/architecture.md is out of date"


def test_the_page_lists_the_rooms_in_the_order_of_the_layers() -> None:
    """The page and the test of imports have one table."""
    table = load(ROOT / "tests" / "project" / "test_layering.py").ROOMS
    assert [*DRAWN.rooms(PAGE)] == [room for room in table if not room.startswith("__")]


def test_the_picture_is_what_the_script_draws() -> None:
    """``python docs/architecture.py`` draws it anew; an import between rooms is a dot."""
    kept = DRAWN.PICTURE.read_text(encoding="utf-8")
    assert kept == DRAWN.picture(), "run python docs/architecture.py"
