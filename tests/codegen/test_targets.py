"""A target is data: what all targets share knows none of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import symgrad.codegen

FOLDER = Path(symgrad.codegen.__file__).parent
TARGETS = {
    "numpy_idioms",
    "numpy_moves",
    "looped_style",
    "scalarize",
    *(p.stem for p in FOLDER.glob("*_target.py")),
}
CHOOSING = ("targets", "module", "__init__")
OWN = {*TARGETS, *CHOOSING, "scalar_indexing"}
SHARED = sorted(p.stem for p in FOLDER.glob("*.py") if p.stem not in OWN)


@pytest.mark.parametrize("stem", SHARED)
def test_shared_files_import_no_target_and_compare_no_target_names(stem: str) -> None:
    """They ask a target for its facts, such as ``takes_arrays``."""
    tree = ast.parse((FOLDER / f"{stem}.py").read_text(encoding="utf-8"))
    imports = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    assert not {m.rpartition(".")[2] for m in imports} & TARGETS
    compared = [
        side.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Compare)
        for side in (n.left, *n.comparators)
        if isinstance(side, ast.Constant)
    ]
    assert not {"numpy", "python"} & {*compared}
