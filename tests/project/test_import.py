"""What `import symgrad` costs, and what it leaves alone."""

import subprocess
import sys

import pytest

HEAVY = ("sympy", "graphviz", "pygraphviz", "jinja2", "scipy", "matplotlib", "sklearn", "torch")

IMPORT = """
import time
import numpy
start = time.perf_counter()
import symgrad
print(1000 * (time.perf_counter() - start))
"""

COMPILE = f"""
import sys
import numpy as np
import symgrad as sg
x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
f = sg.compile(sg.mean(sg.tanh(x @ w)))
f(x=np.ones((3, 2)))
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def stdout(program: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_symgrad_adds_at_most_50_ms_to_numpy() -> None:
    """The best of five fresh interpreters; the first also writes the byte code."""
    assert min(float(stdout(IMPORT)) for _ in range(5)) <= 50.0


@pytest.mark.parametrize("program", [COMPILE], ids=["compile"])
def test_importing_and_compiling_leave_heavy_modules_alone(program: str) -> None:
    """Neither SymPy nor a drawing, science or learning package is imported by a default compile."""
    assert stdout(program) == "[]"
