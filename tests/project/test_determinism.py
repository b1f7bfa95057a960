"""One source, one text: nothing of the process reaches the emitted bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ARRAYS = """
import numpy as np
import symgrad as sg
x, y = sg.input("x", ("N", 2)), sg.input("y", ("N",))
w1, b1 = sg.param("w1", np.ones((2, 4))), sg.param("b1", np.zeros(4))
w2, b2 = sg.param("w2", np.ones(4)), sg.param("b2", 0.0)
scores = sg.relu(x @ w1 + b1) @ w2 + b2
data = sg.mean(sg.maximum(1.0 - y * scores, 0.0))
loss = data + 1e-4 * (sg.sum(w1 * w1) + sg.sum(w2 * w2))
"""

VALUES = """
import random
import symgrad as sg
from symgrad.nn import MLP
random.seed(1)
model = MLP(2, [3, 1], activation="tanh")
loss = sum((model([a, 1.0]) - b) ** 2 for a, b in ((0.5, 1.0), (-0.5, -1.0)))
"""

LOOP = """
import random
import symgrad as sg
from symgrad.nn import MLP
random.seed(1)
model = MLP(2, [3, 1], activation="tanh")
xs, ys = [(0.5, 1.0), (-0.5, -1.0), (0.25, 2.0)], [1.0, 0.5, 0.75]
loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys)) / len(xs)
f = sg.compile(loss, wrt=model, target="python", style="looped")
assert "in examples:" in f.source
"""

PROGRAMS = {
    "loop": LOOP,
    "arrays": ARRAYS + "f = sg.compile(loss)\n",
    "values": VALUES + "f = sg.compile(loss, wrt=model.parameters(), target='python')\n",
}


def emitted(program: Path, hash_seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    run = subprocess.run([sys.executable, str(program)], capture_output=True, env=environment)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_hash_seed_does_not_reach_the_text(name: str, tmp_path: Path) -> None:
    """Two interpreters under different PYTHONHASHSEED emit the same bytes."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAMS[name] + "print(f.source)\nprint(f.ir)\n")
    first, second = emitted(program, "1"), emitted(program, "2")
    assert b"def loss_and_grads" in first
    assert first == second
