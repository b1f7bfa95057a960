"""Compile here, run there: the saved function gives the same numbers where symgrad is absent.

python examples/audit.py
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import symgrad as sg

x = sg.input("x", ("N", 3))
y = sg.input("y", ("N",))
w = sg.param("w", np.array([0.5, -1.0, 2.0]))
b = sg.param("b", 0.25)
error = sg.tanh(x @ w + b) - y
f = sg.compile(sg.mean(error * error))
print(f.source)

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(5, 3)), rng.normal(size=5)
value, grads = f(x=X, y=Y)
here = [float(value), *grads.w.tolist(), float(grads.b)]

THERE = """
import json, sys
sys.modules["symgrad"] = None                    # an import of symgrad would raise
import numpy as np
namespace = {"__name__": "step"}
exec(compile(open("step.py").read(), "step.py", "exec"), namespace)
w, b, X, Y = (np.array(a) for a in json.load(sys.stdin))
value, (d_w, d_b) = namespace["loss_and_grads"](w, b, X, Y)
print(json.dumps([float(value), *d_w.tolist(), float(d_b)]))
"""

with tempfile.TemporaryDirectory() as folder:
    f.save(Path(folder) / "step.py")
    there = subprocess.run(
        [sys.executable, "-c", THERE],
        cwd=folder,
        input=json.dumps([w.data.tolist(), float(b.data), X.tolist(), Y.tolist()]),
        capture_output=True,
        text=True,
        check=True,
    )
print("with symgrad:   ", here)
print("without symgrad:", json.loads(there.stdout))
if json.loads(there.stdout) != here:
    sys.exit("the saved function gives other numbers")
print("the same to the last bit")
