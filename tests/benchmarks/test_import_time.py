"""What `import symgrad` adds to importing NumPy, in fresh interpreters."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

IMPORT = """
import time
import numpy
start = time.process_time()
import symgrad
print(1000 * (time.process_time() - start))
"""


def milliseconds() -> float:
    run = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(run.stdout)


def test_symgrad_adds_at_most_50_ms_to_numpy(benchmark: Any) -> None:
    """The best of five; the first also writes the byte code."""
    best = min(milliseconds() for _ in range(5))
    print(f"\nimport symgrad: {best:.1f} ms after NumPy")
    assert best <= 50.0
    benchmark.pedantic(milliseconds, rounds=1)
