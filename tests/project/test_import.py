"""What `import symgrad` costs, and what it leaves alone."""

import subprocess
import sys

import pytest

HEAVY = ("sympy", "graphviz", "pygraphviz", "jinja2", "scipy", "matplotlib", "sklearn", "torch")

IMPORT = """
import sys
import numpy
before = {*sys.modules}
import symgrad
print(len({*sys.modules} - before))
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


def test_importing_symgrad_imports_little_beside_numpy() -> None:
    """Each room is imported when it is first used; `make bench` tells the milliseconds."""
    assert int(stdout(IMPORT)) <= 10


@pytest.mark.parametrize("program", [COMPILE], ids=["compile"])
def test_importing_and_compiling_leave_heavy_modules_alone(program: str) -> None:
    """Neither SymPy nor a drawing, science or learning package is imported by a default compile."""
    assert stdout(program) == "[]"
