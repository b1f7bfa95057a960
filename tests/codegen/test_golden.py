"""Emitted text is kept as golden files, which are read in review as prose."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import by_hand
import numpy as np
import pytest

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
NAMES = (
    "demo",
    "loop",
    *("formula", "lecture", "logistic", "margin"),
    *("moons", "recurrent", "sequential", "softmax"),
    *("loops_lecture", "loops_moons", "loops_softmax"),
    *("loops_recurrent", "loops_window", "loops_skip"),
    "paged",
    *(f"by_hand_{name}" for name in by_hand.NAMES),
)


def program(name: str) -> Any:
    """The compiled program of a golden file."""
    if name.startswith("by_hand_"):
        module = by_hand.problem(name.removeprefix("by_hand_"))
        return by_hand.compiled(module, module.data(np.random.default_rng(0)))
    homes = {"loops": "loops", "paged": "paged_programs"}
    home = homes.get(name.partition("_")[0], "programs")
    if home not in sys.modules:
        spec = importlib.util.spec_from_file_location(home, HERE / f"{home}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[home] = module
        spec.loader.exec_module(module)
    return sys.modules[home].PROGRAMS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_the_emitted_text_is_the_golden_file(name: str, request: pytest.FixtureRequest) -> None:
    """Emission changes only when it was meant to: ``pytest --refresh-golden`` writes the files."""
    source = program(name).source
    path = GOLDEN / f"{name}.py"
    if request.config.getoption("--refresh-golden"):
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8")


def test_emitted_text_passes_ruff_and_fits_the_width() -> None:
    """Emitted code is clean by a linter's rules (unused names, undefined names, bugs)."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "100"]
    command += ["--select", "E,F,W,B", str(GOLDEN)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_emitted_text_runs_where_symgrad_is_absent(name: str) -> None:
    """A golden file imports the standard library and NumPy alone."""
    path = str(GOLDEN / f"{name}.py")
    code = f"import runpy, sys; sys.modules['symgrad'] = None; runpy.run_path({path!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
