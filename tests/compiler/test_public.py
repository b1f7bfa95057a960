"""The public package imports little and finds everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_symgrad_imports_nothing_heavy() -> None:
    """Neither SymPy nor graphviz, even after a compilation."""
    code = (
        "import sys, symgrad as sg; w = sg.param('w', 2.0); sg.compile(w * w)();"
        "print([m for m in ('sympy', 'graphviz', 'scipy') if m in sys.modules])"
    )
    assert run(code) == "[]"


def test_every_public_name_is_there() -> None:
    """Those in ``__all__`` and NumPy's functions."""
    code = (
        "import symgrad as sg; [getattr(sg, n) for n in sg.__all__];"
        "print(sg.sum([1.0, 2.0]), sg.pi > 3, hasattr(sg, 'nonsense'))"
    )
    assert run(code) == "3.0 True False"


def test_a_missing_codegen_says_what_to_do() -> None:
    """As in a clone that was not installed."""
    code = (
        "import sys, symgrad as sg; sys.modules['symgrad.codegen'] = None\n"
        "try: sg.compile\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install -e ." in run(code)
